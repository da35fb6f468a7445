/*
 * The socket of a plain connection is ours; evhttp sees the buffers only.
 *
 * A bufferevent with a socket asks the kernel how much is there before each
 * read, and evhttp stops and starts reading with each request, so that the
 * socket leaves epoll's list and comes back: three system calls a request
 * besides the read and the answer.  Here the bufferevent has no socket.  What
 * comes is read by an event that stays on the list; it leaves only when bytes,
 * or the end, are there that nobody reads now (the peer sends on while its
 * answer is awaited), or the loop would turn without end, and the answer puts
 * it back.  What evhttp itself writes ("100 Continue", refusals) and the rest
 * of a long answer goes out when the socket takes it.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <sys/socket.h>

#include "relay/runtime/httpd_internal.h"

static bool
is_awaited(const struct httpd_conn *conn)
{
	return (bufferevent_get_enabled(conn->bev) & EV_READ) != 0 &&
	       evbuffer_get_length(bufferevent_get_input(conn->bev)) < conn->httpd->input_max;
}

static bool
is_passing(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* The callbacks may end the connection. */
static void
take(struct httpd_conn *conn, const char *data, ssize_t n)
{
	struct bufferevent *bev = conn->bev;

	if (n > 0) {
		evbuffer_add(bufferevent_get_input(bev), data, (size_t)n);
		conn_begin(conn);
		bufferevent_trigger(bev, EV_READ, 0);
	} else {
		bufferevent_trigger_event(
			bev, BEV_EVENT_READING | (n == 0 ? BEV_EVENT_EOF : BEV_EVENT_ERROR), 0);
	}
}

static void
on_readable(int fd, short what, void *arg)
{
	struct httpd_conn *conn = arg;
	char data[16384];
	ssize_t n;

	(void)what;
	if (!is_awaited(conn)) {
		event_del(conn->readable);
		conn->listed = false;
		return;
	}
	n = recv(fd, data, sizeof(data), MSG_DONTWAIT);
	if (n >= 0 || !is_passing())
		take(conn, data, n);
}

static void
on_output(struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg)
{
	struct httpd_conn *conn = arg;

	(void)output;
	if (info->n_added > 0)
		event_add(conn->writable, NULL);
}

static void
on_writable(int fd, short what, void *arg)
{
	struct httpd_conn *conn = arg;
	struct evbuffer *output = bufferevent_get_output(conn->bev);

	(void)what;
	if (evbuffer_write(output, fd) < 0 && !is_passing())
		bufferevent_trigger_event(conn->bev, BEV_EVENT_WRITING | BEV_EVENT_ERROR, 0);
	else if (evbuffer_get_length(output) > 0)
		event_add(conn->writable, NULL);
	else
		bufferevent_trigger(conn->bev, EV_WRITE, 0);
}

void
socket_start(struct httpd_conn *conn)
{
	struct event_base *base = loop_base(conn->httpd->loop);

	bufferevent_setfd(conn->bev, SOCKET_OURS(conn->fd));
	evbuffer_unfreeze(bufferevent_get_input(conn->bev), 0);
	evbuffer_unfreeze(bufferevent_get_output(conn->bev), 1);
	evbuffer_add_cb(bufferevent_get_output(conn->bev), on_output, conn);
	conn->readable = event_new(base, conn->fd, EV_READ | EV_PERSIST, on_readable, conn);
	conn->writable = event_new(base, conn->fd, EV_WRITE, on_writable, conn);
	socket_again(conn);
}

void
socket_again(struct httpd_conn *conn)
{
	if (conn->readable && !conn->listed)
		conn->listed = event_add(conn->readable, NULL) == 0;
}

void
socket_stop(struct httpd_conn *conn)
{
	if (!conn->readable)
		return;
	event_free(conn->readable);
	event_free(conn->writable);
	evbuffer_remove_cb(bufferevent_get_output(conn->bev), on_output, conn);
	conn->readable = conn->writable = NULL;
}
