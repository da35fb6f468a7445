/*
 * plan_owe.h - what is to be asked of the HCP Terraform API because of what an
 * event told: owed as a reading (store/readings.h), where plan->source has an API
 * for the host of the workspace.  Writer thread.
 */
#ifndef RELAY_FLOW_PLAN_OWE_H
#define RELAY_FLOW_PLAN_OWE_H

#include "relay/flow/plan.h"

/*
 * The current state of this workspace, which waits for one reading at a time.
 * `subject`: once for each.  run_id and run_created_at are those of the run that
 * made it so; NULL, 0 where none is known.
 */
int plan_owe_state(struct plan *, const struct workspace *, const char *subject, const char *run_id,
                   int64_t run_created_at, struct err *) MUST_CHECK;
/* What drifted and which checks failed. */
int plan_owe_assessment(struct plan *, const struct workspace *, const struct assessment_news *,
                        struct err *) MUST_CHECK;
/* Which of its tasks made a run fail. */
int plan_owe_tasks(struct plan *, const struct workspace *, const struct run_news *,
                   struct err *) MUST_CHECK;

#endif
