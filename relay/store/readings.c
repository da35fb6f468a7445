#include "relay/store/readings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/model/kind.h"

const char *const reading_kind_names[] = {"plan", "state", "assessment", "tasks", NULL};

void
owed_reading_fini(struct owed_reading *reading)
{
	free(reading->subject);
	free(reading->source);
	free(reading->workspace_key);
	free(reading->run_id);
	free(reading->event_id);
	free(reading->url);
	if (reading->sealed != NULL)
		mem_wipe_free(reading->sealed, strlen(reading->sealed));
	memset(reading, 0, sizeof(*reading));
}

int
readings_owe(struct db *db, const struct owed_reading *r, int64_t due_at, int64_t now_ms,
             struct err *err)
{
	char id[ID_SIZE];
	int64_t n;

	id_make("rdg", now_ms, id);
	n = db_run(db, err, ST_READING_OWE, "ttttttzttiii", id, reading_kind_names[r->kind],
	           r->subject, r->source, r->workspace_key, r->run_id, r->run_created_at,
	           r->event_id, r->url, now_ms, due_at, r->until_at);
	return n < 0 ? -1 : 0;
}

/* The first of these: 1, 0, -1. */
static int
read_one(struct db *db, enum statement which, enum reading_kind kind, int64_t now_ms,
         struct owed_reading *out, struct err *err)
{
	struct db_row *row = db_bind(db, which, "ti", reading_kind_names[kind], now_ms);
	int rc = db_step(row, err);

	*out = (struct owed_reading){.kind = kind};
	if (rc == 1) {
		snprintf(out->id, sizeof(out->id), "%s", db_text(row, 0));
		out->subject = mem_str(db_text(row, 2));
		out->source = mem_str(db_text(row, 3));
		out->workspace_key = mem_str(db_text(row, 4));
		out->run_id = mem_str(db_text(row, 5));
		out->run_created_at = db_int(row, 6);
		out->event_id = mem_str(db_text(row, 7));
		out->url = mem_str(db_text(row, 8));
		out->attempts = (int)db_int(row, 9) + 1;
		out->created_at = db_int(row, 10);
		out->until_at = db_int(row, 11);
		out->sealed = mem_str(db_text(row, 12));
	}
	db_end(row);
	return rc;
}

/* Up to `most` of these, behind those that are in `out`; 0, or -1. */
static int
claim(struct db *db, enum statement which, enum reading_kind kind, int most, int64_t now_ms,
      struct owed_reading *out, int *count, struct err *err)
{
	for (int i = 0; i < most; i++) {
		int rc = read_one(db, which, kind, now_ms, &out[*count], err);

		if (rc != 1)
			return rc;
		(*count)++;
		if (db_run(db, err, ST_READING_CLAIM, "t", out[*count - 1].id) < 0)
			return -1;
	}
	return 0;
}

int
readings_claim(struct db *db, enum reading_kind kind, int slots, int room, int64_t now_ms,
               struct owed_reading *out, int64_t *next_at, struct err *err)
{
	const char *name = reading_kind_names[kind];
	int count = 0;

	*next_at = -1;
	if (claim(db, ST_READING_OVER, kind, room, now_ms, out, &count, err) == 0) {
		int over = count, most = slots < room - over ? slots : room - over;

		if (claim(db, ST_READING_DUE, kind, most, now_ms, out, &count, err) == 0)
			/* With its slots taken the next one may only be over. */
			*next_at = db_number(db, err, -1,
			                     count - over < slots ? ST_READING_NEXT
			                                          : ST_READING_NEXT_OVER,
			                     "t", name);
	}
	if (*next_at >= 0)
		return count;
	while (count > 0)
		owed_reading_fini(&out[--count]);
	return -1;
}

int
readings_again(struct db *db, const char *id, int64_t due_at, const char *why, struct err *err)
{
	return db_run(db, err, ST_READING_AGAIN, "tit", id, due_at, why) < 0 ? -1 : 0;
}

int
readings_done(struct db *db, const char *id, const char *outcome, struct err *err)
{
	return db_run(db, err, ST_READING_DONE, "tt", id, outcome) < 0 ? -1 : 0;
}

int
readings_hurry(struct db *db, int64_t now_ms, struct err *err)
{
	return db_run(db, err, ST_READINGS_HURRY, "i", now_ms) < 0 ? -1 : 0;
}

int
readings_release_all(struct db *db, struct err *err)
{
	return db_run(db, err, ST_READINGS_RELEASE, "") < 0 ? -1 : 0;
}

int
readings_of_run(struct db *db, const char *workspace_key, const char *run_id, int64_t *created_at,
                struct err *err)
{
	*created_at = db_number(db, err, -1, ST_READING_OF_RUN, "tt", workspace_key, run_id);
	return *created_at < 0 ? -1 : *created_at > 0;
}

int64_t
readings_pending(struct db *db, enum reading_kind kind, struct err *err)
{
	return db_number(db, err, -1, ST_READINGS_PENDING, "t", reading_kind_names[kind]);
}

int
readings_newer_run(struct db *db, enum reading_kind kind, const char *workspace_key,
                   const char *run_id, int64_t run_created_at, struct err *err)
{
	const char *name = reading_kind_names[kind];
	int64_t waits = db_number(db, err, -1, ST_READING_WAITS, "tt", workspace_key, name);

	if (waits <= 0)
		return (int)waits;
	return db_run(db, err, ST_READING_NEWER_RUN, "ttti", workspace_key, name, run_id,
	              run_created_at) < 0
	               ? -1
	               : 1;
}

int64_t
readings_waiting(struct db *db, enum reading_kind kind, const char *source, int64_t due_by,
                 struct err *err)
{
	return db_number(db, err, -1, ST_READINGS_WAITING, "tti", source, reading_kind_names[kind],
	                 due_by);
}
