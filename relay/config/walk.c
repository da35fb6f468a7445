#include "relay/config/walk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/config/lookup.h"
#include "relay/config/secret.h"
#include "relay/config/section.h"
#include "relay/config/value.h"

#define ROWS_MAX 32

/* What the file gives for one row. */
struct given {
	const struct node *key; /* NULL: nothing */
	struct node *value;
	struct found found;
};

struct frame { /* one map on its way into one struct */
	const struct walk *w;
	struct node *map; /* NULL: defaults only */
	const struct key *rows;
	char *base;
	const char *where;
	struct given given[ROWS_MAX]; /* by row */
	bool has_unknown;
};

/* What the value is refused for, with the name of its key in front.  Takes the text. */
static void
tell(const struct walk *w, struct node *value, const char *name, char *text)
{
	if (text != NULL) {
		faults_add(w->faults, value->line, value->column, "%s %s", name, text);
		value->type = NODE_BAD;
	}
	free(text);
}

static void
tell_type(const struct walk *w, struct node *value, const char *name, const char *wanted)
{
	if (value->type == NODE_EMPTY)
		tell(w, value, name, mem_str("has no value"));
	else if (value->type != NODE_BAD)
		tell(w, value, name, mem_fmt("needs %s, not %s", wanted, yaml_type_name(value)));
}

static void
walk_single(const struct walk *w, struct node *value, const struct key *row, void *field)
{
	if (value->type != NODE_TEXT)
		tell_type(w, value, row->name, "one value");
	else
		tell(w, value, row->name, value_set(row, value, w->folder, field));
}

static void
walk_many(const struct walk *w, struct node *value, const struct key *row, void *field)
{
	struct key_texts *texts = field;
	struct key_numbers *numbers = field;

	struct node one = {.type = NODE_LIST, .items = value, .count = 1};

	if (value->type == NODE_TEXT && (row->flags & KEY_ONE) != 0)
		value = &one;
	if (value->type != NODE_LIST) {
		tell_type(w, value, row->name,
		          (row->flags & KEY_ONE) != 0 ? "one value or a list of them"
		                                      : "a list, also for one: [...]");
		return;
	}
	if (value->count == 0 && (row->flags & KEY_REQUIRED) != 0)
		tell(w, value, row->name, mem_str("is empty"));
	if (row->type == KEY_DURATIONS) {
		numbers->items = mem_array(value->count, sizeof(*numbers->items));
		numbers->count = value->count;
	} else {
		texts->items = mem_array(value->count, sizeof(*texts->items));
		texts->count = value->count;
	}
	for (size_t i = 0; i < value->count; i++) {
		struct node *item = &value->items[i];

		if (item->type != NODE_TEXT)
			tell_type(w, item, row->name, "one value here");
		else
			tell(w, item, row->name, value_set_item(row, item, field, i));
	}
}

static void
walk_secret(const struct walk *w, const struct given *given, void *field)
{
	struct node *value = given->value;
	const struct key *row = given->found.row;
	bool plural = (row->flags & KEY_PLURAL) != 0;
	struct err err = {0};
	char *path;
	int rc;

	if (value->type != NODE_TEXT) {
		tell_type(w, value, given->key->text,
		          given->found.form == SECRET_ENV ? "a variable's name" : "a file's path");
		return;
	}
	if (*value->text == '\0' || strlen(value->text) > VALUE_LENGTH_MAX) {
		tell(w, value, given->key->text,
		     mem_str(*value->text == '\0' ? "is empty" : "is too long"));
		return;
	}
	if (given->found.form == SECRET_ENV) {
		rc = secret_from_env(field, value->text, plural, &err);
	} else {
		path = value_path(w->folder, value->text);
		rc = secret_from_file(field, path, plural, &err);
		free(path);
	}
	if (rc == 0)
		return;
	value->type = NODE_BAD;
	if (w->beside)
		((struct secret *)field)->origin = mem_fmt("%s: %s", given->key->text, err.text);
	else
		faults_add(w->faults, value->line, value->column, "%s: %s", given->key->text,
		           err.text);
}

static void
walk_list(const struct walk *w, struct node *value, const struct key *row, void *field)
{
	struct key_list *list = field;

	if (value->type == NODE_EMPTY)
		return;
	if (value->type != NODE_LIST) {
		tell_type(w, value, row->name, "a list (lines that begin with \"- \")");
		return;
	}
	list->items = mem_array(value->count, row->size);
	list->count = value->count;
	for (size_t i = 0; i < value->count; i++) {
		struct node *item = &value->items[i];

		if (item->type != NODE_MAP)
			tell_type(w, item, row->name, "a map in each item");
		else
			walk_map(w, item, row->keys, (char *)list->items + i * row->size,
			         row->name);
	}
}

static void
walk_submap(const struct walk *w, struct node *value, const struct key *row, void *field)
{
	if (value->type == NODE_MAP)
		walk_map(w, value, row->keys, field, row->name);
	else if (value->type == NODE_EMPTY)
		walk_map(w, NULL, row->keys, field, row->name);
	else
		tell_type(w, value, row->name, "a map of keys");
}

