#include "relay/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/buf.h"
#include "relay/base/clock.h"
#include "relay/base/text.h"

#define VALUE_MAX 1024 /* bytes of one value; what comes from outside may be long */

const char LOG_END[1] = "";

static atomic_int threshold = LOG_INFO;

static const char *const level_names[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
};

void
log_level_set(enum log_level level)
{
	atomic_store(&threshold, (int)level);
}

const char *
log_number(int64_t n, char out[24])
{
	snprintf(out, 24, "%" PRId64, n);
	return out;
}

/*
 * Code points that a terminal acts on instead of showing: the controls of
 * Latin-1 (U+0080 to U+009F), line separators and the marks that turn the
 * direction of writing (U+2028 to U+202E, U+2066 to U+2069).
 */
static bool
acts_on_terminal(const unsigned char *at, size_t len)
{
	if (len == 1)
		return at[0] < 0x20 || at[0] == 0x7f;
	if (len == 2)
		return at[0] == 0xc2 && at[1] < 0xa0;
	if (len == 3 && at[0] == 0xe2)
		return (at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae) ||
		       (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9);
	return false;
}

static void
add_hex(struct buf *out, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_printf(out, "\\x%02X", bytes[i]);
}

/* `quoted`: the text will stand between quotes, which are escaped too. */
static void
add_escaped(struct buf *out, const char *text, size_t len, bool quoted)
{
	while (len > 0) {
		const unsigned char *at = (const unsigned char *)text;
		size_t n = utf8_next(text, len);

		if (n == 0) {
			n = 1;
			add_hex(out, at, n);
		} else if (acts_on_terminal(at, n)) {
			add_hex(out, at, n);
		} else {
			if (quoted && (*text == '"' || *text == '\\'))
				buf_putc(out, '\\');
			buf_add(out, text, n);
		}
		text += n;
		len -= n;
	}
}

/* Letters, digits and the signs of ids, hosts and times stand as they are. */
static bool
is_plain(const char *value)
{
	if (*value == '\0')
		return false;
	for (; *value != '\0'; value++)
		if (*value <= ' ' || *value > '~' || strchr("\"=\\", *value) != NULL)
			return false;
	return true;
}

static void
add_pair(struct buf *out, const char *key, const char *value)
{
	size_t len = strnlen(value, VALUE_MAX + 1);
	const char *cut = "";

	buf_printf(out, " %s=", key);
	if (len <= VALUE_MAX && is_plain(value)) {
		buf_puts(out, value);
		return;
	}
	if (len > VALUE_MAX) {
		cut = "...";
		for (len = VALUE_MAX; len > 0 && ((unsigned char)value[len] & 0xc0) == 0x80;)
			len--;
	}
	buf_putc(out, '"');
	add_escaped(out, value, len, true);
	buf_printf(out, "%s\"", cut);
}

static void
write_line(const char *line, size_t len)
{
	/* The kernel takes a line whole except on a full pipe or disk. */
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, line, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* nobody can be told */
		line += n;
		len -= (size_t)n;
	}
}

void
log_line(enum log_level level, const char *msg, ...)
{
	struct buf line = {0};
	char now[TIME_TEXT_SIZE];
	va_list pairs;

	if ((int)level < atomic_load_explicit(&threshold, memory_order_relaxed))
		return;

	int saved = errno;
	buf_printf(&line, "ts=%s level=%s", time_text(clock_wall_ms(), now), level_names[level]);
	add_pair(&line, "msg", msg);

	va_start(pairs, msg);
	for (;;) {
		const char *key = va_arg(pairs, const char *);

		if (key == LOG_END)
			break;
		const char *value = va_arg(pairs, const char *);
		if (value == LOG_END)
			break;
		if (value != NULL)
			add_pair(&line, key, value);
	}
	va_end(pairs);

	buf_putc(&line, '\n');
	write_line(line.data, line.len);
	buf_fini(&line);
	errno = saved;
}

char *
log_escape(const char *text)
{
	struct buf out = {0};

	add_escaped(&out, text, strlen(text), false);
	return buf_take(&out);
}
