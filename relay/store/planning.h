/*
 * planning.h - which accepted event is planned when: the writer's background.
 *
 * A turn first fetches (before its jobs, so only what was durable before this
 * turn), then plans what it fetched for as long as it may.  Events go in the
 * order of their ids; one that failed waits its time aside while the others
 * go on.  All of it is a plain value: a turn that is undone puts back the copy
 * it made before.
 */
#ifndef RELAY_STORE_PLANNING_H
#define RELAY_STORE_PLANNING_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/base/ulid.h"
#include "relay/store/db.h"
#include "relay/store/store.h"

#define PLAN_BATCH 64   /* events in one turn at most */
#define PLAN_WAITING 64 /* failed ones aside; more of them hold up the rest */

struct plan_item {
	char id[ID_SIZE];
	bool counted; /* this try is in the database already */
	int failures; /* so far, of this process */
};

struct plan_batch {
	struct plan_item items[PLAN_BATCH];
	int count;
};

struct plan_waiting {
	char id[ID_SIZE];
	int64_t at_ms; /* on the monotonic clock */
	int failures;
};

struct planning {
	struct plan_batch ready; /* may be planned in this turn */
	struct plan_batch next;  /* recovery: their tries are counted in this turn */
	struct plan_waiting waiting[PLAN_WAITING];
	int waiting_count;
	int planned;              /* in this turn */
	char cursor[ID_SIZE];     /* fetched up to here */
	char recover_to[ID_SIZE]; /* the last one found accepted at start; "" when all are done */
	bool idle;                /* nothing is accepted that is not waiting */
};

int planning_init(struct planning *, struct db *, struct err *) MUST_CHECK;
/* Something may have been accepted. */
void planning_wake(struct planning *);
/* Whether a turn now would have something to do; *wait_ms: else how long until
 * one that waits is due, -1 = never. */
bool planning_due(const struct planning *, int64_t mono_ms, int64_t *wait_ms);
/* Inside the turn's transaction, before its jobs. */
int planning_fetch(struct planning *, struct db *, int64_t mono_ms, struct err *) MUST_CHECK;
/* After them, until until_ms (monotonic) or a job is awaited(arg), but at
 * least one.  -1: the database failed. */
int planning_run(struct planning *, const struct planner *, struct db *, int64_t now_ms,
                 int64_t until_ms, bool (*awaited)(void *arg), void *arg, struct err *) MUST_CHECK;
/* The turn has committed. */
void planning_committed(struct planning *);

#endif
