#include "relay/store/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/store/lane.h"

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
	              (int64_t)owed->edits, (int64_t)owed->reminder, plan->held_until,
	              plan->held_by) < 0
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
		           (int64_t)lane.pending.reminder) < 0)
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
