/*
 * strings.h - texts kept once, up to a bound.
 *
 * Two kept texts are the same exactly if their pointers are.  The hash is
 * seeded, so that nobody can write a document whose texts all collide.
 */
#ifndef RELAY_HCP_STRINGS_H
#define RELAY_HCP_STRINGS_H

#include <stddef.h>
#include <stdint.h>

struct strings;

struct strings *strings_new(void);
void strings_free(struct strings *);

/* The kept text; NULL where keeping one more would take more than `max` bytes in all. */
const char *strings_keep(struct strings *, const char *, size_t len, size_t max);
/* The kept text, or NULL when it is not kept. */
const char *strings_find(const struct strings *, const char *);
size_t strings_bytes(const struct strings *);

uint64_t strings_hash(const struct strings *, const void *, size_t len);

#endif
