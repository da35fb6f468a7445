#include "relay/store/planning.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/store/events.h"

#define AFTER_ALL "~" /* sorts behind every id */
#define RETRY_MS 50   /* doubled with each try */

static void
set_id(char out[ID_SIZE], const char *id)
{
	strncpy(out, id, ID_SIZE - 1);
	out[ID_SIZE - 1] = '\0';
}

static bool
push(struct plan_batch *batch, const char *id, bool counted, int failures)
{
	struct plan_item *item = &batch->items[batch->count];

	if (batch->count == PLAN_BATCH)
		return false;
	set_id(item->id, id);
	item->counted = counted;
	item->failures = failures;
	batch->count++;
	return true;
}

static bool
is_waiting(const struct planning *p, const char *id)
{
	for (int i = 0; i < p->waiting_count; i++)
		if (strcmp(p->waiting[i].id, id) == 0)
			return true;
	return false;
}

int
planning_init(struct planning *p, struct db *db, struct err *err)
{
	struct db_row *row = db_bind(db, ST_EVENTS_LAST, "");
	int got = db_step(row, err);

	memset(p, 0, sizeof(*p));
	if (got == 1)
		set_id(p->recover_to, db_text(row, 0));
	db_end(row);
	return got < 0 ? -1 : 0;
}

void
planning_wake(struct planning *p)
{
	p->idle = false;
}

bool
planning_due(const struct planning *p, int64_t mono_ms, int64_t *wait_ms)
{
	int64_t first = INT64_MAX;

	*wait_ms = -1;
	for (int i = 0; i < p->waiting_count; i++)
		if (p->waiting[i].at_ms < first)
			first = p->waiting[i].at_ms;
	if (p->ready.count > 0 || first <= mono_ms)
		return true;
	if (p->waiting_count > 0)
		*wait_ms = first - mono_ms;
	return !p->idle && p->waiting_count < PLAN_WAITING;
}

static void
take_due(struct planning *p, int64_t mono_ms)
{
	for (int i = 0; i < p->waiting_count;) {
		const struct plan_waiting *w = &p->waiting[i];

		if (w->at_ms > mono_ms || !push(&p->ready, w->id, false, w->failures))
			i++;
		else
			p->waiting[i] = p->waiting[--p->waiting_count];
	}
}

/*
 * The next accepted ones behind the cursor.  Behind the last of them the
 * cursor goes back to the start, because a replayed event has an old id; a
 * whole round without a find is what "idle" means.
 */
static int
fetch_next(struct planning *p, struct db *db, struct err *err)
{
	bool whole_round = p->cursor[0] == '\0';
	struct db_row *row =
		db_bind(db, ST_EVENTS_NEXT, "tti", p->cursor, AFTER_ALL, (int64_t)PLAN_BATCH);
	int got, seen = 0;

	while ((got = db_step(row, err)) == 1) {
		seen++;
		set_id(p->cursor, db_text(row, 0));
		if (!is_waiting(p, p->cursor))
			push(&p->ready, p->cursor, false, 0);
	}
	db_end(row);
	if (got < 0)
		return -1;
	if (seen < PLAN_BATCH) {
		p->cursor[0] = '\0';
		p->idle = whole_round && p->ready.count == 0;
	}
	return 0;
}

/*
 * Recovery: those with no try so far are counted together, because a crash
 * then costs each of them one try and no more; one that was tried before is
 * suspect and goes alone.  Planned in the turn after, when the count is durable.
 */
static int
fetch_recovered(struct planning *p, struct db *db, struct err *err)
{
	struct db_row *row =
		db_bind(db, ST_EVENTS_NEXT, "tti", p->cursor, p->recover_to, (int64_t)PLAN_BATCH);
	int got;

	while ((got = db_step(row, err)) == 1) {
		bool suspect = db_int(row, 1) > 0;

		if (suspect && p->next.count > 0)
			break;
		push(&p->next, db_text(row, 0), true, 0);
		set_id(p->cursor, db_text(row, 0));
		if (suspect)
			break;
	}
	db_end(row);
	if (got < 0)
		return -1;
	if (p->next.count == 0)
		p->recover_to[0] = p->cursor[0] = '\0';
	for (int i = 0; i < p->next.count; i++)
		if (db_run(db, err, ST_EVENT_TRY, "t", p->next.items[i].id) < 0)
			return -1;
	return 0;
}

int
planning_fetch(struct planning *p, struct db *db, int64_t mono_ms, struct err *err)
{
	p->planned = 0;
	take_due(p, mono_ms);
	if (p->ready.count > 0 || p->idle || p->waiting_count == PLAN_WAITING)
		return 0;
	return p->recover_to[0] ? fetch_recovered(p, db, err) : fetch_next(p, db, err);
}

/* One event as the planner gets it, copied out of its row. */
struct loaded {
	struct stored_event event;
	char *source, *source_kind, *body;
	int64_t tries;
};

static void
loaded_fini(struct loaded *l)
{
	free(l->source);
	free(l->source_kind);
	free(l->body);
}

