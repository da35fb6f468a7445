#include "tests/unit/message/unit.h"

#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/message/escape.h"

#define ZWSP "\xe2\x80\x8b"
#define UNKNOWN "\xef\xbf\xbd"

static void
check(enum escape escape, const char *in, const char *expected)
{
	struct buf out = {0};

	escape_add(&out, escape, in, strlen(in));
	assert_string_equal(buf_text(&out), expected);
	buf_fini(&out);
}

static void
each_output_has_its_characters(void **state)
{
	static const char all[] = "a & <b> \"c\" 'd' | ` = /";

	(void)state;
	check(ESCAPE_TEXT, all, all);
	check(ESCAPE_HEADER, all, all);
	check(ESCAPE_HTML, all, "a &amp; &lt;b&gt; &quot;c&quot; &#39;d&#39; | ` = /");
	check(ESCAPE_SLACK, all, "a &amp; &lt;b&gt; \"c\" 'd' | ` = /");
	check(ESCAPE_HTML, "&amp;", "&amp;amp;");
	check(ESCAPE_HTML, "", "");
}

static void
controls_become_blanks(void **state)
{
	(void)state;
	check(ESCAPE_HEADER, "a\r\nb\tc\x7f\x01", "a  b c  ");
	check(ESCAPE_SLACK, "a\r\nb\tc", "a  b c");
	check(ESCAPE_HTML, "a\r\nb\tc\x1b", "a \nb\tc ");
	check(ESCAPE_HTML,
	      "a\xc2\x85"
	      "b",
	      "a b"); /* U+0085 */
	check(ESCAPE_TEXT, "a\r\nb\x01", "a\r\nb\x01");
}

static void
nul_becomes_a_blank(void **state)
{
	(void)state;
	for (enum escape escape = ESCAPE_TEXT; escape <= ESCAPE_HEADER; escape++) {
		struct buf out = {0};
		escape_add(&out, escape, "a\0b", 3);
		assert_int_equal(out.len, 3);
		assert_string_equal(out.data, "a b");
		buf_fini(&out);
	}
}

static void
directions_and_separators_go(void **state)
{
	static const char in[] = "a\xe2\x80\xae"
				 "b\xe2\x80\xaa"
				 "c\xe2\x81\xa6"
				 "d\xe2\x81\xa9"
				 "e\xe2\x80\x8f"
				 "f\xe2\x80\xa8"
				 "g\xd8\x9c"
				 "h";

	(void)state;
	check(ESCAPE_HTML, in, "abcdefgh");
	check(ESCAPE_SLACK, in, "abcdefgh");
	check(ESCAPE_HEADER, in, "abcdefgh");
	check(ESCAPE_TEXT, in, in);
	/* Their neighbours stay. */
	check(ESCAPE_HEADER, "\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa\xe2\x80\x8d",
	      "\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa\xe2\x80\x8d");
}

static void
broken_utf8_is_mended(void **state)
{
	(void)state;
	check(ESCAPE_HTML,
	      "a\xff"
	      "b\xc3",
	      "a" UNKNOWN "b" UNKNOWN);
	check(ESCAPE_SLACK, "\xed\xa0\x80", UNKNOWN UNKNOWN UNKNOWN);
	check(ESCAPE_HEADER, "\xc3\xa4\xf0\x9f\x94\xa5", "\xc3\xa4\xf0\x9f\x94\xa5");
	check(ESCAPE_HTML, "\xc3<", UNKNOWN "&lt;");
}

static void
slack_mentions_and_fences_are_broken_up(void **state)
{
	(void)state;
	check(ESCAPE_SLACK, "@here (@Channel) a@here.example @al @all",
	      "@" ZWSP "here (@" ZWSP "Channel) a@here.example @al @" ZWSP "all");
	check(ESCAPE_SLACK, "```x``", "`" ZWSP "`" ZWSP "`x``");
	check(ESCAPE_SLACK, "@", "@");
	/* What goes does not hide what is left. */
	check(ESCAPE_SLACK, "``\xe2\x80\xae`", "`" ZWSP "`" ZWSP "`");
	check(ESCAPE_SLACK,
	      "@\xe2\x80\xae"
	      "channel",
	      "@" ZWSP "channel");
	check(ESCAPE_HTML, "``` @here", "``` @here");
}

/* Two values, or one behind text of the template, make no mention together. */
static void
slack_mentions_are_not_joined(void **state)
{
	static const struct {
		const char *before, *value, *expected;
	} cases[] = {
		{"@", "channel", "@" ZWSP "channel"},
		{"@", "Here!", "@" ZWSP "Here!"},
		{"@", "ever", "@" ZWSP "ever"},
		{"@", "alice", "@alice"},
		{"@", "", "@"},
		{"a", "channel", "achannel"},
		{"", "@chan", "@" ZWSP "chan"},
		{"", "x@chan", "x@chan"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf out = {0};

		buf_puts(&out, cases[i].before);
		escape_add(&out, ESCAPE_SLACK, cases[i].value, strlen(cases[i].value));
		assert_string_equal(buf_text(&out), cases[i].expected);
		buf_fini(&out);
	}
}

/* A text that is not ended by NUL is not read past its end. */
static void
the_length_counts(void **state)
{
	static const char text[] = {'@', 'h', 'e', 'r', 'e', '`', '`', '`', '\xc3', '\xa4'};

	(void)state;
	for (enum escape escape = ESCAPE_TEXT; escape <= ESCAPE_HEADER; escape++) {
		for (size_t len = 0; len <= sizeof(text); len++) {
			struct buf out = {0};
			escape_add(&out, escape, text, len);
			assert_true(out.len >= len);
			assert_true(escape == ESCAPE_TEXT || utf8_valid(buf_text(&out), out.len));
			buf_fini(&out);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slack_mentions_are_not_joined),
		cmocka_unit_test(each_output_has_its_characters),
		cmocka_unit_test(controls_become_blanks),
		cmocka_unit_test(nul_becomes_a_blank),
		cmocka_unit_test(directions_and_separators_go),
		cmocka_unit_test(broken_utf8_is_mended),
		cmocka_unit_test(slack_mentions_and_fences_are_broken_up),
		cmocka_unit_test(the_length_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
