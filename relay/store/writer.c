#include "relay/store/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/store/arrivals.h"

#define PLAN_IDLE_MS 5   /* planning in a turn that nobody waits for */
#define CROWD 8          /* jobs in one turn: more than what planning itself calls forth */
#define PLAN_QUIET_MS 5  /* no crowd for so long: planning has the thread to itself */
#define PLAN_LEAST_MS 10 /* else one event is planned this often */
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 1000

static const char only_kept[] =
	"the store's disk is nearly full: only outcomes of deliveries are written";

int
writer_init(struct writer *w, struct db *db, struct inbox *inbox, const struct planner *planner,
            const struct writer_line *line, int64_t (*now_ms)(void), struct err *err)
{
	memset(w, 0, sizeof(*w));
	w->db = db;
	w->line = *line;
	w->inbox = inbox;
	w->now_ms = now_ms ? now_ms : clock_wall_ms;
	w->plans = planner != NULL;
	if (planner)
		w->planner = *planner;
	if (planning_init(&w->planning, db, err) != 0)
		return -1;
	pthread_mutex_init(&w->lock, NULL);
	w->spare = db_room_keep(db);
	return 0;
}

void
writer_fini(struct writer *w)
{
	pthread_mutex_destroy(&w->lock);
}

bool
writer_failing(struct writer *w, struct err *err)
{
	pthread_mutex_lock(&w->lock);
	bool failing = w->failing;
	if (failing)
		*err = w->why;
	pthread_mutex_unlock(&w->lock);
	return failing;
}

static void
set_failing(struct writer *w, const char *why)
{
	pthread_mutex_lock(&w->lock);
	bool changed = w->failing != (why != NULL);
	w->failing = why != NULL;
	if (why)
		snprintf(w->why.text, sizeof(w->why.text), "%s", why);
	pthread_mutex_unlock(&w->lock);
	if (changed && why)
		log_error("store cannot be written", "error", why, LOG_END);
	else if (changed)
		log_info("store can be written again", LOG_END);
}

static void
went_well(struct writer *w)
{
	w->backoff_ms = 0;
	set_failing(w, w->spare ? NULL : only_kept);
}

static void
went_wrong(struct writer *w, const char *why)
{
	w->backoff_ms = w->backoff_ms ? 2 * w->backoff_ms : BACKOFF_MIN_MS;
	if (w->backoff_ms > BACKOFF_MAX_MS)
		w->backoff_ms = BACKOFF_MAX_MS;
	w->retry_at_ms = clock_mono_ms() + w->backoff_ms;
	set_failing(w, why);
}

static bool
is_busy(const struct writer *w, int64_t now)
{
	return now < w->crowd_at_ms + PLAN_QUIET_MS;
}

/* How long until something is planned: at once, but under load in turn. */
static int64_t
plans_in(const struct writer *w, int64_t now)
{
	return is_busy(w, now) ? w->planned_at_ms + PLAN_LEAST_MS - now : 0;
}

bool
writer_due(const struct writer *w, int64_t *wait_ms)
{
	int64_t now = clock_mono_ms();

	*wait_ms = -1;
	if (w->backoff_ms > 0 || !w->spare) {
		*wait_ms = w->retry_at_ms - now;
		return *wait_ms <= 0;
	}
	if (!w->plans ||
	    (!planning_due(&w->planning, now, wait_ms) && db_arrivals(w->db)->rows == 0))
		return false;
	*wait_ms = plans_in(w, now);
	return *wait_ms <= 0;
}

static void
answer(struct writer *w, struct store_job *job)
{
	inbox_post(w->inbox, &job->item);
}

/* All of a turn at once: the loop is woken once, and not by the first of many. */
static void
answer_all(struct writer *w, struct jobs *jobs)
{
	if (jobs->first != NULL)
		inbox_post_list(w->inbox, jobs->first, jobs->last);
	*jobs = (struct jobs){0};
}

/* The turn is lost: what must not be lost waits, the others hear why. */
static void
refuse(struct writer *w, struct jobs *jobs, const char *why)
{
	struct store_job *job;

	while ((job = jobs_take(jobs)) != NULL) {
		if (job->keep) {
			jobs_add(&w->kept, job);
			continue;
		}
		job->rc = -1;
		snprintf(job->failure.text, sizeof(job->failure.text), "%s", why);
		answer(w, job);
	}
}

static int
run_job(struct store_job *job, struct db *db)
{
	job->failure.text[0] = '\0';
	if (job->single)
		return job->run(job, db, &job->failure);
	if (db_mark(db, &job->failure) != 0)
		return -1;
	if (job->run(job, db, &job->failure) == 0)
		return db_mark_release(db, &job->failure);
	db_mark_rollback(db);
	return -1;
}

static int
run_jobs(struct writer *w, const struct jobs *jobs, struct err *err)
{
	struct db *db = w->db;

	db_arrivals(db)->crowd = w->plans && jobs_are(jobs, CROWD);
	for (struct store_job *job = jobs_first(jobs); job; job = jobs_next(job)) {
		job->rc = run_job(job, db);
		if (db_trouble(db) != DB_FINE) {
			*err = job->failure;
			return -1;
		}
	}
	return 0;
}

static int
fetch(struct writer *w, struct err *err)
{
	return planning_fetch(&w->planning, w->db, clock_mono_ms(), err);
}

/* Before anything is planned, so that events go in their order; under load only
 * when there is nothing to plan. */
