/*
 * One connection: its birth, its deadlines, its end.
 *
 * evhttp asks us for a bufferevent before it has made its own connection
 * object, so a connection is first a newborn; an event that runs before the
 * loop looks at any socket again (conn_on_adopt) completes it.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/runtime/httpd_internal.h"

/* Behind the answer's last byte; a peer that does not read is cut off. */
#define WRITE_MS (60 * SECOND_MS)

static struct bufferevent *
bev_new(struct httpd *httpd)
{
	struct event_base *base = loop_base(httpd->loop);
	struct bufferevent *bev;
	SSL *ssl;

	if (!httpd->tls) /* evhttp closes the socket itself */
		return bufferevent_socket_new(base, -1, 0);
	ssl = SSL_new(httpd->tls);
	if (!ssl)
		return NULL;
	bev = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING,
	                                     BEV_OPT_CLOSE_ON_FREE);
	if (bev)
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	else
		SSL_free(ssl);
	return bev;
}

/* The first byte of a request starts its deadline; what follows does not move it. */
void
conn_begin(struct httpd_conn *conn)
{
	if (conn->state == CONN_IDLE)
		conn_set_state(conn, CONN_READING);
	conn->begun = true;
	refuse_note_line(conn);
}

static void
on_tls_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
	(void)input;
	if (info->n_added > 0)
		conn_begin(arg);
}

struct bufferevent *
conn_on_accept(struct event_base *base, void *arg)
{
	struct httpd *httpd = arg;
	struct bufferevent *bev = bev_new(httpd);
	struct httpd_conn *conn;

	(void)base;
	if (!bev)
		return NULL; /* evhttp closes the descriptor */
	conn = mem_alloc(sizeof(*conn));
	conn->httpd = httpd;
	conn->bev = bev;
	conn->request.conn = conn;
	conn->surplus = httpd->connections++ >= httpd->connections_max;
	LIST_INSERT_HEAD(&httpd->newborn, conn, link);
	/* evhttp may give up on the accept: the reference lets us see it. */
	bufferevent_incref(bev);
	if (httpd->tls) {
		evbuffer_add_cb(bufferevent_get_input(bev), on_tls_input, conn);
		bufferevent_setwatermark(bev, EV_READ, 0, httpd->input_max);
	}
	event_active(httpd->adopt, EV_TIMEOUT, 0);
	return bev;
}

static int64_t
min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/*
 * The timer fires at least this often, so that setting a deadline never has
 * to touch it: no deadline is nearer than one tick.
 */
static void
timer_tick(struct httpd_conn *conn, int64_t ms)
{
	int64_t tick_ms = min64(conn->httpd->request_ms, conn->httpd->idle_ms);
	struct timeval tv;

	tick_ms = min64(tick_ms, ms);
	if (tick_ms < 1)
		tick_ms = 1;
	tv = (struct timeval){.tv_sec = tick_ms / 1000, .tv_usec = tick_ms % 1000 * 1000};
	event_add(conn->timer, &tv);
}

void
conn_set_state(struct httpd_conn *conn, enum conn_state state)
{
	struct httpd *httpd = conn->httpd;

	conn->state = state;
	switch (state) {
	case CONN_READING:
		conn->deadline_ms = clock_mono_ms() + httpd->request_ms;
		break;
	case CONN_IDLE:
		conn->begun = false;
		conn->line_seen = false;
		buf_reset(&conn->line);
		conn->deadline_ms = clock_mono_ms() + httpd->idle_ms;
		break;
	case CONN_WRITING:
		conn->deadline_ms = clock_mono_ms() + WRITE_MS;
		break;
	case CONN_ASKED:
		conn->deadline_ms = INT64_MAX;
		break;
	}
}

static void
on_deadline(int fd, short what, void *arg)
{
	struct httpd_conn *conn = arg;
	int64_t left_ms = conn->deadline_ms - clock_mono_ms();

	(void)fd;
	(void)what;
	if (conn->refused_with)
		conn_refuse(conn, conn->refused_with);
	else if (left_ms > 0)
		timer_tick(conn, left_ms);
	else if (conn->state == CONN_READING && conn->begun)
		conn_refuse(conn, 408);
	else
		conn_close(conn);
}

void
conn_free(struct httpd_conn *conn)
{
	if (conn->httpd) /* else httpd_free() has taken it off the list */
		LIST_REMOVE(conn, link);
	buf_fini(&conn->request.headers);
	buf_fini(&conn->line);
	free(conn);
}

/* So that the peer can tell the end of our bytes from a cut line. */
static void
tls_say_goodbye(struct httpd_conn *conn)
{
	SSL *ssl = bufferevent_openssl_get_ssl(conn->bev);

	if (!ssl || !SSL_is_init_finished(ssl))
		return;
	SSL_shutdown(ssl);
	ERR_clear_error();
}

