/*
 * webhook.h - the options of the webhook sink; and signing as Standard
 * Webhooks 1.0.0 wants it (standard-webhooks.com, "Signature scheme").
 */
#ifndef SINKS_WEBHOOK_H
#define SINKS_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/config/key.h"

/* One item of `values` or `headers`. */
struct webhook_value {
	char *name;
	char *value;          /* exactly one of these two */
	struct secret secret; /* value_file, value_env */
};

struct webhook_options {
	char *url;                /* exactly one of these two */
	struct secret secret_url; /* url_file, url_env */
	struct secret secret;     /* each signs: a receiver may rotate; none only with a template */
	char *template;           /* NAME of NAME.json; NULL: the document itself */
	char *content_type;       /* NULL: what the template's name says, else application/json */
	struct key_list values;   /* struct webhook_value: what the template sees as `values` */
	struct key_list headers;  /* struct webhook_value */
	bool allow_private;
};

/* The rows of the config, and whether what they gave fits together (key_kind). */
extern const struct key webhook_keys[];
void webhook_check(const void *options, const struct section *);
const char *webhook_needs_team(const void *options);

/*
 * Receivers such as PagerDuty's have one URL for everybody and are told apart
 * by what the body says, so `values` belong to the address; headers, which
 * authorise, do not (sink_kind.destination).
 */
char *webhook_destination(const void *options, const char *team);

bool webhook_per_team(const void *options);

/* Where this team's go; NULL: it needs a team.  The caller wipes and frees. */
char *webhook_url(const struct webhook_options *, const char *team);
/* Borrowed from the options. */
const char *webhook_text(const struct webhook_value *);
const char *webhook_content_type(const struct webhook_options *);

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