/* 1; 0: it is not accepted any more; -1. */
static int
load(struct db *db, const char *id, struct loaded *l, struct err *err)
{
	struct db_row *row = db_bind(db, ST_EVENT_LOAD, "t", id);
	int got = db_step(row, err);

	memset(l, 0, sizeof(*l));
	if (got == 1) {
		size_t len;
		const char *body = db_bytes(row, 4, &len);

		l->source = mem_str(db_text(row, 0));
		l->source_kind = mem_str(db_text(row, 1));
		l->tries = db_int(row, 3);
		l->body = mem_strn(body, len);
		l->event = (struct stored_event){
			.id = id,
			.source = l->source,
			.source_kind = l->source_kind,
			.body = l->body,
			.body_len = len,
			.received_at = db_int(row, 2),
		};
	}
	db_end(row);
	return got;
}

static int
is_accepted(struct db *db, const char *id, struct err *err)
{
	struct db_row *row = db_bind(db, ST_EVENT_STATE, "t", id);
	int got = db_step(row, err);

	if (got == 1)
		got = strcmp(db_text(row, 0), event_state_names[EVENT_ACCEPTED]) == 0;
	db_end(row);
	return got;
}

/* The plan itself, undone alone when it fails. */
static int
try_plan(const struct planner *planner, struct db *db, const struct loaded *l, int64_t now_ms,
         struct err *err)
{
	if (db_mark(db, err) != 0)
		return -1;

	int rc = planner->plan(planner->arg, db, &l->event, now_ms, err);
	int left = rc == 0 ? is_accepted(db, l->event.id, err) : 0;
	if (left == 1)
		err_set(err, "it was left accepted");
	if (rc == 0 && left == 0)
		return db_mark_release(db, err);
	db_mark_rollback(db);
	return -1;
}

static int
park(const struct planner *planner, struct db *db, const struct loaded *l, const char *reason,
     int64_t now_ms, struct err *err)
{
	const char *id = l->event.id;
	struct err untold;

	if (!planner->park)
		return event_move(db, id, EVENT_PARKED, NULL, reason, err);
	if (db_mark(db, err) != 0)
		return -1;
	if (event_move(db, id, EVENT_PARKED, NULL, reason, &untold) == 0 &&
	    planner->park(planner->arg, db, &l->event, reason, now_ms, &untold) == 0)
		return db_mark_release(db, err);
	db_mark_rollback(db);
	if (db_trouble(db) != DB_FINE) {
		*err = untold;
		return -1;
	}
	log_error("parking cannot be told", "event", id, "error", untold.text, LOG_END);
	return event_move(db, id, EVENT_PARKED, NULL, reason, err);
}

static int
count_failure(struct planning *p, const struct planner *planner, struct db *db,
              const struct loaded *l, const struct plan_item *item, const char *reason,
              int64_t now_ms, struct err *err)
{
	const char *id = l->event.id;
	int failures = item->failures + 1;

	if (!item->counted && db_run(db, err, ST_EVENT_TRY, "t", id) < 0)
		return -1;
	log_warn("planning failed", "event", id, "try", LOG_NUM(failures), "error", reason,
	         LOG_END);
	if (failures >= EVENT_TRIES_MAX)
		return park(planner, db, l, reason, now_ms, err);

	struct plan_waiting *w = &p->waiting[p->waiting_count++];
	set_id(w->id, id);
	w->at_ms = clock_mono_ms() + (RETRY_MS << failures);
	w->failures = failures;
	return 0;
}

static int
plan_one(struct planning *p, const struct planner *planner, struct db *db,
         const struct plan_item *item, int64_t now_ms, struct err *err)
{
	struct loaded l;
	struct err reason;
	int rc = load(db, item->id, &l, err);

	if (rc != 1) {
		loaded_fini(&l);
		return rc;
	}
	p->planned++;
	if (l.tries > EVENT_STARTS_MAX) {
		rc = park(planner, db, &l, "the relay ended each time it was planned", now_ms, err);
	} else if (try_plan(planner, db, &l, now_ms, &reason) == 0) {
		rc = 0;
	} else if (db_trouble(db) != DB_FINE) {
		*err = reason;
		rc = -1;
	} else {
		rc = count_failure(p, planner, db, &l, item, reason.text, now_ms, err);
	}
	loaded_fini(&l);
	return rc;
}

int
planning_run(struct planning *p, const struct planner *planner, struct db *db, int64_t now_ms,
             int64_t until_ms, bool (*awaited)(void *arg), void *arg, struct err *err)
{
	int done = 0, rc = 0;

	while (done < p->ready.count && p->waiting_count < PLAN_WAITING) {
		rc = plan_one(p, planner, db, &p->ready.items[done++], now_ms, err);
		if (rc != 0 || awaited(arg) || clock_mono_ms() >= until_ms)
			break;
	}
	p->ready.count -= done;
	memmove(p->ready.items, p->ready.items + done,
	        (size_t)p->ready.count * sizeof(p->ready.items[0]));
	return rc;
}

void
planning_committed(struct planning *p)
{
	for (int i = 0; i < p->next.count; i++)
		push(&p->ready, p->next.items[i].id, true, 0);
	p->next.count = 0;
}
