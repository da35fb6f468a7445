/*
 * query_events.c - what was received.
 */
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/model/kind.h"
#include "relay/store/events.h"
#include "relay/store/query_part.h"

static bool
is(const char *want, const char *text)
{
	return want && strcmp(want, text) == 0;
}

static bool
wanted(const struct event_filter *want, struct db_row *row)
{
	return (!want->source || is(want->source, db_text(row, 1))) &&
	       (!want->state || is(want->state, db_text(row, 4)));
}

/* cursor = id, source, kind, received_at, state, reason */
static int
event_item(struct db *db, struct db_row *row, const void *arg, json_t **item, struct err *err)
{
	(void)db;
	(void)err;
	if (!wanted(arg, row))
		return 0;
	*item = json_object();
	put_text(*item, "id", db_text(row, 0));
	put_text(*item, "source", db_text(row, 1));
	put_text(*item, "kind", db_text(row, 2));
	put_time(*item, "received_at", db_int(row, 3));
	put_text(*item, "state", db_text(row, 4));
	put_text(*item, "reason", db_text(row, 5));
	return 0;
}

/* Rare states have an index each; the others are found on the way down,
 * among all events or those of their source. */
static struct db_row *
bind_events(struct db *db, const struct event_filter *want, const char *below, int64_t rows)
{
	if (is(want->state, event_state_names[EVENT_ACCEPTED]))
		return db_bind(db, ST_QUERY_EVENTS_ACCEPTED, "ti", below, rows);
	if (is(want->state, event_state_names[EVENT_STATE_UNKNOWN]) ||
	    is(want->state, event_state_names[EVENT_PARKED]))
		return db_bind(db, ST_QUERY_EVENTS_ODD, "tit", below, rows, want->state);
	if (want->source)
		return db_bind(db, ST_QUERY_EVENTS_SOURCE, "tit", below, rows, want->source);
	return db_bind(db, ST_QUERY_EVENTS, "ti", below, rows);
}

int
query_events(struct db *db, const struct event_filter *filter, const struct query_page *page,
             json_t **out, struct err *err)
{
	struct db_row *row =
		bind_events(db, filter, page->after ? page->after : "~", QUERY_SCAN_MAX + 1);

	return query_list(db, row, page->limit, QUERY_SCAN_MAX, event_item, filter, out, err);
}

static json_t *
body_value(const char *body, size_t len)
{
	json_t *value = NULL;
	struct err ignored = {""};

	if (json_read(body, len, &value, &ignored) == JSON_TREE)
		return value;
	value = json_stringn(body, len);
	return value ? value : json_null();
}

int
query_event(struct db *db, const char *id, json_t **out, struct err *err)
{
	static const struct event_filter any_event = {.state = NULL};
	struct db_row *row = db_bind(db, ST_QUERY_EVENT, "t", id);
	int rc = db_step(row, err);

	*out = NULL;
	if (rc == 1) {
		size_t len = 0;
		const char *body = db_bytes(row, 6, &len);

		rc = event_item(db, row, &any_event, out, err);
		json_object_set_new(*out, "body", body_value(body, len));
	}
	db_end(row);
	return rc;
}

int
query_event_state(struct db *db, const char *id, const char **state, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUERY_EVENT_STATE, "t", id);
	int rc = db_step(row, err), known;

	*state = NULL;
	if (rc == 1) {
		known = name_index(event_state_names, EVENT_PARKED + 1, db_text(row, 0));
		*state = event_state_names[known < 0 ? EVENT_STATE_UNKNOWN : known];
	}
	db_end(row);
	return rc < 0 ? -1 : 0;
}
