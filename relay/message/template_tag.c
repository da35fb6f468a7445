/* What stands between the delimiters: the tag's kind, its name, its filters. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/message/template_internal.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

struct span
span_trim(struct span s)
{
	while (s.len > 0 && is_blank(s.text[0])) {
		s.text++;
		s.len--;
	}
	while (s.len > 0 && is_blank(s.text[s.len - 1]))
		s.len--;
	return s;
}

bool
span_equal(struct span a, struct span b)
{
	return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

char *
span_quote(struct span s)
{
	char *word = mem_strn(s.text, s.len);
	char *quoted = faults_quote(word);

	free(word);
	return quoted;
}

/* What must stand before the closing delimiter: {{{x}}}, {{=<% %>=}}. */
static char
twin_of(char sigil)
{
	return sigil == '{' ? '}' : sigil == '=' ? '=' : '\0';
}

bool
tag_cut(struct parser *p, struct tag *tag)
{
	char end[TEMPLATE_DELIMITER_MAX + 1];
	const char *at = p->at + p->open.len;
	size_t len = 0;

	while (at < p->end && is_blank(*at))
		at++;
	*tag = (struct tag){.begin = p->at};
	if (at < p->end && strchr("#^/>!=&{", *at) != NULL && *at != '\0')
		tag->sigil = *at++;
	if (twin_of(tag->sigil) != '\0')
		end[len++] = twin_of(tag->sigil);
	memcpy(end + len, p->close.text, p->close.len);
	len += p->close.len;
	const char *found = memmem(at, (size_t)(p->end - at), end, len);
	if (found == NULL) {
		parser_fault(p, tag->begin, "the tag has no end: %.*s is missing", (int)len, end);
		return false;
	}
	tag->body = span_trim((struct span){at, (size_t)(found - at)});
	tag->end = found + len;
	return true;
}

void
tag_delimiters(struct parser *p, const struct tag *tag)
{
	struct span left = tag->body, right = {0};
	size_t i = 0;

	while (i < left.len && !is_blank(left.text[i]))
		i++;
	right = span_trim((struct span){left.text + i, left.len - i});
	left.len = i;
	for (i = 0; i < right.len && !is_blank(right.text[i]); i++)
		continue;
	if (left.len == 0 || right.len == 0 || i < right.len || left.len > TEMPLATE_DELIMITER_MAX ||
	    right.len > TEMPLATE_DELIMITER_MAX ||
	    memchr(tag->body.text, '=', tag->body.len) != NULL) {
		parser_fault(
			p, tag->begin,
			"two delimiters are to be set, as in {{=<%% %%>=}}: without =, each of "
			"at most %d bytes",
			TEMPLATE_DELIMITER_MAX);
		return;
	}
	p->open = left;
	p->close = right;
}

/* "a.b.c" or ".": no blanks, nothing empty. */
static bool
is_proper(struct span name)
{
	if (name.len == 1 && name.text[0] == '.')
		return true;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.text[i];
		bool at_dot = c == '.' && (i == 0 || i + 1 == name.len || name.text[i - 1] == '.');
		if (at_dot || (unsigned char)c <= ' ' || strchr("\"'`|{}", c) != NULL)
			return false;
	}
	return name.len > 0;
}

bool
tag_name(struct parser *p, struct span name)
{
	char *quoted = NULL;

	if (name.len > TEMPLATE_NAME_MAX) {
		parser_fault(p, name.text, "a name of more than %d bytes", TEMPLATE_NAME_MAX);
		return false;
	}
	if (!p->t->options.strict || is_proper(name))
		return true;
	quoted = span_quote(name);
	if (name.len == 0)
		parser_fault(p, name.text, "the tag has no name");
	else if (memchr(name.text, '|', name.len) != NULL)
		parser_fault(p, name.text, "%s: filters belong to {{name | filter}} alone", quoted);
	else
		parser_fault(p, name.text, "%s is no name", quoted);
	free(quoted);
	return false;
}

/* Filters */

/* What is read of a filter: its word, and its arguments without their quotes. */
struct filter_text {
	struct span word;
	struct buf args[FILTER_ARGS_MAX + 1]; /* room to tell of one too many */
	size_t count;
};

