/*
 * query.h - what the admin side shows, read from the store as documents.
 *
 * Each function fills *out with a new reference in the shape of contract
 * section 5.  They only read, and run on the store's reader thread (the
 * *_state ones also inside a write).  0, or -1 with the reason in err and
 * *out NULL.
 *
 * Lists are {"items": [...], "next": CURSOR or null}: incidents, deliveries
 * and events newest first, images and workspaces by key.  A list of
 * incidents by team, of workspaces by image, or of deliveries or events by
 * what no index has, may hold fewer items than asked for, also none, and
 * still have a next: one call looks at QUERY_SCAN_MAX rows at most.
 *
 * Nothing here grows with the store: every inner list is cut.
 */
#ifndef RELAY_STORE_QUERY_H
#define RELAY_STORE_QUERY_H

#include <jansson.h>
#include <stdint.h>

#include "relay/base/err.h"
#include "relay/config/conf.h"
#include "relay/store/db.h"

#define QUERY_LIMIT_DEFAULT 50
#define QUERY_LIMIT_MAX 500
#define QUERY_SCAN_MAX 5000
#define QUERY_WORKSPACES_MAX 100 /* rows of one incident, usages of one workspace */
#define QUERY_VERSIONS_MAX 100   /* of one bucket, newest first */
#define QUERY_TIMELINE_MAX 500   /* of one incident, the newest */
#define QUERY_PARTS_MAX 50       /* descendants, artifacts (contract section 7) */
#define QUERY_UNMATCHED_MAX 20
#define QUERY_UNCOVERED_MAX 10

struct query_page {
	int64_t limit;     /* 1 to QUERY_LIMIT_MAX */
	const char *after; /* the `next` of the page before; NULL = from the start */
};

/* In every filter NULL means any. */
struct incident_filter {
	const char *status, *kind;
	const char *bucket;    /* a bucket's name: the incident's own, or of an affected row */
	const char *workspace; /* a workspace's name, id or key: the same */
	const char *team;      /* owns the bucket or one of the workspaces, or was told */
};

/* The config says which team owns what.  query_incident: *out is NULL when
 * there is none of that id. */
int query_incidents(struct db *, const struct conf *, const struct incident_filter *,
                    const struct query_page *, json_t **out, struct err *) MUST_CHECK;
int query_incident(struct db *, const struct conf *, const char *id, json_t **out,
                   struct err *) MUST_CHECK;

/* One item for each bucket, with its channels, versions and ancestry. */
int query_images(struct db *, const char *bucket, const struct query_page *, json_t **out,
                 struct err *) MUST_CHECK;

/* With the usages that were asked for; one that has none of those is left out. */
struct workspace_filter {
	const char *bucket;    /* a bucket's name */
	const char *image;     /* as query_asked.h takes it */
	const char *workspace; /* a name, also with "ORGANIZATION/" before it, an id or a key */
};
int query_workspaces(struct db *, const struct conf *, const struct workspace_filter *,
                     const struct query_page *, json_t **out, struct err *) MUST_CHECK;

/* What may lack of a workspace: "notification" (of runs), "assessment" (of its
 * health), "run_task"; ended by NULL. */
extern const char *const query_coverage_words[];
/*
 * Workspaces with images of HCP Packer of which something lacks; missing: one of
 * these words, NULL = any.  {"workspace": {...}, "missing": [word], "since": when
 * it was first heard of}
 */
int query_coverage(struct db *, const struct conf *, const char *missing, const struct query_page *,
                   json_t **out, struct err *) MUST_CHECK;
/* {"workspaces": with such images, "count": of which something lacks,
 *  "missing": {word: count}, "items": the first of them} */
int query_coverage_counts(struct db *, const struct conf *, json_t **out, struct err *) MUST_CHECK;

/* What a delivery's state is called outside: "pending", "sent", "dead",
 * "blocked"; ended by NULL. */
extern const char *const query_delivery_states[];

struct delivery_filter {
	const char *state; /* one of query_delivery_states */
	const char *sink, *incident;
};
int query_deliveries(struct db *, const struct delivery_filter *, const struct query_page *,
                     json_t **out, struct err *) MUST_CHECK;
/* *state: the outside word, static; NULL when there is no such delivery. */
int query_delivery_state(struct db *, const char *id, const char **state, struct err *) MUST_CHECK;

struct event_filter {
	const char *state; /* one of event_state_names */
	const char *source;
};
int query_events(struct db *, const struct event_filter *, const struct query_page *, json_t **out,
                 struct err *) MUST_CHECK;
/* With its body: a JSON value where our parser takes it whole, else a string. */
int query_event(struct db *, const char *id, json_t **out, struct err *) MUST_CHECK;
/* *state: one of event_state_names; NULL when there is no such event. */
int query_event_state(struct db *, const char *id, const char **state, struct err *) MUST_CHECK;

/*
 * {"incidents": {"open", "kinds"}, "queue": {"pending", "blocked", "dead"},
 *  "events": {"pending", "unknown", "parked"}, "sources": [...],
 *  "unmatched": {"buckets": {"count", "items"}, "workspaces": {...}},
 *  "coverage": query_coverage_counts()}
 * The sinks are the caller's to add: this room does not know them.
 */
int query_status(struct db *, const struct conf *, json_t **out, struct err *) MUST_CHECK;
/* {"blocked": bool, "failing_since", "paused_until", "text"} of one
 * destination; *out is NULL when nothing was ever sent to it. */
int query_destination(struct db *, const char *destination, json_t **out, struct err *) MUST_CHECK;

#endif
