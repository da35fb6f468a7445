#include "sinks/webhook.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "relay/base/text.h"
#include "sinks/kinds.h"
#include "sinks/post.h"

struct webhook {
	struct http_sink http;
	const struct webhook_options *options;
	char *url;
};

#define AT(member) offsetof(struct webhook_options, member)

static const struct key keys[] = {
	{.name = "url", .type = KEY_URL, .offset = AT(url), .help = "Where to post to."},
	{.name = "url",
         .type = KEY_SECRET,
         .offset = AT(secret_url),
         .help = "The same for a URL that is a secret itself."},
	{.name = "secret",
         .type = KEY_SECRET,
         .offset = AT(secret),
         .flags = KEY_REQUIRED | KEY_PLURAL,
         .help = "Signing secrets of Standard Webhooks: \"whsec_\" and base64, one a line; each "
                 "signs."},
	{.name = "allow_private",
         .type = KEY_BOOL,
         .offset = AT(allow_private),
         .fallback = "false",
         .help = "May call loopback and private addresses, and plain http."},
	{.name = NULL},
};

static const char *
url_of(const struct webhook_options *options)
{
	return options->url ? options->url : options->secret_url.values[0];
}

/*
 * The libraries of the standard decode base64 loosely: bits of the last digit
 * that no byte uses need not be zero.  Ours wants them zero, so make them so.
 */
static char *
without_loose_bits(const char *secret)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const int unused[] = {0, 0, 4, 2};
	char *copy = mem_str(secret);
	size_t len = strcspn(copy, "=");
	const char *last = len ? strchr(digits, copy[len - 1]) : NULL;

	if (last)
		copy[len - 1] = digits[(last - digits) >> unused[len % 4] << unused[len % 4]];
	return copy;
}

unsigned char *
webhook_key(const char *secret, size_t *len)
{
	static const char prefix[] = "whsec_";

	if (strncmp(secret, prefix, sizeof(prefix) - 1) == 0)
		secret += sizeof(prefix) - 1;
	char *text = without_loose_bits(secret);
	unsigned char *key = base64_decode(text, len);
	mem_wipe_free(text, strlen(text));
	if (key && *len >= WEBHOOK_KEY_MIN && *len <= WEBHOOK_KEY_MAX)
		return key;
	if (key)
		mem_wipe_free(key, *len);
	return NULL;
}

static char *
check(const void *arg)
{
	const struct webhook_options *options = arg;

	if (!options->url == !options->secret_url.count)
		return mem_str("give exactly one of url, url_file and url_env");
	char *url = url_trimmed(url_of(options));
	bool fine = url_is_http(url);
	mem_wipe_free(url, strlen(url));
	if (!fine)
		return mem_fmt("%s does not hold an http(s) URL", options->secret_url.origin);
	for (size_t i = 0; i < options->secret.count; i++) {
		size_t len;
		unsigned char *key = webhook_key(options->secret.values[i], &len);
		if (!key)
			return mem_fmt(
				"secret %zu of %s is not \"whsec_\" and base64 of 24 to 64 bytes",
				i + 1, options->secret.origin);
		mem_wipe_free(key, len);
	}
	return NULL;
}

static char *
destination(const void *options)
{
	return http_destination("webhook", url_of(options));
}

static int
webhook_open(struct sink **out, const void *options, const struct sink_env *env, struct err *err)
{
	(void)err;
	struct webhook *webhook = mem_alloc(sizeof(*webhook));

	http_sink_init(&webhook->http, &sink_webhook, env);
	webhook->options = options;
	webhook->url = url_trimmed(url_of(options));
	*out = (struct sink *)webhook;
	return 0;
}

static void
webhook_close(struct sink *sink)
{
	struct webhook *webhook = (struct webhook *)sink;

	http_sink_fini(&webhook->http);
	mem_wipe_free(webhook->url, strlen(webhook->url));
	free(webhook);
}

char *
webhook_signature(const struct secret *secret, const char *id, int64_t timestamp_s,
                  const char *body, size_t len)
{
	struct buf content = {0}, value = {0};

	buf_printf(&content, "%s.%" PRId64 ".", id, timestamp_s);
	buf_add(&content, body, len);
	for (size_t i = 0; i < secret->count; i++) {
		unsigned char mac[DIGEST_MAX];
		size_t key_len;
		unsigned char *bytes = webhook_key(secret->values[i], &key_len);
		if (!bytes)
			continue; /* check() saw to it that this is not so */
		struct hmac_key *key = hmac_key_new(DIGEST_SHA256, bytes, key_len);
		hmac_compute(key, content.data, content.len, mac);
		hmac_key_free(key);
		mem_wipe_free(bytes, key_len);
		char *text = base64_encode(mac, digest_size(DIGEST_SHA256));
		buf_printf(&value, "%sv1,%s", value.len ? " " : "", text);
		free(text);
	}
	buf_fini(&content);
	return buf_take(&value);
}

static void
webhook_send(struct sink *sink, const struct message *message, sink_done_fn *done, void *arg)
{
	struct webhook *webhook = (struct webhook *)sink;
	/* 64 characters of id are plenty: ours have 30. */
	char id[96], id_header[128], time_header[64];
	int64_t now_s = message->attempt_at_ms / SECOND_MS;

	char *body = json_dumps(message->document, JSON_COMPACT);
	snprintf(id, sizeof(id), "%.64s_%" PRId64, message->id, message->revision);
	snprintf(id_header, sizeof(id_header), "webhook-id: %s", id);
	snprintf(time_header, sizeof(time_header), "webhook-timestamp: %" PRId64, now_s);
	char *signature =
		webhook_signature(&webhook->options->secret, id, now_s, body, strlen(body));
	char *signature_header = mem_fmt("webhook-signature: %s", signature);
	const char *const headers[] = {
		"Content-Type: application/json",
		"User-Agent: driftbell/" DRIFTBELL_VERSION,
		id_header,
		time_header,
		signature_header,
		NULL,
	};
	const struct httpc_request request = {
		.method = "POST",
		.url = webhook->url,
		.headers = headers,
		.body = body,
		.body_len = strlen(body),
		.allow_private = webhook->options->allow_private,
	};
	http_sink_send(&webhook->http, &request, false, outcome_of_response, done, arg);
	free(signature_header);
	free(signature);
	free(body);
}

const struct sink_kind sink_webhook = {
	.conf = {.name = "webhook",
                 .keys = keys,
                 .size = sizeof(struct webhook_options),
                 .check = check},
	.every_revision = true,
	.slots = 4,
	.destination = destination,
	.open = webhook_open,
	.send = webhook_send,
	.close = webhook_close,
};
