#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "sinks/kinds.h"
#include "sinks/slack_parts.h"

struct webhook {
	struct slack slack;
	char *url;
};

const char *const slack_headers[2] = {
	"Content-Type: application/json; charset=utf-8",
	"User-Agent: driftbell/" DRIFTBELL_VERSION,
};

void
slack_webhook_open(struct sink **out, const struct slack_options *options,
                   const struct sink_env *env)
{
	struct webhook *webhook = mem_alloc(sizeof(*webhook));

	http_sink_init(&webhook->slack.http, &sink_slack, env);
	webhook->slack.options = options;
	webhook->url = url_trimmed(options->webhook_url.values[0]);
	*out = (struct sink *)webhook;
}

void
slack_webhook_close(struct sink *sink)
{
	struct webhook *webhook = (struct webhook *)sink;

	http_sink_fini(&webhook->slack.http);
	mem_wipe_free(webhook->url, strlen(webhook->url));
	free(webhook);
}

void
slack_webhook_send(struct sink *sink, const struct message *message, sink_done_fn *done, void *arg)
{
	struct webhook *webhook = (struct webhook *)sink;
	const struct slack *slack = &webhook->slack;
	struct http_terms terms = {.judge = slack_judge};
	struct err fault = {0};
	json_t *payload =
		slack_payload(slack->options, slack->http.env->templates, message, &fault);

	terms.template_fault = fault.text[0] ? fault.text : NULL;
	char *body = json_dumps(payload, JSON_COMPACT);
	const char *const headers[] = {slack_headers[0], slack_headers[1], NULL};
	const struct httpc_request request = {
		.method = "POST",
		.url = webhook->url,
		.headers = headers,
		.body = body,
		.body_len = strlen(body),
		.allow_private = slack->options->allow_private,
	};

	http_sink_send(&webhook->slack.http, &request, &terms, done, arg);
	free(body);
	json_decref(payload);
}
