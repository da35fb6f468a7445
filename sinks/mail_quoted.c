/*
 * Quoted-printable, RFC 2045 6.7.  A line has at most 75 bytes and the "=" of
 * a soft line break.
 */
#include <stdbool.h>
#include <string.h>

#include "relay/base/text.h"
#include "sinks/mail_parts.h"

#define LINE_MAX_BYTES 75
#define HARD_BREAK "\r\n"
#define SOFT_BREAK "=\r\n"

/* The length of the line end that text begins with: CRLF, LF or CR; else 0. */
static size_t
line_end(const char *text)
{
	if (*text == '\n')
		return 1;
	if (*text == '\r')
		return text[1] == '\n' ? 2 : 1;
	return 0;
}

/* May this byte stand for itself?  A blank may not at the end of a line, where
 * some relays cut it off. */
static bool
is_plain(const char *at)
{
	if (*at == ' ' || *at == '\t')
		return at[1] != '\0' && !line_end(at + 1);
	return *at > ' ' && *at < 0x7f && *at != '=';
}

/* One step: what text begins with, encoded behind `column`.  Returns how many
 * bytes of it were taken. */
static size_t
encode_one(struct buf *out, const char *text, size_t *column)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char byte = (unsigned char)*text;
	size_t len = line_end(text);

	if (len) {
		buf_puts(out, HARD_BREAK);
		*column = 0;
		return len;
	}
	char encoded[] = {'=', digits[byte >> 4], digits[byte & 0xf]};
	bool plain = is_plain(text);
	size_t width = plain ? 1 : sizeof(encoded);
	if (*column + width > LINE_MAX_BYTES) {
		buf_puts(out, SOFT_BREAK);
		*column = 0;
	}
	buf_add(out, plain ? text : encoded, width);
	*column += width;
	return 1;
}

void
mail_quoted_printable(struct buf *out, const char *text)
{
	size_t column = 0;

	while (*text)
		text += encode_one(out, text, &column);
}

/* The length of the whole lines among the first `len` bytes; of the whole code
 * points when there is no line end. */
static size_t
whole_lines(const char *text, size_t len)
{
	const char *end = memrchr(text, '\n', len);
	size_t whole = 0;

	if (end)
		return (size_t)(end - text) + 1;
	for (size_t n = 1; n && whole < len; whole += n) {
		n = utf8_next(text + whole, len - whole);
		if (n == 0 && len - whole > 4)
			n = 1; /* not UTF-8 anyway */
	}
	return whole;
}

size_t
mail_quoted_fit(const char *text, size_t max)
{
	struct buf encoded = {0};
	size_t column = 0, at = 0, fits = 0;

	while (text[at] && encoded.len <= max) {
		fits = at;
		at += encode_one(&encoded, text + at, &column);
	}
	if (encoded.len <= max)
		fits = at;
	buf_fini(&encoded);
	return text[fits] ? whole_lines(text, fits) : fits;
}
