#include "relay/store/store.h"

#include <stdatomic.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/base/metrics.h"
#include "relay/store/db.h"
#include "relay/store/unplanned.h"
#include "relay/store/writer.h"

#define TURN_MAX 1024

/*
 * So many are worth a turn while more come.  A turn that starts as soon as
 * there is one to run takes few and syncs often, and everybody else waits for
 * it; measured with 64 at a time, whose halves then take turns: while 32 are
 * synced the loop answers and reads the others.
 */
#define TURN_WORTH 32

/*
 * The log is tidied when nobody has come for a moment, and under load when it
 * has grown: seldom, because a page written often is then moved once, but not
 * so seldom that the one long stop is felt.
 */
#define TIDY_IDLE_PAGES 64
#define TIDY_BUSY_PAGES 8000
#define TIDY_AFTER_MS 20

/* A line of jobs that the loop fills and one thread empties. */
struct line {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct jobs jobs;
	int count, taken;    /* jobs that wait; those the last turn took */
	bool ready;          /* for a turn */
	atomic_bool awaited; /* there may be jobs that are; read without the lock */
	bool closing;
};

struct store {
	struct line writes, reads;
	struct writer writer;
	struct db *db, *reader; /* each its thread's */
	struct inbox *inbox;
	pthread_t write_thread, read_thread;
};

static void
line_init(struct line *line)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&line->wake, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&line->lock, NULL);
}

static void
line_fini(struct line *line)
{
	pthread_cond_destroy(&line->wake);
	pthread_mutex_destroy(&line->lock);
}

/* Under lock. */
static void
line_start(struct line *line)
{
	if (!line->ready)
		pthread_cond_signal(&line->wake);
	line->ready = true;
}

static void
line_add(struct line *line, struct store_job *job, bool more)
{
	pthread_mutex_lock(&line->lock);
	jobs_add(&line->jobs, job);
	if (job->awaited)
		atomic_store_explicit(&line->awaited, true, memory_order_relaxed);
	if (++line->count >= TURN_WORTH || !more)
		line_start(line);
	pthread_mutex_unlock(&line->lock);
}

static void
line_go(struct line *line)
{
	pthread_mutex_lock(&line->lock);
	if (line->jobs.first)
		line_start(line);
	pthread_mutex_unlock(&line->lock);
}

static void
line_close(struct line *line)
{
	pthread_mutex_lock(&line->lock);
	line->closing = true;
	pthread_cond_signal(&line->wake);
	pthread_mutex_unlock(&line->lock);
}

/*
 * Of those that wait and those just answered, who soon come again, half: else
 * one turn takes nearly all and the next the few others, and while the many
 * are at the disk there is nobody for the loop to serve.
 */
static int
share(const struct line *line)
{
	int half = (line->taken + line->count + 1) / 2;

	return half < TURN_WORTH ? TURN_WORTH : half < TURN_MAX ? half : TURN_MAX;
}

static void
line_move(struct line *line, struct jobs *out)
{
	line->taken = jobs_move(out, &line->jobs, share(line));
	line->count -= line->taken;
	line->ready = line->count > 0;
	atomic_store_explicit(&line->awaited, line->ready, memory_order_relaxed);
}

static bool
is_awaited(void *arg)
{
	struct line *line = arg;

	return atomic_load_explicit(&line->awaited, memory_order_relaxed);
}

static void
take_more(void *arg, struct jobs *out)
{
	struct line *line = arg;

	pthread_mutex_lock(&line->lock);
	line_move(line, out);
	pthread_mutex_unlock(&line->lock);
}

/* Waits for jobs, at most wait_ms (-1 = for ever), and moves some to *out.
 * False: closing, and nothing is left. */
static bool
line_wait(struct line *line, int64_t wait_ms, struct jobs *out)
{
	int64_t until = clock_mono_ms() + wait_ms;
	struct timespec at = {.tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000};
	bool timed_out = wait_ms == 0;

	pthread_mutex_lock(&line->lock);
	while (!line->ready && !line->closing && !timed_out) {
		if (wait_ms < 0)
			pthread_cond_wait(&line->wake, &line->lock);
		else
			timed_out = pthread_cond_timedwait(&line->wake, &line->lock, &at) != 0;
	}
	line_move(line, out);
	bool goes_on = out->first || !line->closing;
	pthread_mutex_unlock(&line->lock);
	return goes_on;
}

