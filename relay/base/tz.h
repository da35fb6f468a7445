/*
 * tz.h - times as people read them: the one place that knows local time.
 *
 * Everything else is UTC.  libc keeps one zone for the whole process; whoever
 * needs another one takes turns here, so all of these may be called from any
 * thread, but nothing outside of tz*.c may ask libc for local time.
 */
#ifndef RELAY_BASE_TZ_H
#define RELAY_BASE_TZ_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/base/buf.h"
#include "relay/base/err.h"

/* Before the first thread: puts TZ=UTC into the environment, in memory of our
 * own, so that changing the zone later never moves what other threads read. */
void tz_init(void);

/* "UTC", or a name of the tz database ("Europe/Berlin"). */
bool tz_known(const char *zone);

/* strftime(3) in that zone.  -1: unknown zone, or a format that gives more
 * than TZ_TEXT_MAX bytes, or nothing. */
#define TZ_TEXT_MAX 200
int tz_format(struct buf *out, int64_t ms, const char *format, const char *zone,
              struct err *) MUST_CHECK;

/*
 * When clocks show a time.  Weekdays are a set of bits, Sunday the lowest; a
 * minute of the day is 0 to 1439.  A time that clocks skip is the first moment
 * after the gap, and one that comes twice is the first of the two.  -1: the
 * zone is not known, or there is no such time.
 */
#define TZ_EVERY_DAY 0x7fU
/* The first moment after `after_ms`. */
int tz_next(const char *zone, unsigned weekdays, int minute_of_day, int64_t after_ms, int64_t *out,
            struct err *) MUST_CHECK;

/*
 * A window that opens on those weekdays.  It ends at to_minute of the same day,
 * or of the next one where that is not later than from_minute: 22:00 to 06:00
 * on Saturdays ends on Sunday, and 00:00 to 00:00 is the whole day.
 *
 * 1: `now` is inside, from *starts to before *ends; windows that touch are one,
 * but of one that never ends no more than about nine days are told.  0: it is
 * outside, and the next is from *starts to *ends.
 */
struct tz_week {
	const char *zone;
	unsigned weekdays;
	int from_minute, to_minute;
};
int tz_window(const struct tz_week *, int64_t now, int64_t *starts, int64_t *ends,
              struct err *) MUST_CHECK;

#endif
