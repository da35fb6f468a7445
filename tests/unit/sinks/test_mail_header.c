/* Expected words were made with Python's email.header and base64. */
#include "tests/unit/sinks/mail_check.h"

#include "relay/base/sign.h"
#include "relay/base/text.h"
#include "sinks/mail_parts.h"

static char *
header_text(const char *text, size_t column)
{
	struct buf out = {0};

	buf_reserve(&out, 1);
	mail_header_text(&out, text, column);
	assert_wire(out.data, out.len);
	return buf_take(&out);
}

static void
check(const char *text, const char *wire)
{
	char *got = header_text(text, 0);

	assert_string_equal(got, wire);
	free(got);
}

/* What a reader makes of encoded words: their bytes, one behind the other. */
static char *
decoded(const char *wire)
{
	struct buf out = {0};

	buf_reserve(&out, 1);
	while (*wire) {
		static const char begin[] = "=?UTF-8?B?";
		wire += strspn(wire, "\r\n ");
		assert_memory_equal(wire, begin, strlen(begin));
		const char *end = strstr(wire + strlen(begin), "?=");
		assert_non_null(end);
		assert_true(end + 2 - wire <= 75);
		char *word = mem_strn(wire + strlen(begin), (size_t)(end - wire) - strlen(begin));
		size_t len;
		unsigned char *bytes = base64_decode(word, &len);
		assert_non_null(bytes);
		assert_true(utf8_valid((char *)bytes, len)); /* no code point is split */
		buf_add(&out, bytes, len);
		free(bytes);
		free(word);
		wire = end + 2;
	}
	return buf_take(&out);
}

static void
plain_ascii_goes_as_it_is(void **state)
{
	(void)state;
	check("", "");
	check("plain ascii", "plain ascii");
	check("Image revoked: base-ubuntu-2204 v3 (\"x\" <y>, 99 %) = ?",
	      "Image revoked: base-ubuntu-2204 v3 (\"x\" <y>, 99 %) = ?");
}

static void
what_a_reader_could_change_is_encoded(void **state)
{
	(void)state;
	check("Gr\xc3\xb6\xc3\x9f"
	      "e",
	      "=?UTF-8?B?R3LDtsOfZQ==?=");
	check("Alarm \xf0\x9f\x94\xa5 host", "=?UTF-8?B?QWxhcm0g8J+UpSBob3N0?=");
	check("=?UTF-8?B?Zm9v?= literal", "=?UTF-8?B?PT9VVEYtOD9CP1ptOXY/PSBsaXRlcmFs?=");
	check("tab\tand  two spaces", "=?UTF-8?B?dGFiCWFuZCAgdHdvIHNwYWNlcw==?=");
	check(" before", "=?UTF-8?B?IGJlZm9yZQ==?=");
	check("behind ", "=?UTF-8?B?YmVoaW5kIA==?=");
	check(" ", "=?UTF-8?B?IA==?=");
}

