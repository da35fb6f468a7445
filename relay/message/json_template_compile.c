#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/message/json_places.h"
#include "relay/message/json_template_nodes.h"
#include "relay/message/template_internal.h"

struct compiler {
	struct json_template *out;
	struct json_places *places;
	const struct template_options *options;
	struct faults *faults;
};

/* How deep the walk is: in JSON, and in directives. */
struct depth {
	int nested, directives;
};

static void compile_value(struct compiler *, const json_t *, struct depth, struct json_node *);

static void
fault_at(struct compiler *c, struct template_place place, const char *text)
{
	faults_add(c->faults, place.line, place.column, "%s", text);
}

/* Strings */

static void
into_the_file(int *line, int *column, const void *thing)
{
	struct template_place place =
		json_places_inside(thing, (struct template_place){*line, *column});

	*line = place.line;
	*column = place.column;
}

static void
compile_text(struct compiler *c, const json_t *value, const struct json_thing *thing,
             struct json_node *node)
{
	struct json_template *out = c->out;
	const struct template_place begin = {1, 1};
	struct faults faults = {0};
	struct json_part part = {.place = thing->place};
	size_t partials;

	if (template_compile(&part.template, json_string_value(value), json_string_length(value),
	                     c->options, begin, &faults) != 0)
		part.template = NULL;
	faults_move(c->faults, &faults, into_the_file, thing);
	partials = part.template != NULL ? template_partial_count(part.template) : 0;
	part.partials = partials > 0 ? mem_array(partials, sizeof(*part.partials)) : NULL;
	for (size_t i = 0; i < partials; i++)
		part.partials[i] =
			json_places_inside(thing, template_partial_at(part.template, i)->place);
	if (out->part_count == out->part_cap) {
		out->part_cap = out->part_cap > 0 ? 2 * out->part_cap : 32;
		out->parts = mem_grow(out->parts, out->part_cap, sizeof(*out->parts));
	}
	node->type = JSON_NODE_TEXT;
	node->part = out->part_count;
	out->parts[out->part_count++] = part;
}

/* Directives */

enum directive { DIRECTIVE_EACH, DIRECTIVE_IF, DIRECTIVE_JSON, DIRECTIVE_COUNT };

#define BODIES_MAX 2

static const struct {
	const char *name;
	enum json_node_type type;
	const char *bodies[BODIES_MAX]; /* further members; the first is required */
} directives[DIRECTIVE_COUNT] = {
	[DIRECTIVE_EACH] = {"$each", JSON_NODE_EACH, {"$do", NULL}},
	[DIRECTIVE_IF] = {"$if", JSON_NODE_IF, {"$then", "$else"}},
	[DIRECTIVE_JSON] = {"$json", JSON_NODE_COPY, {NULL, NULL}},
};

static enum directive
directive_of(const json_t *object)
{
	int d = 0;

	while (d < DIRECTIVE_COUNT && json_object_get(object, directives[d].name) == NULL)
		d++;
	return (enum directive)d;
}

/* The directive that a member belongs to, or COUNT; *body: which of its bodies, or -1. */
static enum directive
owner_of(const char *name, int *body)
{
	*body = -1;
	for (int d = 0; d < DIRECTIVE_COUNT; d++) {
		if (strcmp(name, directives[d].name) == 0)
			return (enum directive)d;
		for (int i = 0; i < BODIES_MAX; i++) {
			const char *word = directives[d].bodies[i];

			if (word != NULL && strcmp(name, word) == 0) {
				*body = i;
				return (enum directive)d;
			}
		}
	}
	return DIRECTIVE_COUNT;
}

