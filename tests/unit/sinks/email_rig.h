/*
 * email_rig.h - the mail sink with a stand-in for the helper processes and one
 * for the templates, both linked in place of the real ones.
 */
#ifndef TESTS_UNIT_SINKS_EMAIL_RIG_H
#define TESTS_UNIT_SINKS_EMAIL_RIG_H

#include "tests/unit/sinks/mail_check.h"

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/templates.h"
#include "relay/runtime/helper.h"
#include "sinks/email.h"
#include "sinks/kinds.h"
#include "sinks/mail_job.h"
#include "sinks/mail_message.h"

/* ---- templates: what stands here is what they make ---- */

struct templates {
	const char *line, *txt, *html; /* NULL: fails, and for html: there is none */
	bool html_fails;
	int64_t now_ms; /* as it was given last */
};

static inline const char *
text_of_template(const struct templates *templates, const char *file)
{
	const char *ending = strrchr(file, '.') + 1;

	if (strcmp(ending, "line") == 0)
		return templates->line;
	if (strcmp(ending, "txt") == 0)
		return templates->txt;
	return templates->html_fails ? NULL : templates->html;
}

bool
templates_have(const struct templates *templates, const char *file)
{
	assert_string_equal(file, "notification.html");
	return templates->html != NULL;
}

char *
templates_file_for(const struct templates *templates, const json_t *document, const char *name,
                   const char *ending)
{
	(void)templates;
	(void)document;
	return mem_fmt("%s%s", name, ending);
}

int
templates_text(const struct templates *templates, const char *file, const json_t *view,
               int64_t now_ms, struct buf *out, struct err *err)
{
	const char *text = text_of_template(templates, file);

	assert_non_null(json_at(view, "is"));
	((struct templates *)templates)->now_ms = now_ms;
	buf_puts(out, text ? text : "half of");
	return text ? 0 : err_set(err, "%s: it broke", file);
}

/* The other sinks', which are linked as well. */
int
templates_json(const struct templates *templates, const char *file, const json_t *view,
               int64_t now_ms, json_t **out, struct err *err)
{
	(void)templates;
	(void)view;
	(void)now_ms;
	*out = NULL;
	return err_set(err, "%s: not for mail", file);
}

/* ---- helpers: keep what they were given, and answer when told to ---- */

struct helper {
	struct mail_job job;
	char *text; /* the job as it came */
	helper_done_fn *done;
	void *arg;
	bool over;
};

struct helpers {
	struct helper started[64];
	size_t count;
	struct loop *loop;
};

struct loop *
helpers_loop(const struct helpers *helpers)
{
	return helpers->loop;
}

struct helper *
helper_start(struct helpers *helpers, const char *word, const void *job, size_t len,
             int64_t deadline_ms, helper_done_fn *done, void *arg)
{
	struct helper *helper = &helpers->started[helpers->count++];
	struct err err = {0};

	assert_true(helpers->count <= COUNT(helpers->started));
	assert_string_equal(word, "mail-helper");
	assert_int_equal(deadline_ms, MAIL_DEADLINE_MS);
	*helper = (struct helper){.text = mem_strn(job, len), .done = done, .arg = arg};
	if (mail_job_read(&helper->job, job, len, &err) < 0)
		fail_msg("%s", err.text);
	return helper;
}

void
helper_cancel(struct helper *helper)
{
	assert_false(helper->over);
	helper->over = true;
}

static inline void
answer_with(struct helper *helper, const struct mail_result *result)
{
	struct buf text = {0};

	mail_result_write(result, &text);
	assert_false(helper->over);
	helper->over = true;
	helper->done(&(struct helper_answer){HELPER_ANSWERED, text.data, text.len, NULL, 12},
	             helper->arg);
	buf_fini(&text);
}

/* Everybody has it. */
static inline struct mail_result
all_sent(const struct helper *helper)
{
	struct mail_result result;

	mail_result_init(&result, &helper->job);
	for (size_t i = 0; i < result.letter_count; i++)
		for (size_t j = 0; j < result.to_counts[i]; j++)
			mail_fate_set(&result.fates[i][j], OUTCOME_SENT, 250, "250 2.0.0 Ok");
	return result;
}

static inline void
answer_sent(struct helper *helper)
{
	struct mail_result result = all_sent(helper);

	answer_with(helper, &result);
	mail_result_fini(&result);
}

/* What stopped the session is the fate of everybody. */
static inline void
answer_stopped(struct helper *helper, enum outcome outcome, int code, const char *text)
{
	struct mail_result result = all_sent(helper);

	mail_fate_set(&result.session, outcome, code, text);
	for (size_t i = 0; i < result.letter_count; i++)
		for (size_t j = 0; j < result.to_counts[i]; j++)
			mail_fate_set(&result.fates[i][j], outcome, code, text);
	answer_with(helper, &result);
	mail_result_fini(&result);
}

