/* Keys in memory follow the database: what is taken back is free again, what is kept is found. */
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/store/unplanned.h"

#define KEYS 300

/* A plain model: is key i in, and was it at the begin and at the mark? */
struct model {
	bool now[KEYS], begun[KEYS], marked[KEYS];
};

static void
name_key(int i, char key[UNPLANNED_KEY_SIZE], char id[ID_SIZE])
{
	snprintf(key, UNPLANNED_KEY_SIZE, "%032d", i * 7919);
	snprintf(id, ID_SIZE, "evt_%d", i);
}

static void
expect_same(const struct unplanned *u, const struct model *m)
{
	size_t count = 0;

	for (int i = 0; i < KEYS; i++) {
		char key[UNPLANNED_KEY_SIZE], id[ID_SIZE];
		const char *found;

		name_key(i, key, id);
		found = unplanned_find(u, key);
		assert_int_equal(found != NULL, m->now[i]);
		if (found != NULL)
			assert_string_equal(found, id);
		count += m->now[i];
	}
	assert_int_equal(u->count, count);
}

static void
step(struct unplanned *u, struct model *m, int what, int i)
{
	char key[UNPLANNED_KEY_SIZE], id[ID_SIZE];

	name_key(i, key, id);
	switch (what) {
	case 0:
		unplanned_commit(u);
		memcpy(m->begun, m->now, sizeof(m->now));
		memcpy(m->marked, m->now, sizeof(m->now));
		break;
	case 1:
		unplanned_rollback(u);
		memcpy(m->now, m->begun, sizeof(m->now));
		memcpy(m->marked, m->now, sizeof(m->now));
		break;
	case 2:
		unplanned_set_mark(u);
		memcpy(m->marked, m->now, sizeof(m->now));
		break;
	case 3:
		unplanned_undo_mark(u);
		memcpy(m->now, m->marked, sizeof(m->now));
		break;
	default:
		if (m->now[i])
			unplanned_leave(u, key);
		else
			unplanned_add(u, key, id);
		m->now[i] = !m->now[i];
	}
}

static void
test_it_follows_commits_rollbacks_and_savepoints(void **state)
{
	struct unplanned u = {0};
	struct model m = {0};

	(void)state;
	srand(20261121);
	for (int n = 0; n < 20000; n++) {
		step(&u, &m, rand() % 40, rand() % KEYS);
		if (n % 100 == 0)
			expect_same(&u, &m);
	}
	expect_same(&u, &m);
	unplanned_leave(&u, "not there");
	unplanned_fini(&u);
}

static int
insert(struct db *db, const char *id, const char *key, char first[32])
{
	struct err err;
	struct new_event e = {.id = id,
	                      .key = key,
	                      .source = "estate",
	                      .source_kind = "hcp_packer",
	                      .body = "{}",
	                      .body_len = 2,
	                      .received_at = 1};

	return event_insert(db, &e, first, &err);
}

static void
test_a_copy_is_found_before_and_after_planning_and_over_a_restart(void **state)
{
	struct scratch scratch;
	struct err err;
	struct db *db;
	char first[32] = "";

	(void)state;
	scratch_make(&scratch);
	db = scratch_db(&scratch, DB_WRITE);
	assert_int_equal(db_begin(db, &err), 0);
	assert_int_equal(insert(db, "evt_1", "a", first), 1);
	assert_int_equal(insert(db, "evt_2", "b", first), 1);
	assert_int_equal(db_commit(db, &err), 0);
	db_close(db);

	db = scratch_db(&scratch, DB_WRITE); /* neither was planned */
	assert_int_equal(db_begin(db, &err), 0);
	assert_int_equal(insert(db, "evt_3", "a", first), 0);
	assert_string_equal(first, "evt_1");
	assert_int_equal(event_move(db, "evt_1", EVENT_PROCESSED, "x", NULL, &err), 0);
	assert_int_equal(insert(db, "evt_4", "a", first), 0);
	assert_string_equal(first, "evt_1");
	assert_int_equal(db_commit(db, &err), 0);
	db_close(db);

	db = scratch_db(&scratch, DB_WRITE); /* one was */
	assert_int_equal(db_begin(db, &err), 0);
	assert_int_equal(insert(db, "evt_5", "a", first), 0);
	assert_string_equal(first, "evt_1");
	assert_int_equal(insert(db, "evt_6", "b", first), 0);
	assert_string_equal(first, "evt_2");
	db_rollback(db);
	db_close(db);
	scratch_remove(&scratch);
}

static void
test_what_was_rolled_back_may_come_again(void **state)
{
	struct scratch scratch;
	struct err err;
	struct db *db;
	char first[32] = "";

	(void)state;
	scratch_make(&scratch);
	db = scratch_db(&scratch, DB_WRITE);
	assert_int_equal(db_begin(db, &err), 0);
	assert_int_equal(insert(db, "evt_1", "a", first), 1);
	db_rollback(db);
	assert_int_equal(db_begin(db, &err), 0);
	assert_int_equal(insert(db, "evt_2", "a", first), 1);
	assert_int_equal(db_commit(db, &err), 0);

	/* A plan that is undone leaves the event accepted and its key known. */
	assert_int_equal(db_begin(db, &err), 0);
	assert_int_equal(db_mark(db, &err), 0);
	assert_int_equal(event_move(db, "evt_2", EVENT_PROCESSED, "x", NULL, &err), 0);
	db_mark_rollback(db);
	assert_int_equal(insert(db, "evt_3", "a", first), 0);
	assert_string_equal(first, "evt_2");
	assert_int_equal(event_move(db, "evt_2", EVENT_PROCESSED, "x", NULL, &err), 0);
	assert_int_equal(db_commit(db, &err), 0);
	db_close(db);
	scratch_remove(&scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_follows_commits_rollbacks_and_savepoints),
		cmocka_unit_test(test_a_copy_is_found_before_and_after_planning_and_over_a_restart),
		cmocka_unit_test(test_what_was_rolled_back_may_come_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
