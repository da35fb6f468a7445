/* A Slack sink with a bot's token: what it calls, and what it makes of the answers. */
#include "tests/unit/sinks/fault_check.h"
#include "tests/unit/stand_in.h"

#include "relay/base/json.h"
#include "relay/message/samples.h"
#include "relay/runtime/httpc.h"
#include "sinks/kinds.h"
#include "sinks/slack.h"

#define POST "/api/chat.postMessage"
#define UPDATE "/api/chat.update"
#define POSTED "{\"ok\":true,\"channel\":\"C0FIXTURE\",\"ts\":\"1700000000.000100\"}"
#define KNOWN "{\"channel\":\"C0FIXTURE\",\"ts\":\"1.5\",\"revision\":1,\"severity\":\"warning\"}"

static char token_text[] = "xoxb-0000-fixture-token";
static char *tokens[] = {token_text};

struct world {
	struct loop *loop;
	struct httpc *httpc;
	struct stand_in in;
	char *api_url;
	struct slack_options options;
	json_t *document;
	struct message message;
	enum outcome outcome;
	int64_t retry_after_ms;
	bool unheard;
	char *text;
	json_t *reference;
};

static int
open_world(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));

	w->loop = loop_new();
	w->httpc = httpc_new(w->loop);
	stand_in_open(&w->in, w->loop);
	w->api_url = stand_in_url(&w->in, "/api//");
	w->options = (struct slack_options){
		.token = {tokens, 1, NULL},
		.channel = (char *)"#alerts",
		.api_url = w->api_url,
		.mention = {NULL, NULL, (char *)"<!subteam^S123>"},
		.template = (char *)"notification",
		.allow_private = true,
	};
	w->document = json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "title", "Image <revoked>",
	                        "summary", "<!channel> & more", "reason", "opened", "incident",
	                        "id", "inc_1", "severity", "critical", "status", "open");
	w->message = (struct message){.id = "ntf_1",
	                              .revision = 2,
	                              .document = w->document,
	                              .speaks = true,
	                              .attempt_at_ms = INT64_C(1700000000123)};
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
	json_decref(w->document);
	json_decref(w->reference);
	json_decref((json_t *)w->message.reference);
	free(w->api_url);
	free(w->text);
	free(w);
	return 0;
}

static void
on_done(const struct sink_result *result, void *arg)
{
	struct world *w = arg;

	w->outcome = result->outcome;
	w->retry_after_ms = result->retry_after_ms;
	w->unheard = result->unheard;
	free(w->text);
	w->text = mem_str(result->text);
	json_decref(w->reference);
	w->reference = result->reference ? json_deep_copy(result->reference) : NULL;
	loop_stop(w->loop);
}

static void
script(struct world *w, const char *path, int code, const char *body, const char *retry_after)
{
	stand_in_script(&w->in, (struct stand_in_answer){path, code, body, retry_after, false});
}

static void
deliver(struct world *w)
{
	const struct sink_env env = {.httpc = w->httpc};
	struct sink *sink;
	struct err err = {0};

	assert_int_equal(sink_slack.open(&sink, &w->options, NULL, &env, &err), 0);
	sink_slack.send(sink, &w->message, on_done, w);
	loop_run(w->loop);
	sink_slack.close(sink);
	if (strstr(w->text, token_text) != NULL)
		fail_msg("%s", w->text);
}

static void
known(struct world *w, const char *reference)
{
	json_decref((json_t *)w->message.reference);
	w->message.reference = json_loads(reference, 0, NULL);
	assert_non_null(w->message.reference);
}

/* The i-th request was this call; its arguments, a new reference. */
static json_t *
called(const struct world *w, size_t i, const char *path)
{
	json_t *out;

	if (i >= w->in.got_count || strcmp(w->in.got[i].path, path) != 0)
		fail_msg("request %zu of %zu is not %s", i, w->in.got_count, path);
	assert_string_equal(w->in.got[i].authorization, "Bearer xoxb-0000-fixture-token");
	out = json_loads(w->in.got[i].body, 0, NULL);
	assert_non_null(out);
	return out;
}

