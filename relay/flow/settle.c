/*
 * Writing down what became of a delivery: for the delivery, its destination,
 * and, for a task callback, the token that nobody needs any more.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/metrics.h"
#include "relay/base/sign.h"
#include "relay/base/text.h"
#include "relay/flow/deliver_parts.h"
#include "relay/store/alone.h"
#include "relay/flow/plan.h"
#include "relay/flow/task_verdict.h"
#include "relay/store/events.h"

#define TEXT_CHARS 300

struct settle_job {
	struct store_job job; /* first */
	struct sending *sending;
	struct conf *conf; /* a reference */
	const struct sink_kind *kind;
	bool troubled; /* its destination is blocked or failing, or was */
	bool tried;    /* false: it was never handed to the sink */
	bool unheard;  /* no answer came, but it may have been taken */
	enum outcome outcome;
	int code;
	int64_t elapsed_ms, retry_after_ms, now_ms;
	char *text;
	char *recipients, *reference; /* JSON texts; NULL */
	bool some_told, all_answered; /* of the recipients */
	bool serves;                  /* the destination, others */
	bool outdated;                /* the config before failed, not the one of now */
	bool template_failed;
	uint32_t random;
	struct verdict verdict; /* of the run that was committed */
};

/* One line of at most TEXT_CHARS characters. */
static char *
line_of(const char *text)
{
	char *line = mem_str(text ? text : "");

	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	if (!utf8_valid(line, strlen(line)))
		*line = '\0';
	line[utf8_prefix(line, TEXT_CHARS)] = '\0';
	return line;
}

static bool
any_is(const json_t *recipients, const char *wanted)
{
	const json_t *one;
	size_t i;

	json_array_foreach(recipients, i, one)
	{
		const char *state = json_text_at(one, "state");
		if (state && strcmp(state, wanted) == 0)
			return true;
	}
	return false;
}

static char *
json_or_null(const json_t *value)
{
	return value ? json_dumps(value, JSON_COMPACT) : NULL;
}

/* What was said, and with whose words when its template failed. */
static char *
text_of(const struct sink_result *result)
{
	char *line;

	if (!result->template_fault)
		return line_of(result->text);
	char *both = mem_fmt("built-in message (%s): %s", result->template_fault,
	                     result->text ? result->text : "");
	line = line_of(both);
	free(both);
	return line;
}

static void
take_result(struct settle_job *job, const struct sink_result *result)
{
	job->tried = true;
	job->outcome = result->outcome;
	job->code = result->code;
	job->unheard = result->unheard;
	job->elapsed_ms = result->elapsed_ms;
	job->retry_after_ms = result->retry_after_ms > 0 ? result->retry_after_ms : 0;
	job->text = text_of(result);
	job->recipients = json_or_null(result->recipients);
	job->reference = json_or_null(result->reference);
	job->some_told = any_is(result->recipients, "sent");
	job->all_answered = result->recipients && !any_is(result->recipients, "retry");
	job->serves = result->serves;
	job->template_failed = result->template_fault != NULL;
}

static int
settle_destination(struct settle_job *job, struct db *db, struct err *err)
{
	const struct claimed *claimed = &job->sending->claimed;
	const struct verdict_facts facts = {
		.kind = job->kind,
		.outcome = job->outcome,
		.retry_after_ms = job->retry_after_ms,
		.attempts = claimed->attempts,
		.plain = claimed->plain,
		.all_answered = job->all_answered,
		.half_told = job->some_told,
		.serves = job->serves,
		.created_at = claimed->created_at,
		.started_at = job->sending->started_at,
		.now_ms = job->now_ms,
		.random = job->random,
	};
	struct destination_state before, after;

	if (queue_destination_get(db, claimed->destination, &before, err) < 0)
		return -1;
	after = before;
	job->verdict = verdict_of(&facts, &after);
	job->troubled =
		before.blocked || before.failing_since || after.blocked || after.failing_since;
	if (before.blocked == after.blocked && before.failures == after.failures &&
	    before.paused_until == after.paused_until &&
	    before.failing_since == after.failing_since)
		return 0;
	return queue_destination_put(db, claimed->destination, job->kind->conf.name, &after,
	                             job->outcome == OUTCOME_SENT ? NULL : job->text, job->now_ms,
	                             err);
}

/* What it means for people, by way of another destination. */
static int
tell_others(struct db *db, void *arg, struct err *err)
{
	const struct settle_job *job = arg;
	const struct claimed *claimed = &job->sending->claimed;
	struct plan plan = {
		.db = db, .conf = job->conf, .received_at = job->now_ms, .now_ms = job->now_ms};
	const struct delivered delivered = {
		.destination = claimed->destination,
		.sink = claimed->sink,
		.sink_kind = claimed->sink_kind,
		.reason = job->text,
		.document = claimed->document,
		.sent = job->verdict.settle == SETTLE_SENT,
		.given_up = job->verdict.settle == SETTLE_DEAD,
		.troubled = job->troubled,
	};

	return plan_delivered(&plan, &delivered, err);
}

