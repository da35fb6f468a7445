#include "tests/unit/model/unit.h"

#include <stdlib.h>

#include "relay/base/mem.h"
#include "relay/model/workspace.h"

#define LATER 1000 /* when everything arrives */

static bool
run(struct workspace *workspace, const char *status, int64_t created_at, int64_t updated_at)
{
	struct run_news news = {.id = "run-1",
	                        .status = status,
	                        .created_at = created_at,
	                        .updated_at = updated_at};

	return workspace_run(workspace, &news, LATER);
}

static bool
assessed(struct workspace *workspace, bool drifted, int64_t at)
{
	struct assessment_news news = {.succeeded = true, .drifted = drifted, .created_at = at};

	return workspace_assessed(workspace, &news, LATER);
}

static void
an_applied_run_is_kept_with_its_creation_and_end(void **state)
{
	struct workspace w = {0};

	(void)state;
	assert_false(run(&w, "planning", 10, 11));
	assert_int_equal(w.applied.to, 0);
	assert_true(run(&w, "applied", 10, 20));
	assert_int_equal(w.applied.from, 10);
	assert_int_equal(w.applied.to, 20);
	assert_string_equal(w.applied_run, "run-1");
	assert_int_equal(w.run_ok_at, 20);
	workspace_fini(&w);
}

static void
planned_and_finished_moves_nothing(void **state)
{
	struct workspace w = {0};

	(void)state;
	run(&w, "applied", 10, 20);
	assert_true(run(&w, "planned_and_finished", 30, 40));
	assert_int_equal(w.applied.from, 10);
	assert_int_equal(w.applied.to, 20);
	assert_int_equal(w.run_ok_at, 40);
	workspace_fini(&w);
}

static void
the_later_apply_wins_whatever_comes_first(void **state)
{
	struct workspace w = {0};

	(void)state;
	assert_true(run(&w, "applied", 30, 40));
	assert_false(run(&w, "applied", 10, 20));
	assert_int_equal(w.applied.from, 30);
	assert_int_equal(w.applied.to, 40);
	assert_false(run(&w, "planned_and_finished", 31, 32));
	assert_int_equal(w.run_ok_at, 40);
	workspace_fini(&w);

	/* An apply older than a later plan is still the last apply. */
	w = (struct workspace){0};
	assert_true(run(&w, "planned_and_finished", 50, 60));
	assert_true(run(&w, "applied", 10, 20));
	assert_int_equal(w.applied.to, 20);
	assert_int_equal(w.run_ok_at, 60);
	workspace_fini(&w);
}

static void
a_run_without_times_counts_by_its_arrival(void **state)
{
	struct workspace w = {0};

	(void)state;
	assert_true(run(&w, "applied", 0, 0));
	assert_int_equal(w.applied.from, LATER);
	assert_int_equal(w.applied.to, LATER);
	workspace_fini(&w);
}

static void
a_failure_counts_until_something_newer_is_known(void **state)
{
	struct workspace w = {0};

	(void)state;
	assert_true(run(&w, "errored", 10, 20));
	assert_int_equal(w.run_failed_at, 20);
	assert_false(run(&w, "errored", 10, 15));
	assert_true(run(&w, "planned_and_finished", 30, 40));
	assert_false(run(&w, "policy_soft_failed", 21, 39));
	assert_int_equal(w.run_failed_at, 20);
	assert_true(run(&w, "policy_soft_failed", 41, 42));
	assert_int_equal(w.run_failed_at, 42);
	assert_int_equal(w.applied.to, 0);
	workspace_fini(&w);
}

static void
drift_lasts_until_a_clean_assessment_or_an_apply_created_after_it(void **state)
{
	struct workspace w = {0};

	(void)state;
	assert_true(assessed(&w, true, 10));
	assert_true(w.drifted);
	run(&w, "applied", 10, 20); /* in the same second: not after it */
	assert_true(w.drifted);
	run(&w, "applied", 11, 21);
	assert_false(w.drifted);
	assert_true(assessed(&w, true, 30));
	assert_true(w.drifted);
	assert_true(assessed(&w, false, 31));
	assert_false(w.drifted);
	assert_false(assessed(&w, true, 30)); /* older than what is known */
	assert_false(w.drifted);
	workspace_fini(&w);
}

static void
an_apply_created_before_the_assessment_does_not_undo_drift(void **state)
{
	struct workspace w = {0};

	(void)state;
	assessed(&w, true, 10);
	run(&w, "applied", 5, 20);
	assert_true(w.drifted);
	workspace_fini(&w);
}

