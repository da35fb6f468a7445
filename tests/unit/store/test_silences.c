/* How it is told whether the silences are the same ones as before. */
#include "scratch.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/store/silences.h"

#define NOW (INT64_C(20000) * DAY_MS)

static void
add(struct db *db, struct stored_silence *silence)
{
	struct err err;

	*silence = (struct stored_silence){
		.form = {.by = "jane", .comment = "moving", .until = NOW + DAY_MS}};
	assert_int_equal(silences_add(db, silence, NOW, &err), 1);
}

static bool
is_other(struct db *db, struct silences_mark *before)
{
	struct silences_mark now;
	struct err err;
	bool other;

	assert_int_equal(silences_mark(db, &now, &err), 0);
	other = now.count != before->count || strcmp(now.last, before->last) != 0;
	*before = now;
	return other;
}

static void
each_that_comes_or_goes_is_noticed(void **state)
{
	struct scratch scratch;
	struct stored_silence first, second, third;
	struct silences_mark mark = {.count = 0};
	struct err err;
	struct db *db;

	(void)state;
	scratch_make(&scratch);
	db = scratch_db(&scratch, DB_WRITE);
	assert_int_equal(db_begin(db, &err), 0);
	assert_false(is_other(db, &mark));
	add(db, &first);
	assert_true(is_other(db, &mark));
	assert_false(is_other(db, &mark));
	add(db, &second);
	assert_true(is_other(db, &mark));
	/* One goes and one comes in the same moment. */
	assert_int_equal(silences_drop(db, first.id, &err), 1);
	add(db, &third);
	assert_true(is_other(db, &mark));
	assert_int_equal(silences_drop(db, third.id, &err), 1);
	add(db, &third);
	assert_true(is_other(db, &mark));
	assert_int_equal(silences_drop(db, second.id, &err), 1);
	assert_true(is_other(db, &mark));
	db_rollback(db);
	db_close(db);
	scratch_remove(&scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_that_comes_or_goes_is_noticed)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
