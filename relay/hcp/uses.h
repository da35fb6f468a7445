/*
 * uses.h - the images a document says are used: from what was kept of it to
 * the answer's `uses` (reader.h).
 */
#ifndef RELAY_HCP_USES_H
#define RELAY_HCP_USES_H

#include <jansson.h>
#include <stdbool.h>

#include "relay/hcp/facts.h"

#define USES_MAX 1000 /* listed; `uses_total` counts all */

/* The list; *total is how many there are.  The facts are changed on the way. */
json_t *uses_of(struct facts *, bool is_plan, bool errored, size_t *total);

#endif