static inline void
answer_ended(struct helper *helper, enum helper_end end, const char *text)
{
	helper->over = true;
	helper->done(&(struct helper_answer){.end = end, .text = text, .elapsed_ms = 5},
	             helper->arg);
}

/* ---- the sink, and what became of the last delivery ---- */

struct rig {
	struct helpers helpers;
	struct templates templates;
	struct sink_env env;
	struct email_options options;
	char *to[3];
	struct sink *sink;
	json_t *document;
	/* of the last done */
	int done;
	enum outcome outcome;
	int code;
	bool unheard, serves;
	char *text, *fault;
	json_t *recipients, *reference;
	void (*then)(struct rig *); /* called in done */
};

static inline void
rig_on_done(const struct sink_result *result, void *arg)
{
	struct rig *rig = arg;

	rig->done++;
	rig->outcome = result->outcome;
	rig->code = result->code;
	rig->unheard = result->unheard;
	rig->serves = result->serves;
	free(rig->text);
	rig->text = mem_str(result->text);
	free(rig->fault);
	rig->fault = mem_str(result->template_fault);
	json_decref(rig->recipients);
	rig->recipients = json_deep_copy(result->recipients);
	json_decref(rig->reference);
	rig->reference = result->reference ? json_deep_copy(result->reference) : NULL;
	if (rig->then)
		rig->then(rig);
}

static inline void
rig_open(struct rig *rig)
{
	struct err err = {0};

	if (sink_email.open(&rig->sink, &rig->options, NULL, &rig->env, &err) < 0)
		fail_msg("%s", err.text);
}

static inline int
rig_setup(void **state)
{
	struct rig *rig = mem_alloc(sizeof(*rig));

	rig->to[0] = "ops@example.com";
	rig->to[1] = "security@example.com";
	rig->to[2] = "audit@example.com";
	rig->options = (struct email_options){
		.server = "smtp.example.com:587",
		.from = "Driftbell <driftbell@example.com>",
		.to = {rig->to, COUNT(rig->to)},
		.template = "notification",
	};
	rig->templates = (struct templates){
		.line = "Image revoked: base v3", .txt = "revoked\n", .html = "<p>revoked</p>"};
	rig->env = (struct sink_env){.helpers = &rig->helpers, .templates = &rig->templates};
	rig->document = json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s}}",
	                          "title", "Image revoked: base v3", "summary",
	                          "jane.doe@example.com revoked base v3.", "url",
	                          "https://relay.example.com/incidents/inc_01", "reason", "opened",
	                          "team", "payments", "incident", "id", "inc_01", "kind",
	                          "image.revocation", "phase", "revoked", "status", "open",
	                          "severity", "critical", "updated_at", "2026-11-21T19:00:00Z");
	rig->helpers.loop = loop_new();
	rig_open(rig);
	*state = rig;
	return 0;
}

static inline void
rig_close(struct rig *rig)
{
	if (rig->sink)
		sink_email.close(rig->sink);
	rig->sink = NULL;
}

static inline void
forget_helpers(struct rig *rig)
{
	for (size_t i = 0; i < rig->helpers.count; i++) {
		mail_job_fini(&rig->helpers.started[i].job);
		free(rig->helpers.started[i].text);
	}
	rig->helpers.count = 0;
}

static inline int
rig_teardown(void **state)
{
	struct rig *rig = *state;

	rig_close(rig);
	forget_helpers(rig);
	loop_free(rig->helpers.loop);
	json_decref(rig->document);
	json_decref(rig->recipients);
	json_decref(rig->reference);
	free(rig->text);
	free(rig->fault);
	free(rig);
	return 0;
}

static inline struct message
rig_message(const struct rig *rig)
{
	return (struct message){.id = "ntf_01",
	                        .revision = 1,
	                        .document = rig->document,
	                        .attempt_at_ms = INT64_C(1795291200000)};
}

static inline void
rig_send(struct rig *rig, const struct message *message)
{
	int done = rig->done;

	sink_email.send(rig->sink, message, rig_on_done, rig);
	assert_int_equal(rig->done, done); /* never before send returns */
}

static inline struct helper *
last_helper(struct rig *rig)
{
	assert_true(rig->helpers.count > 0);
	return &rig->helpers.started[rig->helpers.count - 1];
}

static inline const char *
last_mail(struct rig *rig)
{
	const struct mail_job *job = &last_helper(rig)->job;

	/* mail_job_read() ends it with a NUL. */
	return job->letters[job->letter_count - 1].data;
}

/* "ADDRESS STATE, ..." of what the last done told. */
static inline void
assert_recipients(const struct rig *rig, const char *expected)
{
	struct buf text = {0};
	size_t i;
	json_t *one;

	buf_reserve(&text, 1);
	json_array_foreach(rig->recipients, i, one) buf_printf(
		&text, "%s%.*s %s", i ? ", " : "", (int)strcspn(json_text_at(one, "address"), "@"),
		json_text_at(one, "address"), json_text_at(one, "state"));
	assert_string_equal(text.data, expected);
	buf_fini(&text);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

#endif
