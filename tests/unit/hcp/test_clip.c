#include "tests/unit/hcp/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/hcp/clip.h"

static int
collect(void *arg, const char *data, size_t len, struct err *err)
{
	(void)err;
	buf_add(arg, data, len);
	return 0;
}

static char *
clipped(const char *text, size_t len, size_t chunk)
{
	struct clip clip = {0};
	struct buf out = {0};
	struct err err = {""};

	for (size_t at = 0; at < len; at += chunk)
		assert_int_equal(clip_feed(&clip, text + at, len - at < chunk ? len - at : chunk,
		                           collect, &out, &err),
		                 0);
	assert_int_equal(clip.offset, len);
	buf_putc(&out, '\0');
	return buf_take(&out);
}

/* ["<before><unit many times><after>"] */
static char *
long_text(const char *before, const char *unit, size_t times, const char *after)
{
	struct buf text = {0};

	buf_puts(&text, "[\"");
	buf_puts(&text, before);
	for (size_t i = 0; i < times; i++)
		buf_puts(&text, unit);
	buf_printf(&text, "%s\"]", after);
	return buf_take(&text);
}

static void
what_fits_passes_as_it_is(void **state)
{
	static const char *const texts[] = {
		"",
		"{}",
		"[1,2.5e-3,true,null]",
		"{\"a\\\"b\":\"\\u00e4\\\\\"}",
		"[\"\\\\\",\"\\\"\"]",
		"not JSON \" at \\\" all",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		for (size_t chunk = 1; chunk < 8; chunk++) {
			char *out = clipped(texts[i], strlen(texts[i]), chunk);

			assert_string_equal(out, texts[i]);
			free(out);
		}
}

static void
a_long_text_is_cut_between_characters(void **state)
{
	static const char *const units[] = {
		"x", "\xc3\xa4", "\xf0\x9f\x94\xa5", "\\n", "\\u00e4", "\\\\", "\\\""};
	static const size_t chunks[] = {1, 7, 4096, 1000000};

	(void)state;
	for (size_t i = 0; i < COUNT(units); i++)
		for (size_t shift = 0; shift < 4; shift++) {
			char *text = long_text(&"aaa"[3 - shift], units[i],
			                       200000 / strlen(units[i]), "");
			char *first = NULL;

			for (size_t c = 0; c < COUNT(chunks); c++) {
				char *out = clipped(text, strlen(text), chunks[c]);
				size_t len = strlen(out), kept = len - 4 - 16 - shift;

				assert_true(len < CLIP_TEXT_MAX + 64 && len > CLIP_TEXT_MAX);
				assert_int_equal(kept % strlen(units[i]), 0);
				assert_string_equal(out + len - 2, "\"]");
				assert_true(utf8_valid(out, len));
				if (first == NULL)
					first = mem_str(out);
				assert_string_equal(out, first);
				free(out);
			}
			free(first);
			free(text);
		}
}

static void
long_texts_that_differ_still_differ(void **state)
{
	char *one = long_text("", "x", 100000, "1"), *other = long_text("", "x", 100000, "2");
	char *first = clipped(one, strlen(one), 4096),
	     *second = clipped(other, strlen(other), 4096);

	(void)state;
	assert_string_not_equal(first, second);
	free(one);
	free(other);
	free(first);
	free(second);
}

static void
bytes_that_are_no_utf8_are_cut_too(void **state)
{
	char *text = long_text("", "\x80", 300000, "");
	char *out = clipped(text, strlen(text), 1000);

	(void)state;
	assert_true(strlen(out) < CLIP_TEXT_MAX + 64);
	free(text);
	free(out);
}

static void
a_number_without_end_is_refused(void **state)
{
	struct clip clip = {0};
	struct buf out = {0};
	struct err err = {""};
	char digits[CLIP_WORD_MAX];

	(void)state;
	memset(digits, '7', sizeof(digits));
	assert_int_equal(clip_feed(&clip, "[1, ", 4, collect, &out, &err), 0);
	assert_int_equal(clip_feed(&clip, digits, sizeof(digits), collect, &out, &err), 0);
	assert_int_equal(clip_feed(&clip, digits, sizeof(digits), collect, &out, &err), -1);
	assert_string_equal(err.text, "byte 1028: a number or word is too long");
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_passes_as_it_is),
		cmocka_unit_test(a_long_text_is_cut_between_characters),
		cmocka_unit_test(long_texts_that_differ_still_differ),
		cmocka_unit_test(bytes_that_are_no_utf8_are_cut_too),
		cmocka_unit_test(a_number_without_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
