/*
 * packers.h - the Packer data sources of a document, brought together.
 */
#ifndef RELAY_HCP_PACKERS_H
#define RELAY_HCP_PACKERS_H

#include "relay/hcp/ties.h"

/* Sorts them, and makes one of what a prior state and resource_changes say of
 * the same one. */
void packers_settle(struct facts *);

/*
 * An artifact names its version by fingerprint or iteration; its number and the
 * channel it was taken from are with the version data source that has them.
 * Fills both in.  A version that feeds an artifact counts as explained.
 */
void packers_link(struct ties *);

/* Those that name images, by the image's key (a kept text). */
struct image_index {
	struct packer **items;
	size_t count;
};

void image_index_init(struct image_index *, struct facts *);
void image_index_fini(struct image_index *);
/* The first of an image and how many there are. */
struct packer **image_index_find(const struct image_index *, const char *key, size_t *count);

#endif
