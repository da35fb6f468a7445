#include "relay/flow/deliver.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/metrics.h"
#include "relay/flow/deliver_parts.h"
#include "relay/message/templates.h"

#define CLAIM_AGAIN_MS SECOND_MS /* after the store refused */
#define COUNT_EVERY_MS (5 * SECOND_MS)

/* Asks the store, in one transaction, for what every destination may take. */
struct claim_job {
	struct store_job job; /* first */
	struct deliver *deliver;
	int64_t now_ms;
	int64_t paced_until;      /* the first of those that must keep their pace; 0 = none */
	int64_t due_at;           /* of what may not go yet; 0 = nothing waits */
	struct claim_want *wants; /* destinations with an endpoint; owned texts */
	size_t want_count;
	char **pending; /* destinations that something waits for */
	size_t pending_count;
	struct claimed *claimed;
	size_t claimed_count;
	bool count;
	int64_t count_pending; /* -1: not counted */
};

static void
sooner(int64_t *due_at, int64_t at)
{
	if (at && (!*due_at || at < *due_at))
		*due_at = at;
}

/* ---- on the writer thread ---- */

static void
on_pending(const char *destination, void *arg)
{
	struct claim_job *job = arg;

	job->pending = mem_grow(job->pending, job->pending_count + 1, sizeof(*job->pending));
	job->pending[job->pending_count++] = mem_str(destination);
}

/* A task callback's destination is met here for the first time. */
static int
slots_for(const struct claim_job *job, const char *destination)
{
	for (size_t i = 0; i < job->want_count; i++)
		if (strcmp(job->wants[i].destination, destination) == 0)
			return job->wants[i].slots;
	bool callback = strncmp(destination, TASK_CALLBACK_DESTINATION,
	                        strlen(TASK_CALLBACK_DESTINATION)) == 0;
	return callback ? sink_kind_named("task_callback")->slots : 0;
}

static int
claim_for(struct claim_job *job, struct db *db, const char *destination, struct err *err)
{
	const struct claim_want want = {
		.destination = destination,
		.slots = slots_for(job, destination),
		.lease_ms = DELIVER_LEASE_MS,
	};
	int64_t due_at;

	if (want.slots <= 0)
		return 0;
	job->claimed = mem_grow(job->claimed, job->claimed_count + (size_t)want.slots,
	                        sizeof(*job->claimed));
	int count = queue_claim(db, &want, job->now_ms, job->claimed + job->claimed_count, &due_at,
	                        err);
	if (count < 0)
		return -1;
	job->claimed_count += (size_t)count;
	if (count < want.slots) /* else a settlement brings us back */
		sooner(&job->due_at, due_at);
	return 0;
}

static void
claim_reset(struct claim_job *job)
{
	for (size_t i = 0; i < job->claimed_count; i++)
		claimed_fini(&job->claimed[i]);
	for (size_t i = 0; i < job->pending_count; i++)
		free(job->pending[i]);
	job->claimed_count = job->pending_count = 0;
	job->count_pending = -1;
	job->due_at = job->paced_until;
}

static int
claim_run(struct store_job *store_job, struct db *db, struct err *err)
{
	struct claim_job *job = (struct claim_job *)store_job;

	claim_reset(job); /* the store may run it again in another turn */
	if (queue_destinations_pending(db, on_pending, job, err) < 0)
		return -1;
	for (size_t i = 0; i < job->pending_count; i++)
		if (claim_for(job, db, job->pending[i], err) < 0)
			return -1;
	if (job->pending_count == 0)
		job->count_pending = 0;
	else if (job->count && (job->count_pending = queue_pending(db, err)) < 0)
		return -1;
	return 0;
}

/* ---- on the loop ---- */

static void
claim_job_free(struct claim_job *job)
{
	claim_reset(job);
	for (size_t i = 0; i < job->want_count; i++)
		free((char *)job->wants[i].destination);
	free(job->claimed);
	free(job->pending);
	free(job->wants);
	free(job);
}

static void
take_claimed(struct deliver *d, struct claim_job *job)
{
	if (job->count_pending >= 0)
		metric_set(METRIC_DELIVERIES_PENDING, job->count_pending);
	if (d->draining && !d->drain_done)
		return; /* too late; the next start puts them back */
	for (size_t i = 0; i < job->claimed_count; i++)
		sending_start(d, &job->claimed[i]);
	if (job->due_at && !d->draining) {
		int64_t now = d->now_ms();
		timer_in(d->due, job->due_at > now ? job->due_at - now : 0);
	}
}

