/* Maintenance windows of the config, and silences as they are posted. */
#include "common.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/config/silence.h"

#define NOW INT64_C(1772359200000) /* 2026-03-01T10:00:00Z */
#define WEEKLY "weekly: {days: [Sat, Sun], from: \"22:00\", to: \"06:00\", timezone: Europe/Berlin}"
#define NO_ROUTE "1:1: warning: no route takes image.revocation, workspace.drift\n"

static void
a_window_has_its_week(void **state)
{
	struct loaded l =
		load("silences: [{name: night, match: {kinds: [\"workspace.*\"]}, " WEEKLY "}]\n");
	const struct conf_silence *silence;
	struct tz_week week;

	(void)state;
	assert_non_null(l.conf);
	assert_int_equal(l.conf->silences.count, 1);
	silence = conf_item(l.conf->silences, struct conf_silence, 0);
	week = weekly_week(&silence->weekly);
	assert_string_equal(week.zone, "Europe/Berlin");
	assert_int_equal(week.weekdays, 1U << 0 | 1U << 6);
	assert_int_equal(week.from_minute, 22 * 60);
	assert_int_equal(week.to_minute, 6 * 60);
	loaded_fini(&l);
	assert_loads(
		"silences: [{name: a, weekly: {days: [Mon], from: \"00:00\", to: \"24:00\"}}]\n",
		NO_ROUTE);
}

static void
a_window_that_makes_no_sense_is_refused(void **state)
{
	(void)state;
	assert_faults("silences: [{name: a b, match: {kinds: [nothing]}}]\n",
	              "1:12: weekly is missing in silences: one that is not is made through the "
	              "API\n"
	              "1:19: name is part of an id: letters, digits, \".\", \"_\" and \"-\"\n"
	              "1:40: kinds: \"nothing\" matches no incident kind\n");
	assert_faults("silences:\n"
	              "  - name: a\n"
	              "    weekly: {days: [Sat], from: \"24:00\", to: \"6:00\", timezone: Mars}\n",
	              "3:33: from needs a time of day as \"HH:MM\", in quotes\n"
	              "3:46: to needs a time of day as \"HH:MM\", in quotes\n"
	              "3:64: timezone is not known here\n");
	assert_fault("silences: [{name: a, weekly: {days: [Caturday], from: \"01:00\", to: "
	             "\"02:00\"}}]\n",
	             "days");
	assert_fault("silences: [{name: a, weekly: {days: [], from: \"01:00\", to: \"02:00\"}}]\n",
	             "days is empty");
	assert_fault("silences: [{name: a, weekly: {days: [Sun, Mon, Tue, Wed, Thu, Fri, Sat], "
	             "from: \"00:00\", to: \"24:00\"}}]\n",
	             "weekly never ends");
	assert_fault("silences: [{name: a, " WEEKLY "}, {name: a, " WEEKLY "}]\n",
	             "duplicate name \"a\" in silences");
}

static void
refuse(const char *json, const char *why)
{
	struct silence_form form;
	struct err err = {""};

	if (silence_form_read(json, strlen(json), &test_kinds, NOW, &form, &err) == 0)
		fail_msg("taken: %s", json);
	assert_string_equal(err.text, why);
}

