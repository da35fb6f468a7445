#include "relay/flow/relay.h"

#include <stdlib.h>

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/flow/deliver.h"
#include "relay/flow/intake.h"
#include "relay/flow/plan.h"
#include "relay/runtime/httpc.h"
#include "relay/runtime/inbox.h"
#include "relay/store/prune.h"

#define RELINK_WORKSPACES \
	25 /* in one job: some milliseconds, so that accepts do not wait for more */
#define PRUNE_EVERY_MS HOUR_MS
#define IDLE_LOOK_MS 20

struct relay {
	struct loop *loop;
	struct conf *conf;
	struct inbox *inbox;
	struct plan_desk *desk;
	struct store *store;
	struct httpc *httpc;
	struct deliver *deliver;
	struct intake *intake;
	struct timer *prune, *idle;
	loop_fn *drained;
	void *drained_arg;
	bool draining;
};

static void
on_planned(void *arg)
{
	struct relay *relay = arg;

	if (relay->deliver != NULL)
		deliver_wake(relay->deliver);
}

static int
on_plan(void *arg, struct db *db, const struct stored_event *event, int64_t now_ms, struct err *err)
{
	return plan_event(((struct relay *)arg)->desk, db, event, now_ms, err);
}

static int
on_park(void *arg, struct db *db, const struct stored_event *event, const char *reason,
        int64_t now_ms, struct err *err)
{
	return plan_park(((struct relay *)arg)->desk, db, event, reason, now_ms, err);
}

/* The rules changed, or may have since the last stop: every workspace is
 * correlated anew, a few in a job, so that nothing waits long. */
struct relink_job {
	struct store_job job; /* first */
	struct relay *relay;
	struct conf *conf; /* for the desk, with the first job of a config; then NULL */
	char after[ID_SIZE];
	bool more;
};

static int
relink_run(struct store_job *base, struct db *db, struct err *err)
{
	struct relink_job *job = (struct relink_job *)base;
	int rc;

	if (job->conf != NULL)
		plan_desk_configure(job->relay->desk, job->conf);
	rc = plan_relink(job->relay->desk, db, job->after, RELINK_WORKSPACES, clock_wall_ms(), err);
	job->more = rc == 1;
	return rc < 0 ? -1 : 0;
}

static void
relink_done(struct store_job *base, int rc)
{
	struct relink_job *job = (struct relink_job *)base;
	struct relay *relay = job->relay;

	if (rc != 0)
		log_error("correlation of known workspaces failed", "error", job->job.failure.text,
		          LOG_END);
	conf_release(job->conf);
	job->conf = NULL;
	if (rc == 0 && job->more && !relay->draining) {
		store_submit(relay->store, &job->job);
		return;
	}
	on_planned(relay);
	free(job);
}

static void
relink(struct relay *relay, struct conf *conf)
{
	struct relink_job *job = mem_alloc(sizeof(*job));

	job->job.run = relink_run;
	job->job.done = relink_done;
	job->relay = relay;
	job->conf = conf_hold(conf);
	store_submit(relay->store, &job->job);
}

struct prune_job {
	struct store_job job; /* first */
	struct relay *relay;
	int64_t retention_ms;
	bool more;
};

static int
prune_run(struct store_job *base, struct db *db, struct err *err)
{
	struct prune_job *job = (struct prune_job *)base;

	return store_prune(db, clock_wall_ms(), job->retention_ms, &job->more, err);
}

static void
prune_done(struct store_job *base, int rc)
{
	struct prune_job *job = (struct prune_job *)base;
	struct relay *relay = job->relay;

	if (rc != 0)
		log_error("pruning failed", "error", job->job.failure.text, LOG_END);
	if (rc == 0 && job->more && !relay->draining) {
		store_submit(relay->store, &job->job);
		return;
	}
	if (!relay->draining)
		timer_in(relay->prune, PRUNE_EVERY_MS);
	free(job);
}

static void
prune(void *arg)
{
	struct relay *relay = arg;
	struct prune_job *job = mem_alloc(sizeof(*job));

	job->job.run = prune_run;
	job->job.done = prune_done;
	job->relay = relay;
	job->retention_ms = relay->conf->store.retention;
	store_submit(relay->store, &job->job);
}

static int
start(struct relay *relay, struct err *err)
{
	struct planner planner = {
		.plan = on_plan, .park = on_park, .planned = on_planned, .arg = relay};

	if (store_open(&relay->store, relay->conf->store.url, relay->inbox, &planner, NULL, err) !=
	            0 ||
	    deliver_new(&relay->deliver, relay->loop, relay->store, relay->httpc, NULL, err) != 0 ||
	    intake_new(&relay->intake, relay->loop, relay->store, relay->conf, err) != 0)
		return -1;
	deliver_configure(relay->deliver, relay->conf);
	relink(relay, relay->conf);
	timer_in(relay->prune, MINUTE_MS);
	return 0;
}

int
relay_new(struct relay **out, struct loop *loop, struct conf *conf, struct err *err)
{
	struct relay *relay = mem_alloc(sizeof(*relay));

	*out = NULL;
	relay->loop = loop;
	relay->conf = conf_hold(conf);
	relay->inbox = inbox_new(loop);
	relay->desk = plan_desk_new(conf);
	relay->httpc = httpc_new(loop);
	relay->prune = timer_new(loop, prune, relay);
	if (start(relay, err) != 0) {
		relay_free(relay);
		return -1;
	}
	*out = relay;
	return 0;
}

void
relay_reload(struct relay *relay, struct conf *conf)
{
	struct conf *old = relay->conf;

	relay->conf = conf_hold(conf);
	intake_configure(relay->intake, conf);
	deliver_configure(relay->deliver, conf);
	relink(relay, conf);
	conf_release(old);
}

/* Answers that wait for a commit are given before the loop ends. */
static void
await_idle(void *arg)
{
	struct relay *relay = arg;

	if (!intake_idle(relay->intake)) {
		timer_in(relay->idle, IDLE_LOOK_MS);
		return;
	}
	relay->drained(relay->drained_arg);
}

void
relay_drain(struct relay *relay, loop_fn *done, void *arg)
{
	if (relay->draining)
		return;
	relay->draining = true;
	relay->drained = done;
	relay->drained_arg = arg;
	relay->idle = timer_new(relay->loop, await_idle, relay);
	intake_drain(relay->intake);
	deliver_drain(relay->deliver, await_idle, relay);
}

bool
relay_draining(const struct relay *relay)
{
	return relay->draining;
}

void
relay_free(struct relay *relay)
{
	if (relay == NULL)
		return;
	relay->draining = true;
	timer_free(relay->prune);
	if (relay->idle != NULL)
		timer_free(relay->idle);
	if (relay->deliver != NULL)
		deliver_drain(relay->deliver, NULL,
		              NULL); /* answers that come late submit nothing more */
	if (relay->store != NULL)
		store_close(relay->store);
	inbox_free(relay->inbox);
	intake_free(relay->intake);
	if (relay->deliver != NULL)
		deliver_free(relay->deliver);
	httpc_free(relay->httpc);
	plan_desk_free(relay->desk);
	conf_release(relay->conf);
	free(relay);
}

struct conf *
relay_conf(struct relay *relay)
{
	return relay->conf;
}

struct store *
relay_store(struct relay *relay)
{
	return relay->store;
}

const char *
relay_ingest_address(const struct relay *relay)
{
	return intake_address(relay->intake);
}

void
relay_wake(struct relay *relay)
{
	deliver_wake(relay->deliver);
}
