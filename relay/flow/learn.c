#include "relay/flow/learn.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/flow/learn_parts.h"

#define CLAIM_AGAIN_MS SECOND_MS /* after the store refused */
#define CLAIM_MOST 32            /* of all kinds, in one job */
#define SET_BACK_MS (10 * SECOND_MS)

static const struct learn_step *const steps[READING_KIND_COUNT] = {
	[READING_PLAN] = &learn_plan,
	[READING_STATE] = &learn_state,
	[READING_ASSESSMENT] = &learn_assessment,
	[READING_TASKS] = &learn_tasks,
};

const struct learn_step *
learn_step_of(enum reading_kind kind)
{
	return steps[kind];
}

/* Asks the store, in one transaction, for what is due of each kind. */
struct claim_job {
	struct store_job job; /* first */
	struct learn *learn;
	int64_t now_ms;
	int slots[READING_KIND_COUNT];
	bool release; /* the first one: what a killed relay was at */
	bool hurry;   /* what failed is tried at once */
	struct owed_reading claimed[CLAIM_MOST];
	int count;
	int64_t due_at; /* of what may not go yet; 0 = nothing waits */
};

/* ---- on the writer thread ---- */

static void
claim_reset(struct claim_job *job)
{
	while (job->count > 0)
		owed_reading_fini(&job->claimed[--job->count]);
	job->due_at = 0;
}

static int
claim_kind(struct claim_job *job, struct db *db, enum reading_kind kind, struct err *err)
{
	int64_t next_at = 0;
	int count = readings_claim(db, kind, job->slots[kind], CLAIM_MOST - job->count, job->now_ms,
	                           job->claimed + job->count, &next_at, err);

	if (count < 0)
		return -1;
	job->count += count;
	if (next_at && (!job->due_at || next_at < job->due_at))
		job->due_at = next_at;
	return 0;
}

static int
claim_run(struct store_job *store_job, struct db *db, struct err *err)
{
	struct claim_job *job = (struct claim_job *)store_job;

	claim_reset(job); /* the store may run it again in another turn */
	if ((job->release && readings_release_all(db, err) < 0) ||
	    (job->hurry && readings_hurry(db, job->now_ms, err) < 0))
		return -1;
	for (int kind = 0; kind < READING_KIND_COUNT; kind++)
		if (steps[kind] && claim_kind(job, db, (enum reading_kind)kind, err) < 0)
			return -1;
	return 0;
}

/* ---- on the loop ---- */

static void
begin(struct learn *learn, struct owed_reading *owed)
{
	struct learning *learning = mem_alloc(sizeof(*learning));

	learning->learn = learn;
	learning->owed = *owed;
	*owed = (struct owed_reading){0};
	learning->conf = conf_hold(learn->conf);
	learning->started_at = learn->now_ms();
	learning->next = learn->learnings;
	learning->link = &learn->learnings;
	if (learning->next)
		learning->next->link = &learning->next;
	learn->learnings = learning;
	learn->under_way[learning->owed.kind]++;
	if (learning->started_at >= learning->owed.until_at)
		learning_fails(learning, LEARNT_NOTHING, "it was not come to in time");
	else
		steps[learning->owed.kind]->begin(learning);
}

static void
claim_done(struct store_job *store_job, int rc)
{
	struct claim_job *job = (struct claim_job *)store_job;
	struct learn *learn = job->learn;

	if (rc < 0) {
		if (lasting_begins(&learn->unclaimed, store_job->failure.text))
			log_warn("cannot claim readings", "reason", store_job->failure.text,
			         LOG_END);
		learn->hurry |= job->hurry;
		if (!learn->stopped)
			timer_in(learn->due, CLAIM_AGAIN_MS);
	} else if (!learn->stopped) {
		if (lasting_ends(&learn->unclaimed))
			log_info("readings can be claimed again", LOG_END);
		learn->ready = true;
		for (int i = 0; i < job->count; i++)
			begin(learn, &job->claimed[i]);
		if (job->due_at) {
			int64_t now = learn->now_ms();
			timer_in(learn->due, job->due_at > now ? job->due_at - now : 0);
		}
	}
	/* Only now: a claim made while these are begun would not see their slots. */
	learn->claiming = false;
	claim_reset(job);
	free(job);
	if (learn->claim_again)
		learn_wake(learn);
}

