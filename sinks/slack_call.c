/*
 * What a bot calls for a message, and what it knows of one afterwards: the
 * lane's reference,
 *
 *	{"channel": ID, "ts": ..., "revision": what it shows, "severity": last said}
 *
 *	no reference        post
 *	it shows less       update, and when this speaks: reply, a second later
 *	it shows this       reply: all that is missing after a failed one
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/model/kind.h"
#include "sinks/address.h"
#include "sinks/slack_parts.h"

const char *const slack_methods[] = {
	[SLACK_POST] = "chat.postMessage",
	[SLACK_UPDATE] = "chat.update",
	[SLACK_REPLY] = "chat.postMessage",
};

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

json_t *
slack_arguments(const struct slack_options *options, const char *channel,
                const struct templates *templates, const struct message *message,
                enum slack_step step, const json_t *reference, struct err *fault)
{
	const char *mention = mention_of(options, message, reference);
	json_t *payload;

	if (step == SLACK_REPLY) {
		payload = slack_reply(message->document, mention);
		json_object_set(payload, "channel", json_object_get(reference, "channel"));
		json_object_set(payload, "thread_ts", json_object_get(reference, "ts"));
		return payload;
	}
	payload = slack_payload(options, templates, message, fault);
	json_object_set_new(payload, "metadata", metadata_of(message));
	if (step == SLACK_UPDATE) {
		make_update(payload, reference);
		return payload;
	}
	json_object_set_new(payload, "channel", json_string(channel));
	if (mention)
		slack_mention_add(payload, mention);
	return payload;
}

bool
slack_is_message(const json_t *reference)
{
	return json_filled_at(reference, "channel") && json_filled_at(reference, "ts");
}

enum slack_step
slack_first_step(const struct message *message)
{
	if (!slack_is_message(message->reference))
		return SLACK_POST;
	bool shown = json_int_at(message->reference, "revision", -1) == message->revision;
	return shown && message->speaks ? SLACK_REPLY : SLACK_UPDATE;
}

void
slack_refer(json_t *reference, const struct message *message, bool spoken)
{
	const json_t *severity = json_at(message->document, "incident.severity");

	json_object_set_new(reference, "revision", json_integer(message->revision));
	if (spoken && json_is_string(severity))
		json_object_set(reference, "severity", (json_t *)severity);
}

/* ---- for people to read ---- */

/* As after these calls, had they been made: the channel goes by its name, and
 * the time is that of now. */
static json_t *
reference_after(const struct message *message, const char *channel, enum slack_step step)
{
	json_t *reference;
	char *ts;

	if (step != SLACK_POST) {
		reference = json_deep_copy(message->reference);
	} else {
		ts = mem_fmt("%" PRId64 ".%06d", message->attempt_at_ms / 1000,
		             (int)(message->attempt_at_ms % 1000));
		reference = json_pack("{s:s, s:s}", "channel", channel ? channel : "", "ts", ts);
		free(ts);
	}
	slack_refer(reference, message, step != SLACK_UPDATE || message->speaks);
	return reference;
}

static void
show_step(struct buf *out, const struct slack_options *options, const char *channel,
          const struct templates *templates, const struct message *message, enum slack_step step,
          struct err *fault)
{
	json_t *arguments = slack_arguments(options, channel, templates, message, step,
	                                    message->reference, fault);
	char *text = json_dumps(arguments, JSON_INDENT(2));

	buf_printf(out, "%s%s\n%s\n", out->len ? "\n" : "", slack_methods[step], text);
	free(text);
	json_decref(arguments);
}

char *
slack_api_show(const struct slack_options *options, const char *team,
               const struct templates *templates, const struct message *message, json_t **reference,
               struct err *fault)
{
	char *channel = address_for(options->channel, team);
	enum slack_step step = slack_first_step(message);
	struct buf out = {0};

	show_step(&out, options, channel ? channel : options->channel, templates, message, step,
	          fault);
	if (step == SLACK_UPDATE && message->speaks)
		show_step(&out, options, channel, templates, message, SLACK_REPLY, fault);
	if (reference)
		*reference = reference_after(message, channel, step);
	free(channel);
	return buf_take(&out);
}
