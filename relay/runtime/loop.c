#include "relay/runtime/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"

struct loop {
	struct event_base *base;
	struct event *stop_event;
	int stop_fd; /* readable once somebody called loop_stop() */
};

struct timer {
	struct event *event;
	loop_fn *fn;
	void *arg;
	int64_t due_ms; /* monotonic */
};

struct loop_signal {
	struct event *event;
	loop_fn *fn;
	void *arg;
};

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "driftbell: %s: %s\n", what, strerror(errno));
	abort();
}

static void
on_event_log(int severity, const char *text)
{
	if (severity != EVENT_LOG_DEBUG)
		log_warn("event loop", "text", text, LOG_END);
}

static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) == sizeof(count))
		event_base_loopbreak(loop->base);
}

/*
 * The base goes without locks: one thread owns it, and the two ways in from
 * elsewhere, loop_stop() and the inbox, are eventfds.
 */
static struct event_base *
base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
		base = event_base_new_with_config(config);
	if (config)
		event_config_free(config);
	if (!base)
		die("event loop");
	return base;
}

struct loop *
loop_new(void)
{
	struct loop *loop = mem_alloc(sizeof(*loop));

	/* A peer that closes early is an error of one write, not our end. */
	signal(SIGPIPE, SIG_IGN);
	event_set_log_callback(on_event_log);

	loop->base = base_new();
	loop->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->stop_fd < 0)
		die("eventfd");
	loop->stop_event =
		event_new(loop->base, loop->stop_fd, EV_READ | EV_PERSIST, on_stop, loop);
	if (!loop->stop_event || event_add(loop->stop_event, NULL) != 0)
		die("event loop");
	return loop;
}

void
loop_free(struct loop *loop)
{
	if (!loop)
		return;
	event_free(loop->stop_event);
	event_base_free(loop->base);
	close(loop->stop_fd);
	free(loop);
}

void
loop_run(struct loop *loop)
{
	if (event_base_dispatch(loop->base) < 0)
		die("event loop");
}

void
loop_stop(struct loop *loop)
{
	uint64_t one = 1;

	/* It can only fail when the counter is full, and then it is readable. */
	if (write(loop->stop_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		die("eventfd");
}

struct event_base *
loop_base(struct loop *loop)
{
	return loop->base;
}

static void
timer_arm(struct timer *timer, int64_t ms)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	if (event_add(timer->event, &tv) != 0)
		die("timer");
}

/*
 * libevent counts from the time it cached at the start of a turn of the loop
 * and from a coarse clock, so it may be some milliseconds early.  Ours never are.
 */
static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct timer *timer = arg;
	int64_t left_ms = timer->due_ms - clock_mono_ms();

	(void)fd;
	(void)what;
	if (left_ms > 0)
		timer_arm(timer, left_ms);
	else
		timer->fn(timer->arg);
}

struct timer *
timer_new(struct loop *loop, loop_fn *fn, void *arg)
{
	struct timer *timer = mem_alloc(sizeof(*timer));

	timer->fn = fn;
	timer->arg = arg;
	timer->event = event_new(loop->base, -1, 0, on_timer, timer);
	if (!timer->event)
		die("timer");
	return timer;
}

void
timer_free(struct timer *timer)
{
	if (!timer)
		return;
	event_free(timer->event);
	free(timer);
}

void
timer_in(struct timer *timer, int64_t ms)
{
	if (ms < 0)
		ms = 0;
	timer->due_ms = clock_mono_ms() + ms;
	timer_arm(timer, ms);
}

void
timer_off(struct timer *timer)
{
	event_del(timer->event);
}

static void
on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct loop_signal *s = arg;

	(void)signo;
	(void)what;
	s->fn(s->arg);
}

struct loop_signal *
loop_on_signal(struct loop *loop, int signo, loop_fn *fn, void *arg)
{
	struct loop_signal *s = mem_alloc(sizeof(*s));

	s->fn = fn;
	s->arg = arg;
	s->event = evsignal_new(loop->base, signo, on_signal, s);
	if (!s->event || event_add(s->event, NULL) != 0)
		die("signal");
	return s;
}

void
loop_signal_free(struct loop_signal *s)
{
	if (!s)
		return;
	event_free(s->event);
	free(s);
}
