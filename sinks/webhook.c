#include "sinks/webhook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/config/conf.h"
#include "relay/message/templates.h"
#include "relay/message/view.h"
#include "sinks/kinds.h"
#include "sinks/post.h"

#define ENDING ".json"
/* A word of a header this long may be a credential ("Bearer TOKEN"). */
#define TELLING_WORD 8
/* Content-Type, User-Agent, id, timestamp, signature, and the end. */
#define OWN_HEADERS 6

struct webhook {
	struct http_sink http;
	const struct webhook_options *options;
	char *url;
	json_t *values;      /* name to text */
	char **headers;      /* "Name: value", as many as in the options */
	const char **unsaid; /* secrets that an answer may repeat; borrowed from the options */
};

/* Of "Bearer TOKEN" what must not be seen is TOKEN. */
static const char *
telling_part(const char *text)
{
	const char *blank = strrchr(text, ' ');

	return blank && strlen(blank + 1) >= TELLING_WORD ? blank + 1 : text;
}

static void
keep_unsaid(struct webhook *webhook, size_t *count, const struct webhook_value *value)
{
	if (value->secret.count)
		webhook->unsaid[(*count)++] = telling_part(value->secret.values[0]);
}

/* What the template sees as `values`: shown to people it has no secret in it. */
static json_t *
values_of(const struct webhook_options *options, bool shown)
{
	json_t *values = json_object();

	for (size_t i = 0; i < options->values.count; i++) {
		const struct webhook_value *value =
			conf_item(options->values, struct webhook_value, i);
		bool hidden = shown && value->secret.count;
		/* What is not UTF-8 could not stand in JSON and is left out. */
		json_object_set_new(values, value->name,
		                    json_string(hidden ? SINK_SECRET : webhook_text(value)));
	}
	return values;
}

static int
webhook_open(struct sink **out, const void *arg, const char *team, const struct sink_env *env,
             struct err *err)
{
	const struct webhook_options *options = arg;
	char *url = webhook_url(options, team);
	if (!url)
		return err_set(err, "its URL needs a team");
	struct webhook *webhook = mem_alloc(sizeof(*webhook));
	size_t unsaid = 0;

	http_sink_init(&webhook->http, &sink_webhook, env);
	webhook->options = options;
	webhook->url = url;
	webhook->values = values_of(options, false);
	webhook->headers = mem_array(options->headers.count + 1, sizeof(*webhook->headers));
	webhook->unsaid = mem_array(options->values.count + options->headers.count + 1,
	                            sizeof(*webhook->unsaid));
	for (size_t i = 0; i < options->values.count; i++)
		keep_unsaid(webhook, &unsaid, conf_item(options->values, struct webhook_value, i));
	for (size_t i = 0; i < options->headers.count; i++) {
		const struct webhook_value *header =
			conf_item(options->headers, struct webhook_value, i);
		webhook->headers[i] = mem_fmt("%s: %s", header->name, webhook_text(header));
		keep_unsaid(webhook, &unsaid, header);
	}
	*out = (struct sink *)webhook;
	return 0;
}

static void
webhook_close(struct sink *sink)
{
	struct webhook *webhook = (struct webhook *)sink;
	const char *name;
	json_t *value;

	http_sink_fini(&webhook->http);
	mem_wipe_free(webhook->url, strlen(webhook->url));
	json_object_foreach(webhook->values, name, value) explicit_bzero(
		(char *)(uintptr_t)json_string_value(value), json_string_length(value));
	json_decref(webhook->values);
	for (size_t i = 0; i < webhook->options->headers.count; i++)
		mem_wipe_free(webhook->headers[i], strlen(webhook->headers[i]));
	free(webhook->headers);
	free(webhook->unsaid);
	free(webhook);
}

/* What the template makes of the document, or NULL and why it failed; NULL without
 * a fault for a digest that there is no template for: the document serves better
 * than what a template for one incident would make of many. */
static json_t *
body_of_template(const struct webhook_options *options, const struct templates *templates,
                 const json_t *values, const struct message *message, struct err *fault)
{
	char *file = templates_file_for(templates, message->document, options->template, ENDING);
	json_t *view, *body = NULL;

	if (!file)
		return NULL;
	view = view_of(message->document, values);
	if (templates_json(templates, file, view, message->attempt_at_ms, &body, fault) != 0)
		body = NULL;
	json_decref(view);
	free(file);
	return body;
}

/* The document itself where there is no template or it failed; fault then says why. */
static json_t *
body_of(const struct webhook_options *options, const struct templates *templates,
        const json_t *values, const struct message *message, const char **content_type,
        struct err *fault)
{
	json_t *body = NULL;

