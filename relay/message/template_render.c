/* From nodes and data to text. */
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/message/template_internal.h"

/* A context for each section in each template that is being rendered. */
#define STACK_MAX ((TEMPLATE_PARTIAL_DEPTH_MAX + 2) * (TEMPLATE_DEPTH_MAX + 1))

/* Long values and names looked for in vain cost as much as nodes do. */
#define BYTES_OF_STEP 64
#define CONTEXTS_OF_STEP 8

struct rendering {
	const struct template_env *env;
	struct template_budget *left;
	struct buf *out;
	struct err *err;
	unsigned partial_depth;
	size_t depth;
	const json_t *stack[STACK_MAX];
};

/* What renders now: a template, with what stands before each of its lines. */
struct frame {
	const struct template *t;
	struct span indentation;
};

static int
spend_steps(struct rendering *r, size_t steps)
{
	if (steps > r->left->steps)
		return err_set(r->err, "it takes more than %d steps", TEMPLATE_STEPS_MAX);
	r->left->steps -= steps;
	return 0;
}

/* Pays for what was appended since `before`, or takes it back. */
static int
spend_output(struct rendering *r, size_t before)
{
	size_t added = r->out->len - before;

	if (added <= r->left->output) {
		r->left->output -= added;
		return 0;
	}
	r->out->data[r->out->len = before] = '\0';
	return err_set(r->err, "more than %d KiB come out", TEMPLATE_OUTPUT_MAX / 1024);
}

/* Names */

/* The value of `name` in the contexts, the innermost first; *tried tells how
 * many.  Only the first part of a dotted name is searched for. */
static const json_t *
look_up(struct span name, const json_t *const *stack, size_t depth, size_t *tried)
{
	const json_t *found = NULL;
	const char *dot;
	size_t len;

	*tried = 0;
	if (name.len == 1 && name.text[0] == '.')
		return depth > 0 ? stack[depth - 1] : NULL;
	dot = memchr(name.text, '.', name.len);
	len = dot != NULL ? (size_t)(dot - name.text) : name.len;
	for (size_t i = depth; i > 0 && found == NULL; i--, ++*tried)
		found = json_object_getn(stack[i - 1], name.text, len);
	while (found != NULL && len < name.len) {
		name.text += len + 1;
		name.len -= len + 1;
		dot = memchr(name.text, '.', name.len);
		len = dot != NULL ? (size_t)(dot - name.text) : name.len;
		found = json_object_getn(found, name.text, len);
	}
	return found;
}

const json_t *
template_lookup(const char *name, const json_t *const *stack, size_t depth)
{
	size_t tried;

	return look_up((struct span){name, strlen(name)}, stack, depth, &tried);
}

bool
template_holds(const json_t *value)
{
	if (value == NULL)
		return false;
	switch (json_typeof(value)) {
	case JSON_NULL:
	case JSON_FALSE:
		return false;
	case JSON_ARRAY:
		return json_array_size(value) > 0;
	case JSON_STRING:
		return json_string_length(value) > 0;
	case JSON_INTEGER:
	case JSON_REAL:
		return json_number_value(value) != 0;
	default:
		return true;
	}
}

static int
value_of(struct rendering *r, const struct template_node *node, const json_t **value)
{
	size_t tried;

	*value = look_up(node->span, r->stack, r->depth, &tried);
	return spend_steps(r, tried / CONTEXTS_OF_STEP);
}

/* Text */

/* Into a header text goes as values do: it has one line. */
static void
add_literal(struct rendering *r, const struct frame *f, const char *text, size_t len)
{
	if (f->t->options.escape == ESCAPE_HEADER)
		escape_add(r->out, ESCAPE_HEADER, text, len);
	else
		buf_add(r->out, text, len);
}

static bool
is_blank_line(const char *text, size_t len)
{
	return len > 0 && (text[0] == '\n' || (len > 1 && text[0] == '\r' && text[1] == '\n'));
}

