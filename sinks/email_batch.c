/*
 * What waits for a session, and the session under way.
 *
 * At most one session of a sink runs.  What is sent meanwhile waits, and goes
 * together in the next one: the more there is, the larger the batches.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "sinks/email_parts.h"
#include "sinks/mail_address.h"

static void
delivery_free(struct email_delivery *delivery)
{
	buf_fini(&delivery->data);
	json_decref(delivery->before);
	json_decref(delivery->reference);
	free(delivery->template_fault);
	free(delivery->owed);
	free(delivery);
}

static void
deliveries_free(struct email_delivery *delivery)
{
	while (delivery) {
		struct email_delivery *next = delivery->next;
		delivery_free(delivery);
		delivery = next;
	}
}

static void
session_free(struct email_session *session)
{
	deliveries_free(session->deliveries);
	mail_job_fini(&session->job);
	free(session);
}

/* ---- start ---- */

static void
letter_of(const struct email *email, struct email_delivery *delivery, struct mail_letter *letter)
{
	letter->len = delivery->data.len;
	letter->data = buf_take(&delivery->data);
	letter->to_count = delivery->owed_count;
	letter->to = mem_array(letter->to_count, sizeof(*letter->to));
	for (size_t i = 0; i < letter->to_count; i++)
		letter->to[i] = mem_str(email->to.items[delivery->owed[i]]);
}

/* Moves up to MAIL_BATCH_MAX deliveries from those that wait to the session. */
static void
take_waiting(struct email *email, struct email_session *session)
{
	struct email_delivery **end = &session->deliveries;
	struct mail_job *job = &session->job;

	job->letters = mem_array(MAIL_BATCH_MAX, sizeof(*job->letters));
	while (email->waiting && job->letter_count < MAIL_BATCH_MAX) {
		struct email_delivery *delivery = email->waiting;
		email->waiting = delivery->next;
		delivery->next = NULL;
		*end = delivery;
		end = &delivery->next;
		letter_of(email, delivery, &job->letters[job->letter_count++]);
	}
	if (!email->waiting)
		email->end = &email->waiting;
}

static void
job_fill(const struct email *email, struct mail_job *job)
{
	const struct email_options *options = email->options;

	job->host = mem_str(email->host);
	job->port = email->port;
	job->security = options->security;
	job->auth = options->auth;
	job->tls13 = options->tls_min != 0;
	job->username = mem_str(options->username);
	job->password = mem_str(options->password.count ? options->password.values[0] : NULL);
	job->ca_file = mem_str(options->ca_file);
	job->hello = mem_str(options->hello ? options->hello : mail_address_domain(email->from));
	job->sender = mem_str(options->sender ? options->sender : email->from);
}

static helper_done_fn on_answer;

static void
start(struct email *email)
{
	struct email_session *session = mem_alloc(sizeof(*session));
	struct buf job = {0};

	job_fill(email, &session->job);
	take_waiting(email, session);
	mail_job_write(&session->job, &job);
	email->session = session;
	session->helper = helper_start(email->env->helpers, "mail-helper", job.data, job.len,
	                               MAIL_DEADLINE_MS, on_answer, email);
	mem_wipe_free(job.data, job.len); /* the password is in it */
}

/* ---- the answer ---- */

/* The same fate for every letter: nothing was heard of any. */
static void
set_all(struct mail_result *result, const char *text, bool unheard)
{
	for (size_t i = 0; i < result->letter_count; i++)
		for (size_t j = 0; j < result->to_counts[i]; j++) {
			mail_fate_set(&result->fates[i][j], OUTCOME_RETRY, 0, text);
			result->fates[i][j].unheard = unheard;
		}
}

/* A helper that was killed or fell may have sent something before. */
static void
result_of(const struct helper_answer *answer, const struct mail_job *job,
          struct mail_result *result)
{
	struct err err = {0};

	if (answer->end == HELPER_ANSWERED) {
		if (mail_result_read(result, answer->data, answer->len, job, &err) == 0)
			return;
		err_prefix(&err, "the mail helper's answer");
	} else {
		err_set(&err, "%s", answer->text ? answer->text : "the mail helper gave no answer");
	}
	mail_result_init(result, job);
	set_all(result, err.text, answer->end != HELPER_UNBORN);
}

static void
hide(struct mail_fate *fate, const char *const *secrets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fate->text && strstr(fate->text, secrets[i])) {
			bool unheard = fate->unheard, content = fate->content;
			mail_fate_set(fate, fate->outcome, fate->code,
			              "(the answer repeats the password)");
			fate->unheard = unheard;
			fate->content = content;
		}
}

