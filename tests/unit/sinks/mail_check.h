/*
 * mail_check.h - what must hold for every mail, whatever was put into it; and
 * what every test of mails includes.
 */
#ifndef TESTS_UNIT_SINKS_MAIL_CHECK_H
#define TESTS_UNIT_SINKS_MAIL_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"

/* Lines of at most 998 bytes and CRLF, 7-bit, no control byte but tab; and no
 * line of blanks alone before the empty line, where some readers end. */
static inline void
assert_wire(const char *data, size_t len)
{
	size_t line = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];
		if (c == '\r') {
			assert_true(i + 1 < len && data[i + 1] == '\n');
			assert_true(line <= 998);
			line = 0;
			i++;
			continue;
		}
		if (c >= 0x7f || (c < ' ' && c != '\t'))
			fail_msg("byte %#x at %zu", c, i);
		line++;
	}
}

static inline size_t
longest_line(const char *text)
{
	size_t longest = 0;

	while (*text) {
		size_t len = strcspn(text, "\r");
		longest = len > longest ? len : longest;
		text += len;
		text += strspn(text, "\r\n");
	}
	return longest;
}

/* Fields before the empty line; folded lines belong to theirs. */
static inline size_t
count_headers(const char *mail)
{
	size_t count = 0;

	for (; strncmp(mail, "\r\n", 2) != 0; mail = strstr(mail, "\r\n") + 2) {
		assert_non_null(strstr(mail, "\r\n"));
		if (*mail != ' ' && *mail != '\t')
			count++;
		else
			assert_true(mail[strspn(mail, " \t")] != '\r');
	}
	return count;
}

/* The value of a field, unfolded; the caller frees.  NULL when there is none,
 * and a failure when there are two. */
static inline char *
header_of(const char *mail, const char *name)
{
	char *begin = mem_fmt("\r\n%s:", name);
	const char *end_of_all = strstr(mail, "\r\n\r\n");
	char *top = mem_fmt("\r\n%.*s\r\n", (int)(end_of_all - mail), mail);
	const char *at = strstr(top, begin);
	struct buf value = {0};

	if (at) {
		assert_null(strstr(at + 1, begin));
		at += strlen(begin);
		at += *at == ' ';
		for (; strncmp(at, "\r\n", 2) != 0 || at[2] == ' '; at++)
			if (*at != '\r' && *at != '\n')
				buf_putc(&value, *at);
	}
	bool found = at != NULL;
	free(top);
	free(begin);
	if (found)
		return value.data ? buf_take(&value) : mem_str("");
	return NULL;
}

static inline void
assert_header(const char *mail, const char *name, const char *expected)
{
	char *value = header_of(mail, name);

	if (!value != !expected || (value && expected && strcmp(value, expected) != 0))
		fail_msg("%s: %s, not %s", name, value ? value : "(none)",
		         expected ? expected : "(none)");
	free(value);
}

/* Small and the same everywhere: what failed once fails again. */
static inline uint32_t
next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* What does harm somewhere, put together at random; the caller frees. */
static inline char *
hostile_text(uint32_t *seed, size_t pieces)
{
	static const char *const parts[] = {
		"\r\n",
		"\n",
		"\r",
		"\r\n\r\n",
		"Bcc: x@example.org",
		"Subject: y",
		"=?",
		"?=",
		"=?UTF-8?B?Zm9v?=",
		" ",
		"  ",
		"\t",
		"a",
		"word",
		"\xc3\xbc",
		"\xe6\x97\xa5",
		"\xf0\x9f\x94\xa5",
		"\xe2\x80\xae",
		"\xe2\x80\x8f",
		"\xff",
		"\xc3",
		"\xed\xa0\x80",
		"\"",
		"\\",
		"<",
		">",
		",",
		":",
		";",
		"@",
		"(",
		")",
		"=",
		"=3D",
		"=\r\n",
		".",
		"\r\n.\r\n",
		"\nFrom ",
		"--",
		"=_driftbell_",
		"\x01",
		"\x1b[31m",
		"\x7f",
		"\xc2\x85",
		"\xe2\x80\xa8",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	};
	struct buf text = {0};

	buf_reserve(&text, 1);
	for (size_t n = next_random(seed) % (pieces + 1); n; n--)
		buf_puts(&text, parts[next_random(seed) % COUNT(parts)]);
	return buf_take(&text);
}

/* `times` pieces; the caller frees. */
static inline char *
repeated(const char *piece, size_t times)
{
	struct buf text = {0};

	buf_reserve(&text, 1);
	while (times--)
		buf_puts(&text, piece);
	return buf_take(&text);
}

#endif
