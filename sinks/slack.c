#include "sinks/slack.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/message/templates.h"
#include "relay/message/view.h"
#include "sinks/kinds.h"
#include "sinks/post.h"
#include "sinks/slack_fit.h"
#include "sinks/slack_plain.h"

struct slack {
	struct http_sink http;
	const struct slack_options *options;
	char *url;
};

#define AT(member) offsetof(struct slack_options, member)
#define ENDING ".slack.json"

static const struct key keys[] = {
	{.name = "webhook_url",
         .type = KEY_SECRET,
         .offset = AT(webhook_url),
         .flags = KEY_REQUIRED,
         .help = "The URL of an incoming webhook."},
	{.name = "template",
         .type = KEY_TEXT,
         .offset = AT(template),
         .fallback = "notification",
         .help = "NAME of the template NAME.slack.json."},
	{.name = "allow_private",
         .type = KEY_BOOL,
         .offset = AT(allow_private),
         .fallback = "false",
         .help = "May call loopback and private addresses, and plain http."},
	{.name = NULL},
};

static char *
check(const void *arg)
{
	const struct slack_options *options = arg;

	if (options->webhook_url.count == 0)
		return NULL; /* said as a missing key */
	char *url = url_trimmed(options->webhook_url.values[0]);
	bool fine = url_is_http(url);
	mem_wipe_free(url, strlen(url));
	return fine ? NULL
	            : mem_fmt("%s does not hold an http(s) URL", options->webhook_url.origin);
}

static char *
destination(const void *arg, const char *team)
{
	(void)team;
	const struct slack_options *options = arg;

	return http_destination("slack", options->webhook_url.values[0]);
}

static int
slack_open(struct sink **out, const void *arg, const char *team, const struct sink_env *env,
           struct err *err)
{
	(void)team;
	(void)err;
	const struct slack_options *options = arg;
	struct slack *slack = mem_alloc(sizeof(*slack));

	http_sink_init(&slack->http, &sink_slack, env);
	slack->options = options;
	slack->url = url_trimmed(options->webhook_url.values[0]);
	*out = (struct sink *)slack;
	return 0;
}

static void
slack_close(struct sink *sink)
{
	struct slack *slack = (struct slack *)sink;

	http_sink_fini(&slack->http);
	mem_wipe_free(slack->url, strlen(slack->url));
	free(slack);
}

/*
 * Errors by the word in the body, which says more than the status: "Errors
 * for incoming webhooks" and the Web API's error lists, docs.slack.dev.
 */
static const struct {
	const char *word;
	enum outcome outcome;
} errors[] = {
	{"invalid_payload", OUTCOME_REJECTED},
	{"no_text", OUTCOME_REJECTED},
	{"missing_text_or_fallback_or_attachments", OUTCOME_REJECTED},
	{"invalid_blocks", OUTCOME_REJECTED},
	{"invalid_blocks_format", OUTCOME_REJECTED},
	{"invalid_attachments", OUTCOME_REJECTED},
	{"too_many_attachments", OUTCOME_REJECTED},
	{"msg_too_long", OUTCOME_REJECTED},
	{"msg_blocks_too_long", OUTCOME_REJECTED},
	{"user_not_found", OUTCOME_BLOCKED},
	{"action_prohibited", OUTCOME_BLOCKED},
	{"invalid_token", OUTCOME_BLOCKED},
	{"invalid_auth", OUTCOME_BLOCKED},
	{"not_authed", OUTCOME_BLOCKED},
	{"account_inactive", OUTCOME_BLOCKED},
	{"token_revoked", OUTCOME_BLOCKED},
	{"posting_to_general_channel_denied", OUTCOME_BLOCKED},
	{"team_disabled", OUTCOME_BLOCKED},
	{"channel_not_found", OUTCOME_BLOCKED},
	{"channel_is_archived", OUTCOME_BLOCKED},
	{"is_archived", OUTCOME_BLOCKED},
	{"no_service", OUTCOME_BLOCKED},
	{"no_service_id", OUTCOME_BLOCKED},
	{"no_team", OUTCOME_BLOCKED},
	{"no_active_hooks", OUTCOME_BLOCKED},
	{"rate_limited", OUTCOME_RETRY},
	{"ratelimited", OUTCOME_RETRY},
	{"rollup_error", OUTCOME_RETRY},
	{"internal_error", OUTCOME_RETRY},
	{"fatal_error", OUTCOME_RETRY},
	{"service_unavailable", OUTCOME_RETRY},
};

static const enum outcome *
outcome_of_word(const char *word, size_t len)
{
	for (size_t i = 0; i < COUNT(errors); i++)
		if (strlen(errors[i].word) == len && memcmp(errors[i].word, word, len) == 0)
			return &errors[i].outcome;
	return NULL;
}

