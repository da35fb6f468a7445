/* From the text of a template to its nodes. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/message/template_internal.h"

/* Places */

static struct template_place
place_behind(struct template_place place, const char *from, const char *to)
{
	for (; from < to; from++) {
		if (*from == '\n') {
			place.line++;
			place.column = 1;
		} else if (((unsigned char)*from & 0xc0) != 0x80) {
			place.column++;
		}
	}
	return place;
}

struct template_place
parser_place(struct parser *p, const char *at)
{
	p->place = place_behind(p->place, p->counted, at);
	p->counted = at;
	return p->place;
}

void
parser_fault(struct parser *p, const char *at, const char *fmt, ...)
{
	struct template_place place = place_behind(p->place, p->counted, at);
	va_list args;

	va_start(args, fmt);
	char *text = mem_vfmt(fmt, args);
	va_end(args);
	faults_add(p->faults, place.line, place.column, "%s", text);
	free(text);
}

/* Nodes */

struct template_node *
template_add(struct template *t, enum template_node_type type, bool begins_line)
{
	if (t->node_count == t->node_cap) {
		t->node_cap = t->node_cap > 0 ? 2 * t->node_cap : 16;
		t->nodes = mem_grow(t->nodes, t->node_cap, sizeof(*t->nodes));
	}
	t->nodes[t->node_count] = (struct template_node){.type = type, .begins_line = begins_line};
	return &t->nodes[t->node_count++];
}

bool
parser_checks_html(const struct parser *p)
{
	return p->t->options.strict && p->t->options.escape == ESCAPE_HTML;
}

/* An empty one is of use where a line begins with a tag that leaves no node. */
static void
add_text(struct parser *p, const char *from, const char *to, bool begins_line)
{
	if (from == to && !begins_line)
		return;
	template_add(p->t, TEMPLATE_TEXT, begins_line)->span =
		(struct span){from, (size_t)(to - from)};
	if (parser_checks_html(p))
		html_context_text(&p->html, from, (size_t)(to - from));
}

/* Interpolations */

static void
check_raw(struct parser *p, const struct tag *tag)
{
	if (p->t->options.strict && p->t->options.escape != ESCAPE_TEXT)
		parser_fault(p, tag->begin,
		             "a raw tag ({{{...}}}, {{&...}}) would let through what others wrote: "
		             "use {{...}}");
}

static void
check_place_of_value(struct parser *p, const struct tag *tag, struct template_node *node)
{
	const char *why = NULL;
	bool is_link = node->filter_count > 0 &&
	               filter_call_is_last(node->filters[node->filter_count - 1]);

	if (is_link && p->html.state != HTML_TITLE && !html_context_is_text(&p->html)) {
		parser_fault(p, tag->begin, "a link can stand in body text alone");
		return;
	}
	switch (html_context_value(&p->html, &why)) {
	case HTML_VALUE_REFUSED:
		parser_fault(p, tag->begin,
		             "a value cannot stand %s: escaping does not make it safe", why);
		break;
	case HTML_VALUE_URL:
		node->url = true;
		break;
	case HTML_VALUE_ESCAPED:
		break;
	}
}

static void
add_value(struct parser *p, const struct tag *tag, bool begins_line)
{
	struct template_node *node = template_add(p->t, TEMPLATE_VALUE, begins_line);

	node->place = parser_place(p, tag->begin);
	node->raw = tag->sigil != '\0';
	if (node->raw)
		check_raw(p, tag);
	tag_value(p, tag, node);
	if (parser_checks_html(p))
		check_place_of_value(p, tag, node);
}

/* Partials */

static size_t
find_partial(struct parser *p, const struct tag *tag)
{
	struct template *t = p->t;
	size_t i;

	for (i = 0; i < t->partial_count; i++)
		if (span_equal(tag->body,
		               (struct span){t->partials[i].name, strlen(t->partials[i].name)}))
			return i;
	if (i == TEMPLATE_PARTIALS_MAX) {
		parser_fault(p, tag->begin, "more than %d partials", TEMPLATE_PARTIALS_MAX);
		return 0;
	}
	if (i == t->partial_cap) {
		t->partial_cap = t->partial_cap > 0 ? 2 * t->partial_cap : 4;
		t->partials = mem_grow(t->partials, t->partial_cap, sizeof(*t->partials));
	}
	char *name = mem_strn(tag->body.text, tag->body.len);
	t->partials[t->partial_count++] =
		(struct partial){.shown = {name, parser_place(p, tag->begin)}, .name = name};
	return i;
}

static void
add_partial(struct parser *p, const struct tag *tag, const struct span *alone, bool begins_line)
{
	struct template_node *node;
	size_t partial;

	if (!tag_name(p, tag->body))
		return;
	if (parser_checks_html(p) && !html_context_takes_partial(&p->html))
		parser_fault(p, tag->begin, "a partial can stand in body text alone");
	partial = find_partial(p, tag);
	node = template_add(p->t, TEMPLATE_PARTIAL, begins_line);
	node->place = parser_place(p, tag->begin);
	node->partial = partial;
	node->stands_alone = alone != NULL;
	if (alone != NULL)
		node->span = *alone;
}

/* Lines */