	*content_type = webhook_content_type(options);
	if (options->template && templates)
		body = body_of_template(options, templates, values, message, fault);
	if (body)
		return body;
	if (options->template) /* the content type was the template's */
		*content_type = "application/json";
	return json_incref((json_t *)message->document);
}

/* The header that tells revisions apart. */
static char *
message_id(const struct message *message)
{
	/* 64 characters of id are plenty: ours have 30. */
	return mem_fmt("%.64s_%" PRId64, message->id, message->revision);
}

static char *
webhook_show(const void *arg, const char *team, const struct templates *templates,
             const struct message *message, json_t **reference, struct err *fault)
{
	(void)team;
	(void)reference; /* each stands for itself */
	const struct webhook_options *options = arg;
	const char *content_type;
	json_t *values = values_of(options, true);
	json_t *body = body_of(options, templates, values, message, &content_type, fault);
	char *id = message_id(message), *text = json_dumps(body, JSON_INDENT(2) | JSON_ENCODE_ANY);
	struct buf out = {0};

	buf_printf(&out, "Content-Type: %s\nwebhook-id: %s\nwebhook-timestamp: %" PRId64 "\n",
	           content_type, id, message->attempt_at_ms / SECOND_MS);
	if (options->secret.count)
		buf_puts(&out, "webhook-signature: v1," SINK_SECRET "\n");
	for (size_t i = 0; i < options->headers.count; i++) {
		const struct webhook_value *header =
			conf_item(options->headers, struct webhook_value, i);
		buf_printf(&out, "%s: %s\n", header->name,
		           header->secret.count ? SINK_SECRET : webhook_text(header));
	}
	buf_printf(&out, "\n%s\n", text);
	free(text);
	free(id);
	json_decref(body);
	json_decref(values);
	return buf_take(&out);
}

static void
post(struct webhook *webhook, const struct message *message, const char *content_type,
     const char *body, const struct http_terms *terms, sink_done_fn *done, void *arg)
{
	const struct webhook_options *options = webhook->options;
	const char **headers = mem_array(OWN_HEADERS + options->headers.count, sizeof(*headers));
	char *id = message_id(message), time_header[64];
	int64_t now_s = message->attempt_at_ms / SECOND_MS;
	size_t count = 0;

	snprintf(time_header, sizeof(time_header), "webhook-timestamp: %" PRId64, now_s);
	char *type_header = mem_fmt("Content-Type: %s", content_type);
	char *id_header = mem_fmt("webhook-id: %s", id);
	char *signature = webhook_signature(&options->secret, id, now_s, body, strlen(body));
	char *signature_header = mem_fmt("webhook-signature: %s", signature);
	headers[count++] = type_header;
	headers[count++] = "User-Agent: driftbell/" DRIFTBELL_VERSION;
	headers[count++] = id_header;
	headers[count++] = time_header;
	if (options->secret.count)
		headers[count++] = signature_header;
	for (size_t i = 0; i < options->headers.count; i++)
		headers[count++] = webhook->headers[i];
	const struct httpc_request request = {
		.method = "POST",
		.url = webhook->url,
		.headers = headers,
		.body = body,
		.body_len = strlen(body),
		.allow_private = options->allow_private,
	};
	http_sink_send(&webhook->http, &request, terms, done, arg);
	free(signature_header);
	free(signature);
	free(id_header);
	free(type_header);
	free(id);
	free(headers);
}

static void
webhook_send(struct sink *sink, const struct message *message, sink_done_fn *done, void *arg)
{
	struct webhook *webhook = (struct webhook *)sink;
	struct http_terms terms = {.judge = outcome_of_response, .unsaid = webhook->unsaid};
	const char *content_type;
	struct err fault = {0};
	json_t *made = body_of(webhook->options, webhook->http.env->templates, webhook->values,
	                       message, &content_type, &fault);
	char *body = json_dumps(made, JSON_COMPACT | JSON_ENCODE_ANY);

	terms.template_fault = fault.text[0] ? fault.text : NULL;
	post(webhook, message, content_type, body, &terms, done, arg);
	mem_wipe_free(body, strlen(body));
	json_decref(made);
}

static const char *const template_endings[] = {ENDING, NULL};

const struct sink_kind sink_webhook = {
	.conf = {.name = "webhook",
                 .keys = webhook_keys,
                 .size = sizeof(struct webhook_options),
                 .check = webhook_check,
                 .needs_team = webhook_needs_team},
	.every_revision = true,
	.template_endings = template_endings,
	.slots = 4,
	.per_team = webhook_per_team,
	.destination = webhook_destination,
	.open = webhook_open,
	.send = webhook_send,
	.show = webhook_show,
	.close = webhook_close,
};
