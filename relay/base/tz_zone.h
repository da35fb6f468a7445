/* tz_zone.h - libc's one zone, a turn at a time.  Inside tz*.c only. */
#ifndef RELAY_BASE_TZ_ZONE_H
#define RELAY_BASE_TZ_ZONE_H

#include <time.h>

#include "relay/base/err.h"

/* 0: libc's local time is that zone's, and this thread's alone, until
 * tz_leave().  -1: the zone is not known; there is nothing to leave. */
int tz_enter(const char *zone, struct err *) MUST_CHECK;
void tz_leave(void);

#endif
