#include "relay/store/events.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/ulid.h"
#include "relay/store/arrivals.h"
#include "relay/store/indexed.h"
#include "relay/store/unplanned.h"

const char *const event_state_names[] = {
	[EVENT_ACCEPTED] = "accepted",     [EVENT_PROCESSED] = "processed",
	[EVENT_STATE_IGNORED] = "ignored", [EVENT_STATE_UNKNOWN] = "unknown",
	[EVENT_PARKED] = "parked",
};

static const enum metric counted[] = {
	[EVENT_ACCEPTED] = METRIC_EVENTS_PENDING,
	[EVENT_PROCESSED] = METRIC_EVENTS_PROCESSED,
	[EVENT_STATE_IGNORED] = METRIC_EVENTS_IGNORED,
	[EVENT_STATE_UNKNOWN] = METRIC_EVENTS_UNKNOWN,
	[EVENT_PARKED] = METRIC_EVENTS_PARKED,
};

static void
copy_id(char out[32], const char *id)
{
	size_t len = strlen(id);

	if (len >= ID_SIZE)
		len = ID_SIZE - 1;
	memcpy(out, id, len);
	out[len] = '\0';
}

/* 1: it is a copy of first_id; 0: not; -1. */
static int
find_first(struct db *db, const char *key, char first_id[32], struct err *err)
{
	const char *unplanned = unplanned_find(db_unplanned(db), key);
	struct db_row *row;
	int got;

	if (unplanned != NULL) {
		copy_id(first_id, unplanned);
		return 1;
	}
	if (!indexed_may(db_indexed(db), key))
		return 0;
	row = db_bind(db, ST_EVENT_KEY_GET, "t", key);
	got = db_step(row, err);
	if (got == 1)
		copy_id(first_id, db_text(row, 0));
	db_end(row);
	return got;
}

int
event_insert(struct db *db, const struct new_event *e, char first_id[32], struct err *err)
{
	int copy = find_first(db, e->key, first_id, err);

	if (copy != 0)
		return copy < 0 ? -1 : 0;
	if (!arrivals_take(db_arrivals(db), e) &&
	    db_run(db, err, ST_EVENT_ADD, "ttttittb", e->id, e->key, e->source, e->source_kind,
	           e->received_at, event_state_names[e->state], e->sealed, e->body,
	           e->body_len) < 0)
		return -1;
	unplanned_add(db_unplanned(db), e->key, e->id);
	copy_id(first_id, e->id);
	db_count(db, counted[e->state], 1);
	return 1;
}

/* Its key goes to the index, where a copy is found long after. */
static int
index_key(struct db *db, const char *id, const char *key, int64_t received_at, struct err *err)
{
	if (db_run(db, err, ST_EVENT_KEY_ADD, "tti", key, id, received_at) < 0)
		return -1;
	indexed_add(db_indexed(db), key);
	unplanned_leave(db_unplanned(db), key);
	return 0;
}

/* 1: it was accepted, and its key is the caller's; 0: not accepted; -1. */
static int
change_state(struct db *db, const char *id, enum event_state to, const char *kind,
             const char *reason, char **key, int64_t *received_at, struct err *err)
{
	struct db_row *row =
		db_bind(db, ST_EVENT_MOVE, "tttt", id, event_state_names[to], kind, reason);
	int got = db_step(row, err);

	if (got == 1) {
		*key = mem_str(db_text(row, 0));
		*received_at = db_int(row, 1);
		if (db_step(row, err) < 0)
			got = -1;
	}
	db_end(row);
	return got;
}

int
event_move(struct db *db, const char *id, enum event_state to, const char *kind, const char *reason,
           struct err *err)
{
	char *key = NULL;
	int64_t received_at;
	int moved, rc = -1;

	if (to == EVENT_ACCEPTED)
		return err_set(err, "event %s: only a replay makes it accepted", id);
	moved = change_state(db, id, to, kind, reason, &key, &received_at, err);
	if (moved == 0)
		err_set(err, "event %s is not accepted and cannot become %s", id,
		        event_state_names[to]);
	if (moved != 1 || index_key(db, id, key, received_at, err) != 0)
		goto out;
	db_count(db, METRIC_EVENTS_PENDING, -1);
	db_count(db, counted[to], 1);
	if (to == EVENT_STATE_UNKNOWN || to == EVENT_PARKED)
		log_warn("event set aside", "event", id, "state", event_state_names[to], "kind",
		         kind, "reason", reason, LOG_END);
	else
		log_debug("event moved", "event", id, "state", event_state_names[to], "kind", kind,
		          LOG_END);
	rc = 0;
out:
	free(key);
	return rc;
}

int
event_body(struct db *db, const char *id, struct event_body *out, struct err *err)
{
	struct db_row *row = db_bind(db, ST_EVENT_BODY, "t", id);
	int rc = db_step(row, err);

	*out = (struct event_body){0};
	if (rc == 1) {
		const char *data = db_bytes(row, 1, &out->len);
		out->source_kind = mem_str(db_text(row, 0));
		out->data = mem_strn(data, out->len);
	}
	db_end(row);
	return rc;
}

void
event_body_fini(struct event_body *body)
{
	free(body->source_kind);
	free(body->data);
	*body = (struct event_body){0};
}

char *
event_sealed(struct db *db, const char *id, struct err *err)
{
	struct db_row *row = db_bind(db, ST_EVENT_SEALED, "t", id);
	char *sealed = db_step(row, err) == 1 ? mem_str(db_text(row, 0)) : NULL;

	db_end(row);
	return sealed;
}

int
event_drop_sealed(struct db *db, const char *id, struct err *err)
{
	return db_run(db, err, ST_EVENT_DROP_SEALED, "t", id) < 0 ? -1 : 0;
}

int
events_drop_sealed(struct db *db, int64_t until_ms, struct err *err)
{
	return db_run(db, err, ST_EVENTS_DROP_SEALED, "i", until_ms) < 0 ? -1 : 0;
}

int
event_replay(struct db *db, const char *id, struct err *err)
{
	int64_t moved = db_run(db, err, ST_EVENT_REPLAY, "t", id);

	if (moved <= 0)
		return (int)moved;
	db_count(db, METRIC_EVENTS_PENDING, 1);
	log_info("event to be planned again", "event", id, LOG_END);
	return 1;
}
