#include "sinks/slack_text.h"

#include <string.h>

#include "relay/base/text.h"
#include "relay/message/escape.h"

#define ELLIPSIS "\xe2\x80\xa6"
#define ZERO_WIDTH_SPACE "\xe2\x80\x8b"
#define LIGHT_BAR "\xe2\x94\x82" /* stands for | in a label */

/* The bytes of one character of valid UTF-8. */
static size_t
char_len(const char *c)
{
	unsigned char lead = (unsigned char)*c;

	return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

size_t
slack_length(const char *text)
{
	size_t units = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if ((c & 0xc0) != 0x80)
			units += c >= 0xf0 ? 2 : 1;
	}
	return units;
}

/* The bytes of what is not cut apart: an entity, a character, one that was
 * broken up with what breaks it. */
static size_t
piece_len(const char *c)
{
	size_t len = char_len(c);

	if (*c == '&')
		return strcspn(c, ";") + 1;
	if ((*c == '@' || *c == '`') &&
	    strncmp(c + 1, ZERO_WIDTH_SPACE, strlen(ZERO_WIDTH_SPACE)) == 0)
		len += strlen(ZERO_WIDTH_SPACE);
	return len;
}

/* Of escaped text, whose every & begins an entity. */
static void
add_cut(struct buf *out, const char *escaped, size_t max, bool label)
{
	size_t used = 0;
	size_t fits_with_ellipsis = out->len; /* where to cut, should it not fit */
	bool blank = true;                    /* none at the beginning, and one at a time */

	for (size_t len; *escaped; escaped += len) {
		char piece[16] = LIGHT_BAR;
		len = piece_len(escaped);
		if (!label || *escaped != '|') {
			memcpy(piece, escaped, len);
			piece[len] = '\0';
		}
		bool is_blank = strcmp(piece, " ") == 0;
		if (is_blank && blank)
			continue;
		blank = is_blank;
		used += slack_length(piece);
		if (used > max) {
			if (out->data)
				out->data[out->len = fits_with_ellipsis] = '\0';
			if (max)
				buf_puts(out, ELLIPSIS);
			return;
		}
		buf_puts(out, piece);
		if (used < max)
			fits_with_ellipsis = out->len;
	}
}

static void
add_escaped(struct buf *out, const char *text, size_t max, bool label)
{
	struct buf escaped = {0};

	escape_add(&escaped, ESCAPE_SLACK, text, strlen(text));
	add_cut(out, buf_text(&escaped), max, label);
	buf_fini(&escaped);
}

void
slack_add(struct buf *out, const char *text, size_t max)
{
	if (text)
		add_escaped(out, text, max, false);
}

/* What would end Slack's <url|label>, as a URL may write it. */
static void
add_url(struct buf *out, const char *url)
{
	for (const char *c = url; *c; c++) {
		if (*c == '<' || *c == '>' || *c == '|')
			buf_printf(out, "%%%02X", (unsigned)*c);
		else
			buf_putc(out, *c);
	}
}

void
slack_add_link(struct buf *out, const char *url, const char *label, size_t max)
{
	struct buf encoded = {0}, escaped = {0}, shown = {0};

	if (url && strnlen(url, SLACK_URL_MAX + 1) <= SLACK_URL_MAX)
		add_url(&encoded, url);
	bool is_url = url_is_http(buf_text(&encoded));
	for (const char *c = encoded.data; is_url && *c; c++) {
		if (*c == '&')
			buf_puts(&escaped, "&amp;");
		else
			buf_putc(&escaped, *c);
	}
	/* A URL that outgrew the limit on the way is no link. */
	bool link = escaped.len && escaped.len <= SLACK_URL_MAX;
	add_escaped(&shown, label ? label : "", max, link);
	if (!shown.len)
		buf_puts(&shown, "link");
	if (link)
		buf_printf(out, "<%s|%s>", escaped.data, shown.data);
	else
		buf_puts(out, shown.data);
	buf_fini(&encoded);
	buf_fini(&escaped);
	buf_fini(&shown);
}
