/*
 * plan_reading.h - from what a plan or a state says to what a workspace is
 * known to run.  Writer thread, in the transaction that settles the reading.
 */
#ifndef RELAY_FLOW_PLAN_READING_H
#define RELAY_FLOW_PLAN_READING_H

#include "relay/flow/plan.h"
#include "relay/hcp/reading.h"
#include "relay/store/readings.h"

/*
 * Takes in what a plan (kind READING_PLAN, with its run) or a state
 * (READING_STATE) says, and brings the incidents about images to it.  Older
 * than what is known it changes nothing.  A speculative plan is not given
 * here: it adds no usage.
 *
 * The instances of a plan's prior state are what runs now: where they have images,
 * they are all the instances there are.  What the plan makes of them is kept apart,
 * under its run, until that ends (plan_run_end.h).
 */
int plan_reading(struct plan *, const struct owed_reading *, const struct reading *,
                 struct err *) MUST_CHECK;

/* Artifacts of this image, or one of this version, came to be known: usages that waited
 * for that are its. */
int plan_resolve(struct plan *, const struct image *, struct err *) MUST_CHECK;
int plan_know_artifact(struct plan *, const char *bucket_key, const char *fingerprint,
                       const char *external_identifier, struct err *) MUST_CHECK;
/* The same of a bucket that came to be known in full. */
struct bucket_name;
int plan_place_usages(struct plan *, const struct bucket_name *, struct err *) MUST_CHECK;

#endif
