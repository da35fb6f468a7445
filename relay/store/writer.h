/*
 * writer.h - the turns of the writer thread: jobs, then planning, one commit.
 *
 * What happens when the database fails is decided here (store.h says what is
 * promised).  Everything runs on the writer thread but writer_failing().
 */
#ifndef RELAY_STORE_WRITER_H
#define RELAY_STORE_WRITER_H

#include <pthread.h>

#include "relay/store/jobs.h"
#include "relay/store/planning.h"

/* Who else came, while a turn is under way; any of the three. */
struct writer_line {
	bool (*awaited)(void *arg); /* a job is: planning stops for it */
	void (*take)(void *arg, struct jobs *);
	void *arg;
};

struct writer {
	struct db *db;
	struct writer_line line;
	struct inbox *inbox;
	bool plans;
	struct planner planner;
	int64_t (*now_ms)(void);

	struct planning planning;
	int64_t crowd_at_ms, planned_at_ms; /* last crowd, last planning; monotonic */
	struct jobs kept;                   /* lost their commit and may not be lost */
	bool spare;                         /* room is put aside; without it only `keep` jobs run */
	int64_t backoff_ms;                 /* 0 = the last turn went well */
	int64_t retry_at_ms;                /* monotonic: when to try again unasked */

	pthread_mutex_t lock; /* around the two below */
	bool failing;
	struct err why;
};

/* db is opened by the caller and stays the caller's. */
int writer_init(struct writer *, struct db *, struct inbox *, const struct planner *,
                const struct writer_line *, int64_t (*now_ms)(void), struct err *) MUST_CHECK;
void writer_fini(struct writer *);

/* Whether there is something to do without a job; else *wait_ms says how long
 * not, -1 = until one comes. */
bool writer_due(const struct writer *, int64_t *wait_ms);
/* Answers the jobs, all of them but those it keeps; they may be none. */
void writer_turn(struct writer *, struct jobs *);
/* No more turns: the last chance of what was kept; it is answered either way. */
void writer_finish(struct writer *);
bool writer_failing(struct writer *, struct err *); /* any thread */

#endif
