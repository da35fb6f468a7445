#include "sinks/slack_blocks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "sinks/slack_text.h"

/* Of 9000 over all blocks. */
#define HEADER_MAX 150
#define SUMMARY_MAX 1000
#define FIELD_MAX 260 /* six of them */
#define NAME_MAX_CHARS 100
#define LIST_MAX 1800
#define LIST_ROWS 20
#define LINE_MAX_CHARS 200

/* What a reader is to do about an open incident of this kind. */
static const struct {
	const char *kind, *todo;
} todos[] = {
	{"image.revocation", "Run a new plan and apply on the affected workspaces"},
	{"image.superseded", "Run a new plan and apply to move to the newer version"},
	{"image.deleted", "Move the affected workspaces to a version that exists"},
	{"workspace.drift", "Review what drifted, then apply, or bring the change into the code"},
	{"workspace.check_failed", "Look at the failed checks"},
	{"workspace.run_failed", "Open the run, mend what failed, and run again"},
	{"workspace.run_waiting", "Open the run and decide"},
	{"relay.unknown_event",
         "Look at it under `/api/v1/events?state=unknown` on the admin side; replay it after an upgrade"},
};

static const char *
filled(const json_t *document, const char *path)
{
	return json_filled_at(document, path);
}

static const char *
or_empty(const char *text)
{
	return text ? text : "";
}

static const char *
prefix_of(const json_t *document)
{
	static const struct {
		const char *reason, *prefix;
	} prefixes[] = {
		{"resolved", "Resolved: "}, {"reminder", "Reminder: "}, {"drill", "Drill: "}};
	const char *reason = filled(document, "reason");

	for (size_t i = 0; reason && i < COUNT(prefixes); i++)
		if (strcmp(reason, prefixes[i].reason) == 0)
			return prefixes[i].prefix;
	return "";
}

static void
add_title(struct buf *out, const json_t *document, size_t max)
{
	const char *title = filled(document, "title");
	const char *prefix = prefix_of(document);

	if (!title)
		title = filled(document, "incident.kind");
	buf_puts(out, prefix);
	size_t before = out->len;
	slack_add(out, title, max - strlen(prefix));
	if (out->len == before)
		buf_puts(out, "Notification");
}

/* "v4 (channel production)", or nothing. */
static void
add_replacement(struct buf *out, const json_t *document)
{
	const char *version = filled(document, "image.replacement.version");
	const char *channel = filled(document, "image.replacement.channel");

	slack_add(out, version, NAME_MAX_CHARS);
	if (version && channel) {
		buf_puts(out, " (channel ");
		slack_add(out, channel, NAME_MAX_CHARS);
		buf_putc(out, ')');
	}
}

static void
add_todo(struct buf *out, const json_t *document)
{
	const char *kind = filled(document, "incident.kind");
	const char *status = filled(document, "incident.status");

	if (!kind || !status || strcmp(status, "open") != 0)
		return;
	for (size_t i = 0; i < COUNT(todos); i++) {
		if (strcmp(todos[i].kind, kind) != 0)
			continue;
		buf_puts(out, todos[i].todo);
		if (strncmp(kind, "image.", 6) == 0 &&
		    filled(document, "image.replacement.version")) {
			buf_puts(out, ": ");
			add_replacement(out, document);
		}
		buf_putc(out, '.');
	}
}

static json_t *
mrkdwn(const char *text)
{
	return json_pack("{s:s, s:s, s:b}", "type", "mrkdwn", "text", text, "verbatim", 1);
}

/* A section of what is in the buffer, which is emptied; nothing when it is empty. */
static void
put_section(json_t *blocks, struct buf *text)
{
	if (text->len)
		json_array_append_new(blocks, json_pack("{s:s, s:o}", "type", "section", "text",
		                                        mrkdwn(text->data)));
	buf_reset(text);
}

static void
put_field(json_t *fields, const char *name, struct buf *value)
{
	if (value->len) {
		char *text = mem_fmt("*%s*\n%s", name, value->data);
		json_array_append_new(fields, mrkdwn(text));
		free(text);
	}
	buf_reset(value);
}

static void
put_text_field(json_t *fields, const char *name, const json_t *document, const char *path)
{
	struct buf value = {0};

	slack_add(&value, filled(document, path), FIELD_MAX - 20);
	put_field(fields, name, &value);
	buf_fini(&value);
}

