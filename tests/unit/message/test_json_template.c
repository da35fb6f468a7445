#include "tests/unit/message/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/json_template.h"

static const struct template_options slack = {.escape = ESCAPE_SLACK, .strict = true};

static json_t *
parsed(const char *text)
{
	json_t *out = json_loads(text, JSON_DECODE_ANY, NULL);

	if (out == NULL)
		fail_msg("not JSON: %s", text);
	return out;
}

/* What is wrong with a template: "f:LINE:COL: ..." lines. */
static char *
report_on(const char *text, struct json_template **out)
{
	struct faults faults = {0};
	struct buf report = {0};
	int rc = json_template_compile(out, text, strlen(text), &slack, &faults);

	assert_int_equal(rc, faults.errors == 0 ? 0 : -1);
	assert_true((*out != NULL) == (rc == 0));
	faults_report(&faults, "f", &report);
	faults_fini(&faults);
	return report.data != NULL ? buf_take(&report) : mem_str("");
}

static struct json_template *
compiled(const char *text)
{
	struct json_template *out;
	char *report = report_on(text, &out);

	if (out == NULL)
		fail_msg("%s", report);
	free(report);
	return out;
}

/* NULL when it failed; err then has the words. */
static char *
rendered(const char *text, const char *data, struct err *err)
{
	static const struct template_env env = {.now_ms = 0};
	struct json_template *template = compiled(text);
	json_t *value = parsed(data), *out;
	int rc = json_template_render(template, value, &env, &out, err);
	char *dump = rc == 0 ? json_dumps(out, JSON_COMPACT) : NULL;

	assert_true((out != NULL) == (rc == 0));
	json_decref(out);
	json_decref(value);
	json_template_free(template);
	return dump;
}

struct rendering {
	const char *text, *data, *expected;
};

static void
check(const struct rendering *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct err err = {{0}};
		char *out = rendered(table[i].text, table[i].data, &err);

		if (out == NULL)
			fail_msg("%s: %s", table[i].text, err.text);
		assert_string_equal(out, table[i].expected);
		free(out);
	}
}

static void
strings_are_templates_and_the_rest_stays(void **state)
{
	static const struct rendering table[] = {
		{"{\"text\": \"{{a}} & ({{b.c}})\", \"n\": [1, 2.5, true, null, \"x\"]}",
	         "{\"a\": \"<!channel>\", \"b\": {\"c\": \"\\\"x\"}}",
	         "{\"text\":\"&lt;!channel&gt; & (\\\"x)\",\"n\":[1,2.5,true,null,\"x\"]}"},
		{"[\"{{#l}}{{.}},{{/l}}\"]", "{\"l\": [1, 2]}", "[\"1,2,\"]"},
		{"{\"{{a}}\": \"{{a}}\"}", "{\"a\": \"x\"}", "{\"{{a}}\":\"x\"}"},
		{"{\"$schema\": \"{{a}}\", \"$id\": 7}", "{\"a\": 1}",
	         "{\"$schema\":\"1\",\"$id\":7}"},
		{"{}", "null", "{}"},
		{"[]", "{}", "[]"},
	};

	(void)state;
	check(table, COUNT(table));
}

/* Behind the template's own "<" anything but a URL could be a mention for Slack. */
static void
a_value_is_no_target_of_slack_unless_a_url(void **state)
{
	static const struct rendering table[] = {
		{"[\"<{{u}}|x>\", \"<{{#m}}{{m}}{{/m}}|x>\", \"< {{m}}\"]",
	         "{\"u\": \"https://x.example/?a&b\", \"m\": \"!channel\"}",
	         "[\"<https://x.example/?a&amp;b|x>\",\"<#|x>\",\"< !channel\"]"},
	};

	(void)state;
	check(table, COUNT(table));
}

