/*
 * httpd.h - HTTP in, over evhttp, with what evhttp lacks: a total deadline for
 * each request however it drips, a cap on connections, and refusal (400, and
 * the connection closed) of framing that two readers could read in two ways,
 * such as two differing Content-Length, or Content-Length with
 * Transfer-Encoding.  404 and 405 are the handler's, and come before whatever
 * else is wrong: it gets requests of all methods, and those that cannot be
 * taken, too (httpd_fault()).  Only what has no first line that can be read
 * never reaches it.
 *
 * Loop thread only.  A request is answered exactly once, now or later; it
 * stays valid until then, also when the client has left meanwhile.  What the
 * client sent is there until the handler returns: who waits for the store
 * holds no second copy of a body.
 */
#ifndef RELAY_RUNTIME_HTTPD_H
#define RELAY_RUNTIME_HTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/base/err.h"
#include "relay/runtime/loop.h"

struct httpd;
struct httpd_request;

struct httpd_options {
	const char *address;          /* "127.0.0.1:8080", "[::1]:0", or "unix:PATH" */
	const char *certificate_file; /* both or neither: TLS 1.2 and up */
	const char *key_file;
	size_t body_max;    /* bytes; more is 413 */
	size_t header_max;  /* bytes; more is 400 */
	int64_t request_ms; /* from the first byte of a request (or the accept) to its last; 408 */
	int64_t idle_ms;    /* keep-alive without a request */
	unsigned connections_max; /* over it the newest is closed at once */
};

enum httpd_method { HTTPD_GET, HTTPD_HEAD, HTTPD_POST, HTTPD_DELETE, HTTPD_OTHER };

typedef void httpd_fn(struct httpd_request *, void *arg);

int httpd_new(struct httpd **, struct loop *, const struct httpd_options *, httpd_fn *, void *arg,
              struct err *) MUST_CHECK;
/* Would httpd_new() take the certificate and the key? */
int httpd_check_tls(const struct httpd_options *, struct err *) MUST_CHECK;
/* Other limits from now on: sizes and the cap for connections to come, times
 * for requests to come.  Address and certificate stay. */
void httpd_limit(struct httpd *, const struct httpd_options *);
/* Stops accepting; open requests may still be answered. */
void httpd_drain(struct httpd *);
unsigned httpd_open_requests(const struct httpd *); /* handed out, not answered yet */
unsigned httpd_connections(const struct httpd *);   /* open now, for the gauge */
/* Not from a handler.  Requests that wait for an answer stay valid; answering
 * them only gives them back. */
void httpd_free(struct httpd *);
/* "127.0.0.1:43567" as bound (port 0 resolved), or "unix:PATH". */
const char *httpd_address(const struct httpd *);

enum httpd_method httpd_method(const struct httpd_request *);
const char *httpd_path(const struct httpd_request *); /* decoded once, without query; never NULL */
/* Why this request cannot be taken, and the code to say it with; NULL when it
 * can.  Method, path and query are all there is of it, and its handler answers
 * it before it returns. */
const char *httpd_fault(const struct httpd_request *, int *code);
const char *httpd_query(struct httpd_request *,
                        const char *name); /* decoded; borrowed; NULL when absent */
/* From one parameter to the next: its name as it was sent, and not ended.
 * *name is NULL to begin with; false behind the last. */
bool httpd_query_next(const struct httpd_request *, const char **name, size_t *len);
const char *httpd_header(const struct httpd_request *,
                         const char *name); /* borrowed; NULL when absent */
/* The IP address the request came to, as a Host has it: "127.0.0.1", "[::1]";
 * "localhost" through a socket file, "" when it cannot be told.  In the handler. */
#define HTTPD_HOST_SIZE 48
void httpd_arrived_at(const struct httpd_request *, char out[HTTPD_HOST_SIZE]);
/* The whole body in one piece; borrowed. */
const char *httpd_body(struct httpd_request *, size_t *len);

/* A header of the answer; before httpd_reply().  Values are ours, never the peer's. */
void httpd_reply_header(struct httpd_request *, const char *name, const char *value);
/* Answers and gives the request back.  The body is copied. */
void httpd_reply(struct httpd_request *, int code, const char *content_type, const char *body,
                 size_t len);

#endif