/* A server may quote what it was sent when it refuses it. */
static void
hide_password(const struct mail_job *job, struct mail_result *result)
{
	if (!job->password)
		return;
	char *base64 = base64_encode(job->password, strlen(job->password));
	/* As AUTH PLAIN has it (RFC 4616): its beginning tells as much. */
	struct buf plain = {0};
	buf_putc(&plain, '\0');
	buf_puts(&plain, job->username);
	buf_putc(&plain, '\0');
	buf_puts(&plain, job->password);
	char *both = base64_encode(plain.data, plain.len);
	const char *const secrets[] = {job->password, base64, both};

	hide(&result->session, secrets, COUNT(secrets));
	for (size_t i = 0; i < result->letter_count; i++)
		for (size_t j = 0; j < result->to_counts[i]; j++)
			hide(&result->fates[i][j], secrets, COUNT(secrets));
	mem_wipe_free(base64, strlen(base64));
	mem_wipe_free(both, strlen(both));
	mem_wipe_free(plain.data, plain.len);
}

static void
tell(const struct email *email, const struct email_delivery *delivery,
     const struct mail_fate *fates, int64_t elapsed_ms, bool serves)
{
	struct email_verdict verdict;

	email_judge(&email->to, delivery, fates, &verdict);
	const struct sink_result result = {
		.outcome = verdict.outcome,
		.code = verdict.code,
		.elapsed_ms = elapsed_ms,
		.unheard = verdict.unheard,
		.serves = serves,
		.text = verdict.text,
		.template_fault = delivery->template_fault,
		.recipients = verdict.recipients,
		.reference = verdict.told ? delivery->reference : NULL,
	};
	delivery->done(&result, delivery->arg);
	email_verdict_fini(&verdict);
}

/* What stopped the session and stops every other: those that wait need not
 * find out for themselves, least of all about a password. */
static void
tell_waiting(const struct email *email, struct email_delivery *waiting,
             const struct mail_fate *session)
{
	while (waiting) {
		struct email_delivery *delivery = waiting;
		struct mail_fate *fates = mem_array(delivery->owed_count, sizeof(*fates));
		waiting = delivery->next;
		for (size_t i = 0; i < delivery->owed_count; i++)
			fates[i] = *session;
		tell(email, delivery, fates, 0, false);
		delivery_free(delivery);
		free(fates);
	}
}

static bool
has_sent(const struct mail_result *result)
{
	for (size_t i = 0; i < result->letter_count; i++)
		for (size_t j = 0; j < result->to_counts[i]; j++)
			if (result->fates[i][j].outcome == OUTCOME_SENT)
				return true;
	return false;
}

static void
on_answer(const struct helper_answer *answer, void *arg)
{
	struct email *email = arg;
	struct email_session *session = email->session;
	struct email_delivery *waiting = NULL;
	struct mail_result result = {0};

	result_of(answer, &session->job, &result);
	hide_password(&session->job, &result);
	bool serves = has_sent(&result);
	email->session = NULL;
	if (result.session.outcome == OUTCOME_BLOCKED) {
		waiting = email->waiting;
		email->waiting = NULL;
		email->end = &email->waiting;
	}
	if (email->waiting)
		start(email);
	/* The sink may be closed in the last of these calls. */
	size_t i = 0;
	for (struct email_delivery *d = session->deliveries; d; d = d->next)
		tell(email, d, result.fates[i++], answer->elapsed_ms, serves);
	tell_waiting(email, waiting, &result.session);
	mail_result_fini(&result);
	session_free(session);
}

/* ---- in and out ---- */

/* The sink may be closed in the last of these calls. */
static void
on_tell_soon(void *arg)
{
	struct email *email = arg;
	struct email_delivery *delivery = email->answered;

	email->answered = NULL;
	while (delivery) {
		struct email_delivery *next = delivery->next;
		tell(email, delivery, NULL, 0, false);
		delivery_free(delivery);
		delivery = next;
	}
}

/* A list lost the one that was still owed it: the others have it. */
static void
queue_answered(struct email *email, struct email_delivery *delivery)
{
	delivery->next = email->answered;
	email->answered = delivery;
	if (!email->tell_soon)
		email->tell_soon =
			timer_new(helpers_loop(email->env->helpers), on_tell_soon, email);
	timer_in(email->tell_soon, 0);
}

void
email_queue(struct email *email, struct email_delivery *delivery)
{
	if (delivery->owed_count == 0) {
		queue_answered(email, delivery);
		return;
	}
	*email->end = delivery;
	email->end = &delivery->next;
	if (!email->session)
		start(email);
}

void
email_queue_fini(struct email *email)
{
	if (email->session) {
		helper_cancel(email->session->helper);
		session_free(email->session);
	}
	deliveries_free(email->waiting);
	deliveries_free(email->answered);
	timer_free(email->tell_soon);
}