/* Where the line of the tag at `tag` begins, NULL when another tag did stand on it. */
static const char *
line_of(const struct parser *p, const char *tag)
{
	const char *feed = memrchr(p->at, '\n', (size_t)(tag - p->at));

	if (feed != NULL)
		return feed + 1;
	return p->begins_line ? p->at : NULL;
}

static const char *
skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

/* Behind the end of the line when nothing but blanks follows; else NULL. */
static const char *
rest_of_line(const struct parser *p, const char *at)
{
	at = skip_blanks(at, p->end);
	if (at == p->end)
		return at;
	if (*at == '\r' && at + 1 < p->end)
		at++;
	return *at == '\n' ? at + 1 : NULL;
}

/* Interpolations never stand alone. */
static bool
can_stand_alone(const struct tag *tag)
{
	return tag->sigil != '\0' && tag->sigil != '{' && tag->sigil != '&';
}

/* alone: its indentation, when it stands alone on its line; else NULL. */
static void
take_tag(struct parser *p, const struct tag *tag, const struct span *alone, bool begins_line)
{
	switch (tag->sigil) {
	case '#':
	case '^':
		section_begin(p, tag, begins_line);
		return;
	case '>':
		add_partial(p, tag, alone, begins_line);
		return;
	case '\0':
	case '&':
	case '{':
		add_value(p, tag, begins_line);
		return;
	default:
		break;
	}
	add_text(p, tag->begin, tag->begin, begins_line);
	if (tag->sigil == '/')
		section_end(p, tag);
	else if (tag->sigil == '=')
		tag_delimiters(p, tag);
}

/* The text up to a tag, and the tag: alone on its line it takes the line with it. */
static bool
take_next(struct parser *p)
{
	size_t left = (size_t)(p->end - p->at);
	const char *found = memmem(p->at, left, p->open.text, p->open.len);
	const char *from = p->at, *line, *behind = NULL;
	bool begins_line = p->begins_line;
	struct tag tag;

	if (found == NULL) {
		add_text(p, p->at, p->end, begins_line && left > 0);
		return false;
	}
	line = line_of(p, found);
	p->at = found;
	parser_place(p, found);
	if (!tag_cut(p, &tag))
		return false;
	p->at = tag.end;
	if (can_stand_alone(&tag) && line != NULL && skip_blanks(line, found) == found)
		behind = rest_of_line(p, tag.end);
	p->begins_line = behind != NULL;
	if (behind != NULL) {
		p->at = behind;
		add_text(p, from, line, begins_line && line > from);
		take_tag(p, &tag, &(struct span){line, (size_t)(found - line)}, false);
	} else {
		add_text(p, from, found, begins_line && found > from);
		take_tag(p, &tag, NULL, line == found);
	}
	return true;
}

/* The whole */

static bool
check_bytes(struct parser *p)
{
	for (const char *at = p->at; at < p->end;) {
		size_t n = utf8_next(at, (size_t)(p->end - at));

		if (n == 0 || *at == '\0') {
			parser_fault(p, at, n == 0 ? "this is not UTF-8" : "a NUL byte");
			return false;
		}
		at += n;
	}
	return true;
}

static void
parse(struct parser *p)
{
	if (!check_bytes(p))
		return;
	while (take_next(p))
		continue;
	sections_end(p);
	if (parser_checks_html(p) && p->faults->errors == p->faults_before &&
	    !html_context_is_text(&p->html))
		parser_fault(p, p->end, "the text ends within a tag, a comment or the like");
}

int
template_compile(struct template **out, const char *text, size_t len,
                 const struct template_options *options, struct template_place begins,
                 struct faults *faults)
{
	static const char open[] = "{{", close[] = "}}";
	struct template *t;

	*out = NULL;
	if (len > TEMPLATE_SIZE_MAX) {
		faults_add(faults, begins.line, begins.column, "the template is larger than %d KiB",
		           TEMPLATE_SIZE_MAX / 1024);
		return -1;
	}
	t = mem_alloc(sizeof(*t));
	t->options = *options;
	t->source = mem_strn(text, len);
	struct parser p = {
		.t = t,
		.faults = faults,
		.faults_before = faults->errors,
		.at = t->source,
		.end = t->source + len,
		.open = {open, 2},
		.close = {close, 2},
		.begins_line = true,
		.counted = t->source,
		.place = begins,
	};
	parse(&p);
	free(p.sections);
	if (faults->errors > p.faults_before) {
		template_free(t);
		return -1;
	}
	*out = t;
	return 0;
}

void
template_free(struct template *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->node_count; i++) {
		for (size_t f = 0; f < t->nodes[i].filter_count; f++)
			filter_call_free(t->nodes[i].filters[f]);
		free(t->nodes[i].filters);
	}
	for (size_t i = 0; i < t->partial_count; i++)
		free(t->partials[i].name);
	free(t->partials);
	free(t->nodes);
	free(t->source);
	free(t);
}

size_t
template_partial_count(const struct template *t)
{
	return t->partial_count;
}

const struct template_partial *
template_partial_at(const struct template *t, size_t i)
{
	return &t->partials[i].shown;
}

void
template_link(struct template *t, size_t i, const struct template *partial)
{
	t->partials[i].linked = partial;
}