/* {"ok": false, "error": WORD} as the Web API says it, {"success": false} as
 * Rocket.Chat does; both come with status 200. */
static enum outcome
outcome_of_object(const json_t *object, enum outcome otherwise)
{
	const char *word = json_text_at(object, "error");
	const enum outcome *known = word ? outcome_of_word(word, strlen(word)) : NULL;

	if (known)
		return *known;
	if (json_is_false(json_at(object, "ok")) || json_is_false(json_at(object, "success")))
		return otherwise == OUTCOME_SENT ? OUTCOME_REJECTED : otherwise;
	return otherwise;
}

static enum outcome
judge(const struct httpc_response *response)
{
	enum outcome otherwise = outcome_of_response(response);

	if (response->result != HTTPC_ANSWERED || !response->body_len || response->status == 429)
		return otherwise;
	static const char blanks[] = " \t\r\n";
	const char *word = response->body + strspn(response->body, blanks);
	const enum outcome *known = outcome_of_word(word, strcspn(word, blanks));
	if (known)
		return *known;
	if (*word != '{')
		return otherwise;
	json_t *object;
	struct err err;
	if (json_read(response->body, response->body_len, &object, &err) != JSON_TREE)
		return otherwise;
	enum outcome outcome = outcome_of_object(object, otherwise);
	json_decref(object);
	return outcome;
}

/* What Slack wants of every message and a template need not say. */
static void
add_missing(json_t *payload, const json_t *document)
{
	static const char *const off[] = {"unfurl_links", "unfurl_media"};

	if (!json_filled_at(payload, "text")) {
		json_t *plain = slack_plain(document);
		json_object_set(payload, "text", json_object_get(plain, "text"));
		json_decref(plain);
	}
	for (size_t i = 0; i < COUNT(off); i++)
		if (!json_object_get(payload, off[i]))
			json_object_set_new(payload, off[i], json_false());
}

/* A new reference, or NULL and why the template failed. */
static json_t *
payload_of_template(const struct slack_options *options, const struct templates *templates,
                    const struct message *message, struct err *fault)
{
	char *file = templates_file_for(templates, message->document, options->template, ENDING);
	json_t *view = view_of(message->document, NULL), *rendered = NULL, *out = NULL;

	if (!file)
		err_set(fault, "there is no template for digests");
	else if (templates_json(templates, file, view, message->attempt_at_ms, &rendered, fault) ==
	         0) {
		out = slack_fit(rendered);
		if (out)
			add_missing(out, message->document);
		else
			err_set(fault, "%s makes no object", file);
	}
	json_decref(rendered);
	json_decref(view);
	free(file);
	return out;
}

/* The built-in one where the template failed; fault then says why. */
static json_t *
payload_of(const struct slack_options *options, const struct templates *templates,
           const struct message *message, struct err *fault)
{
	bool rich = !message->plain && templates;
	json_t *payload = rich ? payload_of_template(options, templates, message, fault) : NULL;

	return payload ? payload : slack_plain(message->document);
}

static char *
slack_show(const void *options, const char *team, const struct templates *templates,
           const struct message *message, struct err *fault)
{
	(void)team;
	json_t *payload = payload_of(options, templates, message, fault);
	char *text = json_dumps(payload, JSON_INDENT(2));

	json_decref(payload);
	return text;
}

static void
slack_send(struct sink *sink, const struct message *message, sink_done_fn *done, void *arg)
{
	static const char *const headers[] = {
		"Content-Type: application/json; charset=utf-8",
		"User-Agent: driftbell/" DRIFTBELL_VERSION,
		NULL,
	};
	struct slack *slack = (struct slack *)sink;
	struct http_terms terms = {.judge = judge};
	struct err fault = {0};
	json_t *payload = payload_of(slack->options, slack->http.env->templates, message, &fault);

	terms.template_fault = fault.text[0] ? fault.text : NULL;
	char *body = json_dumps(payload, JSON_COMPACT);
	const struct httpc_request request = {
		.method = "POST",
		.url = slack->url,
		.headers = headers,
		.body = body,
		.body_len = strlen(body),
		.allow_private = slack->options->allow_private,
	};

	http_sink_send(&slack->http, &request, &terms, done, arg);
	free(body);
	json_decref(payload);
}

static const char *
template_name(const void *options)
{
	return ((const struct slack_options *)options)->template;
}

static const char *const template_endings[] = {ENDING, NULL};

const struct sink_kind sink_slack = {
	.conf = {.name = "slack",
                 .keys = keys,
                 .size = sizeof(struct slack_options),
                 .check = check},
	.has_plain = true,
	.template_endings = template_endings,
	.template_name = template_name,
	.slots = 1,
	.pace_ms = 1000,
	.destination = destination,
	.open = slack_open,
	.send = slack_send,
	.show = slack_show,
	.close = slack_close,
};