static void
put_fields(json_t *blocks, const json_t *document)
{
	json_t *fields = json_array();
	struct buf value = {0};
	const char *phase = filled(document, "incident.phase");
	const char *version = filled(document, "image.version");

	slack_add(&value, filled(document, "incident.severity"), 40);
	if (value.len && phase) {
		buf_puts(&value, ", ");
		slack_add(&value, phase, 40);
	}
	put_field(fields, "Severity", &value);
	slack_add(&value, filled(document, "image.bucket"), NAME_MAX_CHARS);
	if (value.len && version) {
		buf_putc(&value, ' ');
		slack_add(&value, version, NAME_MAX_CHARS);
	}
	put_field(fields, "Image", &value);
	if (strcmp(or_empty(filled(document, "incident.kind")), "image.superseded") != 0) {
		put_text_field(fields, "Reason given", document, "image.reason");
		put_text_field(fields, "Revoked by", document, "image.revoked_by");
		put_text_field(fields, "Revoked from", document, "image.revoke_at");
	}
	add_replacement(&value, document);
	put_field(fields, "Replacement", &value);
	buf_fini(&value);
	if (json_array_size(fields))
		json_array_append_new(blocks,
		                      json_pack("{s:s, s:o}", "type", "section", "fields", fields));
	else
		json_decref(fields);
}

static void
add_workspace(struct buf *out, const json_t *row)
{
	const char *name = filled(row, "name");
	const char *channel = filled(row, "channel");
	const char *version = filled(row, "version");
	const char *certainty = filled(row, "certainty");

	buf_puts(out, "\xe2\x80\xa2 ");
	slack_add_link(out, filled(row, "url"), name ? name : filled(row, "id"), NAME_MAX_CHARS);
	if (version) {
		buf_puts(out,
		         certainty && strcmp(certainty, "possible") == 0 ? " may run " : " runs ");
		slack_add(out, version, NAME_MAX_CHARS);
	}
	if (channel) {
		buf_puts(out, " (");
		slack_add(out, channel, NAME_MAX_CHARS);
		buf_putc(out, ')');
	}
	if (json_true_at(row, "drifted"))
		buf_puts(out, ", *drifted*");
}

/* The affected ones, in the order of the document, which is worst first. */
static void
put_workspaces(json_t *blocks, const json_t *document)
{
	const json_t *rows = json_at(document, "workspaces");
	struct buf text = {0}, line = {0};
	int64_t listed = 0, cut = 0;
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		const char *state = filled(row, "state");
		if (!state || strcmp(state, "affected") != 0)
			continue;
		buf_reset(&line);
		add_workspace(&line, row);
		if (cut || listed == LIST_ROWS ||
		    slack_length(buf_text(&text)) + slack_length(line.data) > LIST_MAX) {
			cut++;
			continue;
		}
		buf_printf(&text, "%s%s", listed ? "\n" : "", line.data);
		listed++;
	}
	int64_t affected = json_int_at(document, "workspace_counts.affected", listed + cut);
	int64_t more = affected - listed > cut ? affected - listed : cut;
	if (more > 0) {
		char label[64];
		snprintf(label, sizeof(label), "%s%" PRId64 "%s", listed ? "and " : "", more,
		         listed ? " more" : " affected workspaces");
		buf_puts(&text, listed ? "\n" : "");
		slack_add_link(&text, filled(document, "url"), label, sizeof(label));
	}
	put_section(blocks, &text);
	buf_fini(&line);
	buf_fini(&text);
}

static void
put_drift(json_t *blocks, const json_t *document)
{
	struct buf text = {0};
	int64_t drifted = json_int_at(document, "drift.resources_drifted", -1);
	int64_t failed = json_int_at(document, "drift.checks_failed", 0);

	if (drifted >= 0) {
		char label[96];
		snprintf(label, sizeof(label), "%" PRId64 " resource%s drifted", drifted,
		         drifted == 1 ? "" : "s");
		slack_add_link(&text, filled(document, "drift.url"), label, sizeof(label));
		if (failed > 0)
			buf_printf(&text, ", %" PRId64 " check%s failed", failed,
			           failed == 1 ? "" : "s");
	}
	put_section(blocks, &text);
	buf_fini(&text);
}

