#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "sinks/slack_text.h"

#define ZWSP "\xe2\x80\x8b"
#define DOTS "\xe2\x80\xa6"

static void
check(const char *in, size_t max, const char *expected)
{
	struct buf out = {0};

	slack_add(&out, in, max);
	assert_string_equal(buf_text(&out), expected);
	buf_fini(&out);
}

static void
escapes_exactly_three_characters(void **state)
{
	(void)state;
	check("a & b", 100, "a &amp; b");
	check("1 < 2 > 0", 100, "1 &lt; 2 &gt; 0");
	check("&amp;", 100, "&amp;amp;");
	check("\"quotes\" 'stay' /slashes/", 100, "\"quotes\" 'stay' /slashes/");
	check(NULL, 100, "");
}

static void
mentions_and_disguised_links_die(void **state)
{
	(void)state;
	check("<!channel> fire", 100, "&lt;!channel&gt; fire");
	check("<@U012AB3CD> <!subteam^S123>", 100, "&lt;@U012AB3CD&gt; &lt;!subteam^S123&gt;");
	check("<https://evil.example|https://bank.example>", 100,
	      "&lt;https://evil.example|https://bank.example&gt;");
	check("@here and (@Channel) a@here.example", 100,
	      "@" ZWSP "here and (@" ZWSP "Channel) a@here.example");
}

static void
data_stays_in_its_line_and_its_block(void **state)
{
	(void)state;
	check("\n a\n\nb\tc\x01", 100, "a b c ");
	check(" \n\xe2\x80\xae", 100, "");
	check("a\xe2\x80\xae"
	      "b\xe2\x81\xa6"
	      "c\xe2\x80\xa8",
	      100, "abc");
	check("```x``", 100, "`" ZWSP "`" ZWSP "`x``");
	check("````", 100, "`" ZWSP "`" ZWSP "`" ZWSP "`");
}

static void
cuts_between_characters_and_entities(void **state)
{
	(void)state;
	check("aaaa&bbbb", 7, "aaaa" DOTS);
	check("aaaa&", 9, "aaaa&amp;");
	check("abc", 3, "abc");
	check("abcd", 3, "ab" DOTS);
	check("\xf0\x9f\x94\xa5\xf0\x9f\x94\xa5", 3, "\xf0\x9f\x94\xa5" DOTS);
	check("abc", 0, "");
}

static void
any_cut_is_valid_and_short(void **state)
{
	(void)state;
	static const char hostile[] =
		"<!here>&&<@U1>|`````\xc3\xa4\xf0\x9f\x94\xa5&lt;@channel\xe2\x80\xae\n<";

	for (size_t max = 0; max < 120; max++) {
		struct buf out = {0};
		slack_add(&out, hostile, max);
		const char *text = buf_text(&out);
		assert_true(slack_length(text) <= max);
		assert_true(utf8_valid(text, strlen(text)));
		assert_null(strpbrk(text, "<>\n"));
		assert_null(strstr(text, "```"));
		for (const char *c = strchr(text, '&'); c; c = strchr(c + 1, '&'))
			assert_true(!strncmp(c, "&amp;", 5) || !strncmp(c, "&lt;", 4) ||
			            !strncmp(c, "&gt;", 4));
		buf_fini(&out);
	}
}

static void
check_link(const char *url, const char *label, const char *expected)
{
	struct buf out = {0};

	slack_add_link(&out, url, label, 50);
	assert_string_equal(buf_text(&out), expected);
	buf_fini(&out);
}

static void
links_only_http(void **state)
{
	(void)state;
	check_link("https://x.example/?a=1&b=2", "a|b > c",
	           "<https://x.example/?a=1&amp;b=2|a\xe2\x94\x82"
	           "b &gt; c>");
	check_link("https://x.example/<!here>|y", "z", "<https://x.example/%3C!here%3E%7Cy|z>");
	check_link("javascript:alert(1)", "x", "x");
	check_link(NULL, "x", "x");
	check_link("https://x.example/\n<!here>", "y", "y");
	check_link("https://x.example/", "", "<https://x.example/|link>");
	char *url = mem_alloc(100001);
	memset(url, 'a', 100000);
	memcpy(url, "https://x.example/", 18);
	check_link(url, "long", "long");
	free(url);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_exactly_three_characters),
		cmocka_unit_test(mentions_and_disguised_links_die),
		cmocka_unit_test(data_stays_in_its_line_and_its_block),
		cmocka_unit_test(cuts_between_characters_and_entities),
		cmocka_unit_test(any_cut_is_valid_and_short),
		cmocka_unit_test(links_only_http),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
