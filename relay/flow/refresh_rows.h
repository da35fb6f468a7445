/*
 * refresh_rows.h - one row of an incident, as its workspace is asked: between
 * refresh.c, which has the rows, and refresh_ask.c, which asks.
 */
#ifndef RELAY_FLOW_REFRESH_ROWS_H
#define RELAY_FLOW_REFRESH_ROWS_H

#include "relay/flow/refresh.h"

/* Which of the images a workspace runs, or ran, and how that is known. */
struct found {
	const struct image *image; /* NULL: none */
	struct usage_found how;
};

/* The one that was stored of this workspace and bucket, or NULL. */
struct incident_row *refresh_stored_row(struct refresh *, const char *workspace_key,
                                        const char *bucket_key);
/* One more, which refresh_row_changed() stores. */
struct incident_row *refresh_add_row(struct refresh *, const struct workspace *,
                                     const struct found *);
int refresh_row_changed(struct refresh *, const struct incident_row *, const char *how,
                        struct err *) MUST_CHECK;

/* It runs this; the row may be NULL in each. */
int refresh_runs(struct refresh *, const struct workspace *, const struct found *,
                 struct incident_row *, struct err *) MUST_CHECK;
int refresh_runs_no_more(struct refresh *, struct incident_row *, bool gone,
                         struct err *) MUST_CHECK;
/* It runs what it ran, which is told elsewhere, or may be run again. */
int refresh_drop_row(struct refresh *, const struct incident_row *, struct err *) MUST_CHECK;

#endif
