/*
 * prune.h - what is old goes, in small bites.
 *
 * Closed incidents with all that hangs on them, finished deliveries, events
 * that are done: older than store.retention.  Keys of events, and events that
 * are unknown or parked: after EVENT_KEY_DAYS, because a copy must be told
 * apart, and a replay be possible, long after.  An incident that still owes
 * somebody a delivery stays.
 */
#ifndef RELAY_STORE_PRUNE_H
#define RELAY_STORE_PRUNE_H

#include "relay/store/db.h"

/*
 * One bite, a few milliseconds, inside the caller's transaction: a store job
 * that is submitted again while *more, so that others get in between.
 */
int store_prune(struct db *, int64_t now_ms, int64_t retention_ms, bool *more,
                struct err *) MUST_CHECK;

/*
 * Destinations that were not heard of for so long, that nothing is owed to and
 * that were told of nothing still kept: all but those of the config, which are
 * given in the order of strcmp(3).
 */
int store_prune_destinations(struct db *, int64_t now_ms, int64_t retention_ms,
                             const char *const *configured, size_t count, struct err *) MUST_CHECK;

#endif
