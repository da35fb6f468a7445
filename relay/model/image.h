/*
 * image.h - a version of an HCP Packer bucket, as far as it is known, and how
 * news changes it.
 */
#ifndef RELAY_MODEL_IMAGE_H
#define RELAY_MODEL_IMAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/model/event.h"
#include "relay/model/kind.h"

/* A `revoke_at` further ahead than this is a schedule, whatever the action says. */
#define REVOKE_AHEAD_MS (10 * INT64_C(60000))

struct image {
	char *key, *bucket_key, *fingerprint; /* model/key.h */
	char *id, *version;                   /* HCP's version id; "v3" */
	enum image_status status;             /* never deleted: that is told by itself, below */
	int64_t as_of;      /* the time of the news that `status` rests on; 0 = none yet */
	int64_t deleted_at; /* 0 = not that is known */
	int64_t created_at, completed_at, revoke_at;
	char *revoked_by, *reason, *deleted_by;
	char *inherited_from; /* key of the ancestor it was revoked with, or NULL */
	json_t *artifacts;    /* [{platform, region, external_identifier}], or NULL */
};

void image_fini(struct image *);

/* Deleted, and not built again since. */
bool image_is_deleted(const struct image *);
/* Revoked, or scheduled to be: also one that was deleted since. */
bool image_is_revoked(const struct image *);
/* What people are shown: deleted before all else. */
enum image_status image_shown_status(const struct image *);

/*
 * Fold one event about this version in.  The status follows the newest news
 * by the event's own time (its arrival where it carries none); older news
 * fills gaps and changes nothing else.  `inherited_from` is the ancestor's key,
 * or NULL.  Returns whether the status, the time of revocation, the ancestor
 * or whether it is deleted is another now.  Deletion and revocation are kept
 * apart: deleting a revoked version moves nobody off it.
 */
bool image_fold(struct image *, const struct event *, int64_t received_at,
                const char *inherited_from);

/* Is a newer than b?  By number of "vN", else by the time it was completed or created. */
bool image_newer(const struct image *a, const struct image *b);

#endif
