/*
 * announce_facts.h - what routes and silences look at, of one incident as it
 * is now.
 */
#ifndef RELAY_FLOW_ANNOUNCE_FACTS_H
#define RELAY_FLOW_ANNOUNCE_FACTS_H

#include "relay/flow/plan.h"
#include "relay/model/route.h"
#include "relay/store/catalog.h"

struct announce_facts {
	struct route_facts routed; /* borrows from the incident, the rows and what follows */
	struct history history;
	char *memory;
};

/* Of a zeroed *facts; whoever asks them sees to the teams of the rows
 * (hearing.c).  `channels`: somebody else than a route asks for channels.
 * The caller calls announce_facts_fini() in each case. */
int announce_facts(struct announce_facts *facts, struct plan *, const struct incident *,
                   const struct incident_rows *, bool channels, struct err *) MUST_CHECK;
void announce_facts_fini(struct announce_facts *);

#endif
