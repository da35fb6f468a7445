#include <string.h>

#include "relay/base/mem.h"
#include "relay/message/json_template_nodes.h"

struct renderer {
	const struct json_template *from;
	const struct template_env *env;
	struct template_budget left;
	/* The data, and a member of a list for each $each around: at most so many
	 * directives are in each other. */
	const json_t *stack[TEMPLATE_DEPTH_MAX + 1];
	size_t depth;
	struct err *err;
};

static int render_value(struct renderer *, const struct json_node *, json_t **out);

/* Limits */

static int
spend(struct renderer *r, size_t bytes)
{
	if (r->left.steps == 0)
		return err_set(r->err, "it takes more than %d steps", TEMPLATE_STEPS_MAX);
	r->left.steps--;
	if (r->left.output < bytes)
		return err_set(r->err, "more than %d KiB come out", TEMPLATE_OUTPUT_MAX / 1024);
	r->left.output -= bytes;
	return 0;
}

/* What is copied as it is counts as if it were made. */
static int
spend_on_copy(struct renderer *r, const json_t *value)
{
	const char *name;
	json_t *member;
	size_t i;

	if (spend(r, 1 + (json_is_string(value) ? json_string_length(value) : 0)) != 0)
		return -1;
	json_array_foreach((json_t *)value, i, member)
	{
		if (spend_on_copy(r, member) != 0)
			return -1;
	}
	json_object_foreach((json_t *)value, name, member)
	{
		if (spend(r, strlen(name)) != 0 || spend_on_copy(r, member) != 0)
			return -1;
	}
	return 0;
}

/* Values */

static const json_t *
look_up(const struct renderer *r, const struct json_node *node)
{
	return template_lookup(node->path, r->stack, r->depth);
}

static int
render_copy(struct renderer *r, const struct json_node *node, json_t **out)
{
	const json_t *value = look_up(r, node);

	if (value != NULL && spend_on_copy(r, value) != 0)
		return -1;
	*out = value != NULL ? json_deep_copy(value) : json_null();
	return 0;
}

static int
render_text(struct renderer *r, const struct json_node *node, json_t **out)
{
	const struct template *template = r->from->parts[node->part].template;
	struct buf text = {0};
	int rc = template_render_in(template, r->stack, r->depth, r->env, &r->left, &text, r->err);

	if (rc == 0 && (*out = json_stringn(buf_text(&text), text.len)) == NULL)
		rc = err_set(r->err, "what comes out is not UTF-8");
	buf_fini(&text);
	return rc;
}

/* Directives */

/* What $if chooses; NULL: neither. */
static const struct json_node *
chosen(const struct renderer *r, const struct json_node *node)
{
	if (template_holds(look_up(r, node)))
		return &node->items[0];
	return node->count > 1 ? &node->items[1] : NULL;
}

/* Appends what a node makes: nothing, one value, or those of an $each. */
static int render_into(struct renderer *, const struct json_node *, json_t *list);

static int
render_member(struct renderer *r, const struct json_node *node, const json_t *member, json_t *list)
{
	int rc;

	r->stack[r->depth++] = member;
	rc = render_into(r, &node->items[0], list);
	r->depth--;
	return rc;
}

static int
render_each(struct renderer *r, const struct json_node *node, json_t *list)
{
	const json_t *value = look_up(r, node);
	json_t *member;
	size_t i;

	if (!template_holds(value))
		return 0;
	if (!json_is_array(value))
		return render_member(r, node, value, list);
	json_array_foreach((json_t *)value, i, member)
	{
		if (render_member(r, node, member, list) != 0)
			return -1;
	}
	return 0;
}

static int
render_into(struct renderer *r, const struct json_node *node, json_t *list)
{
	json_t *value = NULL;

	if (spend(r, 0) != 0)
		return -1;
	if (node->type == JSON_NODE_EACH)
		return render_each(r, node, list);
	if (node->type == JSON_NODE_IF) {
		node = chosen(r, node);
		return node != NULL ? render_into(r, node, list) : 0;
	}
	if (render_value(r, node, &value) != 0)
		return -1;
	json_array_append_new(list, value);
	return 0;
}

/* Lists and objects */

static int
render_list(struct renderer *r, const struct json_node *node, json_t **out)
{
	json_t *list = json_array();

	for (size_t i = 0; i < node->count; i++)
		if (render_into(r, &node->items[i], list) != 0) {
			json_decref(list);
			return -1;
		}
	*out = list;
	return 0;
}

static bool
is_empty(const json_t *value)
{
	return json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) ||
	       (json_is_array(value) && json_array_size(value) == 0) ||
	       (json_is_object(value) && json_object_size(value) == 0);
}

static int
render_map(struct renderer *r, const struct json_node *node, json_t **out)
{
	json_t *map = json_object();

	for (size_t i = 0; i < node->count; i++) {
		const struct json_node *item = &node->items[i];
		json_t *value = NULL;

		if (spend(r, strlen(item->name)) != 0 || render_value(r, item, &value) != 0) {
			json_decref(map);
			return -1;
		}
		if (value == NULL || (node->omit_empty && is_empty(value)))
			json_decref(value);
		else
			json_object_set_new(map, item->name, value);
	}
	*out = map;
	return 0;
}

static int
render_list_of_each(struct renderer *r, const struct json_node *node, json_t **out)
{
	json_t *list = json_array();

	if (render_each(r, node, list) != 0) {
		json_decref(list);
		return -1;
	}
	*out = list;
	return 0;
}

/* *out stays NULL where an $if has nothing to give. */
static int
render_value(struct renderer *r, const struct json_node *node, json_t **out)
{
	if (spend(r, 1) != 0)
		return -1;
	switch (node->type) {
	case JSON_NODE_TEXT:
		return render_text(r, node, out);
	case JSON_NODE_LIST:
		return render_list(r, node, out);
	case JSON_NODE_MAP:
		return render_map(r, node, out);
	case JSON_NODE_EACH:
		return render_list_of_each(r, node, out);
	case JSON_NODE_IF:
		node = chosen(r, node);
		return node != NULL ? render_value(r, node, out) : 0;
	case JSON_NODE_COPY:
		return render_copy(r, node, out);
	default:
		*out = json_deep_copy(node->value);
		return 0;
	}
}

int
json_template_render(const struct json_template *t, const json_t *data,
                     const struct template_env *env, json_t **out, struct err *err)
{
	struct renderer r = {.from = t,
	                     .env = env,
	                     .left = {TEMPLATE_STEPS_MAX, TEMPLATE_OUTPUT_MAX},
	                     .stack = {data},
	                     .depth = 1,
	                     .err = err};

	*out = NULL;
	if (render_value(&r, &t->root, out) != 0)
		return -1;
	return *out != NULL ? 0 : err_set(err, "nothing comes out: its $if does not hold");
}
