/*
 * refresh.h - bringing the rows of one open (or opening) incident to what is
 * known now: the part that every kind about images shares.
 */
#ifndef RELAY_FLOW_REFRESH_H
#define RELAY_FLOW_REFRESH_H

#include "relay/flow/plan.h"

struct refresh {
	struct plan *plan;
	struct incident incident;     /* id "" when none is open */
	const struct workspace *only; /* ask just this one; NULL: everyone */
	struct incident_rows
		rows; /* of `only`, as they are to be; the first `stored` were there before */
	size_t stored;
	bool *seen;    /* of the stored ones: was asked about in this refresh */
	bool *dropped; /* of the stored ones: is listed no more, without having moved */
	bool changed;
	size_t aside; /* of those asked: listed in a revocation, and so not here */
	char *what;   /* the last row that changed, in words; NULL */
};

/* Which workspaces run one of these images of one bucket? */
struct question {
	const char *bucket_key;
	const struct image *images; /* newest first */
	size_t count;
	const char *channel; /* only those that follow this channel; NULL: whatever they follow */
	/* Who was never seen to apply may run anything: of them only those that were
	 * heard of by then; 0: none of them, INT64_MAX: all. */
	int64_t heard_by;
	size_t silent;     /* who runs one of so many, the last, is not listed here */
	bool skip_revoked; /* not for a workspace listed in an open revocation of what it runs */
	/* Since when one of them is not to be run: who ran it later than that and does no
	 * more has moved.  NULL: that does not matter. */
	int64_t (*since)(const struct image *);
};

/* Loads the open incident of `key` and its rows; 1 there is one, 0 not, -1.
 * The caller calls refresh_fini() in each case. */
int refresh_load(struct refresh *, struct plan *, const char *key, const struct workspace *only,
                 struct err *) MUST_CHECK;
void refresh_fini(struct refresh *);

int refresh_ask(struct refresh *, const struct question *, struct err *) MUST_CHECK;
/* Those that nobody asked about have no usage left. */
int refresh_rest(struct refresh *, struct err *) MUST_CHECK;
/* Nothing is new of the only one asked, so nothing is of the incident. */
bool refresh_is_idle(const struct refresh *, bool changed);
/* All rows, also where one workspace was asked: sorted, worst first, and counted. */
int refresh_count(struct refresh *, struct incident_counts *, struct err *) MUST_CHECK;

/* The rows of an incident as they are stored, worst first. */
int refresh_rows(struct db *, const char *incident_id, struct incident_rows *,
                 struct err *) MUST_CHECK;

/* The open incident of this kind and subject: 1; 0: *out is a blank one to
 * open; -1.  The caller calls incident_fini() in each case. */
int refresh_find(struct plan *, enum incident_kind, const char *subject_key, struct incident *out,
                 struct err *) MUST_CHECK;

#endif
