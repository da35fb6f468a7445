/*
 * What db.h promises, of whichever driver: run with the URL of an empty
 * store, or with none for SQLite in a folder of its own.
 *
 * It keeps to the border: only db.h and the statements of the relay.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/metrics.h"
#include "relay/store/db.h"
#include "relay/store/events.h"

static const char *url;

struct desk {
	struct db *db;
	struct err err;
};

/* Each test works in a transaction that is undone, so they need no order. */
static int
setup(void **state)
{
	struct desk *d = calloc(1, sizeof(*d));

	if (db_open(&d->db, url, DB_WRITE, &d->err) != 0 || db_begin(d->db, &d->err) != 0)
		fail_msg("%s", d->err.text);
	*state = d;
	return 0;
}

static int
teardown(void **state)
{
	struct desk *d = *state;

	db_rollback(d->db);
	db_close(d->db);
	free(d);
	return 0;
}

static int64_t
put(struct desk *d, const char *key, const char *value)
{
	return db_run(d->db, &d->err, ST_META_PUT, "tt", key, value);
}

/* Whether the value of the key is this one; NULL: that there is none. */
static void
expect_meta(struct desk *d, const char *key, const char *value)
{
	struct db_row *row = db_bind(d->db, ST_META_GET, "t", key);

	assert_int_equal(db_step(row, &d->err), value != NULL);
	if (value) {
		assert_string_equal(db_text(row, 0), value);
		assert_int_equal(db_step(row, &d->err), 0);
	}
	assert_int_equal(db_step(row, &d->err), 0); /* and stays at the end */
	db_end(row);
}

static int
add(struct desk *d, const char *id, const char *key)
{
	struct new_event e = {.id = id,
	                      .key = key,
	                      .source = "estate",
	                      .source_kind = "hcp_packer",
	                      .body = "{}",
	                      .body_len = 2,
	                      .received_at = 1};
	char first[32];

	return event_insert(d->db, &e, first, &d->err);
}

static void
test_a_fresh_store_knows_its_schema(void **state)
{
	struct desk *d = *state;

	assert_true(db_number(d->db, &d->err, 0, ST_META_GET, "t", "schema") > 0);
	assert_int_equal(db_number(d->db, &d->err, -7, ST_META_GET, "t", "nothing"), -7);
}

static void
test_changes_are_counted(void **state)
{
	struct desk *d = *state;

	assert_int_equal(put(d, "a", "1"), 1);
	assert_int_equal(put(d, "a", "2"), 1); /* an update of what conflicts */
	expect_meta(d, "a", "2");
	assert_int_equal(add(d, "evt_1", "k1"), 1);
	assert_int_equal(db_run(d->db, &d->err, ST_EVENT_KEY_ADD, "tti", "k9", "evt_1", INT64_C(1)),
	                 1);
	assert_int_equal(db_run(d->db, &d->err, ST_EVENT_KEY_ADD, "tti", "k9", "evt_2", INT64_C(1)),
	                 0);
	assert_int_equal(db_run(d->db, &d->err, ST_EVENT_TRY, "t", "evt_none"), 0);
	assert_int_equal(db_run(d->db, &d->err, ST_EVENT_TRY, "t", "evt_1"), 1);
}

static void
test_null_text_bytes_and_numbers_come_back(void **state)
{
	struct desk *d = *state;
	struct new_event e = {.id = "evt_1",
	                      .key = "k",
	                      .source = "esta\xc3\xa4t",
	                      .source_kind = "",
	                      .body = "{\"a\":\"\\u0000\"}",
	                      .body_len = 14,
	                      .received_at = INT64_C(1) << 53};
	char first[32];
	size_t len;

	assert_int_equal(event_insert(d->db, &e, first, &d->err), 1);
	struct db_row *row = db_bind(d->db, ST_EVENT_LOAD, "t", "evt_1");
	assert_int_equal(db_step(row, &d->err), 1);
	assert_string_equal(db_text(row, 0), "esta\xc3\xa4t");
	assert_string_equal(db_text(row, 1), "");
	assert_true(db_int(row, 2) == INT64_C(1) << 53);
	assert_int_equal(db_int(row, 3), 0);
	assert_memory_equal(db_bytes(row, 4, &len), e.body, 14);
	assert_int_equal(len, 14);
	db_end(row);

	row = db_bind(d->db, ST_EVENT_SEALED, "t", "evt_1");
	assert_int_equal(db_step(row, &d->err), 1);
	assert_null(db_text(row, 0));
	assert_int_equal(db_int(row, 0), 0);
	db_end(row);
}

