/* Which readings may go, and which are only to be given up. */
#include "desk.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/store/readings.h"

#define NOW (INT64_C(20000) * DAY_MS)
#define ROOM 8

static void
owe(struct desk *d, enum reading_kind kind, const char *subject, int64_t due_at, int64_t until_at)
{
	const struct owed_reading owed = {
		.kind = kind,
		.subject = (char *)subject,
		.source = (char *)"acme",
		.workspace_key = (char *)"wsp_1",
		.until_at = until_at,
	};

	assert_int_equal(readings_owe(d->db, &owed, due_at, NOW, &d->err), 0);
}

/* The subjects of what is claimed, joined by blanks.  Returns when the next one may go. */
static int64_t
claims(struct desk *d, enum reading_kind kind, int slots, int64_t now, const char *expected)
{
	struct owed_reading got[ROOM];
	char subjects[256] = "";
	int64_t next_at = 0;
	int count = readings_claim(d->db, kind, slots, ROOM, now, got, &next_at, &d->err);

	if (count < 0)
		fail_msg("%s", d->err.text);
	for (int i = 0; i < count; i++) {
		strcat(subjects, i > 0 ? " " : "");
		strcat(subjects, got[i].subject);
		owed_reading_fini(&got[i]);
	}
	assert_string_equal(subjects, expected);
	return next_at;
}

static void
each_kind_has_its_own_slots(void **state)
{
	struct desk *d = *state;

	owe(d, READING_STATE, "s1", NOW, NOW + DAY_MS);
	owe(d, READING_STATE, "s2", NOW + 1, NOW + DAY_MS);
	owe(d, READING_PLAN, "p1", NOW + 2, NOW + DAY_MS);
	claims(d, READING_STATE, 1, NOW + 5, "s1");
	assert_int_equal(claims(d, READING_PLAN, 1, NOW + 5, "p1"), 0);
	claims(d, READING_STATE, 1, NOW + 5, "s2");
	claims(d, READING_STATE, 1, NOW + 5, "");
}

static void
the_next_one_is_told(void **state)
{
	struct desk *d = *state;

	owe(d, READING_PLAN, "p1", NOW + 100, NOW + 1000);
	owe(d, READING_PLAN, "p2", NOW, NOW + 900);
	assert_int_equal(claims(d, READING_PLAN, 2, NOW, "p2"), NOW + 100);
	assert_int_equal(claims(d, READING_PLAN, 0, NOW, ""),
	                 NOW + 1000); /* with no slot it can only be given up */
}

static void
what_is_over_needs_no_slot(void **state)
{
	struct desk *d = *state;

	owe(d, READING_PLAN, "p1", NOW + 5000, NOW + 100);
	owe(d, READING_PLAN, "p2", NOW, NOW + 200);
	owe(d, READING_PLAN, "p3", NOW, NOW + 5000);
	claims(d, READING_PLAN, 0, NOW + 200, "p1 p2");
	claims(d, READING_PLAN, 1, NOW + 200, "p3");
}

static void
a_killed_claim_is_claimed_again_and_one_that_is_done_is_not(void **state)
{
	struct desk *d = *state;
	struct owed_reading got;
	int64_t next_at;

	owe(d, READING_PLAN, "p1", NOW, NOW + DAY_MS);
	claims(d, READING_PLAN, 1, NOW, "p1");
	claims(d, READING_PLAN, 1, NOW, "");
	assert_int_equal(readings_release_all(d->db, &d->err), 0);
	assert_int_equal(readings_claim(d->db, READING_PLAN, 1, 1, NOW, &got, &next_at, &d->err),
	                 1);
	assert_int_equal(got.attempts, 2);
	assert_int_equal(readings_done(d->db, got.id, READING_READ, &d->err), 0);
	owed_reading_fini(&got);
	assert_int_equal(readings_release_all(d->db, &d->err), 0);
	claims(d, READING_PLAN, 1, NOW, "");
	owe(d, READING_PLAN, "p1", NOW, NOW + DAY_MS); /* it was owed once */
	claims(d, READING_PLAN, 1, NOW, "");
}

int
main(void)
{
#define DESK(test) cmocka_unit_test_setup_teardown(test, desk_setup, desk_teardown)
	const struct CMUnitTest tests[] = {
		DESK(each_kind_has_its_own_slots),
		DESK(the_next_one_is_told),
		DESK(what_is_over_needs_no_slot),
		DESK(a_killed_claim_is_claimed_again_and_one_that_is_done_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
