/*
 * token.c - cuts the bearer out of a run task's body.
 *
 * It looks at strings and the colons behind them only, so it also does its work
 * on JSON that no tree can be made of.  In JSON a string before a colon is a
 * name and nothing else is.  Every byte is looked at a bounded number of times.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"
#include "relay/source/scan.h"
#include "relay/source/source.h"

static const char token_name[] = "access_token";
#define TOKEN_NAME_LEN (sizeof(token_name) - 1)
#define ESCAPED_MAX 6 /* bytes of one escaped character: \u0061 */

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* "\uXXXX" at `at`; -1 when it is something else. */
static int32_t
read_unit(const char *at, const char *end)
{
	int32_t unit = 0;

	if (end - at < ESCAPED_MAX || at[0] != '\\' || at[1] != 'u')
		return -1;
	for (int i = 2; i < ESCAPED_MAX; i++) {
		int digit = hex_value(at[i]);

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

static void
add_code_point(struct buf *out, uint32_t c)
{
	/* U+0000 would end the text, half a pair is no character. */
	if (c == 0 || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	if (c < 0x80) {
		buf_putc(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_putc(out, (char)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		buf_putc(out, (char)(0xe0 | c >> 12));
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	} else {
		buf_putc(out, (char)(0xf0 | c >> 18));
		buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_putc(out, (char)(0x80 | (c & 0x3f)));
}

/* One escape at `at`; returns what is behind it. */
static const char *
decode_escape(struct buf *out, const char *at, const char *end)
{
	static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
	int32_t high = read_unit(at, end);
	const char *letter;

	if (high >= 0) {
		int32_t low =
			high >= 0xd800 && high < 0xdc00 ? read_unit(at + ESCAPED_MAX, end) : -1;

		if (low >= 0xdc00 && low < 0xe000) {
			add_code_point(out, 0x10000U + ((uint32_t)(high - 0xd800) << 10) +
			                            (uint32_t)(low - 0xdc00));
			return at + 2 * ESCAPED_MAX;
		}
		add_code_point(out, (uint32_t)high);
		return at + ESCAPED_MAX;
	}
	if (end - at < 2)
		return end;
	letter = at[1] != '\0' ? strchr(letters, at[1]) : NULL;
	buf_putc(out, letter ? meant[letter - letters] : at[1]);
	return at + 2;
}

/* The string from its opening quote to behind its closing one.  Reserved in
 * one piece, so that no copy of a secret is left behind by growing. */
static char *
decode_string(const char *at, const char *behind)
{
	struct buf out = {0};
	const char *end = behind - 1;

	buf_reserve(&out, (size_t)(behind - at));
	for (at++; at < end;) {
		if (*at == '\\') {
			at = decode_escape(&out, at, end);
		} else {
			buf_putc(&out, *at);
			at++;
		}
	}
	return buf_take(&out);
}

static bool
is_token_name(const char *at, const char *behind)
{
	size_t len = (size_t)(behind - at);
	char *name;
	bool same;

	if (len < TOKEN_NAME_LEN + 2 || len > TOKEN_NAME_LEN * ESCAPED_MAX + 2)
		return false;
	name = decode_string(at, behind);
	same = strcmp(name, token_name) == 0;
	free(name);
	return same;
}

char *
run_task_cut_token(const char *body, size_t len, size_t *out_len, char **token)
{
	const char *end = body + len;
	const char *at = body, *copied = body;
	struct buf out = {0};

	*token = NULL;
	buf_reserve(&out, len + 2);
	while (at < end) {
		const char *start = at, *value;

		if (*at != '"') {
			at++;
			continue;
		}
		at = scan_string(start, end);
		value = scan_space(at, end);
		if (value == end || *value != ':' || !is_token_name(start, at))
			continue;
		value = scan_space(value + 1, end);
		at = scan_value(value, end);
		if (*token == NULL && at > value + 1 && *value == '"')
			*token = decode_string(value, at);
		buf_add(&out, copied, (size_t)(value - copied));
		buf_puts(&out, "\"\"");
		copied = at;
	}
	buf_add(&out, copied, (size_t)(end - copied));
	*out_len = out.len;
	return buf_take(&out);
}
