/*
 * plan_task.h - run tasks: every accepted one is owed its final callback.
 *
 *	post_plan    the callback `running`, and a reading of the plan; the final one
 *	             is owed in the transaction that settles that reading (learn.h)
 *	others       the final callback at once
 *	unreadable   the same, where what can be read of it says whom to answer
 *
 * A task's callbacks are one lane of the queue: the final one replaces a
 * `running` that was not sent yet, and follows one that was.
 */
#ifndef RELAY_FLOW_PLAN_TASK_H
#define RELAY_FLOW_PLAN_TASK_H

#include "relay/flow/plan.h"
#include "relay/hcp/reading.h"
#include "relay/store/readings.h"

/* A task's token lives ten minutes; the plan must be read so long before that its
 * callback still arrives. */
#define TASK_READING_MS (8 * MINUTE_MS)

/* Why a callback must not be sent (its host is not in `allowed_hosts`), or NULL. */
const char *plan_run_task_refusal(const struct plan *);
int plan_run_task(struct plan *, struct err *) MUST_CHECK;
/* plan->event is what could be read of a request that could not be read whole, and why. */
int plan_run_task_unreadable(struct plan *, const char *why, struct err *) MUST_CHECK;

/* Its plan was read: usages, but of a speculative one, and the final callback. */
int plan_task_read(struct plan *, const struct owed_reading *, const struct reading *,
                   struct err *) MUST_CHECK;
/* It was not, nor will it be. */
int plan_task_unread(struct plan *, const struct owed_reading *, const char *why,
                     struct err *) MUST_CHECK;

#endif
