#include "sinks/slack_text.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"

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

/* U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069: they turn the order of
 * what is read around.  And U+2028, U+2029, which break lines. */
static bool
is_direction(const char *c)
{
	if (strncmp(c, "\xe2\x80", 2) == 0)
		return strchr("\x8e\x8f\xa8\xa9\xaa\xab\xac\xad\xae", c[2]) != NULL && c[2];
	if (strncmp(c, "\xe2\x81", 2) == 0)
		return strchr("\xa6\xa7\xa8\xa9", c[2]) != NULL && c[2];
	return false;
}

static bool
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c == '.';
}

/* "@channel" where a word could begin; an address like a@channel.example is left. */
static bool
is_broadcast(const char *c, char before)
{
	static const char *const names[] = {"channel", "here", "everyone", "all"};

	if (*c != '@' || is_word(before))
		return false;
	for (size_t i = 0; i < COUNT(names); i++)
		if (strncasecmp(c + 1, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* Within a run of three backticks or more: every one but the last. */
static bool
is_fence(const char *c, const char *start)
{
	if (c[0] != '`' || c[1] != '`')
		return false;
	return c[2] == '`' || (c > start && c[-1] == '`');
}

/* What one character of `text` becomes: at most 16 bytes. */
static void
escape_char(const char *c, const char *text, bool label, char out[16])
{
	switch (*c) {
	case '&':
		strcpy(out, "&amp;");
		return;
	case '<':
		strcpy(out, "&lt;");
		return;
	case '>':
		strcpy(out, "&gt;");
		return;
	case '|':
		strcpy(out, label ? LIGHT_BAR : "|");
		return;
	case '`':
		strcpy(out, is_fence(c, text) ? "`" ZERO_WIDTH_SPACE : "`");
		return;
	case '@':
		strcpy(out, is_broadcast(c, c > text ? c[-1] : ' ') ? "@" ZERO_WIDTH_SPACE : "@");
		return;
	default:
		break;
	}
	if ((unsigned char)*c < ' ' || *c == 0x7f) {
		strcpy(out, " ");
	} else if (is_direction(c)) {
		out[0] = '\0';
	} else {
		size_t len = char_len(c);
		memcpy(out, c, len);
		out[len] = '\0';
	}
}

static void
add_escaped(struct buf *out, const char *text, size_t max, bool label)
{
	size_t used = 0;
	size_t fits_with_ellipsis = out->len; /* where to cut, should it not fit */
	char piece[16];
	bool blank = true; /* none at the beginning, and one at a time */

	for (const char *c = text; *c; c += char_len(c)) {
		escape_char(c, text, label, piece);
		bool is_blank = strcmp(piece, " ") == 0;
		if (is_blank && blank)
			continue;
		if (piece[0])
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