/* What is put off is so until a time of the wall's clock: when that was set back, a run
 * would wait for its plan until the clock is there again. */
static bool
is_set_back(struct learn *learn, int64_t now_ms)
{
	bool is = now_ms + SET_BACK_MS < learn->claimed_at;

	learn->claimed_at = now_ms;
	return is;
}

static void
claim(struct learn *learn)
{
	struct claim_job *job = mem_alloc(sizeof(*job));

	job->job.run = claim_run;
	job->job.done = claim_done;
	job->learn = learn;
	job->now_ms = learn->now_ms();
	job->release = !learn->ready;
	job->hurry = is_set_back(learn, job->now_ms) || learn->hurry;
	learn->hurry = false;
	for (int kind = 0; kind < READING_KIND_COUNT; kind++)
		if (steps[kind] && steps[kind]->slots > learn->under_way[kind])
			job->slots[kind] = steps[kind]->slots - learn->under_way[kind];
	learn->claiming = true;
	learn->claim_again = false;
	timer_off(learn->due);
	store_submit(learn->store, &job->job);
}

void
learn_wake(struct learn *learn)
{
	if (learn->stopped || !learn->conf)
		return;
	if (learn->claiming)
		learn->claim_again = true;
	else
		claim(learn);
}

static void
on_due(void *arg)
{
	learn_wake(arg);
}

void
learn_settled(struct learn *learn, enum reading_kind kind)
{
	learn->under_way[kind]--;
	if (learn->stopped)
		return;
	if (learn->settled)
		learn->settled(learn->settled_arg);
	learn_wake(learn);
}

/* ---- life ---- */

struct learn *
learn_new(struct loop *loop, struct store *store, struct api_clients *api, struct helpers *helpers,
          int64_t (*now_ms)(void), loop_fn *settled, void *arg)
{
	struct learn *learn = mem_alloc(sizeof(*learn));

	learn->loop = loop;
	learn->store = store;
	learn->api = api;
	learn->helpers = helpers;
	learn->now_ms = now_ms ? now_ms : clock_wall_ms;
	learn->settled = settled;
	learn->settled_arg = arg;
	learn->due = timer_new(loop, on_due, learn);
	return learn;
}

void
learn_configure(struct learn *learn, struct conf *conf)
{
	struct conf *before = learn->conf;

	learn->conf = conf_hold(conf);
	learn->hurry = before != NULL;
	conf_release(before);
	learn_wake(learn);
}

void
learning_free(struct learning *learning)
{
	if (learning->link) {
		*learning->link = learning->next;
		if (learning->next)
			learning->next->link = learning->link;
	}
	if (steps[learning->owed.kind]->cancel)
		steps[learning->owed.kind]->cancel(learning);
	if (learning->helper)
		helper_cancel(learning->helper);
	owed_reading_fini(&learning->owed);
	json_decref(learning->learnt.read);
	conf_release(learning->conf);
	free(learning);
}

void
learn_stop(struct learn *learn)
{
	learn->stopped = true;
	timer_off(learn->due);
	while (learn->learnings)
		learning_free(learn->learnings);
}

void
learn_free(struct learn *learn)
{
	if (!learn)
		return;
	timer_free(learn->due);
	conf_release(learn->conf);
	free(learn);
}

/* ---- what the steps use ---- */

/* From here on it is on no list: its settlement has it. */
void
learning_end(struct learning *learning, const struct learnt *learnt)
{
	*learning->link = learning->next;
	if (learning->next)
		learning->next->link = learning->link;
	learning->link = NULL;
	learning->next = NULL;
	learning->learnt = *learnt;
	learn_settle(learning);
}

void
learning_fails(struct learning *learning, enum learnt_end end, const char *why)
{
	struct learnt learnt = {.end = end};

	memcpy(learnt.why, why, strnlen(why, sizeof(learnt.why) - 1));
	learning_end(learning, &learnt);
}
