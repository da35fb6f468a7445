/*
 * With a bot's token.  What is known of a message is the lane's reference:
 *
 *	{"channel": ID, "ts": ..., "revision": what it shows, "severity": last said}
 *
 *	no reference        post
 *	it shows less       update, and when this speaks: reply, a second later
 *	it shows this       reply: all that is missing after a failed one
 *	it is out of reach  post anew
 *
 * Each call keeps a second's distance from the one before, and what came of the
 * update is told with the failure of a reply.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/model/kind.h"
#include "relay/runtime/loop.h"
#include "sinks/address.h"
#include "sinks/kinds.h"
#include "sinks/slack_parts.h"

#define REST_MS SECOND_MS /* between two calls: chat.postMessage, one a second for each channel */

enum step { STEP_POST, STEP_UPDATE, STEP_REPLY };
static const char *const methods[] = {
	[STEP_POST] = "chat.postMessage",
	[STEP_UPDATE] = "chat.update",
	[STEP_REPLY] = "chat.postMessage",
};

/* One delivery from send to done. */
struct going {
	const struct message *message;
	enum step step;
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

/* ---- what is called ---- */

static int
severity_rank(const char *name)
{
	for (int i = 0; name && severity_names[i]; i++)
		if (strcmp(severity_names[i], name) == 0)
			return i;
	return -1;
}

/* Who is to notice: an opened one, one that became worse, and a reminder. */
static const char *
mention_of(const struct slack_options *options, const struct message *message,
           const json_t *reference)
{
	const char *reason = json_text_at(message->document, "reason");
	const char *severity = json_text_at(message->document, "incident.severity");
	bool reminder = reason && strcmp(reason, "reminder") == 0;
	bool over = reason && strcmp(reason, "resolved") == 0;
	bool worse = severity_rank(severity) > severity_rank(json_text_at(reference, "severity"));

	if (over || !message->speaks || !(reminder || worse))
		return NULL;
	return slack_mention_of(options, message->document);
}

/* Data of our own beside the message: whoever reads the channel by program
 * finds the incident. */
static json_t *
metadata_of(const struct message *message)
{
	const char *incident = json_text_at(message->document, "incident.id");

	return json_pack("{s:s, s:{s:s, s:s, s:I}}", "event_type", "driftbell_notification",
	                 "event_payload", "incident", incident ? incident : "", "notification",
	                 message->id, "revision", (json_int_t)message->revision);
}

/* What is left out of an update stays as it was, and its names would be live. */
static void
make_update(json_t *payload, const json_t *reference)
{
	static const char *const lists[] = {"blocks", "attachments"};

	json_object_del(payload, "unfurl_links");
	json_object_del(payload, "unfurl_media");
	json_object_set_new(payload, "parse", json_string("none"));
	for (size_t i = 0; i < COUNT(lists); i++)
		if (!json_object_get(payload, lists[i]))
			json_object_set_new(payload, lists[i], json_array());
	json_object_set(payload, "channel", json_object_get(reference, "channel"));
	json_object_set(payload, "ts", json_object_get(reference, "ts"));
}

/* The arguments of one call: a new reference. */
static json_t *
arguments_of(const struct slack_options *options, const char *channel,
             const struct templates *templates, const struct message *message, enum step step,
             const json_t *reference, struct err *fault)
{
	const char *mention = mention_of(options, message, reference);
	json_t *payload;

	if (step == STEP_REPLY) {
		payload = slack_reply(message->document, mention);
		json_object_set(payload, "channel", json_object_get(reference, "channel"));
		json_object_set(payload, "thread_ts", json_object_get(reference, "ts"));
		return payload;
	}
	payload = slack_payload(options, templates, message, fault);
	json_object_set_new(payload, "metadata", metadata_of(message));
	if (step == STEP_UPDATE) {
		make_update(payload, reference);
		return payload;
	}
	json_object_set_new(payload, "channel", json_string(channel));
	if (mention)
		slack_mention_add(payload, mention);
	return payload;
}

static bool
is_message(const json_t *reference)
{
	return json_filled_at(reference, "channel") && json_filled_at(reference, "ts");
}

static enum step
first_step(const struct message *message)
{
	if (!is_message(message->reference))
		return STEP_POST;
	bool shown = json_int_at(message->reference, "revision", -1) == message->revision;
	return shown && message->speaks ? STEP_REPLY : STEP_UPDATE;
}

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
		.judge = slack_judge, .unsaid = api->unsaid, .look = on_look};
	struct err fault = {0};

	going->waits = api->resting;
	if (going->waits)
		return; /* on_rested() comes back */
	json_t *arguments = arguments_of(slack->options, api->channel, slack->http.env->templates,
	                                 going->message, going->step, going->reference, &fault);
	if (fault.text[0]) {
		free(going->template_fault);
		going->template_fault = mem_str(fault.text);
	}
	char *body = json_dumps(arguments, JSON_COMPACT);
	char *url = mem_fmt("%s/%s", api->url, methods[going->step]);
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
go_on(struct api *api, enum step step)
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
		return mem_fmt("%s: ok, message %s", methods[going->step],
		               is_message(going->reference) ? json_text_at(going->reference, "ts")
		                                            : "without ts");
	/* A word is letters; whatever else stands there may be anything. */
	if (!*word || word[strspn(word, letters)] != '\0')
		return mem_fmt("%s: %s", methods[going->step], result->text ? result->text : "");
	if (!needed || needed[strspn(needed, "abcdefghijklmnopqrstuvwxyz.:,_")] != '\0')
		needed = NULL;
	return mem_fmt("%s: HTTP %d: %s%s%s", methods[going->step], result->code, word,
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

/* The message shows this revision now; spoken: people were told of it, too. */
static void
refer(struct going *going, bool spoken)
{
	const json_t *severity = json_at(going->message->document, "incident.severity");

	json_object_set_new(going->reference, "revision", json_integer(going->message->revision));
	if (spoken && json_is_string(severity))
		json_object_set(going->reference, "severity", (json_t *)severity);
	going->refers = true;
}

static void
note_posted(struct going *going)
{
	const json_t *answer = going->answer.object;

	json_decref(going->reference);
	going->reference = NULL;
	if (!is_message(answer))
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
	enum step step = going->step;

	going->elapsed_ms += result->elapsed_ms;
	if (result->outcome != OUTCOME_SENT) {
		if (step != STEP_POST && slack_word_is_lost(going->answer.word))
			go_on(api, STEP_POST);
		else
			finish(api, result);
		return;
	}
	if (step == STEP_POST)
		note_posted(going);
	else
		refer(going, step == STEP_REPLY);
	if (step == STEP_UPDATE && going->message->speaks)
		go_on(api, STEP_REPLY);
	else
		finish(api, result);
}

/* ---- as sink.h wants it ---- */

/* Without the slashes some write at its end. */
static char *
api_url(const struct slack_options *options)
{
	size_t len = strlen(options->api_url);

	while (len && options->api_url[len - 1] == '/')
		len--;
	return mem_strn(options->api_url, len);
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
	go_on(api, first_step(message));
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

static void
show_step(struct buf *out, const struct slack_options *options, const char *channel,
          const struct templates *templates, const struct message *message, enum step step,
          struct err *fault)
{
	json_t *arguments =
		arguments_of(options, channel, templates, message, step, message->reference, fault);
	char *text = json_dumps(arguments, JSON_INDENT(2));

	buf_printf(out, "%s%s\n%s\n", out->len ? "\n" : "", methods[step], text);
	free(text);
	json_decref(arguments);
}

char *
slack_api_show(const struct slack_options *options, const char *team,
               const struct templates *templates, const struct message *message, struct err *fault)
{
	char *channel = address_for(options->channel, team);
	enum step step = first_step(message);
	struct buf out = {0};

	show_step(&out, options, channel ? channel : options->channel, templates, message, step,
	          fault);
	if (step == STEP_UPDATE && message->speaks)
		show_step(&out, options, channel, templates, message, STEP_REPLY, fault);
	free(channel);
	return buf_take(&out);
}