static void
long_text_of_three_byte_characters_fills_each_word(void **state)
{
	(void)state;
	char *text = repeated("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 6);

	check(text, "=?UTF-8?B?5pel5pys6Kqe5pel5pys6Kqe5pel5pys6Kqe5pel5pys6Kqe5pel5pys6Kqe?=\r\n"
	            " =?UTF-8?B?5pel5pys6Kqe?=");
	free(text);
}

static void
nothing_leaves_its_header(void **state)
{
	(void)state;
	check("hi\r\nBcc: evil@example.org", "=?UTF-8?B?aGkgIEJjYzogZXZpbEBleGFtcGxlLm9yZw==?=");
	check("hi\nX: y", "hi X: y");
	check("a\x01"
	      "b\x1b"
	      "c\x7f"
	      "d",
	      "a b c d");
	check("\xff", "=?UTF-8?B?77+9?="); /* U+FFFD */
	check("a\xed\xa0\x80", "=?UTF-8?B?Ye+/ve+/ve+/vQ==?=");
}

static void
a_line_is_folded_where_it_is_full(void **state)
{
	(void)state;
	char *text = repeated("word ", 30);
	text[strlen(text) - 1] = '\0';

	char *wire = header_text(text, 9);
	assert_true(strcspn(wire, "\r") + 9 <= 76);
	assert_true(strcspn(wire, "\r") + 9 > 76 - 5);
	assert_true(longest_line(wire) <= 76);
	struct buf unfolded = {0};
	for (const char *c = wire; *c; c++)
		if (*c != '\r' && *c != '\n')
			buf_putc(&unfolded, *c);
	assert_string_equal(unfolded.data, text);
	buf_fini(&unfolded);
	free(wire);
	free(text);
}

/* At every column, so that a fold falls into, before and behind each character. */
static void
a_four_byte_character_at_the_fold_stays_whole(void **state)
{
	(void)state;
	for (size_t column = 0; column < 100; column++)
		for (size_t before = 0; before < 60; before++) {
			char *x = repeated("x", before), *fire = repeated("\xf0\x9f\x94\xa5", 30);
			char *text = mem_fmt("%s%s", x, fire);
			char *wire = header_text(text, column);
			char *back = decoded(wire);
			assert_string_equal(back, text);
			if (wire[0] != '\r')
				assert_true(column + strcspn(wire, "\r") <= 76);
			assert_true(longest_line(strchr(wire, '\n')) <= 76);
			free(back);
			free(wire);
			free(text);
			free(fire);
			free(x);
		}
}

static void
a_word_too_long_to_fold_is_encoded(void **state)
{
	(void)state;
	for (size_t len = 60; len < 90; len++) {
		char *word = repeated("x", len), *text = mem_fmt("a %s", word);
		char *wire = header_text(text, 9), *first = header_text(word, 9);
		assert_true(longest_line(wire) <= 76);
		assert_int_equal(strncmp(first, "=?", 2) == 0, len + 9 > 76);
		assert_int_equal(strncmp(wire, "=?", 2) == 0, len + 1 > 76);
		free(wire);
		free(first);
		free(text);
		free(word);
	}
}

static void
a_long_text_is_no_trouble(void **state)
{
	(void)state;
	static const char *const pieces[] = {"x", "\xf0\x9f\x94\xa5", " ", "\r\n", "=?", "word "};

	/* Fields cut their values long before (a_text_is_cut_and_says_so). */
	for (size_t i = 0; i < COUNT(pieces); i++) {
		char *text = repeated(pieces[i], (1 << 16) / strlen(pieces[i]));
		char *wire = header_text(text, 9);
		assert_true(longest_line(wire) <= 76);
		free(wire);
		free(text);
	}
}

/* ---- whole fields ---- */

static char *
taken(struct buf *out)
{
	assert_wire(out->data, out->len);
	return buf_take(out);
}

static void
check_angle(const char *phrase, const char *expected)
{
	struct buf out = {0};

	mail_field_angle(&out, "From", phrase, "a@example.com");
	char *got = taken(&out);
	assert_string_equal(got, expected);
	free(got);
}

static void
names_are_atoms_or_quoted_or_encoded(void **state)
{
	(void)state;
	check_angle(NULL, "From: <a@example.com>\r\n");
	check_angle("", "From: <a@example.com>\r\n");
	check_angle("Driftbell relay", "From: Driftbell relay <a@example.com>\r\n");
	check_angle("Ops, Team", "From: \"Ops, Team\" <a@example.com>\r\n");
	check_angle("\"Ops, Team\"", "From: \"\\\"Ops, Team\\\"\" <a@example.com>\r\n");
	check_angle("a\\b", "From: \"a\\\\b\" <a@example.com>\r\n");
	check_angle("x <evil@example.org>", "From: \"x <evil@example.org>\" <a@example.com>\r\n");
	check_angle("=?UTF-8?Q?x?=", "From: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?= <a@example.com>\r\n");
	check_angle("Gr\xc3\xb6\xc3\x9f"
	            "e",
	            "From: =?UTF-8?B?R3LDtsOfZQ==?= <a@example.com>\r\n");
	check_angle("x\r\nBcc: y", "From: \"x  Bcc: y\" <a@example.com>\r\n");
}

static void
a_long_name_pushes_the_address_to_its_own_line(void **state)
{
	(void)state;
	struct buf out = {0};
	char *name = repeated("\xe6\x97\xa5", 400);

	mail_field_angle(&out, "From", name, "a@example.com");
	char *got = taken(&out);
	assert_true(longest_line(got) <= 76);
	assert_string_equal(got + strlen(got) - 15 - 2, "<a@example.com>\r\n");
	free(got);
	free(name);
}

static void
a_text_is_cut_and_says_so(void **state)
{
	(void)state;
	struct buf out = {0};
	char *text = repeated("\xf0\x9f\x94\xa5", MAIL_VALUE_MAX + 1);
	char *most = repeated("\xf0\x9f\x94\xa5", MAIL_VALUE_MAX);

	mail_field_text(&out, "Subject", text);
	char *got = taken(&out);
	got[strlen(got) - 2] = '\0';
	char *back = decoded(got + strlen("Subject: "));
	assert_int_equal(utf8_count(back), MAIL_VALUE_MAX + 1);
	assert_string_equal(back + strlen(most), "\xe2\x80\xa6");
	free(back);
	free(got);
	mail_field_text(&out, "Subject", most);
	got = taken(&out);
	got[strlen(got) - 2] = '\0';
	back = decoded(got + strlen("Subject: "));
	assert_string_equal(back, most);
	free(back);
	free(got);
	free(most);
	free(text);
}

static void
what_is_missing_makes_no_field(void **state)
{
	(void)state;
	struct buf out = {0};

	mail_field_text(&out, "X-Team", NULL);
	mail_field_text(&out, "X\r\nBcc", "x");
	mail_field_text(&out, "X:", "x");
	mail_field_text(&out, "", "x");
	mail_field_ids(&out, "References", NULL, 0);
	mail_field_angle(&out, "List-Id", "x", NULL);
	assert_int_equal(out.len, 0);
	buf_fini(&out);
}

static void
lists_are_folded_between_items(void **state)
{
	(void)state;
	static const char *const to[] = {"first.recipient@example.com",
	                                 "second.recipient@example.com",
	                                 "third.recipient@example.com"};
	static const char *const ids[] = {"inc_1@example.com", "ntf_1.1@example.com"};
	struct buf out = {0};

	mail_field_addresses(&out, "To", to, 3);
	mail_field_ids(&out, "References", ids, 2);
	char *got = taken(&out);
	assert_string_equal(got,
	                    "To: first.recipient@example.com, second.recipient@example.com,\r\n"
	                    " third.recipient@example.com\r\n"
	                    "References: <inc_1@example.com> <ntf_1.1@example.com>\r\n");
	free(got);
}

static void
check_date(int64_t ms, const char *expected)
{
	struct buf out = {0};

	mail_field_date(&out, "Date", ms);
	assert_string_equal(out.data, expected);
	buf_fini(&out);
}

static void
dates_are_utc_and_within_what_a_mail_can_say(void **state)
{
	(void)state;
	check_date(INT64_C(1795287600000), "Date: Sat, 21 Nov 2026 19:00:00 +0000\r\n");
	check_date(INT64_C(1709164799999), "Date: Wed, 28 Feb 2024 23:59:59 +0000\r\n");
	check_date(INT64_C(1709164800000), "Date: Thu, 29 Feb 2024 00:00:00 +0000\r\n");
	check_date(0, "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n");
	check_date(-5, "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n");
	check_date(INT64_MAX, "Date: Fri, 31 Dec 9999 23:59:59 +0000\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_ascii_goes_as_it_is),
		cmocka_unit_test(what_a_reader_could_change_is_encoded),
		cmocka_unit_test(long_text_of_three_byte_characters_fills_each_word),
		cmocka_unit_test(nothing_leaves_its_header),
		cmocka_unit_test(a_line_is_folded_where_it_is_full),
		cmocka_unit_test(a_four_byte_character_at_the_fold_stays_whole),
		cmocka_unit_test(a_word_too_long_to_fold_is_encoded),
		cmocka_unit_test(a_long_text_is_no_trouble),
		cmocka_unit_test(names_are_atoms_or_quoted_or_encoded),
		cmocka_unit_test(a_long_name_pushes_the_address_to_its_own_line),
		cmocka_unit_test(a_text_is_cut_and_says_so),
		cmocka_unit_test(what_is_missing_makes_no_field),
		cmocka_unit_test(lists_are_folded_between_items),
		cmocka_unit_test(dates_are_utc_and_within_what_a_mail_can_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