/* A text in quotes of either kind; \ takes the next character as it is, \n is a line feed. */
static bool
take_quoted(struct parser *p, struct span *rest, struct buf *into)
{
	const char *begin = rest->text, *end = rest->text + rest->len, *at = begin + 1;

	for (; at < end && *at != *begin; at++) {
		if (*at == '\\' && at + 1 < end) {
			at++;
			buf_putc(into, *at == 'n' ? '\n' : *at);
		} else {
			buf_putc(into, *at);
		}
	}
	if (at == end) {
		parser_fault(p, begin, "the text has no end: %c is missing", *begin);
		return false;
	}
	rest->text = at + 1;
	rest->len = (size_t)(end - rest->text);
	return true;
}

static size_t
word_len(struct span s)
{
	size_t len = 0;

	while (len < s.len && !is_blank(s.text[len]) && strchr("|\"'", s.text[len]) == NULL)
		len++;
	return len;
}

static bool
is_number(const char *text, size_t len)
{
	size_t i = len > 1 && text[0] == '-' ? 1 : 0;

	for (; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return len > 0;
}

static bool
take_argument(struct parser *p, struct span *rest, struct buf *into)
{
	if (rest->text[0] == '"' || rest->text[0] == '\'')
		return take_quoted(p, rest, into);

	size_t len = word_len(*rest);
	if (!is_number(rest->text, len)) {
		char *quoted = span_quote((struct span){rest->text, len});
		parser_fault(p, rest->text, "%s is no argument: a text stands in quotes", quoted);
		free(quoted);
		return false;
	}
	buf_add(into, rest->text, len);
	rest->text += len;
	rest->len -= len;
	return true;
}

/* One filter, up to the next | or the end; rest moves behind it. */
static bool
take_filter(struct parser *p, struct span *rest, struct filter_text *filter)
{
	*rest = span_trim(*rest);
	filter->word = (struct span){rest->text, word_len(*rest)};
	if (filter->word.len == 0) {
		parser_fault(p, rest->text, "a filter's name is missing behind |");
		return false;
	}
	rest->text += filter->word.len;
	rest->len -= filter->word.len;
	for (*rest = span_trim(*rest); rest->len > 0 && rest->text[0] != '|';
	     *rest = span_trim(*rest)) {
		if (filter->count == COUNT(filter->args)) {
			parser_fault(p, rest->text, "no filter takes so many arguments");
			return false;
		}
		if (!take_argument(p, rest, &filter->args[filter->count++]))
			return false;
	}
	return true;
}

static void
filter_text_fini(struct filter_text *filter)
{
	for (size_t i = 0; i < COUNT(filter->args); i++)
		buf_fini(&filter->args[i]);
}

/* The filter is made in any case, so that all its faults are told. */
static void
add_filter(struct parser *p, const struct filter_text *text, struct template_node *node)
{
	const char *args[FILTER_ARGS_MAX + 1];
	char *name = mem_strn(text->word.text, text->word.len);
	struct filter_call *call;
	struct err err = {0};

	for (size_t i = 0; i < text->count; i++)
		args[i] = buf_text(&text->args[i]);
	call = filter_call_new(name, args, text->count, &err);
	free(name);
	if (call == NULL) {
		parser_fault(p, text->word.text, "%s", err.text);
		return;
	}
	if (node->filter_count > 0 && filter_call_is_last(node->filters[node->filter_count - 1]))
		parser_fault(p, text->word.text, "nothing can follow the filter \"%s\"", "link");
	node->filters = mem_grow(node->filters, node->filter_count + 1, sizeof(*node->filters));
	node->filters[node->filter_count++] = call;
}

void
tag_value(struct parser *p, const struct tag *tag, struct template_node *node)
{
	const char *bar = memchr(tag->body.text, '|', tag->body.len);
	struct span rest = tag->body;
	bool whole = true;

	if (bar != NULL)
		rest.len = (size_t)(bar - rest.text);
	node->span = span_trim(rest);
	if (!tag_name(p, node->span))
		node->span.len = 0;
	rest = (struct span){bar, bar != NULL ? (size_t)(tag->body.text + tag->body.len - bar) : 0};
	for (size_t count = 0; whole && rest.len > 0; count++) {
		struct filter_text filter = {0};

		rest.text++; /* the | */
		rest.len--;
		if (count == TEMPLATE_FILTERS_MAX) {
			parser_fault(p, rest.text, "more than %d filters", TEMPLATE_FILTERS_MAX);
			return;
		}
		whole = take_filter(p, &rest, &filter);
		if (whole)
			add_filter(p, &filter, node);
		filter_text_fini(&filter);
	}
}
