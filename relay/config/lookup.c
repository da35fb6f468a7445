#include "relay/config/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"

#define WORD_MAX 40       /* a longer word is no misspelling */
#define CANDIDATES_MAX 64 /* keys of one map, each spelling counted */

const char *const secret_suffixes[] = {[SECRET_FILE] = "_file", [SECRET_ENV] = "_env"};

const struct key_kind *const *
walk_kinds(const struct key *row, const struct conf_kinds *kinds)
{
	return *(const struct key_kind *const *const *)(const void *)((const char *)kinds +
	                                                              row->size);
}

static bool
is_secret_key(const char *word, const char *name, enum secret_form form)
{
	size_t len = strlen(name);

	return strncmp(word, name, len) == 0 && strcmp(word + len, secret_suffixes[form]) == 0;
}

static bool
row_matches(const struct walk *w, const struct key *row, const char *word, struct found *found)
{
	const struct key_kind *const *kinds;

	if (row->type == KEY_SECRET) {
		found->form = is_secret_key(word, row->name, SECRET_ENV) ? SECRET_ENV : SECRET_FILE;
		return is_secret_key(word, row->name, found->form);
	}
	if (row->type != KEY_KIND)
		return strcmp(word, row->name) == 0;
	for (kinds = walk_kinds(row, w->kinds); *kinds != NULL; kinds++) {
		found->kind = *kinds;
		if (strcmp(word, found->kind->name) == 0)
			return true;
	}
	return false;
}

/* Everything that could stand here, as the file would spell it. */
struct candidates {
	const char *names[CANDIDATES_MAX];
	char *made[CANDIDATES_MAX]; /* those that had to be put together */
	size_t count, made_count;
};

static void
candidate(struct candidates *c, const char *name)
{
	if (c->count < CANDIDATES_MAX)
		c->names[c->count++] = name;
}

static void
candidates_init(struct candidates *c, const struct walk *w, const struct key *rows)
{
	*c = (struct candidates){0};
	for (const struct key *row = rows; row->name != NULL; row++) {
		if (row->type == KEY_KIND) {
			for (const struct key_kind *const *k = walk_kinds(row, w->kinds);
			     *k != NULL; k++)
				candidate(c, (*k)->name);
			continue;
		}
		if (row->type != KEY_SECRET) {
			candidate(c, row->name);
			continue;
		}
		for (size_t i = 0; i < 2 && c->made_count < CANDIDATES_MAX; i++) {
			char *name = mem_fmt("%s%s", row->name, secret_suffixes[i]);

			c->made[c->made_count++] = name;
			candidate(c, name);
		}
	}
}

static void
candidates_fini(struct candidates *c)
{
	for (size_t i = 0; i < c->made_count; i++)
		free(c->made[i]);
}

const char *
lookup_nearest(const char *word, const char *const *names, size_t count)
{
	const char *nearest = NULL;
	size_t len = strlen(word);
	size_t best = len / 3 + 2; /* farther is another word */

	if (len < 2 || len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t distance;

		if (names[i] == NULL || strlen(names[i]) > WORD_MAX)
			continue;
		distance = edit_distance(word, names[i]);
		if (distance < best && distance < strlen(names[i])) {
			best = distance;
			nearest = names[i];
		}
	}
	return nearest;
}

static void
tell_unknown(const struct walk *w, const struct node *key, const struct key *rows,
             const char *where)
{
	struct candidates c;
	struct buf known = {0};
	const char *nearest;
	char *quoted;

	if (w->faults->count >= FAULTS_MAX) {
		faults_add(w->faults, key->line, key->column, "unknown key");
		return;
	}
	quoted = faults_quote(key->text);
	candidates_init(&c, w, rows);
	nearest = lookup_nearest(key->text, c.names, c.count);
	for (size_t i = 0; i < c.count; i++)
		buf_printf(&known, "%s%s", i > 0 ? ", " : "", c.names[i]);
	if (nearest != NULL)
		faults_add(w->faults, key->line, key->column,
		           "unknown key %s in %s: did you mean \"%s\"?", quoted, where, nearest);
	else
		faults_add(w->faults, key->line, key->column,
		           "unknown key %s in %s, where this version knows %s", quoted, where,
		           buf_text(&known));
	candidates_fini(&c);
	buf_fini(&known);
	free(quoted);
}

/* The row of a secret whose value stands in the config itself; NULL when it is not that. */
static const struct key *
tell_inline_secret(const struct walk *w, const struct node *key, const struct key *rows)
{
	for (const struct key *row = rows; row->name != NULL; row++) {
		if (row->type != KEY_SECRET || strcmp(row->name, key->text) != 0)
			continue;
		faults_add(w->faults, key->line, key->column,
		           "%s is a secret and does not stand in the config: "
		           "use %s_file (a path) or %s_env (a variable's name)",
		           row->name, row->name, row->name);
		return row;
	}
	return NULL;
}

struct found
lookup_key(const struct walk *w, const struct node *key, const struct key *rows, const char *where)
{
	struct found found = {0};

	if (key->type == NODE_BAD)
		return found;
	if (key->type != NODE_TEXT) {
		faults_add(w->faults, key->line, key->column, "a key is a text, not %s",
		           yaml_type_name(key));
		return found;
	}
	for (const struct key *row = rows; row->name != NULL; row++) {
		found.row = row;
		if (row_matches(w, row, key->text, &found))
			return found;
	}
	found = (struct found){.row = tell_inline_secret(w, key, rows)};
	found.refused = found.row != NULL;
	if (!found.refused)
		tell_unknown(w, key, rows, where);
	return found;
}
