/*
 * findings.h - what is found of the images that a workspace runs or is about to
 * run: those that no bucket knows, and those of a wrong channel (model/finding.h).
 * Writer thread, in the caller's transaction.
 *
 * A finding is an object as driftbell-templates(7) has it:
 *
 *	address, type, provider, platform, region, external_identifier
 *	instances  of an instance's own image; else null
 *	bucket, version, fingerprint, channel, pinned
 *	wanted     the channels that the policy takes; empty of one that no bucket knows
 *	planned_by the run that plans it; null once it runs
 */
#ifndef RELAY_FLOW_FINDINGS_H
#define RELAY_FLOW_FINDINGS_H

#include <jansson.h>

#include "relay/flow/plan.h"

struct findings {
	json_t *untracked, *wrong_channel; /* lists; owned */
};

/* Of these usages, which may be a workspace's or a plan's that is read just now.  The
 * same image once, however many of them say it: what runs before what is planned.
 * The caller calls findings_fini() in each case. */
int findings_of(struct plan *, const struct workspace *, const struct usage_list *,
                struct findings *out, struct err *) MUST_CHECK;
void findings_fini(struct findings *);

#endif
