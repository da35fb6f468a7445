/*
 * What becomes of deliveries once claimed, and of those nobody claims.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/store/events.h"
#include "relay/store/lane.h"
#include "relay/store/queue.h"
#include "relay/store/queue_carry.h"

int64_t
delivery_life_ms(const char *sink_kind)
{
	return strcmp(sink_kind, "task_callback") == 0 ? TASK_CALLBACK_LIFE_MS : DELIVERY_LIFE_MS;
}

/* A digest has no lane: those of what it carries were told. */
static int
tell(struct db *db, const struct owed *owed, const char *reference, int64_t now_ms, struct err *err)
{
	return owed->digest ? carried_told(db, owed->id, now_ms, err)
	                    : told_put(db, owed, reference, now_ms, err);
}

static int
maybe_tell(struct db *db, const struct owed *owed, struct err *err)
{
	return owed->digest ? carried_maybe_told(db, owed->id, err) : told_maybe(db, owed, err);
}

/* With what it carries. */
static int
move(struct db *db, const struct owed *owed, enum delivery_state to, struct err *err)
{
	if (owed->digest && carried_move(db, owed->id, DELIVERY_CLAIMED, to, err) < 0)
		return -1;
	return delivery_move(db, owed->id, DELIVERY_CLAIMED, to, err);
}

static int
sent(struct db *db, const struct owed *owed, const char *reference, int64_t now_ms, struct err *err)
{
	if (tell(db, owed, reference, now_ms, err) < 0 || move(db, owed, DELIVERY_SENT, err) < 0)
		return -1;
	if (!owed->every_revision)
		return 0;
	return db_run(db, err, ST_QUEUE_NOT_BEFORE, "ttti", owed->notification_id,
	              owed->destination, "pending", now_ms + QUEUE_REVISION_PACE_MS) < 0
	               ? -1
	               : 0;
}

static int
settle(struct db *db, struct owed *owed, const struct settlement *settlement, int64_t now_ms,
       struct err *err)
{
	/* The message is edited, and only what was to be said beside it is owed. */
	if (settlement->settle != SETTLE_SENT && owed->edits && settlement->reference &&
	    db_run(db, err, ST_QUEUE_REFER, "ttt", owed->notification_id, owed->destination,
	           settlement->reference) < 0)
		return -1;
	switch (settlement->settle) {
	case SETTLE_SENT:
		return sent(db, owed, settlement->reference, now_ms, err);
	case SETTLE_DEAD:
		return move(db, owed, DELIVERY_DEAD, err);
	case SETTLE_RETRY:
		owed->due_at = settlement->due_at;
		break;
	case SETTLE_PLAIN:
		owed->due_at = now_ms;
		owed->plain = true;
		break;
	case SETTLE_WAIT:
		/* The destination's fault, not this delivery's: its retries
		 * begin anew where they stood. */
		owed->attempts--;
		break;
	}
	if (lane_put_back(db, owed, err) < 0)
		return -1;
	return owed->digest ? carrier_let_go(db, owed->id, now_ms, err) : 0;
}

/* 1, or -1. */
static int
settle_recipients(struct db *db, struct owed *owed, const struct settlement *settlement,
                  int64_t now_ms, struct err *err)
{
	if (db_run(db, err, ST_QUEUE_RECIPIENTS_PUT, "tt", owed->id, settlement->recipients) < 0)
		return -1;
	if (settlement->some_told && tell(db, owed, settlement->reference, now_ms, err) < 0)
		return -1;
	owed->partial = true;
	return 1;
}

int
queue_settle(struct db *db, const struct settlement *settlement, int64_t now_ms, struct err *err)
{
	struct owed owed;
	int rc = owed_load(db, settlement->delivery_id, &owed, err);

	if (rc == 0)
		rc = err_set(err, "there is no delivery %s", settlement->delivery_id);
	else if (rc == 1 && settlement->outcome)
		rc = db_run(db, err, ST_QUEUE_ATTEMPT, "tititi", settlement->delivery_id, now_ms,
		            settlement->outcome, (int64_t)settlement->code, settlement->text,
		            settlement->elapsed_ms) < 0
		             ? -1
		             : 1;
	if (rc == 1 && settlement->maybe_told && maybe_tell(db, &owed, err) < 0)
		rc = -1;
	if (rc == 1 && settlement->recipients)
		rc = settle_recipients(db, &owed, settlement, now_ms, err);
	if (rc == 1)
		rc = settle(db, &owed, settlement, now_ms, err);
	owed_fini(&owed);
	return rc;
}

int
queue_release_all(struct db *db, struct err *err)
{
	for (;;) {
		struct owed owed;
		int rc = owed_take(db_bind(db, ST_QUEUE_ANY_CLAIMED, ""), &owed, err);
		if (rc == 1) {
			owed.attempts--; /* nobody knows how that one ended */
			rc = maybe_tell(db, &owed, err) < 0 || lane_put_back(db, &owed, err) < 0
			             ? -1
			             : 1;
		}
		owed_fini(&owed);
		if (rc <= 0)
			return rc;
	}
}

static int
document_load(struct db *db, const char *id, json_t **out, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUEUE_CONTENT, "t", id);
	int rc = db_step(row, err);
	const char *text = rc == 1 ? db_text(row, 2) : NULL;

	*out = text ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL;
	db_end(row);
	return rc < 0 ? -1 : 0;
}