static void
walk_kind(const struct walk *w, const struct given *given, struct key_choice *choice)
{
	const struct key_kind *kind = given->found.kind;
	/* "slack:" without anything below is a map without keys. */
	struct node empty = {
		.type = NODE_MAP, .line = given->key->line, .column = given->key->column};
	struct node *value = given->value->type == NODE_EMPTY ? &empty : given->value;
	const struct section section = {
		.faults = w->faults, .name = kind->name, .map = value, .at = given->key};

	choice->kind = kind;
	choice->options = mem_alloc(kind->size);
	if (value->type != NODE_MAP) {
		tell_type(w, value, kind->name, "a map of keys");
		return;
	}
	walk_map(w, value, kind->keys, choice->options, kind->name);
	if (kind->check != NULL)
		kind->check(choice->options, &section);
}

static void
walk_value(const struct walk *w, const struct given *given, void *field)
{
	const struct key *row = given->found.row;

	if (value_is_single(row->type))
		walk_single(w, given->value, row, field);
	else if (value_is_many(row->type))
		walk_many(w, given->value, row, field);
	else if (row->type == KEY_SECRET)
		walk_secret(w, given, field);
	else if (row->type == KEY_MAP)
		walk_submap(w, given->value, row, field);
	else if (row->type == KEY_LIST)
		walk_list(w, given->value, row, field);
	else
		walk_kind(w, given, field);
}

/* A fallback as the node it would be: "[a, b]" or one text.  Borrows from *copy. */
static struct node
fallback_node(const struct key *row, char *copy)
{
	struct node node = {.type = NODE_TEXT, .plain = true, .text = copy};
	char *save = NULL;

	if (!value_is_many(row->type))
		return node;
	node.type = NODE_LIST;
	for (char *s = strtok_r(copy, "[], ", &save); s != NULL;
	     s = strtok_r(NULL, "[], ", &save)) {
		node.items = mem_grow(node.items, node.count + 1, sizeof(*node.items));
		node.items[node.count++] =
			(struct node){.type = NODE_TEXT, .plain = true, .text = s};
	}
	return node;
}

static void
walk_fallback(const struct walk *w, const struct key *row, void *field)
{
	char *copy = mem_str(row->fallback);
	struct node node = fallback_node(row, copy);
	const struct given given = {.value = &node, .found = {.row = row}};

	walk_value(w, &given, field);
	free(node.items);
	free(copy);
}

static void
tell_missing(const struct frame *f, const struct key *row)
{
	const struct node *map = f->map;
	struct buf names = {0};

	if (row->type == KEY_SECRET) {
		buf_printf(&names, "%s_file or %s_env", row->name, row->name);
	} else if (row->type == KEY_KIND) {
		/* An unknown key may be meant as the kind, and was told. */
		if (f->has_unknown)
			return;
		for (const struct key_kind *const *k = walk_kinds(row, f->w->kinds); *k != NULL;
		     k++)
			buf_printf(&names, "%s%s", names.len > 0 ? ", " : "one of ", (*k)->name);
	} else {
		buf_puts(&names, row->name);
	}
	faults_add(f->w->faults, map->line, map->column, "%s is missing in %s", buf_text(&names),
	           f->where);
	buf_fini(&names);
}

static void
walk_absent(const struct frame *f, const struct key *row, void *field)
{
	if (row->fallback != NULL)
		walk_fallback(f->w, row, field);
	else if (row->type == KEY_MAP)
		walk_map(f->w, NULL, row->keys, field, row->name);
	else if ((row->flags & KEY_REQUIRED) != 0 && f->map != NULL)
		tell_missing(f, row);
}

static void
tell_twice(const struct frame *f, const struct node *key, const struct given *first)
{
	const char *one = first->key->text, *two = key->text;
	struct faults *faults = f->w->faults;

	if (strcmp(one, two) == 0)
		faults_add(faults, key->line, key->column,
		           "duplicate key \"%s\": it stands on line %d already", two,
		           first->key->line);
	else
		faults_add(faults, key->line, key->column, "%s takes either %s or %s, not both",
		           f->where, one, two);
}

static void
sort_keys(struct frame *f)
{
	for (size_t i = 0; i + 1 < f->map->count; i += 2) {
		struct node *key = &f->map->items[i];
		struct found found = lookup_key(f->w, key, f->rows, f->where);
		struct given *given;

		if (found.row == NULL) {
			f->has_unknown = true;
			continue;
		}
		if (found.refused)
			key[1].type = NODE_BAD;
		given = &f->given[found.row - f->rows];
		if (given->key != NULL)
			tell_twice(f, key, given);
		else
			*given = (struct given){.key = key, .value = key + 1, .found = found};
	}
}

void
walk_map(const struct walk *w, struct node *map, const struct key *rows, void *base,
         const char *where)
{
	struct frame f = {.w = w, .map = map, .rows = rows, .base = base, .where = where};

	if (map != NULL)
		sort_keys(&f);
	for (size_t i = 0; rows[i].name != NULL; i++) {
		void *field = f.base + rows[i].offset;

		assert(i < ROWS_MAX);
		if (f.given[i].key == NULL)
			walk_absent(&f, &rows[i], field);
		else if (f.given[i].value->type != NODE_BAD)
			walk_value(w, &f.given[i], field);
	}
}
