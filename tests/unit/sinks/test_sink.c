/* The table, and each kind against a receiver on loopback. */
#include "tests/unit/shipped.h"
#include "tests/unit/stand_in.h"

#include "relay/base/json.h"
#include "relay/message/samples.h"
#include "sinks/kinds.h"
#include "sinks/slack.h"
#include "sinks/task_callback.h"
#include "sinks/webhook.h"

static char key_text[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static char *key_values[] = {key_text};

static void
outcomes_follow_the_status(void **state)
{
	(void)state;
	static const struct {
		int status;
		enum outcome outcome;
	} cases[] = {
		{200, OUTCOME_SENT},     {202, OUTCOME_SENT},     {204, OUTCOME_SENT},
		{301, OUTCOME_BLOCKED},  {308, OUTCOME_BLOCKED},  {400, OUTCOME_REJECTED},
		{401, OUTCOME_BLOCKED},  {403, OUTCOME_BLOCKED},  {404, OUTCOME_BLOCKED},
		{405, OUTCOME_REJECTED}, {408, OUTCOME_RETRY},    {410, OUTCOME_BLOCKED},
		{413, OUTCOME_REJECTED}, {415, OUTCOME_REJECTED}, {422, OUTCOME_REJECTED},
		{425, OUTCOME_RETRY},    {429, OUTCOME_RETRY},    {500, OUTCOME_RETRY},
		{503, OUTCOME_RETRY},    {101, OUTCOME_RETRY},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct httpc_response response = {.result = HTTPC_ANSWERED,
		                                        .status = cases[i].status};
		if (outcome_of_response(&response) != cases[i].outcome)
			fail_msg("%d", cases[i].status);
	}
	assert_int_equal(outcome_of_response(&(struct httpc_response){.result = HTTPC_UNREACHABLE}),
	                 OUTCOME_RETRY);
	assert_int_equal(outcome_of_response(&(struct httpc_response){.result = HTTPC_REFUSED}),
	                 OUTCOME_BLOCKED);
	assert_int_equal(outcome_of_response(&(struct httpc_response){.result = HTTPC_UNTRUSTED}),
	                 OUTCOME_BLOCKED);
}

static void
kinds_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(sink_kind_named("slack"), &sink_slack);
	assert_ptr_equal(sink_kind_named("webhook"), &sink_webhook);
	assert_ptr_equal(sink_kind_named("task_callback"), &sink_task_callback);
	assert_null(sink_kind_named("fax"));
	for (size_t i = 0; sink_conf_kinds[i]; i++) /* no config may name it */
		assert_string_not_equal(sink_conf_kinds[i]->name, "task_callback");
}

/* ---- one message to the stand-in ---- */

struct world {
	struct loop *loop;
	struct httpc *httpc;
	struct templates *templates;
	struct stand_in in;
	json_t *document;
	enum outcome outcome;
	int code;
	int64_t retry_after_ms;
	char *text, *template_fault;
	int done;
};

static int
open_world(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));

	w->loop = loop_new();
	w->httpc = httpc_new(w->loop);
	w->templates = templates_hold(shipped);
	stand_in_open(&w->in, w->loop);
	w->document =
		json_pack("{s:s, s:s, s:s, s:{s:s}}", "title", "Image revoked", "summary",
	                  "x & <y>", "status", "passed", "incident", "kind", "image.revocation");
	*state = w;
	return 0;
}

static int
close_world(void **state)
{
	struct world *w = *state;

	stand_in_close(&w->in);
	httpc_free(w->httpc);
	loop_free(w->loop);
	templates_release(w->templates);
	json_decref(w->document);
	free(w->text);
	free(w->template_fault);
	free(w);
	return 0;
}

static void
on_done(const struct sink_result *result, void *arg)
{
	struct world *w = arg;

	w->outcome = result->outcome;
	w->code = result->code;
	w->retry_after_ms = result->retry_after_ms;
	free(w->text);
	w->text = mem_str(result->text);
	free(w->template_fault);
	w->template_fault = mem_str(result->template_fault);
	w->done++;
	loop_stop(w->loop);
}

