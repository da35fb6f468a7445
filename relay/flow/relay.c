#include "relay/flow/relay.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/lasting.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/flow/apis.h"
#include "relay/flow/deliver.h"
#include "relay/flow/intake.h"
#include "relay/flow/learn.h"
#include "relay/flow/plan.h"
#include "relay/flow/pruner.h"
#include "relay/flow/sweeper.h"
#include "relay/flow/timekeeper.h"
#include "relay/hcp/terraform_client.h"
#include "relay/message/templates.h"
#include "relay/runtime/helper.h"
#include "relay/runtime/httpc.h"
#include "relay/runtime/inbox.h"

#define RELINK_WORKSPACES \
	25 /* in one job: some milliseconds, so that accepts do not wait for more */
#define IDLE_LOOK_MS 20
/* Processes at once: one a mail destination that is busy.  They wait and hold
 * little; with too few of them servers that stall would delay those that do not. */
#define HELPERS_MAX 32

struct relink {
	struct store_job job; /* first */
	struct relay *relay;
	char after[ID_SIZE];   /* done up to this workspace */
	char reached[ID_SIZE]; /* by the job under way */
	bool more, running, restart;
	struct lasting failing;
};

struct relay {
	struct loop *loop;
	struct conf *conf;
	struct templates *templates;
	struct inbox *inbox;
	struct plan_desk *desk;
	struct store *store;
	struct httpc *httpc;
	struct helpers *helpers, *readers;
	struct api_clients *api;
	struct deliver *deliver;
	struct learn *learn;
	struct sweeper *sweeper;
	struct timekeeper *timekeeper;
	struct intake *intake;
	struct pruner *pruner;
	struct timer *idle, *relink_again;
	struct relink relink;
	loop_fn *drained;
	void *drained_arg;
	bool draining;
};

static void
on_looked(void *arg)
{
	deliver_wake(((struct relay *)arg)->deliver);
}

static void
on_planned(void *arg)
{
	struct relay *relay = arg;

	if (relay->deliver != NULL)
		deliver_wake(relay->deliver);
	if (relay->timekeeper != NULL)
		timekeeper_look(relay->timekeeper);
	if (relay->learn != NULL)
		learn_wake(relay->learn);
}

