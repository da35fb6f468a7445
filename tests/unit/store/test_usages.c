/* What workspaces run, as it is kept. */
#include "desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"
#include "relay/store/applies.h"
#include "relay/store/artifacts.h"
#include "relay/store/readings.h"
#include "relay/store/usages.h"

#define WEB "org/project/web"
#define SHOP "wks_1"

static struct usage
usage(char *run, char *fingerprint, char *identifier)
{
	return (struct usage){
		.run = run,
		.bucket_key = WEB,
		.fingerprint = fingerprint,
		.external_identifier = identifier,
		.evidence = EVIDENCE_PLAN,
		.certain = true,
		.instances = 1,
		.seen_at = 100,
	};
}

static void
put(struct desk *d, struct usage usage)
{
	assert_int_equal(usages_put(d->db, SHOP, &usage, &d->err), 0);
}

static void
assert_list(const struct usage_list *list, const char *expected)
{
	struct buf text = {0};

	for (size_t i = 0; i < list->count; i++) {
		const struct usage *u = &list->items[i];

		buf_printf(&text, "%s%s%s %s%s", i > 0 ? ", " : "", u->run,
		           u->run[0] != '\0' ? ":" : "", u->fingerprint, u->certain ? "" : "?");
	}
	buf_add(&text, "", 0);
	assert_string_equal(text.data != NULL ? text.data : "", expected);
	buf_fini(&text);
}

static void
assert_usages(struct desk *d, const char *expected)
{
	struct usage_list list;

	assert_int_equal(usages_of(d->db, SHOP, &list, &d->err), 0);
	assert_list(&list, expected);
	usage_list_fini(&list);
}

static void
the_same_again_keeps_the_better_and_the_first(void **state)
{
	struct desk *d = *state;
	struct usage first = usage("", "f1", "ami-1"), again = first;
	struct usage_list list;

	first.evidence = EVIDENCE_STATE;
	first.channel = "production";
	put(d, first);
	again.certain = false;
	again.seen_at = 200;
	again.region = "eu-central-1";
	again.instances = 3;
	put(d, again);
	assert_int_equal(usages_of(d->db, SHOP, &list, &d->err), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].evidence, EVIDENCE_STATE);
	assert_true(list.items[0].certain);
	assert_string_equal(list.items[0].channel, "production");
	assert_string_equal(list.items[0].region, "eu-central-1");
	assert_int_equal(list.items[0].instances, 3);
	assert_int_equal(list.items[0].seen_at, 100);
	usage_list_fini(&list);
}

static void
doubted_it_is_certain_again_when_it_is_seen(void **state)
{
	struct desk *d = *state;
	struct usage one = usage("", "f1", "ami-1");

	put(d, one);
	assert_int_equal(usages_doubt(d->db, SHOP, &one, &d->err), 0);
	assert_usages(d, " f1?");
	put(d, one);
	assert_usages(d, " f1");
	assert_int_equal(usages_drop(d->db, SHOP, &one, &d->err), 0);
	assert_usages(d, "");
}

static void
read_plan(struct desk *d, char *run, int64_t created_at, const char *outcome)
{
	const struct owed_reading owed = {
		.kind = READING_PLAN,
		.subject = run,
		.source = "run-task",
		.workspace_key = SHOP,
		.run_id = run,
		.run_created_at = created_at,
		.until_at = 9000,
	};
	struct owed_reading claimed;
	int64_t next_at;

	assert_int_equal(readings_owe(d->db, &owed, 50, 40, &d->err), 0);
	assert_int_equal(readings_claim(d->db, READING_PLAN, 1, 1, 50, &claimed, &next_at, &d->err),
	                 1);
	assert_int_equal(readings_done(d->db, claimed.id, outcome, &d->err), 0);
	owed_reading_fini(&claimed);
}

static void
what_earlier_runs_planned_goes_and_what_later_ones_do_stays(void **state)
{
	struct desk *d = *state;

	read_plan(d, "run-1", 1000, READING_READ);
	read_plan(d, "run-2", 2000, READING_READ);
	put(d, usage("", "f0", ""));
	put(d, usage("run-1", "f1", ""));
	put(d, usage("run-2", "f2", ""));
	put(d, usage(USAGE_RUN_ERRORED, "f3", ""));
	assert_int_equal(usages_doubt_planned(d->db, SHOP, 1000, &d->err), 0);
	assert_usages(d, " f0, errored: f3?, run-1: f1?, run-2: f2");
	assert_int_equal(usages_drop_planned(d->db, SHOP, 1000, &d->err), 0);
	assert_usages(d, " f0, run-2: f2");
	assert_int_equal(usages_drop_planned(d->db, SHOP, 2000, &d->err), 0);
	assert_usages(d, " f0");
}

static void
what_was_undone_is_kept_apart_until_it_is_forgotten(void **state)
{
	struct desk *d = *state;
	struct usage_list list;

	put(d, usage("", "f0", ""));
	put(d, usage("run-1", "f1", "ami-1"));
	assert_int_equal(usages_undo_run(d->db, SHOP, "run-1", &d->err), 0);
	assert_int_equal(usages_undo_run(d->db, SHOP, "run-1", &d->err), 0);
	assert_usages(d, " f0");
	assert_int_equal(usages_undone(d->db, SHOP, "run-1", &list, &d->err), 0);
	assert_list(&list, "run-1: f1");
	assert_string_equal(list.items[0].external_identifier, "ami-1");
	usage_list_fini(&list);
	assert_int_equal(usages_undone(d->db, SHOP, "run-2", &list, &d->err), 0);
	assert_list(&list, "");
	usage_list_fini(&list);
	assert_int_equal(usages_forget_undone(d->db, SHOP, &d->err), 0);
	assert_int_equal(usages_undone(d->db, SHOP, "run-1", &list, &d->err), 0);
	assert_list(&list, "");
	usage_list_fini(&list);
}