static void
deliver(struct world *w, const struct sink_kind *kind, const void *options,
        const struct message *message)
{
	const struct sink_env env = {.httpc = w->httpc, .templates = w->templates};
	struct sink *sink;
	struct err err = {0};

	w->done = 0;
	assert_int_equal(kind->open(&sink, options, NULL, &env, &err), 0);
	kind->send(sink, message, on_done, w);
	assert_int_equal(w->done, 0); /* never before send returns */
	loop_run(w->loop);
	assert_int_equal(w->done, 1);
	kind->close(sink);
}

static const struct stand_in_request *
last(const struct world *w)
{
	return &w->in.got[w->in.got_count - 1];
}

static struct message
message_of(const struct world *w)
{
	return (struct message){.id = "ntf_01",
	                        .revision = 3,
	                        .document = w->document,
	                        .attempt_at_ms = INT64_C(1700000000123)};
}

static void
a_webhook_posts_the_document_signed(void **state)
{
	struct world *w = *state;
	char *url = stand_in_url(&w->in, "/in");
	struct webhook_options options = {
		.url = url, .secret = {key_values, 1, NULL}, .allow_private = true};
	struct message message = message_of(w);

	deliver(w, &sink_webhook, &options, &message);
	assert_int_equal(w->outcome, OUTCOME_SENT);
	const struct stand_in_request *got = last(w);
	char *expected = json_dumps(w->document, JSON_COMPACT);
	assert_string_equal(got->body, expected);
	assert_string_equal(got->content_type, "application/json");
	assert_string_equal(got->id, "ntf_01_3");
	assert_string_equal(got->timestamp, "1700000000");
	assert_string_equal(got->user_agent, "driftbell/" DRIFTBELL_VERSION);
	char *signature = webhook_signature(&options.secret, got->id, 1700000000, got->body,
	                                    strlen(got->body));
	assert_string_equal(got->signature, signature);
	free(signature);
	free(expected);
	free(url);
}

static void
a_private_address_is_blocked_unless_allowed(void **state)
{
	struct world *w = *state;
	char *url = stand_in_url(&w->in, "/in");
	const struct webhook_options options = {.url = url, .secret = {key_values, 1, NULL}};
	struct message message = message_of(w);

	deliver(w, &sink_webhook, &options, &message);
	assert_int_equal(w->outcome, OUTCOME_BLOCKED);
	assert_int_equal(w->in.got_count, 0);
	free(url);
}

static void
a_pause_asked_for_is_handed_on(void **state)
{
	struct world *w = *state;
	char *url = stand_in_url(&w->in, "/in");
	const struct webhook_options options = {
		.url = url, .secret = {key_values, 1, NULL}, .allow_private = true};
	struct message message = message_of(w);

	stand_in_script(&w->in, (struct stand_in_answer){"/in", 429, "slow down", "7", false});
	deliver(w, &sink_webhook, &options, &message);
	assert_int_equal(w->outcome, OUTCOME_RETRY);
	assert_int_equal(w->retry_after_ms, 7000);
	assert_string_equal(w->text, "HTTP 429: slow down");
	free(url);
}

static void
an_answer_that_repeats_the_url_is_not_shown(void **state)
{
	struct world *w = *state;
	char *url = stand_in_url(&w->in, "/hooks/T0SECRETPART");
	const struct webhook_options options = {
		.url = url, .secret = {key_values, 1, NULL}, .allow_private = true};
	struct message message = message_of(w);

	stand_in_script(&w->in,
	                (struct stand_in_answer){"/hooks/T0SECRETPART", 404,
	                                         "Cannot POST /hooks/T0SECRETPART", NULL, false});
	deliver(w, &sink_webhook, &options, &message);
	assert_string_equal(w->text, "HTTP 404");
	free(url);
}

