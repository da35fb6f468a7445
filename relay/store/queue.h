/*
 * queue.h - deliveries: what is owed to which destination.
 *
 * A lane is one notification at one destination.  In a lane at most one
 * delivery is pending and at most one is claimed; a newer revision replaces
 * the pending one.  What the destination last got is kept on the lane, so
 * the reason of a delivery ("opened", "changed", ...) is settled when it is
 * claimed, not when it was planned.
 *
 * States of a delivery: pending -> claimed -> sent | pending (retry) | dead;
 * pending -> dropped (replaced, or nothing left to say); dead -> pending (by
 * hand).  All functions run inside a transaction of the caller, on the
 * writer thread.
 */
#ifndef RELAY_STORE_QUEUE_H
#define RELAY_STORE_QUEUE_H

#include <jansson.h>

#include "relay/base/clock.h"
#include "relay/base/ulid.h"
#include "relay/model/kind.h"
#include "relay/store/db.h"

#define DELIVERY_LIFE_MS (3 * DAY_MS)
/* HCP Terraform ends a run task after an hour at the latest. */
#define TASK_CALLBACK_LIFE_MS HOUR_MS
int64_t delivery_life_ms(const char *sink_kind);
#define QUEUE_PROBE_MS HOUR_MS                 /* between two probes of a blocked destination */
#define QUEUE_REVISION_PACE_MS (1 * SECOND_MS) /* between two revisions, where each is told */

struct delivery_plan {
	const char *notification_id;
	int64_t revision;
	const char *document;            /* JSON text, contract 7, with reason null */
	const char *destination;         /* sink_kind.destination(), or "task_callback HOST" */
	const char *sink, *route, *team; /* names at planning time, for people; NULL where none */
	const char *sink_kind;
	bool every_revision; /* of the sink kind */
	bool edits;          /* sink_kind.edits(): the message there is kept up to date in place */
	bool reminder;       /* to be said again, whether or not anything changed */
	bool quiet;   /* it asks nothing of them any more: only its end is news to who was told */
	bool at_once; /* incident_kind_closes_at_once() */
	bool resolved;
	enum severity severity;
	enum phase phase;
	int64_t not_before; /* opened_at + wait; ms */
	int64_t held_until; /* by this silence (store/silences.h); 0 = not held */
	const char *held_by;
	const char *incident_id; /* NULL for task callbacks */
	const char *target;      /* task callbacks: URL and the event whose sealed token it needs */
	const char *event_id;
};

/*
 * Owe this revision to this destination: inserts, or replaces the pending one
 * of the lane; does nothing when the destination need not hear of it (contract
 * section 8).  A lane never told whose incident resolved drops its pending
 * delivery, unless the incident is critical or closes at once.
 */
int queue_add(struct db *, const struct delivery_plan *, int64_t now_ms, struct err *) MUST_CHECK;

/* Owe a digest, due now: of the plan its notification, document, destination and
 * names count, and how bad the worst in it is.  It has no lane: it is said once. */
int queue_add_digest(struct db *, const struct delivery_plan *, int64_t now_ms,
                     struct err *) MUST_CHECK;

/* What one destination may take now. */
struct claim_want {
	const char *destination;
	int slots;
	int64_t lease_ms; /* the longest a send may take, and a minute */
};

struct claimed {
	char id[32];
	char *notification_id, *destination, *sink, *sink_kind, *target, *event_id, *sealed;
	int64_t revision;
	/* For DELIVERY_LIFE_MS: when this revision was first owed, or the silence
	 * that held it ended. */
	int64_t created_at;
	int64_t held_until; /* as planned; it may be over */
	char *held_by;      /* NULL = not held */
	int attempts;       /* this one included */
	bool plain;
	bool speaks; /* news by contract section 8; false: only an edit, where messages are edited */
	json_t *document; /* reason filled in; owned */
	/* As the settlement before left them; NULL = nothing yet.  Owned. */
	json_t *recipients; /* of this delivery */
	json_t *reference;  /* of this lane */
};

/*
 * Claims up to want->slots, oldest first.  Returns how many (out is an array
 * of that size), or -1.  None while the destination is paused; one, the
 * probe, when it is blocked and its time has come.  *next_due_at: when the
 * next pending one of this destination may go, 0 = none; one whose lane is
 * busy does not count: its turn comes with the settlement.
 */
int queue_claim(struct db *, const struct claim_want *, int64_t now_ms, struct claimed *out,
                int64_t *next_due_at, struct err *) MUST_CHECK;
void claimed_fini(struct claimed *);

/* This one, whenever it is due and however its destination does: for a dry run
 * on a scratch store.  1: claimed into *out; 0: it says nothing that was not told, and is
 * dropped; -1. */
int queue_claim_one(struct db *, const char *delivery_id, int64_t now_ms, struct claimed *out,
                    struct err *) MUST_CHECK;
/* The ids of all pending ones, sorted. */
struct pending_ids {
	char (*items)[ID_SIZE]; /* free() it */
	size_t count;
};
int queue_pending_ids(struct db *, struct pending_ids *, struct err *) MUST_CHECK;

/* When this destination last heard a new message of this notification: now, when
 * one is on its way; when one was owed that was given up, where it never heard
 * any; 0: it was to hear none; -1. */
