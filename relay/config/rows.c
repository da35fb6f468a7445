#include "relay/config/rows.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/config/secret.h"
#include "relay/config/value.h"
#include "relay/config/walk.h"

static bool
is_text(enum key_type type)
{
	return type == KEY_TEXT || type == KEY_PATH || type == KEY_URL || type == KEY_ADDRESS;
}

static void
texts_fini(struct key_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->items[i]);
	free(texts->items);
}

static void
list_fini(const struct key *row, struct key_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		rows_fini(row->keys, (char *)list->items + i * row->size);
	free(list->items);
}

static void
choice_fini(struct key_choice *choice)
{
	if (choice->kind != NULL)
		rows_fini(choice->kind->keys, choice->options);
	free(choice->options);
}

void
rows_fini(const struct key *rows, void *base)
{
	for (const struct key *row = rows; row->name != NULL; row++) {
		void *field = (char *)base + row->offset;

		if (is_text(row->type))
			free(*(char **)field);
		else if (row->type == KEY_DURATIONS)
			free(((struct key_numbers *)field)->items);
		else if (value_is_many(row->type))
			texts_fini(field);
		else if (row->type == KEY_SECRET)
			secret_fini(field);
		else if (row->type == KEY_MAP)
			rows_fini(row->keys, field);
		else if (row->type == KEY_LIST)
			list_fini(row, field);
		else if (row->type == KEY_KIND)
			choice_fini(field);
	}
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_texts(const struct key_texts *a, const struct key_texts *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!same_text(a->items[i], b->items[i]))
			return false;
	return true;
}

/* Of the types that rows with KEY_RESTART have. */
static bool
same_value(const struct key *row, const void *a, const void *b)
{
	if (is_text(row->type))
		return same_text(*(char *const *)a, *(char *const *)b);
	if (row->type == KEY_SECRET)
		return secret_equal(a, b);
	if (row->type == KEY_TEXTS || row->type == KEY_GLOBS)
		return same_texts(a, b);
	return *(const int64_t *)a == *(const int64_t *)b;
}

void
rows_restart_changes(const struct key *rows, const void *a, const void *b, const char *prefix,
                     struct buf *names)
{
	for (const struct key *row = rows; row->name != NULL; row++) {
		const void *left = (const char *)a + row->offset;
		const void *right = (const char *)b + row->offset;

		if (row->type == KEY_MAP) {
			char *longer = mem_fmt("%s%s.", prefix, row->name);

			rows_restart_changes(row->keys, left, right, longer, names);
			free(longer);
		} else if ((row->flags & KEY_RESTART) != 0 && !same_value(row, left, right)) {
			buf_printf(names, "%s%s%s", names->len > 0 ? ", " : "", prefix, row->name);
		}
	}
}

static const char *const type_words[] = {
	[KEY_TEXT] = "text",
	[KEY_PATH] = "path",
	[KEY_URL] = "URL",
	[KEY_ADDRESS] = "address",
	[KEY_BOOL] = "true or false",
	[KEY_COUNT] = "number",
	[KEY_SIZE] = "size",
	[KEY_DURATION] = "duration",
	[KEY_CHOICE] = "choice",
	[KEY_TEXTS] = "list of texts",
	[KEY_GLOBS] = "list of patterns",
	[KEY_DURATIONS] = "list of durations",
	[KEY_SECRET] = "secret",
	[KEY_MAP] = "map",
	[KEY_LIST] = "list of maps",
	[KEY_KIND] = "map",
};

static void
describe_one(const struct key *row, const char *prefix, const char *suffix, FILE *out)
{
	fprintf(out, ".It Cm %s%s%s\n%s", prefix, row->name, suffix, type_words[row->type]);
	for (size_t i = 0; row->choices != NULL && row->choices[i] != NULL; i++)
		fprintf(out, "%s%s", i > 0 ? ", " : ": ", row->choices[i]);
	if (row->fallback != NULL)
		fprintf(out, "; default %s", row->fallback);
	if (row->most != NULL)
		fprintf(out, "; at most %s", row->most);
	if ((row->flags & KEY_REQUIRED) != 0)
		fputs(row->type == KEY_SECRET ? "; required as a file or a variable" : "; required",
		      out);
	if ((row->flags & KEY_RESTART) != 0)
		fputs("; not changed by a reload", out);
	if ((row->flags & KEY_PLURAL) != 0)
		fputs("; one key a line", out);
	if ((row->flags & KEY_ONE) != 0)
		fputs("; one may stand without brackets", out);
	fprintf(out, ".\n%s\n", row->help);
}

static void
describe_kinds(const struct key *row, const struct conf_kinds *kinds, const char *prefix, FILE *out)
{
	for (const struct key_kind *const *kind = walk_kinds(row, kinds); *kind != NULL; kind++) {
		char *longer = mem_fmt("%s%s.", prefix, (*kind)->name);

		rows_describe((*kind)->keys, kinds, longer, out);
		free(longer);
	}
}

void
rows_describe(const struct key *rows, const struct conf_kinds *kinds, const char *prefix, FILE *out)
{
	for (const struct key *row = rows; row->name != NULL; row++) {
		char *longer =
			mem_fmt("%s%s%s.", prefix, row->name, row->type == KEY_LIST ? "[]" : "");

		if (row->type == KEY_MAP || row->type == KEY_LIST) {
			rows_describe(row->keys, kinds, longer, out);
		} else if (row->type == KEY_KIND) {
			describe_kinds(row, kinds, prefix, out);
		} else if (row->type == KEY_SECRET) {
			describe_one(row, prefix, "_file", out);
			describe_one(row, prefix, "_env", out);
		} else {
			describe_one(row, prefix, "", out);
		}
		free(longer);
	}
}
