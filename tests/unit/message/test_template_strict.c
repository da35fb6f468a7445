#include "tests/unit/message/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "tests/unit/message/mustache.h"

static void
check(enum escape escape, const char *text, const char *expected)
{
	char *got = mustache_faults(text, escape, true);

	if (strcmp(got, expected) != 0)
		fail_msg("%s\n--- expected\n%s--- got\n%s", text, expected, got);
	free(got);
}

static void
what_is_right_has_no_fault(void **state)
{
	(void)state;
	check(ESCAPE_TEXT, "", "");
	check(ESCAPE_TEXT,
	      "{{a.b_c}}{{.}}{{#l}}{{>p/q.r}}{{/l}}{{^l}}{{/l}}{{! a | b }}"
	      "{{x | date '%-d.%m.' \"Europe/Berlin\" | default 'soon'}}{{=<% %>=}}<%a%>",
	      "");
	check(ESCAPE_TEXT, "{{{raw}}}{{&raw}}", "");
	check(ESCAPE_HTML, "<p>{{a}}</p>", "");
}

static void
tags_have_an_end(void **state)
{
	(void)state;
	check(ESCAPE_TEXT, "ab\n  {{name", "2:3: the tag has no end: }} is missing\n");
	check(ESCAPE_TEXT, "{{name}", "1:1: the tag has no end: }} is missing\n");
	check(ESCAPE_TEXT, "{{{name}}", "1:1: the tag has no end: }}} is missing\n");
	check(ESCAPE_TEXT, "{{=<% %>=}}<%name}}", "1:12: the tag has no end: %> is missing\n");
	check(ESCAPE_TEXT, "{{! no end", "1:1: the tag has no end: }} is missing\n");
}

