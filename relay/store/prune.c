#include "relay/store/prune.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/config/key.h"
#include "relay/store/events.h"

/* Rows in one bite; a body may have a megabyte. */
#define BITE_EVENTS 32
#define BITE_ROWS 256
#define BITE_DELIVERIES 16

static int
prune_rows(struct db *db, enum statement id, int64_t before, int64_t most, bool *more,
           struct err *err)
{
	int64_t gone = db_run(db, err, id, "ii", before, most);

	if (gone == most)
		*more = true;
	return gone < 0 ? -1 : 0;
}

static int
prune_events(struct db *db, int64_t now_ms, int64_t retention_ms, bool *more, struct err *err)
{
	int64_t key_age = now_ms - EVENT_KEY_DAYS * DAY_MS;

	if (prune_rows(db, ST_PRUNE_EVENTS, now_ms - retention_ms, BITE_EVENTS, more, err) != 0 ||
	    prune_rows(db, ST_PRUNE_ODD_EVENTS, key_age, BITE_EVENTS, more, err) != 0)
		return -1;
	return prune_rows(db, ST_PRUNE_KEYS, key_age, BITE_ROWS, more, err);
}

/* Ends the row, which names a delivery, and removes it: 1; no row: 0; -1. */
static int
drop_delivery(struct db *db, struct db_row *row, struct err *err)
{
	int got = db_step(row, err);
	char *id = NULL, *notification = NULL, *destination = NULL;

	if (got == 1) {
		id = mem_str(db_text(row, 0));
		notification = mem_str(db_text(row, 1));
		destination = mem_str(db_text(row, 2));
	}
	db_end(row);
	if (got == 1 && (db_run(db, err, ST_PRUNE_ATTEMPTS, "t", id) < 0 ||
	                 db_run(db, err, ST_PRUNE_DELIVERY, "t", id) < 0 ||
	                 db_run(db, err, ST_PRUNE_LANE, "tt", notification, destination) < 0))
		got = -1;
	free(destination);
	free(notification);
	free(id);
	return got;
}

static int
prune_deliveries(struct db *db, int64_t before, bool *more, struct err *err)
{
	int got = 1;

	for (int i = 0; i < BITE_DELIVERIES && got == 1; i++)
		got = drop_delivery(db, db_bind(db, ST_PRUNE_NEXT_DELIVERY, "i", before), err);
	if (got == 1)
		*more = true;
	return got < 0 ? -1 : 0;
}

/* 1: all that hangs on the incident is gone; 0: some may be left; -1. */
static int
empty_incident(struct db *db, const char *id, struct err *err)
{
	bool full = false;
	int got = 1;

	int64_t rows = db_run(db, err, ST_PRUNE_ROWS, "ti", id, (int64_t)BITE_ROWS);
	int64_t notes = db_run(db, err, ST_PRUNE_TIMELINE, "ti", id, (int64_t)BITE_ROWS);
	if (rows < 0 || notes < 0)
		return -1;
	full = rows >= BITE_ROWS || notes >= BITE_ROWS;
	for (int i = 0; i < BITE_DELIVERIES && got == 1; i++)
		got = drop_delivery(db, db_bind(db, ST_PRUNE_DELIVERY_OF, "t", id), err);
	if (got < 0)
		return -1;
	return !full && got == 0;
}

static int
prune_incident(struct db *db, int64_t before, bool *more, struct err *err)
{
	struct db_row *row = db_bind(db, ST_PRUNE_NEXT_INCIDENT, "i", before);
	int got = db_step(row, err);
	char *id = got == 1 ? mem_str(db_text(row, 0)) : NULL;

	db_end(row);
	if (got == 1) {
		*more = true;
		got = empty_incident(db, id, err);
	}
	if (got == 1 && (db_run(db, err, ST_PRUNE_LANES_OF, "t", id) < 0 ||
	                 db_run(db, err, ST_PRUNE_NOTIFICATIONS, "t", id) < 0 ||
	                 db_run(db, err, ST_PRUNE_INCIDENT, "t", id) < 0))
		got = -1;
	free(id);
	return got < 0 ? -1 : 0;
}

int
store_prune(struct db *db, int64_t now_ms, int64_t retention_ms, bool *more, struct err *err)
{
	int64_t before = now_ms - retention_ms;

	*more = false;
	if (prune_events(db, now_ms, retention_ms, more, err) != 0 ||
	    prune_rows(db, ST_PRUNE_RUNS, before, BITE_ROWS, more, err) != 0 ||
	    prune_rows(db, ST_PRUNE_APPLIES, before, BITE_ROWS, more, err) != 0 ||
	    prune_rows(db, ST_PRUNE_FORMER_USAGES, before, BITE_ROWS, more, err) != 0 ||
	    prune_rows(db, ST_PRUNE_READINGS, before, BITE_ROWS, more, err) != 0 ||
	    prune_deliveries(db, before, more, err) != 0)
		return -1;
	if (db_run(db, err, ST_SILENCES_DROP_OVER, "i", before) < 0)
		return -1;
	return prune_incident(db, before, more, err);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
store_prune_destinations(struct db *db, int64_t now_ms, int64_t retention_ms,
                         const char *const *configured, size_t count, struct err *err)
{
	struct db_row *row = db_bind(db, ST_PRUNE_DESTINATIONS, "i", now_ms - retention_ms);
	struct key_texts gone = {.items = NULL};
	int rc;

	while ((rc = db_step(row, err)) == 1) {
		const char *key = db_text(row, 0);

		if (count > 0 &&
		    bsearch(&key, configured, count, sizeof(*configured), by_text) != NULL)
			continue;
		gone.items = mem_grow(gone.items, gone.count + 1, sizeof(*gone.items));
		gone.items[gone.count++] = mem_str(key);
	}
	db_end(row);
	for (size_t i = 0; i < gone.count; i++) {
		if (rc == 0 && db_run(db, err, ST_PRUNE_DESTINATION, "t", gone.items[i]) < 0)
			rc = -1;
		free(gone.items[i]);
	}
	free(gone.items);
	return rc;
}
