/*
 * A sink that got another address: what its old one was owed goes to the new
 * one, and the lanes go with it, so that an incident told at the old address
 * goes on to its end at the new one and is not opened a second time.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/store/lane.h"
#include "relay/store/queue.h"
#include "relay/store/queue_carry.h"

/* Deliveries by id, or lanes by notification and destination. */
struct strays {
	struct stray {
		char *id, *destination;
		const struct queue_sink *to;
	} * items;
	size_t count;
};

static void
strays_fini(struct strays *strays)
{
	for (size_t i = 0; i < strays->count; i++) {
		free(strays->items[i].id);
		free(strays->items[i].destination);
	}
	free(strays->items);
}

static bool
is_configured(const struct queue_sinks *sinks, const char *destination)
{
	for (size_t i = 0; i < sinks->count; i++)
		if (strcmp(sinks->items[i].destination, destination) == 0)
			return true;
	return false;
}

/* Those of one sink, which follow each other. */
struct group {
	const struct queue_sink *first;
	size_t count;
};

/* Where this sink delivers what that team is told; NULL: nowhere. */
static const struct queue_sink *
address_for(const struct group *group, const char *team)
{
	for (size_t i = 0; i < group->count; i++) {
		const struct queue_sink *one = &group->first[i];

		if (!one->per_team ||
		    (one->team && team ? strcmp(one->team, team) == 0 : one->team == team))
			return one;
	}
	return NULL;
}

/* Of the rows of `statement` those whose destination no sink has any more,
 * where their sink delivers to that team now. */
static int
strays_find(struct db *db, enum statement statement, const struct queue_sinks *sinks,
            const struct group *group, struct strays *strays, struct err *err)
{
	const struct queue_sink *sink = group->first;
	struct db_row *row = db_bind(db, statement, "ttt", sink->name, sink->kind,
	                             sink->per_team ? "" : sink->destination);
	int rc;

	while ((rc = db_step(row, err)) == 1) {
		const struct queue_sink *to = address_for(group, db_text(row, 2));

		if (!to || is_configured(sinks, db_text(row, 1)))
			continue;
		strays->items = mem_grow(strays->items, strays->count + 1, sizeof(*strays->items));
		strays->items[strays->count++] =
			(struct stray){mem_str(db_text(row, 0)), mem_str(db_text(row, 1)), to};
	}
	db_end(row);
	return rc;
}

static int
move_lane(struct db *db, const char *notification_id, const char *from, const struct queue_sink *to,
          struct err *err)
{
	return db_run(db, err, ST_QUEUE_MOVE_LANE, "ttti", notification_id, from, to->destination,
	              (int64_t)to->edits) < 0
	               ? -1
	               : 0;
}

/* 1: the lane at `to` is owed or was told as much already; 0: it may have this
 * one, and has no other pending; -1. */
static int
make_room(struct db *db, const struct owed *owed, const char *to, struct err *err)
{
	struct owed claimed = {0}, pending = {0};
	struct told told;
	int rc = told_load(db, owed->notification_id, to, &told, err);

	if (rc == 0)
		rc = owed_in_lane(db, owed->notification_id, to, DELIVERY_CLAIMED, &claimed, err);
	if (rc >= 0)
		rc = owed_in_lane(db, owed->notification_id, to, DELIVERY_PENDING, &pending, err);
	if (rc >= 0) {
		bool known = told.revision >= owed->revision ||
		             claimed.revision >= owed->revision ||
		             pending.revision >= owed->revision;
		if (rc == 1 && !known)
			rc = delivery_move(db, pending.id, DELIVERY_PENDING, DELIVERY_DROPPED, err);
		if (rc >= 0)
			rc = known;
	}
	owed_fini(&claimed);
	owed_fini(&pending);
	return rc;
}

static int
readdress(struct db *db, const struct owed *owed, const struct queue_sink *sink, int64_t now_ms,
          struct err *err)
{
	if (db_run(db, err, ST_QUEUE_DESTINATION_MET, "tti", sink->destination, sink->kind,
	           now_ms) < 0 ||
	    db_run(db, err, ST_QUEUE_READDRESS, "tti", owed->id, sink->destination,
	           (int64_t)sink->edits) < 0 ||
	    db_run(db, err, ST_CARRY_READDRESS, "tt", owed->id, sink->destination) < 0)
		return -1;
	return move_lane(db, owed->notification_id, owed->destination, sink, err) < 0 ? -1 : 1;
}

