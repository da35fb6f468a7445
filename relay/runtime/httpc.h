/*
 * httpc.h - HTTP out: one libcurl multi on the loop.
 *
 * No redirects, https (and http where allowed) only, the environment's proxy
 * ignored, total and connect timeouts, bodies capped.  The address actually
 * dialled is checked (guard.h), so no name, no odd spelling and no
 * re-binding gets past it; connections of private-allowed and guarded
 * requests are never shared.
 *
 * Loop thread only.  done is called exactly once for each httpc_send(),
 * never before it returns.
 */
#ifndef RELAY_RUNTIME_HTTPC_H
#define RELAY_RUNTIME_HTTPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/base/err.h"
#include "relay/runtime/loop.h"

struct httpc;
struct httpc_call;

struct httpc_request {
	const char *method; /* "POST", "PATCH", "GET" */
	const char *url;
	const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
	const char *body;
	size_t body_len;
	bool allow_private;  /* loopback and private addresses, and plain http */
	int64_t timeout_ms;  /* total, waiting for a free connection included; 0 = 20 s */
	size_t body_max;     /* how much of the answer's body is kept; 0 = 64 KiB */
	const char *ca_file; /* trust only these certificates; NULL = the system's */
};

enum httpc_result {
	HTTPC_ANSWERED,    /* status, body, retry_after_ms are set */
	HTTPC_UNREACHABLE, /* resolve, connect, timeout, reset: worth retrying */
	HTTPC_REFUSED,     /* by our own address policy, or http where https is required,
			    * or no request anybody could send (a malformed URL) */
	HTTPC_UNTRUSTED    /* the peer's certificate did not verify */
};

struct httpc_response {
	enum httpc_result result;
	int status;
	const char *body; /* up to body_max, terminated; borrowed during done */
	size_t body_len;
	bool body_cut;          /* there was more of it */
	int64_t retry_after_ms; /* from Retry-After in both forms, relative, between 1 s
				 * and 24 h; 0 = none that can be read */
	int64_t elapsed_ms;
	bool unheard;     /* not ANSWERED, but the request may have been taken */
	const char *text; /* for people, when not ANSWERED; never the URL's path or query */
	const struct httpc_call *call; /* for httpc_header(); NULL: it has no headers */
};

typedef void httpc_done_fn(const struct httpc_response *, void *arg);

struct httpc *httpc_new(struct loop *);
void httpc_free(struct httpc *); /* not from a done; no done is called any more */
struct loop *httpc_loop(const struct httpc *);

/* Everything in the request is copied. */
struct httpc_call *httpc_send(struct httpc *, const struct httpc_request *, httpc_done_fn *,
                              void *arg);
void httpc_cancel(struct httpc_call *); /* before its done; done is not called */
/* During done: the last header of that name, or NULL. */
const char *httpc_header(const struct httpc_response *, const char *name);

#endif
