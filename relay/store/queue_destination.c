/*
 * What the queue knows of destinations, apart from their deliveries.
 */
#include "relay/store/queue.h"

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
