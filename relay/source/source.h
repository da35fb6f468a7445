/*
 * source.h - kinds of senders, as rows of a table.
 *
 * A source kind verifies a request, says what identifies it, and turns its
 * body into an event (model/event.h).  Pure: no I/O, no clock, no state.
 * Adding one = a file, a row in source.c, a folder of cases in tests/data/.
 *
 * Wire facts: developer.hashicorp.com, "Notification configurations" and
 * "Run tasks integration" (HCP Terraform), "Webhook events" (HCP Packer).
 */
#ifndef RELAY_SOURCE_SOURCE_H
#define RELAY_SOURCE_SOURCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "relay/base/buf.h"
#include "relay/base/err.h"
#include "relay/base/json_pick.h"
#include "relay/base/sign.h"
#include "relay/config/key.h"
#include "relay/model/event.h"
#include "relay/source/api.h"

/* The options every source kind starts with. */
struct source_options {
	struct secret hmac_key; /* several: all verify, the first signs */
};

struct terraform_options {
	struct source_options base;
	bool allow_private;
	struct api_options api;
};

struct packer_options {
	struct source_options base;
	int64_t rollback_grace; /* ms */
};

struct run_task_options {
	struct source_options base;
	struct key_texts allowed_hosts; /* names without port; default app.terraform.io */
	bool allow_private;
	char *ca_file;          /* of those hosts; NULL = the system's */
	int enforce;            /* enum task_enforce */
	int64_t enforce_within; /* ms: with ENFORCE_SCHEDULED, how soon */
	int64_t plan_size;      /* bytes of the largest plan that is read */
	struct api_options api;
};

/* Which planned images a run task answers `failed` for; each also for what is before it. */
enum task_enforce { ENFORCE_NOTHING, ENFORCE_REVOKED, ENFORCE_SCHEDULED };

struct source_kind {
	struct key_kind conf; /* name "hcp_terraform", rows, size */
	const char *header;   /* of the signature */
	bool sha256_too;      /* 64 digits are HMAC-SHA-256 (HCP Packer only) */
	bool bearer;          /* bodies hold an access token, which must not be stored */
	/* What acceptance looks at: a body is read into a tree when it is planned. */
	const struct json_want *wants;
	/* A verification (test) request: answered 200 `verified`, not stored. */
	bool (*is_verification)(const struct json_picks *body);
	/* Adds what identifies the event; false = nothing in it does, whatever was added. */
	bool (*identity)(const struct json_picks *body, struct buf *out);
	/* Fills *out; takes a reference of body.  Never fails: what it cannot tell is EVENT_UNKNOWN. */
	void (*normalize)(json_t *body, struct event *out);
	/* What normalize() can be given of a body that no tree can be made of (base/json.h),
	 * a new reference.  NULL where nobody waits for an answer: it is kept, and that is all. */
	json_t *(*salvage)(const char *body, size_t len);
};

extern const struct source_kind *const source_kinds[];   /* ended by NULL */
extern const struct key_kind *const source_conf_kinds[]; /* the same, for conf_load() */
const struct source_kind *source_kind_named(const char *);

/* The URL of a workspace for people, as host, organization and name make it; NULL
 * where one of them is not known.  The caller frees. */
char *workspace_url(const struct workspace_ref *);

/* Prepared keys of one configured source.  Loop thread. */
struct verifier;
struct verifier *verifier_new(const struct source_kind *, const struct secret *keys);
void verifier_free(struct verifier *);
/* header_value may be NULL.  One answer for missing, empty, malformed and wrong. */
bool verifier_accepts(struct verifier *, const char *header_value, const void *body, size_t len);
/* What a sender would put into the header: for `driftbell send`.  out: 129 bytes. */
void verifier_sign(struct verifier *, const void *body, size_t len, char out[129]);

/*
 * The key an event is stored under: 32 hex digits, the first half of the
 * SHA-256 of the kind's family and the identity (or of the body, where
 * nothing identifies it).  picks is NULL for a body that jansson does not take
 * whole; the body's bytes then tell.  The family is the kind's name and not the
 * configured source's, so the same event over two sources is one.
 */
#define EVENT_KEY_SIZE 33
void event_key(const struct source_kind *, const struct json_picks *, const void *body, size_t len,
               char out[EVENT_KEY_SIZE]);

/*
 * A run task's body without its bearer: every value under a name
 * "access_token", of any type, at any depth and however the name is escaped,
 * becomes "".  *token gets the first that is a string, decoded to UTF-8 (NULL
 * when none), the caller's to wipe and free.
 * Works on text, so also on bodies that no tree could be made of.
 * Returns the new body, which the caller frees.
 */
char *run_task_cut_token(const char *body, size_t len, size_t *out_len, char **token);

#endif