static void
on_troubled(void *arg)
{
	struct relay *relay = arg;

	if (relay->timekeeper != NULL)
		timekeeper_look(relay->timekeeper);
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

/* The reader thread has the time; while the relay is stopping, nobody else needs it. */
struct elsewhere {
	struct store_job job; /* first */
	struct api_work *work;
};

static int
elsewhere_run(struct store_job *base, struct db *db, struct err *err)
{
	struct api_work *work = ((struct elsewhere *)base)->work;

	(void)db;
	(void)err;
	work->run(work);
	return 0;
}

static void
elsewhere_done(struct store_job *base, int rc)
{
	struct api_work *work = ((struct elsewhere *)base)->work;

	(void)rc;
	free(base);
	work->done(work);
}

static void
on_work(struct api_work *work, void *arg)
{
	struct relay *relay = arg;
	struct elsewhere *elsewhere;

	if (relay->draining) {
		work->run(work);
		work->done(work);
		return;
	}
	elsewhere = mem_alloc(sizeof(*elsewhere));
	elsewhere->job.run = elsewhere_run;
	elsewhere->job.done = elsewhere_done;
	elsewhere->work = work;
	store_read(relay->store, &elsewhere->job);
}

/* The rules changed, or may have since the last stop: every workspace is
 * correlated anew, a few in a job, so that nothing waits long.  There is one
 * such job; it goes on until it is through, also over a store that fails. */
static int
relink_run(struct store_job *base, struct db *db, struct err *err)
{
	struct relink *relink = (struct relink *)base;
	int rc;

	memcpy(relink->reached, relink->after, sizeof(relink->reached));
	rc = plan_relink(relink->relay->desk, db, relink->reached, RELINK_WORKSPACES,
	                 clock_wall_ms(), err);
	relink->more = rc == 1;
	return rc < 0 ? -1 : 0;
}

static void
relink_go_on(void *arg)
{
	struct relay *relay = arg;

	if (!relay->draining)
		store_submit(relay->store, &relay->relink.job);
}

static void
relink_done(struct store_job *base, int rc)
{
	struct relink *relink = (struct relink *)base;
	struct relay *relay = relink->relay;

	if (rc != 0) {
		if (lasting_begins(&relink->failing, relink->job.failure.text))
			log_error("correlation of known workspaces failed, trying again", "error",
			          relink->job.failure.text, LOG_END);
		timer_in(relay->relink_again, SECOND_MS);
		return;
	}
	if (lasting_ends(&relink->failing))
		log_info("correlation of known workspaces goes on", LOG_END);
	memcpy(relink->after, relink->reached, sizeof(relink->after));
	if (relink->restart)
		relink->after[0] = '\0';
	relink->running = relink->more || relink->restart;
	relink->restart = false;
	on_planned(relay);
	if (relink->running)
		relink_go_on(relay);
}

static void
relink_start(struct relay *relay)
{
	struct relink *relink = &relay->relink;

	if (relink->running) {
		relink->restart = true;
		return;
	}
	relink->job.run = relink_run;
	relink->job.done = relink_done;
	relink->relay = relay;
	relink->after[0] = '\0';
	relink->running = true;
	relink_go_on(relay);
}

static int
start(struct relay *relay, struct err *err)
{
	struct planner planner = {
		.plan = on_plan, .park = on_park, .planned = on_planned, .arg = relay};

	if (store_open(&relay->store, relay->conf->store.url, relay->inbox, &planner, NULL, err) !=
	            0 ||
	    deliver_new(&relay->deliver, relay->loop, relay->store, relay->httpc, relay->helpers,
	                NULL, err) != 0 ||
	    intake_new(&relay->intake, relay->loop, relay->store, relay->conf, err) != 0)
		return -1;
	deliver_watch(relay->deliver, on_troubled, relay);
	deliver_configure(relay->deliver, relay->conf, relay->templates);
	relay->learn = learn_new(relay->loop, relay->store, relay->api, relay->readers, NULL,
	                         on_planned, relay);
	learn_configure(relay->learn, relay->conf);
	relay->timekeeper =
		timekeeper_new(relay->loop, relay->store, relay->desk, NULL, on_looked, relay);
	timekeeper_look(relay->timekeeper);
	relay->sweeper =
		sweeper_new(relay->loop, relay->store, relay->api, NULL, on_planned, relay);
	sweeper_configure(relay->sweeper, relay->conf);
	apis_keep(relay->api, relay->conf);
	relink_start(relay);
	relay->pruner = pruner_new(relay->loop, relay->store, relay->conf);
	return 0;
}

int
relay_new(struct relay **out, struct loop *loop, struct conf *conf, struct templates *templates,
          struct err *err)
{
	struct relay *relay = mem_alloc(sizeof(*relay));

	*out = NULL;
	relay->loop = loop;
	relay->conf = conf_hold(conf);
	relay->templates = templates_hold(templates);
	relay->inbox = inbox_new(loop);
	relay->desk = plan_desk_new(conf);
	relay->httpc = httpc_new(loop);
	relay->api = api_clients_new(relay->httpc, on_work, relay);
	relay->helpers = helpers_new(loop, NULL, HELPERS_MAX);
	relay->readers = helpers_new(loop, NULL, LEARN_HELPERS);
	relay->relink_again = timer_new(loop, relink_go_on, relay);
	if (start(relay, err) != 0) {
		relay_free(relay);
		return -1;
	}
	*out = relay;
	return 0;
}

void
relay_reload(struct relay *relay, struct conf *conf, struct templates *templates)
{
	struct conf *old = relay->conf;
	struct templates *old_templates = relay->templates;

	relay->conf = conf_hold(conf);
	relay->templates = templates_hold(templates);
	intake_configure(relay->intake, conf);
	deliver_configure(relay->deliver, conf, templates);
	plan_desk_configure(relay->desk, conf);
	pruner_configure(relay->pruner, conf);
	learn_configure(relay->learn, conf);
	sweeper_configure(relay->sweeper, conf);
	apis_keep(relay->api, conf);
	relink_start(relay);
	templates_release(old_templates);
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
	timekeeper_stop(relay->timekeeper);
	pruner_stop(relay->pruner);
	learn_stop(relay->learn);
	sweeper_stop(relay->sweeper);
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
	if (relay->pruner != NULL)
		pruner_stop(relay->pruner);
	timer_free(relay->relink_again);
	if (relay->idle != NULL)
		timer_free(relay->idle);
	if (relay->timekeeper != NULL)
		timekeeper_stop(relay->timekeeper);
	if (relay->learn != NULL)
		learn_stop(relay->learn);
	if (relay->sweeper != NULL)
		sweeper_stop(relay->sweeper);
	if (relay->deliver != NULL)
		deliver_drain(relay->deliver, NULL,
		              NULL); /* answers that come late submit nothing more */
	if (relay->store != NULL)
		store_close(relay->store);
	inbox_free(relay->inbox);
	intake_free(relay->intake);
	timekeeper_free(relay->timekeeper);
	pruner_free(relay->pruner);
	learn_free(relay->learn);
	sweeper_free(relay->sweeper);
	if (relay->deliver != NULL)
		deliver_free(relay->deliver);
	api_clients_free(relay->api);
	httpc_free(relay->httpc);
	helpers_free(relay->helpers);
	helpers_free(relay->readers);
	plan_desk_free(relay->desk);
	templates_release(relay->templates);
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

json_t *
relay_apis(struct relay *relay)
{
	return apis_show(relay->api, relay->conf, clock_wall_ms());
}

void
relay_wake(struct relay *relay)
{
	timekeeper_look(relay->timekeeper);
	deliver_wake(relay->deliver);
}