static void
what_is_posted_names_the_member_at_fault(void **state)
{
	char *large = mem_alloc(SILENCE_FORM_MAX + 2);

	(void)state;
	refuse("[]", "a silence is an object");
	refuse("{\"until\": \"2026-03-02T10:00:00Z\", \"by\": \"jane\"}", "match is missing");
	refuse("{\"match\": {}, \"by\": \"jane\"}",
	       "until is missing: only a weekly silence goes on for ever");
	refuse("{\"match\": {}, \"until\": \"2026-03-02T10:00:00Z\"}",
	       "by is missing in a silence");
	refuse("{\"match\": {}, \"until\": \"tomorrow\", \"by\": \"jane\"}",
	       "until needs a time by RFC 3339, like 2026-03-01T12:00:00Z");
	refuse("{\"match\": {}, \"until\": \"2026-03-01T10:00:00Z\", \"by\": \"jane\"}",
	       "until is over already");
	refuse("{\"match\": {}, \"starts_at\": \"2026-03-03T10:00:00Z\", "
	       "\"until\": \"2026-03-02T10:00:00Z\", \"by\": \"jane\"}",
	       "until is not after starts_at");
	refuse("{\"match\": {}, \"until\": \"2026-03-02T01:00:00Z\", \"by\": \"jane\", \"weekly\": "
	       "{\"days\": [\"Mon\"], \"from\": \"01:00\", \"to\": \"02:00\"}}",
	       "until is not after the first window of weekly begins");
	refuse("{\"match\": {}, \"starts_at\": \"2026-03-02T02:00:00Z\", "
	       "\"until\": \"2026-03-03T00:00:00Z\", \"by\": \"jane\", \"weekly\": "
	       "{\"days\": [\"Mon\"], \"from\": \"01:00\", \"to\": \"02:00\"}}",
	       "until is not after the first window of weekly begins");
	refuse("{\"match\": {\"kinds\": [\"nothing\"]}, \"until\": \"2026-03-02T10:00:00Z\", "
	       "\"by\": \"jane\"}",
	       "kinds: \"nothing\" matches no incident kind");
	refuse("{\"match\": {\"workspaces\": \"a\"}, \"until\": \"2026-03-02T10:00:00Z\", "
	       "\"by\": \"jane\"}",
	       "workspaces needs a list, also for one: [...], not a text");
	refuse("{\"match\": null, \"until\": \"2026-03-02T10:00:00Z\", \"by\": \"jane\"}",
	       "match has no value");
	refuse("{\"match\": {\"kinds\": null}, \"until\": \"2026-03-02T10:00:00Z\", "
	       "\"by\": \"jane\"}",
	       "kinds has no value");
	refuse("{\"match\": {\"teams\": [\"a\", 5]}, \"until\": \"2026-03-02T10:00:00Z\", "
	       "\"by\": \"jane\"}",
	       "teams takes only text");
	refuse("{\"match\": {}, \"until\": \"2026-03-02T10:00:00Z\", \"by\": true}",
	       "by takes only text");
	memset(large, ' ', SILENCE_FORM_MAX + 1);
	refuse(large, "a silence has at most 8192 bytes");
	free(large);
}

static void
what_is_posted_comes_back_as_it_was(void **state)
{
	static const char json[] =
		"{\"match\": {\"kinds\": [\"workspace.*\"], \"severities\": [\"warning\"], "
		"\"workspaces\": [\"a-*\", \"b\"]}, \"weekly\": {\"days\": [\"Mon\"], \"from\": "
		"\"01:00\", \"to\": \"02:00\"}, \"starts_at\": \"2026-03-02T10:00:00+01:00\", "
		"\"by\": \"jane\", \"comment\": \"moving house\"}";
	struct silence_form form;
	struct conf_match match;
	struct conf_weekly weekly;
	struct err err = {""};

	(void)state;
	if (silence_form_read(json, strlen(json), &test_kinds, NOW, &form, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(form.until, 0);
	assert_int_equal(form.starts_at, NOW + 23 * HOUR_MS);
	assert_string_equal(form.comment, "moving house");
	json_t *match_text = match_json(&form.match), *weekly_text = weekly_json(&form.weekly);
	match_from_json(match_text, &match);
	weekly_from_json(weekly_text, &weekly);
	assert_int_equal(match.kinds.count, 1);
	assert_int_equal(match.teams.count, 0);
	assert_string_equal(match.workspaces.items[1], "b");
	assert_string_equal(weekly.days.items[0], "Mon");
	assert_string_equal(weekly.timezone, "UTC");
	json_decref(match_text);
	json_decref(weekly_text);
	match_fini(&match);
	weekly_fini(&weekly);
	silence_form_fini(&form);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_has_its_week),
		cmocka_unit_test(a_window_that_makes_no_sense_is_refused),
		cmocka_unit_test(what_is_posted_names_the_member_at_fault),
		cmocka_unit_test(what_is_posted_comes_back_as_it_was),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
