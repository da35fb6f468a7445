#include "sinks/webhook.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"
#include "relay/base/sign.h"

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
