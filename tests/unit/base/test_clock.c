#include "tests/unit/base/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"

static void
clocks_run_forward(void **state)
{
	int64_t wall = clock_wall_ms();
	int64_t mono = clock_mono_ms();

	(void)state;
	assert_true(wall / SECOND_MS >= (int64_t)time(NULL) - 2);
	assert_true(wall / SECOND_MS <= (int64_t)time(NULL) + 2);
	assert_true(clock_mono_ms() >= mono);
	assert_true(mono > 0);
}

static void
times_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01T00:00:00.001Z", 1},
		{"2026-11-21T12:00:00Z", INT64_C(1795262400000)},
		{"2026-11-21t12:00:00z", INT64_C(1795262400000)},
		{"2026-11-21 12:00:00Z", INT64_C(1795262400000)},
		{"2026-11-21T12:00:00.5Z", INT64_C(1795262400500)},
		{"2026-11-21T12:00:00.25Z", INT64_C(1795262400250)},
		{"2026-11-21T12:00:00.123456789Z", INT64_C(1795262400123)},
		{"2026-11-21T12:00:00.000999999Z", INT64_C(1795262400000)},
		{"2026-11-21T14:30:00+02:30", INT64_C(1795262400000)},
		{"2026-11-21T03:00:00-09:00", INT64_C(1795262400000)},
		{"2026-11-21T12:00:00-00:00", INT64_C(1795262400000)},
		{"2026-11-22T11:59:00+23:59", INT64_C(1795262400000)},
		{"2000-02-29T00:00:00Z", INT64_C(951782400000)},
		{"2024-02-29T23:59:59Z", INT64_C(1709251199000)},
		{"2024-03-01T00:00:00Z", INT64_C(1709251200000)},
		{"2016-12-31T23:59:60Z", INT64_C(1483228800000)}, /* a leap second */
		{"1969-12-31T23:59:59.999Z", -1},
		{"0001-01-01T00:00:00Z", INT64_C(-62135596800000)},
		{"0000-01-01T00:00:00Z", INT64_C(-62167219200000)},
		{"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ms = 12345;

		if (!time_parse(cases[i].text, &ms))
			fail_msg("%s was refused", cases[i].text);
		if (ms != cases[i].ms)
			fail_msg("%s gave %lld", cases[i].text, (long long)ms);
	}
}

static void
what_is_no_time_is_refused_and_leaves_out_alone(void **state)
{
	static const char *const cases[] = {
		NULL,
		"",
		"null",
		"2026-11-21",
		"2026-11-21T12:00:00",
		"2026-11-21T12:00Z",
		"2026-11-21T12:00:00.Z",
		"2026-11-21T12:00:00.1234567890Z",
		"2026-11-21T12:00:00,5Z",
		"2026-11-21T12:00:00Z ",
		" 2026-11-21T12:00:00Z",
		"2026-11-21T12:00:00ZZ",
		"2026-11-21T12:00:00+0200",
		"2026-11-21T12:00:00+02",
		"2026-11-21T12:00:00+24:00",
		"2026-11-21T12:00:00+02:60",
		"2026-11-21T24:00:00Z",
		"2026-11-21T12:60:00Z",
		"2026-11-21T12:00:61Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-01-00T00:00:00Z",
		"2026-04-31T00:00:00Z",
		"2026-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z",
		"26-11-21T12:00:00Z",
		"+026-11-21T12:00:00Z",
		"12026-11-21T12:00:00Z",
		"2026-1-21T12:00:00Z",
		"2026/11/21T12:00:00Z",
		"2026-11-21T1\xc3\xa9:00:00Z",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ms = 12345;

		if (time_parse(cases[i], &ms))
			fail_msg("%s was taken", cases[i]);
		assert_int_equal(ms, 12345);
		assert_int_equal(time_or_none(cases[i]), 0);
	}
}

static void
spellings_of_no_time_are_none(void **state)
{
	(void)state;
	assert_int_equal(time_or_none("0001-01-01T00:00:00.000Z"), 0);
	assert_int_equal(time_or_none("1970-01-01T00:00:00Z"), 0);
	assert_int_equal(time_or_none("1970-01-01T01:00:00+01:00"), 0);
	assert_int_equal(time_or_none("2026-11-21T12:00:00Z"), INT64_C(1795262400000));
}

/* The C library is the second opinion on every day of 800 years. */
static void
every_day_reads_back(void **state)
{
	char text[TIME_TEXT_SIZE];

	(void)state;
	for (int64_t day = -146097; day < 146097; day++) {
		int64_t ms = day * DAY_MS + 43200250;
		int64_t back = 0;

		time_text(ms, text);
		if (!time_parse(text, &back) || back != ms)
			fail_msg("%s does not read back", text);
	}
}

static void
times_are_written(void **state)
{
	char text[TIME_TEXT_SIZE];

	(void)state;
	assert_string_equal(time_text(0, text), "1970-01-01T00:00:00Z");
	assert_string_equal(time_text(INT64_C(1795262400000), text), "2026-11-21T12:00:00Z");
	assert_string_equal(time_text(INT64_C(1795262400250), text), "2026-11-21T12:00:00.250Z");
	assert_string_equal(time_text(INT64_C(1795262400007), text), "2026-11-21T12:00:00.007Z");
	assert_string_equal(time_text(-1, text), "1969-12-31T23:59:59.999Z");
	assert_string_equal(time_text(INT64_C(253402300799999), text), "9999-12-31T23:59:59.999Z");
}

static void
a_time_beyond_the_calendar_is_written_as_the_epoch(void **state)
{
	char text[TIME_TEXT_SIZE];

	(void)state;
	assert_string_equal(time_text(INT64_C(253402300800000), text), "1970-01-01T00:00:00Z");
	assert_string_equal(time_text(INT64_MAX, text), "1970-01-01T00:00:00Z");
	assert_string_equal(time_text(INT64_MIN, text), "1970-01-01T00:00:00Z");
}

static void
durations_are_read(void **state)
{
	static const struct {
		const char *text;
		bool taken;
		int64_t ms;
	} cases[] = {
		{"10s", true, 10000},
		{"5m", true, 300000},
		{"24h", true, DAY_MS},
		{"30d", true, 30 * DAY_MS},
		{"250ms", true, 250},
		{"0", true, 0},
		{"0s", true, 0},
		{"007s", true, 7000},
		{"90d", true, 90 * DAY_MS},
		{"", false, 0},
		{NULL, false, 0},
		{"10", false, 0},
		{"s", false, 0},
		{"-1s", false, 0},
		{"+1s", false, 0},
		{"1.5h", false, 0},
		{"10 s", false, 0},
		{" 10s", false, 0},
		{"10S", false, 0},
		{"1h30m", false, 0},
		{"10w", false, 0},
		{"10ss", false, 0},
		{"9999999999999s", false, 0},
		{"999999999999d", false, 0},
		{"100000d", true, DURATION_MAX_MS},
		{"100001d", false, 0},
		{"106751991167d", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ms = -1;
		bool taken = duration_parse(cases[i].text, &ms);

		if (taken != cases[i].taken || (taken && ms != cases[i].ms))
			fail_msg("%s: %d %lld", cases[i].text, taken, (long long)ms);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_run_forward),
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(what_is_no_time_is_refused_and_leaves_out_alone),
		cmocka_unit_test(spellings_of_no_time_are_none),
		cmocka_unit_test(every_day_reads_back),
		cmocka_unit_test(times_are_written),
		cmocka_unit_test(a_time_beyond_the_calendar_is_written_as_the_epoch),
		cmocka_unit_test(durations_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