/* 1: it goes on at the new address; 0: nothing to do there; -1. */
static int
move_delivery(struct db *db, const char *id, const struct queue_sink *sink, int64_t now_ms,
              struct err *err)
{
	struct owed owed;
	int rc = owed_load(db, id, &owed, err);

	if (rc != 1)
		goto out;
	rc = make_room(db, &owed, sink->destination, err);
	if (rc == 1)
		rc = delivery_move(db, id, DELIVERY_PENDING, DELIVERY_DROPPED, err);
	else if (rc == 0)
		rc = readdress(db, &owed, sink, now_ms, err);
out:
	owed_fini(&owed);
	return rc;
}

static int
carriers_find(struct db *db, const struct queue_sinks *sinks, const struct queue_sink *sink,
              struct strays *out, struct err *err)
{
	struct db_row *row = db_bind(db, ST_CARRY_ELSEWHERE, "tt", sink->name, sink->kind);
	int rc;

	while ((rc = db_step(row, err)) == 1) {
		if (is_configured(sinks, db_text(row, 1)))
			continue;
		out->items = mem_grow(out->items, out->count + 1, sizeof(*out->items));
		out->items[out->count++] =
			(struct stray){.id = mem_str(db_text(row, 0)), .destination = NULL};
	}
	db_end(row);
	return rc;
}

/* Digests first: what they carry is addressed anew, each for itself; but not
 * where a part of the old list had it already. */
static int
dissolve_carriers(struct db *db, const struct queue_sinks *sinks, const struct queue_sink *sink,
                  struct err *err)
{
	struct strays carriers = {0};
	int rc = carriers_find(db, sinks, sink, &carriers, err);

	for (size_t i = 0; rc >= 0 && i < carriers.count; i++) {
		struct owed owed;
		rc = owed_load(db, carriers.items[i].id, &owed, err);
		if (rc == 1)
			rc = carrier_dissolve(db, &owed, err);
		owed_fini(&owed);
	}
	strays_fini(&carriers);
	return rc < 0 ? -1 : 0;
}

static int64_t
follow(struct db *db, const struct queue_sinks *sinks, const struct group *group, int64_t now_ms,
       struct err *err)
{
	struct strays owed = {0}, told = {0};
	int64_t moved = 0;
	int rc = dissolve_carriers(db, sinks, group->first, err);

	if (rc >= 0)
		rc = strays_find(db, ST_QUEUE_OWED_ELSEWHERE, sinks, group, &owed, err);
	for (size_t i = 0; rc >= 0 && i < owed.count; i++) {
		rc = move_delivery(db, owed.items[i].id, owed.items[i].to, now_ms, err);
		moved += rc > 0;
	}
	if (rc >= 0)
		rc = strays_find(db, ST_QUEUE_TOLD_ELSEWHERE, sinks, group, &told, err);
	for (size_t i = 0; rc >= 0 && i < told.count; i++)
		rc = move_lane(db, told.items[i].id, told.items[i].destination, told.items[i].to,
		               err);
	strays_fini(&owed);
	strays_fini(&told);
	return rc < 0 ? -1 : moved;
}

/* Is there a destination that no sink has any more?  1, 0, -1.  Mostly there
 * is none, and what each sink sent need not be gone through. */
static int
any_is_left(struct db *db, const struct queue_sinks *sinks, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUEUE_DESTINATIONS_MET, "");
	int rc;

	while ((rc = db_step(row, err)) == 1 && is_configured(sinks, db_text(row, 0)))
		continue;
	db_end(row);
	return rc;
}

int64_t
queue_follow(struct db *db, const struct queue_sinks *sinks, int64_t now_ms, struct err *err)
{
	int64_t moved = 0;
	struct group group;
	int left = any_is_left(db, sinks, err);

	if (left <= 0)
		return left;
	for (size_t i = 0; i < sinks->count; i += group.count) {
		group = (struct group){&sinks->items[i], 1};
		while (i + group.count < sinks->count &&
		       strcmp(group.first->name, sinks->items[i + group.count].name) == 0)
			group.count++;
		int64_t more = follow(db, sinks, &group, now_ms, err);
		if (more < 0)
			return -1;
		moved += more;
	}
	return moved;
}
