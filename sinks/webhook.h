/*
 * webhook.h - signing as Standard Webhooks 1.0.0 wants it
 * (standard-webhooks.com, "Signature scheme"); and this sink's options.
 */
#ifndef SINKS_WEBHOOK_H
#define SINKS_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/config/key.h"

struct webhook_options {
	char *url;                /* exactly one of these two */
	struct secret secret_url; /* url_file, url_env */
	struct secret secret;     /* each signs: a receiver may rotate */
	bool allow_private;
};

/*
 * The bytes of a signing secret: base64 of WEBHOOK_KEY_MIN to WEBHOOK_KEY_MAX
 * bytes, with or without "whsec_" in front, padding optional.  The standard
 * asks for 24 to 64 of them; a little less and more is taken for receivers
 * that gave out such.  NULL for everything else: a text that is not base64 is
 * never a key as it stands, or a mistyped secret would sign, wrongly.
 * Caller wipes and frees.
 */
#define WEBHOOK_KEY_MIN 16
#define WEBHOOK_KEY_MAX 128
unsigned char *webhook_key(const char *secret, size_t *len);

/* The value of webhook-signature: "v1,..." for each secret, separated by a
 * blank.  Caller frees. */
char *webhook_signature(const struct secret *, const char *id, int64_t timestamp_s,
                        const char *body, size_t len);

#endif