static void
a_run_is_known_by_its_plan_once_that_was_read(void **state)
{
	struct desk *d = *state;
	int64_t created_at;

	read_plan(d, "run-1", 1000, READING_READ);
	read_plan(d, "run-2", 2000, "the plan is gone");
	read_plan(d, "run-3", 0, READING_READ);
	assert_int_equal(readings_of_run(d->db, SHOP, "run-1", &created_at, &d->err), 1);
	assert_int_equal(created_at, 1000);
	assert_int_equal(readings_of_run(d->db, SHOP, "run-2", &created_at, &d->err), 0);
	/* Where it was not told, when its plan was asked for. */
	assert_int_equal(readings_of_run(d->db, SHOP, "run-3", &created_at, &d->err), 1);
	assert_int_equal(created_at, 40);
	assert_int_equal(readings_of_run(d->db, "wks_2", "run-1", &created_at, &d->err), 0);
}

static void
what_it_ran_is_remembered_to_the_last_of_it(void **state)
{
	struct desk *d = *state;
	const struct image image = {.bucket_key = WEB, .fingerprint = "f1"};
	struct usage one = usage("", "f1", "ami-1"), bare = usage("", "", "ami-2");
	struct former_usage former;

	assert_int_equal(usages_ended(d->db, SHOP, &one, 500, &d->err), 0);
	assert_int_equal(usages_ended(d->db, SHOP, &one, 300, &d->err), 0);
	assert_int_equal(usages_ended(d->db, SHOP, &bare, 900, &d->err), 0);
	assert_int_equal(usages_former(d->db, SHOP, &image, 499, &former, &d->err), 1);
	assert_int_equal(former.evidence, EVIDENCE_PLAN);
	free(former.channel);
	assert_int_equal(usages_former(d->db, SHOP, &image, 500, &former, &d->err), 0);
	assert_int_equal(usages_former(d->db, "wks_2", &image, 0, &former, &d->err), 0);
}

static void
an_artifact_is_found_by_its_id_however_that_is_written(void **state)
{
	struct desk *d = *state;
	char *key;

	assert_int_equal(artifact_put(d->db, "ami-1", WEB, "f1", &d->err), 1);
	assert_int_equal(artifact_put(d->db, "ami-1", WEB, "f1", &d->err), 0);
	assert_int_equal(artifact_find(d->db, "ami-1", "", &key, &d->err), 1);
	assert_string_equal(key, WEB "/f1");
	free(key);
	assert_int_equal(artifact_find(d->db, "ami-1", "org/project/other", &key, &d->err), 0);
	assert_int_equal(artifact_find(d->db, "ami-2", "", &key, &d->err), 0);
	/* Of two buckets: which of them cannot be told, but for one that is asked for. */
	assert_int_equal(artifact_put(d->db, "ami-1", "org/project/other", "f9", &d->err), 1);
	assert_int_equal(artifact_find(d->db, "ami-1", "", &key, &d->err), 0);
	assert_int_equal(artifact_find(d->db, "ami-1", WEB, &key, &d->err), 1);
	free(key);
}

static void
applied_runs_come_in_the_order_of_their_ends(void **state)
{
	struct desk *d = *state;
	struct applied_list list;

	assert_int_equal(applies_add(d->db, SHOP, (struct applied){20, 40}, &d->err), 0);
	assert_int_equal(applies_add(d->db, SHOP, (struct applied){10, 30}, &d->err), 0);
	assert_int_equal(applies_add(d->db, SHOP, (struct applied){20, 40}, &d->err), 0);
	assert_int_equal(applies_of(d->db, SHOP, &list, &d->err), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].from, 10);
	assert_int_equal(list.items[1].to, 40);
	free(list.items);
}

static void
those_that_wait_for_an_artifact_are_found(void **state)
{
	struct desk *d = *state;
	struct workspace_keys keys;

	put(d, usage("", "", "ami-1"));
	put(d, usage("run-1", "", "ami-1"));
	put(d, usage("", "f2", "ami-2"));
	assert_int_equal(usages_unresolved(d->db, "ami-1", &keys, &d->err), 0);
	assert_int_equal(keys.count, 1);
	assert_string_equal(keys.items[0], SHOP);
	workspace_keys_fini(&keys);
	assert_int_equal(usages_unresolved(d->db, "ami-2", &keys, &d->err), 0);
	assert_int_equal(keys.count, 0);
	workspace_keys_fini(&keys);
	assert_int_equal(usages_in(d->db, WEB, &keys, &d->err), 0);
	assert_int_equal(keys.count, 1);
	workspace_keys_fini(&keys);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_again_keeps_the_better_and_the_first),
		TEST(doubted_it_is_certain_again_when_it_is_seen),
		TEST(what_earlier_runs_planned_goes_and_what_later_ones_do_stays),
		TEST(what_was_undone_is_kept_apart_until_it_is_forgotten),
		TEST(a_run_is_known_by_its_plan_once_that_was_read),
		TEST(what_it_ran_is_remembered_to_the_last_of_it),
		TEST(an_artifact_is_found_by_its_id_however_that_is_written),
		TEST(applied_runs_come_in_the_order_of_their_ends),
		TEST(those_that_wait_for_an_artifact_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
