/*
 * item.h - the one element of the document that is being read: a resource, a
 * change, a drifted resource, a configured resource, a check.
 *
 * Its keys come in any order, so what may matter is picked up here and judged
 * when the element ends.  Bounded: beyond ITEM_BYTES_MAX nothing more is picked
 * up and `cut` is set.  Texts are offsets into one buffer that is used again
 * for the next element; 0 is "none".
 */
#ifndef RELAY_HCP_ITEM_H
#define RELAY_HCP_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/base/buf.h"

#define ITEM_BYTES_MAX (2u << 20)
#define ITEM_TEXT_MAX 1024 /* longer than any address or image id */

enum item_field {
	F_ADDRESS,
	F_PREVIOUS,
	F_MODULE,
	F_MODE,
	F_TYPE,
	F_NAME,
	F_REASON,
	F_KIND,
	F_STATUS,
	/* of one instance */
	F_INDEX,
	F_DEPOSED,
	F_COUNT,
};

enum item_action {
	ACTION_OTHER = 1,
	ACTION_NOOP = 2,
	ACTION_CREATE = 4,
	ACTION_READ = 8,
	ACTION_UPDATE = 16,
	ACTION_DELETE = 32,
	ACTION_FORGET = 64,
};

enum note_kind {
	NOTE_TEXT,    /* a text or number at a node of the tree */
	NOTE_UNKNOWN, /* after_unknown is true there */
	NOTE_CLOSE,   /* an object there ended */
	NOTE_DEPEND,
	NOTE_REFERENCE, /* `name` is the attribute it stands in */
	NOTE_BEFORE,    /* `name` is an attribute, `hash` its value */
	NOTE_AFTER,
	NOTE_MESSAGE,
};

struct note {
	enum note_kind kind;
	int node;
	size_t name, text;
	uint64_t hash;
};

/* One of a resource's instances; only a state of version 4 has several in one element. */
struct item_instance {
	size_t first_note, end_note;
	size_t index, deposed;
	bool index_is_number;
};

struct item {
	struct buf text;
	size_t field[F_COUNT];
	bool index_is_number;
	unsigned actions;
	struct note *notes;
	size_t note_count, note_cap, first_note;
	struct item_instance *instances;
	size_t instance_count, instance_cap;
	bool cut;
};

void item_fini(struct item *);
/* Begin the next element. */
void item_reset(struct item *);
/* The text at an offset; NULL for 0. */
const char *item_text(const struct item *, size_t offset);
const char *item_field(const struct item *, enum item_field); /* NULL when absent or "" */
bool item_is(const struct item *, enum item_field, const char *value);

/* A copy of a text, cut to max bytes at a character; 0 when it is no UTF-8,
 * has control bytes, or there is no room. */
size_t item_keep(struct item *, const char *, size_t len, size_t max);
void item_set(struct item *, enum item_field, const char *, size_t len);
void item_note(struct item *, struct note);
void item_action(struct item *, const char *, size_t len);
/* One instance is whole: the notes since the last belong to it. */
void item_end_instance(struct item *);
/* The instances so far were dealt with; the element goes on. */
void item_drop_instances(struct item *);
size_t item_bytes(const struct item *);

#endif
