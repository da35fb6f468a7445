#include "relay/store/events.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/ulid.h"

const char *const event_state_names[] = {
	[EVENT_ACCEPTED] = "accepted",     [EVENT_PROCESSED] = "processed",
	[EVENT_STATE_IGNORED] = "ignored", [EVENT_STATE_UNKNOWN] = "unknown",
	[EVENT_PARKED] = "parked",
};

static const enum metric arrivals[] = {
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

static int
find_first(struct db *db, const char *key, char first_id[32], struct err *err)
{
	struct db_row *row = db_bind(db, ST_EVENT_KEY_GET, "t", key);
	int got = db_step(row, err);

	if (got == 1)
		copy_id(first_id, db_text(row, 0));
	else if (got == 0)
		err_set(err, "event key %s is neither new nor there", key);
	db_end(row);
	return got == 1 ? 0 : -1;
}

static int
add_row(struct db *db, const struct new_event *e, struct err *err)
{
	struct err ignored;

	if (db_run(db, err, ST_EVENT_ADD, "tttittb", e->id, e->source, e->source_kind,
	           e->received_at, event_state_names[e->state], e->sealed, e->body,
	           e->body_len) >= 0)
		return 0;
	/* A key without its event would swallow what the sender sends again. */
	if (db_run(db, &ignored, ST_EVENT_KEY_DROP, "t", e->key) < 0)
		log_error("key of an event that was not stored", "key", e->key, LOG_END);
	return -1;
}

int
event_insert(struct db *db, const struct new_event *e, char first_id[32], struct err *err)
{
	int64_t added = db_run(db, err, ST_EVENT_KEY_ADD, "tti", e->key, e->id, e->received_at);

	if (added < 0)
		return -1;
	if (added == 0)
		return find_first(db, e->key, first_id, err);
	if (add_row(db, e, err) != 0)
		return -1;
	copy_id(first_id, e->id);
	db_count(db, arrivals[e->state], 1);
	return 1;
}

int
event_move(struct db *db, const char *id, enum event_state to, const char *kind, const char *reason,
           struct err *err)
{
	if (to == EVENT_ACCEPTED)
		return err_set(err, "event %s: only a replay makes it accepted", id);

	int64_t moved =
		db_run(db, err, ST_EVENT_MOVE, "tttt", id, event_state_names[to], kind, reason);
	if (moved < 0)
		return -1;
	if (moved == 0)
		return err_set(err, "event %s is not accepted and cannot become %s", id,
		               event_state_names[to]);
	db_count(db, METRIC_EVENTS_PENDING, -1);
	db_count(db, arrivals[to], 1);
	if (to == EVENT_STATE_UNKNOWN || to == EVENT_PARKED)
		log_warn("event set aside", "event", id, "state", event_state_names[to], "kind",
		         kind, "reason", reason, LOG_END);
	else
		log_debug("event moved", "event", id, "state", event_state_names[to], "kind", kind,
		          LOG_END);
	return 0;
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