/* evhttp is about to free its side, whoever began the end. */
static void
on_close(struct evhttp_connection *evcon, void *arg)
{
	struct httpd_conn *conn = arg;
	struct httpd *httpd = conn->httpd;

	(void)evcon;
	if (httpd->tls)
		tls_say_goodbye(conn);
	if (conn->linger || (conn->state == CONN_READING && conn->begun))
		linger_start(httpd, conn->fd);
	evbuffer_remove_cb(bufferevent_get_input(conn->bev), on_tls_input, conn);
	evbuffer_remove_cb(bufferevent_get_output(conn->bev), refuse_on_output, conn);
	event_free(conn->timer);
	socket_stop(conn);
	httpd->by_fd[conn->fd] = NULL;
	httpd->connections--;
	conn->evcon = NULL;
	conn->bev = NULL;
	if (!conn->request.ev) {
		conn_free(conn);
		return;
	}
	/* The handler still has the request: it stays until the answer. */
	evhttp_request_own(conn->request.ev);
	LIST_REMOVE(conn, link);
	LIST_INSERT_HEAD(&httpd->left, conn, link);
}

void
conn_end(struct httpd_conn *conn, const struct buf *last)
{
	SSL *ssl = conn->httpd->tls ? bufferevent_openssl_get_ssl(conn->bev) : NULL;

	/* Past evhttp's buffer: what it holds is the page that this one replaces. */
	if (!conn->httpd->tls)
		send(conn->fd, last->data, last->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (ssl && SSL_is_init_finished(ssl))
		SSL_write(ssl, last->data, (int)last->len);
	ERR_clear_error();
	conn_close(conn);
}

void
conn_close(struct httpd_conn *conn)
{
	evhttp_connection_free(conn->evcon); /* calls on_close() */
}

static void
remember(struct httpd *httpd, struct httpd_conn *conn)
{
	size_t need = (size_t)conn->fd + 1;

	if (need > httpd->by_fd_size) {
		size_t size = need + 64;

		httpd->by_fd = mem_grow(httpd->by_fd, size, sizeof(httpd->by_fd[0]));
		memset(httpd->by_fd + httpd->by_fd_size, 0,
		       (size - httpd->by_fd_size) * sizeof(httpd->by_fd[0]));
		httpd->by_fd_size = size;
	}
	httpd->by_fd[conn->fd] = conn;
}

/* It does not stay: evhttp gave up on it, or there are too many. */
static void
turn_away(struct httpd_conn *conn, struct evhttp_connection *evcon)
{
	conn->httpd->connections--;
	evbuffer_remove_cb(bufferevent_get_input(conn->bev), on_tls_input, conn);
	bufferevent_decref(conn->bev);
	conn_free(conn);
	if (evcon)
		evhttp_connection_free(evcon);
}

static void
adopt(struct httpd *httpd, struct httpd_conn *conn)
{
	struct bufferevent *bev = conn->bev;
	void *evcon = NULL;

	/* evhttp registers its connection as the argument of its callbacks. */
	bufferevent_getcb(bev, NULL, NULL, NULL, &evcon);
	if (!evcon || conn->surplus) {
		turn_away(conn, evcon);
		return;
	}
	bufferevent_decref(bev);
	LIST_REMOVE(conn, link);
	LIST_INSERT_HEAD(&httpd->conns, conn, link);
	conn->evcon = evcon;
	conn->fd = bufferevent_getfd(bev);
	bufferevent_set_timeouts(bev, NULL, NULL); /* evhttp's: ours are total */
	conn->timer = event_new(loop_base(httpd->loop), -1, 0, on_deadline, conn);
	remember(httpd, conn);
	if (!httpd->tls)
		socket_start(conn);
	evbuffer_add_cb(bufferevent_get_output(bev), refuse_on_output, conn);
	evhttp_connection_set_closecb(conn->evcon, on_close, conn);
	conn_set_state(conn, CONN_READING);
	timer_tick(conn, httpd->request_ms);
}

void
conn_on_adopt(int fd, short what, void *arg)
{
	struct httpd *httpd = arg;
	struct httpd_conn *conn;

	(void)fd;
	(void)what;
	while ((conn = LIST_FIRST(&httpd->newborn)))
		adopt(httpd, conn);
}

struct httpd_conn *
conn_of(struct httpd *httpd, struct evhttp_request *ev)
{
	struct evhttp_connection *evcon = evhttp_request_get_connection(ev);
	int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(evcon));

	return httpd->by_fd[httpd->tls ? fd : SOCKET_OURS(fd)];
}
