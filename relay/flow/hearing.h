/*
 * hearing.h - who is to hear of an incident now: its audiences, and for each
 * the destinations that routes lead to or that were told before.
 */
#ifndef RELAY_FLOW_HEARING_H
#define RELAY_FLOW_HEARING_H

#include "relay/flow/plan.h"
#include "relay/model/route.h"

/* One audience of an incident, and the destinations that are to hear of it. */
struct hearing {
	enum audience audience;
	char *name; /* "everyone", "unowned", "team NAME": the notification's identity */
	char *team;
	struct hearer {
		const struct conf_sink *sink;
		const struct conf_route
			*route; /* NULL: it was told before and hears it to its end */
		char *destination;
		bool remind; /* it is to hear it again, whether or not anything changed */
	} * hearers;
	size_t count;
};

struct hearings {
	struct hearing *items;
	size_t count;
};

/* Adds those that routes lead to; also sets the teams of the rows. */
int hearings_add_routed(struct plan *, const struct incident *, struct incident_rows *,
                        struct hearings *, struct err *) MUST_CHECK;
/* The same of those that this route tells in its digest; the others are not asked. */
int hearings_add_digest(struct plan *, const struct incident *, struct incident_rows *,
                        const struct conf_route *, struct hearings *, struct err *) MUST_CHECK;
/* Adds those that were told before, after all others. */
int hearings_add_told(struct plan *, const struct incident *, struct hearings *,
                      struct err *) MUST_CHECK;
void hearings_fini(struct hearings *);

/* The rows this audience sees, worst first, into `seen` (room for all of them). */
size_t hearing_sees(const struct incident_rows *, const struct hearing *,
                    const struct incident_row **seen);

/* What it asks of this audience: nothing, now that all it has there has moved,
 * to know of it, or to act. */
enum asks { ASKS_NOTHING, ASKS_TO_KNOW, ASKS_TO_ACT };
enum asks hearing_asks(const struct incident *, const struct incident_rows *,
                       const struct hearing *);

/* announce.c: what is new is owed to everyone, and a reminder to those marked. */
int announce_to_hearings(struct plan *, const struct incident *, const struct incident_rows *,
                         const struct hearings *, struct err *) MUST_CHECK;

/* remind.c: when the first of them is to be reminded, from what they last
 * heard; after each announcement. */
int remind_plan(struct plan *, const struct incident *, const struct incident_rows *,
                const struct hearings *, struct err *) MUST_CHECK;

#endif