static void
check_text(const json_t *object, const char *path, const char *expected)
{
	const char *text = json_text_at(object, path);

	if (!text || strcmp(text, expected) != 0)
		fail_msg("%s is %s", path, text ? text : "missing");
}

static void
the_first_is_posted_and_its_place_is_kept(void **state)
{
	struct world *w = *state;

	script(w, POST, 200, POSTED, NULL);
	deliver(w);
	assert_int_equal(w->outcome, OUTCOME_SENT);
	assert_int_equal(w->in.got_count, 1);
	json_t *post = called(w, 0, POST);
	check_text(post, "channel", "#alerts");
	check_text(post, "text",
	           "<!subteam^S123> Image &lt;revoked&gt;\n&lt;!channel&gt; &amp; more");
	check_text(post, "metadata.event_payload.incident", "inc_1");
	json_decref(post);
	check_text(w->reference, "channel", "C0FIXTURE");
	check_text(w->reference, "ts", "1700000000.000100");
	assert_int_equal(json_int_at(w->reference, "revision", 0), 2);
}

static void
a_change_is_an_edit_and_nothing_else(void **state)
{
	struct world *w = *state;

	known(w, KNOWN);
	w->message.speaks = false;
	script(w, UPDATE, 200, POSTED, NULL);
	deliver(w);
	assert_int_equal(w->outcome, OUTCOME_SENT);
	assert_int_equal(w->in.got_count, 1);
	json_t *update = called(w, 0, UPDATE);
	check_text(update, "channel", "C0FIXTURE");
	check_text(update, "ts", "1.5");
	check_text(update, "parse", "none"); /* by itself it would be "client" */
	check_text(update, "text", "Image &lt;revoked&gt;\n&lt;!channel&gt; &amp; more");
	assert_true(json_is_array(json_at(update, "blocks"))); /* else the old ones stay */
	json_decref(update);
	assert_int_equal(json_int_at(w->reference, "revision", 0), 2);
	check_text(w->reference, "severity", "warning"); /* as last said */
}

static void
what_speaks_is_also_a_reply(void **state)
{
	struct world *w = *state;

	known(w, KNOWN);
	json_object_set_new(w->document, "reason", json_string("changed"));
	script(w, UPDATE, 200, POSTED, NULL);
	script(w, POST, 200, "{\"ok\":true,\"channel\":\"C0FIXTURE\",\"ts\":\"2.5\"}", NULL);
	deliver(w);
	assert_int_equal(w->outcome, OUTCOME_SENT);
	json_decref(called(w, 0, UPDATE));
	json_t *reply = called(w, 1, POST);
	check_text(reply, "thread_ts", "1.5");
	check_text(reply, "channel", "C0FIXTURE");
	/* It became worse: somebody is to notice. */
	check_text(reply, "text",
	           "<!subteam^S123> Image &lt;revoked&gt;\n&lt;!channel&gt; &amp; more");
	assert_null(json_at(reply, "blocks"));
	json_decref(reply);
	check_text(w->reference, "ts", "1.5"); /* the parent's */
	check_text(w->reference, "severity", "critical");
}

static void
after_a_failed_reply_only_that_is_repeated(void **state)
{
	struct world *w = *state;

	known(w, KNOWN);
	script(w, UPDATE, 200, POSTED, NULL);
	script(w, POST, 429, "{\"ok\":false,\"error\":\"ratelimited\"}", "7");
	deliver(w);
	assert_int_equal(w->outcome, OUTCOME_RETRY);
	assert_int_equal(w->retry_after_ms, 7000);
	assert_string_equal(w->text, "chat.postMessage: HTTP 429: ratelimited");
	char *kept = json_dumps(w->reference, 0);
	known(w, kept);
	free(kept);
	script(w, POST, 200, POSTED, NULL);
	deliver(w);
	assert_int_equal(w->outcome, OUTCOME_SENT);
	assert_int_equal(stand_in_count(&w->in, UPDATE), 1);
	assert_int_equal(w->in.got_count, 3);
}

