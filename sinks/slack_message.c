#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/templates.h"
#include "relay/message/view.h"
#include "sinks/slack_fit.h"
#include "sinks/slack_parts.h"
#include "sinks/slack_plain.h"
#include "sinks/slack_text.h"

#define ENDING ".slack.json"
#define TITLE_MAX 200
#define SUMMARY_MAX 600
#define NAME_MAX_CHARS 100
#define COMMENT_MAX 300

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

json_t *
slack_payload(const struct slack_options *options, const struct templates *templates,
              const struct message *message, struct err *fault)
{
	bool rich = !message->plain && templates;
	json_t *payload = rich ? payload_of_template(options, templates, message, fault) : NULL;

	return payload ? payload : slack_plain(message->document);
}

const char *
slack_mention_of(const struct slack_options *options, const json_t *document)
{
	const char *severity = json_text_at(document, "incident.severity");
	const struct slack_mention *mention = &options->mention;

	if (!severity)
		return NULL;
	return strcmp(severity, "critical") == 0  ? mention->critical
	       : strcmp(severity, "warning") == 0 ? mention->warning
	                                          : mention->info;
}

/* Blocks stand in for the text, which alone would mention nobody then. */
void
slack_mention_add(json_t *payload, const char *mention)
{
	const char *text = json_text_at(payload, "text");
	json_t *blocks = json_object_get(payload, "blocks");
	char *cut = slack_cut(text ? text : "", SLACK_TEXT_MAX - 1 - strlen(mention));
	char *both = mem_fmt("%s %s", mention, cut);

	json_object_set_new(payload, "text", json_string(both));
	free(both);
	free(cut);
	if (json_array_size(blocks) == 0)
		return;
	json_array_insert_new(blocks, 0,
	                      json_pack("{s:s, s:{s:s, s:s}}", "type", "section", "text", "type",
	                                "mrkdwn", "text", mention));
	if (json_array_size(blocks) > SLACK_BLOCKS_MAX)
		json_array_remove(blocks, SLACK_BLOCKS_MAX);
}

/* "Acknowledged by NAME until TIME: COMMENT". */
static void
add_acknowledged(struct buf *out, const json_t *document)
{
	const char *by = json_filled_at(document, "incident.acknowledged.by");
	const char *until = json_filled_at(document, "incident.acknowledged.until");
	const char *comment = json_filled_at(document, "incident.acknowledged.comment");

	if (!by)
		return;
	buf_puts(out, "\nAcknowledged by ");
	slack_add(out, by, NAME_MAX_CHARS);
	if (until) {
		buf_puts(out, " until ");
		slack_add(out, until, NAME_MAX_CHARS);
	}
	if (comment) {
		buf_puts(out, ": ");
		slack_add(out, comment, COMMENT_MAX);
	}
}

json_t *
slack_reply(const json_t *document, const char *mention)
{
	const char *summary = json_filled_at(document, "summary");
	struct buf text = {0};
	json_t *out;

	if (mention)
		buf_printf(&text, "%s ", mention);
	slack_add_title(&text, document, TITLE_MAX);
	if (summary) {
		buf_putc(&text, '\n');
		slack_add(&text, summary, SUMMARY_MAX);
	}
	add_acknowledged(&text, document);
	out = json_pack("{s:s, s:b, s:b}", "text", text.data, "unfurl_links", 0, "unfurl_media", 0);
	buf_fini(&text);
	return out;
}