static int
write_down(struct db *db, void *arg, struct err *err)
{
	struct settle_job *job = arg;
	const struct claimed *claimed = &job->sending->claimed;

	job->verdict = (struct verdict){SETTLE_WAIT, 0};
	job->troubled = false;
	if (job->tried && !job->outdated && settle_destination(job, db, err) < 0)
		return -1;
	const struct settlement settlement = {
		.delivery_id = claimed->id,
		.settle = job->verdict.settle,
		.outcome = job->tried ? outcome_names[job->outcome] : NULL,
		.code = job->code,
		.text = job->text,
		.elapsed_ms = job->elapsed_ms,
		.due_at = job->verdict.due_at,
		.maybe_told = job->unheard && job->outcome == OUTCOME_RETRY,
		.recipients = job->recipients,
		.some_told = job->some_told,
		.reference = job->reference,
	};
	if (queue_settle(db, &settlement, job->now_ms, err) < 0)
		return -1;
	bool over = settlement.settle == SETTLE_SENT || settlement.settle == SETTLE_DEAD;
	return over && claimed->target && claimed->event_id && task_is_final(claimed->document)
	               ? event_drop_sealed(db, claimed->event_id, err)
	               : 0;
}

/* Whether others could be told or not, what was sent was sent. */
static int
run(struct store_job *store_job, struct db *db, struct err *err)
{
	struct settle_job *job = (struct settle_job *)store_job;
	struct err why;
	int told;

	if (db_alone(db, write_down, job, err) != 0)
		return -1;
	told = job->tried ? db_alone(db, tell_others, job, &why) : 0;
	if (told == 1)
		log_error("cannot tell others of a delivery", "delivery", job->sending->claimed.id,
		          "reason", why.text, LOG_END);
	else if (told < 0)
		*err = why;
	return told < 0 ? -1 : 0;
}

static const struct {
	enum metric metric;
	enum log_level level;
	const char *msg;
} outcomes[] = {
	[OUTCOME_SENT] = {METRIC_DELIVERIES_SENT, LOG_INFO, "delivery sent"},
	[OUTCOME_RETRY] = {METRIC_DELIVERIES_RETRY, LOG_INFO, "delivery will be retried"},
	[OUTCOME_REJECTED] = {METRIC_DELIVERIES_REJECTED, LOG_INFO, "delivery rejected"},
	[OUTCOME_BLOCKED] = {METRIC_DELIVERIES_BLOCKED, LOG_WARN, "destination blocked"},
};

static void
tell(const struct settle_job *job)
{
	const struct claimed *claimed = &job->sending->claimed;
	bool dead = job->verdict.settle == SETTLE_DEAD;

	metric_add(outcomes[job->outcome].metric, 1);
	if (job->template_failed) {
		metric_add(METRIC_TEMPLATE_FAILURES, 1);
		log_warn("template failed, built-in message used", "delivery", claimed->id,
		         "notification", claimed->notification_id, "sink",
		         claimed->sink ? claimed->sink : claimed->destination, "reason", job->text,
		         LOG_END);
	}
	if (dead)
		metric_add(METRIC_DELIVERIES_DEAD, 1);
	log_line(dead ? LOG_WARN : outcomes[job->outcome].level,
	         dead ? "delivery given up" : outcomes[job->outcome].msg, "delivery", claimed->id,
	         "notification", claimed->notification_id, "sink",
	         claimed->sink ? claimed->sink : claimed->destination, "outcome",
	         outcome_names[job->outcome], "code", LOG_NUM(job->code), "ms",
	         LOG_NUM(job->elapsed_ms), "reason",
	         job->outcome == OUTCOME_SENT ? NULL : job->text, LOG_END);
}

static void
job_free(struct settle_job *job)
{
	sending_free(job->sending);
	conf_release(job->conf);
	free(job->text);
	free(job->recipients);
	free(job->reference);
	free(job);
}

static void
done(struct store_job *store_job, int rc)
{
	struct settle_job *job = (struct settle_job *)store_job;
	struct deliver *d = job->sending->deliver;

	/* A store in trouble keeps the job; this one it will never take. */
	if (rc < 0)
		log_error("cannot settle delivery", "delivery", job->sending->claimed.id, "reason",
		          store_job->failure.text, LOG_END);
	else if (job->tried)
		tell(job);
	if (rc == 0 && job->troubled && d->troubled)
		d->troubled(d->troubled_arg);
	job_free(job);
	d->settling--;
	if (d->draining)
		deliver_wake(d);
}

/* A reload mended the sink while this one was still under way with the old
 * password or certificate: that blocks nothing any more. */
static bool
is_outdated(const struct sending *sending, const struct sink_result *result)
{
	const struct outlet *now = sending->endpoint->outlet;

	return result->outcome == OUTCOME_BLOCKED && now && now != sending->outlet;
}

/* Its destination is in the config no more; task callbacks never were. */
static bool
is_stray(const struct sending *sending)
{
	return !sending->claimed.target &&
	       !deliver_knows(sending->deliver, sending->claimed.destination);
}

void
settle_submit(struct sending *sending, const struct sink_result *result)
{
	struct deliver *d = sending->deliver;
	struct settle_job *job = mem_alloc(sizeof(*job));

	job->job.run = run;
	job->job.done = done;
	job->job.keep = true;
	job->job.single = true; /* run() marks its two halves */
	job->sending = sending;
	job->conf = conf_hold(d->conf);
	job->now_ms = d->now_ms();
	random_bytes(&job->random, sizeof(job->random));
	if (result) {
		job->kind = sending->endpoint->kind;
		take_result(job, result);
		job->outdated = is_outdated(sending, result);
	}
	d->settling++;
	store_submit(d->store, &job->job);
	if (is_stray(sending))
		deliver_follow(d);
	if (sending->endpoint) {
		endpoint_leave(d, sending->endpoint);
		sending->endpoint = NULL;
	}
	/* The claim follows the settlement into the same turn of the store. */
	deliver_wake(d);
}