static void
a_message_out_of_reach_is_posted_anew(void **state)
{
	static const char *const words[] = {"message_not_found", "cant_update_message"};
	struct world *w = *state;

	w->message.speaks = false;
	for (size_t i = 0; i < COUNT(words); i++) {
		char *body = mem_fmt("{\"ok\":false,\"error\":\"%s\"}", words[i]);

		known(w, KNOWN);
		script(w, UPDATE, 200, body, NULL);
		script(w, POST, 200, POSTED, NULL);
		deliver(w);
		free(body);
		assert_int_equal(w->outcome, OUTCOME_SENT);
		check_text(w->reference, "ts", "1700000000.000100");
	}
}

static void
slack_is_judged_by_its_words(void **state)
{
	static const struct {
		int code;
		const char *body;
		enum outcome outcome;
	} cases[] = {
		{200, "{\"ok\":false,\"error\":\"invalid_auth\"}", OUTCOME_BLOCKED},
		{200, "{\"ok\":false,\"error\":\"token_revoked\"}", OUTCOME_BLOCKED},
		{200, "{\"ok\":false,\"error\":\"missing_scope\",\"needed\":\"chat:write\"}",
	         OUTCOME_BLOCKED},
		{200, "{\"ok\":false,\"error\":\"not_in_channel\"}", OUTCOME_BLOCKED},
		{200, "{\"ok\":false,\"error\":\"is_archived\"}", OUTCOME_BLOCKED},
		{200, "{\"ok\":false,\"error\":\"msg_too_long\"}", OUTCOME_REJECTED},
		{200, "{\"ok\":false,\"error\":\"fatal_error\"}", OUTCOME_RETRY},
		{200, "{\"ok\":false,\"error\":\"xoxb-0000-fixture-token\"}", OUTCOME_REJECTED},
		{503, "", OUTCOME_RETRY},
		{200, "", OUTCOME_RETRY},
		{200, "<html>Please log in to the proxy</html>", OUTCOME_RETRY},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		script(w, POST, cases[i].code, cases[i].body, NULL);
		deliver(w);
		if (w->outcome != cases[i].outcome)
			fail_msg("%s: %s", cases[i].body, outcome_names[w->outcome]);
		assert_null(w->reference);
		if (i == 2)
			assert_string_equal(w->text, "chat.postMessage: HTTP 200: missing_scope, "
			                             "needs the scope chat:write");
	}
}

static void
a_destination_is_the_channel_and_not_the_token(void **state)
{
	struct world *w = *state;
	struct slack_options other = w->options;
	char *names[4], other_token[] = "xoxb-1", *others[] = {other_token};

	other.token.values = others;
	other.api_url = stand_in_url(&w->in, "/api");
	other.channel = (char *)"alerts";
	names[0] = sink_slack.destination(&w->options, NULL);
	names[1] = sink_slack.destination(&other, "payments");
	other.channel = (char *)"#{{team}}";
	names[2] = sink_slack.destination(&other, "alerts");
	assert_null(sink_slack.destination(&other, NULL));
	other.channel = (char *)"#elsewhere";
	names[3] = sink_slack.destination(&other, NULL);
	assert_string_equal(names[0], names[1]);
	assert_string_equal(names[0], names[2]);
	assert_string_not_equal(names[0], names[3]);
	for (size_t i = 0; i < COUNT(names); i++)
		free(names[i]);
	free(other.api_url);
	other.api_url = NULL;
	names[0] = sink_slack.destination(&other, NULL);
	other.api_url = (char *)"https://slack.com/api/";
	names[1] = sink_slack.destination(&other, NULL);
	assert_string_equal(names[0], names[1]);
	free(names[0]);
	free(names[1]);
}

static void
check_fault(const struct slack_options *options, const char *part)
{
	char *fault = faults_of(&sink_slack, options);

	if (!part)
		assert_null(fault);
	else if (!fault || !strstr(fault, part))
		fail_msg("%s", fault ? fault : "no fault");
	free(fault);
}

