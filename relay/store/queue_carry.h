/*
 * queue_carry.h - many deliveries that are due at one destination go as one
 * digest.  Inside the queue only.
 *
 * The digest is a delivery of its own, the carrier: of no incident, with a
 * notification id and the reason "digest".  Those it carries are claimed for as long
 * as it is on its way, so newer news waits behind them in their lanes; they are
 * sent when it is sent and dead when it is dead, and their lanes are told what
 * they said.
 *
 * Not carried: what goes out in every revision (machines read it), what has a
 * message that is edited in place, what some of its recipients had already, and
 * what may have arrived: it is repeated under its own id.
 */
#ifndef RELAY_STORE_QUEUE_CARRY_H
#define RELAY_STORE_QUEUE_CARRY_H

#include <jansson.h>

#include "relay/store/lane.h"

#define CARRY_OVER 10               /* more than so many due at once are carried */
#define CARRY_AT_MOST 500           /* by one carrier: a claim must not hold up the writer */
#define CARRY_BASELINE_AT_MOST 5000 /* once in the life of a store */

/* Makes one of those due at the destination when they are so many, or when they
 * were held for the end of the baseline, which is said once however much it is:
 * 1, and the carrier is pending, in *id; 0: there is nothing to carry; -1. */
int carry_due(struct db *, const char *destination, int64_t now_ms, char id[ID_SIZE],
              struct err *) MUST_CHECK;

/* The same for each that it carries; nothing where it is no carrier. */
int carried_told(struct db *, const char *carrier, int64_t now_ms, struct err *) MUST_CHECK;
int carried_maybe_told(struct db *, const char *carrier, struct err *) MUST_CHECK;
int carried_move(struct db *, const char *carrier, enum delivery_state from, enum delivery_state to,
                 struct err *) MUST_CHECK;

/*
 * A dead carrier, and what it carried, is owed again: those of it whose lanes
 * have not gone on since, and its document tells of these.  How many, or -1.
 */
int carried_revive(struct db *, const struct owed *carrier, int64_t now_ms,
                   struct err *) MUST_CHECK;

/* A pending carrier is no more: what it carried is owed for itself again. */
int carrier_dissolve(struct db *, const struct owed *carrier, struct err *) MUST_CHECK;

/* queue_uncarry.c: dissolves a pending one that carries what a silence holds,
 * unless somebody had it or may have. */
int carrier_let_go(struct db *, const char *carrier, int64_t now_ms, struct err *) MUST_CHECK;
/* All that carry something of this incident. */
int carriers_let_go(struct db *, const char *incident_id, int64_t now_ms, struct err *) MUST_CHECK;

#endif
