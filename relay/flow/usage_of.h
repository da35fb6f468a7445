/*
 * usage_of.h - what a reading says of one image, as a usage of the catalog's
 * buckets and versions.  Writer thread, in the caller's transaction.
 */
#ifndef RELAY_FLOW_USAGE_OF_H
#define RELAY_FLOW_USAGE_OF_H

#include "relay/flow/plan.h"
#include "relay/hcp/reading.h"

struct usage_origin {
	const char *run; /* "" or the run that plans it */
	enum evidence evidence;
	int64_t seen_at;
};

/* The artifact of a version that a data source names is known from then on: also of
 * workspaces whose plans named only the artifact. */
int usage_learn(struct plan *, const struct reading_use *, struct err *) MUST_CHECK;

/*
 * Appends it to the list.  A bucket and a version that a data source names in full are
 * known from then on; an image id alone is looked up among the artifacts.  What is not
 * found is "".
 */
int usage_of(struct plan *, const struct reading_use *, const struct usage_origin *,
             struct usage_list *, struct err *) MUST_CHECK;

#endif
