#include "tests/unit/model/unit.h"

#include "relay/base/mem.h"
#include "relay/model/incident.h"

static struct incident_counts
count(const struct incident_row *rows, size_t n)
{
	struct incident_counts counts = {0};

	for (size_t i = 0; i < n; i++)
		incident_count(&counts, &rows[i]);
	return counts;
}

#define NOW INT64_C(1000000)
#define OPENED (NOW - 1)
#define DUE_AT (NOW - REVOCATION_CONFIRM_MS + 1) /* a moment more */

static void
affected_counts_the_possible_and_the_planned_ones_in(void **state)
{
	const struct incident_row rows[] = {
		{.state = ROW_AFFECTED, .known = true},
		{.state = ROW_AFFECTED},
		{.state = ROW_AFFECTED, .known = true, .planned = true},
		{.state = ROW_AFFECTED, .planned = true},
		{.state = ROW_MOVED},
		{.state = ROW_MOVED, .known = true, .planned = true},
		{.state = ROW_GONE},
	};
	struct incident_counts counts = count(rows, COUNT(rows));

	(void)state;
	assert_int_equal(counts.affected, 4);
	assert_int_equal(counts.possible, 2);
	assert_int_equal(counts.planned, 1);
	assert_int_equal(counts.moved, 2);
	assert_int_equal(counts.gone, 1);
	assert_int_equal(counts.total, 7);
}

static const struct incident_counts nobody, one_runs = {.affected = 1, .total = 2, .moved = 1},
					    all_moved = {.moved = 1, .gone = 1, .total = 2};

static void
assert_judged(struct judgement j, bool open, enum phase phase, enum severity severity)
{
	assert_int_equal(j.open, open);
	assert_int_equal(j.phase, phase);
	assert_int_equal(j.severity, severity);
}

static void
a_revocation_is_critical_while_workspaces_are_affected(void **state)
{
	(void)state;
	assert_judged(judge_revocation(IMAGE_REVOKED, DUE_AT, 0, &one_runs, NOW), true,
	              PHASE_REVOKED, SEVERITY_CRITICAL);
	assert_judged(judge_revocation(IMAGE_REVOKED, DUE_AT, 0, &nobody, NOW), true, PHASE_REVOKED,
	              SEVERITY_WARNING);
	assert_judged(judge_revocation(IMAGE_REVOKED, DUE_AT, OPENED, &one_runs, NOW), true,
	              PHASE_REVOKED, SEVERITY_CRITICAL);
}

static void
a_schedule_is_a_warning(void **state)
{
	(void)state;
	assert_judged(judge_revocation(IMAGE_SCHEDULED, DUE_AT, 0, &one_runs, NOW), true,
	              PHASE_SCHEDULED, SEVERITY_WARNING);
	assert_judged(judge_revocation(IMAGE_SCHEDULED, DUE_AT, 0, &nobody, NOW), true,
	              PHASE_SCHEDULED, SEVERITY_WARNING);
	assert_judged(judge_revocation(IMAGE_SCHEDULED, DUE_AT, OPENED, &one_runs, NOW), true,
	              PHASE_SCHEDULED, SEVERITY_WARNING);
}

static void
cancelling_or_restoring_lifts_it(void **state)
{
	(void)state;
	assert_judged(judge_revocation(IMAGE_ACTIVE, DUE_AT, OPENED, &one_runs, NOW), false,
	              PHASE_LIFTED, SEVERITY_WARNING);
	assert_judged(judge_revocation(IMAGE_ACTIVE, DUE_AT, OPENED, &all_moved, NOW), false,
	              PHASE_LIFTED, SEVERITY_WARNING);
	assert_false(judge_revocation(IMAGE_ACTIVE, DUE_AT, 0, &one_runs, NOW).open);
	assert_false(judge_revocation(IMAGE_INCOMPLETE, DUE_AT, 0, &one_runs, NOW).open);
}

static void
it_is_cleared_when_the_last_affected_one_moved_or_is_gone(void **state)
{
	(void)state;
	assert_judged(judge_revocation(IMAGE_REVOKED, DUE_AT, OPENED, &all_moved, NOW), false,
	              PHASE_CLEARED, SEVERITY_WARNING);
	assert_judged(judge_revocation(IMAGE_SCHEDULED, DUE_AT, OPENED, &all_moved, NOW), false,
	              PHASE_CLEARED, SEVERITY_WARNING);
	/* Nobody was ever affected: that takes a month. */
	assert_true(judge_revocation(IMAGE_REVOKED, DUE_AT, OPENED, &nobody, NOW).open);
}

static void
it_is_cleared_after_a_month_with_nobody_affected(void **state)
{
	const int64_t quiet = OPENED + REVOCATION_QUIET_MS;

	(void)state;
	assert_true(judge_revocation(IMAGE_REVOKED, DUE_AT, OPENED, &nobody, quiet - 1).open);
	assert_judged(judge_revocation(IMAGE_REVOKED, DUE_AT, OPENED, &nobody, quiet), false,
	              PHASE_CLEARED, SEVERITY_WARNING);
	assert_judged(judge_revocation(IMAGE_REVOKED, DUE_AT, OPENED, &one_runs, quiet), true,
	              PHASE_REVOKED, SEVERITY_CRITICAL);
}

