/*
 * fetch.h - downloading a plan or a state: one GET that blocks, so only ever in
 * a helper process (runtime/helper.h).
 *
 * HCP Terraform answers `json-output` with a redirect to a blob host, and its URL
 * there is a secret that lasts a minute ("Plans API", developer.hashicorp.com).
 * So exactly one redirect is followed: without the bearer, to https (or http, with
 * allow_private), under the same check of the address that is dialled (guard.h).
 * The bearer goes to a host that is in `hosts` and to no other.
 *
 * No text here ever holds a path, a query or the bearer.
 */
#ifndef RELAY_HCP_FETCH_H
#define RELAY_HCP_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/config/key.h"

/* What became of it.  The names are those of fetch_end_names[]. */
enum fetch_end {
	FETCH_READ,
	FETCH_UNFINISHED,   /* 204: there is nothing to read yet */
	FETCH_LIMITED,      /* 429 */
	FETCH_UNREACHABLE,  /* resolve, connect, reset */
	FETCH_FAILED,       /* 5xx, or the blob host would not give it (its URLs run out) */
	FETCH_CUT,          /* the body ended before its end */
	FETCH_SLOW,         /* less than a trickle, or not done by the deadline */
	FETCH_UNAUTHORIZED, /* 401: the token is not, or no longer, good */
	FETCH_FORBIDDEN,    /* 403 */
	FETCH_MISSING,      /* 404: also what HCP Terraform says where rights are missing */
	FETCH_UNSUPPORTED,  /* 422: made by a Terraform before 0.12 */
	FETCH_UNEXPECTED,   /* any other status */
	FETCH_REFUSED,      /* by us: host, scheme, address, a second redirect */
	FETCH_UNTRUSTED,    /* the certificate did not verify */
	FETCH_TOO_LARGE,
	FETCH_UNREADABLE, /* whoever took the body could not read it */
	FETCH_ENDS
};
extern const char *const fetch_end_names[FETCH_ENDS];
/* Whether it may go well another time. */
bool fetch_may_pass(enum fetch_end);

struct fetch_request {
	const char *url;
	const char *bearer;            /* NULL: none is sent, and `hosts` does not count */
	const struct key_texts *hosts; /* that the bearer may go to: names without port */
	bool allow_private;            /* loopback and private addresses, and plain http */
	const char *ca_file;           /* trust only these certificates; NULL = the system's */
	int64_t max_bytes;             /* of the body, unpacked */
	int64_t deadline_ms;           /* of all of it */
};

struct fetch_result {
	enum fetch_end end;
	int status;             /* the last one that came; 0 = none */
	int64_t retry_after_ms; /* LIMITED, FAILED: between 1 s and 1 h; 0 = not said */
	int64_t bytes;          /* of the body, unpacked */
	char text[256];         /* for people, when not READ: "app.terraform.io answered 404" */
};

/* A piece of the body.  -1: it cannot be read, and no more is wanted. */
typedef int fetch_body_fn(const char *data, size_t len, void *arg);

void fetch(const struct fetch_request *, fetch_body_fn *, void *arg, struct fetch_result *);

#endif
