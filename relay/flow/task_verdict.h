/*
 * task_verdict.h - what a run task's callback says: whether the run may go on, why,
 * and of which images.  The document of a delivery to sinks/task_callback.h:
 *
 *	status     "running", "passed" or "failed"
 *	message, url
 *	outcomes   [{id, description, body, status, level, url}]
 *	run        {id, url}
 *	workspace, organization
 *
 * Writer thread, in the caller's transaction.
 */
#ifndef RELAY_FLOW_TASK_VERDICT_H
#define RELAY_FLOW_TASK_VERDICT_H

#include "relay/flow/plan.h"
#include "relay/flow/task_images.h"

/* Nothing is to follow it. */
bool task_is_final(const json_t *document);

/* What is said while the plan is read.  New references, all of these. */
json_t *task_running(const struct event *);
/* It passes, and this is what is said beside it. */
json_t *task_passed(const struct event *, const char *message);
/* "could not be checked: why".  It passes: what cannot be known is no reason to hold
 * a run. */
json_t *task_unchecked(const struct event *, const char *why);
/* By the images that the plan is to run; failed only where the source's `enforce` says so. */
json_t *task_checked(struct plan *, const struct event *, const struct task_images *);

#endif