/* Every line of the source that is not empty is indented. */
static int
add_lines(struct rendering *r, const struct frame *f, const struct template_node *node)
{
	const char *text = node->span.text;
	size_t left = node->span.len;
	bool begins_line = node->begins_line;

	do {
		size_t before = r->out->len;
		const char *feed = memchr(text, '\n', left);
		size_t len = feed != NULL ? (size_t)(feed - text) + 1 : left;

		if (begins_line && !is_blank_line(text, left))
			add_literal(r, f, f->indentation.text, f->indentation.len);
		add_literal(r, f, text, len);
		if (spend_output(r, before) != 0)
			return -1;
		begins_line = true;
		text += len;
		left -= len;
	} while (left > 0);
	return 0;
}

static int
render_text(struct rendering *r, const struct frame *f, const struct template_node *node)
{
	size_t before = r->out->len;

	if (f->indentation.len > 0)
		return add_lines(r, f, node);
	add_literal(r, f, node->span.text, node->span.len);
	return spend_output(r, before);
}

static int
indent(struct rendering *r, const struct frame *f, const struct template_node *node)
{
	size_t before = r->out->len;

	if (!node->begins_line || f->indentation.len == 0)
		return 0;
	add_literal(r, f, f->indentation.text, f->indentation.len);
	return spend_output(r, before);
}

/* Values */

/* Whether a value decides what becomes of Slack's <...>: no value brings a "<" of
 * its own, so one that stands before it is the template's.  "!channel" there
 * would be a mention. */
static bool
is_slack_target(const struct rendering *r, const struct frame *f)
{
	return f->t->options.escape == ESCAPE_SLACK && r->out->len > 0 &&
	       r->out->data[r->out->len - 1] == '<';
}

static int
add_value(struct rendering *r, const struct frame *f, const struct template_node *node,
          const json_t *value)
{
	struct buf text = {0};
	int rc;

	value_add_text(&text, value);
	rc = spend_steps(r, text.len / BYTES_OF_STEP);
	if (rc == 0 && (node->url || is_slack_target(r, f)) && !url_is_http(buf_text(&text)))
		buf_putc(r->out, '#');
	else if (rc == 0 && node->raw)
		buf_add(r->out, buf_text(&text), text.len);
	else if (rc == 0)
		escape_add(r->out, f->t->options.escape, buf_text(&text), text.len);
	buf_fini(&text);
	return rc;
}

static size_t
size_of(const json_t *value)
{
	return json_is_string(value) ? json_string_length(value) : 0;
}

/* The value behind all filters: a new reference, or NULL. */
static json_t *
filter_value(struct rendering *r, const struct template_node *node, const json_t *value)
{
	json_t *at = value != NULL ? json_incref((json_t *)value) : json_null();

	for (size_t i = 0; i < node->filter_count && at != NULL; i++) {
		size_t steps = filter_steps(node->filters[i]) + size_of(at) / BYTES_OF_STEP;
		json_t *next = NULL;

		if (spend_steps(r, steps) == 0) {
			next = filter_apply(node->filters[i], at, r->env, r->err);
			if (next == NULL)
				err_prefix(r->err, "{{%.*s}}", (int)node->span.len,
				           node->span.text);
		}
		json_decref(at);
		at = next;
	}
	return at;
}

static const struct filter_call *
link_of(const struct template_node *node)
{
	const struct filter_call *last =
		node->filter_count > 0 ? node->filters[node->filter_count - 1] : NULL;

	return last != NULL && filter_call_is_last(last) ? last : NULL;
}

static int
add_link(struct rendering *r, const struct frame *f, const struct template_node *node,
         const json_t *shown)
{
	if (spend_steps(r, size_of(shown) / BYTES_OF_STEP) != 0)
		return -1;
	filter_link(link_of(node), shown, node->raw ? ESCAPE_TEXT : f->t->options.escape, r->out);
	return 0;
}

static int
render_value(struct rendering *r, const struct frame *f, const struct template_node *node)
{
	const json_t *value;
	json_t *shown;
	size_t before;
	int rc;

	if (indent(r, f, node) != 0 || value_of(r, node, &value) != 0)
		return -1;
	shown = filter_value(r, node, value);
	if (shown == NULL)
		return -1;
	before = r->out->len;
	rc = link_of(node) != NULL ? add_link(r, f, node, shown) : add_value(r, f, node, shown);
	json_decref(shown);
	return rc == 0 ? spend_output(r, before) : -1;
}

/* Sections */

