/*
 * dryrun_parts.h - what the files of dryrun.h share, and nobody else.
 *
 *	dryrun.c             the scratch store, and one body through it
 *	dryrun_read.c        which source reads a body, and the event in words
 *	dryrun_nothing.c     why no incident follows
 *	dryrun_incidents.c   what became of incidents, and which routes match
 *	dryrun_deliveries.c  what each destination would get
 */
#ifndef RELAY_FLOW_DRYRUN_PARTS_H
#define RELAY_FLOW_DRYRUN_PARTS_H

#include "relay/flow/dryrun.h"
#include "relay/flow/plan.h"
#include "relay/source/source.h"
#include "relay/store/queue.h"

struct dryrun {
	const struct conf *conf;
	const struct templates *templates;
	struct plan_desk *desk;
	struct plan_watch watch;
	struct db *db;
	bool copied;
	int64_t waiting;
	json_t *announced; /* by the event under way: incident id -> {revision, routes} */
};

/* ---- dryrun_read.c ---- */

/* The source that reads this body: the one of that name, else the only kind
 * that knows it.  Fills source, candidates and fault of the report; NULL when
 * none could be told.  tree: NULL where our parser could not take it whole. */
const struct conf_source *dryrun_source(const struct conf *, const char *name, const json_t *tree,
                                        json_t *report);
/* "type" and "facts" of an event. */
void dryrun_event(json_t *tree, const struct source_kind *, json_t *into);

/* ---- dryrun_nothing.c ---- */

/* Fills "nothing" of the report, for an event that touched no incident. */
int dryrun_nothing(struct dryrun *, json_t *tree, const struct source_kind *, json_t *report,
                   struct err *) MUST_CHECK;

/* ---- dryrun_incidents.c ---- */

/* struct plan_watch */
void dryrun_routed(void *dryrun, const struct incident *, const struct route_facts *);
/* The incidents that were announced; a new reference in *out. */
int dryrun_incidents(struct dryrun *, const char *event_id, json_t **out, struct err *) MUST_CHECK;

/* ---- dryrun_deliveries.c ---- */

/* Those pending that are not among `before`, each as it would go out; they
 * count as sent then.  incidents: as above, for who stays quiet. */
int dryrun_deliveries(struct dryrun *, const struct pending_ids *before, const json_t *incidents,
                      int64_t now_ms, json_t *report, struct err *) MUST_CHECK;

#endif