static void
columns_count_characters(void **state)
{
	(void)state;
	check(ESCAPE_TEXT, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\xa5{{",
	      "1:4: the tag has no end: }} is missing\n");
	check(ESCAPE_TEXT, "\r\n\t{{", "2:2: the tag has no end: }} is missing\n");
}

static void
sections_have_their_own_end(void **state)
{
	(void)state;
	check(ESCAPE_TEXT, "{{#a}}\n {{^b}}",
	      "1:1: the section \"a\" has no end\n2:2: the section \"b\" has no end\n");
	check(ESCAPE_TEXT, "x{{/a}}", "1:2: no section is open that \"a\" could end\n");
	check(ESCAPE_TEXT, "{{#a}}{{#b}}{{/a}}",
	      "1:13: \"a\" ends here, but the section \"b\" of 1:7 is open\n");
	check(ESCAPE_TEXT, "{{#a}}{{/b}}{{/a}}",
	      "1:7: \"b\" ends here, but the section \"a\" of 1:1 is open\n");
	check(ESCAPE_TEXT, "{{#a.b}}{{/a. b}}",
	      "1:1: the section \"a.b\" has no end\n"
	      "1:9: \"a. b\" ends here, but the section \"a.b\" of 1:1 is open\n");
}

static void
names_are_names(void **state)
{
	(void)state;
	check(ESCAPE_TEXT, "{{}}{{ }}", "1:3: the tag has no name\n1:8: the tag has no name\n");
	check(ESCAPE_TEXT, "{{a b}}", "1:3: \"a b\" is no name\n");
	check(ESCAPE_TEXT, "{{a..b}} {{.a}} {{a.}}",
	      "1:3: \"a..b\" is no name\n1:12: \".a\" is no name\n1:19: \"a.\" is no name\n");
	check(ESCAPE_TEXT, "{{#a | upper}}{{/a | upper}}",
	      "1:4: \"a | upper\": filters belong to {{name | filter}} alone\n");
	check(ESCAPE_TEXT, "{{> }}", "1:5: the tag has no name\n");
}

static void
delimiters_are_two(void **state)
{
	static const char told[] =
		"1:1: two delimiters are to be set, as in {{=<% %>=}}: without =, "
		"each of at most 16 bytes\n";

	(void)state;
	check(ESCAPE_TEXT, "{{=<%=}}", told);
	check(ESCAPE_TEXT, "{{= =}}", told);
	check(ESCAPE_TEXT, "{{=a b c=}}", told);
	check(ESCAPE_TEXT, "{{=a= b=}}", told);
	check(ESCAPE_TEXT, "{{=aaaaaaaaaaaaaaaaa b=}}", told);
}

static void
filters_are_known(void **state)
{
	(void)state;
	check(ESCAPE_TEXT, "{{a | uper}}",
	      "1:7: unknown filter \"uper\": did you mean \"upper\"?\n");
	check(ESCAPE_TEXT, "{{a | exec}}", "1:7: unknown filter \"exec\"\n");
	check(ESCAPE_TEXT, "{{a |}}", "1:6: a filter's name is missing behind |\n");
	check(ESCAPE_TEXT, "{{a || upper}}", "1:6: a filter's name is missing behind |\n");
	check(ESCAPE_TEXT, "{{a | uper | lwer}}",
	      "1:7: unknown filter \"uper\": did you mean \"upper\"?\n"
	      "1:14: unknown filter \"lwer\": did you mean \"lower\"?\n");
	check(ESCAPE_TEXT, "{{u | link | upper}}",
	      "1:14: nothing can follow the filter \"link\"\n");
	check(ESCAPE_TEXT, "{{a|upper|upper|upper|upper|upper|upper|upper|upper|upper}}",
	      "1:53: more than 8 filters\n");
}

static void
arguments_are_right(void **state)
{
	(void)state;
	check(ESCAPE_TEXT, "{{a | upper 1}}", "1:7: the filter \"upper\" takes no argument\n");
	check(ESCAPE_TEXT, "{{a | trunc}}", "1:7: the filter \"trunc\" takes 1 argument, not 0\n");
	check(ESCAPE_TEXT, "{{a | plural 'x'}}",
	      "1:7: the filter \"plural\" takes 2 arguments, not 1\n");
	check(ESCAPE_TEXT, "{{a | join 'x' 'y'}}",
	      "1:7: the filter \"join\" takes at most 1 argument, not 2\n");
	check(ESCAPE_TEXT, "{{a | date 'x' 'UTC' 'z'}}",
	      "1:7: the filter \"date\" takes at most 2 arguments, not 3\n");
	check(ESCAPE_TEXT, "{{a | date 'x' 'UTC' 'z' 'z'}}",
	      "1:26: no filter takes so many arguments\n");
	check(ESCAPE_TEXT, "{{a | trunc 'x'}}",
	      "1:7: the filter \"trunc\" takes a number from 1 to 100000\n");
	check(ESCAPE_TEXT, "{{a | trunc 0}}",
	      "1:7: the filter \"trunc\" takes a number from 1 to 100000\n");
	check(ESCAPE_TEXT, "{{a | trunc -1}}",
	      "1:7: the filter \"trunc\" takes a number from 1 to 100000\n");
	check(ESCAPE_TEXT, "{{a | default none}}",
	      "1:15: \"none\" is no argument: a text stands in quotes\n");
	check(ESCAPE_TEXT, "{{a | default \"none}}", "1:15: the text has no end: \" is missing\n");
	check(ESCAPE_TEXT, "{{a | date '%F' 'Europe/Berlyn'}}",
	      "1:7: unknown time zone \"Europe/Berlyn\": \"UTC\", or a name of the tz "
	      "database\n");
	check(ESCAPE_TEXT, "{{a | date '%F %Q'}}",
	      "1:7: \"%Q\" is no part of a time format (strftime(3))\n");
	check(ESCAPE_TEXT, "{{a | date '%9999d'}}",
	      "1:7: \"%9\" is no part of a time format (strftime(3))\n");
	check(ESCAPE_TEXT, "{{a | date ''}}",
	      "1:7: the time format gives nothing, or more than 200 bytes\n");
}

static void
raw_tags_are_refused_where_there_is_an_escaper(void **state)
{
	static const enum escape escapes[] = {ESCAPE_HTML, ESCAPE_SLACK, ESCAPE_HEADER};

	(void)state;
	for (size_t i = 0; i < COUNT(escapes); i++)
		check(escapes[i], "{{{a}}} {{&b}}",
		      "1:1: a raw tag ({{{...}}}, {{&...}}) would let through what others wrote: "
		      "use {{...}}\n"
		      "1:9: a raw tag ({{{...}}}, {{&...}}) would let through what others wrote: "
		      "use {{...}}\n");
}

static void
all_faults_come_at_once(void **state)
{
	(void)state;
	check(ESCAPE_SLACK,
	      "{{#a}}\n{{b | uper}}\n{{{c}}}\n{{/d}}\n{{a b}}\n{{x | trunc 'y' | date '%F' "
	      "'Nowhere'}}\n{{/a}}{{/a}}\n{{",
	      "2:7: unknown filter \"uper\": did you mean \"upper\"?\n"
	      "3:1: a raw tag ({{{...}}}, {{&...}}) would let through what others wrote: use "
	      "{{...}}\n"
	      "4:1: \"d\" ends here, but the section \"a\" of 1:1 is open\n"
	      "5:3: \"a b\" is no name\n"
	      "6:7: the filter \"trunc\" takes a number from 1 to 100000\n"
	      "6:19: unknown time zone \"Nowhere\": \"UTC\", or a name of the tz database\n"
	      "7:7: no section is open that \"a\" could end\n"
	      "8:1: the tag has no end: }} is missing\n");
}

static void
a_part_of_a_file_tells_where_it_is(void **state)
{
	const struct template_options options = {ESCAPE_TEXT, true};
	struct faults faults = {0};
	struct buf report = {0};
	struct template *t;

	(void)state;
	assert_int_equal(template_compile(&t, "x {{\n", 5, &options, (struct template_place){7, 20},
	                                  &faults),
	                 -1);
	assert_int_equal(template_compile(&t, "x\n {{", 5, &options, (struct template_place){7, 20},
	                                  &faults),
	                 -1);
	faults_report(&faults, "f", &report);
	assert_string_equal(buf_text(&report), "f:7:22: the tag has no end: }} is missing\n"
	                                       "f:8:2: the tag has no end: }} is missing\n");
	faults_fini(&faults);
	buf_fini(&report);
}

static void
partials_are_told_once(void **state)
{
	static const char text[] = "{{>a}}\n {{> b/c }}{{>a}}";
	const struct template_options options = {ESCAPE_TEXT, true};
	struct faults faults = {0};
	struct template *t;

	(void)state;
	assert_int_equal(template_compile(&t, text, strlen(text), &options,
	                                  (struct template_place){1, 1}, &faults),
	                 0);
	assert_int_equal(template_partial_count(t), 2);
	assert_string_equal(template_partial_at(t, 0)->name, "a");
	assert_string_equal(template_partial_at(t, 1)->name, "b/c");
	assert_int_equal(template_partial_at(t, 1)->place.line, 2);
	assert_int_equal(template_partial_at(t, 1)->place.column, 2);
	template_free(t);
}

static void
lenient_takes_more(void **state)
{
	static const char *const fine[] = {"{{{a}}}", "{{a b}}", "{{}}", "{{a..b}}", "<a {{x}}>"};

	(void)state;
	for (size_t i = 0; i < COUNT(fine); i++) {
		char *got = mustache_faults(fine[i], ESCAPE_HTML, false);
		assert_string_equal(got, "");
		free(got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right_has_no_fault),
		cmocka_unit_test(tags_have_an_end),
		cmocka_unit_test(columns_count_characters),
		cmocka_unit_test(sections_have_their_own_end),
		cmocka_unit_test(names_are_names),
		cmocka_unit_test(delimiters_are_two),
		cmocka_unit_test(filters_are_known),
		cmocka_unit_test(arguments_are_right),
		cmocka_unit_test(raw_tags_are_refused_where_there_is_an_escaper),
		cmocka_unit_test(all_faults_come_at_once),
		cmocka_unit_test(a_part_of_a_file_tells_where_it_is),
		cmocka_unit_test(partials_are_told_once),
		cmocka_unit_test(lenient_takes_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