static void
slack_errors_are_told_by_their_word(void **state)
{
	struct world *w = *state;
	static const struct {
		int code;
		const char *body;
		enum outcome outcome;
	} cases[] = {
		{200, "ok", OUTCOME_SENT},
		{200, "{\"success\":true}", OUTCOME_SENT},
		{200, "{\"success\":false}", OUTCOME_REJECTED},
		{200, "{\"ok\":false,\"error\":\"channel_not_found\"}", OUTCOME_BLOCKED},
		{200, "{\"ok\":false,\"error\":\"ratelimited\"}", OUTCOME_RETRY},
		{200, "{\"ok\":false,\"error\":\"never seen\"}", OUTCOME_REJECTED},
		{400, "invalid_blocks", OUTCOME_REJECTED},
		{400, "user_not_found", OUTCOME_BLOCKED},
		{400, "something_else", OUTCOME_REJECTED},
		{403, "invalid_token", OUTCOME_BLOCKED},
		{404, "no_service", OUTCOME_BLOCKED},
		{410, "channel_is_archived", OUTCOME_BLOCKED},
		{429, "no_service", OUTCOME_RETRY},
		{500, "rollup_error", OUTCOME_RETRY},
		{503, "{", OUTCOME_RETRY},
		{200, "", OUTCOME_SENT},
	};
	char *url = stand_in_url(&w->in, "/s"), *padded = mem_fmt(" %s\n", url);
	const struct slack_options options = {.webhook_url = {&padded, 1, NULL},
	                                      .template = "notification",
	                                      .allow_private = true};
	struct message message = message_of(w);

	for (size_t i = 0; i < COUNT(cases); i++) {
		stand_in_script(&w->in, (struct stand_in_answer){"/s", cases[i].code, cases[i].body,
		                                                 NULL, false});
		deliver(w, &sink_slack, &options, &message);
		if (w->outcome != cases[i].outcome)
			fail_msg("%d %s: %s", cases[i].code, cases[i].body,
			         outcome_names[w->outcome]);
	}
	json_t *sent = json_loads(last(w)->body, 0, NULL);
	assert_non_null(json_at(sent, "blocks.0"));
	json_decref(sent);
	message.plain = true;
	deliver(w, &sink_slack, &options, &message);
	assert_string_equal(last(w)->body, "{\"text\":\"Image revoked\\nx &amp; &lt;y&gt;\","
	                                   "\"unfurl_links\":false,\"unfurl_media\":false}");
	free(url);
	free(padded);
}

static void
slack_sends_what_the_template_makes(void **state)
{
	struct world *w = *state;
	char *url = stand_in_url(&w->in, "/s");
	struct slack_options options = {
		.webhook_url = {&url, 1, NULL}, .template = "notification", .allow_private = true};
	struct message message = message_of(w);

	json_decref(w->document);
	message.document = w->document = sample_document(0);
	deliver(w, &sink_slack, &options, &message);
	assert_null(w->template_fault);
	json_t *sent = json_loads(last(w)->body, 0, NULL);
	assert_non_null(strstr(json_text_at(sent, "blocks.2.text.text"), "*Do now:* "));
	assert_true(json_is_false(json_at(sent, "unfurl_links")));
	json_decref(sent);

	options.template = "nowhere";
	deliver(w, &sink_slack, &options, &message);
	assert_int_equal(w->outcome, OUTCOME_SENT);
	assert_non_null(strstr(w->template_fault, "nowhere.slack.json"));
	sent = json_loads(last(w)->body, 0, NULL);
	assert_null(json_at(sent, "blocks"));
	assert_non_null(strstr(json_text_at(sent, "text"), "Image to be revoked"));
	json_decref(sent);

	message.plain = true; /* asked for: no fault of the template */
	deliver(w, &sink_slack, &options, &message);
	assert_null(w->template_fault);
	free(url);
}

static char routing_key[] = "R0UT1NGKEY0123456789", token[] = "Bearer T0KEN-of-ours";
static char *routing_keys[] = {routing_key}, *tokens[] = {token};

static void
a_webhook_sends_what_the_template_makes(void **state)
{
	struct world *w = *state;
	char *url = stand_in_url(&w->in, "/in");
	struct webhook_value values[] = {{"routing_key", NULL, {routing_keys, 1, NULL}}};
	struct webhook_value headers[] = {{"Authorization", NULL, {tokens, 1, NULL}}};
	struct webhook_options options = {.url = url,
	                                  .template = "pagerduty",
	                                  .values = {values, 1},
	                                  .headers = {headers, 1},
	                                  .allow_private = true};
	struct message message = message_of(w);

	json_decref(w->document);
	message.document = w->document = sample_document(0);
	deliver(w, &sink_webhook, &options, &message);
	assert_int_equal(w->outcome, OUTCOME_SENT);
	assert_null(w->template_fault);
	const struct stand_in_request *got = last(w);
	json_t *sent = json_loads(got->body, 0, NULL);
	assert_string_equal(json_text_at(sent, "routing_key"), routing_key);
	assert_string_equal(json_text_at(sent, "event_action"), "trigger");
	assert_string_equal(got->content_type, "application/json");
	assert_string_equal(got->authorization, token);
	assert_string_equal(got->id, "ntf_01_3");
	assert_string_equal(got->timestamp, "1700000000");
	assert_null(got->signature);
	json_decref(sent);

	options.template = "cloudevents";
	options.secret = (struct secret){key_values, 1, NULL};
	deliver(w, &sink_webhook, &options, &message);
	got = last(w);
	assert_string_equal(got->content_type, "application/cloudevents+json; charset=UTF-8");
	char *signature = webhook_signature(&options.secret, got->id, 1700000000, got->body,
	                                    strlen(got->body));
	assert_string_equal(got->signature, signature);
	free(signature);
	free(url);
}

