#include "tests/unit/message/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/message/filters.h"
#include "tests/unit/message/mustache.h"

static const struct template_env env = {.now_ms = MUSTACHE_NOW_MS};

static struct filter_call *
make(const char *name, const char *one, const char *two)
{
	const char *args[] = {one, two};
	struct err err = {0};
	struct filter_call *call = filter_call_new(name, args,
	                                           one == NULL   ? 0
	                                           : two == NULL ? 1
	                                                         : 2,
	                                           &err);

	if (call == NULL)
		fail_msg("%s: %s", name, err.text);
	return call;
}

/* What comes out as JSON, or "failed: ..." */
static char *
apply(const char *name, const char *one, const char *two, const char *json,
      const struct template_env *with)
{
	struct filter_call *call = make(name, one, two);
	json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
	struct err err = {0};
	json_t *made;
	char *text;

	assert_non_null(value);
	made = filter_apply(call, value, with, &err);
	text = made != NULL ? json_dumps(made, JSON_ENCODE_ANY | JSON_COMPACT)
	                    : mem_fmt("failed: %s", err.text);
	json_decref(made);
	json_decref(value);
	filter_call_free(call);
	return text;
}

static void
check(const char *name, const char *one, const char *two, const char *json, const char *expected)
{
	char *got = apply(name, one, two, json, &env);

	if (strcmp(got, expected) != 0)
		fail_msg("%s of %s: %s, not %s", name, json, got, expected);
	free(got);
}

static void
null_goes_through_all_but_default(void **state)
{
	(void)state;
	for (size_t i = 0; filter_names[i] != NULL; i++) {
		const char *name = filter_names[i];
		if (strcmp(name, "default") == 0)
			check(name, "x", NULL, "null", "\"x\"");
		else if (strcmp(name, "plural") == 0)
			check(name, "x", "y", "null", "null");
		else
			check(name, strcmp(name, "trunc") == 0 ? "3" : NULL, NULL, "null", "null");
	}
}

static void
names_that_are_not_known(void **state)
{
	struct err err = {0};

	(void)state;
	assert_null(filter_call_new("Date", NULL, 0, &err));
	assert_string_equal(err.text, "unknown filter \"Date\": did you mean \"date\"?");
	assert_null(filter_call_new("", NULL, 0, &err));
	assert_string_equal(err.text, "unknown filter \"\"");
	filter_call_free(NULL);
}

static void
dates_in_zones(void **state)
{
	static const struct template_env berlin = {.zone = "Europe/Berlin"};
	static const char at[] = "\"2026-07-01T12:00:00.5Z\"";
	char *got = apply("date", NULL, NULL, at, &berlin);

	(void)state;
	assert_string_equal(got, "\"2026-07-01 14:00 CEST\"");
	free(got);
	check("date", NULL, NULL, at, "\"2026-07-01 12:00 UTC\"");
	check("date", "%H", "Asia/Tokyo", at, "\"21\"");
	check("date", "%-d/%-m%n%%", NULL, at, "\"1/7\\n%\"");
	check("date", NULL, NULL, "\"yesterday\"",
	      "failed: the filter \"date\" takes an RFC 3339 time");
	check("date", NULL, NULL, "12", "failed: the filter \"date\" takes an RFC 3339 time");
	check("ago", NULL, NULL, "{}", "failed: the filter \"ago\" takes an RFC 3339 time");
}

