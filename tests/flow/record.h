/*
 * record.h - what the sinks of a story got, as text that stays the same from
 * run to run: ids that are made of the clock become inc#1, ntf#2, evt#3.
 */
#ifndef TESTS_FLOW_RECORD_H
#define TESTS_FLOW_RECORD_H

#include <jansson.h>
#include <stdint.h>

#include "relay/base/buf.h"
#include "relay/base/ulid.h"

struct record {
	struct buf text;
	struct record_id {
		char id[ID_SIZE];
		char name[16];
	} *ids;
	size_t count;
};

void record_fini(struct record *);
/* Gives an id its number now: events have theirs by the order they came in. */
const char *record_id(struct record *, const char *id);
/* One message.  Machines' sinks: the whole document; people's: what they read. */
void record_message(struct record *, int64_t now_ms, const char *sink, const char *sink_kind, const json_t *document);
/* A heading; `text` as it is. */
void record_line(struct record *, const char *text);
/* Text with its ids replaced. */
void record_text(struct record *, const char *text);

#endif