static void
a_webhook_whose_template_fails_sends_the_document(void **state)
{
	struct world *w = *state;
	char *url = stand_in_url(&w->in, "/in");
	struct webhook_options options = {.url = url,
	                                  .template = "nowhere",
	                                  .content_type = "text/x-theirs",
	                                  .allow_private = true};
	struct message message = message_of(w);

	deliver(w, &sink_webhook, &options, &message);
	char *expected = json_dumps(w->document, JSON_COMPACT);
	assert_string_equal(last(w)->body, expected);
	assert_string_equal(last(w)->content_type, "application/json");
	assert_non_null(strstr(w->template_fault, "nowhere.json"));
	free(expected);
	free(url);
}

static void
an_answer_that_repeats_a_secret_is_not_shown(void **state)
{
	struct world *w = *state;
	char *url = stand_in_url(&w->in, "/in");
	struct webhook_value values[] = {{"routing_key", NULL, {routing_keys, 1, NULL}},
	                                 {"said", "openly", {0}}};
	struct webhook_value headers[] = {{"Authorization", NULL, {tokens, 1, NULL}}};
	struct webhook_options options = {.url = url,
	                                  .template = "pagerduty",
	                                  .values = {values, 2},
	                                  .headers = {headers, 1},
	                                  .allow_private = true};
	struct message message = message_of(w);
	static const struct {
		const char *body, *text;
	} cases[] = {
		{"no such key: R0UT1NGKEY0123456789", "HTTP 400"},
		{"T0KEN-of-ours is not known", "HTTP 400"},
		{"said openly", "HTTP 400: said openly"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		stand_in_script(&w->in,
		                (struct stand_in_answer){"/in", 400, cases[i].body, NULL, false});
		deliver(w, &sink_webhook, &options, &message);
		assert_string_equal(w->text, cases[i].text);
	}
	free(url);
}

static void
a_run_task_gets_its_answer_and_no_host_is_blocked(void **state)
{
	struct world *w = *state;
	static const struct {
		int code;
		enum outcome outcome;
	} cases[] = {
		{200, OUTCOME_SENT},     {204, OUTCOME_SENT},     {409, OUTCOME_SENT},
		{401, OUTCOME_REJECTED}, {404, OUTCOME_REJECTED}, {422, OUTCOME_REJECTED},
		{302, OUTCOME_REJECTED}, {500, OUTCOME_RETRY},    {429, OUTCOME_RETRY},
	};
	const struct task_callback_options options = {.allow_private = true};
	struct message message = message_of(w);
	char *url = stand_in_url(&w->in, "/callback");

	json_object_set_new(w->document, "message", json_string("recorded"));
	json_object_set_new(w->document, "url", json_null());
	message.target = url;
	message.bearer = "token-of-the-run";
	for (size_t i = 0; i < COUNT(cases); i++) {
		stand_in_script(&w->in, (struct stand_in_answer){"/callback", cases[i].code,
		                                                 "token-of-the-run?", NULL, false});
		deliver(w, &sink_task_callback, &options, &message);
		if (w->outcome != cases[i].outcome)
			fail_msg("%d: %s", cases[i].code, outcome_names[w->outcome]);
		assert_null(strstr(w->text, "token"));
	}
	assert_string_equal(last(w)->authorization, "Bearer token-of-the-run");
	assert_string_equal(last(w)->content_type, "application/vnd.api+json");
	assert_string_equal(last(w)->body, "{\"data\":{\"type\":\"task-results\",\"attributes\":"
	                                   "{\"status\":\"passed\",\"message\":\"recorded\"}}}");
	free(url);
}

static json_t *
an_outcome(const char *id, size_t chars)
{
	char *text = mem_alloc(chars + 1);

	memset(text, 'x', chars);
	json_t *outcome = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", id, "description", text,
	                            "body", text, "status", text, "level", "error", "url",
	                            "https://relay.example.com/incidents/inc_1");
	free(text);
	return outcome;
}

