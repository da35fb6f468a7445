/*
 * With a bot's token: the calls of one message, one behind the other.  Where the
 * message to edit is out of reach it is posted anew.  Each call keeps a second's distance from the one before, and what came of the
 * update is told with the failure of a reply.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/runtime/loop.h"
#include "sinks/address.h"
#include "sinks/kinds.h"
#include "sinks/slack_parts.h"

#define SLACK_API "https://slack.com/api"
#define REST_MS SECOND_MS /* between two calls: chat.postMessage, one a second for each channel */

/* One delivery from send to done. */
struct going {
	const struct message *message;
	enum slack_step step;
	bool posted_anew, waits;
	json_t *reference; /* as it is after the calls so far; NULL: no message is known */
	bool refers;       /* it is another one than the message came with */
	char *template_fault;
	struct slack_answer answer;
	int64_t elapsed_ms;
	sink_done_fn *done;
	void *arg;
};

struct api {
	struct slack slack;
	char *channel, *url, *authorization;
	const char *unsaid[2];
	struct timer *rest; /* runs: the second after a call is not over */
	bool resting;
	struct going *going; /* one at a time: sink_kind.slots */
};

/* ---- calls and their answers ---- */

static void advance(struct api *, const struct sink_result *);

static void
on_look(const struct httpc_response *response, void *arg)
{
	struct api *api = arg;

	json_decref(api->going->answer.object);
	slack_answer_read(&api->going->answer, response);
}

static void
on_done(const struct sink_result *result, void *arg)
{
	advance(arg, result);
}

static void
call(struct api *api)
{
	struct going *going = api->going;
	const struct slack *slack = &api->slack;
	const struct http_terms terms = {
		.judge = slack_api_judge, .unsaid = api->unsaid, .look = on_look};
	struct err fault = {0};

	going->waits = api->resting;
	if (going->waits)
		return; /* on_rested() comes back */
	json_t *arguments =
		slack_arguments(slack->options, api->channel, slack->http.env->templates,
	                        going->message, going->step, going->reference, &fault);
	if (fault.text[0]) {
		free(going->template_fault);
		going->template_fault = mem_str(fault.text);
	}
	char *body = json_dumps(arguments, JSON_COMPACT);
	char *url = mem_fmt("%s/%s", api->url, slack_methods[going->step]);
	const char *const headers[] = {slack_headers[0], slack_headers[1], api->authorization,
	                               NULL};
	const struct httpc_request request = {
		.method = "POST",
		.url = url,
		.headers = headers,
		.body = body,
		.body_len = strlen(body),
		.allow_private = slack->options->allow_private,
	};

	api->resting = true;
	timer_in(api->rest, REST_MS);
	http_sink_send(&api->slack.http, &request, &terms, on_done, api);
	free(url);
	free(body);
	json_decref(arguments);
}

static void
on_rested(void *arg)
{
	struct api *api = arg;

	api->resting = false;
	if (api->going && api->going->waits)
		call(api);
}

static void
go_on(struct api *api, enum slack_step step)
{
	api->going->step = step;
	call(api);
}

static void
going_free(struct going *going)
{
	json_decref(going->reference);
	json_decref(going->answer.object);
	free(going->template_fault);
	free(going);
}

/* In words: the call, and Slack's word or what there is instead of one. */
static char *
text_of(const struct going *going, const struct sink_result *result)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	const char *word = going->answer.word;
	const char *needed = json_filled_at(going->answer.object, "needed");

	if (result->outcome == OUTCOME_SENT)
		return mem_fmt("%s: ok, message %s", slack_methods[going->step],
		               slack_is_message(going->reference)
		                       ? json_text_at(going->reference, "ts")
		                       : "without ts");
	/* A word is letters; whatever else stands there may be anything. */
	if (!*word || word[strspn(word, letters)] != '\0')
		return mem_fmt("%s: %s", slack_methods[going->step],
		               result->text ? result->text : "");
	if (!needed || needed[strspn(needed, "abcdefghijklmnopqrstuvwxyz.:,_")] != '\0')
		needed = NULL;
	return mem_fmt("%s: HTTP %d: %s%s%s", slack_methods[going->step], result->code, word,
	               needed ? ", needs the scope " : "", needed ? needed : "");
}

