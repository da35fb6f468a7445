/*
 * team.h - whose a workspace is, and whose a bucket: the first team of the
 * configuration of which any pattern matches.  Pure.
 */
#ifndef RELAY_MODEL_TEAM_H
#define RELAY_MODEL_TEAM_H

#include "relay/config/conf.h"
#include "relay/model/incident.h"

/* What of a workspace says whose it is; NULL where it is not known. */
struct workspace_marks {
	const char *name, *project;
	const char *tags; /* a JSON array of texts, "critical", "team:payments" */
};

/* The team's name, borrowed from the config; NULL when nobody's.  In patterns over tags
 * and in tags "key=value" is "key:value". */
const char *team_of_workspace(const struct conf *, const struct workspace_marks *);
const char *team_of_row(const struct conf *, const struct incident_row *);
const char *team_of_bucket(const struct conf *, const char *bucket);

/* Sets the team of each row: what follows reads it there. */
void team_of_rows(const struct conf *, struct incident_rows *);

#endif