int
queue_expire_callback(struct db *db, int64_t now_ms, struct expired_callback *out, struct err *err)
{
	struct owed owed;
	int rc = owed_take(
		db_bind(db, ST_QUEUE_EXPIRED_CALLBACK, "i", now_ms - TASK_CALLBACK_LIFE_MS), &owed,
		err);

	*out = (struct expired_callback){0};
	if (rc == 1 && (delivery_move(db, owed.id, DELIVERY_PENDING, DELIVERY_DEAD, err) < 0 ||
	                (owed.event_id && event_drop_sealed(db, owed.event_id, err) < 0) ||
	                document_load(db, owed.id, &out->document, err) < 0))
		rc = -1;
	if (rc == 1)
		out->destination = mem_str(owed.destination);
	owed_fini(&owed);
	return rc;
}

void
expired_callback_fini(struct expired_callback *callback)
{
	free(callback->destination);
	json_decref(callback->document);
	*callback = (struct expired_callback){0};
}

int64_t
queue_expire(struct db *db, int64_t now_ms, struct err *err)
{
	int64_t count = db_run(db, err, ST_QUEUE_EXPIRE, "i", now_ms - DELIVERY_LIFE_MS);

	if (count < 0 || db_run(db, err, ST_CARRY_DEAD, "") < 0 ||
	    events_drop_sealed(db, now_ms - TASK_CALLBACK_LIFE_MS, err) < 0)
		return -1;
	return count;
}

/* Those that were refused are asked once more. */
static int
retry_recipients(struct db *db, const struct owed *owed, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUEUE_RECIPIENTS, "t", owed->id);
	int rc = db_step(row, err);
	const char *text = rc == 1 ? db_text(row, 0) : NULL;
	json_t *recipients = text ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL, *one;
	size_t i;

	db_end(row);
	json_array_foreach(recipients, i, one)
	{
		const char *state = json_string_value(json_object_get(one, "state"));
		if (state && strcmp(state, "rejected") == 0)
			json_object_set_new(one, "state", json_string("retry"));
	}
	char *changed = recipients ? json_dumps(recipients, JSON_COMPACT) : NULL;
	if (changed)
		rc = db_run(db, err, ST_QUEUE_RECIPIENTS_PUT, "tt", owed->id, changed) < 0 ? -1 : 0;
	free(changed);
	json_decref(recipients);
	return rc < 0 ? -1 : 0;
}

/* 1; 0: all that it carried has gone on without it; -1. */
static int
revive(struct db *db, const struct owed *owed, int64_t now_ms, struct err *err)
{
	int64_t carries = db_number(db, err, -1, ST_CARRY_COUNT, "t", owed->id);
	int revived = carries > 0 ? carried_revive(db, owed, now_ms, err) : 0;

	if (carries < 0 || revived < 0)
		return -1;
	return carries == 0 || revived > 0;
}

static int
retry(struct db *db, struct owed *owed, int64_t now_ms, struct err *err)
{
	int rc = is_outdated(db, owed, err);

	if (rc)
		return rc < 0 ? -1 : 2;
	if (owed->partial && retry_recipients(db, owed, err) < 0)
		return -1;
	if (owed->state == DELIVERY_DEAD) {
		/* A digest of a schedule carries nothing. */
		int carried = owed->digest ? revive(db, owed, now_ms, err) : 1;
		if (carried != 1)
			return carried < 0 ? -1 : 2;
		if (delivery_move(db, owed->id, DELIVERY_DEAD, DELIVERY_PENDING, err) < 0)
			return -1;
	}
	/* Where it is blocked, this is the probe.  A silence goes on. */
	int64_t due = owed->held_until > now_ms ? owed->held_until : now_ms;
	if (db_run(db, err, ST_QUEUE_RESCHEDULE, "tiiiiti", owed->id, due, now_ms, INT64_C(0),
	           INT64_C(0), severity_names[owed->severity], (int64_t)owed->reminder) < 0 ||
	    /* Nothing is delivered where it is not known, and it may have been pruned. */
	    db_run(db, err, ST_QUEUE_DESTINATION_MET, "tti", owed->destination, owed->sink_kind,
	           now_ms) < 0 ||
	    db_run(db, err, ST_QUEUE_PROBE, "t", owed->destination) < 0)
		return -1;
	return 1;
}

/* What was carried when it was given up, or waits so, goes with its carrier. */
static int
load_carrier(struct db *db, struct owed *owed, struct err *err)
{
	struct owed carrier;
	int rc = owed->carrier ? owed_load(db, owed->carrier, &carrier, err) : 0;

	if (rc == 1 && (carrier.state == DELIVERY_DEAD || carrier.state == DELIVERY_PENDING)) {
		owed_fini(owed);
		*owed = carrier;
	} else if (rc == 1) {
		owed_fini(&carrier);
	}
	return rc < 0 ? -1 : 1;
}

int
queue_retry(struct db *db, const char *delivery_id, int64_t now_ms, struct err *err)
{
	struct owed owed;
	int rc = owed_load(db, delivery_id, &owed, err);

	if (rc == 1)
		rc = load_carrier(db, &owed, err);
	if (rc == 1)
		rc = owed.state == DELIVERY_DEAD || owed.state == DELIVERY_PENDING
		             ? retry(db, &owed, now_ms, err)
		             : 0;
	owed_fini(&owed);
	return rc;
}
