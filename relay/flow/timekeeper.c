#include "relay/flow/timekeeper.h"

#include <stdlib.h>

#include "relay/base/clock.h"
#include "relay/base/lasting.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/flow/plan.h"
#include "relay/store/store.h"

#define LOOKS_AT_ONCE 16              /* in one job: so that accepts do not wait for more */
#define AGAIN_MS SECOND_MS            /* after the store refused */
#define LOOK_SOON_MS SECOND_MS        /* after something may have been set */
#define SLEEP_MAX_MS (10 * MINUTE_MS) /* the clock may be set meanwhile */

struct timekeeper {
	struct store_job job; /* first; there is one */
	struct loop *loop;
	struct store *store;
	struct plan_desk *desk;
	int64_t (*now_ms)(void);
	loop_fn *looked;
	void *arg;
	struct timer *due;
	int found;       /* by the job under way */
	int64_t next_at; /* as it found it */
	bool looking, again, stopped;
	bool soon; /* the timer is armed for LOOK_SOON_MS at most */
	struct lasting unseen;
};

static int
run(struct store_job *job, struct db *db, struct err *err)
{
	struct timekeeper *t = (struct timekeeper *)job;

	t->found = plan_wakes(t->desk, db, LOOKS_AT_ONCE, t->now_ms(), &t->next_at, err);
	return t->found < 0 ? -1 : 0;
}

static int64_t
sleep_ms(const struct timekeeper *t)
{
	int64_t wait = t->next_at - t->now_ms();

	return wait < 0 ? 0 : wait < SLEEP_MAX_MS ? wait : SLEEP_MAX_MS;
}

static void
look(struct timekeeper *t)
{
	t->looking = true;
	t->again = t->soon = false;
	timer_off(t->due);
	store_submit(t->store, &t->job);
}

static void
look_soon(struct timekeeper *t)
{
	t->soon = true;
	timer_in(t->due, LOOK_SOON_MS);
}

static void
done(struct store_job *job, int rc)
{
	struct timekeeper *t = (struct timekeeper *)job;

	t->looking = false;
	if (rc != 0 && lasting_begins(&t->unseen, job->failure.text))
		log_warn("cannot look at what is due", "reason", job->failure.text, LOG_END);
	else if (rc == 0 && lasting_ends(&t->unseen))
		log_info("what is due can be looked at again", LOG_END);
	if (t->stopped)
		return;
	if (rc == 0 && t->found > 0)
		t->looked(t->arg);
	if (rc != 0)
		timer_in(t->due, AGAIN_MS);
	else if (t->found == LOOKS_AT_ONCE)
		look(t);
	else if (t->again)
		look_soon(t);
	else if (t->next_at != 0)
		timer_in(t->due, sleep_ms(t));
}

static void
on_due(void *arg)
{
	struct timekeeper *t = arg;

	if (!t->looking && !t->stopped)
		look(t);
}

struct timekeeper *
timekeeper_new(struct loop *loop, struct store *store, struct plan_desk *desk,
               int64_t (*now_ms)(void), loop_fn *looked, void *arg)
{
	struct timekeeper *t = mem_alloc(sizeof(*t));

	t->job.run = run;
	t->job.done = done;
	t->job.single = true; /* plan_wakes() marks each by itself */
	t->loop = loop;
	t->store = store;
	t->desk = desk;
	t->now_ms = now_ms != NULL ? now_ms : clock_wall_ms;
	t->looked = looked;
	t->arg = arg;
	t->due = timer_new(loop, on_due, t);
	return t;
}

/* Planning sets wakes all the time: what it set is looked up a moment later,
 * once for many. */
void
timekeeper_look(struct timekeeper *t)
{
	if (t->looking)
		t->again = true;
	else if (!t->soon && !t->stopped)
		look_soon(t);
}

void
timekeeper_stop(struct timekeeper *t)
{
	t->stopped = true;
	timer_off(t->due);
}

void
timekeeper_free(struct timekeeper *t)
{
	if (t == NULL)
		return;
	timer_free(t->due);
	free(t);
}