/* What is longer than HCP Terraform takes would have the whole answer refused. */
static void
outcomes_are_cut_to_what_hcp_terraform_takes(void **state)
{
	struct world *w = *state;
	const struct task_callback_options options = {.allow_private = true};
	struct message message = message_of(w);
	char *url = stand_in_url(&w->in, "/callback");
	json_t *outcomes = json_array();

	json_array_append_new(outcomes, an_outcome("base v1", 20000));
	json_array_append_new(outcomes, json_pack("{s:s}", "description", "without an id"));
	for (int i = 0; i < 300; i++)
		json_array_append_new(outcomes, an_outcome("more", 1));
	json_object_set_new(w->document, "outcomes", outcomes);
	message.target = url;
	message.bearer = "token-of-the-run";
	deliver(w, &sink_task_callback, &options, &message);
	json_t *body = json_loads(last(w)->body, 0, NULL);
	const json_t *sent = json_at(body, "data.relationships.outcomes.data");
	const json_t *first = json_at(json_array_get(sent, 0), "attributes");
	assert_int_equal(json_array_size(sent), 250);
	assert_string_equal(json_text_at(json_array_get(sent, 0), "type"), "task-result-outcomes");
	assert_string_equal(json_text_at(first, "outcome-id"), "base v1");
	assert_int_equal(strlen(json_text_at(first, "description")), 1000);
	assert_int_equal(strlen(json_text_at(first, "body")), 10000);
	assert_int_equal(strlen(json_text_at(first, "tags.Status.0.label")), 32);
	assert_string_equal(json_text_at(first, "tags.Status.0.level"), "error");
	assert_string_equal(json_text_at(first, "url"),
	                    "https://relay.example.com/incidents/inc_1");
	json_decref(body);
	free(url);
}

static void
a_sink_closed_early_cancels_what_is_under_way(void **state)
{
	struct world *w = *state;
	char *url = stand_in_url(&w->in, "/in");
	const struct webhook_options options = {
		.url = url, .secret = {key_values, 1, NULL}, .allow_private = true};
	const struct sink_env env = {.httpc = w->httpc, .templates = w->templates};
	struct message message = message_of(w);
	struct sink *sink;
	struct err err = {0};

	stand_in_script(&w->in, (struct stand_in_answer){"/in", 200, "ok", NULL, true});
	w->in.awaited = 1;
	assert_int_equal(sink_webhook.open(&sink, &options, NULL, &env, &err), 0);
	sink_webhook.send(sink, &message, on_done, w);
	sink_webhook.send(sink, &message, on_done, w);
	loop_run(w->loop);
	sink_webhook.close(sink);
	assert_int_equal(w->done, 0);
	free(url);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes_follow_the_status),
		cmocka_unit_test(kinds_are_found_by_name),
		WORLD_TEST(a_webhook_posts_the_document_signed),
		WORLD_TEST(a_private_address_is_blocked_unless_allowed),
		WORLD_TEST(a_pause_asked_for_is_handed_on),
		WORLD_TEST(an_answer_that_repeats_the_url_is_not_shown),
		WORLD_TEST(slack_errors_are_told_by_their_word),
		WORLD_TEST(slack_sends_what_the_template_makes),
		WORLD_TEST(a_webhook_sends_what_the_template_makes),
		WORLD_TEST(a_webhook_whose_template_fails_sends_the_document),
		WORLD_TEST(an_answer_that_repeats_a_secret_is_not_shown),
		WORLD_TEST(a_run_task_gets_its_answer_and_no_host_is_blocked),
		WORLD_TEST(outcomes_are_cut_to_what_hcp_terraform_takes),
		WORLD_TEST(a_sink_closed_early_cancels_what_is_under_way),
	};
	return cmocka_run_group_tests(tests, shipped_load, shipped_release);
}
