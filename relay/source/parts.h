/*
 * parts.h - what the source kinds share.  For the files of this room.
 *
 * A kind's normalize starts an event, reads what it needs, and says last what
 * the event is; an event that nothing was said about is EVENT_UNKNOWN.
 */
#ifndef RELAY_SOURCE_PARTS_H
#define RELAY_SOURCE_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "relay/base/buf.h"
#include "relay/model/event.h"
#include "relay/source/source.h"

extern const struct source_kind source_hcp_terraform;
extern const struct source_kind source_hcp_packer;
extern const struct source_kind source_hcp_run_task;

/* Zeroes *event, takes a reference of body. */
void event_start(struct event *event, json_t *body);

/* What it is.  kind is copied, cut to a length that people can read; NULL or "" is "payload". */
void event_says(struct event *event, enum event_type type, const char *kind);

/* A copy of text that lives as long as the event; text must be UTF-8. */
const char *event_keep(struct event *event, const char *text, size_t len);

/*
 * Of a body that is JSON and of which no tree can be made (JSON_NOT_WHOLE): an object of
 * those of its members that can be read by themselves and whose name stands once.  Empty
 * where it is no object.  A new reference.
 */
json_t *members_read(const char *body, size_t len);

/* Whether that is enough to tell which workspace it is. */
bool workspace_is_told(const struct workspace_ref *ws);

/* The host: of the first of these that is an http(s) URL.  Entries may be NULL. */
void workspace_place(struct workspace_ref *ws, const char *const *urls, size_t count);

/*
 * The URL for people: app_url itself when it is http(s), else run_url up to
 * its "/runs/", else put together from host, organization and name.
 */
void workspace_link(struct workspace_ref *ws, const char *app_url, const char *run_url);

/*
 * One more part of an identity: "LENGTH:TEXT," and "-," where it is absent, so
 * that different parts never read the same, whatever they hold.
 */
void identity_add(struct buf *, const char *text);
void identity_add_bytes(struct buf *, const char *text, size_t len);

#endif
