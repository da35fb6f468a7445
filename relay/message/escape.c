#include "relay/message/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"

#define ZERO_WIDTH_SPACE "\xe2\x80\x8b"
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Code points that turn the order of what is read around, or break lines. */
static const struct {
	uint32_t from, to;
} dropped[] = {
	{0x061c, 0x061c},
	{0x200e, 0x200f},
	{0x2028, 0x202e},
	{0x2066, 0x2069},
};

/* What the bytes of one valid character say. */
static uint32_t
code_point(const char *c, size_t len)
{
	static const unsigned char lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = (unsigned char)c[0] & lead_mask[len];

	for (size_t i = 1; i < len; i++)
		code = code << 6 | ((unsigned char)c[i] & 0x3f);
	return code;
}

static bool
is_dropped(uint32_t code)
{
	for (size_t i = 0; i < COUNT(dropped); i++)
		if (code >= dropped[i].from && code <= dropped[i].to)
			return true;
	return false;
}

static bool
is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* Nothing but printable ASCII, as most values are. */
static bool
is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] >= 0x7f)
			return false;
	return true;
}

/* What needs no rule of the output: controls, directions, broken UTF-8. */
static void
add_clean(struct buf *out, enum escape escape, const char *text, size_t len)
{
	for (size_t n; len > 0; text += n, len -= n) {
		n = utf8_next(text, len);
		if (n == 0) {
			buf_puts(out, REPLACEMENT);
			n = 1;
			continue;
		}
		uint32_t code = code_point(text, n);
		if (escape == ESCAPE_HTML && (code == '\t' || code == '\n'))
			buf_putc(out, (char)code);
		else if (is_control(code))
			buf_putc(out, ' ');
		else if (!is_dropped(code))
			buf_add(out, text, n);
	}
}

/* A text and a place in it, so that rules can look around. */
struct around {
	const char *start, *at, *end;
};

static char
char_at(const struct around *a, ptrdiff_t distance)
{
	ptrdiff_t left = a->end - a->at, before = a->at - a->start;

	return distance < left && -distance <= before ? a->at[distance] : '\0';
}

static bool
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c == '.';
}

/* "channel..." and the like; also what could become one with what follows: "chan". */
static bool
begins_broadcast(const char *text, size_t len)
{
	static const char *const names[] = {"channel", "here", "everyone", "all"};

	for (size_t i = 0; i < COUNT(names); i++) {
		size_t all = strlen(names[i]);

		if (strncasecmp(text, names[i], len < all ? len : all) == 0)
			return true;
	}
	return false;
}

/* "@channel" where a word could begin; an address like a@channel.example is left. */
static bool
is_broadcast(const struct around *a)
{
	size_t left = (size_t)(a->end - a->at) - 1;

	return left > 0 && !is_word(char_at(a, -1)) && begins_broadcast(a->at + 1, left);
}

/* Within a run of three backticks or more: every one but the last. */
static bool
is_fence(const struct around *a)
{
	return char_at(a, 1) == '`' && (char_at(a, 2) == '`' || char_at(a, -1) == '`');
}

static const char *
in_markup(const struct around *a)
{
	switch (*a->at) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	default:
		return NULL;
	}
}

static const char *
in_html(const struct around *a)
{
	switch (*a->at) {
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return in_markup(a);
	}
}

static const char *
in_slack(const struct around *a)
{
	switch (*a->at) {
	case '`':
		return is_fence(a) ? "`" ZERO_WIDTH_SPACE : NULL;
	case '@':
		return is_broadcast(a) ? "@" ZERO_WIDTH_SPACE : NULL;
	default:
		return in_markup(a);
	}
}

/* What the byte at hand becomes; NULL: it stays. */
typedef const char *rule_fn(const struct around *);

static rule_fn *const rules[] = {[ESCAPE_HTML] = in_html, [ESCAPE_SLACK] = in_slack};

static void
add_by_rule(struct buf *out, rule_fn *rule, const char *text, size_t len)
{
	struct around a = {.start = text, .at = text, .end = text + len};
	const char *from = text; /* of what stays as it is */

	for (; a.at < a.end; a.at++) {
		const char *becomes = rule(&a);
		if (becomes == NULL)
			continue;
		buf_add(out, from, (size_t)(a.at - from));
		buf_puts(out, becomes);
		from = a.at + 1;
	}
	buf_add(out, from, (size_t)(a.end - from));
}

static void
add_text(struct buf *out, const char *text, size_t len)
{
	size_t from = out->len;

	buf_add(out, text, len);
	for (; from < out->len; from++)
		if (out->data[from] == '\0')
			out->data[from] = ' ';
}

/* Cleaned first: a rule must see the neighbours that a reader will see.  To
 * these belongs an @ of the template, or of the value before. */
void
escape_add(struct buf *out, enum escape escape, const char *text, size_t len)
{
	struct buf clean = {0};

	if (escape == ESCAPE_TEXT) {
		add_text(out, text, len);
		return;
	}
	if (!is_plain(text, len)) {
		add_clean(&clean, escape, text, len);
		text = buf_text(&clean);
		len = clean.len;
	}
	if (escape == ESCAPE_SLACK && len > 0 && out->len > 0 && out->data[out->len - 1] == '@' &&
	    begins_broadcast(text, len))
		buf_puts(out, ZERO_WIDTH_SPACE);
	if (escape == ESCAPE_HEADER)
		buf_add(out, text, len);
	else
		add_by_rule(out, rules[escape], text, len);
	buf_fini(&clean);
}
