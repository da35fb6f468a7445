/*
 * refresh.h - bringing the rows of one open (or opening) incident to what is
 * known now: the part that every kind about images shares.
 */
#ifndef RELAY_FLOW_REFRESH_H
#define RELAY_FLOW_REFRESH_H

#include "relay/flow/plan.h"

struct refresh {
	struct plan *plan;
	struct incident incident;  /* id "" when none is open */
	struct incident_rows rows; /* as they are to be; the first `stored` were there before */
	size_t stored;
	bool *seen; /* of the stored ones: was asked about in this refresh */
	bool changed;
	char *what; /* the last row that changed, in words; NULL */
};

/* Which workspaces run one of these images of one bucket? */
struct question {
	const char *bucket_key;
	const struct image *images; /* newest first */
	size_t count;
	const char *channel; /* only those that follow this channel; NULL: whatever they follow */
	bool skip_revoked;   /* not for a workspace listed in an open revocation of what it runs */
};

/* Loads the open incident of `key` and its rows; 1 there is one, 0 not, -1.
 * The caller calls refresh_fini() in each case. */
int refresh_load(struct refresh *, struct plan *, const char *key, struct err *) MUST_CHECK;
void refresh_fini(struct refresh *);

/* `only`: ask just this workspace. */
int refresh_ask(struct refresh *, const struct question *, const struct workspace *only,
                struct err *) MUST_CHECK;
/* Those that nobody asked about have no usage left.  `only` as above. */
int refresh_rest(struct refresh *, const struct workspace *only, struct err *) MUST_CHECK;
/* Sorts the rows, worst first, and counts them. */
void refresh_count(struct refresh *, struct incident_counts *);

#endif
