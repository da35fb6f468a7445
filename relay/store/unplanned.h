/*
 * unplanned.h - the keys of events that are accepted and not planned yet.
 *
 * A key sorts nowhere, so writing it to its index when the event is accepted
 * costs a page of the log for each event: more than the event itself.  It is
 * written when the event is planned, with nobody waiting, and until then it is
 * in memory: loaded at start from the accepted events, which hold it too.
 * A copy is looked for here and in the index.  This rests on the store having
 * one owner.
 *
 * The set follows the database's transaction: what a rollback takes back is
 * taken back here.  Writer thread only.
 */
#ifndef RELAY_STORE_UNPLANNED_H
#define RELAY_STORE_UNPLANNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/base/ulid.h"

#define UNPLANNED_KEY_SIZE 33 /* event_key() of source/source.h */

struct unplanned_entry {
	char key[UNPLANNED_KEY_SIZE];
	char id[ID_SIZE];
};

struct unplanned_change {
	struct unplanned_entry entry;
	bool added; /* else it left */
};

struct unplanned {
	/* Open addressing, linear; a power of two.  That a key is not there, as
	 * nearly always, is seen in the tags, a sixteenth of the places in size:
	 * of a long backlog the places are in no cache. */
	uint32_t *tags;
	struct unplanned_entry *places;
	size_t room, count;
	struct unplanned_change *changes; /* since the transaction began */
	size_t changed, changes_room;
	size_t mark; /* changes before the savepoint */
};

void unplanned_fini(struct unplanned *);

/* The id of the event with this key, borrowed until the next change; or NULL. */
const char *unplanned_find(const struct unplanned *, const char *key);
void unplanned_add(struct unplanned *, const char *key, const char *id);
void unplanned_leave(struct unplanned *, const char *key); /* not there: nothing happens */

/* With the transaction and the savepoint of the same names. */
void unplanned_commit(struct unplanned *);
void unplanned_rollback(struct unplanned *);
void unplanned_set_mark(struct unplanned *);
void unplanned_undo_mark(struct unplanned *);

#endif
