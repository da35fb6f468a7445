/*
 * Header fields: RFC 5322 2.2.3 (folding) and 3.2.3 (atoms), RFC 2047.
 *
 * A value goes as it is when every reader gives it back as it is, and in
 * encoded words otherwise.  Only base64 words are made: they are right in a
 * phrase as well as in a text, and nothing in them needs a second look.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "relay/base/clock.h"
#include "relay/base/sign.h"
#include "relay/base/text.h"
#include "sinks/mail_parts.h"

#define LINE_COLUMNS 76 /* RFC 2047 2: of a line with encoded words */
#define WORD_BYTES_MAX 75
#define WORD_BEGIN "=?UTF-8?B?"
#define WORD_END "?="
#define WORD_FRAME (sizeof(WORD_BEGIN WORD_END) - 1)
#define FOLD "\r\n "
#define UNKNOWN "\xef\xbf\xbd" /* U+FFFD */
#define CUT "\xe2\x80\xa6"     /* an ellipsis */
#define CODE_POINT_MAX 4       /* bytes */

/* The same text without what may not be in a header, valid UTF-8. */
static void
clean(struct buf *out, const char *text)
{
	size_t left = strlen(text);

	buf_reserve(out, left);
	while (left) {
		size_t n = utf8_next(text, left);
		unsigned char c = (unsigned char)*text;
		if (n == 0)
			buf_puts(out, UNKNOWN);
		else if ((c < ' ' && c != '\t') || c == 0x7f)
			buf_putc(out, ' ');
		else
			buf_add(out, text, n);
		n = n ? n : 1;
		text += n;
		left -= n;
	}
}

/* Where the next byte of the field goes. */
static size_t
column_of(const struct buf *out)
{
	const char *text = buf_text(out);
	const char *end = memrchr(text, '\n', out->len);

	return end ? out->len - (size_t)(end + 1 - text) : out->len;
}

static bool
is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text >= 0x7f)
			return false;
	return true;
}

/* Would each reader give this back as it is, and is there room to fold it? */
static bool
goes_as_it_is(const char *text, size_t column)
{
	if (!is_printable(text) || strstr(text, "=?"))
		return false;
	/* A blank at either end is cut off, two in a row may become one. */
	for (;;) {
		size_t len = strcspn(text, " ");
		if (len == 0 || column + len > LINE_COLUMNS)
			return false;
		if (text[len] == '\0')
			return true;
		text += len + 1;
		column = 1;
	}
}

static void
add_folded(struct buf *out, const char *text, size_t column)
{
	for (;;) {
		size_t len = strcspn(text, " ");
		buf_add(out, text, len);
		column += len;
		text += len;
		if (*text == '\0')
			return;
		text++;
		bool fits = column + 1 + strcspn(text, " ") <= LINE_COLUMNS;
		buf_puts(out, fits ? " " : FOLD);
		column = fits ? column + 1 : 1;
	}
}

/* How many bytes an encoded word may stand for that begins at `column`. */
static size_t
room_at(size_t column)
{
	size_t room = column < LINE_COLUMNS ? LINE_COLUMNS - column : 0;

	if (room > WORD_BYTES_MAX)
		room = WORD_BYTES_MAX;
	return room > WORD_FRAME ? (room - WORD_FRAME) / 4 * 3 : 0;
}

/* Whole code points of text, as many as fit into `room` bytes. */
static size_t
code_points_in(const char *text, size_t room)
{
	size_t left = strlen(text), len = 0, n;

	while ((n = utf8_next(text + len, left - len)) > 0 && len + n <= room)
		len += n;
	return len;
}

/* `text` is clean. */
static void
add_encoded(struct buf *out, const char *text, size_t column)
{
	size_t room = room_at(column);

	if (room < CODE_POINT_MAX) {
		buf_puts(out, FOLD);
		room = room_at(1);
	}
	while (*text) {
		size_t len = code_points_in(text, room);
		char *word = base64_encode(text, len);
		buf_printf(out, WORD_BEGIN "%s" WORD_END, word);
		free(word);
		text += len;
		if (*text)
			buf_puts(out, FOLD);
		room = room_at(1);
	}
}

