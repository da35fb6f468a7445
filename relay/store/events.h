/*
 * events.h - what was received: stored before it is acknowledged, planned
 * once, kept for `store.retention`.  Their keys are kept EVENT_KEY_DAYS, so
 * that a copy is told apart long after (HCP signs no time).
 *
 * All functions run inside a transaction of the caller.
 */
#ifndef RELAY_STORE_EVENTS_H
#define RELAY_STORE_EVENTS_H

#include "relay/store/db.h"
#include "relay/store/store.h"

#define EVENT_KEY_DAYS 400
#define EVENT_TRIES_MAX 3 /* plans that failed, in one process */
#define EVENT_STARTS_MAX \
	10 /* ends of the process while it was planned: most are no fault of the event */

enum event_state {
	EVENT_ACCEPTED,
	EVENT_PROCESSED,
	EVENT_STATE_IGNORED,
	EVENT_STATE_UNKNOWN,
	EVENT_PARKED
};
extern const char
	*const event_state_names[]; /* "accepted", "processed", "ignored", "unknown", "parked" */

struct new_event {
	const char *id;                   /* evt_... */
	const char *key;                  /* event_key() of source/source.h */
	const char *source, *source_kind; /* name in the config; "hcp_packer" */
	const char *body;
	size_t body_len;
	const char *sealed; /* a run task's sealed token, or NULL */
	int64_t received_at;
	enum event_state state; /* EVENT_ACCEPTED; what else becomes of it is the planner's */
};

/* 1: stored; 0: a duplicate, and first_id is the first one's; -1: failed, and
 * nothing of it is left: a job that does only this may be `single`. */
int event_insert(struct db *, const struct new_event *, char first_id[32], struct err *) MUST_CHECK;

/* The one mover of an event's state, from accepted to one of the others; any
 * other pair is refused.  kind may be NULL to leave it; reason is
 * why it is unknown or parked, for people. */
int event_move(struct db *, const char *id, enum event_state, const char *kind, const char *reason,
               struct err *) MUST_CHECK;

/* An event as it was received, whatever became of it: 1; 0: it is there no more; -1. */
struct event_body {
	char *source_kind;
	char *data;
	size_t len;
};
int event_body(struct db *, const char *id, struct event_body *, struct err *) MUST_CHECK;
void event_body_fini(struct event_body *); /* zeroed is fine */

/* The sealed token; the caller frees.  NULL when there is none, it was dropped,
 * or reading failed (db_trouble() tells). */
char *event_sealed(struct db *, const char *id, struct err *);
int event_drop_sealed(struct db *, const char *id, struct err *) MUST_CHECK;
/* Of everything received until then, whatever became of it: a refused run task
 * has no delivery that would drop its token.  One that a delivery still needs
 * stays. */
int events_drop_sealed(struct db *, int64_t until_ms, struct err *) MUST_CHECK;

/* Back to accepted so that it is planned again: unknown and parked only.
 * 1 done; 0 nothing to do (any other state); -1. */
int event_replay(struct db *, const char *id, struct err *) MUST_CHECK;

#endif
