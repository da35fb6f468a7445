/*
 * sweeps.h - how far the listing of an organization's workspaces has come, so
 * that it goes on there after a restart.  One row for each source with an API.
 *
 * A sweep asks the Explorer which workspaces use the hcp provider, page by page,
 * and then lists all of them.  It is over when the last page was taken in and what
 * it had read is read.  Inside a transaction of the caller.
 */
#ifndef RELAY_STORE_SWEEPS_H
#define RELAY_STORE_SWEEPS_H

#include "relay/store/db.h"

enum sweep_step { SWEEP_EXPLORER, SWEEP_LIST, SWEEP_READING, SWEEP_DONE, SWEEP_STEP_COUNT };
extern const char *const sweep_step_names[]; /* "explorer", ...; ended by NULL */

struct sweep {
	char *source;
	char *place; /* host and organization: another one is swept anew */
	enum sweep_step step;
	int64_t page;        /* to be asked for next */
	bool shortlisted;    /* the Explorer has answered */
	int64_t seen, total; /* workspaces of this step so far, and in all; total -1: not known */
	int64_t started_at, ended_at;
	char *problem; /* why it cannot go on now, for people; NULL: it can */
};
void sweep_fini(struct sweep *);

/* 1, *out is the caller's; 0: there was never one, *out is zeroed; -1. */
int sweep_get(struct db *, const char *source, struct sweep *out, struct err *) MUST_CHECK;
int sweep_put(struct db *, const struct sweep *, struct err *) MUST_CHECK;

#endif
