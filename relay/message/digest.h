/*
 * digest.h - the digest document (contract section 7): many incidents in one
 * message, the worst first.
 *
 * Pure.  Whoever makes one adds what there is to tell, each as its own
 * notification document; of the most there are, only the worst are listed and
 * the totals count them all.
 */
#ifndef RELAY_MESSAGE_DIGEST_H
#define RELAY_MESSAGE_DIGEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/base/ulid.h"
#include "relay/model/kind.h"

#define DIGEST_SCHEMA "driftbell.digest.v1"
#define DIGEST_INCIDENTS_MAX 50 /* listed; `more` says how many are not */

/* One incident as a digest sees it. */
struct digest_entry {
	char id[ID_SIZE]; /* of the incident */
	enum incident_kind kind;
	enum severity severity;
	bool open;
	bool opened, resolved; /* in the digest's period */
	int64_t opened_at, affected;
	json_t *item; /* what `incidents` lists; owned; NULL until it is wanted */
};

/* Zeroed is empty.  May be longer than what is listed. */
struct digest_entries {
	struct digest_entry *items;
	size_t count, cap;
};

/* The newest, to be filled; zeroed. */
struct digest_entry *digest_add(struct digest_entries *);
/* The same filled from a notification document, whose `reason`, where it has
 * one, says what happened; without one nothing did but that it is open. */
void digest_add_document(struct digest_entries *, const json_t *document);
/* {title, url, reason, incident, image, workspace_counts} of a document: a new reference. */
json_t *digest_item(const json_t *document, const char *reason);
/* The worst first: open before resolved, by severity, by how many are affected,
 * then the newest.  Those up to DIGEST_INCIDENTS_MAX are listed. */
void digest_sort(struct digest_entries *);
void digest_fini(struct digest_entries *);

struct digest_facts {
	const char *notification_id;
	const char *route, *team; /* NULL where it is of several or none */
	const char *title;        /* its first words: "Digest"; NULL: the numbers alone */
	int64_t from, to;         /* the period; ms */
};

/* Of entries that are sorted; those listed have their items.  A new reference. */
json_t *digest_document(const struct digest_entries *, const struct digest_facts *);

/* Is this such a document, or the view of one? */
bool is_digest(const json_t *document);

#endif
