#include "tests/unit/model/unit.h"

#include "relay/base/mem.h"
#include "relay/model/run.h"

#define LATER 1000 /* when everything arrives */

static void
statuses_have_their_meaning(void **state)
{
	(void)state;
	assert_int_equal(run_meaning("applied"), RUN_APPLIED);
	assert_int_equal(run_meaning("planned_and_finished"), RUN_FINISHED);
	assert_int_equal(run_meaning("errored"), RUN_FAILED);
	assert_int_equal(run_meaning("policy_soft_failed"), RUN_FAILED);
	assert_int_equal(run_meaning("planning"), RUN_NOTHING);
	assert_int_equal(run_meaning("Applied"), RUN_NOTHING);
	assert_int_equal(run_meaning(""), RUN_NOTHING);
	assert_int_equal(run_meaning(NULL), RUN_NOTHING);
	assert_true(run_status_known("force_canceled"));
	assert_false(run_status_known("thinking"));
	assert_false(run_status_known(NULL));
}

static bool
waits(const char *status, bool needs_attention)
{
	return run_waits(&(struct run_news){.status = status, .needs_attention = needs_attention});
}

static void
some_wait_by_their_status_and_some_when_asked(void **state)
{
	static const char *const always[] = {"policy_override", "tf_policy_override",
	                                     "pre_plan_awaiting_decision",
	                                     "post_plan_awaiting_decision"};
	static const char *const asked[] = {"planned",        "post_plan_completed",
	                                    "cost_estimated", "policy_checked",
	                                    "thinking",       NULL};
	static const char *const never[] = {"pending",  "planning", "confirmed",
	                                    "applying", "applied",  "discarded",
	                                    "canceled", "errored",  "planned_and_finished"};

	(void)state;
	for (size_t i = 0; i < COUNT(always); i++)
		assert_true(waits(always[i], false) && waits(always[i], true));
	for (size_t i = 0; i < COUNT(asked); i++)
		assert_true(!waits(asked[i], false) && waits(asked[i], true));
	for (size_t i = 0; i < COUNT(never); i++)
		assert_false(waits(never[i], true));
}

struct step {
	const char *status;
	int64_t at;
	bool needs_attention;
};

static bool
told(struct run *run, const struct step *step)
{
	return run_told(run,
	                &(struct run_news){.status = step->status,
	                                   .updated_at = step->at,
	                                   .needs_attention = step->needs_attention},
	                LATER);
}

static void
the_newest_counts_whatever_comes_first(void **state)
{
	static const struct step waiting = {"planned", 20, true},
				 applying = {"applying", 30, false};
	struct run run = {0};

	(void)state;
	assert_true(told(&run, &waiting));
	assert_true(run.waits);
	assert_true(told(&run, &applying));
	assert_false(run.waits);
	assert_false(told(&run, &waiting));
	assert_string_equal(run.status, "applying");
	assert_int_equal(run.updated_at, 30);
	run_fini(&run);
}

static void
at_one_time_the_later_step_counts(void **state)
{
	static const struct step steps[] = {
		{"planning", 20, false},       {"planned", 20, false},
		{"planned", 20, true}, /* the same step under another trigger: it asks */
		{"policy_checked", 20, false}, {"thinking", 20, true},
	};
	size_t order[COUNT(steps)];

	(void)state;
	/* Each rotation and its reverse. */
	for (size_t first = 0; first < 2 * COUNT(steps); first++) {
		struct run run = {0};

		for (size_t i = 0; i < COUNT(steps); i++) {
			order[i] = (first + i) % COUNT(steps);
			if (first >= COUNT(steps))
				order[i] = COUNT(steps) - 1 - order[i];
			(void)told(&run, &steps[order[i]]);
		}
		assert_string_equal(run.status, "policy_checked");
		assert_false(run.waits);
		run_fini(&run);
	}
	for (int backwards = 0; backwards < 2; backwards++) {
		struct run run = {0};

		assert_true(told(&run, &steps[backwards ? 2 : 1]));
		assert_true(told(&run, &steps[backwards ? 1 : 2]));
		assert_true(run.waits);
		run_fini(&run);
	}
}

static void
one_without_a_time_counts_when_it_arrives(void **state)
{
	static const struct step waiting = {"planned", 20, true}, timeless = {NULL, 0, false};
	struct run run = {0};

	(void)state;
	assert_true(told(&run, &waiting));
	assert_true(told(&run, &timeless));
	assert_int_equal(run.updated_at, LATER);
	assert_string_equal(run.status, "");
	assert_false(run.waits);
	run_fini(&run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_have_their_meaning),
		cmocka_unit_test(some_wait_by_their_status_and_some_when_asked),
		cmocka_unit_test(the_newest_counts_whatever_comes_first),
		cmocka_unit_test(at_one_time_the_later_step_counts),
		cmocka_unit_test(one_without_a_time_counts_when_it_arrives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
