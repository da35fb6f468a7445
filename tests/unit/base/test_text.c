#include "tests/unit/base/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"

static void
globs_match_the_whole_text_without_case(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool match;
	} cases[] = {
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "anything at all", true},
		{"**", "a", true},
		{"a", "a", true},
		{"a", "A", true},
		{"FIN-*", "fin-payments", true},
		{"a", "ab", false},
		{"ab", "a", false},
		{"?", "a", true},
		{"?", "", false},
		{"?", "ab", false},
		{"a?c", "abc", true},
		{"a*c", "ac", true},
		{"a*c", "abcbc", true},
		{"a*c", "abcb", false},
		{"*-prod", "fin-payments-prod", true},
		{"*-prod", "fin-payments-prod2", false},
		{"fin-*-prod", "fin-a-b-prod", true},
		{"*a*b*", "xxaxxbxx", true},
		{"*a*b*", "xxbxxaxx", false},
		{"image.*", "image.revoked", true},
		{"image.*", "imagexrevoked", false},
		{"[a]", "a", false},
		{"[a]", "[a]", true},
		{"a*?", "a", false},
		{"a*?", "ab", true},
		{"*.*.*", "a.b", false},
		{"*aab", "aaab", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (glob_match(cases[i].pattern, cases[i].text) != cases[i].match)
			fail_msg("%s on %s", cases[i].pattern, cases[i].text);
}

/* With backtracking over every star this would not end in a lifetime. */
static void
a_glob_of_many_stars_ends_soon(void **state)
{
	char pattern[201];
	char text[5001];

	(void)state;
	for (size_t i = 0; i < 200; i++)
		pattern[i] = i % 2 ? '*' : 'a';
	pattern[200] = '\0';
	memset(text, 'a', 5000);
	text[5000] = '\0';
	assert_true(glob_match(pattern, text));
	pattern[199] = 'b';
	int64_t start = clock_mono_ms();
	assert_false(glob_match(pattern, text));
	assert_true(clock_mono_ms() - start < 5000);
}

static void
utf8_is_judged_strictly(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{"", true},
		{"plain", true},
		{"\xc2\x80", true},
		{"\xdf\xbf", true},
		{"\xe0\xa0\x80", true},
		{"\xed\x9f\xbf", true},
		{"\xee\x80\x80", true},
		{"\xef\xbf\xbf", true},
		{"\xf0\x90\x80\x80", true},
		{"\xf4\x8f\xbf\xbf", true},
		{"\x80", false},
		{"\xbf", false},
		{"\xc0\x80", false},
		{"\xc1\xbf", false},
		{"\xc2", false},
		{"\xc2\x41", false},
		{"\xe0\x9f\xbf", false},
		{"\xe2\x82", false},
		{"\xe2\x82\x41", false},
		{"\xed\xa0\x80", false},
		{"\xed\xbf\xbf", false},
		{"\xf0\x8f\xbf\xbf", false},
		{"\xf0\x9f\x98", false},
		{"\xf4\x90\x80\x80", false},
		{"\xf5\x80\x80\x80", false},
		{"\xff", false},
		{"ok\xff", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = strlen(cases[i].text);
		char *exact = mem_dup(cases[i].text, len);

		if (utf8_valid(exact, len) != cases[i].valid)
			fail_msg("case %zu", i);
		free(exact);
	}
	assert_true(utf8_valid("a\0b", 3));
}

static void
code_points_are_counted_and_cut(void **state)
{
	const char *text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";

	(void)state;
	assert_int_equal(utf8_count(""), 0);
	assert_int_equal(utf8_count(text), 5);
	assert_int_equal(utf8_prefix(text, 0), 0);
	assert_int_equal(utf8_prefix(text, 1), 1);
	assert_int_equal(utf8_prefix(text, 2), 3);
	assert_int_equal(utf8_prefix(text, 3), 6);
	assert_int_equal(utf8_prefix(text, 4), 10);
	assert_int_equal(utf8_prefix(text, 5), 11);
	assert_int_equal(utf8_prefix(text, 500), 11);
}

static void
edits_are_counted(void **state)
{
	(void)state;
	assert_int_equal(edit_distance("", ""), 0);
	assert_int_equal(edit_distance("abc", ""), 3);
	assert_int_equal(edit_distance("", "abc"), 3);
	assert_int_equal(edit_distance("kitten", "sitting"), 3);
	assert_int_equal(edit_distance("channel", "chanel"), 1);
	assert_int_equal(edit_distance("webhook", "webhok_"), 2);
	assert_int_equal(edit_distance("same", "same"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs_match_the_whole_text_without_case),
		cmocka_unit_test(a_glob_of_many_stars_ends_soon),
		cmocka_unit_test(utf8_is_judged_strictly),
		cmocka_unit_test(code_points_are_counted_and_cut),
		cmocka_unit_test(edits_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