static void
add_text(struct buf *out, const char *text, size_t column)
{
	if (*text == '\0')
		return;
	if (goes_as_it_is(text, column))
		add_folded(out, text, column);
	else
		add_encoded(out, text, column);
}

void
mail_header_text(struct buf *out, const char *text, size_t column)
{
	struct buf value = {0};

	clean(&value, text);
	add_text(out, buf_text(&value), column);
	buf_fini(&value);
}

/* Words of a phrase that need no quotes. */
static bool
is_atoms(const char *text)
{
	for (; *text; text++)
		if (strchr("()<>[]:;@\\,.\"", *text))
			return false;
	return true;
}

static void
add_quoted(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

/* `text` is clean. */
static void
add_phrase(struct buf *out, const char *text)
{
	size_t column = column_of(out);
	/* Twice: each byte may need a backslash. */
	bool short_enough = column + 2 * strlen(text) + 2 <= LINE_COLUMNS;

	if (is_atoms(text) && goes_as_it_is(text, column))
		add_folded(out, text, column);
	else if (is_printable(text) && !strstr(text, "=?") && short_enough)
		add_quoted(out, text);
	else
		add_encoded(out, text, column);
}

static void
clean_value(struct buf *out, const char *text)
{
	clean(out, text);
	size_t len = utf8_prefix(buf_text(out), MAIL_VALUE_MAX);
	if (len == out->len)
		return;
	out->len = len;
	buf_puts(out, CUT);
}

static bool
is_name(const char *name)
{
	const char *c = name;

	while (*c > ' ' && *c < 0x7f && *c != ':')
		c++;
	return *name && *c == '\0';
}

void
mail_field_text(struct buf *out, const char *name, const char *text)
{
	struct buf value = {0};

	if (!text || !is_name(name))
		return;
	clean_value(&value, text);
	buf_printf(out, "%s: ", name);
	add_text(out, buf_text(&value), column_of(out));
	buf_puts(out, "\r\n");
	buf_fini(&value);
}

/* A blank, or a fold when what follows would not fit. */
static void
add_gap(struct buf *out, size_t len)
{
	buf_puts(out, column_of(out) + 1 + len <= LINE_COLUMNS ? " " : FOLD);
}

void
mail_field_angle(struct buf *out, const char *name, const char *phrase, const char *what)
{
	struct buf value = {0};

	if (!what)
		return;
	buf_printf(out, "%s: ", name);
	if (phrase && *phrase) {
		clean_value(&value, phrase);
		add_phrase(out, buf_text(&value));
		add_gap(out, strlen(what) + 2);
		buf_printf(out, "<%s>\r\n", what);
	} else {
		buf_printf(out, "<%s>\r\n", what);
	}
	buf_fini(&value);
}

static void
add_items(struct buf *out, const char *name, const char *const *items, size_t count,
          const char *before, const char *after, const char *between)
{
	if (count == 0)
		return;
	buf_printf(out, "%s:", name);
	for (size_t i = 0; i < count; i++) {
		const char *tail = i + 1 < count ? between : "";
		size_t len = strlen(before) + strlen(items[i]) + strlen(after) + strlen(tail);
		/* The first stays in the line of the name, whatever its length: a
		 * line of a name alone puzzles some readers. */
		if (i == 0)
			buf_putc(out, ' ');
		else
			add_gap(out, len);
		buf_printf(out, "%s%s%s%s", before, items[i], after, tail);
	}
	buf_puts(out, "\r\n");
}

void
mail_field_addresses(struct buf *out, const char *name, const char *const *items, size_t count)
{
	add_items(out, name, items, count, "", "", ",");
}

void
mail_field_ids(struct buf *out, const char *name, const char *const *items, size_t count)
{
	add_items(out, name, items, count, "<", ">", "");
}

void
mail_field_date(struct buf *out, const char *name, int64_t ms)
{
	/* Not strftime(): the names must not follow the locale. */
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	static const time_t last = INT64_C(253402300799); /* of year 9999 */
	time_t at = ms > 0 ? ms / SECOND_MS : 0;
	struct tm tm = {0};

	at = at > last ? last : at;
	gmtime_r(&at, &tm);
	buf_printf(out, "%s: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n", name, days[tm.tm_wday],
	           tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
	           tm.tm_sec);
}
