/*
 * clock.h - the only place that reads a clock, and times as text.
 *
 * Times are int64_t milliseconds since 1970-01-01 UTC and carry `_ms` or
 * `_at` in their names; 0 means "none".  The core takes `now_ms` as a
 * parameter; only the edges (loop, store thread, commands) call these.
 */
#ifndef RELAY_BASE_CLOCK_H
#define RELAY_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

int64_t clock_wall_ms(void); /* CLOCK_REALTIME */
int64_t clock_mono_ms(void); /* CLOCK_MONOTONIC: for deadlines in this process */

/*
 * RFC 3339 with 0 to 9 fractional digits and any offset; upper or lower case
 * "t" and "z"; a space instead of "T" is taken too.  False leaves *out alone.
 */
bool time_parse(const char *text, int64_t *out);

/*
 * As time_parse(), but the upstream spellings of "no time" (NULL, "", year 1
 * and the epoch: reference of the hcp provider's `revoke_at`) and everything
 * unreadable give 0.
 */
int64_t time_or_none(const char *text);

#define TIME_TEXT_SIZE 32
/* "2026-11-21T12:00:00Z", with ".250" only when there are milliseconds. */
const char *time_text(int64_t ms, char out[TIME_TEXT_SIZE]);

/* "10s", "5m", "24h", "30d", "250ms", "0"; one number, one unit.  False (too
 * long, or anything else) leaves *out_ms undefined. */
bool duration_parse(const char *text, int64_t *out_ms);
/* So that one can be added to any time. */
#define DURATION_MAX_MS (100000 * DAY_MS)

#endif
