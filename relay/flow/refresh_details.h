/*
 * refresh_details.h - what the HCP Terraform API tells more of an open incident
 * than its event did.  Writer thread.
 */
#ifndef RELAY_FLOW_REFRESH_DETAILS_H
#define RELAY_FLOW_REFRESH_DETAILS_H

#include <jansson.h>

#include "relay/flow/plan.h"
#include "relay/hcp/reading.h"

/* Which resources drifted and which checks failed, as this assessment found.
 * One that is not the newest any more tells nothing. */
int refresh_assessment_details(struct plan *, const char *workspace_key, const char *assessment_id,
                               const struct reading *, struct err *) MUST_CHECK;

/* What a failed run's own details get: HCP Packer's run task {name, message, url}
 * that made it fail.  NULL: it did not. */
int refresh_failed_task(struct plan *, const char *workspace_key, const char *run_id,
                        const json_t *task, struct err *) MUST_CHECK;

/*
 * For whoever has news of the same assessments: what is known by name stays with
 * it when the numbers are the same, until its own details are there.
 */
void details_keep(json_t *drift, const json_t *before);

#endif
