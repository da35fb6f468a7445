/*
 * wakes.h - what is to be looked at again by itself, and when: a revocation
 * that falls due, a reminder, a channel whose grace has run out.
 *
 * One time for each kind and subject.  They survive a restart; one that was due
 * while the relay was stopped is found at the start, once.  All functions run
 * inside a transaction of the caller, on the writer thread.
 */
#ifndef RELAY_STORE_WAKES_H
#define RELAY_STORE_WAKES_H

#include "relay/store/db.h"

struct wake {
	char *kind, *subject;
	int64_t at;
};

/* Replaces what was set for the same subject; at 0: nothing any more. */
int wake_set(struct db *, const char *kind, const char *subject, int64_t at,
             struct err *) MUST_CHECK;
/* The same, but never later than what is set. */
int wake_by(struct db *, const char *kind, const char *subject, int64_t at,
            struct err *) MUST_CHECK;
/* Not before `at`, where it is set for now_ms or earlier. */
int wake_later(struct db *, const char *kind, const char *subject, int64_t now_ms, int64_t at,
               struct err *) MUST_CHECK;

/* Takes the first that is due: 1, *out is the caller's; 0: none is; -1. */
int wake_take(struct db *, int64_t now_ms, struct wake *out, struct err *) MUST_CHECK;
void wake_fini(struct wake *);

/* When the first is due; 0: none is set; -1. */
int64_t wakes_next(struct db *, struct err *);

#endif