static void
each_makes_one_for_each_member(void **state)
{
	static const struct rendering table[] = {
		{"{\"l\": {\"$each\": \"rows\", \"$do\": {\"name\": \"{{name}} of {{team}}\"}}}",
	         "{\"team\": \"t\", \"rows\": [{\"name\": \"a\"}, {\"name\": \"b\", \"team\": \"u\"}]}",
	         "{\"l\":[{\"name\":\"a of t\"},{\"name\":\"b of u\"}]}"},
		/* spliced into the list around */
		{"[\"first\", {\"$each\": \"l\", \"$do\": \"{{.}}\"}, \"last\"]", "{\"l\": [1, 2]}",
	         "[\"first\",\"1\",\"2\",\"last\"]"},
		{"[{\"$each\": \"l\", \"$do\": {\"$json\": \".\"}}]",
	         "{\"l\": [1, {\"a\": []}, null]}", "[1,{\"a\":[]},null]"},
		/* one in another: one list of both; a list around keeps them apart */
		{"[{\"$each\": \"l\", \"$do\": {\"$each\": \".\", \"$do\": \"{{.}}\"}}]",
	         "{\"l\": [[1, 2], [3]]}", "[\"1\",\"2\",\"3\"]"},
		{"[{\"$each\": \"l\", \"$do\": [{\"$each\": \".\", \"$do\": \"{{.}}\"}]}]",
	         "{\"l\": [[1, 2], [3]]}", "[[\"1\",\"2\"],[\"3\"]]"},
		{"{\"a\": {\"$each\": \"l\", \"$do\": {\"$each\": \".\", \"$do\": \"{{.}}\"}}}",
	         "{\"l\": [[1, 2], [3]]}", "{\"a\":[\"1\",\"2\",\"3\"]}"},
		/* as a section: nothing, or one of what is no list */
		{"{\"l\": {\"$each\": \"gone\", \"$do\": 1}}", "{}", "{\"l\":[]}"},
		{"{\"l\": {\"$each\": \"no\", \"$do\": 1}}", "{\"no\": []}", "{\"l\":[]}"},
		{"{\"l\": {\"$each\": \"o\", \"$do\": \"{{x}}\"}}", "{\"o\": {\"x\": 5}}",
	         "{\"l\":[\"5\"]}"},
		/* $do may stand first; what an $if leaves out is no member */
		{"[{\"$do\": {\"$if\": \"y\", \"$then\": \"{{n}}\"}, \"$each\": \"l\"}]",
	         "{\"l\": [{\"n\": 1, \"y\": true}, {\"n\": 2}, {\"n\": 3, \"y\": [0]}]}",
	         "[\"1\",\"3\"]"},
	};

	(void)state;
	check(table, COUNT(table));
}

static void
if_chooses_or_leaves_out(void **state)
{
	static const char text[] =
		"{\"a\": {\"$if\": \"x\", \"$then\": {\"t\": \"{{x}}\"}, \"$else\": \"no\"}, "
		"\"b\": {\"$if\": \"x\", \"$then\": 1}, \"c\": [{\"$if\": \"x\", \"$then\": 2}, 3]}";
	static const struct rendering table[] = {
		{text, "{\"x\": 5}", "{\"a\":{\"t\":\"5\"},\"b\":1,\"c\":[2,3]}"},
		{text, "{\"x\": false}", "{\"a\":\"no\",\"c\":[3]}"},
		{text, "{\"x\": null}", "{\"a\":\"no\",\"c\":[3]}"},
		{text, "{\"x\": []}", "{\"a\":\"no\",\"c\":[3]}"},
		{text, "{}", "{\"a\":\"no\",\"c\":[3]}"},
		/* a list of several is one value; an $each behind an $if is spliced */
		{"[{\"$if\": \"x\", \"$then\": [1, 2]}]", "{\"x\": true}", "[[1,2]]"},
		{"[0, {\"$if\": \"x\", \"$then\": {\"$each\": \"x\", \"$do\": \"{{.}}\"}}]",
	         "{\"x\": [1, 2]}", "[0,\"1\",\"2\"]"},
		/* $else before $then */
		{"{\"$else\": {}, \"$then\": [], \"$if\": \"x\"}", "{\"x\": 1}", "[]"},
		{"{\"$else\": {}, \"$then\": [], \"$if\": \"x\"}", "{}", "{}"},
	};
	struct err err = {{0}};

	(void)state;
	check(table, COUNT(table));
	assert_null(rendered("{\"$if\": \"x\", \"$then\": []}", "{}", &err));
	assert_string_equal(err.text, "nothing comes out: its $if does not hold");
}

static void
json_keeps_the_type_and_escapes_nothing(void **state)
{
	static const struct rendering table[] = {
		{"{\"v\": {\"$json\": \"a.b\"}}", "{\"a\": {\"b\": {\"c\": [1, \"<&>\"]}}}",
	         "{\"v\":{\"c\":[1,\"<&>\"]}}"},
		{"{\"v\": {\"$json\": \"a.x\"}}", "{\"a\": {\"b\": 1}}", "{\"v\":null}"},
		{"{\"$json\": \".\"}", "{\"a\": 1.5}", "{\"a\":1.5}"},
		/* dotted names do not fall back to an outer context */
		{"[{\"$each\": \"l\", \"$do\": {\"$json\": \"a.b\"}}]",
	         "{\"a\": {\"b\": 1}, \"l\": [{\"a\": {}}, {}]}", "[null,1]"},
	};

	(void)state;
	check(table, COUNT(table));
}