/* Of `z`, 0 is NULL: a destination that is not paused. */
static void
test_a_time_of_zero_is_null(void **state)
{
	struct desk *d = *state;

	for (int64_t at = 0; at <= 5; at += 5) {
		assert_int_equal(db_run(d->db, &d->err, ST_QUEUE_DESTINATION_PUT, "ttizizti", "d",
		                        "slack", INT64_C(0), at, INT64_C(0), INT64_C(0), NULL,
		                        INT64_C(1)),
		                 1);
		struct db_row *row = db_bind(d->db, ST_QUEUE_DESTINATION, "t", "d");
		assert_int_equal(db_step(row, &d->err), 1);
		assert_int_equal(db_int(row, 1), at);
		assert_true((db_text(row, 1) == NULL) == (at == 0));
		db_end(row);
	}
}

static void
test_text_is_ordered_by_bytes(void **state)
{
	static const char *const ids[] = {"evt_a", "evt_B", "evt_\xc3\xa4", "evt_b"};
	static const char *const sorted[] = {"evt_B", "evt_a", "evt_b", "evt_\xc3\xa4"};
	struct desk *d = *state;

	for (int i = 0; i < 4; i++)
		assert_int_equal(add(d, ids[i], ids[i]), 1);
	struct db_row *row = db_bind(d->db, ST_EVENTS_NEXT, "tti", "", "\xf4", INT64_C(3));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(db_step(row, &d->err), 1);
		assert_string_equal(db_text(row, 0), sorted[i]);
	}
	assert_int_equal(db_step(row, &d->err), 0);
	db_end(row);
}

static void
test_a_mark_undoes_only_what_came_after(void **state)
{
	struct desk *d = *state;

	assert_int_equal(put(d, "a", "kept"), 1);
	assert_int_equal(db_mark(d->db, &d->err), 0);
	assert_int_equal(put(d, "a", "undone"), 1);
	assert_int_equal(put(d, "b", "undone"), 1);
	db_mark_rollback(d->db);
	expect_meta(d, "a", "kept");
	expect_meta(d, "b", NULL);
	assert_int_equal(db_mark(d->db, &d->err), 0); /* and again */
	assert_int_equal(put(d, "b", "kept"), 1);
	assert_int_equal(db_mark_release(d->db, &d->err), 0);
	expect_meta(d, "b", "kept");
}

static void
test_a_refused_statement_is_no_trouble_within_a_mark(void **state)
{
	struct desk *d = *state;

	assert_int_equal(add(d, "evt_1", "k1"), 1);
	assert_int_equal(db_mark(d->db, &d->err), 0);
	assert_int_equal(db_run(d->db, &d->err, ST_EVENT_ADD, "ttttittb", "evt_1", "k1", "s", "k",
	                        INT64_C(1), "accepted", NULL, "{}", (size_t)2),
	                 -1);
	assert_true(d->err.text[0] != '\0');
	db_mark_rollback(d->db);
	assert_int_equal(db_trouble(d->db), DB_FINE);
	assert_int_equal(put(d, "a", "goes on"), 1);
	expect_meta(d, "a", "goes on");
}

static void
test_a_rolled_back_transaction_leaves_nothing(void **state)
{
	struct desk *d = *state;

	assert_int_equal(put(d, "gone", "1"), 1);
	db_rollback(d->db);
	assert_int_equal(db_begin(d->db, &d->err), 0);
	expect_meta(d, "gone", NULL);
}

