/* An event that brings the process down is parked after some starts. */
#include "scratch.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay/runtime/loop.h"

#define CRASHER "evt_040"
#define EVENTS 100

static int
plan(void *arg, struct db *db, const struct stored_event *e, int64_t now_ms, struct err *err)
{
	(void)arg;
	(void)now_ms;
	if (strcmp(e->id, CRASHER) == 0)
		kill(getpid(), SIGKILL);
	return event_move(db, e->id, EVENT_PROCESSED, "noted", NULL, err);
}

static int
park(void *arg, struct db *db, const struct stored_event *e, const char *reason, int64_t now_ms,
     struct err *err)
{
	char *told = arg;

	(void)db;
	(void)now_ms;
	(void)err;
	snprintf(told, 200, "%s: %s", e->id, reason);
	return 0;
}

static void
store_events(const struct scratch *s, int from, int to)
{
	struct db *db = scratch_db(s, DB_WRITE);
	struct err err;

	assert_int_equal(db_begin(db, &err), 0);
	for (int i = from; i < to; i++) {
		char id[32], key[32], first[32];

		snprintf(id, sizeof(id), "evt_%03d", i);
		snprintf(key, sizeof(key), "key_%03d", i);
		struct new_event e = {.id = id,
		                      .key = key,
		                      .source = "estate",
		                      .source_kind = "hcp_packer",
		                      .body = "{}",
		                      .body_len = 2,
		                      .received_at = 1};
		assert_int_equal(event_insert(db, &e, first, &err), 1);
	}
	assert_int_equal(db_commit(db, &err), 0);
	db_close(db);
}

static bool
nothing_pending(void *arg)
{
	return store_backlog(arg) == 0;
}

/* One life of the relay on this store: true when it planned all and ended well. */
static bool
live(struct scratch *s, const struct planner *planner)
{
	struct rig rig = {.scratch = *s, .loop = loop_new()};

	rig.inbox = inbox_new(rig.loop);
	rig_open(&rig, planner);
	rig_until(&rig, nothing_pending, rig.store);
	rig_close(&rig);
	inbox_free(rig.inbox);
	loop_free(rig.loop);
	return true;
}

static bool
live_in_a_child(struct scratch *s)
{
	char told[200] = "";
	const struct planner planner = {.plan = plan, .park = park, .arg = told};
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		_exit(live(s, &planner) ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
test_a_crasher_is_parked_and_the_others_are_planned(void **state)
{
	struct scratch s;
	char told[200] = "";
	const struct planner planner = {.plan = plan, .park = park, .arg = told};

	(void)state;
	scratch_make(&s);
	store_events(&s, 0, EVENTS);
	for (int i = 0; i < EVENT_STARTS_MAX; i++)
		assert_false(live_in_a_child(&s));
	assert_int_equal(scratch_ask(&s, "SELECT tries FROM events WHERE id = '" CRASHER "'"),
	                 EVENT_STARTS_MAX);
	/* Those counted together with it lost one try, and had one alone; how many are
	 * counted together is a matter of time. */
	assert_in_range(scratch_ask(&s, "SELECT MAX(tries) FROM events WHERE id <> '" CRASHER "'"),
	                1, 2);
	assert_true(live(&s, &planner));
	assert_string_equal(told, CRASHER ": the relay ended each time it was planned");
	assert_int_equal(scratch_ask(&s, "SELECT COUNT(*) FROM events WHERE state = 'processed'"),
	                 EVENTS - 1);
	assert_int_equal(scratch_ask(&s, "SELECT COUNT(*) FROM events WHERE state = 'parked'"), 1);
	scratch_remove(&s);
}

static int
fail_to_plan(void *arg, struct db *db, const struct stored_event *e, int64_t now_ms,
             struct err *err)
{
	atomic_int *calls = arg;

	(void)db;
	(void)e;
	(void)now_ms;
	atomic_fetch_add(calls, 1);
	return err_set(err, "no luck");
}

static void
test_starts_are_no_failures(void **state)
{
	atomic_int calls = 0;
	const struct planner planner = {.plan = fail_to_plan, .arg = &calls};
	struct scratch s;

	(void)state;
	scratch_make(&s);
	store_events(&s, 0, 1);
	scratch_run(&s, "UPDATE events SET tries = 3"); /* stopped in its planning */
	assert_true(live(&s, &planner));
	assert_int_equal(atomic_load(&calls), EVENT_TRIES_MAX);
	assert_int_equal(scratch_ask(&s, "SELECT COUNT(*) FROM events WHERE state = 'parked'"), 1);
	scratch_remove(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_crasher_is_parked_and_the_others_are_planned),
		cmocka_unit_test(test_starts_are_no_failures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
