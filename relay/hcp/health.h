/*
 * health.h - what drifted and which checks failed, as an assessment's plan
 * (resource_drift, checks) and a state of version 4 (check_results) say.
 *
 * Of drift only names: addresses, types, actions, attributes; never a value.
 * A check's messages are its author's words.
 */
#ifndef RELAY_HCP_HEALTH_H
#define RELAY_HCP_HEALTH_H

#include <jansson.h>
#include <stddef.h>

#include "relay/hcp/item.h"

#define HEALTH_DRIFTS_MAX 100
#define HEALTH_ATTRIBUTES_MAX 32
#define HEALTH_CHECKS_MAX 50
#define HEALTH_MESSAGES_MAX 8
#define HEALTH_TEXT_MAX 500 /* bytes of a message or an address */

struct health {
	size_t drift_total, check_total;
	json_t *drifts, *checks; /* the first of them, in the form of the answer */
};

void health_init(struct health *);
void health_fini(struct health *);
void health_add_drift(struct health *, struct item *);
void health_add_check(struct health *, const struct item *);

#endif
