/*
 * learn_settle.c - writing down what became of a reading, with all that follows.
 */
#include <stdio.h>
#include <stdlib.h>

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "relay/flow/backoff.h"
#include "relay/flow/learn_parts.h"
#include "relay/store/alone.h"

#define NOT_YET_MOST_MS (10 * SECOND_MS)

struct settle_job {
	struct store_job job; /* first */
	struct learning *learning;
	int64_t now_ms;
	uint32_t random;
	/* Of the run that was committed: */
	int64_t again_at; /* 0 = it is done */
	bool taken;
	char why[sizeof(((struct err *)0)->text)]; /* not taken, or again */
};

/* When it is tried again; 0: there is no time left for it, or no sense in it. */
static int64_t
again_at(const struct settle_job *job)
{
	const struct learning *learning = job->learning;
	const struct learnt *learnt = &learning->learnt;
	int64_t most = learnt->end == LEARNT_NOT_YET
	                       ? NOT_YET_MOST_MS
	                       : learn_step_of(learning->owed.kind)->pace_most_ms;

	if (learnt->end != LEARNT_NOT_YET && learnt->end != LEARNT_LATER)
		return 0;
	int64_t wait = learnt->wait_ms ? learnt->wait_ms
	                               : backoff_ms(learning->owed.attempts, most, job->random);
	int64_t at = job->now_ms + wait;
	return at >= learning->owed.until_at ? 0 : at;
}

/* ---- on the writer thread ---- */

static struct plan
plan_of(const struct settle_job *job, struct db *db)
{
	const struct owed_reading *owed = &job->learning->owed;

	return (struct plan){
		.db = db,
		.conf = job->learning->conf,
		.event_id = owed->event_id,
		.source = owed->source,
		.received_at = job->now_ms,
		.now_ms = job->now_ms,
	};
}

static int
take(struct db *db, void *arg, struct err *err)
{
	struct settle_job *job = arg;
	struct plan plan = plan_of(job, db);

	if (learn_step_of(job->learning->owed.kind)->take(&plan, job->learning, err) < 0)
		return -1;
	return readings_done(db, job->learning->owed.id, READING_READ, err);
}

static int
give_up(struct db *db, void *arg, struct err *err)
{
	struct settle_job *job = arg;
	const struct learn_step *step = learn_step_of(job->learning->owed.kind);
	struct plan plan = plan_of(job, db);

	if (step->give_up && step->give_up(&plan, job->learning, job->why, err) < 0)
		return -1;
	return readings_done(db, job->learning->owed.id, job->why, err);
}

static int
run(struct store_job *store_job, struct db *db, struct err *err)
{
	struct settle_job *job = (struct settle_job *)store_job;
	const struct learnt *learnt = &job->learning->learnt;
	struct err why = {0};
	int rc = 1;

	job->taken = false;
	snprintf(job->why, sizeof(job->why), "%s", learnt->why);
	job->again_at = again_at(job);
	if (job->again_at)
		return readings_again(db, job->learning->owed.id, job->again_at, job->why, err);
	/* What is read and cannot be taken in must not keep anybody waiting. */
	if (learnt->end == LEARNT_READ) {
		rc = db_alone(db, take, job, &why);
		job->taken = rc == 0;
		snprintf(job->why, sizeof(job->why), "%s", why.text);
	}
	if (rc == 1)
		rc = db_alone(db, give_up, job, &why);
	if (rc != 0)
		*err = why;
	return rc != 0 ? -1 : 0;
}

/* ---- on the loop ---- */

static void
done(struct store_job *store_job, int rc)
{
	struct settle_job *job = (struct settle_job *)store_job;
	struct learning *learning = job->learning;
	struct learn *learn = learning->learn;
	const struct owed_reading *owed = &learning->owed;

	/* A store in trouble keeps the job; this one it will never take, and it
	 * is read again after the next start. */
	if (rc < 0)
		log_error("cannot settle reading", "reading", owed->id, "reason",
		          store_job->failure.text, LOG_END);
	else if (job->again_at)
		log_info("reading will be retried", "reading", owed->id, "kind",
		         reading_kind_names[owed->kind], "subject", owed->subject, "reason",
		         job->why, LOG_END);
	else if (!job->taken)
		log_warn("reading given up", "reading", owed->id, "kind",
		         reading_kind_names[owed->kind], "subject", owed->subject, "reason",
		         job->why, LOG_END);
	enum reading_kind kind = owed->kind;
	learning_free(learning);
	free(job);
	learn_settled(learn, kind);
}

void
learn_settle(struct learning *learning)
{
	struct settle_job *job = mem_alloc(sizeof(*job));

	job->job.run = run;
	job->job.done = done;
	job->job.keep = true;
	job->job.single = true; /* run() marks its parts */
	/* What the other side said, it said to another config's token. */
	if (learning->conf != learning->learn->conf)
		learning->learnt.wait_ms = 0;
	job->learning = learning;
	job->now_ms = learning->learn->now_ms();
	random_bytes(&job->random, sizeof(job->random));
	store_submit(learning->learn->store, &job->job);
}
