#include "tests/unit/model/unit.h"

#include "relay/base/mem.h"
#include "relay/model/usage.h"

/* v1 until 100, v2 until 200, then v3, on production; times in any unit. */
static struct assignment promoted[] = {
	{.channel = "production",
         .at = 100,
         .fingerprint = "f2",
         .version = "v2",
         .previous_fingerprint = "f1",
         .previous_version = "v1"},
	{.channel = "production",
         .at = 200,
         .fingerprint = "f3",
         .version = "v3",
         .previous_fingerprint = "f2",
         .previous_version = "v2"},
};
static const struct history promotions = {promoted, COUNT(promoted)};
static const struct history nothing;

static struct image
image(char *fingerprint, char *version, int64_t completed_at)
{
	return (struct image){
		.fingerprint = fingerprint, .version = version, .completed_at = completed_at};
}

static bool
possible(const struct history *history, const char *channel, int64_t from, int64_t to,
         struct image of)
{
	return usage_possible(history, channel, (struct applied){from, to}, &of, 1000);
}

/* Which of v1, v2, v3 a run on production may have taken, as bits 1, 2, 4. */
static int
possible_versions(const struct history *history, const char *channel, int64_t from, int64_t to)
{
	return possible(history, channel, from, to, image("f1", "v1", 10)) |
	       possible(history, channel, from, to, image("f2", "v2", 90)) << 1 |
	       possible(history, channel, from, to, image("f3", "v3", 190)) << 2;
}

static void
what_the_channel_held_during_the_run_is_possible(void **state)
{
	(void)state;
	assert_int_equal(possible_versions(&promotions, "production", 110, 120), 2);
	assert_int_equal(possible_versions(&promotions, "production", 210, 220), 4);
	assert_int_equal(possible_versions(&promotions, "production", 110, 220), 2 | 4);
	assert_int_equal(possible_versions(&promotions, "production", 50, 220), 1 | 2 | 4);
}

static void
before_the_first_assignment_the_channel_held_its_previous_version(void **state)
{
	(void)state;
	assert_int_equal(possible_versions(&promotions, "production", 20, 30), 1);
	assert_int_equal(possible_versions(&promotions, "production", 1, 2), 1);
	assert_int_equal(possible_versions(&promotions, "production", 50, 150), 1 | 2);
}

static void
what_was_assigned_later_is_not_possible(void **state)
{
	(void)state;
	assert_int_equal(possible_versions(&promotions, "production", 110, 199), 2);
	assert_int_equal(possible_versions(&promotions, "production", 50, 99), 1);
}

static void
a_run_that_ends_in_the_second_of_an_assignment_may_have_taken_it(void **state)
{
	(void)state;
	assert_int_equal(possible_versions(&promotions, "production", 150, 200), 2 | 4);
}

static void
a_run_created_in_the_second_of_the_next_assignment_moves_nothing(void **state)
{
	(void)state;
	assert_int_equal(possible_versions(&promotions, "production", 200, 220), 2 | 4);
	assert_int_equal(possible_versions(&promotions, "production", 201, 220), 4);
	assert_int_equal(possible_versions(&promotions, "production", 100, 120), 1 | 2);
	assert_int_equal(possible_versions(&promotions, "production", 101, 120), 2);
}

static void
without_history_every_version_completed_before_the_end_of_the_run_is_possible(void **state)
{
	(void)state;
	assert_int_equal(possible_versions(&nothing, "production", 80, 100), 1 | 2);
	assert_int_equal(possible_versions(&nothing, NULL, 80, 100), 1 | 2);
	assert_int_equal(possible_versions(&nothing, "production", 80, 90), 1 | 2);
	assert_int_equal(possible_versions(&nothing, "production", 80, 89), 1);
	/* Another channel's history does not tell. */
	assert_int_equal(possible_versions(&promotions, "staging", 110, 150), 1 | 2);
}

static void
without_an_applied_run_every_version_completed_so_far_is_possible(void **state)
{
	(void)state;
	assert_int_equal(possible_versions(&promotions, "production", 0, 0), 1 | 2 | 4);
	assert_int_equal(possible_versions(&nothing, NULL, 0, 0), 1 | 2 | 4);
	assert_false(possible(&promotions, "production", 0, 0, image("f9", "v9", 1001)));
	assert_true(possible(&promotions, "production", 0, 0, image("f9", "v9", 1000)));
}

static void
a_version_that_is_not_complete_cannot_run_anywhere(void **state)
{
	struct image unfinished = image("f9", "v0", 0);

	(void)state;
	unfinished.status = IMAGE_INCOMPLETE;
	assert_false(possible(&nothing, NULL, 0, 0, unfinished));
	assert_false(possible(&nothing, NULL, 10, 20, unfinished));
}

static void
a_version_whose_completion_was_not_seen_is_possible_from_its_creation_on(void **state)
{
	struct image revoked = image("f9", "v9", 0);

	(void)state;
	revoked.status = IMAGE_REVOKED;
	assert_true(possible(&nothing, NULL, 10, 20, revoked));
	revoked.created_at = 21;
	assert_false(possible(&nothing, NULL, 10, 20, revoked));
	assert_true(possible(&nothing, NULL, 10, 21, revoked));
}