static void
put_run(json_t *blocks, const json_t *document)
{
	struct buf text = {0};
	const char *id = filled(document, "run.id");
	const char *by = filled(document, "run.created_by");
	const char *message = filled(document, "run.message");

	if (id) {
		buf_puts(&text, "Run ");
		slack_add_link(&text, filled(document, "run.url"), id, NAME_MAX_CHARS);
		buf_puts(&text, " ");
		slack_add(&text, filled(document, "run.status"), NAME_MAX_CHARS);
		if (by) {
			buf_puts(&text, ", started by ");
			slack_add(&text, by, NAME_MAX_CHARS);
		}
		if (message) {
			buf_puts(&text, ": ");
			slack_add(&text, message, LINE_MAX_CHARS);
		}
	}
	put_section(blocks, &text);
	buf_fini(&text);
}

static void
put_links(json_t *blocks, const json_t *document)
{
	static const struct {
		const char *path, *label;
	} links[] = {{"url", "Open the incident"},
	             {"runbook", "Runbook"},
	             {"image.url", "Image in HCP Packer"}};
	struct buf text = {0};

	for (size_t i = 0; i < COUNT(links); i++) {
		const char *url = filled(document, links[i].path);
		if (!url)
			continue;
		buf_puts(&text, text.len ? " | " : "");
		slack_add_link(&text, url, links[i].label, 40);
	}
	put_section(blocks, &text);
	buf_fini(&text);
}

/* The small print: who hears this why, who has it in hand. */
static void
put_context(json_t *blocks, const json_t *document)
{
	static const struct {
		const char *path, *before;
	} parts[] = {
		{"incident.id", ""},
		{"reason", ""},
		{"team", "team "},
		{"incident.acknowledged.by", "acknowledged by "},
		{"incident.acknowledged.until", "until "},
		{"incident.acknowledged.comment", "saying: "},
	};
	struct buf text = {0};

	for (size_t i = 0; i < COUNT(parts); i++) {
		const char *value = filled(document, parts[i].path);
		if (!value)
			continue;
		buf_printf(&text, "%s%s", text.len ? ", " : "", parts[i].before);
		slack_add(&text, value, NAME_MAX_CHARS);
	}
	if (text.len)
		json_array_append_new(blocks, json_pack("{s:s, s:[o]}", "type", "context",
		                                        "elements", mrkdwn(text.data)));
	buf_fini(&text);
}

/* Title, summary, what to do, link: what a lock screen shows. */
static void
add_text(struct buf *out, const json_t *document)
{
	add_title(out, document, LINE_MAX_CHARS);
	const char *summary = filled(document, "summary");
	if (summary) {
		buf_putc(out, '\n');
		slack_add(out, summary, SUMMARY_MAX);
	}
	size_t before = out->len;
	buf_putc(out, '\n');
	add_todo(out, document);
	if (out->len == before + 1)
		out->data[--out->len] = '\0';
	if (filled(document, "url")) {
		buf_putc(out, '\n');
		slack_add_link(out, filled(document, "url"), "Open the incident", 40);
	}
}

json_t *
slack_plain(const json_t *document)
{
	struct buf text = {0};

	add_text(&text, document);
	json_t *payload = json_pack("{s:s, s:b, s:b}", "text", text.data, "unfurl_links", 0,
	                            "unfurl_media", 0);
	buf_fini(&text);
	return payload;
}

json_t *
slack_rich(const json_t *document)
{
	json_t *blocks = json_array();
	struct buf text = {0};

	add_title(&text, document, HEADER_MAX);
	json_array_append_new(blocks,
	                      json_pack("{s:s, s:{s:s, s:s, s:b}}", "type", "header", "text",
	                                "type", "plain_text", "text", text.data, "emoji", 0));
	buf_reset(&text);
	slack_add(&text, filled(document, "summary"), SUMMARY_MAX);
	put_section(blocks, &text);
	add_todo(&text, document);
	if (text.len) {
		char *todo = mem_fmt("*Do now:* %s", text.data);
		buf_reset(&text);
		buf_puts(&text, todo);
		free(todo);
	}
	put_section(blocks, &text);
	put_fields(blocks, document);
	put_workspaces(blocks, document);
	put_drift(blocks, document);
	put_run(blocks, document);
	put_links(blocks, document);
	put_context(blocks, document);
	add_text(&text, document);
	json_t *payload = json_pack("{s:s, s:o, s:b, s:b}", "text", text.data, "blocks", blocks,
	                            "unfurl_links", 0, "unfurl_media", 0);
	buf_fini(&text);
	return payload;
}
