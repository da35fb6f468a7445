/* queue_claim.c - what is due of a destination, taken to be sent. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/store/events.h"
#include "relay/store/lane.h"
#include "relay/store/queue.h"
#include "relay/store/queue_carry.h"

void
claimed_fini(struct claimed *claimed)
{
	free(claimed->notification_id);
	free(claimed->destination);
	free(claimed->sink);
	free(claimed->sink_kind);
	free(claimed->target);
	free(claimed->event_id);
	free(claimed->held_by);
	if (claimed->sealed)
		mem_wipe_free(claimed->sealed, strlen(claimed->sealed));
	json_decref(claimed->document);
	json_decref(claimed->recipients);
	json_decref(claimed->reference);
	*claimed = (struct claimed){0};
}

/* 1, or -1. */
static int
reference_load(struct db *db, const struct owed *owed, struct claimed *out, struct err *err)
{
	struct db_row *row =
		db_bind(db, ST_QUEUE_REFERENCE, "tt", owed->notification_id, owed->destination);
	int rc = db_step(row, err);
	const char *text = rc == 1 ? db_text(row, 0) : NULL;

	out->reference = text ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL;
	db_end(row);
	if (rc < 0)
		claimed_fini(out);
	return rc < 0 ? -1 : 1;
}

/* Text and document of a claimed one.  0: its document cannot be read. */
static int
claimed_fill(struct db *db, struct owed *owed, const char *reason, struct claimed *out,
             struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUEUE_CONTENT, "t", owed->id);
	int rc = db_step(row, err);

	*out = (struct claimed){0};
	if (rc == 1) {
		const char *document = db_text(row, 2), *recipients = db_text(row, 3);
		out->sink = mem_str(db_text(row, 0));
		out->target = mem_str(db_text(row, 1));
		out->held_by = mem_str(db_text(row, 4));
		out->document = document ? json_loads(document, JSON_ALLOW_NUL, NULL) : NULL;
		out->recipients = recipients ? json_loads(recipients, JSON_ALLOW_NUL, NULL) : NULL;
	}
	db_end(row);
	if (rc < 0 || !json_is_object(out->document)) {
		claimed_fini(out);
		return rc < 0 ? -1 : 0;
	}
	if (json_object_get(out->document, "reason"))
		json_object_set_new(out->document, "reason", json_string(reason));
	memcpy(out->id, owed->id, sizeof(out->id));
	out->notification_id = mem_str(owed->notification_id);
	out->destination = mem_str(owed->destination);
	out->sink_kind = mem_str(owed->sink_kind);
	out->event_id = mem_str(owed->event_id);
	out->sealed = out->target && out->event_id ? event_sealed(db, out->event_id, err) : NULL;
	out->revision = owed->revision;
	out->created_at = owed_since(owed);
	out->held_until = owed->held_until;
	out->attempts = (int)owed->attempts + 1;
	out->plain = owed->plain;
	return reference_load(db, owed, out, err);
}

/* 1: claimed into *out; 0: there was nothing to say, or no way to say it, and
 * it waits no longer; -1. */
static int
claim_one(struct db *db, struct owed *owed, int64_t lease_until, struct claimed *out,
          struct err *err)
{
	struct told told;

	if (told_load(db, owed->notification_id, owed->destination, &told, err) < 0)
		return -1;
	enum news news = news_of(&told, owed);
	const char *reason = owed->partial && owed->reason ? owed->reason : news_names[news];
	if (news == NEWS_NONE && !owed->partial)
		return delivery_move(db, owed->id, DELIVERY_PENDING, DELIVERY_DROPPED, err);
	int rc = claimed_fill(db, owed, reason, out, err);
	out->speaks = !owed->edits || news_speaks(&told, owed);
	if (rc == 0) {
		log_error("delivery without a readable document given up", "delivery", owed->id,
		          LOG_END);
		return delivery_move(db, owed->id, DELIVERY_PENDING, DELIVERY_DEAD, err);
	}
	if (rc == 1 &&
	    (delivery_move(db, owed->id, DELIVERY_PENDING, DELIVERY_CLAIMED, err) < 0 ||
	     db_run(db, err, ST_QUEUE_CLAIM, "tti", owed->id, reason, lease_until) < 0)) {
		claimed_fini(out);
		return -1;
	}
	return rc;
}

