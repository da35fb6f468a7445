/* How far a sweep has come, and what waits to be read for it. */
#include "desk.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/store/readings.h"
#include "relay/store/sweeps.h"

#define NOW (INT64_C(20000) * DAY_MS)

static void
it_is_kept_as_it_was_put_last(void **state)
{
	struct desk *d = *state;
	struct sweep sweep = {.source = "acme",
	                      .place = "app.terraform.io/acme",
	                      .step = SWEEP_LIST,
	                      .page = 3,
	                      .shortlisted = true,
	                      .seen = 200,
	                      .total = 480,
	                      .started_at = NOW,
	                      .problem = "HTTP 503"};
	struct sweep got;

	assert_int_equal(sweep_get(d->db, "acme", &got, &d->err), 0);
	assert_null(got.source);
	assert_int_equal(sweep_put(d->db, &sweep, &d->err), 0);
	assert_int_equal(sweep_get(d->db, "acme", &got, &d->err), 1);
	assert_string_equal(got.place, "app.terraform.io/acme");
	assert_string_equal(got.problem, "HTTP 503");
	assert_true(got.step == SWEEP_LIST && got.page == 3 && got.shortlisted);
	assert_true(got.seen == 200 && got.total == 480);
	assert_true(got.started_at == NOW && got.ended_at == 0);
	sweep_fini(&got);
	sweep.step = SWEEP_DONE;
	sweep.ended_at = NOW + 1;
	sweep.problem = NULL;
	assert_int_equal(sweep_put(d->db, &sweep, &d->err), 0);
	assert_int_equal(sweep_get(d->db, "acme", &got, &d->err), 1);
	assert_true(got.step == SWEEP_DONE && got.ended_at == NOW + 1 && got.problem == NULL);
	sweep_fini(&got);
	assert_int_equal(sweep_get(d->db, "other", &got, &d->err), 0);
}

static void
owe(struct desk *d, char *subject, char *workspace_key, char *run_id, int64_t run_created_at)
{
	const struct owed_reading owed = {.kind = READING_STATE,
	                                  .subject = subject,
	                                  .source = "acme",
	                                  .workspace_key = workspace_key,
	                                  .run_id = run_id,
	                                  .run_created_at = run_created_at,
	                                  .until_at = NOW + DAY_MS};

	assert_int_equal(readings_owe(d->db, &owed, NOW, NOW, &d->err), 0);
}

static void
a_workspace_waits_for_one_reading_of_its_newest_run(void **state)
{
	struct desk *d = *state;
	struct owed_reading got;
	int64_t next_at;

	assert_int_equal(readings_newer_run(d->db, READING_STATE, "wks_1", "run-2", 20, &d->err),
	                 0);
	owe(d, "run-1", "wks_1", "run-1", 10);
	assert_int_equal(readings_newer_run(d->db, READING_STATE, "wks_2", "run-2", 20, &d->err),
	                 0);
	assert_int_equal(
		readings_newer_run(d->db, READING_ASSESSMENT, "wks_1", "run-2", 20, &d->err), 0);
	assert_int_equal(readings_newer_run(d->db, READING_STATE, "wks_1", "run-2", 20, &d->err),
	                 1);
	/* An older one, heard of late, changes nothing. */
	assert_int_equal(readings_newer_run(d->db, READING_STATE, "wks_1", "run-0", 5, &d->err), 1);
	assert_int_equal(readings_waiting(d->db, READING_STATE, "acme", NOW, &d->err), 1);
	assert_int_equal(readings_claim(d->db, READING_STATE, 1, 1, NOW, &got, &next_at, &d->err),
	                 1);
	assert_string_equal(got.run_id, "run-2");
	assert_int_equal(got.run_created_at, 20);
	/* What is under way may have read an older state. */
	assert_int_equal(readings_newer_run(d->db, READING_STATE, "wks_1", "run-3", 30, &d->err),
	                 0);
	assert_int_equal(readings_waiting(d->db, READING_STATE, "acme", NOW, &d->err), 1);
	/* One that is put off is not waited for before its time. */
	assert_int_equal(readings_again(d->db, got.id, NOW + HOUR_MS, "busy", &d->err), 0);
	assert_int_equal(readings_waiting(d->db, READING_STATE, "acme", NOW, &d->err), 0);
	assert_int_equal(readings_waiting(d->db, READING_STATE, "acme", INT64_MAX, &d->err), 1);
	assert_int_equal(readings_done(d->db, got.id, READING_READ, &d->err), 0);
	assert_int_equal(readings_waiting(d->db, READING_STATE, "acme", NOW, &d->err), 0);
	assert_int_equal(readings_waiting(d->db, READING_STATE, "other", NOW, &d->err), 0);
	owed_reading_fini(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_kept_as_it_was_put_last, desk_setup,
	                                        desk_teardown),
		cmocka_unit_test_setup_teardown(a_workspace_waits_for_one_reading_of_its_newest_run,
	                                        desk_setup, desk_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