int64_t queue_heard_at(struct db *, const char *notification_id, const char *destination,
                       int64_t now_ms, struct err *);

/* What became of a claimed delivery.  Enum values as in sinks/sink.h, which
 * this room cannot see: the caller translates. */
enum settle { SETTLE_SENT, SETTLE_RETRY, SETTLE_PLAIN, SETTLE_DEAD, SETTLE_WAIT };
/* SENT: done.  RETRY: pending again at due_at.  PLAIN: pending again at once,
 * as plain text.  DEAD: given up, kept.  WAIT: pending again, the destination is blocked. */
struct settlement {
	const char *delivery_id;
	enum settle settle;
	const char *
		outcome; /* "sent", "retry", "rejected", "blocked": for the attempt row; NULL = there was none */
	int code;
	const char *text;
	int64_t elapsed_ms;
	int64_t due_at;
	bool maybe_told; /* it may have arrived all the same: nobody answered */
	/* Where a delivery has several recipients: what became of each so far, as
	 * JSON text; NULL keeps what is there.  Whoever of them had it, the
	 * destination was told (some_told); the delivery goes on for the others. */
	const char *recipients;
	bool some_told;
	const char *reference; /* JSON text for the lane's next message, where it edits also for
				* this delivery's next attempt; NULL keeps what is there */
};
int queue_settle(struct db *, const struct settlement *, int64_t now_ms, struct err *) MUST_CHECK;

/* Destinations keep what must survive a restart: blocked, and paused until. */
struct destination_state {
	bool blocked;
	int64_t paused_until; /* also the next probe of a blocked one */
	int failures;         /* in a row: for the backoff of the destination */
	int64_t failing_since;
};
int queue_destination_get(struct db *, const char *destination, struct destination_state *,
                          struct err *) MUST_CHECK;
int queue_destination_put(struct db *, const char *destination, const char *kind,
                          const struct destination_state *, const char *text, int64_t now_ms,
                          struct err *) MUST_CHECK;

/* Why it does not take what it is sent (NULL: not known), and a sink whose
 * messages wait for it; the caller frees them.  1; 0: nothing waits; -1. */
struct destination_wait {
	char *text, *sink, *sink_kind;
};
int queue_destination_wait(struct db *, const char *destination, struct destination_wait *out,
                           struct err *) MUST_CHECK;
void destination_wait_fini(struct destination_wait *);

/* What queue_expire() is about to give up, by destination; not what was said
 * about failing sinks themselves, and no task callback. */
struct expiring {
	char *destination, *sink, *sink_kind;
	int64_t count;
};
struct expiring_list {
	struct expiring *items;
	size_t count;
};
int queue_expiring(struct db *, int64_t now_ms, struct expiring_list *, struct err *) MUST_CHECK;
void expiring_list_fini(struct expiring_list *);

/* The sinks of the config. */
struct queue_sinks {
	struct queue_sink {
		const char *name, *kind;
		bool per_team;    /* one of several of this sink, which follow each other */
		const char *team; /* then: whose; NULL is nobody's */
		char *destination;
		bool edits;
	} * items;
	size_t count;
};
/*
 * What waits for a destination that no sink has any more goes to where the
 * sink it was planned for delivers now, and so does what the old destination
 * was told of incidents that are open.  Not what the new one knows already,
 * and no open incident that has ended since.  Nor does a message that was
 * edited in place go along: the next one to speak is a new message there.
 * How many deliveries, or -1.
 */
int64_t queue_follow(struct db *, const struct queue_sinks *, int64_t now_ms,
                     struct err *) MUST_CHECK;

/* A blocked destination may take one delivery now. */
int queue_probe_blocked(struct db *, struct err *) MUST_CHECK;

/* Every destination that anything pending waits for, each once, through fn.  */
int queue_destinations_pending(struct db *, void (*fn)(const char *destination, void *arg),
                               void *arg, struct err *) MUST_CHECK;

/* How many are pending, or -1. */
int64_t queue_pending(struct db *, struct err *);

/* At start, before the first claim: what was in flight goes out again.  It may
 * have arrived, so its end is told in any case. */
int queue_release_all(struct db *, struct err *) MUST_CHECK;
/* Gives up one task callback that was owed for longer than its life, and drops its
 * token: 1; 0: there is none left; -1. */
struct expired_callback {
	char *destination;
	json_t *document;
};
int queue_expire_callback(struct db *, int64_t now_ms, struct expired_callback *,
                          struct err *) MUST_CHECK;
void expired_callback_fini(struct expired_callback *);
/* All others owed for longer than their life become dead, and tokens of run tasks
 * older than theirs are dropped.  How many deliveries, or -1. */
int64_t queue_expire(struct db *, int64_t now_ms, struct err *) MUST_CHECK;
/* By hand: dead (or waiting) to due now, with a new life; probes a blocked
 * destination, and asks recipients that were refused once more.  1; 0 = no such
 * or not dead or pending; -1; 2 = the lane, or the notification itself, is past
 * this. */
int queue_retry(struct db *, const char *delivery_id, int64_t now_ms, struct err *) MUST_CHECK;

#endif
