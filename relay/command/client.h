/*
 * client.h - how a command talks to the running relay: one HTTP request at a
 * time over libcurl, to HOST:PORT, to unix:PATH or to a URL.
 *
 * An address out of the config is our own relay: with TLS it is known by the
 * key in its certificate file, whatever names are in it.  A URL is verified
 * as every client does.  No redirects, no proxy of the environment.
 */
#ifndef RELAY_COMMAND_CLIENT_H
#define RELAY_COMMAND_CLIENT_H

#include "relay/base/buf.h"
#include "relay/base/err.h"
#include "relay/command/command.h"
#include "relay/config/conf.h"

struct client_target {
	char *base;        /* "http://127.0.0.1:8081", without a slash behind */
	char *socket_path; /* of a unix: address, or NULL */
	char *pin;         /* the only public key trusted, or NULL */
};

/*
 * where: HOST:PORT, [V6]:PORT, unix:PATH, or an http(s) URL.  An address that
 * means "every interface" is reached over loopback.  tls: of this listener in
 * the config; not looked at for a URL.  Port 0 is an error.
 */
int client_target_init(struct client_target *, const char *where, const struct conf_tls *,
                       struct err *) MUST_CHECK;
void client_target_fini(struct client_target *);

#define CLIENT_ANSWER_MAX ((size_t)16 * 1024 * 1024)

struct client_request {
	const char *method, *path;  /* path: behind the base */
	const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
	const char *body;           /* NULL for none */
	size_t body_len;
};

/* Returns the HTTP status, or -1 when there was no answer; the body is added
 * to `answer`. */
int client_send(const struct client_target *, const struct client_request *, struct buf *answer,
                struct err *) MUST_CHECK;

/* The config of the command line, its faults told on stderr; NULL then. */
struct conf *client_conf(const struct command_context *);

/* Text from outside, made fit for a terminal, to stdout; padded to `width` columns. */
void client_print(const char *, int width);

#endif
