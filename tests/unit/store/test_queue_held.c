/* Deliveries that a silence holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/store/queue.h"
#include "relay/store/silences.h"
#include "world.h"

#define T0 INT64_C(1700000000000)
#define SLACK "slack 01"

static void
add(struct world *w, int64_t revision, int64_t held_until, int64_t now_ms)
{
	const struct delivery_plan plan = {
		.notification_id = "ntf_1",
		.revision = revision,
		.document = "{\"reason\":null,\"id\":\"ntf_1\"}",
		.destination = SLACK,
		.sink = "team-slack",
		.sink_kind = "slack",
		.severity = SEVERITY_WARNING,
		.not_before = T0,
		.held_until = held_until,
		.held_by = held_until > 0 ? "sil_1" : NULL,
		.incident_id = "inc_1",
	};

	if (queue_add(w->db, &plan, now_ms, &w->err) < 0)
		fail_msg("%s", w->err.text);
}

/* 1 and the id of what can be claimed now, or 0 and when the next can. */
static int
claim(struct world *w, int64_t now_ms, char id[32], int64_t *next)
{
	const struct claim_want want = {SLACK, 1, MINUTE_MS};
	struct claimed got;
	int count = queue_claim(w->db, &want, now_ms, &got, next, &w->err);

	assert_true(count >= 0);
	if (count == 1) {
		memcpy(id, got.id, 32);
		claimed_fini(&got);
	}
	return count;
}

static void
settle(struct world *w, const char *id, enum settle what, int64_t now_ms, int64_t due_at)
{
	const struct settlement s = {.delivery_id = id, .settle = what, .due_at = due_at};

	if (queue_settle(w->db, &s, now_ms, &w->err) < 0)
		fail_msg("%s", w->err.text);
}

static void
must_wait(struct world *w, int64_t now_ms, int64_t until)
{
	char id[32];
	int64_t next;

	assert_int_equal(claim(w, now_ms, id, &next), 0);
	assert_int_equal(next, until);
}

static void
hold(struct world *w, int64_t until, int64_t now_ms, int expected)
{
	assert_int_equal(silences_hold(w->db, "inc_1", until, until > 0 ? "sil_1" : NULL, 0, now_ms,
	                               &w->err),
	                 expected);
}

static void
a_newer_revision_is_held_by_what_holds_it(void **state)
{
	struct world *w = *state;
	char id[32];
	int64_t next;

	add(w, 1, T0 + HOUR_MS, T0);
	must_wait(w, T0 + MINUTE_MS, T0 + HOUR_MS);
	add(w, 2, T0 + 2 * HOUR_MS, T0 + MINUTE_MS);
	must_wait(w, T0 + MINUTE_MS, T0 + 2 * HOUR_MS);
	add(w, 3, 0, T0 + 2 * MINUTE_MS); /* no silence matches it any more */
	assert_int_equal(claim(w, T0 + 2 * MINUTE_MS, id, &next), 1);
}

static void
one_that_waits_for_its_retry_is_held_all_the_same(void **state)
{
	struct world *w = *state;
	char id[32];
	int64_t next;

	add(w, 1, 0, T0);
	assert_int_equal(claim(w, T0, id, &next), 1);
	settle(w, id, SETTLE_RETRY, T0, T0 + SECOND_MS);
	add(w, 2, T0 + HOUR_MS, T0);
	must_wait(w, T0 + MINUTE_MS, T0 + HOUR_MS);
	/* A retry that comes later than the end keeps its turn. */
	hold(w, 0, T0 + MINUTE_MS, 1);
	assert_int_equal(claim(w, T0 + MINUTE_MS, id, &next), 1);
	settle(w, id, SETTLE_RETRY, T0 + MINUTE_MS, T0 + 3 * HOUR_MS);
	hold(w, T0 + HOUR_MS, T0 + MINUTE_MS, 1);
	must_wait(w, T0 + MINUTE_MS, T0 + 3 * HOUR_MS);
	hold(w, 0, T0 + MINUTE_MS, 1);
	must_wait(w, T0 + MINUTE_MS, T0 + 3 * HOUR_MS);
}

