/*
 * refresh_workspace.h - bringing one incident about one workspace to what is
 * known now: the part that those kinds share.
 */
#ifndef RELAY_FLOW_REFRESH_WORKSPACE_H
#define RELAY_FLOW_REFRESH_WORKSPACE_H

#include "relay/flow/plan.h"

struct trouble {
	struct plan *plan;
	const struct workspace *workspace; /* zeroed where HCP names none */
	struct incident incident;          /* id "" when none is open */
	/* What the kind makes of it: */
	struct workspace_facts facts; /* runs_revoked is filled in by trouble_settle() */
	bool changed;                 /* something beyond the facts did */
	const char *what;             /* for the timeline; NULL */
	int64_t wake_at; /* look again then, if it is still open; 0 = that kind never does */
};

/* The open incident of this kind and subject, else a blank one to open: 1, 0,
 * -1.  The caller calls trouble_fini() in each case. */
int trouble_load(struct trouble *, struct plan *, const struct workspace *, enum incident_kind,
                 const char *subject_key, struct err *) MUST_CHECK;
/* Opens, changes or closes. */
int trouble_settle(struct trouble *, struct err *) MUST_CHECK;
void trouble_fini(struct trouble *);

int refresh_run_waiting_again(struct plan *, const struct workspace *, const struct incident *open,
                              struct err *) MUST_CHECK;
/* The open one of a kind that assessments tell of, without news. */
int refresh_assessed_again(struct plan *, const struct workspace *, enum incident_kind,
                           struct err *) MUST_CHECK;

#endif
