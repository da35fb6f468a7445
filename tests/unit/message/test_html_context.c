#include "tests/unit/message/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/message/html_context.h"
#include "tests/unit/message/mustache.h"

/* The one fault of a template holds these words; "" for none. */
static void
check(const char *text, const char *words)
{
	char *got = mustache_faults(text, ESCAPE_HTML, true);
	bool one = strchr(got, '\n') == NULL || strchr(got, '\n')[1] == '\0';

	if ((*words == '\0') != (*got == '\0') || strstr(got, words) == NULL || !one)
		fail_msg("%s\n--- expected\n%s\n--- got\n%s", text, words, got);
	free(got);
}

static void
values_stand_in_text_and_quoted_attributes(void **state)
{
	static const char *const fine[] = {
		"{{x}}",
		"<!doctype html><html><head><title>{{x}}</title></head><body>{{x}}</body></html>",
		"<p class=\"{{x}}\" title='a {{x}} b'>{{x}}</p>",
		"<td title = \"{{x}}\">{{x}}</td >",
		"<!-- a > b --><p>{{x}}</p><!----><!-->{{x}}<!--a--!>{{x}}",
		"<style>p > a { color: red }</style>{{x}}",
		"<script>if (a < b) '</p>';</script >{{x}}",
		"<STYLE></STYLE>{{x}}<br/>{{x}}<br />{{x}}",
		"a < b {{x}} 1<2{{x}}",
		"<textarea><a href=</textarea>{{x}}",
		"<input checked value=\"{{x}}\"/>",
		"<a href=\"https://x.example/{{x}}?a={{y}}\">",
		"<a href='mailto:{{x}}'>{{x}}</a><a href=\"#{{x}}\">",
		"<a href=\" HTTPS://{{x}}\">",
		"<meta charset=\"utf-8\"><meta name=\"x\" content=\"y\">{{x}}",
		"{{u | link 'x'}}<title>{{>p}}</title>{{>q}}",
		"<svg><path d=\"M0\"/></svg>{{x}}",
		"<!----!>{{x}}<!--->{{x}}<!----->{{x}}<!-- --! > -->{{x}}",
		"<p title / class=\"{{x}}\">",
		"<script>if (a<!b) '<!-';</script>{{x}}",
		"<style><!-- p {} --></style>{{x}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(fine); i++)
		check(fine[i], "");
}

static void
nowhere_else(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"<script>{{x}}</script>", "1:9: a value cannot stand in a script"},
		{"<SCRIPT src=\"a\">var a = '{{x}}'</SCRIPT>", "in a script"},
		{"<style>{{x}}</style>", "in a script, a style sheet"},
		{"<style></styles>{{x}}</style>", "in a script"},
		{"<noscript>{{x}}</noscript>", "in a script"},
		{"<a onclick=\"{{x}}\">", "in an attribute that is a script"},
		{"<a ONmouseover='f({{x}})'>", "in an attribute that is a script"},
		{"<a style=\"color:{{x}}\">", "more than a text"},
		{"<iframe srcdoc=\"{{x}}\"></iframe>", "more than a text"},
		{"<img srcset=\"{{x}}\">", "more than a text"},
		{"<meta http-equiv=\"refresh\" content=\"0;url={{x}}\">", "more than a text"},
		{"<a title={{x}}>", "without quotes"},
		{"<a title= {{x}}>", "without quotes"},
		{"<a title=a{{x}}>", "without quotes"},
		{"<{{x}}>", "in the name of a tag"},
		{"</{{x}}>", "in the name of a tag"},
		{"<a{{x}}>", "in the name of a tag"},
		{"<a {{x}}>", "where an attribute's name would stand"},
		{"<a b{{x}}=\"\">", "in the name of an attribute"},
		{"<a b {{x}}>", "where an attribute's name would stand"},
		{"<a b=\"c\"{{x}}>", "where an attribute's name would stand"},
		{"<!-- {{x}} -->", "in a comment"},
		{"<!-- - > {{x}} -->", "in a comment"},
		{"<!doctype {{x}}>", "in a declaration"},
		{"<!{{x}}>", "in a declaration"},
		{"<a href=\"/{{x}}\">", "in an address"},
		{"<a href=\"javascript:{{x}}\">", "in an address"},
		{"<a href=\"htt{{x}}\">", "in an address"},
		{"<a href=\"https:{{x}}\">", "in an address"},
		{"<img src='//{{x}}'>", "in an address"},
		{"<svg><a href=\"{{x}}\"/></svg>", "in an image or a formula"},
		{"<p title=\"{{u | link}}\">", "a link can stand in body text alone"},
		{"<svg><svg></svg>{{x}}</svg>", "in an image or a formula"},
		{"<svg><![CDATA[></svg>{{x}}]]></svg>", "in an image or a formula"},
		/* Addresses of what is run, or decides how the rest is read. */
		{"<script src=\"{{x}}\"></script>", "more than a text"},
		{"<link rel=\"stylesheet\" href=\"{{x}}\">", "more than a text"},
		{"<link rel=\"stylesheet\" href=\"https://{{x}}\">", "more than a text"},
		{"<base href=\"{{x}}\">", "more than a text"},
		{"<iframe src='{{x}}'></iframe>", "more than a text"},
		{"<embed src='{{x}}'>", "more than a text"},
		{"<object data='{{x}}'></object>", "more than a text"},
		/* Where a browser sees other attributes, comments and scripts than it seems. */
		{"<p title / =\"{{x}}\">", "in the name of an attribute"},
		{"<!-- --!-> {{x}} -->", "in a comment"},
		{"<!--!>{{x}}-->", "in a comment"},
		{"<!---!>{{x}}-->", "in a comment"},
		{"<script><!--<script></script>{{x}}--></script>", "in a script"},
		{"<title></tit{{>p}}</title>", "a partial can stand in body text alone"},
		{"<title><{{>p}}</title>", "a partial can stand in body text alone"},
		{"<p {{>p}}>", "a partial can stand in body text alone"},
		{"<p title=\"{{>p}}\">", "a partial can stand in body text alone"},
		{"<script>{{>p}}</script>", "a partial can stand in body text alone"},
		{"{{x}}<p", "1:8: the text ends within a tag"},
		{"<!-- a", "the text ends within"},
		{"<script>", "the text ends within"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(cases[i].text, cases[i].words);
}

static void
sections_do_not_cut_the_document(void **state)
{
	static const char *const fine[] = {
		"<p{{#a}} class=\"x\"{{/a}}>{{x}}</p>",
		"<p class=\"{{#a}}x {{/a}}{{^a}}{{x}}{{/a}}\">{{x}}</p>",
		"<input {{#a}}checked{{/a}}>{{x}}",
		"<input{{#a}} checked{{/a}} value=\"{{x}}\">",
		"{{#u}}<a href=\"{{u}}\">{{/u}}{{x}}{{#u}}</a>{{/u}}",
		"{{#a}}<p class=\"x\">{{/a}}{{^a}}<p>{{/a}}{{x}}</p>",
		"<a href=\"{{#a}}{{x}}{{/a}}{{^a}}{{y}}{{/a}}\">",
		"<a href=\"https://x.example/{{#l}}{{.}}/{{/l}}\">",
		"<td {{#a}}class=a{{/a}}>{{x}}</td>",
		"<td{{#a}} title=\"{{x}}\" class=a{{/a}}>{{x}}</td>",
		"<!--{{#a}} x {{/a}}-->{{x}}<!--{{#a}}x{{/a}}-->{{x}}<!--{{#a}} {{/a}}--!>{{x}}",
		"<!-- a -- {{#a}} - {{/a}} -->{{x}}",
	};
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"{{#a}}<!--{{/a}}{{x}}{{#a}}-->{{/a}}", "must end where it began"},
		{"{{#a}}<script>{{/a}}", "must end where it began"},
		{"<p title=\"{{#a}}\">{{/a}}", "must end where it began"},
		{"<p {{#a}}title=\"{{/a}}\">", "must end where it began"},
		{"<p {{#a}}><b {{/a}}>", "must end where it began"},
		{"<p {{#a}}title{{/a}}=\"{{x}}\">", "behind a section that cuts a tag"},
		{"<p on{{#a}}{{/a}}click=\"{{x}}\">", "behind a section that cuts a tag"},
		{"<scr{{#a}}x{{/a}}ipt>", "must end where it began"},
		{"<p{{#a}} {{/a}}title=\"{{x}}\">", "behind a section that cuts a tag"},
		{"<!-- {{#a}}-{{/a}}->{{x}}-->", "behind a section"},
		{"<!-- -{{#a}}x{{/a}}->{{x}}-->", "behind a section"},
		{"<!--{{#a}} {{/a}}>{{x}}-->", "behind a section"},
		{"<!-- --{{#a}}!{{/a}}>{{x}}-->", "behind a section"},
		/* Once it is fine; twice it is class=atitle="{{x}}", on and click. */
		{"<td {{#l}}title=\"{{x}}\" class=a{{/l}}>", "must end where it began"},
		{"<td {{#l}}click=\"{{x}}\" on{{/l}}>", "must end where it began"},
		{"<a href=\"{{#l}}{{#b}}{{x}}{{/b}}javascript:{{/l}}\">",
	         "must end where it began"},
		{"<a href=\"{{#a}}https://{{/a}}{{x}}/{{y}}\">", ""},
		{"<a href=\"{{#a}}https://{{/a}}/{{x}}\">", "in an address"},
		{"<a href=\"{{#a}}/{{/a}}{{x}}\">", "in an address"},
		{"<a href=\"ht{{#a}}{{/a}}tps://{{x}}\">", "in an address"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(fine); i++)
		check(fine[i], "");
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *got = mustache_faults(cases[i].text, ESCAPE_HTML, true);
		if (strstr(got, cases[i].words) == NULL ||
		    (*cases[i].words == '\0') != (*got == '\0'))
			fail_msg("%s\n%s", cases[i].text, got);
		free(got);
	}
}