/* How long to wait for a job; less when there is something to tidy after. */
static int64_t
patience(struct store *s, bool *tidy)
{
	int64_t wait_ms;

	*tidy = false;
	if (writer_due(&s->writer, &wait_ms))
		return 0;
	if (db_untidy(s->db) >= TIDY_IDLE_PAGES && (wait_ms < 0 || wait_ms > TIDY_AFTER_MS)) {
		*tidy = true;
		return TIDY_AFTER_MS;
	}
	return wait_ms;
}

static void *
write_loop(void *arg)
{
	struct store *s = arg;
	struct jobs jobs = {0};
	int64_t wait_ms;
	bool tidy;

	while (line_wait(&s->writes, patience(s, &tidy), &jobs)) {
		if (jobs.first || writer_due(&s->writer, &wait_ms))
			writer_turn(&s->writer, &jobs);
		else if (tidy)
			db_tidy(s->db);
		if (db_untidy(s->db) >= TIDY_BUSY_PAGES)
			db_tidy(s->db);
	}
	writer_finish(&s->writer);
	return NULL;
}

/* A snapshot for each job: a long one would keep the log from starting again. */
static int
read_one(struct db *db, struct store_job *job)
{
	if (db_begin(db, &job->failure) != 0)
		return -1;
	int rc = job->run(job, db, &job->failure);
	db_rollback(db);
	return rc;
}

static void *
read_loop(void *arg)
{
	struct store *s = arg;
	struct jobs jobs = {0};
	struct store_job *job;

	while (line_wait(&s->reads, -1, &jobs)) {
		while ((job = jobs_take(&jobs)) != NULL) {
			job->rc = read_one(s->reader, job);
			inbox_post(s->inbox, &job->item);
		}
	}
	return NULL;
}

/* Signals are the loop's. */
static int
start(pthread_t *thread, const char *name, void *(*run)(void *), struct store *s, struct err *err)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int rc = pthread_create(thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0)
		return err_set(err, "cannot start the %s thread", name);
	pthread_setname_np(*thread, name);
	return 0;
}

static int
start_threads(struct store *s, struct err *err)
{
	if (start(&s->read_thread, "store-reader", read_loop, s, err) != 0)
		return -1;
	if (start(&s->write_thread, "store-writer", write_loop, s, err) == 0)
		return 0;
	line_close(&s->reads);
	pthread_join(s->read_thread, NULL);
	return -1;
}

int
store_open(struct store **out, const char *url, struct inbox *inbox, const struct planner *planner,
           int64_t (*now_ms)(void), struct err *err)
{
	struct store *s = mem_alloc(sizeof(*s));

	if (db_open(&s->db, url, DB_WRITE, err) != 0)
		goto no_db;
	if (db_open(&s->reader, url, DB_READ, err) != 0)
		goto no_reader;
	const struct writer_line line = {is_awaited, take_more, &s->writes};
	if (writer_init(&s->writer, s->db, inbox, planner, &line, now_ms, err) != 0)
		goto no_writer;
	metric_set(METRIC_EVENTS_PENDING, (int64_t)db_unplanned(s->db)->count);
	s->inbox = inbox;
	line_init(&s->writes);
	line_init(&s->reads);
	if (start_threads(s, err) != 0)
		goto no_threads;
	*out = s;
	return 0;
no_threads:
	line_fini(&s->reads);
	line_fini(&s->writes);
	writer_fini(&s->writer);
no_writer:
	db_close(s->reader);
no_reader:
	db_close(s->db);
no_db:
	free(s);
	return -1;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	line_close(&s->writes);
	line_close(&s->reads);
	db_interrupt(s->reader); /* what is written must be waited for, what is read need not */
	pthread_join(s->write_thread, NULL);
	pthread_join(s->read_thread, NULL);
	db_close(s->reader);
	db_close(s->db);
	writer_fini(&s->writer);
	line_fini(&s->reads);
	line_fini(&s->writes);
	free(s);
}

static void
on_answer(struct inbox_item *item)
{
	struct store_job *job = (struct store_job *)item;

	job->done(job, job->rc);
}

void
store_submit(struct store *s, struct store_job *job)
{
	job->item.run = on_answer;
	line_add(&s->writes, job, false);
}

void
store_submit_more(struct store *s, struct store_job *job)
{
	job->item.run = on_answer;
	line_add(&s->writes, job, true);
}

void
store_go(struct store *s)
{
	line_go(&s->writes);
}

void
store_read(struct store *s, struct store_job *job)
{
	job->item.run = on_answer;
	line_add(&s->reads, job, false);
}

int64_t
store_backlog(const struct store *s)
{
	(void)s; /* one store a process */
	return metric_get(METRIC_EVENTS_PENDING);
}

bool
store_failing(const struct store *s, struct err *err)
{
	return writer_failing((struct writer *)&s->writer, err);
}
