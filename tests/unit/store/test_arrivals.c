/* Events of a crowd: kept together, found as copies, given rows of their own, in order. */
#include "scratch.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/ulid.h"
#include "relay/store/arrivals.h"

struct desk {
	struct scratch scratch;
	struct db *db;
	struct err err;
	char first[32];
};

static int
setup(void **state)
{
	struct desk *d = mem_alloc(sizeof(*d));

	scratch_make(&d->scratch);
	d->db = scratch_db(&d->scratch, DB_WRITE);
	*state = d;
	return 0;
}

static int
teardown(void **state)
{
	struct desk *d = *state;

	db_close(d->db);
	scratch_remove(&d->scratch);
	free(d);
	return 0;
}

static void
begin(struct desk *d, bool crowd)
{
	assert_int_equal(db_begin(d->db, &d->err), 0);
	db_arrivals(d->db)->crowd = crowd;
}

static void
commit(struct desk *d)
{
	if (db_commit(d->db, &d->err) != 0)
		fail_msg("%s", d->err.text);
}

/* Stores event `n`; 1, or 0 when it is a copy. */
static int
accept_body(struct desk *d, int n, const char *body, size_t len, const char *sealed)
{
	char id[16], key[16];
	struct new_event e = {.id = id,
	                      .key = key,
	                      .source = "estate",
	                      .source_kind = "hcp_packer",
	                      .body = body,
	                      .body_len = len,
	                      .sealed = sealed,
	                      .received_at = 1000 + n};

	snprintf(id, sizeof(id), "evt_%03d", n);
	snprintf(key, sizeof(key), "key_%03d", n);
	return event_insert(d->db, &e, d->first, &d->err);
}

static int
accept(struct desk *d, int n)
{
	return accept_body(d, n, "{\"a\":1}", 7, NULL);
}

static void
reopen(struct desk *d)
{
	db_close(d->db);
	d->db = scratch_db(&d->scratch, DB_WRITE);
}

static int64_t
ask(struct desk *d, const char *query)
{
	return scratch_ask(&d->scratch, query);
}

static int
settle(struct desk *d)
{
	return arrivals_settle(d->db, db_arrivals(d->db), &d->err);
}

static void
settle_all(struct desk *d)
{
	int rc;

	begin(d, false);
	while ((rc = settle(d)) == 1)
		;
	assert_int_equal(rc, 0);
	commit(d);
}

static void
test_a_crowd_is_one_row_until_it_is_settled(void **state)
{
	struct desk *d = *state;

	begin(d, true);
	for (int i = 0; i < 20; i++)
		assert_int_equal(accept(d, i), 1);
	commit(d);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM arrivals"), 1);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events"), 0);

	settle_all(d);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM arrivals"), 0);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events WHERE state = 'accepted' AND tries = 0"
	                        " AND source = 'estate' AND source_kind = 'hcp_packer'"
	                        " AND body = '{\"a\":1}' AND sealed IS NULL"
	                        " AND received_at = 1000 + CAST(substr(id, 5) AS INTEGER)"
	                        " AND substr(key, 5) = substr(id, 5)"),
	                 20);
}

static void
test_who_comes_alone_gets_a_row_at_once(void **state)
{
	struct desk *d = *state;

	begin(d, false);
	assert_int_equal(accept(d, 1), 1);
	commit(d);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events"), 1);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM arrivals"), 0);
}

static void
test_bodies_and_tokens_come_back_byte_for_byte(void **state)
{
	static const char odd[] = "{\"a\":\"5:x,-,\xc3\xa9\\u0000\"}\n";
	struct desk *d = *state;
	char *large = mem_alloc(100000), *fits = mem_alloc(50000);

	memset(large, ' ', 100000);
	memset(fits, ',', 50000);
	begin(d, true);
	assert_int_equal(accept_body(d, 1, odd, sizeof(odd) - 1, "sealed:1,2"), 1);
	assert_int_equal(accept_body(d, 2, "", 0, ""), 1);
	assert_int_equal(accept_body(d, 3, large, 100000, NULL), 1);
	assert_int_equal(accept_body(d, 4, fits, 50000, NULL), 1);
	commit(d);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events WHERE id = 'evt_003'"), 1);

	settle_all(d);
	for (int n = 1; n <= 4; n++) {
		struct event_body body;
		char id[16];

		snprintf(id, sizeof(id), "evt_%03d", n);
		begin(d, false);
		assert_int_equal(event_body(d->db, id, &body, &d->err), 1);
		if (n == 1) {
			assert_int_equal(body.len, sizeof(odd) - 1);
			assert_memory_equal(body.data, odd, body.len);
		} else {
			assert_int_equal(body.len, n == 2 ? 0 : n == 3 ? 100000 : 50000);
		}
		event_body_fini(&body);
		db_rollback(d->db);
	}
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events WHERE sealed = 'sealed:1,2'"), 1);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events WHERE sealed = ''"), 1);
	free(large);
	free(fits);
}

static void
test_a_copy_is_found_before_and_after_and_over_a_restart(void **state)
{
	struct desk *d = *state;

	begin(d, true);
	assert_int_equal(accept(d, 1), 1);
	assert_int_equal(accept(d, 1), 0);
	assert_string_equal(d->first, "evt_001");
	assert_int_equal(accept(d, 2), 1);
	commit(d);

	reopen(d);
	begin(d, false);
	assert_int_equal(accept(d, 2), 0);
	assert_string_equal(d->first, "evt_002");
	db_rollback(d->db);

	settle_all(d);
	reopen(d);
	begin(d, true);
	assert_int_equal(accept(d, 1), 0);
	assert_int_equal(accept(d, 3), 1);
	commit(d);
}

