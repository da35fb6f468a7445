#include "sinks/task_callback.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "sinks/kinds.h"
#include "sinks/post.h"

#define MESSAGE_CHARS 1000
#define URL_CHARS 500

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

static char *
body_of(const json_t *document)
{
	const char *status = json_filled_at(document, "status");
	const char *message = json_text_at(document, "message");
	const char *url = json_text_at(document, "url");

	if (!message)
		message = "";
	json_t *attributes = json_pack("{s:s, s:s%}", "status", status ? status : "passed",
	                               "message", message, utf8_prefix(message, MESSAGE_CHARS));
	if (url && url_is_http(url) && strlen(url) <= URL_CHARS)
		json_object_set_new(attributes, "url", json_string(url));
	json_t *root = json_pack("{s:{s:s, s:o}}", "data", "type", "task-results", "attributes",
	                         attributes);
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