/* 1: *owed is the next that is due; 0: none is; -1. */
static int
next_due(struct db *db, const char *destination, int64_t now_ms, struct owed *owed, struct err *err)
{
	char id[ID_SIZE] = "";
	struct db_row *row = db_bind(db, ST_QUEUE_NEXT, "ti", destination, now_ms);
	int rc = db_step(row, err);

	*owed = (struct owed){0};
	if (rc == 1) {
		const char *text = db_text(row, 0);
		memcpy(id, text, strnlen(text, sizeof(id) - 1));
	}
	db_end(row);
	return rc == 1 ? owed_load(db, id, owed, err) : rc;
}

static int
next_due_at(struct db *db, const char *destination, int64_t *out, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUEUE_NEXT_DUE, "t", destination);
	int rc = db_step(row, err);

	*out = rc == 1 ? db_int(row, 0) : 0;
	db_end(row);
	return rc < 0 ? -1 : 0;
}

/* 1: a digest of what is due is claimed; 0: it is not so much; -1. */
static int
claim_carrier(struct db *db, const struct claim_want *want, int64_t now_ms, struct claimed *out,
              struct err *err)
{
	char id[ID_SIZE];
	struct owed owed;
	int rc = carry_due(db, want->destination, now_ms, id, err);

	if (rc != 1)
		return rc;
	rc = owed_load(db, id, &owed, err);
	if (rc == 1)
		rc = claim_one(db, &owed, now_ms + want->lease_ms, out, err);
	owed_fini(&owed);
	return rc;
}

static int
claim_up_to(struct db *db, const struct claim_want *want, int slots, int64_t now_ms,
            struct claimed *out, int *count, struct err *err)
{
	while (*count < slots) {
		struct owed owed;
		int rc = next_due(db, want->destination, now_ms, &owed, err);
		if (rc == 1)
			rc = claim_one(db, &owed, now_ms + want->lease_ms, &out[*count], err);
		else if (rc == 0) {
			return 0;
		}
		owed_fini(&owed);
		if (rc < 0)
			return -1;
		*count += rc;
	}
	return 0;
}

int
queue_claim(struct db *db, const struct claim_want *want, int64_t now_ms, struct claimed *out,
            int64_t *next_due_out, struct err *err)
{
	struct destination_state state;
	int count = 0, slots = want->slots;

	*next_due_out = 0;
	if (queue_destination_get(db, want->destination, &state, err) < 0)
		return -1;
	if (state.paused_until > now_ms)
		slots = 0;
	else if (state.blocked && slots > 1)
		slots = 1; /* a probe */
	/* After a digest the rest waits for its turn: it may well be one more. */
	if (slots > 0 && (count = claim_carrier(db, want, now_ms, out, err)) < 0)
		return -1;
	if (count == 0 && claim_up_to(db, want, slots, now_ms, out, &count, err) < 0)
		goto fail;
	if (state.blocked && count) {
		state.paused_until = now_ms + QUEUE_PROBE_MS;
		if (db_run(db, err, ST_QUEUE_PAUSE, "ti", want->destination, state.paused_until) <
		    0)
			goto fail;
	}
	if (next_due_at(db, want->destination, next_due_out, err) < 0)
		goto fail;
	if (*next_due_out && *next_due_out < state.paused_until)
		*next_due_out = state.paused_until;
	return count;
fail:
	while (count)
		claimed_fini(&out[--count]);
	return -1;
}

int
queue_claim_one(struct db *db, const char *delivery_id, int64_t now_ms, struct claimed *out,
                struct err *err)
{
	struct owed owed;
	int rc = owed_load(db, delivery_id, &owed, err);

	if (rc == 1)
		rc = claim_one(db, &owed, now_ms, out, err);
	owed_fini(&owed);
	return rc;
}