static void
drift_older_than_the_last_apply_is_no_drift(void **state)
{
	struct workspace w = {0};

	(void)state;
	run(&w, "applied", 11, 21);
	assert_true(assessed(&w, true, 10));
	assert_false(w.drifted);
	workspace_fini(&w);
}

static bool
unassessed(struct workspace *workspace, int64_t at)
{
	struct assessment_news news = {.created_at = at};

	return workspace_assessed(workspace, &news, LATER);
}

static void
an_assessment_that_did_not_succeed_tells_only_of_itself(void **state)
{
	struct workspace w = {0};

	(void)state;
	assessed(&w, true, 10);
	assert_false(workspace_is_unassessed(&w));
	assert_true(unassessed(&w, 20));
	assert_true(w.drifted);
	assert_int_equal(w.assessed_at, 10);
	assert_true(workspace_is_unassessed(&w));
	assert_false(unassessed(&w, 19)); /* older than what is known */
	assert_true(assessed(&w, true, 30));
	assert_false(workspace_is_unassessed(&w));
	assert_true(unassessed(&w, 25));
	assert_false(workspace_is_unassessed(&w));
	workspace_fini(&w);
}

static void
failed_checks_last_as_drift_does(void **state)
{
	struct workspace w = {0};
	struct assessment_news failing = {
		.succeeded = true, .check_failed = true, .created_at = 10};

	(void)state;
	assert_true(workspace_assessed(&w, &failing, LATER));
	assert_true(w.checks_failed);
	assert_false(w.drifted);
	run(&w, "applied", 10, 20);
	assert_true(w.checks_failed);
	run(&w, "applied", 11, 21);
	assert_false(w.checks_failed);
	failing.created_at = 30;
	workspace_assessed(&w, &failing, LATER);
	assert_true(w.checks_failed);
	assessed(&w, true, 31);
	assert_false(w.checks_failed);
	assert_true(w.drifted);
	failing.created_at = 32;
	workspace_assessed(&w, &failing, LATER);
	assert_true(workspace_is_gone(&w, 40));
	assert_false(w.checks_failed);
	workspace_fini(&w);
}

static void
what_was_assessed_is_forgotten_a_week_after_the_last_was_heard(void **state)
{
	struct workspace w = {0};
	struct assessment_news failed = {.created_at = 20};

	(void)state;
	assessed(&w, true, 10); /* arrives at LATER */
	assert_false(workspace_forget(&w, LATER + ASSESSMENT_LIFE_MS - 1));
	assert_true(w.drifted);
	/* One that did not succeed is an assessment too. */
	workspace_assessed(&w, &failed, 2 * LATER);
	assert_false(workspace_forget(&w, LATER + ASSESSMENT_LIFE_MS));
	assert_true(w.drifted);
	assert_true(workspace_forget(&w, 2 * LATER + ASSESSMENT_LIFE_MS));
	assert_false(w.drifted);
	assert_false(workspace_forget(&w, 2 * LATER + ASSESSMENT_LIFE_MS));
	assert_int_equal(w.assessed_at, 10);
	workspace_fini(&w);
}

static void
a_workspace_that_is_gone_comes_back_with_a_later_run_only(void **state)
{
	struct workspace w = {0};

	(void)state;
	assessed(&w, true, 10);
	assert_true(workspace_is_gone(&w, 20));
	assert_int_equal(w.gone_at, 20);
	assert_false(w.drifted);
	run(&w, "applied", 15, 25);
	assert_int_equal(w.gone_at, 20);
	run(&w, "applied", 21, 30);
	assert_int_equal(w.gone_at, 0);
	assert_false(workspace_is_gone(&w, 20));
	assert_int_equal(w.gone_at, 0);
	workspace_fini(&w);
}

/* Auto-destroy: it is gone since the creation of the run that destroyed it. */
static void
the_run_that_destroyed_it_does_not_bring_it_back(void **state)
{
	struct workspace w = {0};

	(void)state;
	assert_true(workspace_is_gone(&w, 20));
	run(&w, "applied", 20, 30);
	assert_int_equal(w.gone_at, 20);
	workspace_fini(&w);

	w = (struct workspace){0};
	run(&w, "applied", 20, 30);
	assert_true(workspace_is_gone(&w, 20));
	assert_int_equal(w.gone_at, 20);
	workspace_fini(&w);
}

static void
late_news_does_not_let_a_gone_workspace_drift(void **state)
{
	struct workspace w = {0};

	(void)state;
	workspace_is_gone(&w, 20);
	assessed(&w, true, 10);
	assert_false(w.drifted);
	workspace_fini(&w);
}

struct step {
	enum { RUN, ASSESSMENT, NO_ASSESSMENT, GONE } what;
	const char *status;
	int64_t from, at;
	bool drifted;
};