static void
test_a_committed_transaction_is_there_after_opening_again(void **state)
{
	struct desk *d = *state;

	assert_int_equal(put(d, "stays", "1"), 1);
	assert_int_equal(db_commit(d->db, &d->err), 0);
	db_close(d->db);
	assert_int_equal(db_open(&d->db, url, DB_WRITE, &d->err), 0);
	assert_int_equal(db_begin(d->db, &d->err), 0);
	expect_meta(d, "stays", "1");
}

static void
test_counts_become_true_with_the_commit(void **state)
{
	struct desk *d = *state;
	int64_t before = metric_get(METRIC_INCIDENTS_OPENED);

	db_count(d->db, METRIC_INCIDENTS_OPENED, 1);
	db_rollback(d->db);
	assert_int_equal(db_begin(d->db, &d->err), 0);
	db_count(d->db, METRIC_INCIDENTS_OPENED, 1);
	assert_int_equal(db_mark(d->db, &d->err), 0);
	db_count(d->db, METRIC_INCIDENTS_OPENED, 10);
	db_mark_rollback(d->db);
	assert_int_equal(metric_get(METRIC_INCIDENTS_OPENED), before);
	assert_int_equal(db_commit(d->db, &d->err), 0);
	assert_int_equal(metric_get(METRIC_INCIDENTS_OPENED), before + 1);
	assert_int_equal(db_begin(d->db, &d->err), 0);
}

static void
test_a_reader_keeps_its_snapshot(void **state)
{
	struct desk *d = *state;
	struct db *reader = NULL;

	assert_int_equal(put(d, "seen", "old"), 1);
	assert_int_equal(db_commit(d->db, &d->err), 0);
	assert_int_equal(db_open(&reader, url, DB_READ, &d->err), 0);
	struct desk r = {.db = reader};
	assert_int_equal(db_begin(reader, &r.err), 0);
	expect_meta(&r, "seen", "old");

	assert_int_equal(db_begin(d->db, &d->err), 0);
	assert_int_equal(put(d, "seen", "new"), 1);
	assert_int_equal(db_commit(d->db, &d->err), 0);
	expect_meta(&r, "seen", "old");
	db_rollback(reader);
	assert_int_equal(db_begin(reader, &r.err), 0);
	expect_meta(&r, "seen", "new");
	assert_int_equal(put(&r, "seen", "mine"), -1);
	db_rollback(reader);
	db_close(reader);
	assert_int_equal(db_begin(d->db, &d->err), 0);
}

static void
test_what_commits_leave_behind_can_be_tidied(void **state)
{
	struct desk *d = *state;
	char *big = calloc(1, 100001);

	memset(big, 'x', 100000);
	assert_int_equal(put(d, "big", big), 1);
	assert_int_equal(db_commit(d->db, &d->err), 0);
	db_tidy(d->db);
	assert_int_equal(db_untidy(d->db), 0);
	assert_int_equal(db_begin(d->db, &d->err), 0);
	expect_meta(d, "big", big);
	free(big);
}

static int
run(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_fresh_store_knows_its_schema),
		TEST(changes_are_counted),
		TEST(null_text_bytes_and_numbers_come_back),
		TEST(a_time_of_zero_is_null),
		TEST(text_is_ordered_by_bytes),
		TEST(a_mark_undoes_only_what_came_after),
		TEST(a_refused_statement_is_no_trouble_within_a_mark),
		TEST(a_rolled_back_transaction_leaves_nothing),
		TEST(a_committed_transaction_is_there_after_opening_again),
		TEST(counts_become_true_with_the_commit),
		TEST(a_reader_keeps_its_snapshot),
		TEST(what_commits_leave_behind_can_be_tidied),
	};
	return cmocka_run_group_tests_name("what a driver promises", tests, NULL, NULL);
}

int
main(int argc, char **argv)
{
	static const char *const files[] = {"", "-wal", "-shm", ".lock", ".reserve"};
	char dir[] = "/tmp/conformance-XXXXXX", own[64], path[64];

	if (argc > 1) {
		url = argv[1];
		return run();
	}
	if (!mkdtemp(dir))
		return 1;
	snprintf(own, sizeof(own), "sqlite:%s/s.db", dir);
	url = own;
	int rc = run();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/s.db%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
	return rc;
}