static int
settle_arrivals(struct writer *w, int64_t until_ms, struct err *err)
{
	struct arrivals *arrivals = db_arrivals(w->db);
	int rc;

	if (arrivals->rows == 0 || (is_busy(w, clock_mono_ms()) && w->planning.ready.count > 0))
		return 0;
	do
		rc = arrivals_settle(w->db, arrivals, err);
	while (rc == 1 && !w->line.awaited(w->line.arg) && clock_mono_ms() < until_ms);
	planning_wake(&w->planning);
	return rc < 0 ? -1 : 0;
}

/* Under load one event now and then, so that planning goes on and takes
 * little from those that wait; else until somebody comes. */
static int
plan(struct writer *w, struct err *err)
{
	int64_t now = clock_mono_ms(), until = now + (is_busy(w, now) ? 0 : PLAN_IDLE_MS);

	if (plans_in(w, now) > 0)
		return 0;
	w->planned_at_ms = now;
	if (settle_arrivals(w, until, err) != 0)
		return -1;
	return planning_run(&w->planning, &w->planner, w->db, w->now_ms(), until, w->line.awaited,
	                    w->line.arg, err);
}

/* That a write goes through again is known only by writing. */
static int
probe(struct writer *w, struct err *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, w->now_ms());
	return db_run(w->db, err, ST_META_PUT, "tt", "probe", text) < 0 ? -1 : 0;
}

/* Who came while the turn planned goes with its commit. */
static int
plan_and_join(struct writer *w, struct jobs *jobs, struct err *err)
{
	bool awaited = jobs->first != NULL;

	if (jobs_are(jobs, CROWD))
		w->crowd_at_ms = clock_mono_ms();
	if (plan(w, err) != 0)
		return -1;
	if (awaited)
		return 0;
	w->line.take(w->line.arg, jobs);
	return run_jobs(w, jobs, err);
}

static int
fill_turn(struct writer *w, struct jobs *jobs, bool plans, struct err *err)
{
	if (plans && fetch(w, err) != 0)
		return -1;
	if (run_jobs(w, jobs, err) != 0)
		return -1;
	if (!jobs->first && w->backoff_ms > 0 && probe(w, err) != 0)
		return -1;
	return plans ? plan_and_join(w, jobs, err) : 0;
}

struct planned_note {
	struct inbox_item item;
	struct planner planner;
};

static void
on_planned(struct inbox_item *item)
{
	struct planned_note *note = (struct planned_note *)item;

	note->planner.planned(note->planner.arg);
	free(note);
}

static void
tell_planned(struct writer *w)
{
	struct planned_note *note;

	if (!w->planner.planned)
		return;
	note = mem_alloc(sizeof(*note));
	note->item.run = on_planned;
	note->planner = w->planner;
	inbox_post(w->inbox, &note->item);
}

/* One transaction.  0: committed and all answered; -1: nothing of it happened
 * and the jobs are as they were. */
static int
transact(struct writer *w, struct jobs *jobs, bool plans, struct err *err)
{
	struct planning before = w->planning;

	if (db_begin(w->db, err) != 0)
		return -1;
	if (fill_turn(w, jobs, plans, err) != 0) {
		db_rollback(w->db);
		goto undone;
	}
	if (db_commit(w->db, err) != 0)
		goto undone;
	if (jobs->first)
		planning_wake(&w->planning);
	planning_committed(&w->planning);
	answer_all(w, jobs);
	if (plans && w->planning.planned > 0)
		tell_planned(w);
	return 0;
undone:
	w->planning = before;
	return -1;
}

/* What was kept, before anything newer: alone, so that nothing else takes the
 * room, and with the room put aside where there is none. */
static bool
settle_kept(struct writer *w)
{
	struct err err;

	if (!w->kept.first)
		return true;
	int rc = transact(w, &w->kept, false, &err);
	if (rc != 0 && db_trouble(w->db) == DB_NO_ROOM) {
		if (db_room_give(w->db))
			log_warn("room put aside was given to the store", LOG_END);
		w->spare = false;
		rc = transact(w, &w->kept, false, &err);
	}
	if (rc != 0)
		went_wrong(w, err.text);
	else
		went_well(w);
	return rc == 0;
}

static bool
is_too_early(const struct writer *w)
{
	return w->backoff_ms > 0 && clock_mono_ms() < w->retry_at_ms;
}

/* Puts room aside again, at most every so often. */
static bool
has_spare(struct writer *w)
{
	int64_t now = clock_mono_ms();

	if (w->spare)
		return true;
	if (now < w->retry_at_ms)
		return false;
	w->retry_at_ms = now + BACKOFF_MAX_MS;
	w->spare = db_room_keep(w->db);
	if (w->spare)
		log_info("room is put aside again", LOG_END);
	else
		set_failing(w, only_kept);
	return w->spare;
}

void
writer_turn(struct writer *w, struct jobs *jobs)
{
	struct err err;
	bool early = is_too_early(w);

	if (w->kept.first && (early || !settle_kept(w))) {
		refuse(w, jobs, w->why.text);
		return;
	}
	if (!has_spare(w)) {
		refuse(w, jobs, only_kept);
		settle_kept(w);
		return;
	}
	if (transact(w, jobs, w->plans && !early, &err) == 0) {
		went_well(w);
		return;
	}
	if (db_trouble(w->db) == DB_NO_ROOM)
		db_tidy(w->db);
	went_wrong(w, err.text);
	refuse(w, jobs, err.text);
	settle_kept(w);
}

void
writer_finish(struct writer *w)
{
	struct store_job *job;

	if (settle_kept(w))
		return;
	while ((job = jobs_take(&w->kept)) != NULL) {
		job->rc = -1;
		job->failure = w->why;
		answer(w, job);
	}
}
