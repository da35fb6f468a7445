/*
 * plan_task.h - run tasks: every accepted one is owed its final callback.
 */
#ifndef RELAY_FLOW_PLAN_TASK_H
#define RELAY_FLOW_PLAN_TASK_H

#include "relay/flow/plan.h"

/* Why a callback must not be sent (its host is not in `allowed_hosts`), or NULL. */
const char *plan_run_task_refusal(const struct plan *);
int plan_run_task(struct plan *, struct err *) MUST_CHECK;

#endif