static void
the_year_is_told_where_it_does_not_go_without_saying(void **state)
{
	static const struct {
		const char *now, *at, *zone, *expected;
	} rows[] = {
		{"2026-03-01T00:00:00Z", "2026-03-09T14:00:00Z", NULL, "Mon 09 Mar 14:00 UTC"},
		{"2026-03-09T15:00:00Z", "2026-03-01T14:00:00Z", NULL, "Sun 01 Mar 14:00 UTC"},
		{"2025-12-31T23:00:00Z", "2026-01-01T00:30:00Z", NULL, "Thu 01 Jan 2026 00:30 UTC"},
		{"2026-01-02T00:00:00Z", "2025-12-31T00:30:00Z", NULL, "Wed 31 Dec 2025 00:30 UTC"},
		{"2026-01-02T00:00:00Z", "2026-12-31T00:30:00Z", NULL, "Thu 31 Dec 2026 00:30 UTC"},
		{"2026-01-02T00:00:00Z", "2027-01-05T00:30:00Z", NULL, "Tue 05 Jan 2027 00:30 UTC"},
		{"2025-12-31T23:30:00Z", "2026-01-01T00:30:00Z", "Asia/Tokyo",
	         "Thu 01 Jan 09:30 JST"},
	};

	const char *nowhere = "Mars/Olympus";
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct template_env then = {.zone = NULL};
		char *at = mem_fmt("\"%s\"", rows[i].at), *expected, *got;

		assert_true(time_parse(rows[i].now, &then.now_ms));
		got = apply("when", rows[i].zone, NULL, at, &then);
		expected = mem_fmt("\"%s\"", rows[i].expected);
		assert_string_equal(got, expected);
		free(expected);
		free(got);
		free(at);
	}
	check("when", NULL, NULL, "12", "failed: the filter \"when\" takes an RFC 3339 time");
	assert_null(filter_call_new("when", &nowhere, 1, &err));
	assert_string_equal(
		err.text,
		"unknown time zone \"Mars/Olympus\": \"UTC\", or a name of the tz database");
}

