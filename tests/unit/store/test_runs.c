/* What is kept of each run, and for how long. */
#include "desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/store/applies.h"
#include "relay/store/prune.h"
#include "relay/store/runs.h"
#include "relay/store/usages.h"

#define NOW (INT64_C(20000) * DAY_MS)
#define RETENTION (90 * DAY_MS)

static void
put(struct desk *d, char *host, char *id, char *status, int64_t updated_at)
{
	const struct run run = {.host = host,
	                        .id = id,
	                        .workspace_key = "wks_1",
	                        .status = status,
	                        .updated_at = updated_at,
	                        .waits = strcmp(status, "planned") == 0};

	assert_int_equal(runs_put(d->db, &run, &d->err), 0);
}

static void
a_run_is_kept_as_it_was_last_told(void **state)
{
	struct desk *d = *state;
	struct run run;

	assert_int_equal(runs_get(d->db, "tfe.example.com", "run-1", &run, &d->err), 0);
	assert_string_equal(run.id, "run-1");
	assert_null(run.status);
	run_fini(&run);
	put(d, "tfe.example.com", "run-1", "planned", NOW);
	put(d, "app.terraform.io", "run-1", "errored", NOW); /* another's run of that name */
	assert_int_equal(runs_get(d->db, "tfe.example.com", "run-1", &run, &d->err), 1);
	assert_string_equal(run.status, "planned");
	assert_string_equal(run.workspace_key, "wks_1");
	assert_int_equal(run.updated_at, NOW);
	assert_true(run.waits);
	run_fini(&run);
	put(d, "tfe.example.com", "run-1", "applying", NOW + 1);
	assert_int_equal(runs_get(d->db, "tfe.example.com", "run-1", &run, &d->err), 1);
	assert_string_equal(run.status, "applying");
	assert_false(run.waits);
	run_fini(&run);
}

static void
old_runs_go_in_bites(void **state)
{
	struct desk *d = *state;
	bool more = true;
	struct run run;
	int bites = 0;

	for (int i = 0; i < 600; i++) {
		char id[32];

		snprintf(id, sizeof(id), "run-%d", i);
		put(d, "app.terraform.io", id, "applied", NOW - 91 * DAY_MS);
	}
	put(d, "app.terraform.io", "run-young", "applied", NOW - 89 * DAY_MS);
	for (; more; bites++)
		assert_int_equal(store_prune(d->db, NOW, RETENTION, &more, &d->err), 0);
	assert_true(bites > 2);
	assert_int_equal(runs_get(d->db, "app.terraform.io", "run-599", &run, &d->err), 0);
	run_fini(&run);
	assert_int_equal(runs_get(d->db, "app.terraform.io", "run-young", &run, &d->err), 1);
	run_fini(&run);
}

static void
apply(struct desk *d, char *workspace_key, int64_t days_ago)
{
	int64_t to = NOW - days_ago * DAY_MS;
	const struct applied applied = {to - MINUTE_MS, to};

	assert_int_equal(applies_add(d->db, workspace_key, applied, &d->err), 0);
}

static void
what_ran_when_retention_began_is_kept(void **state)
{
	struct desk *d = *state;
	struct applied_list list;
	bool more;

	apply(d, "wks_1", 400);
	apply(d, "wks_1", 10);
	apply(d, "wks_1", 120); /* until ten days ago */
	apply(d, "wks_2", 300);
	assert_int_equal(store_prune(d->db, NOW, RETENTION, &more, &d->err), 0);
	assert_int_equal(applies_of(d->db, "wks_1", &list, &d->err), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].to, NOW - 120 * DAY_MS);
	assert_int_equal(list.items[1].from, NOW - 10 * DAY_MS - MINUTE_MS);
	free(list.items);
	assert_int_equal(applies_of(d->db, "wks_2", &list, &d->err), 0);
	assert_int_equal(list.count, 1);
	free(list.items);
}

static void
what_ran_is_forgotten_in_time(void **state)
{
	struct desk *d = *state;
	struct image image = {.bucket_key = "o/p/web", .fingerprint = "f-1"};
	const struct usage usage = {.run = "",
	                            .bucket_key = "o/p/web",
	                            .fingerprint = "f-1",
	                            .external_identifier = "ami-1",
	                            .evidence = EVIDENCE_STATE,
	                            .channel = "production"};
	struct former_usage former;
	bool more;

	assert_int_equal(usages_ended(d->db, "wks_1", &usage, NOW - 91 * DAY_MS, &d->err), 0);
	assert_int_equal(usages_ended(d->db, "wks_2", &usage, NOW - 89 * DAY_MS, &d->err), 0);
	assert_int_equal(store_prune(d->db, NOW, RETENTION, &more, &d->err), 0);
	assert_int_equal(usages_former(d->db, "wks_1", &image, 0, &former, &d->err), 0);
	assert_int_equal(usages_former(d->db, "wks_2", &image, 0, &former, &d->err), 1);
	assert_int_equal(former.evidence, EVIDENCE_STATE);
	assert_string_equal(former.channel, "production");
	free(former.channel);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_run_is_kept_as_it_was_last_told, desk_setup,
	                                        desk_teardown),
		cmocka_unit_test_setup_teardown(old_runs_go_in_bites, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(what_ran_when_retention_began_is_kept, desk_setup,
	                                        desk_teardown),
		cmocka_unit_test_setup_teardown(what_ran_is_forgotten_in_time, desk_setup,
	                                        desk_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
