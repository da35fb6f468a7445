/*
 * store.h - the thread that owns the database's write side.
 *
 * Work comes as jobs, moved in from the loop.  The writer runs in turns: take
 * the jobs that wait (of a crowd half), run them in one transaction, commit
 * once, post the answers to the loop.  While one commit syncs, the next turn's
 * jobs pile up: that is the group commit, without a timer and without a knob.  A job that
 * fails is undone alone (a savepoint); a commit that fails undoes the turn.
 *
 * Between jobs the writer plans accepted events in the background (the
 * planner, below), a few milliseconds in a turn and not beyond the event at hand
 * when a client waits, so that no storm delays an acknowledgement.
 * A reader thread with a connection of its own serves queries.
 *
 * When a commit fails, `keep` jobs wait in the writer and go first: nothing
 * newer is run before them.  Some disk is put aside for them (db_room_keep);
 * once it had to be given, only they are run until it could be put aside
 * again.  The writer tries by itself, at least once a second, so everything
 * goes on when the disk has room.
 */
#ifndef RELAY_STORE_STORE_H
#define RELAY_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/base/err.h"
#include "relay/runtime/inbox.h"

struct db;
struct store;

struct store_job {
	struct inbox_item item; /* first: how the answer travels home */
	/* Writer thread, inside the turn's transaction.  On -1 the job is undone.
	 * May be called again when the turn's commit failed and `keep` is set. */
	int (*run)(struct store_job *, struct db *, struct err *);
	/* Loop thread, after the commit (rc 0) or the failure (rc -1, why in
	 * failure).  Owns the job from then on. */
	void (*done)(struct store_job *, int rc);
	struct err failure;
	int rc;       /* the writer's, until done gets it */
	bool single;  /* run is one statement, atomic in itself: no savepoint needed */
	bool keep;    /* must not be lost: a failed commit keeps it and tries again */
	bool awaited; /* by a client: planning stops for it, and goes on for any other */
};

/* An event as the planner gets it. */
struct stored_event {
	const char *id, *source, *source_kind;
	const char *body;
	size_t body_len;
	int64_t received_at;
};

/*
 * Plans one event inside the turn's transaction: everything that follows from
 * it, and its new state.  -1 undoes it alone; the event is tried again later,
 * and parked when it failed EVENT_TRIES_MAX times.  A database that fails is
 * no try.  plan and park run on the writer thread.
 *
 * An event is planned in a later turn than the one that accepted it, so it is
 * durable before any code of ours looks into it.  For those found accepted at
 * start the try is counted and committed before: one that brings the process
 * down is parked after EVENT_STARTS_MAX starts, and is not a crash loop.
 */
struct planner {
	int (*plan)(void *arg, struct db *, const struct stored_event *, int64_t now_ms,
	            struct err *);
	/* In the transaction that has just parked the event, so that it can be
	 * told; when it fails, the event is parked without it.  NULL is fine. */
	int (*park)(void *arg, struct db *, const struct stored_event *, const char *reason,
	            int64_t now_ms, struct err *);
	/* After each committed turn in which something was planned, on the loop. */
	void (*planned)(void *arg);
	void *arg;
};

/*
 * Opens (migrating), takes the sole ownership, starts the threads.  Without a
 * planner (NULL) events stay accepted; it is copied.  Reading `now` is done here and
 * handed on: `now_ms` may be NULL for clock_wall_ms (tests give their own).
 */
int store_open(struct store **, const char *url, struct inbox *, const struct planner *,
               int64_t (*now_ms)(void), struct err *) MUST_CHECK;
/* Runs what was submitted, answers it, joins the threads.  Reads are not
 * waited for: they fail.  The answers are in the inbox then: inbox_free() runs
 * those the loop did not come to. */
void store_close(struct store *);

/* Moves the job in.  Any order between submit and submit is kept. */
void store_submit(struct store *, struct store_job *);
/* The same, with more to come at once: the writer does not start a turn for it
 * before there are some, or store_go() tells that no more come. */
void store_submit_more(struct store *, struct store_job *);
void store_go(struct store *);
/* store_submit() for reads: run must not write; answers may come in any order. */
void store_read(struct store *, struct store_job *);

/* Accepted and not yet planned events, about.  Any thread. */
int64_t store_backlog(const struct store *);
/* True, and why, while writing fails or only `keep` jobs are run.  Any thread. */
bool store_failing(const struct store *, struct err *);

#endif
