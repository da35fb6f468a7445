#include "sinks/task_callback.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "sinks/kinds.h"
#include "sinks/post.h"

/* The limits of "Run task callback": a body beyond them is refused. */
#define MESSAGE_CHARS 1000
#define URL_CHARS 500
#define OUTCOMES_MAX 250
#define OUTCOME_ID_CHARS 64
#define LABEL_CHARS 32
#define BODY_CHARS 10000

struct task_callback {
	struct http_sink http;
	const struct task_callback_options *options;
};

static const struct key keys[] = {{.name = NULL}};

static int
task_callback_open(struct sink **out, const void *options, const char *team,
                   const struct sink_env *env, struct err *err)
{
	(void)team;
	(void)err;
	struct task_callback *callback = mem_alloc(sizeof(*callback));

	http_sink_init(&callback->http, &sink_task_callback, env);
	callback->options = options;
	*out = (struct sink *)callback;
	return 0;
}

static void
task_callback_close(struct sink *sink)
{
	struct task_callback *callback = (struct task_callback *)sink;

	http_sink_fini(&callback->http);
	free(callback);
}

/* 409: the result is final already, so somebody has it. */
static enum outcome
judge(const struct httpc_response *response)
{
	if (response->result == HTTPC_REFUSED)
		return OUTCOME_REJECTED;
	if (response->result != HTTPC_ANSWERED)
		return OUTCOME_RETRY;
	if (response->status == 409)
		return OUTCOME_SENT;
	enum outcome outcome = outcome_of_response(response);
	return outcome == OUTCOME_BLOCKED ? OUTCOME_REJECTED : outcome;
}

/* Text that is cut at its limit. */
static json_t *
cut(const char *text, size_t chars)
{
	return json_stringn(text, utf8_prefix(text, chars));
}

/* An object shows its link or is refused whole, so only one that is fine goes. */
static void
set_url(json_t *attributes, const json_t *from)
{
	const char *url = json_text_at(from, "url");

	if (url && url_is_http(url) && strlen(url) <= URL_CHARS)
		json_object_set_new(attributes, "url", json_string(url));
}

/* The tags Status and Severity are shown as such; others by their names. */
static json_t *
tags_of(const json_t *outcome)
{
	static const char *const levels[] = {"none", "info", "warning", "error"};
	const char *status = json_filled_at(outcome, "status"),
		   *said = json_filled_at(outcome, "level");
	const char *level = "none";

	for (size_t i = 0; said && i < COUNT(levels); i++)
		if (strcmp(levels[i], said) == 0)
			level = levels[i];
	if (!status)
		return json_object();
	return json_pack("{s:[{s:o, s:s}]}", "Status", "label", cut(status, LABEL_CHARS), "level",
	                 level);
}

static json_t *
outcome_of(const json_t *outcome)
{
	const char *id = json_filled_at(outcome, "id"), *body = json_text_at(outcome, "body");
	const char *description = json_text_at(outcome, "description");

	if (!id)
		return NULL;
	json_t *attributes = json_pack(
		"{s:o, s:o, s:o}", "outcome-id", cut(id, OUTCOME_ID_CHARS), "description",
		cut(description ? description : "", MESSAGE_CHARS), "tags", tags_of(outcome));
	if (body)
		json_object_set_new(attributes, "body", cut(body, BODY_CHARS));
	set_url(attributes, outcome);
	return json_pack("{s:s, s:o}", "type", "task-result-outcomes", "attributes", attributes);
}

/* NULL when there are none to show. */
static json_t *
outcomes_of(const json_t *document)
{
	const json_t *outcome, *all = json_object_get(document, "outcomes");
	json_t *list = json_array();
	size_t i;

	json_array_foreach(all, i, outcome)
	{
		json_t *made = json_array_size(list) < OUTCOMES_MAX ? outcome_of(outcome) : NULL;
		if (made)
			json_array_append_new(list, made);
	}
	if (json_array_size(list) > 0)
		return json_pack("{s:{s:o}}", "outcomes", "data", list);
	json_decref(list);
	return NULL;
}

static char *
body_of(const json_t *document)
{
	const char *status = json_filled_at(document, "status");
	const char *message = json_text_at(document, "message");
	json_t *outcomes = outcomes_of(document);
	json_t *attributes = json_pack("{s:s, s:o}", "status", status ? status : "passed",
	                               "message", cut(message ? message : "", MESSAGE_CHARS));

	set_url(attributes, document);
	json_t *data = json_pack("{s:s, s:o}", "type", "task-results", "attributes", attributes);
	if (outcomes)
		json_object_set_new(data, "relationships", outcomes);
	json_t *root = json_pack("{s:o}", "data", data);
	char *body = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return body;
}

static void
task_callback_send(struct sink *sink, const struct message *message, sink_done_fn *done, void *arg)
{
	struct task_callback *callback = (struct task_callback *)sink;
	char *body = body_of(message->document);
	char *authorization =
		mem_fmt("Authorization: Bearer %s", message->bearer ? message->bearer : "");
	const char *const headers[] = {
		"Content-Type: application/vnd.api+json",
		"User-Agent: driftbell/" DRIFTBELL_VERSION,
		authorization,
		NULL,
	};
	const struct httpc_request request = {
		.method = "PATCH",
		.url = message->target,
		.headers = headers,
		.body = body,
		.body_len = strlen(body),
		.allow_private = callback->options->allow_private,
		.ca_file = message->ca_file,
	};
	const struct http_terms terms = {.judge = judge, .quiet = true};
	http_sink_send(&callback->http, &request, &terms, done, arg);
	mem_wipe_free(authorization, strlen(authorization));
	free(body);
}

const struct sink_kind sink_task_callback = {
	.conf = {.name = "task_callback",
                 .keys = keys,
                 .size = sizeof(struct task_callback_options)},
	.slots = 4,
	.open = task_callback_open,
	.send = task_callback_send,
	.close = task_callback_close,
};