static void
take(struct workspace *w, const struct step *s)
{
	if (s->what == RUN)
		run(w, s->status, s->from, s->at);
	else if (s->what == ASSESSMENT)
		assessed(w, s->drifted, s->at);
	else if (s->what == NO_ASSESSMENT)
		unassessed(w, s->at);
	else
		workspace_is_gone(w, s->at);
}

static void
permute(const struct step *steps, size_t count, size_t *order, size_t n,
        const struct workspace *expected)
{
	struct workspace w = {0};

	for (size_t i = 0; n < count && i < count; i++) {
		bool taken = false;

		for (size_t k = 0; k < n; k++)
			taken |= order[k] == i;
		order[n] = i;
		if (!taken)
			permute(steps, count, order, n + 1, expected);
	}
	if (n < count)
		return;
	for (size_t i = 0; i < count; i++)
		take(&w, &steps[order[i]]);
	assert_int_equal(w.applied.from, expected->applied.from);
	assert_int_equal(w.applied.to, expected->applied.to);
	assert_int_equal(w.run_ok_at, expected->run_ok_at);
	assert_int_equal(w.assessed_at, expected->assessed_at);
	assert_int_equal(w.drifted, expected->drifted);
	assert_int_equal(workspace_is_unassessed(&w), workspace_is_unassessed(expected));
	assert_int_equal(w.gone_at, expected->gone_at);
	/* Which failures were seen depends on the order; whether the last run failed does not. */
	assert_int_equal(w.run_failed_at > w.run_ok_at,
	                 expected->run_failed_at > expected->run_ok_at);
	workspace_fini(&w);
}

static void
one_that_came_back_has_nothing_left_of_before(void **state)
{
	static const struct step life[] = {
		{.what = NO_ASSESSMENT, .at = 10},
		{.what = GONE, .at = 20},
		{.what = RUN, .status = "applied", .from = 30, .at = 40},
	};
	struct workspace expected = {0};
	size_t order[COUNT(life)];

	(void)state;
	for (size_t i = 0; i < COUNT(life); i++)
		take(&expected, &life[i]);
	assert_int_equal(expected.gone_at, 0);
	assert_false(workspace_is_unassessed(&expected));
	permute(life, COUNT(life), order, 0, &expected);
	workspace_fini(&expected);
}

static void
the_same_news_ends_in_the_same_state_in_every_order(void **state)
{
	static const struct step life[] = {
		{.what = RUN, .status = "applied", .from = 10, .at = 20},
		{.what = ASSESSMENT, .at = 25, .drifted = true},
		{.what = RUN, .status = "errored", .from = 26, .at = 30},
		{.what = NO_ASSESSMENT, .at = 31},
		{.what = GONE, .at = 35},
		{.what = ASSESSMENT, .at = 38, .drifted = true},
		{.what = RUN, .status = "applied", .from = 40, .at = 50},
		{.what = GONE, .at = 60},
	};

	(void)state;
	for (size_t length = 1; length <= COUNT(life); length++) {
		struct workspace expected = {0};
		size_t order[COUNT(life)];

		for (size_t i = 0; i < length; i++)
			take(&expected, &life[i]);
		permute(life, length, order, 0, &expected);
		workspace_fini(&expected);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_applied_run_is_kept_with_its_creation_and_end),
		cmocka_unit_test(planned_and_finished_moves_nothing),
		cmocka_unit_test(the_later_apply_wins_whatever_comes_first),
		cmocka_unit_test(a_run_without_times_counts_by_its_arrival),
		cmocka_unit_test(a_failure_counts_until_something_newer_is_known),
		cmocka_unit_test(drift_lasts_until_a_clean_assessment_or_an_apply_created_after_it),
		cmocka_unit_test(an_apply_created_before_the_assessment_does_not_undo_drift),
		cmocka_unit_test(drift_older_than_the_last_apply_is_no_drift),
		cmocka_unit_test(an_assessment_that_did_not_succeed_tells_only_of_itself),
		cmocka_unit_test(failed_checks_last_as_drift_does),
		cmocka_unit_test(what_was_assessed_is_forgotten_a_week_after_the_last_was_heard),
		cmocka_unit_test(a_workspace_that_is_gone_comes_back_with_a_later_run_only),
		cmocka_unit_test(the_run_that_destroyed_it_does_not_bring_it_back),
		cmocka_unit_test(late_news_does_not_let_a_gone_workspace_drift),
		cmocka_unit_test(one_that_came_back_has_nothing_left_of_before),
		cmocka_unit_test(the_same_news_ends_in_the_same_state_in_every_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