static void
test_rows_are_settled_oldest_first_over_a_restart(void **state)
{
	struct desk *d = *state;

	for (int turn = 0; turn < 3; turn++) {
		begin(d, true);
		for (int i = 0; i < 4; i++)
			assert_int_equal(accept(d, 4 * turn + i), 1);
		commit(d);
	}
	begin(d, false);
	assert_int_equal(settle(d), 1);
	commit(d);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events WHERE id <= 'evt_003'"), 4);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events"), 4);

	reopen(d);
	begin(d, true);
	assert_int_equal(accept(d, 12), 1);
	assert_int_equal(settle(d), 1);
	commit(d);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events WHERE id <= 'evt_007'"), 8);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events"), 8);
	settle_all(d);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events"), 13);
	begin(d, false);
	assert_int_equal(settle(d), 0);
	db_rollback(d->db);
}

static void
test_what_is_rolled_back_was_never_there(void **state)
{
	struct desk *d = *state;

	begin(d, true);
	assert_int_equal(accept(d, 1), 1);
	commit(d);

	begin(d, true);
	assert_int_equal(accept(d, 2), 1);
	assert_int_equal(settle(d), 1);
	db_rollback(d->db);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events"), 0);

	begin(d, true);
	assert_int_equal(accept(d, 3), 1);
	assert_int_equal(db_mark(d->db, &d->err), 0);
	assert_int_equal(accept(d, 4), 1);
	db_mark_rollback(d->db);
	assert_int_equal(accept(d, 5), 1);
	commit(d);
	settle_all(d);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events"), 3);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events WHERE id IN ('evt_002', 'evt_004')"),
	                 0);
	begin(d, true);
	assert_int_equal(accept(d, 4), 1); /* its key was given back */
	db_rollback(d->db);
}

static void
test_a_damaged_row_is_an_error_and_no_crash(void **state)
{
	static const char *const damaged[] = {
		"x",
		"7:evt_00",
		"7:evt_001,",
		"7:evt_001,7:key_001,6:estate,10:hcp_packer,-,-,2:{},",
		"99999999999:evt_001,",
		"-,7:key_001,6:estate,10:hcp_packer,4:1001,-,2:{},",
	};
	struct desk *d = *state;

	for (size_t i = 0; i < COUNT(damaged); i++) {
		char *script = mem_fmt("DELETE FROM arrivals;"
		                       "INSERT INTO arrivals (number, events) VALUES (7, '%s')",
		                       damaged[i]);
		struct db *db = NULL;

		scratch_run(&d->scratch, script);
		free(script);
		db_close(d->db);
		assert_int_equal(db_open(&db, d->scratch.url, DB_WRITE, &d->err), -1);
		assert_non_null(strstr(d->err.text, "row of arrivals"));
		scratch_run(&d->scratch, "DELETE FROM arrivals");
		d->db = scratch_db(&d->scratch, DB_WRITE);
	}
}

/* A planner that does what is to be done with every event, and notes their order. */
static struct {
	atomic_int planned;
	bool in_order; /* the writer's until the store is closed */
	char last[ID_SIZE];
} seen;

static int
plan(void *arg, struct db *db, const struct stored_event *event, int64_t now_ms, struct err *err)
{
	(void)arg;
	(void)now_ms;
	seen.planned++;
	seen.in_order &= strcmp(seen.last, event->id) < 0;
	snprintf(seen.last, sizeof(seen.last), "%s", event->id);
	return event_move(db, event->id, EVENT_PROCESSED, "x", NULL, err);
}

static bool
all_are_planned(void *arg)
{
	(void)arg;
	return seen.planned >= 500;
}

static void
test_a_crowd_is_planned_whole_and_in_order(void **state)
{
	const struct planner planner = {.plan = plan};
	struct rig rig;
	int answered = 0, failed = 0;

	(void)state;
	rig_make(&rig);
	seen.planned = 0;
	seen.in_order = true;
	seen.last[0] = '\0';
	rig_open(&rig, &planner);
	for (int i = 0; i < 500; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%04d", i);
		rig_accept(&rig, name, "{}", 2, &answered, &failed);
	}
	rig_until(&rig, all_are_planned, NULL);
	rig_close(&rig);
	assert_int_equal(seen.planned, 500);
	assert_true(seen.in_order);
	assert_int_equal(
		scratch_ask(&rig.scratch, "SELECT COUNT(*) FROM events WHERE state = 'processed'"),
		500);
	assert_int_equal(scratch_ask(&rig.scratch, "SELECT COUNT(*) FROM arrivals"), 0);
	rig_remove(&rig);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_crowd_is_one_row_until_it_is_settled),
		TEST(who_comes_alone_gets_a_row_at_once),
		TEST(bodies_and_tokens_come_back_byte_for_byte),
		TEST(a_copy_is_found_before_and_after_and_over_a_restart),
		TEST(rows_are_settled_oldest_first_over_a_restart),
		TEST(what_is_rolled_back_was_never_there),
		TEST(a_damaged_row_is_an_error_and_no_crash),
		cmocka_unit_test(test_a_crowd_is_planned_whole_and_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
