/*
 * plan_run_end.h - what becomes of what a run planned, when the run ends.
 * Writer thread, in the caller's transaction.
 */
#ifndef RELAY_FLOW_PLAN_RUN_END_H
#define RELAY_FLOW_PLAN_RUN_END_H

#include "relay/flow/plan.h"
#include "relay/model/run.h"
#include "relay/model/workspace.h"

/*
 * A run, created then, has come to its end, as `run` has it: what it planned is what the
 * workspace runs, or is nothing any more.  One that ended otherwise while it was
 * applying may have left either.  That it was applying may be heard last of all:
 * then this is called again.  Told twice it changes nothing.
 *
 * Of a run whose plan was read: 1, and *workspace is as it is to be stored.  Of any other: 0.
 */
int plan_run_ended(struct plan *, struct workspace *, const struct run *, int64_t created_at,
                   struct err *) MUST_CHECK;

/* The same of one whose end, if there was one, was heard before its plan was read. */
int plan_run_ended_before(struct plan *, struct workspace *, const char *run_id, int64_t created_at,
                          struct err *) MUST_CHECK;

/* It was destroyed or deleted then: what it ran is over. */
int plan_run_destroyed(struct plan *, struct workspace *, int64_t at, struct err *) MUST_CHECK;

#endif
