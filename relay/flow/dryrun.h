/*
 * dryrun.h - what would follow from webhooks: bodies through the real planner,
 * on a scratch store that is gone afterwards.
 *
 * The scratch store is a copy of the configured one, so that what is known of
 * images and workspaces counts and what was said before is not said again; or
 * an empty one.  The relay may run meanwhile; nothing of its is touched.
 * Bodies are one story: what one would have told counts as told for the next.
 */
#ifndef RELAY_FLOW_DRYRUN_H
#define RELAY_FLOW_DRYRUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/flow/load.h"

struct dryrun;

/* Borrows what is loaded.  One at a time, main thread. */
int dryrun_new(struct dryrun **, const struct loaded *, bool fresh, int64_t now_ms,
               struct err *) MUST_CHECK;
void dryrun_free(struct dryrun *); /* NULL is fine */

/* {"store": "copy | empty", "events_waiting": N}: N events that the relay has taken
 * and not looked at yet, which do not count here. */
json_t *dryrun_basis(const struct dryrun *);

/*
 * Plays one body.  source: which configured one reads it; NULL: guessed.
 * A new reference, or NULL and err when the scratch store failed.
 *
 *	answer      "accepted", "duplicate", "verified", "refused" as the ingest
 *	            would answer; null when no source could be told
 *	fault       why it is refused, or why no source could be told, or null
 *	line, column  where, for what is not JSON; else null
 *	source      {name, kind, guessed, alike: [names of the same kind]} or null
 *	candidates  names of the sources that know it, when several kinds do; all names
 *	            when the one asked for is not there
 *	event       {id, kind, state, reason, key, identity, type, facts: {...}} or null
 *	duplicate_of  the first one's id, or null
 *	incidents   [{change: "opened | changed | resolved", why: [...], title,
 *	            incident: {...}, workspaces: [{..., usages, rule}], more, routes: [...]}]
 *	nothing     why no incident is touched, in words; null when one is
 *	deliveries  [{sink, kind, route, team, reason, blocked, wait_ms, held_until,
 *	            held_by, fault, message, document}]
 *	quiet       [{sink, team, why}]: told by a route, and nothing goes out now
 *
 * document is contract 7's; message is what the sink makes of it (sink_kind.show).
 */
json_t *dryrun_play(struct dryrun *, const char *source, const char *body, size_t len,
                    int64_t now_ms, struct err *);

#endif