static int render_nodes(struct rendering *, const struct frame *, size_t from, size_t to);

static int
render_inside(struct rendering *r, const struct frame *f, const struct template_node *node,
              const json_t *context)
{
	int rc;

	if (spend_steps(r, 1) != 0)
		return -1;
	if (r->depth == STACK_MAX)
		return err_set(r->err, "sections and partials are nested too deep");
	r->stack[r->depth++] = context;
	rc = render_nodes(r, f, (size_t)(node - f->t->nodes) + 1, node->end);
	r->depth--;
	return rc;
}

static int
render_section(struct rendering *r, const struct frame *f, const struct template_node *node)
{
	const json_t *value;
	json_t *member;
	size_t i;

	if (indent(r, f, node) != 0 || value_of(r, node, &value) != 0)
		return -1;
	if (node->type == TEMPLATE_INVERTED)
		return template_holds(value)
		               ? 0
		               : render_nodes(r, f, (size_t)(node - f->t->nodes) + 1, node->end);
	if (!template_holds(value))
		return 0;
	if (!json_is_array(value))
		return render_inside(r, f, node, value);
	json_array_foreach((json_t *)value, i, member)
	{
		if (render_inside(r, f, node, member) != 0)
			return -1;
	}
	return 0;
}

/* Partials */

/* One that stands alone on its line is indented as its tag is; any other not at all. */
static int
render_partial(struct rendering *r, const struct frame *f, const struct template_node *node)
{
	const struct template *t = f->t->partials[node->partial].linked;
	struct frame inner = {.t = t};
	struct buf indentation = {0};
	int rc;

	if (indent(r, f, node) != 0)
		return -1;
	if (t == NULL)
		return 0;
	if (r->partial_depth == TEMPLATE_PARTIAL_DEPTH_MAX)
		return err_set(r->err, "partials are nested more than %d deep",
		               TEMPLATE_PARTIAL_DEPTH_MAX);
	if (node->stands_alone && f->indentation.len + node->span.len > 0) {
		buf_add(&indentation, f->indentation.text, f->indentation.len);
		buf_add(&indentation, node->span.text, node->span.len);
		inner.indentation = (struct span){indentation.data, indentation.len};
	}
	r->partial_depth++;
	rc = spend_steps(r, indentation.len / BYTES_OF_STEP);
	if (rc == 0)
		rc = render_nodes(r, &inner, 0, t->node_count);
	r->partial_depth--;
	buf_fini(&indentation);
	return rc;
}

/* All of them */

static int
render_node(struct rendering *r, const struct frame *f, const struct template_node *node)
{
	switch (node->type) {
	case TEMPLATE_TEXT:
		return render_text(r, f, node);
	case TEMPLATE_VALUE:
		return render_value(r, f, node);
	case TEMPLATE_PARTIAL:
		return render_partial(r, f, node);
	default:
		return render_section(r, f, node);
	}
}

static int
render_nodes(struct rendering *r, const struct frame *f, size_t from, size_t to)
{
	while (from < to) {
		const struct template_node *node = &f->t->nodes[from];

		if (spend_steps(r, 1) != 0 || render_node(r, f, node) != 0)
			return -1;
		from = node->type == TEMPLATE_SECTION || node->type == TEMPLATE_INVERTED ? node->end
		                                                                         : from + 1;
	}
	return 0;
}

int
template_render_in(const struct template *t, const json_t *const *stack, size_t depth,
                   const struct template_env *env, struct template_budget *left, struct buf *out,
                   struct err *err)
{
	struct rendering r = {.env = env, .left = left, .out = out, .err = err};
	struct frame f = {.t = t};

	if (depth > TEMPLATE_DEPTH_MAX + 1)
		return err_set(err, "contexts are nested too deep");
	for (; r.depth < depth; r.depth++)
		r.stack[r.depth] = stack[r.depth];
	return render_nodes(&r, &f, 0, t->node_count);
}

int
template_render(const struct template *t, const json_t *data, const struct template_env *env,
                struct buf *out, struct err *err)
{
	struct template_budget left = {TEMPLATE_STEPS_MAX, TEMPLATE_OUTPUT_MAX};

	return template_render_in(t, &data, 1, env, &left, out, err);
}
