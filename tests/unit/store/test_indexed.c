/* Bits of the indexed keys: an indexed one is never missed, another seldom looked up for nothing. */
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>

#include "relay/base/mem.h"
#include "relay/store/indexed.h"

#define KEYS 300000

static void
name_key(int i, char key[33])
{
	snprintf(key, 33, "%016llx%016llx", i * 0x9e3779b97f4a7c15ULL, i * 0xd1342543de82ef95ULL);
}

static void
add(struct indexed *x, int from, int to)
{
	char key[33];

	for (int i = from; i < to; i++) {
		name_key(i, key);
		indexed_add(x, key);
	}
}

static int
may_be_there(const struct indexed *x, int from, int to)
{
	char key[33];
	int may = 0;

	for (int i = from; i < to; i++) {
		name_key(i, key);
		may += indexed_may(x, key);
	}
	return may;
}

static void
test_of_a_new_store_nothing_is_looked_up(void **state)
{
	struct indexed x;

	(void)state;
	indexed_init(&x, 0);
	assert_int_equal(may_be_there(&x, 0, KEYS), 0);
	indexed_fini(&x);
}

static void
test_one_in_fifty_is_looked_up_for_nothing(void **state)
{
	struct indexed x;

	(void)state;
	indexed_init(&x, KEYS); /* and as many again */
	add(&x, 0, 2 * KEYS);
	assert_int_equal(may_be_there(&x, 0, 2 * KEYS), 2 * KEYS);
	assert_in_range(may_be_there(&x, 2 * KEYS, 3 * KEYS), 0, KEYS / 50);
	indexed_fini(&x);
}

static void
test_more_than_there_was_room_for_are_found_as_well(void **state)
{
	struct indexed x;

	(void)state;
	indexed_init(&x, 1);
	add(&x, 0, 10 * KEYS);
	assert_int_equal(may_be_there(&x, 0, 10 * KEYS), 10 * KEYS);
	indexed_fini(&x);
}

static void
test_what_the_index_holds_at_start_is_known(void **state)
{
	struct scratch scratch;
	struct db *db;
	char key[33];

	(void)state;
	scratch_make(&scratch);
	db_close(scratch_db(&scratch, DB_WRITE));
	name_key(1, key);
	char *script = mem_fmt("INSERT INTO event_keys (key, event_id, seen_at)"
	                       " VALUES ('%s', 'evt_1', 1)",
	                       key);
	scratch_run(&scratch, script);
	free(script);
	db = scratch_db(&scratch, DB_WRITE);
	assert_true(indexed_may(db_indexed(db), key));
	name_key(2, key);
	assert_false(indexed_may(db_indexed(db), key));
	db_close(db);
	scratch_remove(&scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_a_new_store_nothing_is_looked_up),
		cmocka_unit_test(test_one_in_fifty_is_looked_up_for_nothing),
		cmocka_unit_test(test_more_than_there_was_room_for_are_found_as_well),
		cmocka_unit_test(test_what_the_index_holds_at_start_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
