/*
 * announce_group.h - several revocations of one cause, told as one.
 *
 * Each is an incident of its own, with its rows and its end; what is said of
 * them is said by the first of them, their lead: with its image (the first that
 * is still revoked, once its own is not), the others beside it, and the rows of
 * all.  To those who tell, the group looks like one incident.
 */
#ifndef RELAY_FLOW_ANNOUNCE_GROUP_H
#define RELAY_FLOW_ANNOUNCE_GROUP_H

#include "relay/flow/hearing.h"
#include "relay/store/incidents.h"

/* What is told of an incident: itself and its rows, or the group it is one of. */
struct telling {
	const struct incident *incident;
	struct incident_rows *rows;
	struct hearings all;
	struct incident view; /* the lead, as all of them stand */
	struct incident_rows together;
};

/* Borrows incident and rows.  telling_fini() in each case. */
int tell_of(struct plan *, const struct incident *, struct incident_rows *, struct telling *,
            struct err *) MUST_CHECK;
void telling_fini(struct telling *); /* zeroed is fine */

/* It and those it is told with, the lead first; itself where it stands alone. */
int group_members(struct plan *, const struct incident *, struct incident_list *,
                  struct err *) MUST_CHECK;

/* Adds the others to the image of an incident that leads. */
int group_add_images(struct plan *, const struct incident *, json_t *image, json_t *cut,
                     struct err *) MUST_CHECK;

#endif
