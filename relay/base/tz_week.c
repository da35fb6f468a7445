/*
 * When clocks somewhere show a time on a day of the week.
 *
 * libc says what clocks show at a moment; the way back is searched for: from
 * well before the wanted time on, some hours at a time, to the first moment at
 * which clocks show it or have jumped over it.  mktime(3) leaves open which of
 * two it gives, and what it makes of a time that does not exist.
 */
#include "relay/base/tz_zone.h"

#include "relay/base/clock.h"
#include "relay/base/tz.h"

#define SECONDS_A_DAY 86400
#define STEP_SECONDS (4 * 3600)     /* clocks are not changed twice in it */
#define FARTHEST (4 * STEP_SECONDS) /* no zone was ever farther from UTC than that */
#define DAYS_A_WEEK 7
#define LAST_MINUTE (24 * 60 - 1)
/* Far enough for any calendar, near enough for every sum below. */
#define TIME_LIMIT_MS (INT64_C(4000000) * DAY_MS)

/* Inside of a turn (tz_enter).  What clocks show, as if it were UTC, in seconds. */
static int64_t
shown_at(int64_t t)
{
	time_t seconds = (time_t)t;
	struct tm tm;

	return localtime_r(&seconds, &tm) != NULL ? t + tm.tm_gmtoff : t;
}

static int64_t
offset_at(int64_t t)
{
	return shown_at(t) - t;
}

/* Clocks are changed once between `low` and `high`: the first moment with the new time. */
static int64_t
change_between(int64_t low, int64_t high)
{
	int64_t before = offset_at(low);

	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;
		if (offset_at(middle) == before)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* The first moment at which clocks show `wanted` or more. */
static int64_t
first_showing(int64_t wanted)
{
	int64_t end = wanted + FARTHEST;

	for (int64_t t = wanted - FARTHEST; t < end; t += STEP_SECONDS) {
		int64_t next = t + STEP_SECONDS, offset = offset_at(t);
		int64_t exact = wanted - offset;
		if (exact >= t && exact < next && offset_at(exact) == offset)
			return exact;
		if (offset_at(next) == offset)
			continue;
		int64_t change = change_between(t, next);
		if (shown_at(change) >= wanted)
			return change; /* skipped */
		exact = wanted - offset_at(change);
		if (exact < next)
			return exact;
	}
	return end;
}

static int64_t
days_of(int64_t seconds)
{
	int64_t days = seconds / SECONDS_A_DAY;

	return seconds % SECONDS_A_DAY < 0 ? days - 1 : days;
}

static bool
is_on(unsigned weekdays, int64_t day)
{
	int64_t weekday = ((day + 4) % DAYS_A_WEEK + DAYS_A_WEEK) %
	                  DAYS_A_WEEK; /* 1970 began on a Thursday */

	return (weekdays >> weekday & 1) != 0;
}

static int64_t
moment_of(int64_t day, int minute)
{
	return first_showing(day * SECONDS_A_DAY + (int64_t)minute * 60) * SECOND_MS;
}

static int
next_there(unsigned weekdays, int minute, int64_t after_ms, int64_t *out, struct err *err)
{
	int64_t today = days_of(shown_at(after_ms / SECOND_MS));

	/* From yesterday on: a day may be skipped, or begin twice. */
	for (int64_t day = today - 1; day <= today + DAYS_A_WEEK + 1; day++)
		if (is_on(weekdays, day) && (*out = moment_of(day, minute)) > after_ms)
			return 0;
	return err_set(err, "there is no such time");
}

static bool
is_sound(unsigned weekdays, int minute, int64_t ms)
{
	return (weekdays & TZ_EVERY_DAY) != 0 && minute >= 0 && minute <= LAST_MINUTE &&
	       ms > -TIME_LIMIT_MS && ms < TIME_LIMIT_MS;
}

int
tz_next(const char *zone, unsigned weekdays, int minute_of_day, int64_t after_ms, int64_t *out,
        struct err *err)
{
	if (!is_sound(weekdays, minute_of_day, after_ms))
		return err_set(err, "there is no such time");
	if (tz_enter(zone, err) != 0)
		return -1;
	int rc = next_there(weekdays, minute_of_day, after_ms, out, err);
	tz_leave();
	return rc;
}

/* Windows are met in order; none is longer than a day and what clocks are
 * changed by, so those of the last two days are all that may still be open. */
static int
window_there(const struct tz_week *week, int64_t now, int64_t *starts, int64_t *ends,
             struct err *err)
{
	int64_t today = days_of(shown_at(now / SECOND_MS));
	bool any = false, found = false;

	for (int64_t day = today - 2; day <= today + DAYS_A_WEEK + 2; day++) {
		if (!is_on(week->weekdays, day))
			continue;
		int64_t from = moment_of(day, week->from_minute);
		int64_t to =
			moment_of(day + (week->to_minute <= week->from_minute), week->to_minute);
		if (from >= to)
			continue; /* clocks jumped over all of it */
		if (any && from > *ends && found)
			break;
		if (!any || from > *ends)
			*starts = from;
		*ends = to;
		any = true;
		found = to > now;
	}
	if (!found)
		return err_set(err, "there is no such time");
	return *starts <= now;
}

int
tz_window(const struct tz_week *week, int64_t now, int64_t *starts, int64_t *ends, struct err *err)
{
	if (!is_sound(week->weekdays, week->from_minute, now) ||
	    !is_sound(week->weekdays, week->to_minute, now))
		return err_set(err, "there is no such time");
	if (tz_enter(week->zone, err) != 0)
		return -1;
	int rc = window_there(week, now, starts, ends, err);
	tz_leave();
	return rc;
}