static void
finish(struct api *api, const struct sink_result *result)
{
	struct going *going = api->going;
	struct sink_result out = *result;
	char *text = text_of(going, result);

	api->going = NULL;
	out.elapsed_ms = going->elapsed_ms;
	out.text = text;
	out.template_fault = going->template_fault;
	out.reference = going->refers ? going->reference : NULL;
	going->done(&out, going->arg);
	free(text);
	going_free(going);
}

static void
refer(struct going *going, bool spoken)
{
	slack_refer(going->reference, going->message, spoken);
	going->refers = true;
}

static void
note_posted(struct going *going)
{
	const json_t *answer = going->answer.object;

	json_decref(going->reference);
	going->reference = NULL;
	if (!slack_is_message(answer))
		return; /* not Slack, then: the next one is posted, too */
	going->reference = json_object();
	json_object_set(going->reference, "channel", json_object_get(answer, "channel"));
	json_object_set(going->reference, "ts", json_object_get(answer, "ts"));
	refer(going, true);
}

static void
advance(struct api *api, const struct sink_result *result)
{
	struct going *going = api->going;
	enum slack_step step = going->step;

	going->elapsed_ms += result->elapsed_ms;
	if (result->outcome != OUTCOME_SENT) {
		if (step != SLACK_POST && slack_word_is_lost(going->answer.word))
			go_on(api, SLACK_POST);
		else
			finish(api, result);
		return;
	}
	if (step == SLACK_POST)
		note_posted(going);
	else
		refer(going, step == SLACK_REPLY);
	if (step == SLACK_UPDATE && going->message->speaks)
		go_on(api, SLACK_REPLY);
	else
		finish(api, result);
}

/* ---- as sink.h wants it ---- */

/* Without the slashes some write at its end. */
static char *
api_url(const struct slack_options *options)
{
	const char *url = options->api_url ? options->api_url : SLACK_API;
	size_t len = strlen(url);

	while (len && url[len - 1] == '/')
		len--;
	return mem_strn(url, len);
}

/* Not the token: another one speaks to the same people. */
char *
slack_api_destination(const struct slack_options *options, const char *team)
{
	char *channel = address_for(options->channel, team);
	if (!channel)
		return NULL;
	char *url = api_url(options);
	char *both = mem_fmt("%s\n%s", url, channel + (*channel == '#'));
	char *out = http_destination("slack", both);

	free(both);
	free(url);
	free(channel);
	return out;
}

int
slack_api_open(struct sink **out, const struct slack_options *options, const char *team,
               const struct sink_env *env, struct err *err)
{
	char *channel = address_for(options->channel, team);
	if (!channel)
		return err_set(err, "its channel needs a team");
	struct api *api = mem_alloc(sizeof(*api));

	http_sink_init(&api->slack.http, &sink_slack, env);
	api->slack.options = options;
	api->channel = channel;
	api->url = api_url(options);
	api->authorization = mem_fmt("Authorization: Bearer %s", options->token.values[0]);
	api->unsaid[0] = options->token.values[0];
	api->rest = timer_new(httpc_loop(env->httpc), on_rested, api);
	*out = (struct sink *)api;
	return 0;
}

void
slack_api_send(struct sink *sink, const struct message *message, sink_done_fn *done, void *arg)
{
	struct api *api = (struct api *)sink;
	struct going *going = mem_alloc(sizeof(*going));

	going->message = message;
	going->reference = message->reference ? json_deep_copy(message->reference) : NULL;
	going->done = done;
	going->arg = arg;
	api->going = going;
	go_on(api, slack_first_step(message));
}

void
slack_api_close(struct sink *sink)
{
	struct api *api = (struct api *)sink;

	http_sink_fini(&api->slack.http);
	timer_free(api->rest);
	if (api->going)
		going_free(api->going);
	free(api->channel);
	free(api->url);
	mem_wipe_free(api->authorization, strlen(api->authorization));
	free(api);
}
