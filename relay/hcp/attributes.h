/*
 * attributes.h - the tree of all attribute paths the reader looks for.
 *
 * A document may have a resource's values before its type, so what any type
 * needs is picked up, and the type chooses afterwards.  Lists are gone into
 * as if they were not there: "disk[].source_image" is "disk.source_image".
 */
#ifndef RELAY_HCP_ATTRIBUTES_H
#define RELAY_HCP_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>

struct attributes;

#define ATTRIBUTE_ROOT 0
#define ATTRIBUTE_NONE (-1)

struct attributes *attributes_new(void);
void attributes_free(struct attributes *);

/* The node at the end of a path; the same path gives the same node.
 * ATTRIBUTE_ROOT for a path without names. */
int attributes_add(struct attributes *, const char *path);
/* The node of a path that was added, or is on the way to one; ATTRIBUTE_NONE else. */
int attributes_find(const struct attributes *, const char *path);

/* Where a name leads from a node, or ATTRIBUTE_NONE. */
int attributes_step(const struct attributes *, int node, const char *name, size_t len);
/* Does a path end here? */
bool attributes_is_leaf(const struct attributes *, int node);
/* Is `node` this one or above it? */
bool attributes_covers(const struct attributes *, int node, int below);
/* The first name on the way to a node. */
const char *attributes_first_name(const struct attributes *, int node);

#endif
