/*
 * route.h - who hears of an incident: incident in, audiences and sinks out.
 *
 * Pure.  An audience is everyone (`per: incident`), one team, or those rows
 * that nobody owns.  Routes are tried in order; one with `stop` ends the
 * search for the audiences it told.
 */
#ifndef RELAY_MODEL_ROUTE_H
#define RELAY_MODEL_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "relay/config/conf.h"
#include "relay/model/incident.h"

/* What routes look at. */
struct route_facts {
	enum incident_kind kind;
	enum severity severity;
	const char *bucket;               /* the incident's; NULL where it has none */
	const char *organization_id;      /* of HCP, of the bucket; NULL where none */
	const char *channel;              /* the incident's; NULL where none */
	struct key_texts image_channels;  /* that point at its image now; borrowed */
	const struct incident_rows *rows; /* their teams are set */
};

/* The first key of `match` that these facts do not meet; NULL when the route matches. */
const char *route_refusal(const struct conf *, const struct conf_match *,
                          const struct route_facts *);

enum audience { AUDIENCE_EVERYONE, AUDIENCE_TEAM, AUDIENCE_UNOWNED };

struct told {
	enum audience audience;
	const char *team; /* AUDIENCE_TEAM only; borrowed from the config */
	const struct conf_route *route;
	const struct conf_sink *sink;
};

struct told_list {
	struct told *items;
	size_t count;
};

/* Everything in the result is borrowed from the config; free(items). */
void route_select(const struct conf *, const struct route_facts *, struct told_list *);

/* Why it came out as it did: for `explain`. */
enum route_fate {
	ROUTE_REFUSED,          /* by `key` of its match; no audience, no sink */
	ROUTE_TELLS,            /* this sink of this audience */
	ROUTE_DIGESTS,          /* the same in its digest, not at once */
	ROUTE_TOLD_ALREADY,     /* that sink hears of it by an earlier route (`by`) */
	ROUTE_STOPPED,          /* the search for this audience ended at `by` */
	ROUTE_TEAM_LEFT_OUT,    /* its `teams` do not list this one */
	ROUTE_UNOWNED_LEFT_OUT, /* `unowned: drop`, or it is for listed teams alone */
};

struct route_step {
	const struct conf_route *route, *by;
	enum route_fate fate;
	const char *key;
	enum audience audience;
	const char *team;
	const struct conf_sink *sink;
};
typedef void route_step_fn(const struct route_step *, void *arg);

/* The same selection told step by step, in its order; one step may come more
 * than once.  What it points to is borrowed from the config. */
void route_trace(const struct conf *, const struct route_facts *, route_step_fn *, void *arg);

/* Does this audience see this row? The bucket's owner (NULL: nobody's) sees all. */
bool audience_sees(enum audience, const char *team, const char *owner, const struct incident_row *);

#endif