static void
omit_empty_leaves_out_its_own_empty_members(void **state)
{
	static const struct rendering table[] = {
		{"{\"$omit_empty\": true, \"a\": \"{{x}}\", \"b\": {\"$json\": \"x\"}, \"c\": [], "
	         "\"d\": {}, \"e\": 0, \"f\": false, \"g\": \"{{y}}\"}",
	         "{\"y\": 1}", "{\"e\":0,\"f\":false,\"g\":\"1\"}"},
		{"{\"a\": \"\", \"$omit_empty\": true, \"o\": {\"b\": \"\"}}", "{}",
	         "{\"o\":{\"b\":\"\"}}"},
		{"{\"$omit_empty\": true, \"o\": {\"b\": \"\", \"$omit_empty\": true}}", "{}",
	         "{}"},
		{"{\"$omit_empty\": false, \"a\": \"\"}", "{}", "{\"a\":\"\"}"},
	};

	(void)state;
	check(table, COUNT(table));
}

struct faulty {
	const char *text, *report;
};

static void
check_faulty(const struct faulty *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct json_template *out;
		char *report = report_on(table[i].text, &out);

		assert_string_equal(report, table[i].report);
		free(report);
		json_template_free(out);
	}
}

static void
directives_that_are_wrong_are_told_with_their_place(void **state)
{
#define WANTS(directive) directive " wants the name of a value, such as \"image.version\"\n"
	static const struct faulty table[] = {
		{"{\n  \"a\": {\"$each\": \"x\"}}", "f:2:8: $each is without its $do\n"},
		{"[{\"$if\": \"x\", \"$else\": 1}]", "f:1:2: $if is without its $then\n"},
		{"[{\"$do\": 1}]", "f:1:3: $do is without its $each\n"},
		{"[{\"$then\": [[1], {\"\\\"\": 2}], \"$else\": {}}]",
	         "f:1:3: $then is without its $if\nf:1:30: $else is without its $if\n"},
		{"[{\"$each\": \"x\", \"$do\": 1, \"name\": {\"a\": [1]}, \"$if\": \"y\"}]",
	         "f:1:27: \"name\" cannot stand beside $each\n"
	         "f:1:47: \"$if\" cannot stand beside $each\n"},
		{"[{\"$json\": \"x\", \"$omit_empty\": true}]",
	         "f:1:17: \"$omit_empty\" cannot stand beside $json\n"},
		{"[{\"$json\": 7}]", "f:1:12: " WANTS("$json")},
		{"[{\"$json\": \"\"}]", "f:1:12: " WANTS("$json")},
		{"[{\"$json\": \"a..b\"}]", "f:1:12: " WANTS("$json")},
		{"[{\"$json\": \"a b\"}]", "f:1:12: " WANTS("$json")},
		{"[{\"$json\": \"{{a}}\"}]", "f:1:12: " WANTS("$json")},
		{"[{\"$if\": [\"a\"], \"$then\": {\"$if\": \".a\", \"$then\": 2}}]",
	         "f:1:10: " WANTS("$if") "f:1:34: " WANTS("$if")},
		{"{\"$omit_empty\": \"yes\", \"$omit_empty2\": 1}",
	         "f:1:17: $omit_empty is true or false\n"},
		{"{\"{{a}}\": 1}",
	         "f:1:2: warning: the name of a member is not a template: its tags stay\n"},
	};

	(void)state;
	check_faulty(table, COUNT(table));
}

/* The first line of a report up to the words, which are others'. */
static void
assert_place(const char *text, const char *place)
{
	struct json_template *out;
	char *report = report_on(text, &out);

	assert_null(out);
	if (strncmp(report, place, strlen(place)) != 0)
		fail_msg("%s: %s", text, report);
	free(report);
}

static void
what_is_not_json_is_told_with_its_place(void **state)
{
	char *deep, *large;

	(void)state;
	assert_place("", "f:1:");
	assert_place("{\n \"a\": \"b\" \"c\"}", "f:2:");
	assert_place("{\"a\": 1,\n\"a\": 2}", "f:2:");
	assert_place("\"text\"", "f:1:");
	assert_place("{} {}", "f:1:");
	assert_place("[\"\xff\"]", "f:1:");
	deep = mem_fmt("%0200d%0200d", 0, 0);
	memset(deep, '[', 200);
	memset(deep + 200, ']', 200);
	assert_place(deep, "f:1:65: nested too deeply");
	free(deep);
	deep = mem_fmt("[{\"$json\": \"%0256d\"}]", 0);
	assert_place(deep, "f:1:12: $json wants the name");
	free(deep);
	large = mem_alloc(TEMPLATE_SIZE_MAX + 2);
	memset(large, ' ', TEMPLATE_SIZE_MAX + 1);
	assert_place(large, "f:1:1: larger than 64 KiB");
	free(large);
}