static void
claim_done(struct store_job *store_job, int rc)
{
	struct claim_job *job = (struct claim_job *)store_job;
	struct deliver *d = job->deliver;

	if (rc < 0) {
		if (lasting_begins(&d->unclaimed, store_job->failure.text))
			log_warn("cannot claim deliveries", "reason", store_job->failure.text,
			         LOG_END);
		timer_in(d->due, CLAIM_AGAIN_MS);
	} else {
		if (lasting_ends(&d->unclaimed))
			log_info("deliveries can be claimed again", LOG_END);
		take_claimed(d, job);
	}
	/* Only now: a claim made while these are handed out would not see the
	 * slots they take. */
	d->claiming = false;
	claim_job_free(job);
	if (d->claim_again || d->draining)
		deliver_wake(d);
}

/* What every endpoint has room for.  One that must keep its pace is asked again
 * when its time has come. */
static void
add_wants(struct claim_job *job, const struct deliver *d)
{
	for (const struct endpoint *endpoint = d->endpoints; endpoint; endpoint = endpoint->next) {
		int slots = endpoint->kind->slots - endpoint->in_flight;
		if (slots > 0 && endpoint->next_send_at > job->now_ms) {
			slots = 0;
			sooner(&job->paced_until, endpoint->next_send_at);
		}
		job->wants = mem_grow(job->wants, job->want_count + 1, sizeof(*job->wants));
		job->wants[job->want_count++] = (struct claim_want){
			.destination = mem_str(endpoint->destination),
			.slots = endpoint_is_open(endpoint) && slots > 0 ? slots : 0,
		};
	}
}

static void
claim(struct deliver *d)
{
	struct claim_job *job = mem_alloc(sizeof(*job));

	job->job.run = claim_run;
	job->job.done = claim_done;
	job->deliver = d;
	job->now_ms = d->now_ms();
	job->count = job->now_ms - d->counted_at >= COUNT_EVERY_MS;
	if (job->count)
		d->counted_at = job->now_ms;
	add_wants(job, d);
	d->claiming = true;
	d->claim_again = false;
	timer_off(d->due);
	store_submit(d->store, &job->job);
}

static void
drain_check(struct deliver *d)
{
	if (!d->sendings && !d->settling && !d->claiming && d->drain_done)
		timer_in(d->drained, 0);
}

void
deliver_wake(struct deliver *d)
{
	if (d->draining)
		drain_check(d);
	else if (d->claiming || !d->ready)
		d->claim_again = true;
	else
		claim(d);
}

static void
on_due(void *arg)
{
	deliver_wake(arg);
}

/* ---- the end ---- */

static void
on_drained(void *arg)
{
	struct deliver *d = arg;
	loop_fn *done = d->drain_done;

	d->drain_done = NULL;
	if (done)
		done(d->drain_arg);
}

/* ---- life ---- */

int
deliver_new(struct deliver **out, struct loop *loop, struct store *store, struct httpc *httpc,
            struct helpers *helpers, int64_t (*now_ms)(void), struct err *err)
{
	(void)err;
	struct deliver *d = mem_alloc(sizeof(*d));

	d->loop = loop;
	d->store = store;
	d->now_ms = now_ms ? now_ms : clock_wall_ms;
	d->httpc = httpc;
	d->helpers = helpers;
	d->due = timer_new(loop, on_due, d);
	deliver_tidy_init(d);
	d->drained = timer_new(loop, on_drained, d);
	*out = d;
	return 0;
}

void
deliver_configure(struct deliver *d, struct conf *conf, struct templates *templates)
{
	bool first = d->conf == NULL;
	struct conf *before = d->conf;
	struct templates *templates_before = d->templates;

	d->conf = conf_hold(conf);
	d->templates = templates ? templates_hold(templates) : NULL;
	endpoints_configure(d);
	conf_release(before);
	templates_release(templates_before);
	deliver_tidy(d, first, true);
}

void
deliver_watch(struct deliver *d, loop_fn *troubled, void *arg)
{
	d->troubled = troubled;
	d->troubled_arg = arg;
}

bool
deliver_knows(const struct deliver *d, const char *destination)
{
	const struct endpoint *endpoint = endpoint_named(d, destination);

	return endpoint && endpoint->outlet;
}

void
deliver_drain(struct deliver *d, loop_fn *done, void *arg)
{
	d->draining = true;
	d->drain_done = done;
	d->drain_arg = arg;
	timer_off(d->due);
	timer_in(d->drained, DELIVER_DRAIN_MS);
	drain_check(d);
}

void
deliver_free(struct deliver *d)
{
	if (!d)
		return;
	timer_free(d->due);
	timer_free(d->tick);
	timer_free(d->follow);
	timer_free(d->drained);
	/* Closing the sinks cancels what is under way; the last user closes. */
	while (d->sendings)
		sending_free(d->sendings);
	endpoints_free(d);
	conf_release(d->conf);
	templates_release(d->templates);
	free(d);
}
