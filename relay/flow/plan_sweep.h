/*
 * plan_sweep.h - what the HCP Terraform API lists, taken in: workspaces that are
 * known from then on, and whose states are owed a reading.  Writer thread.
 */
#ifndef RELAY_FLOW_PLAN_SWEEP_H
#define RELAY_FLOW_PLAN_SWEEP_H

#include <jansson.h>

#include "relay/flow/plan.h"
#include "relay/store/sweeps.h"

/* One workspace of a page of the list, or of what the Explorer found. */
int plan_listed(struct plan *, const struct sweep *, const json_t *document, const json_t *item,
                struct err *) MUST_CHECK;

#endif
