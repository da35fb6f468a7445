/*
 * lane.h - one notification at one destination: what it was told, what it is
 * owed, and whether the one is news after the other.  Inside the queue only.
 */
#ifndef RELAY_STORE_LANE_H
#define RELAY_STORE_LANE_H

#include "relay/base/ulid.h"
#include "relay/model/kind.h"
#include "relay/store/db.h"

enum delivery_state {
	DELIVERY_PENDING,
	DELIVERY_CLAIMED,
	DELIVERY_SENT,
	DELIVERY_DEAD,
	DELIVERY_DROPPED
};
extern const char *const delivery_state_names[];

/* A delivery without what it says. */
struct owed {
	char id[ID_SIZE];
	char *notification_id, *destination, *sink_kind, *event_id;
	char *reason; /* it was claimed with last; NULL = never yet */
	enum delivery_state state;
	int64_t revision;
	bool resolved, every_revision, edits, at_once, plain;
	bool reminder; /* it is said again although nothing may have changed */
	char *carrier; /* the delivery that carries it (queue_carry.h); NULL = none */
	bool digest;   /* it tells of many incidents, and is news whenever it goes out */
	/* Some of its recipients have had their answer: it goes on as what it
	 * was, whatever its lane was told meanwhile by way of those. */
	bool partial;
	enum phase phase;
	enum severity severity;
	int64_t attempts, created_at, due_at;
	int64_t held_until; /* 0 = not by a silence; else due_at is not before */
};

/* Where its life begins: what a silence held lives from the end of that on. */
static inline int64_t
owed_since(const struct owed *owed)
{
	return owed->created_at > owed->held_until ? owed->created_at : owed->held_until;
}

/* 1: found, to be freed with owed_fini(); 0: there is none; -1. */
int owed_load(struct db *, const char *id, struct owed *, struct err *) MUST_CHECK;
int owed_in_lane(struct db *, const char *notification_id, const char *destination,
                 enum delivery_state, struct owed *, struct err *) MUST_CHECK;
/* The row a statement made of QUEUE_OWED stands on; consumes `row`. */
int owed_take(struct db_row *row, struct owed *, struct err *) MUST_CHECK;
void owed_fini(struct owed *); /* zeroed is fine */

/* What the destination last got, and what it was last told by a new message:
 * an edit changes the one and not the other. */
struct told {
	bool any;
	/* An attempt may have arrived without an answer: whoever may have heard of
	 * the beginning must hear of the end. */
	bool maybe;
	int64_t revision, at;
	bool resolved;
	bool editable; /* there is a message that can be edited */
	int64_t spoken_at;
	enum phase phase; /* as last spoken, like the severity */
	enum severity severity;
};
int told_load(struct db *, const char *notification_id, const char *destination, struct told *,
              struct err *) MUST_CHECK;
/* reference: JSON text for the lane's next message; NULL keeps what is there. */
int told_put(struct db *, const struct owed *, const char *reference, int64_t now_ms,
             struct err *) MUST_CHECK;
int told_maybe(struct db *, const struct owed *, struct err *) MUST_CHECK;

/* What a delivery would be to a destination that was told this: the `reason`
 * of contract section 7, or nothing worth sending (contract section 8).  A
 * reminder that also tells of another phase or more severity is a change. */
enum news { NEWS_NONE, NEWS_OPENED, NEWS_CHANGED, NEWS_REMINDER, NEWS_RESOLVED, NEWS_DIGEST };
extern const char *const news_names[];
enum news news_of(const struct told *, const struct owed *);
/* It is worth a new message by contract section 8, not only an edit. */
bool news_speaks(const struct told *, const struct owed *);

/* Some of its recipients had it, others are owed it still: nothing that is no
 * news to the first may cost the others their message. */
bool is_half_told(const struct told *, const struct owed *);

/* 1 when something newer was said, or is about to be, in its lane, or when the
 * notification went on without a word to it; 0; -1. */
int is_outdated(struct db *, const struct owed *, struct err *) MUST_CHECK;

/* The one mover of a delivery's state. */
int delivery_move(struct db *, const char *id, enum delivery_state from, enum delivery_state to,
                  struct err *) MUST_CHECK;

/*
 * A claimed delivery that is still owed becomes pending again, with the
 * due_at, attempts and plain its struct says; or gives way to a newer one
 * that waits in its lane, which takes over its attempts and due_at.
 */
int lane_put_back(struct db *, const struct owed *, struct err *) MUST_CHECK;

#endif
