/* Expected lines were made with Python's email.quoprimime. */
#include "tests/unit/sinks/mail_check.h"

#include "relay/base/text.h"
#include "sinks/mail_parts.h"

static char *
quoted(const char *text)
{
	struct buf out = {0};

	buf_reserve(&out, 1);
	mail_quoted_printable(&out, text);
	assert_wire(out.data, out.len);
	assert_true(longest_line(out.data) <= 76);
	return buf_take(&out);
}

static void
check(const char *text, const char *wire)
{
	char *got = quoted(text);

	assert_string_equal(got, wire);
	free(got);
}

/* RFC 2045 6.7, the reader's side; line ends come back as LF. */
static char *
unquoted(const char *wire)
{
	struct buf out = {0};

	buf_reserve(&out, 1);
	while (*wire) {
		if (strncmp(wire, "=\r\n", 3) == 0) {
			wire += 3;
		} else if (*wire == '=') {
			const char hex[] = {wire[1], wire[2], '\0'};
			buf_putc(&out, (char)strtol(hex, NULL, 16));
			wire += 3;
		} else if (strncmp(wire, "\r\n", 2) == 0) {
			buf_putc(&out, '\n');
			wire += 2;
		} else {
			assert_true(*wire != ' ' || wire[1] != '\r');
			buf_putc(&out, *wire++);
		}
	}
	return buf_take(&out);
}

static char *
with_line_feeds(const char *text)
{
	struct buf out = {0};

	buf_reserve(&out, 1);
	for (; *text; text++) {
		if (*text == '\r' && text[1] == '\n')
			continue;
		buf_putc(&out, *text == '\r' ? '\n' : *text);
	}
	return buf_take(&out);
}

static void
texts_are_written_as_the_standard_has_it(void **state)
{
	(void)state;
	check("", "");
	check("a=b", "a=3Db");
	check("trailing space \r\nnext", "trailing space=20\r\nnext");
	check("trailing tab\t\nnext ", "trailing tab=09\r\nnext=20");
	check(".dot\r\n..two", ".dot\r\n..two");
	check("From here", "From here");
	check("a\nb\r\nc\rd\n\re", "a\r\nb\r\nc\r\nd\r\n\r\ne");
	check("\x01\x1b\x7f", "=01=1B=7F");
	check("\xff", "=FF");
}

static void
long_lines_are_broken_softly(void **state)
{
	(void)state;
	char *x = repeated("x", 100), *u = repeated("\xc3\xbc", 40);

	check(x, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx=\r\n"
	         "xxxxxxxxxxxxxxxxxxxxxxxxx");
	check(u, "=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=\r\n"
	         "=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=\r\n"
	         "=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=\r\n"
	         "=BC=C3=BC=C3=BC");
	free(x);
	free(u);
}

static void
every_text_comes_back(void **state)
{
	(void)state;
	uint32_t seed = 20261121;

	for (int round = 0; round < 5000; round++) {
		char *text = hostile_text(&seed, 40);
		char *wire = quoted(text), *back = unquoted(wire),
		     *expected = with_line_feeds(text);
		assert_string_equal(back, expected);
		free(text);
		free(wire);
		free(back);
		free(expected);
	}
}

static void
what_fits_is_whole_lines(void **state)
{
	(void)state;
	assert_int_equal(mail_quoted_fit("abc", 3), 3);
	assert_int_equal(mail_quoted_fit("one\ntwo\nthree", 13), 8);
	assert_int_equal(mail_quoted_fit("one\ntwo\nthree", 10), 8);
	assert_int_equal(mail_quoted_fit("one\ntwo\nthree", 9), 4);
	assert_int_equal(mail_quoted_fit("one\ntwo\nthree", 15), 13);
	assert_int_equal(mail_quoted_fit("one", 0), 0);
	assert_int_equal(mail_quoted_fit("", 0), 0);
}

static void
one_long_line_is_cut_behind_a_character(void **state)
{
	(void)state;
	char *fire = repeated("\xf0\x9f\x94\xa5", 100);

	for (size_t max = 0; max < 500; max++) {
		size_t len = mail_quoted_fit(fire, max);
		char *kept = mem_strn(fire, len);
		char *wire = quoted(kept);
		assert_true(strlen(wire) <= max);
		assert_true(utf8_valid(kept, len));
		if (max >= 12)
			assert_true(len > 0);
		free(wire);
		free(kept);
	}
	free(fire);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_written_as_the_standard_has_it),
		cmocka_unit_test(long_lines_are_broken_softly),
		cmocka_unit_test(every_text_comes_back),
		cmocka_unit_test(what_fits_is_whole_lines),
		cmocka_unit_test(one_long_line_is_cut_behind_a_character),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
