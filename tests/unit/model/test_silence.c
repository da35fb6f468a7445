#include "tests/unit/model/unit.h"

#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/model/silence.h"

#define TEXTS(...)                                                        \
	{                                                                 \
		(char *[]){__VA_ARGS__}, COUNT(((char *[]){__VA_ARGS__})) \
	}
#define SUN (1U << 0)

static int64_t
at(const char *text)
{
	int64_t ms = 0;

	assert_true(time_parse(text, &ms));
	return ms;
}

static const struct conf conf;
static const struct incident_rows nobody;

static void
one_is_in_force_from_its_beginning_to_its_end(void **state)
{
	const struct conf_match all = {.kinds = {0}};
	const struct silence silence = {
		.match = &all, .starts_at = 1000 * SECOND_MS, .until = 2000 * SECOND_MS};
	const struct silence open = {.match = &all};
	int64_t next;

	(void)state;
	assert_false(silence_at(&silence, 999 * SECOND_MS, &next));
	assert_int_equal(next, 1000 * SECOND_MS);
	assert_true(silence_at(&silence, 1000 * SECOND_MS, &next));
	assert_int_equal(next, 2000 * SECOND_MS);
	assert_false(silence_at(&silence, 2000 * SECOND_MS, &next));
	assert_int_equal(next, 0);
	assert_true(silence_at(&open, 1, &next));
	assert_int_equal(next, 0);
}

static void
a_weekly_one_is_in_force_in_its_windows(void **state)
{
	const struct conf_match all = {.kinds = {0}};
	const struct silence silence = {.match = &all,
	                                .starts_at = at("2026-11-22T11:00:00Z"),
	                                .until = at("2026-11-29T13:00:00Z"),
	                                .week = {"UTC", SUN, 10 * 60, 14 * 60}};
	int64_t next;

	(void)state;
	assert_false(silence_at(&silence, at("2026-11-22T10:30:00Z"), &next));
	assert_int_equal(next, at("2026-11-22T11:00:00Z"));
	assert_true(silence_at(&silence, at("2026-11-22T11:00:00Z"), &next));
	assert_int_equal(next, at("2026-11-22T14:00:00Z"));
	assert_false(silence_at(&silence, at("2026-11-22T14:00:00Z"), &next));
	assert_int_equal(next, at("2026-11-29T10:00:00Z"));
	assert_true(silence_at(&silence, at("2026-11-29T12:00:00Z"), &next));
	assert_int_equal(next, at("2026-11-29T13:00:00Z"));
	assert_false(silence_at(&silence, at("2026-11-29T13:00:00Z"), &next));
	assert_int_equal(next, 0);
}

static void
those_that_follow_each_other_are_one(void **state)
{
	const struct conf_match all = {.kinds = {0}}, drift = {.kinds = TEXTS("workspace.drift")};
	const struct silence silences[] = {
		{.id = "c", .match = &all, .starts_at = 300, .until = 400},
		{.id = "a", .match = &all, .starts_at = 100, .until = 200},
		{.id = "b", .match = &all, .starts_at = 150, .until = 300},
		{.id = "d", .match = &drift, .starts_at = 100, .until = 900},
		{.id = "e", .match = &all, .starts_at = 401, .until = 900},
	};
	const struct route_facts facts = {.kind = KIND_WORKSPACE_RUN_FAILED, .rows = &nobody};
	const struct silence *last = NULL;

	(void)state;
	assert_int_equal(silence_end(silences, 5, &conf, &facts, 120, &last), 400);
	assert_string_equal(last->id, "c");
	assert_int_equal(silence_end(silences, 5, &conf, &facts, 400, &last), 0);
	assert_int_equal(silence_end(silences, 5, &conf, &facts, 99, &last), 0);
	assert_int_equal(silence_end(silences, 0, &conf, &facts, 120, &last), 0);
}

static void
own_troubles_are_silenced_by_their_names_only(void **state)
{
	const struct conf_match all = {.kinds = {0}}, star = {.kinds = TEXTS("*")},
				named = {.kinds = TEXTS("image.*", "relay.dead_*")};
	const struct silence by_all = {.match = &all}, by_star = {.match = &star},
			     by_name = {.match = &named};
	const struct route_facts dead = {.kind = KIND_RELAY_DEAD_LETTER, .rows = &nobody},
				 odd = {.kind = KIND_RELAY_UNKNOWN_EVENT, .rows = &nobody},
				 drift = {.kind = KIND_WORKSPACE_DRIFT, .rows = &nobody};

	(void)state;
	assert_false(silence_matches(&by_all, &conf, &dead));
	assert_false(silence_matches(&by_star, &conf, &dead));
	assert_true(silence_matches(&by_name, &conf, &dead));
	assert_false(silence_matches(&by_name, &conf, &odd));
	assert_true(silence_matches(&by_all, &conf, &drift));
	assert_true(silence_matches(&by_star, &conf, &drift));
	assert_false(silence_matches(&by_name, &conf, &drift));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_is_in_force_from_its_beginning_to_its_end),
		cmocka_unit_test(a_weekly_one_is_in_force_in_its_windows),
		cmocka_unit_test(those_that_follow_each_other_are_one),
		cmocka_unit_test(own_troubles_are_silenced_by_their_names_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
