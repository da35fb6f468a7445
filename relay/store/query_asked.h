/*
 * query_asked.h - which images somebody means who asks by one text, and which
 * usages are of them.
 *
 * The text is a fingerprint, an external identifier (compared as
 * model/image_id.h does) or BUCKET@VERSION.  It may mean several images: a
 * version's name is used again after a deletion, and an identifier may have
 * been told of by two buckets.
 */
#ifndef RELAY_STORE_QUERY_ASKED_H
#define RELAY_STORE_QUERY_ASKED_H

#include "relay/model/usage.h"
#include "relay/model/workspace.h"
#include "relay/store/db.h"

#define ASKED_IMAGES_MAX 50

struct asked_image {
	struct image image;
	struct history history; /* of its bucket */
	bool named;             /* by fingerprint or version, and not only by an artifact of it */
};

struct asked {
	char *text;
	char *identifier_key;   /* "" where there is none */
	char *bucket, *version; /* of BUCKET@VERSION; "" where it is not that */
	struct asked_image *images;
	size_t count;
};

int asked_read(struct db *, const char *text, struct asked *out, struct err *) MUST_CHECK;
void asked_fini(struct asked *); /* of a zeroed one is fine */

/* Is this usage, or may it be, of one of them?  It is one that counts.  *which: the
 * version that it is or may be, borrowed; NULL where it is the very artifact. */
bool asked_usage(const struct asked *, const struct workspace *, const struct usage *,
                 const struct image **which);
/* The version that the rule lets it run; channel NULL = any.  NULL: none of them. */
const struct image *asked_link(const struct asked *, const struct workspace *,
                               const char *bucket_key, const char *channel);

#endif