/* {{#a}} that is not closed: told where it stands, whatever is before it. */
static void
faults_of_strings_are_told_where_they_stand_in_the_file(void **state)
{
	static const struct {
		const char *text, *place;
	} table[] = {
		{"[\"{{#a}}\"]", "f:1:3: "},
		{"[\"x\",\n\t\"{{#a}}\"]", "f:2:3: "},
		{"{\"k\": [1, null, {\"l\": \"ab {{#a}}\"}]}", "f:1:27: "},
		{"[\"\xc3\xa4\xe2\x82\xac{{#a}}\"]", "f:1:5: "},
		{"[\"\\n\\\"\\\\ {{#a}}\"]", "f:1:10: "},
		{"[\"one\\ntwo\\u000a\\u00e4 {{#a}}\"]", "f:1:24: "},
		{"[\"\\ud83d\\ude00 {{#a}}\", \"\"]", "f:1:16: "},
		{"{\"$if\": \"x\", \"$then\": \"{{#a}}\"}", "f:1:24: "},
		{"[{\"$each\": \"x\", \"$do\": {\"$omit_empty\": true, \"b\": \"{{#a}}\"}}]",
	         "f:1:52: "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		assert_place(table[i].text, table[i].place);
}

static void
partials_are_named_with_their_places(void **state)
{
	struct json_template *template =
		compiled("[\"plain\", {\"$if\": \"x\",\n \"$then\": \"\\t{{> one}} {{> two}}\"}]");
	struct template_place place;

	(void)state;
	assert_int_equal(json_template_count(template), 2);
	assert_int_equal(template_partial_count(json_template_at(template, 0)), 0);
	assert_int_equal(template_partial_count(json_template_at(template, 1)), 2);
	assert_string_equal(template_partial_at(json_template_at(template, 1), 1)->name, "two");
	place = json_template_partial_place(template, 1, 0);
	assert_int_equal(place.line, 2);
	assert_int_equal(place.column, 14);
	place = json_template_partial_place(template, 1, 1);
	assert_int_equal(place.line, 2);
	assert_int_equal(place.column, 24);
	json_template_free(template);
}

/* A list of `count` copies of a member, as JSON. */
static char *
list_of(size_t count, const char *member)
{
	struct buf out = {0};

	buf_puts(&out, "{\"l\": [");
	for (size_t i = 0; i < count; i++)
		buf_printf(&out, "%s%s", i > 0 ? "," : "", member);
	buf_puts(&out, "]}");
	return buf_take(&out);
}

static void
limits_are_of_the_whole_document(void **state)
{
	char *many = list_of(700, "1"), *word = mem_fmt("\"%0900d\"", 0), *long_ones;
	struct err err = {{0}};
	struct buf nested = {0};
	struct json_template *out;
	char *report;

	(void)state;
	/* 700 x 700 things */
	assert_null(rendered("[{\"$each\": \"l\", \"$do\": {\"$each\": \"l\", \"$do\": 1}}]", many,
	                     &err));
	assert_non_null(strstr(err.text, "steps"));
	/* Each string is small, all together are not. */
	long_ones = list_of(400, word);
	assert_null(rendered("[{\"$each\": \"l\", \"$do\": \"{{.}}\"}]", long_ones, &err));
	assert_null(rendered("[{\"$json\": \"l\"}]", long_ones, &err));
	assert_non_null(strstr(err.text, "KiB come out"));
	free(long_ones);
	free(word);
	free(many);
	for (int i = 0; i < TEMPLATE_DEPTH_MAX + 1; i++)
		buf_puts(&nested, "{\"$if\": \"x\", \"$then\": ");
	buf_puts(&nested, "1");
	for (int i = 0; i < TEMPLATE_DEPTH_MAX + 1; i++)
		buf_putc(&nested, '}');
	report = report_on(buf_text(&nested), &out);
	assert_null(out);
	assert_non_null(strstr(report, "too many directives in each other"));
	free(report);
	buf_fini(&nested);
}

static void
a_failure_inside_is_the_whole_ones(void **state)
{
	struct err err = {{0}};

	(void)state;
	assert_null(
		rendered("{\"a\": [{\"b\": \"{{x | date}}\"}]}", "{\"x\": \"yesterday\"}", &err));
	assert_true(err.text[0] != '\0');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_templates_and_the_rest_stays),
		cmocka_unit_test(a_value_is_no_target_of_slack_unless_a_url),
		cmocka_unit_test(each_makes_one_for_each_member),
		cmocka_unit_test(if_chooses_or_leaves_out),
		cmocka_unit_test(json_keeps_the_type_and_escapes_nothing),
		cmocka_unit_test(omit_empty_leaves_out_its_own_empty_members),
		cmocka_unit_test(directives_that_are_wrong_are_told_with_their_place),
		cmocka_unit_test(what_is_not_json_is_told_with_its_place),
		cmocka_unit_test(faults_of_strings_are_told_where_they_stand_in_the_file),
		cmocka_unit_test(partials_are_named_with_their_places),
		cmocka_unit_test(limits_are_of_the_whole_document),
		cmocka_unit_test(a_failure_inside_is_the_whole_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
