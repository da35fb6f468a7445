/*
 * Closing a socket that has unread bytes makes the kernel send a reset, which
 * can destroy our last answer before the peer has read it.  So a refused
 * connection lives on for a moment, as a copy of its descriptor: evhttp shuts
 * our direction down, and here the other one is read into nothing.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/runtime/httpd_internal.h"

#define LINGER_MS 5000
#define LINGER_BYTES (24 * 1024 * 1024)

struct lingerer {
	LIST_ENTRY(lingerer) link;
	struct httpd *httpd;
	struct event *event;
	int fd;
	int64_t until_ms;
	size_t dropped;
};

static void
linger_free(struct lingerer *l)
{
	LIST_REMOVE(l, link);
	l->httpd->connections--;
	if (l->event)
		event_free(l->event);
	close(l->fd);
	free(l);
}

static bool
linger_wait(struct lingerer *l)
{
	int64_t left_ms = l->until_ms - clock_mono_ms();
	struct timeval tv = {.tv_sec = left_ms / 1000, .tv_usec = left_ms % 1000 * 1000};

	return left_ms > 0 && event_add(l->event, &tv) == 0;
}

static void
on_bytes(int fd, short what, void *arg)
{
	struct lingerer *l = arg;
	char nowhere[16384];
	bool done = false;

	if (what & EV_READ) {
		ssize_t n = recv(fd, nowhere, sizeof(nowhere), MSG_DONTWAIT);
		done = n == 0 || (n < 0 && errno != EAGAIN);
		l->dropped += n > 0 ? (size_t)n : 0;
	}
	if (done || l->dropped > LINGER_BYTES || !linger_wait(l))
		linger_free(l);
}

void
linger_start(struct httpd *httpd, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	struct lingerer *l;

	if (copy < 0)
		return;
	l = mem_alloc(sizeof(*l));
	l->httpd = httpd;
	l->fd = copy;
	l->until_ms = clock_mono_ms() + LINGER_MS;
	l->event = event_new(loop_base(httpd->loop), copy, EV_READ, on_bytes, l);
	LIST_INSERT_HEAD(&httpd->lingering, l, link);
	httpd->connections++;
	if (!l->event || !linger_wait(l))
		linger_free(l);
}

void
linger_stop_all(struct httpd *httpd)
{
	struct lingerer *l;

	while ((l = LIST_FIRST(&httpd->lingering)))
		linger_free(l);
}
