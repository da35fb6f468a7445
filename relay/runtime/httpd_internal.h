/*
 * httpd_internal.h - what the files of httpd share.
 *
 * evhttp parses and keeps the connections; we stand at three places around it:
 * at the birth of a connection (httpd_conn.c), whose bufferevent we make; at a
 * complete request (httpd.c), before the handler sees it, or one that evhttp
 * will not take (httpd_refuse.c); and at the answer (httpd_reply.c), which we
 * write ourselves.  The way of one connection:
 *
 *	            first byte           whole request          httpd_reply()
 *	  IDLE ---------------> READING ---------------> ASKED ---------------> WRITING
 *	   ^                       ^ accept                                        |
 *	   +-----------------------+------- (bytes of the next are here) <---------+
 *
 * Each state but ASKED has a deadline.  A connection has one request at a
 * time, so the request is a part of it and is used again.
 */
#ifndef RELAY_RUNTIME_HTTPD_INTERNAL_H
#define RELAY_RUNTIME_HTTPD_INTERNAL_H

#include <openssl/ssl.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "relay/base/buf.h"
#include "relay/runtime/httpd.h"

struct bufferevent;
struct evbuffer;
struct evbuffer_cb_info;
struct event;
struct evhttp;
struct evhttp_bound_socket;
struct evhttp_connection;
struct evhttp_request;
struct evhttp_uri;

enum conn_state { CONN_READING, CONN_IDLE, CONN_ASKED, CONN_WRITING };

struct httpd_query {
	struct httpd_query *next;
	char *value;
};

struct httpd_request {
	struct httpd_conn *conn;
	struct evhttp_request *ev; /* NULL unless the handler has the request, and has it whole */
	enum httpd_method method;
	struct evhttp_uri *uri; /* NULL when forgotten */
	const char *path;       /* points into uri, or to path_decoded; empty when forgotten */
	char *path_decoded;
	struct httpd_query *queries;
	struct buf headers;    /* of the answer: whole lines */
	bool keep_alive_asked; /* HTTP/1.0 that wants the connection kept */
	bool close;            /* after the answer */
	bool unread;           /* bytes of this request may still arrive */
	const char *fault;     /* why it is not taken; NULL when it is */
	int fault_code;
};

struct httpd_conn {
	LIST_ENTRY(httpd_conn) link; /* in httpd->newborn or httpd->conns */
	struct httpd *httpd;
	struct bufferevent *bev;
	struct evhttp_connection *evcon; /* NULL until adopted and after its close */
	struct event *timer;
	int fd;
	enum conn_state state;
	int64_t deadline_ms; /* monotonic; the timer may fire earlier and is then armed again */
	bool surplus;        /* over the cap: closed when adopted */
	bool begun;          /* a byte of the request that is being read is here */
	bool line_seen;      /* its first line is whole */
	struct buf line;     /* that line; empty when it is none of a request for us */
	int refused_with;    /* evhttp is answering it, with this code; 0 when not */
	bool linger;         /* on closing, let the peer finish what it is sending */
	struct event *readable, *writable; /* httpd_socket.c; NULL with TLS */
	bool listed;                       /* readable is waited for */
	struct httpd_request request;
};

LIST_HEAD(conn_list, httpd_conn);
struct lingerer;
LIST_HEAD(linger_list, lingerer);

struct httpd {
	struct loop *loop;
	struct evhttp *http;
	struct evhttp_bound_socket *bound; /* NULL once drained */
	SSL_CTX *tls;                      /* NULL without TLS */
	httpd_fn *fn;
	void *arg;

	char *address;
	char *socket_path; /* of "unix:", to be removed */
	dev_t socket_dev;
	ino_t socket_ino;

	size_t input_max; /* most bytes held unparsed for one connection */
	int64_t request_ms, idle_ms;
	unsigned connections_max;

	struct conn_list newborn; /* made, evhttp is not through with the accept */
	struct event *adopt;
	struct conn_list conns;
	struct conn_list left; /* closed, but their request is not answered yet */
	struct linger_list lingering;
	struct httpd_conn **by_fd;
	size_t by_fd_size;
	unsigned connections; /* newborn, adopted and lingering */
	unsigned open_requests;

	struct timer *accept_again;
	struct httpd *next_listening;
	struct buf answer;             /* that is being written */
	struct httpd_request *handled; /* by the handler now, and not answered */
};

/* httpd_listen.c: a listening socket; fills address and socket_path. */
int httpd_listen(struct httpd *, const char *address, struct err *) MUST_CHECK;
void httpd_unlink(struct httpd *);
/* httpd_tls.c */
int httpd_tls_new(SSL_CTX **, const struct httpd_options *, struct err *) MUST_CHECK;

/* httpd_conn.c */
struct bufferevent *conn_on_accept(struct event_base *, void *httpd);
void conn_on_adopt(int fd, short what, void *httpd);
/* The connection evhttp speaks of. */
struct httpd_conn *conn_of(struct httpd *, struct evhttp_request *);
void conn_set_state(struct httpd_conn *, enum conn_state);
void conn_begin(struct httpd_conn *); /* a byte of a request is here */
/* Says this much more, if it goes out at once, and closes. */
void conn_end(struct httpd_conn *, const struct buf *last);
void conn_close(struct httpd_conn *);
void conn_free(struct httpd_conn *);

/* httpd_socket.c: the socket of a connection without TLS. */
void socket_start(struct httpd_conn *);
void socket_again(struct httpd_conn *); /* there is something to wait for again */
void socket_stop(struct httpd_conn *);
/* For a bufferevent that must not touch it: libevent takes what is negative for
 * no socket, and gives it back when asked which one it has. */
#define SOCKET_OURS(fd) (-1 - (fd))

/* httpd_refuse.c */
void refuse_note_line(struct httpd_conn *); /* more input is here */
void refuse_on_output(struct evbuffer *, const struct evbuffer_cb_info *, void *conn);
/* The request that is being read gets this code, or 404 or 405 if the handler
 * says so; the connection ends. */
void conn_refuse(struct httpd_conn *, int code);

/* httpd.c */
void request_hand_over(struct httpd_request *);
/* Fills path from uri; what is wrong with it, or NULL. */
const char *request_decode_path(struct httpd_request *);

/* httpd_reply.c: gives back what the peer sent; the answer needs none of it. */
void request_forget(struct httpd_request *);

/* httpd_linger.c: read and drop what still comes on a copy of fd, for a moment. */
void linger_start(struct httpd *, int fd);
void linger_stop_all(struct httpd *);

/* httpd_check.c: what evhttp lets pass; NULL when fine.  Also fills close and
 * keep_alive_asked from the headers. */
const char *request_fault(struct httpd_request *);

#endif
