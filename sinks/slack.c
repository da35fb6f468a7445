#include <stddef.h>
#include <stdlib.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "sinks/address.h"
#include "sinks/kinds.h"
#include "sinks/slack_parts.h"

#define AT(member) offsetof(struct slack_options, member)
#define MENTION_AT(member) offsetof(struct slack_mention, member)

static const struct key mention_keys[] = {
	{.name = "info",
         .type = KEY_TEXT,
         .offset = MENTION_AT(info),
         .help = "Whom to mention in a message of severity info, as Slack writes it: <!here>, "
                 "<@U012ABC> or <!subteam^S012ABC>."},
	{.name = "warning",
         .type = KEY_TEXT,
         .offset = MENTION_AT(warning),
         .help = "The same for a warning."},
	{.name = "critical",
         .type = KEY_TEXT,
         .offset = MENTION_AT(critical),
         .help = "The same for a critical one."},
	{.name = NULL},
};

static const struct key keys[] = {
	{.name = "webhook_url",
         .type = KEY_SECRET,
         .offset = AT(webhook_url),
         .help = "The URL of an incoming webhook; instead of token and channel."},
	{.name = "token",
         .type = KEY_SECRET,
         .offset = AT(token),
         .help = "The token of a bot: its messages are edited in place."},
	{.name = "channel",
         .type = KEY_TEXT,
         .offset = AT(channel),
         .help = "With a token: \"#name\" or the id of the channel; {{team}} is the team's name."},
	{.name = "api_url",
         .type = KEY_URL,
         .offset = AT(api_url),
         .help = "With a token: where the Web API is; https://slack.com/api when left out."},
	{.name = "mention",
         .type = KEY_MAP,
         .offset = AT(mention),
         .keys = mention_keys,
         .size = sizeof(struct slack_mention),
         .help = "With a token: whom to mention when an incident opens or becomes worse, and in "
                 "reminders."},
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

static bool
edits(const void *options)
{
	return slack_has_token(options);
}

static bool
per_team(const void *arg)
{
	const struct slack_options *options = arg;

	return options->channel && address_varies(options->channel);
}

static char *
destination(const void *arg, const char *team)
{
	const struct slack_options *options = arg;

	return slack_has_token(options) ? slack_api_destination(options, team)
	                                : http_destination("slack", options->webhook_url.values[0]);
}

static int
slack_open(struct sink **out, const void *arg, const char *team, const struct sink_env *env,
           struct err *err)
{
	if (slack_has_token(arg))
		return slack_api_open(out, arg, team, env, err);
	slack_webhook_open(out, arg, env);
	return 0;
}

static bool
is_api(const struct sink *sink)
{
	return slack_has_token(((const struct slack *)sink)->options);
}

static void
slack_send(struct sink *sink, const struct message *message, sink_done_fn *done, void *arg)
{
	(is_api(sink) ? slack_api_send : slack_webhook_send)(sink, message, done, arg);
}

static void
slack_close(struct sink *sink)
{
	(is_api(sink) ? slack_api_close : slack_webhook_close)(sink);
}

static char *
slack_show(const void *options, const char *team, const struct templates *templates,
           const struct message *message, json_t **reference, struct err *fault)
{
	if (slack_has_token(options))
		return slack_api_show(options, team, templates, message, reference, fault);
	json_t *payload = slack_payload(options, templates, message, fault);
	char *text = json_dumps(payload, JSON_INDENT(2));

	json_decref(payload);
	return text;
}

static const char *const template_endings[] = {".slack.json", NULL};

const struct sink_kind sink_slack = {
	.conf = {.name = "slack",
                 .keys = keys,
                 .size = sizeof(struct slack_options),
                 .check = slack_check,
                 .check_team = slack_check_team,
                 .needs_team = slack_needs_team},
	.has_plain = true,
	.edits = edits,
	.template_endings = template_endings,
	.slots = 1,
	.pace_ms = 1000,
	.per_team = per_team,
	.destination = destination,
	.open = slack_open,
	.send = slack_send,
	.show = slack_show,
	.close = slack_close,
};
