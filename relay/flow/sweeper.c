#include "relay/flow/sweeper.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/flow/apis.h"
#include "relay/flow/sweeper_parts.h"
#include "relay/source/source.h"
#include "relay/store/readings.h"

#define SWEEP_EVERY_MS DAY_MS
#define LOOK_MS SECOND_MS /* while states are being read */
#define SOON_MS MINUTE_MS /* what is put off for longer is not waited for */
#define OWED_MOST 50      /* states that may wait while the next page is fetched */

/* ---- jobs ---- */

static int
job_run(struct store_job *job, struct db *db, struct err *err)
{
	struct sweeping *s = (struct sweeping *)((char *)job - offsetof(struct sweeping, job));

	sweep_fini(&s->found);
	s->now_ms = s->sweeper->now_ms();
	return s->work(s, db, err);
}

static void sweeping_free(struct sweeping *);

static void
job_done(struct store_job *job, int rc)
{
	struct sweeping *s = (struct sweeping *)((char *)job - offsetof(struct sweeping, job));

	s->busy = false;
	if (s->dropped) {
		sweeping_free(s);
		return;
	}
	if (rc != 0 && lasting_begins(&s->refused, job->failure.text))
		log_warn("listing workspaces: the store refuses", "source", s->source, "reason",
		         job->failure.text, LOG_END);
	else if (rc == 0 && lasting_ends(&s->refused))
		log_info("listing workspaces: the store takes it again", "source", s->source,
		         LOG_END);
	if (s->sweeper->stopped)
		return;
	if (rc != 0) {
		timer_in(s->timer, LOOK_MS);
		return;
	}
	sweep_fini(&s->sweep);
	s->sweep = s->found;
	s->found = (struct sweep){.source = NULL};
	s->then(s);
}

void
sweeping_submit(struct sweeping *s, sweep_work_fn *work, sweep_then_fn *then)
{
	s->work = work;
	s->then = then;
	s->busy = true;
	s->job.run = job_run;
	s->job.done = job_done;
	store_submit(s->sweeper->store, &s->job);
}

/* ---- what is to be done ---- */

static bool
is_due(const struct sweeping *s, int found)
{
	return found == 0 || strcmp(s->found.place, s->place) != 0 ||
	       (s->found.step == SWEEP_DONE && s->found.ended_at + SWEEP_EVERY_MS <= s->now_ms);
}

static int
look_run(struct sweeping *s, struct db *db, struct err *err)
{
	int found = sweep_get(db, s->source, &s->found, err);

	s->pending = found < 0 ? -1
	                       : readings_waiting(db, READING_STATE, s->source, s->now_ms + SOON_MS,
	                                          err);
	if (s->pending < 0)
		return -1;
	if (is_due(s, found)) {
		sweep_fini(&s->found);
		s->found = (struct sweep){
			.source = mem_str(s->source),
			.place = mem_str(s->place),
			.step = SWEEP_EXPLORER,
			.page = 1,
			.total = -1,
			.started_at = s->now_ms,
		};
		return sweep_put(db, &s->found, err);
	}
	if (s->found.step == SWEEP_READING && s->pending == 0) {
		s->found.step = SWEEP_DONE;
		s->found.ended_at = s->now_ms;
		return sweep_put(db, &s->found, err);
	}
	return 0;
}

static void
looked(struct sweeping *s)
{
	const struct sweep *sweep = &s->sweep;

	if (sweep->step == SWEEP_DONE) {
		int64_t wait = sweep->ended_at + SWEEP_EVERY_MS - s->sweeper->now_ms();

		if (sweep->ended_at == s->now_ms)
			log_info("workspaces listed", "source", s->source, "count",
			         LOG_NUM(sweep->seen), LOG_END);
		timer_in(s->timer, wait > 0 ? wait : 0);
	} else if (sweep->step == SWEEP_READING || s->pending >= OWED_MOST) {
		timer_in(s->timer, LOOK_MS);
	} else {
		sweeping_fetch(s);
	}
}

void
sweeping_look(struct sweeping *s)
{
	sweeping_submit(s, look_run, looked);
}

static void
on_timer(void *arg)
{
	struct sweeping *s = arg;

	if (!s->busy && s->call == NULL && !s->sweeper->stopped)
		sweeping_look(s);
}

/* ---- life ---- */

static void
sweeping_free(struct sweeping *s)
{
	if (s->call != NULL)
		api_cancel(s->call);
	api_client_release(s->client);
	timer_free(s->timer);
	sweep_fini(&s->sweep);
	sweep_fini(&s->found);
	json_decref(s->page);
	conf_release(s->conf);
	free(s->source);
	free(s->place);
	free(s->organization);
	free(s);
}

static void
sweeping_new(struct sweeper *sweeper, struct conf *conf, const struct conf_source *source,
             const struct api_options *api)
{
	struct sweeping *s = mem_alloc(sizeof(*s));
	char *host = url_authority(api->url);

	s->sweeper = sweeper;
	s->conf = conf_hold(conf);
	s->source = mem_str(source->name);
	s->organization = mem_str(api->organization);
	s->place = mem_fmt("%s/%s", host, api->organization);
	s->client = apis_client(sweeper->clients, source);
	s->timer = timer_new(sweeper->loop, on_timer, s);
	s->next = sweeper->all;
	sweeper->all = s;
	free(host);
	sweeping_look(s);
}

/* Those with a job under way go when it comes home. */
static void
drop_all(struct sweeper *sweeper)
{
	struct sweeping *s;

	while ((s = sweeper->all) != NULL) {
		sweeper->all = s->next;
		if (s->busy)
			s->dropped = true;
		else
			sweeping_free(s);
	}
}

struct sweeper *
sweeper_new(struct loop *loop, struct store *store, struct api_clients *clients,
            int64_t (*now_ms)(void), loop_fn *taken_fn, void *arg)
{
	struct sweeper *sweeper = mem_alloc(sizeof(*sweeper));

	sweeper->loop = loop;
	sweeper->store = store;
	sweeper->clients = clients;
	sweeper->now_ms = now_ms != NULL ? now_ms : clock_wall_ms;
	sweeper->taken = taken_fn;
	sweeper->arg = arg;
	return sweeper;
}

void
sweeper_configure(struct sweeper *sweeper, struct conf *conf)
{
	drop_all(sweeper);
	for (size_t i = 0; i < conf->sources.count; i++) {
		const struct conf_source *source = conf_item(conf->sources, struct conf_source, i);
		const struct api_options *api = source_api(source);

		if (api != NULL && api->organization != NULL)
			sweeping_new(sweeper, conf, source, api);
	}
}

void
sweeper_stop(struct sweeper *sweeper)
{
	sweeper->stopped = true;
	for (struct sweeping *s = sweeper->all; s != NULL; s = s->next) {
		timer_off(s->timer);
		if (s->call != NULL)
			api_cancel(s->call);
		s->call = NULL;
	}
}

void
sweeper_free(struct sweeper *sweeper)
{
	if (sweeper == NULL)
		return;
	drop_all(sweeper);
	free(sweeper);
}
