#include "tests/unit/base/unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/base/tz.h"

#define SUMMER INT64_C(1782907200000) /* 2026-07-01T12:00:00Z */
#define WINTER INT64_C(1767268800000) /* 2026-01-01T12:00:00Z */

static void
check(int64_t ms, const char *format, const char *zone, const char *expected)
{
	struct buf out = {0};
	struct err err = {0};

	if (tz_format(&out, ms, format, zone, &err) != 0)
		fail_msg("%s: %s", zone, err.text);
	assert_string_equal(buf_text(&out), expected);
	buf_fini(&out);
}

static void
zones_are_known(void **state)
{
	static const char *const unknown[] = {
		"",
		"Europe/Berlyn",
		"Europe",
		"/usr/share/zoneinfo/Europe/Berlin",
		"../zoneinfo/Europe/Berlin",
		"Europe/../Europe/Berlin",
		":Europe/Berlin",
		"CET-1CEST",
		"EST5EDT,M3.2.0,M11.1.0",
		"Europe/Berlin\n",
		"tzdata.zi",
		"zone.tab",
		"a/very/long/name/that/is/no/zone/of/any/place/and/longer/than/every/one",
	};

	(void)state;
	assert_true(tz_known("UTC"));
	assert_true(tz_known("Europe/Berlin"));
	assert_true(tz_known("America/Argentina/ComodRivadavia"));
	assert_true(tz_known("Etc/GMT+5"));
	assert_false(tz_known(NULL));
	for (size_t i = 0; i < COUNT(unknown); i++)
		if (tz_known(unknown[i]))
			fail_msg("%s was taken", unknown[i]);
}

static void
each_zone_has_its_time(void **state)
{
	(void)state;
	check(SUMMER, "%F %H:%M %Z", "UTC", "2026-07-01 12:00 UTC");
	check(SUMMER, "%F %H:%M %Z", "Europe/Berlin", "2026-07-01 14:00 CEST");
	check(WINTER, "%F %H:%M %Z", "Europe/Berlin", "2026-01-01 13:00 CET");
	check(WINTER, "%H:%M %z", "Asia/Kolkata", "17:30 +0530");
	check(SUMMER, "%H:%M", "America/New_York", "08:00");
	check(SUMMER, "%H:%M %Z", "UTC", "12:00 UTC");
	check(SUMMER + 999, "%s", "Asia/Tokyo", "1782907200");
	check(-1, "%F %T", "UTC", "1969-12-31 23:59:59");
}

static void
what_cannot_be_written_fails(void **state)
{
	struct buf out = {0};
	struct err err = {0};
	char format[TZ_TEXT_MAX + 2];

	(void)state;
	assert_int_equal(tz_format(&out, 0, "%F", "Europe/Berlyn", &err), -1);
	assert_non_null(strstr(err.text, "zone"));
	assert_int_equal(tz_format(&out, 0, "", "UTC", &err), -1);
	memset(format, 'x', sizeof(format));
	format[TZ_TEXT_MAX + 1] = '\0';
	assert_int_equal(tz_format(&out, 0, format, "UTC", &err), -1);
	assert_int_equal(out.len, 0);
	format[TZ_TEXT_MAX] = '\0';
	assert_int_equal(tz_format(&out, 0, format, "UTC", &err), 0);
	assert_int_equal(out.len, TZ_TEXT_MAX);
	assert_int_equal(tz_format(&out, INT64_MAX, "%F", "UTC", &err), 0);
	buf_fini(&out);
}

/* Other threads may be reading the environment. */
static void
the_variable_stays_where_it_is(void **state)
{
	const char *before;
	struct buf out = {0};
	struct err err = {0};

	(void)state;
	tz_init();
	before = getenv("TZ");
	assert_non_null(before);
	assert_int_equal(tz_format(&out, 0, "%F", "America/Argentina/ComodRivadavia", &err), 0);
	assert_int_equal(tz_format(&out, 0, "%F", "Asia/Tokyo", &err), 0);
	assert_ptr_equal(getenv("TZ"), before);
	assert_string_equal(before, "Asia/Tokyo");
	tz_init();
	assert_ptr_equal(getenv("TZ"), before);
	buf_fini(&out);
}

struct lane {
	const char *zone, *expected;
	bool same;
};

static void *
ask_often(void *arg)
{
	struct lane *lane = arg;
	struct err err = {0};

	lane->same = true;
	for (int i = 0; i < 500; i++) {
		struct buf out = {0};
		lane->same &= tz_format(&out, SUMMER, "%H:%M %Z", lane->zone, &err) == 0 &&
		              strcmp(buf_text(&out), lane->expected) == 0;
		buf_fini(&out);
	}
	return NULL;
}

static void
threads_take_turns(void **state)
{
	struct lane lanes[] = {{"Europe/Berlin", "14:00 CEST", false},
	                       {"Asia/Tokyo", "21:00 JST", false},
	                       {"UTC", "12:00 UTC", false}};
	pthread_t threads[COUNT(lanes)];

	(void)state;
	for (size_t i = 0; i < COUNT(lanes); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &lanes[i]), 0);
	for (size_t i = 0; i < COUNT(lanes); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (size_t i = 0; i < COUNT(lanes); i++)
		if (!lanes[i].same)
			fail_msg("%s was not %s", lanes[i].zone, lanes[i].expected);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zones_are_known),
		cmocka_unit_test(each_zone_has_its_time),
		cmocka_unit_test(what_cannot_be_written_fails),
		cmocka_unit_test(the_variable_stays_where_it_is),
		cmocka_unit_test(threads_take_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
