#include "sinks/mail_judge.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

#define STEP(s) (1u << STEP_##s)
#define SESSION_STEPS (STEP(GREETING) | STEP(HELLO) | STEP(STARTTLS) | STEP(AUTH))
#define ANY_STEP ((1u << STEP_COUNT) - 1)

/* The first row that fits; a code that is in none is no answer we know. */
static const struct {
	unsigned steps;
	int from, to;
	enum outcome outcome;
} verdicts[] = {
	/* Credentials missing, too weak, wrong, or in need of TLS: RFC 4954. */
	{ANY_STEP, 530, 530, OUTCOME_BLOCKED},
	{ANY_STEP, 534, 535, OUTCOME_BLOCKED},
	{ANY_STEP, 538, 538, OUTCOME_BLOCKED},
	/* The server does not want us, whatever we bring. */
	{SESSION_STEPS, 500, 599, OUTCOME_BLOCKED},
	{ANY_STEP, 500, 599, OUTCOME_REJECTED},
	{ANY_STEP, 200, 299, OUTCOME_SENT},
};

void
mail_heard_init(struct mail_heard *heard, size_t recipients)
{
	*heard = (struct mail_heard){
		.rcpts = mem_array(recipients, sizeof(*heard->rcpts)),
		.complete = mem_array(recipients, sizeof(*heard->complete)),
	};
}

void
mail_heard_fini(struct mail_heard *heard)
{
	free(heard->rcpts);
	free(heard->complete);
	*heard = (struct mail_heard){0};
}

static enum outcome
outcome_of(enum mail_step step, int code)
{
	for (size_t i = 0; i < COUNT(verdicts); i++)
		if (verdicts[i].steps & 1u << step && code >= verdicts[i].from &&
		    code <= verdicts[i].to)
			return verdicts[i].outcome;
	return OUTCOME_RETRY;
}

static void
set_fate(struct mail_fate *fate, enum outcome outcome, enum mail_step step,
         const struct mail_reply *reply)
{
	char *text = mem_fmt("%s: %d %s", mail_step_names[step], reply->code, reply->text);

	mail_fate_set(fate, outcome, reply->code, text);
	free(text);
}

void
mail_stop_session(struct mail_result *result, enum outcome outcome, int code, const char *what)
{
	if (result->session.outcome == OUTCOME_SENT)
		mail_fate_set(&result->session, outcome, code, what);
}

void
mail_judge_session(struct mail_result *result, enum mail_step step, const struct mail_reply *reply)
{
	enum outcome outcome = outcome_of(step, reply->code);

	if (result->session.outcome == OUTCOME_SENT && outcome != OUTCOME_SENT)
		set_fate(&result->session, outcome, step, reply);
}

static void
as_session(struct mail_fate *fate, const struct mail_fate *session)
{
	mail_fate_set(fate, session->outcome, session->code, session->text);
}

/* A refusal "for security or policy" (RFC 3463: 5.7) of somebody with a name
 * and a password whom nobody asked for them. */
static bool
lacks_auth(const struct mail_job *job, const struct mail_heard *heard,
           const struct mail_reply *reply)
{
	return job->username && !heard->authenticated && reply->code / 100 == 5 &&
	       strncmp(reply->text, "5.7.", 4) == 0;
}

static void
refuse(struct mail_result *result, const struct mail_job *job, const struct mail_heard *heard,
       struct mail_fate *fate, enum mail_step step, const struct mail_reply *reply)
{
	enum outcome outcome = outcome_of(step, reply->code);

	if (lacks_auth(job, heard, reply))
		outcome = OUTCOME_BLOCKED;
	set_fate(fate, outcome, step, reply);
	/* At MAIL FROM only the size says something of the message (RFC 1870). */
	fate->content = outcome == OUTCOME_REJECTED &&
	                (step >= STEP_DATA || (step == STEP_MAIL && reply->code == 552));
	if (outcome == OUTCOME_BLOCKED)
		mail_stop_session(result, outcome, reply->code, fate->text);
}

static bool
is_good(const struct mail_reply *reply)
{
	return reply->code / 100 == 2;
}

/*
 * A recipient is served only when its own reply, the message's and the library
 * say so: replies that were forged ahead of TLS, or that got out of step,
 * have never made all three agree.  A recipient's own refusal goes before the
 * message's, which is an error of its own when nobody was left to send it to.
 */
static void
judge_recipient(struct mail_result *result, const struct mail_job *job,
                const struct mail_heard *heard, size_t i, struct mail_fate *fate)
{
	const struct mail_reply *rcpt = &heard->rcpts[i];

	if (rcpt->code == 0) {
		as_session(fate, &result->session);
	} else if (!is_good(rcpt)) {
		refuse(result, job, heard, fate, STEP_RCPT, rcpt);
	} else if (heard->end.code / 100 == 4 || heard->end.code / 100 == 5) {
		refuse(result, job, heard, fate, STEP_BODY, &heard->end);
	} else if (is_good(&heard->end) && heard->complete[i]) {
		set_fate(fate, OUTCOME_SENT, STEP_BODY, &heard->end);
	} else if (is_good(&heard->end)) {
		mail_fate_set(fate, OUTCOME_RETRY, 0, "the server's replies are out of step");
		fate->unheard = true;
	} else {
		as_session(fate, &result->session);
		fate->unheard = heard->handed_over;
	}
}

/* Everybody has an answer. */
static bool
is_whole(const struct mail_heard *heard, size_t recipients)
{
	bool anybody = false;

	if (!is_good(&heard->mail))
		return heard->mail.code != 0;
	for (size_t i = 0; i < recipients; i++) {
		anybody |= is_good(&heard->rcpts[i]);
		if (heard->rcpts[i].code == 0)
			return false;
	}
	return !anybody || is_good(&heard->end) || heard->end.code >= 400;
}

static enum mail_step
lost_at(const struct mail_heard *heard, size_t recipients)
{
	if (heard->mail.code == 0) /* or still at the letter before */
		return heard->at <= STEP_MAIL ? heard->at : STEP_GREETING;
	for (size_t i = 0; i < recipients; i++)
		if (heard->rcpts[i].code == 0)
			return STEP_RCPT;
	return heard->handed_over ? STEP_BODY : STEP_DATA;
}

void
mail_judge(struct mail_result *result, const struct mail_job *job, size_t letter,
           const struct mail_heard *heard)
{
	struct mail_fate *fates = result->fates[letter];
	size_t count = job->letters[letter].to_count;

	if (!is_whole(heard, count)) {
		char *text = mem_fmt("%s: no answer", mail_step_names[lost_at(heard, count)]);
		mail_stop_session(result, OUTCOME_RETRY, 0, text);
		free(text);
	}
	for (size_t i = 0; i < count; i++) {
		if (is_good(&heard->mail))
			judge_recipient(result, job, heard, i, &fates[i]);
		else if (heard->mail.code == 0)
			as_session(&fates[i], &result->session);
		else
			refuse(result, job, heard, &fates[i], STEP_MAIL, &heard->mail);
	}
}
