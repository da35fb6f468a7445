#include "tests/unit/base/unit.h"

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/base/tz.h"

#define SUN (1U << 0)
#define MON (1U << 1)
#define FRI (1U << 5)
#define SAT (1U << 6)
#define AT(hour, minute) ((hour)*60 + (minute))

static int64_t
ms_of(const char *text)
{
	int64_t ms;

	if (!time_parse(text, &ms))
		fail_msg("%s is no time", text);
	return ms;
}

static void
each_next_is_the_first_after(void **state)
{
	static const struct {
		const char *zone;
		unsigned weekdays;
		int minute;
		const char *after, *expected;
	} cases[] = {
		/* 2026-03-29, a Sunday: 02:00 CET is 03:00 CEST. */
		{"Europe/Berlin", TZ_EVERY_DAY, AT(9, 0), "2026-03-28T08:00:00Z",
	         "2026-03-29T07:00:00Z"},
		{"Europe/Berlin", TZ_EVERY_DAY, AT(9, 0), "2026-03-28T07:59:59.999Z",
	         "2026-03-28T08:00:00Z"},
		{"Europe/Berlin", TZ_EVERY_DAY, AT(2, 30), "2026-03-28T12:00:00Z",
	         "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", SUN, AT(2, 0), "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", SUN, AT(3, 0), "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", SUN, AT(1, 59), "2026-03-28T12:00:00Z", "2026-03-29T00:59:00Z"},
		{"Europe/Berlin", SUN, AT(2, 30), "2026-03-29T01:00:00Z", "2026-04-05T00:30:00Z"},
		/* 2026-10-25, a Sunday: 03:00 CEST is 02:00 CET. */
		{"Europe/Berlin", SUN, AT(2, 30), "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
		{"Europe/Berlin", SUN, AT(2, 30), "2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z"},
		{"Europe/Berlin", SUN, AT(2, 0), "2026-10-24T12:00:00Z", "2026-10-25T00:00:00Z"},
		{"Europe/Berlin", SUN, AT(3, 0), "2026-10-24T12:00:00Z", "2026-10-25T02:00:00Z"},
		/* 2026-03-08 and 2026-11-01 */
		{"America/New_York", TZ_EVERY_DAY, AT(2, 15), "2026-03-08T00:00:00Z",
	         "2026-03-08T07:00:00Z"},
		{"America/New_York", TZ_EVERY_DAY, AT(1, 30), "2026-11-01T00:00:00Z",
	         "2026-11-01T05:30:00Z"},
		{"America/New_York", TZ_EVERY_DAY, AT(1, 30), "2026-11-01T05:30:00Z",
	         "2026-11-02T06:30:00Z"},
		{"America/New_York", FRI, AT(22, 0), "2026-11-22T00:00:00Z",
	         "2026-11-28T03:00:00Z"},
		{"UTC", MON, AT(0, 0), "2026-11-22T12:00:00Z", "2026-11-23T00:00:00Z"},
		{"UTC", SUN, AT(12, 0), "2026-11-22T12:00:00Z", "2026-11-29T12:00:00Z"},
		{"UTC", SUN, AT(12, 1), "2026-11-22T12:00:00Z", "2026-11-22T12:01:00Z"},
		{"UTC", TZ_EVERY_DAY, AT(23, 59), "1969-12-30T00:00:00Z", "1969-12-30T23:59:00Z"},
		{"Asia/Kathmandu", SUN, AT(6, 0), "2026-11-21T12:00:00Z", "2026-11-22T00:15:00Z"},
		/* Half an hour: 2026-04-05 02:00 is 01:30, 2026-10-04 02:00 is 02:30. */
		{"Australia/Lord_Howe", SUN, AT(1, 45), "2026-04-04T00:00:00Z",
	         "2026-04-04T14:45:00Z"},
		{"Australia/Lord_Howe", SUN, AT(1, 45), "2026-04-04T14:45:00Z",
	         "2026-04-11T15:15:00Z"},
		{"Australia/Lord_Howe", SUN, AT(2, 0), "2026-04-04T00:00:00Z",
	         "2026-04-04T15:30:00Z"},
		{"Australia/Lord_Howe", SUN, AT(2, 15), "2026-10-03T00:00:00Z",
	         "2026-10-03T15:30:00Z"},
		{"Australia/Lord_Howe", SUN, AT(2, 45), "2026-10-03T00:00:00Z",
	         "2026-10-03T15:45:00Z"},
		/* The island that had no 30th of December 2011, a Friday. */
		{"Pacific/Apia", FRI, AT(12, 0), "2011-12-29T12:00:00Z", "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", SAT, AT(12, 0), "2011-12-29T12:00:00Z", "2011-12-30T22:00:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = {0};
		char got[TIME_TEXT_SIZE];
		int64_t next;
		if (tz_next(cases[i].zone, cases[i].weekdays, cases[i].minute,
		            ms_of(cases[i].after), &next, &err) != 0)
			fail_msg("%s: %s", cases[i].zone, err.text);
		if (next != ms_of(cases[i].expected))
			fail_msg("%zu. %s after %s: %s, not %s", i, cases[i].zone, cases[i].after,
			         time_text(next, got), cases[i].expected);
	}
}

/* Against what clocks show: a year of every zone that is odd somewhere. */
static void
nexts_follow_each_other(void **state)
{
	static const char *const zones[] = {"Europe/Berlin", "America/New_York", "Asia/Kathmandu",
	                                    "Australia/Lord_Howe", "America/St_Johns"};

	(void)state;
	for (size_t i = 0; i < COUNT(zones); i++) {
		int64_t at = ms_of("2026-01-01T00:00:00Z");
		for (int day = 0; day < 365; day++) {
			int64_t next;
			struct err err = {0};
			assert_int_equal(
				tz_next(zones[i], TZ_EVERY_DAY, AT(2, 10), at, &next, &err), 0);
			assert_true(day == 0 || next - at >= 23 * HOUR_MS);
			assert_true(next - at <= 25 * HOUR_MS);
			at = next;
		}
	}
}

static void
windows_open_and_end(void **state)
{
	static const struct {
		struct tz_week week;
		const char *now;
		int inside;
		const char *starts, *ends;
	} cases[] = {
		{{"UTC", SAT | SUN, AT(22, 0), AT(6, 0)},
	         "2026-11-22T02:00:00Z",
	         1,
	         "2026-11-21T22:00:00Z",
	         "2026-11-22T06:00:00Z"},
		{{"UTC", SAT | SUN, AT(22, 0), AT(6, 0)},
	         "2026-11-22T06:00:00Z",
	         0,
	         "2026-11-22T22:00:00Z",
	         "2026-11-23T06:00:00Z"},
		{{"UTC", SAT | SUN, AT(22, 0), AT(6, 0)},
	         "2026-11-22T22:00:00Z",
	         1,
	         "2026-11-22T22:00:00Z",
	         "2026-11-23T06:00:00Z"},
		{{"UTC", SAT | SUN, AT(22, 0), AT(6, 0)},
	         "2026-11-23T06:00:00Z",
	         0,
	         "2026-11-28T22:00:00Z",
	         "2026-11-29T06:00:00Z"},
		{{"UTC", MON, AT(9, 0), AT(17, 0)},
	         "2026-11-23T12:00:00Z",
	         1,
	         "2026-11-23T09:00:00Z",
	         "2026-11-23T17:00:00Z"},
		{{"UTC", MON, AT(9, 0), AT(17, 0)},
	         "2026-11-23T17:00:00Z",
	         0,
	         "2026-11-30T09:00:00Z",
	         "2026-11-30T17:00:00Z"},
		/* Days that touch are one window. */
		{{"UTC", SAT | SUN, AT(0, 0), AT(0, 0)},
	         "2026-11-21T12:00:00Z",
	         1,
	         "2026-11-21T00:00:00Z",
	         "2026-11-23T00:00:00Z"},
		{{"UTC", SAT | SUN, AT(0, 0), AT(0, 0)},
	         "2026-11-22T12:00:00Z",
	         1,
	         "2026-11-21T00:00:00Z",
	         "2026-11-23T00:00:00Z"},
		/* The night clocks are changed. */
		{{"Europe/Berlin", SAT, AT(22, 0), AT(6, 0)},
	         "2026-03-29T01:30:00Z",
	         1,
	         "2026-03-28T21:00:00Z",
	         "2026-03-29T04:00:00Z"},
		{{"Europe/Berlin", SAT, AT(22, 0), AT(6, 0)},
	         "2026-10-25T01:30:00Z",
	         1,
	         "2026-10-24T20:00:00Z",
	         "2026-10-25T05:00:00Z"},
		/* 02:00 to 02:30 does not happen that night; the next does. */
		{{"Europe/Berlin", TZ_EVERY_DAY, AT(2, 0), AT(2, 30)},
	         "2026-03-29T00:30:00Z",
	         0,
	         "2026-03-30T00:00:00Z",
	         "2026-03-30T00:30:00Z"},
		{{"Asia/Kathmandu", SUN, AT(1, 0), AT(5, 0)},
	         "2026-11-21T20:00:00Z",
	         1,
	         "2026-11-21T19:15:00Z",
	         "2026-11-21T23:15:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = {0};
		char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];
		int64_t starts, ends;
		int inside = tz_window(&cases[i].week, ms_of(cases[i].now), &starts, &ends, &err);
		if (inside != cases[i].inside || starts != ms_of(cases[i].starts) ||
		    ends != ms_of(cases[i].ends))
			fail_msg("%zu. at %s: %d %s %s %s", i, cases[i].now, inside,
			         time_text(starts, from), time_text(ends, to), err.text);
	}
}

static void
one_that_never_ends_is_told_in_parts(void **state)
{
	const struct tz_week always = {"Europe/Berlin", TZ_EVERY_DAY, 0, 0};
	int64_t now = ms_of("2026-03-28T12:00:00Z"), starts, ends;
	struct err err = {0};

	(void)state;
	assert_int_equal(tz_window(&always, now, &starts, &ends, &err), 1);
	assert_true(starts < now && ends > now + 7 * DAY_MS);
}

static void
what_is_no_time_fails(void **state)
{
	const struct tz_week never = {"UTC", 0, 0, 0}, nowhere = {"UTC+", TZ_EVERY_DAY, 0, 0},
			     late = {"UTC", TZ_EVERY_DAY, 0, AT(24, 0)};
	struct err err = {0};
	int64_t out, ends;

	(void)state;
	assert_int_equal(tz_next("Europe/Berlyn", SUN, 0, 0, &out, &err), -1);
	assert_int_equal(tz_next(NULL, SUN, 0, 0, &out, &err), -1);
	assert_int_equal(tz_next("UTC", 0, 0, 0, &out, &err), -1);
	assert_int_equal(tz_next("UTC", SUN, AT(24, 0), 0, &out, &err), -1);
	assert_int_equal(tz_next("UTC", SUN, -1, 0, &out, &err), -1);
	assert_int_equal(tz_next("UTC", SUN, 0, INT64_MAX, &out, &err), -1);
	assert_int_equal(tz_window(&never, 0, &out, &ends, &err), -1);
	assert_int_equal(tz_window(&nowhere, 0, &out, &ends, &err), -1);
	assert_int_equal(tz_window(&late, 0, &out, &ends, &err), -1);
	assert_int_equal(tz_next("UTC", SUN, 0, 0, &out, &err), 0); /* nobody kept the turn */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_next_is_the_first_after),
		cmocka_unit_test(nexts_follow_each_other),
		cmocka_unit_test(windows_open_and_end),
		cmocka_unit_test(one_that_never_ends_is_told_in_parts),
		cmocka_unit_test(what_is_no_time_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
