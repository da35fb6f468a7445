/* The queue is put in order: at the start, at a reload, and every hour. */
#include <stdlib.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/metrics.h"
#include "relay/flow/addresses.h"
#include "relay/flow/deliver_parts.h"
#include "relay/flow/plan.h"
#include "relay/store/alone.h"

struct tidy_job {
	struct store_job job; /* first */
	struct deliver *deliver;
	struct conf *conf; /* a reference: the sinks borrow from it */
	struct queue_sinks sinks;
	int64_t now_ms, moved, expired;
	bool release, probe;
};

static int
put_in_order(struct db *db, void *arg, struct err *err)
{
	struct tidy_job *job = arg;

	if (job->release && queue_release_all(db, err) < 0)
		return -1;
	job->moved = queue_follow(db, &job->sinks, job->now_ms, err);
	if (job->moved < 0)
		return -1;
	return job->probe ? queue_probe_blocked(db, err) : 0;
}

static int
give_up_old(struct db *db, void *arg, struct err *err)
{
	struct tidy_job *job = arg;
	struct plan plan = {
		.db = db, .conf = job->conf, .received_at = job->now_ms, .now_ms = job->now_ms};

	job->expired = plan_expire(&plan, err);
	return job->expired < 0 ? -1 : 0;
}

/* What is too old waits for the next time where it cannot be given up now. */
static int
tidy_run(struct store_job *store_job, struct db *db, struct err *err)
{
	struct tidy_job *job = (struct tidy_job *)store_job;
	int rc;

	if (db_alone(db, put_in_order, job, err) != 0)
		return -1;
	rc = db_alone(db, give_up_old, job, err);
	if (rc == 1) {
		job->expired = 0;
		log_error("cannot give up what is too old", "reason", err->text, LOG_END);
	}
	return rc < 0 ? -1 : 0;
}

static void
tell_tidied(const struct tidy_job *job)
{
	if (job->moved > 0)
		log_info("deliveries follow their sinks to another address", "count",
		         LOG_NUM(job->moved), LOG_END);
	if (job->expired > 0)
		log_warn("deliveries given up, owed for too long", "count", LOG_NUM(job->expired),
		         LOG_END);
	metric_add(METRIC_DELIVERIES_DEAD, job->expired);
}

static void
tidy_done(struct store_job *store_job, int rc)
{
	struct tidy_job *job = (struct tidy_job *)store_job;
	struct deliver *d = job->deliver;

	if (rc < 0)
		log_error("cannot tidy the queue", "reason", store_job->failure.text, LOG_END);
	else
		tell_tidied(job);
	d->ready = true;
	queue_sinks_fini(&job->sinks);
	conf_release(job->conf);
	free(job);
	deliver_wake(d);
}

void
deliver_tidy(struct deliver *d, bool release, bool probe)
{
	struct tidy_job *job = mem_alloc(sizeof(*job));

	job->job.run = tidy_run;
	job->job.single = true; /* it marks its two halves */
	job->job.done = tidy_done;
	job->job.keep = release;
	job->deliver = d;
	job->conf = conf_hold(d->conf);
	job->sinks = sinks_of_config(d->conf);
	job->now_ms = d->now_ms();
	job->release = release;
	job->probe = probe;
	store_submit(d->store, &job->job);
}

static void
on_tick(void *arg)
{
	struct deliver *d = arg;

	timer_in(d->tick, HOUR_MS);
	if (!d->draining && d->conf)
		deliver_tidy(d, false, false);
}

static void
on_follow(void *arg)
{
	struct deliver *d = arg;

	if (!d->draining)
		deliver_tidy(d, false, false);
}

void
deliver_follow(struct deliver *d)
{
	timer_in(d->follow, 0); /* once for all that come back together */
}

void
deliver_tidy_init(struct deliver *d)
{
	d->tick = timer_new(d->loop, on_tick, d);
	d->follow = timer_new(d->loop, on_follow, d);
	timer_in(d->tick, HOUR_MS);
}
