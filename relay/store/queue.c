#include "relay/store/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/store/events.h"
#include "relay/store/lane.h"
#include "relay/store/queue_carry.h"

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* What a lane is owed before this plan. */
struct lane_now {
	struct told told;
	struct owed claimed, pending; /* zeroed where there is none */
	bool has_claimed, has_pending;
};

static int
lane_load(struct db *db, const struct delivery_plan *plan, struct lane_now *lane, struct err *err)
{
	*lane = (struct lane_now){0};
	if (told_load(db, plan->notification_id, plan->destination, &lane->told, err) < 0)
		return -1;
	int claimed = owed_in_lane(db, plan->notification_id, plan->destination, DELIVERY_CLAIMED,
	                           &lane->claimed, err);
	int pending = claimed < 0 ? -1
	                          : owed_in_lane(db, plan->notification_id, plan->destination,
	                                         DELIVERY_PENDING, &lane->pending, err);
	lane->has_claimed = claimed == 1;
	lane->has_pending = pending == 1;
	return pending < 0 ? -1 : 0;
}

/* Where two routes with different waits reach one destination, the shorter
 * wait counts; one that waits for its retry keeps its turn.  One that waits for
 * the end of a silence waits for what holds this one, or for nothing. */
static int64_t
due_of(const struct lane_now *lane, const struct delivery_plan *plan, int64_t now_ms)
{
	int64_t due = later(now_ms, plan->not_before);

	if (plan->every_revision && lane->told.any)
		due = later(due, lane->told.at + QUEUE_REVISION_PACE_MS);
	bool held = lane->has_pending && lane->pending.held_until == lane->pending.due_at;
	if (lane->has_pending && !held &&
	    (lane->pending.attempts > 0 || lane->pending.due_at < due))
		due = lane->pending.due_at;
	return later(due, plan->held_until);
}

static int
insert(struct db *db, const struct delivery_plan *plan, const struct owed *owed, struct err *err)
{
	return db_run(db, err, ST_QUEUE_INSERT,
	              "tttttttt"
	              "itttt"
	              "iiiii"
	              "ttiizt",
	              owed->id, plan->notification_id, plan->incident_id, plan->destination,
	              plan->sink, plan->sink_kind, plan->route, plan->team, owed->revision,
	              plan->document, owed->resolved ? "resolved" : "open",
	              phase_names[owed->phase], severity_names[owed->severity],
	              (int64_t)owed->every_revision, (int64_t)owed->at_once, owed->attempts,
	              owed->created_at, owed->due_at, plan->target, plan->event_id,
	              (int64_t)owed->edits, owed_again(owed), plan->held_until, plan->held_by) < 0
	               ? -1
	               : 0;
}

/* Whether it got worse for others is no news, so it counts as what was told last. */
static void
hush(const struct lane_now *lane, struct owed *owed)
{
	enum severity severity = owed->severity;

	if (lane->has_claimed) {
		owed->phase = lane->claimed.phase;
		severity = lane->claimed.severity;
	} else if (lane->told.any) {
		owed->phase = lane->told.phase;
		severity = lane->told.severity;
	}
	if (owed->severity > severity)
		owed->severity = severity;
}

static int
add_to_lane(struct db *db, const struct delivery_plan *plan, const struct lane_now *lane,
            int64_t now_ms, struct err *err)
{
	struct owed owed = {
		.revision = plan->revision,
		.resolved = plan->resolved,
		.every_revision = plan->every_revision,
		.edits = plan->edits,
		/* One that was not sent yet goes with what replaces it. */
		.reminder = !plan->resolved && (plan->reminder || lane->pending.reminder),
		.wider = !plan->resolved && (plan->wider || lane->pending.wider),
		.at_once = plan->at_once,
		.phase = plan->phase,
		.severity = plan->severity,
		.attempts = lane->pending.attempts,
		/* News has a life of its own, which begins when it may be sent; the
		 * pace goes on. */
		.created_at = later(now_ms, plan->not_before),
		.due_at = due_of(lane, plan, now_ms),
	};

	if (plan->quiet && !plan->resolved)
		hush(lane, &owed);
	/* An incident that was critical while it waited ends as a critical one. */
	if (owed.resolved && lane->has_pending && lane->pending.severity > owed.severity)
		owed.severity = lane->pending.severity;
	/* With one under way nobody knows yet what the destination was told. */
	bool silent = !lane->has_claimed && news_of(&lane->told, &owed) == NEWS_NONE;
	if (silent && lane->has_pending && is_half_told(&lane->told, &lane->pending))
		return 0;
	if (lane->has_pending &&
	    delivery_move(db, lane->pending.id, DELIVERY_PENDING, DELIVERY_DROPPED, err) < 0)
		return -1;
	if (silent)
		return 0;
	id_make("dlv", now_ms, owed.id);
	if (db_run(db, err, ST_QUEUE_DESTINATION_MET, "tti", plan->destination, plan->sink_kind,
	           now_ms) < 0)
		return -1;
	return insert(db, plan, &owed, err);
}

int
queue_add(struct db *db, const struct delivery_plan *plan, int64_t now_ms, struct err *err)
{
	struct lane_now lane;
	int rc = lane_load(db, plan, &lane, err);

	if (rc < 0)
		goto out;
	if ((lane.told.any && lane.told.revision >= plan->revision) ||
	    (lane.has_claimed && lane.claimed.revision >= plan->revision))
		goto out;
	if (lane.has_pending && lane.pending.revision >= plan->revision) {
		/* The same by another route: once, at the earlier time. */
		int64_t due = due_of(&lane, plan, now_ms);
		if (due < lane.pending.due_at &&
		    db_run(db, err, ST_QUEUE_RESCHEDULE, "tiiiiti", lane.pending.id, due,
		           lane.pending.created_at, lane.pending.attempts,
		           (int64_t)lane.pending.plain, severity_names[lane.pending.severity],
		           owed_again(&lane.pending)) < 0)
			rc = -1;
		goto out;
	}
	rc = add_to_lane(db, plan, &lane, now_ms, err);
out:
	owed_fini(&lane.claimed);
	owed_fini(&lane.pending);
	return rc;
}

int
queue_add_digest(struct db *db, const struct delivery_plan *plan, int64_t now_ms, struct err *err)
{
	char id[ID_SIZE];

	id_make("dlv", now_ms, id);
	if (db_run(db, err, ST_QUEUE_DESTINATION_MET, "tti", plan->destination, plan->sink_kind,
	           now_ms) < 0)
		return -1;
	return db_run(db, err, ST_CARRY_INSERT, "tttttttttii", id, plan->notification_id,
	              plan->destination, plan->sink, plan->sink_kind, plan->route, plan->team,
	              plan->document, severity_names[plan->severity], now_ms, now_ms) < 0
	               ? -1
	               : 0;
}

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
	if (*next_due_out)
		*next_due_out = later(*next_due_out, state.paused_until);
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

int
queue_pending_ids(struct db *db, struct pending_ids *out, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUEUE_PENDING_IDS, "");
	size_t cap = 0;
	int rc;

	*out = (struct pending_ids){0};
	while ((rc = db_step(row, err)) == 1) {
		if (out->count == cap) {
			cap = cap > 0 ? 2 * cap : 64;
			out->items = mem_grow(out->items, cap, sizeof(*out->items));
		}
		snprintf(out->items[out->count++], ID_SIZE, "%s", db_text(row, 0));
	}
	db_end(row);
	return rc;
}