static void
distances_are_told_to_the_nearest(void **state)
{
	static const struct {
		int64_t ms;
		const char *words;
	} cases[] = {
		{0, "now"},
		{499, "now"},
		{500, "1 second ago"},
		{-400, "now"},
		{-900, "in 1 second"},
		{59 * SECOND_MS, "59 seconds ago"},
		{59 * SECOND_MS + 500, "1 minute ago"},
		{89 * SECOND_MS, "1 minute ago"},
		{90 * SECOND_MS, "2 minutes ago"},
		{5 * MINUTE_MS, "5 minutes ago"},
		{59 * MINUTE_MS + 29 * SECOND_MS, "59 minutes ago"},
		{59 * MINUTE_MS + 30 * SECOND_MS, "1 hour ago"},
		{24 * HOUR_MS, "24 hours ago"},
		{47 * HOUR_MS, "47 hours ago"},
		{48 * HOUR_MS, "2 days ago"},
		{-48 * HOUR_MS, "in 2 days"},
		{-3 * DAY_MS + 10, "in 3 days"},
		{-90 * DAY_MS, "in 90 days"},
		{800 * DAY_MS, "800 days ago"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char time[TIME_TEXT_SIZE];
		char *json = mem_fmt("\"%s\"", time_text(MUSTACHE_NOW_MS - cases[i].ms, time));
		char *expected = mem_fmt("\"%s\"", cases[i].words);
		check("ago", NULL, NULL, json, expected);
		free(json);
		free(expected);
	}
}

static void
spans_have_two_units(void **state)
{
	static const struct {
		const char *seconds, *words;
	} cases[] = {
		{"0", "\"0 s\""},
		{"0.9", "\"0 s\""},
		{"1", "\"1 s\""},
		{"60", "\"1 min\""},
		{"61", "\"1 min 1 s\""},
		{"3600", "\"1 h\""},
		{"3601", "\"1 h\""},
		{"7500", "\"2 h 5 min\""},
		{"86399", "\"23 h 59 min\""},
		{"86400", "\"1 d\""},
		{"8640000", "\"100 d\""},
		{"90061", "\"1 d 1 h\""},
		{"-7500", "\"-2 h 5 min\""},
		{"1e300", "failed: the filter \"duration\" takes a number of seconds"},
		{"\"60\"", "failed: the filter \"duration\" takes a number of seconds"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check("duration", NULL, NULL, cases[i].seconds, cases[i].words);
}

static void
texts(void **state)
{
	(void)state;
	check("trunc", "3", NULL, "\"abc\"", "\"abc\"");
	check("trunc", "3", NULL, "\"abcd\"", "\"ab\xe2\x80\xa6\"");
	check("trunc", "1", NULL, "\"abcd\"", "\"\xe2\x80\xa6\"");
	check("trunc", "2", NULL, "\"\xf0\x9f\x94\xa5\xc3\xa4x\"",
	      "\"\xf0\x9f\x94\xa5\xe2\x80\xa6\"");
	check("trunc", "2", NULL, "true", "\"t\xe2\x80\xa6\"");
	check("trunc", "2", NULL, "[]",
	      "failed: the filter \"trunc\" cannot take a list or an object");
	check("upper", NULL, NULL, "\"azAZ09{`\xc3\xa4\"", "\"AZAZ09{`\xc3\xa4\"");
	check("lower", NULL, NULL, "\"azAZ09[@\xc3\x84\"", "\"azaz09[@\xc3\x84\"");
	check("upper", NULL, NULL, "{}",
	      "failed: the filter \"upper\" cannot take a list or an object");
	check("default", "x", NULL, "false", "\"x\"");
	check("default", "x", NULL, "\"\"", "\"x\"");
	check("default", "x", NULL, "0", "0");
	check("default", "x", NULL, "[]", "[]");
}

static void
lists_and_numbers(void **state)
{
	(void)state;
	check("join", NULL, NULL, "[\"a\",null,1,2.5,[3],{}]", "\"a, 1, 2.5, [3], {}\"");
	check("join", "", NULL, "[\"a\",\"b\"]", "\"ab\"");
	check("join", NULL, NULL, "\"a\"", "failed: the filter \"join\" takes a list");
	check("plural", "one", "many", "1", "\"one\"");
	check("plural", "one", "many", "1.0", "\"one\"");
	check("plural", "one", "many", "0", "\"many\"");
	check("plural", "one", "many", "-1", "\"many\"");
	check("plural", "one", "many", "[1]", "failed: the filter \"plural\" takes a number");
	check("json", NULL, NULL, "{\"b\":[1,\"x\"],\"a\":null}",
	      "\"{\\\"b\\\":[1,\\\"x\\\"],\\\"a\\\":null}\"");
}

static void
check_link(enum escape escape, const char *label, const char *json, const char *expected)
{
	struct filter_call *call = make("link", label, NULL);
	json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
	struct buf out = {0};

	assert_true(filter_call_is_last(call));
	filter_link(call, value, escape, &out);
	assert_string_equal(buf_text(&out), expected);
	buf_fini(&out);
	json_decref(value);
	filter_call_free(call);
}

static void
links_only_http(void **state)
{
	(void)state;
	check_link(ESCAPE_HTML, "a <b>", "\"https://x.example/'?a&b\"",
	           "<a href=\"https://x.example/&#39;?a&amp;b\">a &lt;b&gt;</a>");
	check_link(ESCAPE_SLACK, "a|b", "\"https://x.example/?a&b\"",
	           "<https://x.example/?a&amp;b|a\xe2\x94\x82"
	           "b>");
	check_link(ESCAPE_SLACK, NULL, "\"https://x.example/\"",
	           "<https://x.example/|https://x.example/>");
	check_link(ESCAPE_HEADER, "a\nb", "\"https://x.example/\"", "a b: https://x.example/");
	check_link(ESCAPE_TEXT, "", "\"https://x.example/\"", "https://x.example/");
	check_link(ESCAPE_HTML, NULL, "\"https://x.example/\\\"onclick=\"",
	           "https://x.example/&quot;onclick=");
	check_link(ESCAPE_SLACK, "x", "\"https://x.example/|<!here>\"", "x");
	check_link(ESCAPE_SLACK, NULL, "\"<!here>\"", "&lt;!here&gt;");
	check_link(ESCAPE_HTML, "x", "\"javascript:alert(1)\"", "x");
	check_link(ESCAPE_HTML, "x", "null", "x");
	check_link(ESCAPE_HTML, NULL, "null", "");
	check_link(ESCAPE_HTML, NULL, "12", "12");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_goes_through_all_but_default),
		cmocka_unit_test(names_that_are_not_known),
		cmocka_unit_test(dates_in_zones),
		cmocka_unit_test(the_year_is_told_where_it_does_not_go_without_saying),
		cmocka_unit_test(distances_are_told_to_the_nearest),
		cmocka_unit_test(spans_have_two_units),
		cmocka_unit_test(texts),
		cmocka_unit_test(lists_and_numbers),
		cmocka_unit_test(links_only_http),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