static void
check_shown(const char *text, const char *data, const char *expected)
{
	char *got = mustache(text, data, ESCAPE_HTML, true);

	assert_string_equal(got, expected);
	free(got);
}

static void
an_address_is_one_or_nothing(void **state)
{
	(void)state;
	check_shown("<a href=\"{{u}}\">", "{\"u\": \"https://x.example/?a&b\"}",
	            "<a href=\"https://x.example/?a&amp;b\">");
	check_shown("<a href=\"{{u}}\">", "{\"u\": \"javascript:alert(1)\"}", "<a href=\"#\">");
	check_shown("<a href=\" {{u}}\">", "{\"u\": \"JaVaScript:alert(1)\"}", "<a href=\" #\">");
	check_shown("<a href='{{u}}'>", "{\"u\": \"data:text/html,x\"}", "<a href='#'>");
	check_shown("<img src=\"{{u}}\">", "{\"u\": \"//x.example\"}", "<img src=\"#\">");
	check_shown("<a href=\"{{u}}\">", "{}", "<a href=\"#\">");
	check_shown("<a href=\"{{#a}}https://{{/a}}{{u}}\">", "{\"u\": \"javascript:x\"}",
	            "<a href=\"#\">");
	check_shown("<a title=\"{{u}}\">", "{\"u\": \"javascript:'\\\"\"}",
	            "<a title=\"javascript:&#39;&quot;\">");
	check_shown("<a href=\"{{u}}/{{p}}\">", "{\"u\": \"https://x.example\", \"p\": \"\\\"a\"}",
	            "<a href=\"https://x.example/&quot;a\">");
}

/* Text in any pieces leads to the same place. */
static void
pieces_do_not_matter(void **state)
{
	static const char text[] =
		"<!doctype html><!-- x --><p class=\"a\" title='b' c=d e><title>a"
		"</titl></title><script><a href=\"</script><a href=\"https://x\">";
	struct html_context whole = {0}, piece = {0};

	(void)state;
	html_context_text(&whole, text, strlen(text));
	for (size_t i = 0; i < strlen(text); i++)
		html_context_text(&piece, text + i, 1);
	assert_memory_equal(&whole, &piece, sizeof(whole));
	assert_true(html_context_is_text(&whole));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_stand_in_text_and_quoted_attributes),
		cmocka_unit_test(nowhere_else),
		cmocka_unit_test(sections_do_not_cut_the_document),
		cmocka_unit_test(an_address_is_one_or_nothing),
		cmocka_unit_test(pieces_do_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
