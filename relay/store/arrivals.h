/*
 * arrivals.h - events that came in a crowd, until they have rows of their own.
 *
 * An event's own row costs acceptance three trees: the table and two indexes.
 * When many come at once, those of one turn are written one behind another
 * into a single row of the table `arrivals`; the writer gives them their own
 * rows when the crowd is over, before it plans.  Until then nothing but the
 * set of unplanned keys (unplanned.h) knows them: they are no part of a list,
 * and cannot be looked up.
 *
 * What a rollback takes back is taken back here too.  Inside a transaction,
 * writer thread only.
 */
#ifndef RELAY_STORE_ARRIVALS_H
#define RELAY_STORE_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/base/buf.h"
#include "relay/store/events.h"

struct arrivals {
	bool crowd;      /* events accepted from now on are of a crowd */
	struct buf text; /* this transaction's, in no row yet */
	size_t mark;     /* its length at the savepoint */
	int64_t rows;    /* in the table, by the number of the first and their count */
	int64_t first_row;
	int64_t rows_before, first_before; /* as they were when the transaction began */
};

void arrivals_fini(struct arrivals *);

/* True: the event is among them, and there is nothing more to do for it.
 * False: it gets its own row, as there is no crowd, or it is large. */
bool arrivals_take(struct arrivals *, const struct new_event *);
/* What was taken becomes a row; before each commit. */
int arrivals_write(struct db *, struct arrivals *, struct err *) MUST_CHECK;
/* The events of the oldest row get their own.  1; 0: there is no row; -1. */
int arrivals_settle(struct db *, struct arrivals *, struct err *) MUST_CHECK;
/* At start: finds the rows, and tells the keys of their events. */
int arrivals_load(struct db *, struct arrivals *, struct err *) MUST_CHECK;

/* With the transaction and the savepoint of the same names. */
void arrivals_commit(struct arrivals *);
void arrivals_rollback(struct arrivals *);
void arrivals_set_mark(struct arrivals *);
void arrivals_undo_mark(struct arrivals *);

#endif