/* "." or names with dots between, as a tag would take them. */
static bool
is_path(const char *text, size_t len)
{
	if (len == 1 && text[0] == '.')
		return true;
	if (len == 0 || len > TEMPLATE_NAME_MAX || text[0] == '.' || text[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || strchr("{}|\"", text[i]) != NULL ||
		    (text[i] == '.' && text[i + 1] == '.'))
			return false;
	return true;
}

/* Passes over what is in a value of which nothing comes into the template. */
static void
pass_over_inside(struct compiler *c, const json_t *value)
{
	const char *name;
	json_t *member;
	size_t i;

	json_array_foreach((json_t *)value, i, member)
	{
		json_places_next(c->places);
		pass_over_inside(c, member);
	}
	json_object_foreach((json_t *)value, name, member)
	{
		json_places_next(c->places);
		json_places_next(c->places);
		pass_over_inside(c, member);
	}
}

static void
pass_over(struct compiler *c, const json_t *value)
{
	json_places_next(c->places);
	pass_over_inside(c, value);
}

static void
compile_path(struct compiler *c, const char *directive, const json_t *value, struct json_node *node)
{
	struct template_place place = json_places_next(c->places)->place;

	if (json_is_string(value) && is_path(json_string_value(value), json_string_length(value))) {
		free(node->path);
		node->path = mem_str(json_string_value(value));
		return;
	}
	pass_over_inside(c, value);
	faults_add(c->faults, place.line, place.column,
	           "%s wants the name of a value, such as \"image.version\"", directive);
}

static void
compile_directive(struct compiler *c, const json_t *object, enum directive directive,
                  struct template_place place, struct depth depth, struct json_node *node)
{
	const char *const *bodies = directives[directive].bodies;
	const char *name, *alone = directives[directive].name;
	json_t *value;

	node->type = directives[directive].type;
	node->items = mem_array(BODIES_MAX, sizeof(*node->items));
	node->count = bodies[0] != NULL ? 1 : 0;
	depth.directives++;
	if (depth.directives > TEMPLATE_DEPTH_MAX)
		fault_at(c, place, "too many directives in each other");
	if (bodies[0] != NULL && json_object_get(object, bodies[0]) == NULL)
		faults_add(c->faults, place.line, place.column, "%s is without its %s", alone,
		           bodies[0]);
	json_object_foreach((json_t *)object, name, value)
	{
		struct template_place where = json_places_next(c->places)->place;
		int body;

		if (owner_of(name, &body) != directive) {
			char *word = faults_quote(name);

			faults_add(c->faults, where.line, where.column, "%s cannot stand beside %s",
			           word, alone);
			free(word);
			pass_over(c, value);
		} else if (body < 0) {
			compile_path(c, name, value, node);
		} else {
			compile_value(c, value, depth, &node->items[body]);
			if ((size_t)body + 1 > node->count)
				node->count = (size_t)body + 1;
		}
	}
}

/* Lists and objects */

static void
compile_list(struct compiler *c, const json_t *list, struct depth depth, struct json_node *node)
{
	json_t *value;
	size_t i;

	node->type = JSON_NODE_LIST;
	node->count = json_array_size(list);
	node->items = mem_array(node->count + 1, sizeof(*node->items));
	json_array_foreach((json_t *)list, i, value)
		compile_value(c, value, depth, &node->items[i]);
}

/* A name that is none of a member; false: it is one. */
static bool
is_word_of_ours(struct compiler *c, const char *name, const json_t *value,
                struct template_place where, struct json_node *node)
{
	int body;
	enum directive owner = owner_of(name, &body);

	if (strcmp(name, "$omit_empty") == 0) {
		struct template_place place = json_places_next(c->places)->place;

		pass_over_inside(c, value);
		node->omit_empty = json_is_true(value);
		if (!json_is_boolean(value))
			fault_at(c, place, "$omit_empty is true or false");
		return true;
	}
	if (owner == DIRECTIVE_COUNT)
		return false;
	faults_add(c->faults, where.line, where.column, "%s is without its %s", name,
	           directives[owner].name);
	pass_over(c, value);
	return true;
}

static void
compile_map(struct compiler *c, const json_t *object, struct depth depth, struct json_node *node)
{
	const char *name;
	json_t *value;

	node->type = JSON_NODE_MAP;
	node->items = mem_array(json_object_size(object) + 1, sizeof(*node->items));
	json_object_foreach((json_t *)object, name, value)
	{
		struct template_place where = json_places_next(c->places)->place;

		if (is_word_of_ours(c, name, value, where, node))
			continue;
		if (c->options->strict && strstr(name, "{{") != NULL)
			faults_warn(c->faults, where.line, where.column,
			            "the name of a member is not a template: its tags stay");
		node->items[node->count].name = mem_str(name);
		compile_value(c, value, depth, &node->items[node->count++]);
	}
}

static void
compile_object(struct compiler *c, const json_t *object, struct template_place place,
               struct depth depth, struct json_node *node)
{
	enum directive directive = directive_of(object);

	if (directive != DIRECTIVE_COUNT)
		compile_directive(c, object, directive, place, depth, node);
	else
		compile_map(c, object, depth, node);
}

static void
compile_value(struct compiler *c, const json_t *value, struct depth depth, struct json_node *node)
{
	const struct json_thing *thing = json_places_next(c->places);

	if (++depth.nested > JSON_DEPTH_MAX) {
		fault_at(c, thing->place, "nested too deeply");
		pass_over_inside(c, value);
		return;
	}
	switch (json_typeof(value)) {
	case JSON_STRING:
		compile_text(c, value, thing, node);
		return;
	case JSON_ARRAY:
		compile_list(c, value, depth, node);
		return;
	case JSON_OBJECT:
		compile_object(c, value, thing->place, depth, node);
		return;
	default:
		node->type = JSON_NODE_VALUE;
		node->value = json_deep_copy(value);
		return;
	}
}

/* The whole */

static json_t *
parse(const char *text, size_t len, struct faults *faults)
{
	json_error_t error;
	json_t *tree;
	char *words;

	if (len > TEMPLATE_SIZE_MAX) {
		faults_add(faults, 1, 1, "larger than %d KiB", TEMPLATE_SIZE_MAX / 1024);
		return NULL;
	}
	tree = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (tree != NULL && memchr(text, '\0', len) == NULL)
		return tree;
	words = log_escape(tree != NULL ? "a NUL byte" : error.text);
	faults_add(faults, tree != NULL ? 1 : error.line, tree != NULL ? 1 : error.column,
	           "not JSON: %s", words);
	free(words);
	json_decref(tree);
	return NULL;
}

int
json_template_compile(struct json_template **out, const char *text, size_t len,
                      const struct template_options *options, struct faults *faults)
{
	size_t errors = faults->errors;
	json_t *tree = parse(text, len, faults);
	struct compiler c = {.options = options, .faults = faults};

	*out = NULL;
	if (tree == NULL)
		return -1;
	c.out = mem_alloc(sizeof(*c.out));
	c.places = json_places_new(text, len);
	compile_value(&c, tree, (struct depth){0, 0}, &c.out->root);
	json_places_free(c.places);
	json_decref(tree);
	if (faults->errors > errors) {
		json_template_free(c.out);
		return -1;
	}
	*out = c.out;
	return 0;
}

static void
node_fini(struct json_node *node)
{
	for (size_t i = 0; i < node->count; i++)
		node_fini(&node->items[i]);
	free(node->items);
	free(node->name);
	free(node->path);
	json_decref(node->value);
}

void
json_template_free(struct json_template *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->part_count; i++) {
		template_free(t->parts[i].template);
		free(t->parts[i].partials);
	}
	free(t->parts);
	node_fini(&t->root);
	free(t);
}

size_t
json_template_count(const struct json_template *t)
{
	return t->part_count;
}

struct template *
json_template_at(const struct json_template *t, size_t i)
{
	return t->parts[i].template;
}

struct template_place
json_template_place(const struct json_template *t, size_t i)
{
	return t->parts[i].place;
}

struct template_place
json_template_partial_place(const struct json_template *t, size_t i, size_t n)
{
	return t->parts[i].partials[n];
}
