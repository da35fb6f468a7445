#include "sinks/slack_fit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"
#include "sinks/slack_text.h"

#define ELLIPSIS "\xe2\x80\xa6"
/* Of a first line that is too long itself less than this is worth nothing
 * beside "and 3 more lines". */
#define FIRST_LINE_MIN 40

/* The bytes of what must not be cut: a character, an entity, a link. */
static size_t
atom_len(const char *c)
{
	static const char *const entities[] = {"&amp;", "&lt;", "&gt;"};
	unsigned char lead = (unsigned char)*c;

	for (size_t i = 0; i < COUNT(entities); i++)
		if (strncmp(c, entities[i], strlen(entities[i])) == 0)
			return strlen(entities[i]);
	if (lead == '<') {
		size_t inside = strcspn(c + 1, "<>\n");
		return c[1 + inside] == '>' ? inside + 2 : 1;
	}
	return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* slack_length() of the first bytes of a text. */
static size_t
length_of(const char *text, size_t bytes)
{
	char *copy = mem_strn(text, bytes);
	size_t length = slack_length(copy);

	free(copy);
	return length;
}

/* The bytes of text, up to `end`, that fit into max with an ellipsis behind them. */
static size_t
fitting(const char *text, const char *end, size_t max)
{
	const char *c = text;
	size_t used = 1;

	while (c < end) {
		size_t bytes = atom_len(c), length = length_of(c, bytes);

		if (used + length > max)
			break;
		used += length;
		c += bytes;
	}
	while (c > text && c[-1] == ' ')
		c--;
	return (size_t)(c - text);
}

static size_t
lines_in(const char *text)
{
	size_t lines = 1;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

static void
more_lines(char out[64], size_t more)
{
	snprintf(out, 64, "\n" ELLIPSIS " and %zu more %s", more, more == 1 ? "line" : "lines");
}

/* How many of the first lines fit with "and N more lines" behind them; *bytes is their length. */
static size_t
whole_lines(const char *text, size_t lines, size_t max, size_t *bytes)
{
	char more[64];
	size_t kept = 0, used = 0;

	*bytes = 0;
	for (const char *line = text; kept + 1 < lines;) {
		size_t len = strcspn(line, "\n");

		used += length_of(line, len) + (kept > 0);
		more_lines(more, lines - kept - 1);
		if (used + slack_length(more) > max)
			break;
		kept++;
		line += len;
		*bytes = (size_t)(line - text);
		line++;
	}
	return kept;
}

char *
slack_cut(const char *text, size_t max)
{
	const char *first_end = text + strcspn(text, "\n");
	size_t lines = lines_in(text), bytes, kept;
	struct buf out = {0};
	char more[64];

	if (slack_length(text) <= max)
		return mem_str(text);
	kept = whole_lines(text, lines, max, &bytes);
	more_lines(more, lines - (kept > 0 ? kept : 1));
	if (kept > 0) {
		buf_add(&out, text, bytes);
		buf_puts(&out, more);
	} else if (lines > 1 && slack_length(more) + FIRST_LINE_MIN <= max) {
		buf_add(&out, text, fitting(text, first_end, max - slack_length(more)));
		buf_printf(&out, ELLIPSIS "%s", more);
	} else {
		buf_add(&out, text, fitting(text, first_end, max));
		buf_puts(&out, ELLIPSIS);
	}
	return buf_take(&out);
}
