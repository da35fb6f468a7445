/*
 * record.h - what the sinks of a story got, as text that stays the same from
 * run to run: ids that are made of the clock become inc#1, ntf#2, evt#3.
 *
 * Machines' sinks get the whole document, and of a later revision what differs
 * from the one before at this sink; people's sinks what they read.
 */
#ifndef TESTS_FLOW_RECORD_H
#define TESTS_FLOW_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/base/buf.h"
#include "relay/base/ulid.h"

struct record {
	struct buf text;
	struct record_id {
		char id[ID_SIZE];
		char name[16];
	} * ids;
	size_t count;
	json_t *last; /* "SINK NOTIFICATION" -> its last document; NULL at first */
};

void record_fini(struct record *);
/* Gives an id its number now: events have theirs by the order they came in. */
const char *record_id(struct record *, const char *id);
/* This id is the same thing as `stored`, which has its number from now on. */
void record_id_is(struct record *, const char *id, const char *stored);
/* One message; one that does not speak edits the one before. */
void record_message(struct record *, int64_t now_ms, const char *sink, const char *sink_kind,
                    const json_t *document, bool speaks);
/* A heading; `text` as it is. */
void record_line(struct record *, const char *text);
/* Text with its ids replaced. */
void record_text(struct record *, const char *text);

#endif
