#include "sinks/slack_plain.h"

#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/digest.h"
#include "sinks/slack_text.h"

/* Of 4000. */
#define LINE_MAX_CHARS 200
#define SUMMARY_MAX 1000
#define NAME_MAX_CHARS 100
#define LISTED_MAX 20

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

void
slack_add_title(struct buf *out, const json_t *document, size_t max)
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

/* Of a digest: which incidents, the worst ones first. */
static void
add_incidents(struct buf *out, const json_t *document)
{
	const json_t *incident;
	size_t i;

	json_array_foreach(json_object_get(document, "incidents"), i, incident)
	{
		if (i == LISTED_MAX)
			break;
		buf_puts(out, "\n• ");
		slack_add(out, filled(incident, "title"), NAME_MAX_CHARS);
	}
}

json_t *
slack_plain(const json_t *document)
{
	struct buf text = {0};
	const char *summary = filled(document, "summary"), *url = filled(document, "url");

	slack_add_title(&text, document, LINE_MAX_CHARS);
	if (summary) {
		buf_putc(&text, '\n');
		slack_add(&text, summary, SUMMARY_MAX);
	}
	add_incidents(&text, document);
	size_t before = text.len;
	buf_putc(&text, '\n');
	add_todo(&text, document);
	if (text.len == before + 1)
		text.data[--text.len] = '\0';
	if (url) {
		buf_putc(&text, '\n');
		slack_add_link(&text, url,
		               is_digest(document) ? "All incidents" : "Open the incident", 40);
	}
	json_t *payload = json_pack("{s:s, s:b, s:b}", "text", text.data, "unfurl_links", 0,
	                            "unfurl_media", 0);
	buf_fini(&text);
	return payload;
}
