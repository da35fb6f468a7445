/*
 * The socket of a connection stays on the kernel's list of what is waited for.
 *
 * evhttp stops reading at the end of a request and starts again behind its
 * answer.  Each time the socket leaves epoll's list and comes back: two system
 * calls a request, a tenth of what one costs the loop.  A second event on the
 * same socket keeps it on the list.  It has nothing to do but to leave when it
 * fires with nobody reading, or the loop would turn without end: when the peer
 * sends on, or ends, while its answer is awaited.  The next answer puts it back.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "relay/runtime/httpd_internal.h"

/* What is more than any request stays in the kernel until the deadline. */
static bool
is_read(const struct httpd_conn *conn)
{
	if (evbuffer_get_length(bufferevent_get_input(conn->bev)) >= conn->httpd->input_max)
		bufferevent_disable(conn->bev, EV_READ);
	return (bufferevent_get_enabled(conn->bev) & EV_READ) != 0;
}

static void
on_hold(int fd, short what, void *arg)
{
	struct httpd_conn *conn = arg;

	(void)fd;
	(void)what;
	if (is_read(conn))
		return;
	/* The bytes that completed the request fire it too, behind evhttp's own event. */
	if (conn->completed) {
		conn->completed = false;
		return;
	}
	event_del(conn->hold);
	conn->held = false;
}

void
hold_start(struct httpd_conn *conn)
{
	if (conn->httpd->tls) /* its reading is not evhttp's alone */
		return;
	conn->hold = event_new(loop_base(conn->httpd->loop), conn->fd, EV_READ | EV_PERSIST,
	                       on_hold, conn);
	hold_again(conn);
}

void
hold_again(struct httpd_conn *conn)
{
	if (!conn->hold || conn->held)
		return;
	conn->held = event_add(conn->hold, NULL) == 0;
}

void
hold_stop(struct httpd_conn *conn)
{
	if (conn->hold)
		event_free(conn->hold);
	conn->hold = NULL;
}
