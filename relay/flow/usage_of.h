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

/*
 * Appends it to the list.  A bucket and a version that a data source names in
 * full are known from then on, and which artifact they have; an image id alone
 * is looked up among the artifacts.  What is still not found is "".
 */
int usage_of(struct plan *, const struct reading_use *, const struct usage_origin *,
             struct usage_list *, struct err *) MUST_CHECK;

#endif
