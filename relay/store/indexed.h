/*
 * indexed.h - which keys may be in their index, without asking it.
 *
 * Nearly every event that comes is new, and to learn that from an index of
 * keys that sort nowhere is a page of its own each time, soon out of the
 * cache of the database.  So a few bits of each indexed key are kept in memory (a Bloom
 * filter whose bits of one key lie in one word): when they are not all set,
 * the key is not in the index; when they are, the index knows.
 *
 * A key that left the index, or that a rollback took back, stays here until the
 * next start, and there may come more than there is room for: that costs
 * look-ups and no truth.  This rests on the store having one owner.
 * Writer thread only.
 */
#ifndef RELAY_STORE_INDEXED_H
#define RELAY_STORE_INDEXED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/base/err.h"

struct db;

struct indexed {
	uint64_t *words;
	size_t room; /* a power of two */
};

/* Room for so many keys and as many again, at about one wrong "may" in a
 * hundred; of more keys it says it more often. */
void indexed_init(struct indexed *, size_t keys);
void indexed_fini(struct indexed *);

void indexed_add(struct indexed *, const char *key);
bool indexed_may(const struct indexed *, const char *key);

/* At start: makes it, of the keys that are in the index. */
int indexed_load(struct db *, struct indexed *, struct err *) MUST_CHECK;

#endif
