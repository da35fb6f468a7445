/*
 * document.h - the notification document (contract section 7): the body of a
 * webhook, and what every other message is made from.
 *
 * Pure builders: facts in, JSON out.  Absent things are null, times RFC 3339
 * UTC, URLs http(s) or null.  `reason` is left null here: it depends on what a
 * destination last got, and is filled in when a delivery is claimed.
 */
#ifndef RELAY_MESSAGE_DOCUMENT_H
#define RELAY_MESSAGE_DOCUMENT_H

#include <jansson.h>

#include "relay/base/sign.h"
#include "relay/config/conf.h"
#include "relay/model/incident.h"
#include "relay/model/key.h"

/* How long lists may be; `truncated` tells the full length of those cut. */
#define DOCUMENT_WORKSPACES_MAX 100
#define DOCUMENT_IMAGES_MAX 50 /* descendants, artifacts */
#define DOCUMENT_EVENTS_MAX 20
#define DOCUMENT_FINDINGS_MAX 50

/* What stands around an image; each may be NULL. */
struct image_surroundings {
	const struct history *history;   /* of its bucket: which channels point at it now */
	const struct image *ancestor;    /* that its revocation is inherited from */
	const struct image *descendants; /* whose revocation is inherited from it */
	size_t descendant_count;
	const json_t *replacement; /* {version, fingerprint, channel} */
};

/* The `image` object.  *cut (may be NULL) gets {"descendants": N, "artifacts": N} of what was cut. */
json_t *document_image(const struct image *, const struct image_surroundings *, json_t *cut);

/* One member of its `descendants`. */
json_t *document_descendant(const struct image *);

/* One member of `workspaces`. */
json_t *document_row(const struct conf *, const struct incident_row *);

/* The `incident` object. */
json_t *document_incident(const struct incident *);
/* Its `acknowledged`; null without `until`. */
json_t *document_acknowledged(const char *by, const char *comment, int64_t until);
json_t *document_counts(const struct incident_counts *);

struct document_facts {
	const struct conf *conf;
	const struct incident *incident;
	const char *notification_id;
	int64_t revision;
	const char *route, *team;
	json_t *image; /* document_image(), borrowed; NULL */
	const json_t *image_cut;
	const struct incident_row **rows; /* those this audience sees, worst first */
	size_t row_count;
	json_t *events;     /* borrowed, cut already */
	size_t event_count; /* in all */
};
json_t *document_build(const struct document_facts *);

/* The SHA-256 of what a document says, without what changes although nothing
 * was said: ids, revision, route, events, updated_at. */
void document_digest(const json_t *document, char out[SHA256_HEX_SIZE]);

#endif