static void
a_deletion_is_critical_while_somebody_runs_the_version(void **state)
{
	(void)state;
	assert_judged(judge_deleted(true, &one_runs), true, PHASE_NONE, SEVERITY_CRITICAL);
	assert_false(judge_deleted(true, &all_moved).open);
	assert_false(judge_deleted(true, &nobody).open);
	/* Its revocation tells of it, or it was built again. */
	assert_false(judge_deleted(false, &one_runs).open);
}

static void
superseding_is_open_while_somebody_runs_an_older_version(void **state)
{
	(void)state;
	assert_judged(judge_superseded(PHASE_NONE, &one_runs), true, PHASE_NONE, SEVERITY_INFO);
	assert_judged(judge_superseded(PHASE_ROLLED_BACK, &one_runs), true, PHASE_ROLLED_BACK,
	              SEVERITY_INFO);
	assert_judged(judge_superseded(PHASE_NONE, &all_moved), false, PHASE_NONE, SEVERITY_INFO);
	assert_judged(judge_superseded(PHASE_NONE, &nobody), false, PHASE_NONE, SEVERITY_INFO);
}

static void
drift_is_critical_on_a_revoked_image_and_a_failed_run_is_not(void **state)
{
	static const struct workspace_facts wrong = {.wrong = true},
					    on_revoked = {.wrong = true, .runs_revoked = true},
					    ended_on_revoked = {.runs_revoked = true}, ended = {0};

	(void)state;
	assert_judged(judge_workspace(KIND_WORKSPACE_DRIFT, &wrong), true, PHASE_NONE,
	              SEVERITY_WARNING);
	assert_judged(judge_workspace(KIND_WORKSPACE_DRIFT, &on_revoked), true, PHASE_NONE,
	              SEVERITY_CRITICAL);
	assert_judged(judge_workspace(KIND_WORKSPACE_RUN_FAILED, &on_revoked), true, PHASE_NONE,
	              SEVERITY_WARNING);
	assert_judged(judge_workspace(KIND_WORKSPACE_CHECK_FAILED, &on_revoked), true, PHASE_NONE,
	              SEVERITY_WARNING);
	assert_judged(judge_workspace(KIND_WORKSPACE_ASSESSMENT_FAILED, &on_revoked), true,
	              PHASE_NONE, SEVERITY_INFO);
	assert_judged(judge_workspace(KIND_WORKSPACE_RUN_WAITING, &on_revoked), true, PHASE_NONE,
	              SEVERITY_INFO);
	assert_false(judge_workspace(KIND_WORKSPACE_DRIFT, &ended_on_revoked).open);
	assert_false(judge_workspace(KIND_WORKSPACE_RUN_FAILED, &ended).open);
}

static void
what_nobody_told_of_for_long_ends_as_stale(void **state)
{
	static const struct workspace_facts ended = {.stale = true},
					    goes_on = {.wrong = true, .stale = true};

	(void)state;
	assert_judged(judge_workspace(KIND_WORKSPACE_DRIFT, &ended), false, PHASE_STALE,
	              SEVERITY_WARNING);
	assert_judged(judge_workspace(KIND_WORKSPACE_DRIFT, &goes_on), true, PHASE_NONE,
	              SEVERITY_WARNING);
}

static void
an_auto_destroy_that_could_not_start_is_a_warning(void **state)
{
	static const struct workspace_facts due = {.wrong = true},
					    failed = {.wrong = true, .failed = true};

	(void)state;
	assert_judged(judge_workspace(KIND_WORKSPACE_AUTO_DESTROY, &due), true, PHASE_NONE,
	              SEVERITY_INFO);
	assert_judged(judge_workspace(KIND_WORKSPACE_AUTO_DESTROY, &failed), true, PHASE_NONE,
	              SEVERITY_WARNING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(affected_counts_the_possible_and_the_planned_ones_in),
		cmocka_unit_test(a_revocation_is_critical_while_workspaces_are_affected),
		cmocka_unit_test(a_schedule_is_a_warning),
		cmocka_unit_test(cancelling_or_restoring_lifts_it),
		cmocka_unit_test(it_is_cleared_when_the_last_affected_one_moved_or_is_gone),
		cmocka_unit_test(it_is_cleared_after_a_month_with_nobody_affected),
		cmocka_unit_test(a_deletion_is_critical_while_somebody_runs_the_version),
		cmocka_unit_test(superseding_is_open_while_somebody_runs_an_older_version),
		cmocka_unit_test(drift_is_critical_on_a_revoked_image_and_a_failed_run_is_not),
		cmocka_unit_test(what_nobody_told_of_for_long_ends_as_stale),
		cmocka_unit_test(an_auto_destroy_that_could_not_start_is_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
