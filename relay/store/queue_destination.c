/*
 * What the queue knows of destinations, apart from their deliveries.
 */
#include "relay/base/mem.h"
#include "relay/store/lane.h"
#include "relay/store/queue.h"

#include <stdlib.h>

#include "relay/base/mem.h"

int
queue_destination_get(struct db *db, const char *destination, struct destination_state *state,
                      struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUEUE_DESTINATION, "t", destination);
	int rc = db_step(row, err);

	*state = (struct destination_state){0};
	if (rc == 1) {
		state->blocked = db_int(row, 0) != 0;
		state->paused_until = db_int(row, 1);
		state->failures = (int)db_int(row, 2);
		state->failing_since = db_int(row, 3);
	}
	db_end(row);
	return rc < 0 ? -1 : 0;
}

int
queue_destination_put(struct db *db, const char *destination, const char *kind,
                      const struct destination_state *state, const char *text, int64_t now_ms,
                      struct err *err)
{
	return db_run(db, err, ST_QUEUE_DESTINATION_PUT, "ttizizti", destination, kind,
	              (int64_t)state->blocked, state->paused_until, (int64_t)state->failures,
	              state->failing_since, text, now_ms) < 0
	               ? -1
	               : 0;
}

int
queue_probe_blocked(struct db *db, struct err *err)
{
	return db_run(db, err, ST_QUEUE_PROBE, "t", "") < 0 ? -1 : 0;
}

int
queue_destinations_pending(struct db *db, void (*fn)(const char *destination, void *arg), void *arg,
                           struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUEUE_DESTINATIONS_PENDING, "");
	int rc;

	while ((rc = db_step(row, err)) == 1)
		fn(db_text(row, 0), arg);
	db_end(row);
	return rc;
}

int64_t
queue_pending(struct db *db, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUEUE_PENDING_COUNT, "");
	int rc = db_step(row, err);
	int64_t count = rc == 1 ? db_int(row, 0) : -1;

	db_end(row);
	return count;
}

int64_t
queue_heard_at(struct db *db, const char *notification_id, const char *destination, int64_t now_ms,
               struct err *err)
{
	static const enum delivery_state on_its_way[] = {DELIVERY_CLAIMED, DELIVERY_PENDING};
	struct told told;

	if (told_load(db, notification_id, destination, &told, err) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(on_its_way); i++) {
		struct owed owed;
		int rc = owed_in_lane(db, notification_id, destination, on_its_way[i], &owed, err);
		bool speaks = rc == 1 && news_speaks(&told, &owed);

		owed_fini(&owed);
		if (rc < 0 || speaks)
			return rc < 0 ? -1 : now_ms;
	}
	if (told.any)
		return told.spoken_at;
	struct owed dead;
	int rc = owed_in_lane(db, notification_id, destination, DELIVERY_DEAD, &dead, err);
	int64_t tried_at = rc < 0 ? -1 : dead.created_at;

	owed_fini(&dead);
	return tried_at;
}

int
queue_destination_wait(struct db *db, const char *destination, struct destination_wait *out,
                       struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUEUE_DESTINATION_TEXT, "t", destination);
	int rc = db_step(row, err);

	*out = (struct destination_wait){0};
	if (rc == 1)
		out->text = mem_str(db_text(row, 0));
	db_end(row);
	if (rc < 0)
		return -1;
	row = db_bind(db, ST_QUEUE_SINK_AT, "t", destination);
	rc = db_step(row, err);
	if (rc == 1) {
		out->sink = mem_str(db_text(row, 0));
		out->sink_kind = mem_str(db_text(row, 1));
	}
	db_end(row);
	return rc;
}

void
destination_wait_fini(struct destination_wait *wait)
{
	free(wait->text);
	free(wait->sink);
	free(wait->sink_kind);
}

int
queue_expiring(struct db *db, int64_t now_ms, struct expiring_list *list, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUEUE_EXPIRING, "i", now_ms - DELIVERY_LIFE_MS);
	int rc;

	*list = (struct expiring_list){0};
	while ((rc = db_step(row, err)) == 1) {
		list->items = mem_grow(list->items, list->count + 1, sizeof(*list->items));
		list->items[list->count++] =
			(struct expiring){mem_str(db_text(row, 0)), mem_str(db_text(row, 1)),
		                          mem_str(db_text(row, 2)), db_int(row, 3)};
	}
	db_end(row);
	return rc;
}

void
expiring_list_fini(struct expiring_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].destination);
		free(list->items[i].sink);
		free(list->items[i].sink_kind);
	}
	free(list->items);
}