static void
options_that_do_not_fit_are_faults(void **state)
{
	struct world *w = *state;
	struct slack_options options = w->options;
	char url_text[] = "https://hooks.slack.com/x", *urls[] = {url_text};

	check_fault(&options, NULL);
	options.api_url = (char *)"https://slack.example.com/?api";
	check_fault(&options, "api_url needs a URL without ? and #");
	options.api_url = w->api_url;
	options.mention.critical = (char *)"@here";
	check_fault(&options, "mention.critical: \"@here\" mentions nobody");
	options.mention.critical = (char *)"<!here> <@U012>";
	check_fault(&options, NULL);
	options.channel = (char *)"#Alerts of us";
	check_fault(&options, "is no channel");
	options.channel = (char *)"C024BE91L";
	check_fault(&options, NULL);
	options.channel = (char *)"#{{tema}}";
	check_fault(&options, "is not {{team}}");
	options.channel = NULL;
	check_fault(&options, "needs channel");
	options.webhook_url = (struct secret){urls, 1, NULL};
	check_fault(&options, "not both");
	options.token.count = 0;
	check_fault(&options, "mention needs a token");
	options.channel = (char *)"#alerts";
	check_fault(&options, "channel needs a token");
	options.channel = NULL;
	options.mention.critical = NULL;
	check_fault(&options, "api_url needs a token");
	options.api_url = NULL;
	check_fault(&options, NULL);
	options.channel = (char *)"#alerts";
	options.webhook_url.count = 0;
	check_fault(&options, "channel needs token_file");
	options.channel = NULL;
	check_fault(&options, "webhook_url_file or webhook_url_env is missing, or token_file");
}

static void
a_team_s_name_makes_a_channel(void **state)
{
	struct world *w = *state;
	struct slack_options options = w->options;
	char *fault;

	options.channel = (char *)"#{{team}}-alerts";
	assert_null(faults_for_team(&sink_slack, &options, "payments"));
	fault = faults_for_team(&sink_slack, &options, "Payments & Co");
	assert_non_null(strstr(fault, "#Payments & Co-alerts"));
	free(fault);
	assert_null(faults_for_team(&sink_slack, &options, NULL));
	assert_string_equal(sink_slack.conf.needs_team(&options), "its channel needs a team");
	options.channel = (char *)"#{{team | default \"All of us\"}}";
	assert_null(sink_slack.conf.needs_team(&options));
	fault = faults_for_team(&sink_slack, &options, NULL);
	assert_non_null(strstr(fault, "\"#All of us\" is no channel"));
	free(fault);
}

static void
what_it_would_call_can_be_read(void **state)
{
	struct world *w = *state;
	struct err fault = {""};
	char *text = sink_slack.show(&w->options, NULL, NULL, &w->message, NULL, &fault);

	assert_ptr_equal(strstr(text, "chat.postMessage\n{"), text);
	assert_null(strstr(text, token_text));
	free(text);
	known(w, KNOWN);
	text = sink_slack.show(&w->options, NULL, NULL, &w->message, NULL, &fault);
	assert_ptr_equal(strstr(text, "chat.update\n{"), text);
	assert_non_null(strstr(text, "\nchat.postMessage\n{"));
	free(text);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(the_first_is_posted_and_its_place_is_kept),
		WORLD_TEST(a_change_is_an_edit_and_nothing_else),
		WORLD_TEST(what_speaks_is_also_a_reply),
		WORLD_TEST(after_a_failed_reply_only_that_is_repeated),
		WORLD_TEST(a_message_out_of_reach_is_posted_anew),
		WORLD_TEST(slack_is_judged_by_its_words),
		WORLD_TEST(a_destination_is_the_channel_and_not_the_token),
		WORLD_TEST(options_that_do_not_fit_are_faults),
		WORLD_TEST(a_team_s_name_makes_a_channel),
		WORLD_TEST(what_it_would_call_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