static void
one_under_way_is_held_when_it_comes_back(void **state)
{
	struct world *w = *state;
	static const enum settle ways[] = {SETTLE_RETRY, SETTLE_PLAIN, SETTLE_WAIT};
	char id[32];
	int64_t next, until = T0 + HOUR_MS;

	add(w, 1, 0, T0);
	for (size_t i = 0; i < COUNT(ways); i++) {
		assert_int_equal(claim(w, T0, id, &next), 1);
		hold(w, until, T0, 1);
		hold(w, until, T0, 0);
		settle(w, id, ways[i], T0, T0);
		must_wait(w, T0, until);
		/* A retry by hand waits for it, too. */
		assert_int_equal(queue_retry(w->db, id, T0, &w->err), 1);
		must_wait(w, T0, until);
		hold(w, 0, T0, 1);
		hold(w, 0, T0, 0);
	}
	assert_int_equal(claim(w, T0, id, &next), 1);
	hold(w, until, T0, 1);
	assert_int_equal(queue_release_all(w->db, &w->err), 0);
	must_wait(w, T0, until);
}

static void
it_lives_from_the_end_of_the_silence_on(void **state)
{
	struct world *w = *state;
	int64_t until = T0 + 10 * DAY_MS;

	add(w, 1, until, T0);
	assert_int_equal(queue_expire(w->db, T0 + 5 * DAY_MS, &w->err), 0);
	assert_int_equal(queue_expire(w->db, until + DAY_MS, &w->err), 0);
	assert_int_equal(queue_expire(w->db, until + DELIVERY_LIFE_MS, &w->err), 1);
}

static void
an_end_that_has_come_is_no_news(void **state)
{
	struct world *w = *state;

	add(w, 1, T0 + HOUR_MS, T0);
	hold(w, 0, T0 + HOUR_MS, 0);
	assert_int_equal(silences_holds(w->db, "inc_1", T0 + HOUR_MS, "sil_1", &w->err), 1);
	assert_int_equal(silences_holds(w->db, "inc_1", T0 + HOUR_MS, "sil_2", &w->err), 0);
}

static void
silences_are_kept_until_they_are_over(void **state)
{
	struct world *w = *state;
	struct stored_silence made = {.form = {.by = "jane", .until = T0 + HOUR_MS}};
	struct stored_silence_list list;

	assert_int_equal(silences_add(w->db, &made, T0, &w->err), 1);
	assert_int_equal(silences_load(w->db, T0, &list, &w->err), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].id, made.id);
	assert_string_equal(list.items[0].form.by, "jane");
	assert_int_equal(list.items[0].form.starts_at, T0);
	stored_silence_list_fini(&list);
	assert_int_equal(silences_load(w->db, T0 + HOUR_MS, &list, &w->err), 0);
	assert_int_equal(list.count, 0);
	stored_silence_list_fini(&list);
	assert_int_equal(silences_drop(w->db, made.id, &w->err), 1);
	assert_int_equal(silences_drop(w->db, made.id, &w->err), 0);
}

static void
there_are_only_so_many(void **state)
{
	struct world *w = *state;
	struct stored_silence one = {.form = {.by = "jane", .until = T0 + HOUR_MS}};

	for (int i = 0; i < SILENCES_MAX; i++)
		assert_int_equal(silences_add(w->db, &one, T0, &w->err), 1);
	assert_int_equal(silences_add(w->db, &one, T0, &w->err), 0);
	one.form.until = T0 + 2 * HOUR_MS;
	assert_int_equal(silences_add(w->db, &one, T0 + HOUR_MS, &w->err), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_newer_revision_is_held_by_what_holds_it,
	                                        open_world, close_world),
		cmocka_unit_test_setup_teardown(one_that_waits_for_its_retry_is_held_all_the_same,
	                                        open_world, close_world),
		cmocka_unit_test_setup_teardown(one_under_way_is_held_when_it_comes_back,
	                                        open_world, close_world),
		cmocka_unit_test_setup_teardown(it_lives_from_the_end_of_the_silence_on, open_world,
	                                        close_world),
		cmocka_unit_test_setup_teardown(an_end_that_has_come_is_no_news, open_world,
	                                        close_world),
		cmocka_unit_test_setup_teardown(silences_are_kept_until_they_are_over, open_world,
	                                        close_world),
		cmocka_unit_test_setup_teardown(there_are_only_so_many, open_world, close_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
