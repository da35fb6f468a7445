/*
 * tz.h - times as people read them: the one place that knows local time.
 *
 * Everything else is UTC.  libc keeps one zone for the whole process, so these
 * are for one thread only: the loop, or a command.
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

#endif