static void
any_channel_is_every_channel(void **state)
{
	struct assignment two[] = {
		{.channel = "production",
	         .at = 100,
	         .fingerprint = "f2",
	         .previous_fingerprint = "f1"},
		{.channel = "staging", .at = 50, .fingerprint = "f2", .previous_fingerprint = "f1"},
		{.channel = "staging",
	         .at = 150,
	         .fingerprint = "f3",
	         .previous_fingerprint = "f2"},
	};
	struct history history = {two, COUNT(two)};

	(void)state;
	assert_int_equal(possible_versions(&history, NULL, 160, 170), 2 | 4);
	assert_int_equal(possible_versions(&history, "production", 160, 170), 2);
	assert_int_equal(possible_versions(&history, "staging", 160, 170), 4);
	/* The first of staging has the last of production before it, and still is a first. */
	assert_int_equal(possible_versions(&history, "staging", 1, 2), 1);
}

static void
a_managed_channel_alone_does_not_tell_what_any_channel_held(void **state)
{
	struct assignment latest[] = {
		{.channel = "latest",
	         .at = 100,
	         .fingerprint = "f2",
	         .previous_fingerprint = "f1",
	         .managed = true},
		{.channel = "latest",
	         .at = 195,
	         .fingerprint = "f3",
	         .previous_fingerprint = "f2",
	         .managed = true},
	};
	struct history history = {latest, COUNT(latest)};

	(void)state;
	assert_int_equal(possible_versions(&history, NULL, 110, 120), 1 | 2);
	assert_int_equal(possible_versions(&history, NULL, 196, 210), 1 | 2 | 4);
	assert_int_equal(possible_versions(&history, NULL, 10, 20), 1);
	/* A rule that names it follows it. */
	assert_int_equal(possible_versions(&history, "latest", 196, 210), 4);
}

static void
a_previous_version_may_be_known_by_its_name_only(void **state)
{
	struct assignment named[] = {
		{.channel = "production",
	         .at = 100,
	         .fingerprint = "f2",
	         .version = "v2",
	         .previous_version = "v1"},
	};
	struct history history = {named, COUNT(named)};
	struct image nameless = image("f1", NULL, 10), reused = image("f9", "v2", 10);

	(void)state;
	assert_int_equal(possible_versions(&history, "production", 20, 30), 1);
	assert_false(possible(&history, "production", 20, 30, nameless));
	/* Where a fingerprint is known the name, which can be reused, does not count. */
	assert_false(possible(&history, "production", 120, 130, reused));
}

static void
a_channel_that_held_nothing_makes_nothing_possible(void **state)
{
	struct assignment first[] = {
		{.channel = "production", .at = 100, .fingerprint = "f2"},
		{.channel = "production", .at = 200, .previous_fingerprint = "f2"}, /* unassigned */
	};
	struct history history = {first, COUNT(first)};
	struct image nameless = image("f9", NULL, 10);

	(void)state;
	assert_int_equal(possible_versions(&history, "production", 20, 30), 0);
	assert_int_equal(possible_versions(&history, "production", 110, 120), 2);
	assert_int_equal(possible_versions(&history, "production", 210, 220), 0);
	assert_false(possible(&history, "production", 20, 30, nameless));
}

static void
a_lost_assignment_is_known_from_what_the_next_one_replaced(void **state)
{
	struct assignment gap[] = {
		{.channel = "production", .at = 100, .fingerprint = "f1"},
		{.channel = "production",
	         .at = 200,
	         .fingerprint = "f3",
	         .previous_fingerprint = "f2"},
	};
	struct history history = {gap, COUNT(gap)};

	(void)state;
	assert_int_equal(possible_versions(&history, "production", 150, 160), 1 | 2);
	assert_int_equal(possible_versions(&history, "production", 50, 99), 0);
	assert_int_equal(possible_versions(&history, "production", 201, 210), 4);
}

static void
the_newest_assignment_of_a_channel_is_its_last(void **state)
{
	(void)state;
	assert_ptr_equal(history_current(&promotions, "production"), &promoted[1]);
	assert_null(history_current(&promotions, "Production"));
	assert_null(history_current(&nothing, "production"));
}

static void
a_rule_for_any_channel_follows_production(void **state)
{
	(void)state;
	assert_string_equal(usage_followed_channel(NULL), "production");
	assert_string_equal(usage_followed_channel("staging"), "staging");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_channel_held_during_the_run_is_possible),
		cmocka_unit_test(before_the_first_assignment_the_channel_held_its_previous_version),
		cmocka_unit_test(what_was_assigned_later_is_not_possible),
		cmocka_unit_test(a_run_that_ends_in_the_second_of_an_assignment_may_have_taken_it),
		cmocka_unit_test(a_run_created_in_the_second_of_the_next_assignment_moves_nothing),
		cmocka_unit_test(
			without_history_every_version_completed_before_the_end_of_the_run_is_possible),
		cmocka_unit_test(without_an_applied_run_every_version_completed_so_far_is_possible),
		cmocka_unit_test(a_version_that_is_not_complete_cannot_run_anywhere),
		cmocka_unit_test(
			a_version_whose_completion_was_not_seen_is_possible_from_its_creation_on),
		cmocka_unit_test(any_channel_is_every_channel),
		cmocka_unit_test(a_managed_channel_alone_does_not_tell_what_any_channel_held),
		cmocka_unit_test(a_previous_version_may_be_known_by_its_name_only),
		cmocka_unit_test(a_channel_that_held_nothing_makes_nothing_possible),
		cmocka_unit_test(a_lost_assignment_is_known_from_what_the_next_one_replaced),
		cmocka_unit_test(the_newest_assignment_of_a_channel_is_its_last),
		cmocka_unit_test(a_rule_for_any_channel_follows_production),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
