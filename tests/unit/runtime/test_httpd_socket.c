/* What a request costs in calls to the kernel: the socket stays on epoll's list. */
#include <dlfcn.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "desk.h"
#include "relay/base/clock.h"
#include "unit.h"

static atomic_uint changes; /* of epoll's list */
static atomic_uint sleeps;  /* of the loop: nothing was there */

/* In front of libc's, which libevent calls by name. */
int
epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	static int (*real)(int, int, int, struct epoll_event *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "epoll_ctl");
	changes++;
	return real(epfd, op, fd, event);
}

int
epoll_wait(int epfd, struct epoll_event *events, int most, int timeout)
{
	static int (*real)(int, struct epoll_event *, int, int);
	int n;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "epoll_wait");
	n = real(epfd, events, most, 0);
	if (n != 0)
		return n;
	sleeps++;
	return real(epfd, events, most, timeout);
}

static void
expect(int fd, const char *part)
{
	char *answer = net_answer(fd);

	assert_non_null(strstr(answer, part));
	free(answer);
}

static void
ask_later(struct desk *d, int fd)
{
	assert_true(net_send(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"));
	desk_wait_asked(d);
}

static void
a_request_leaves_the_list_as_it_is(void **state)
{
	struct desk *d = *state;
	int fd = net_connect(desk_address(d));
	unsigned before;

	ask_later(d, fd);
	desk_answer_later(d);
	expect(fd, "at last\n");
	before = changes;
	for (int i = 0; i < 20; i++) {
		ask_later(d, fd);
		desk_answer_later(d);
		expect(fd, "at last\n");
	}
	assert_int_equal(changes, before);
	close(fd);
}

/* What was sent is there by now, so a loop that turns for it never sleeps. */
static void
assert_loop_sleeps(struct desk *d)
{
	int64_t until_ms = clock_mono_ms() + NET_WAIT_MS;
	unsigned before = sleeps;

	desk_open_requests(d);
	while (sleeps == before && clock_mono_ms() < until_ms)
		sched_yield();
	assert_int_not_equal(sleeps, before);
}

static void
sending_on_while_the_answer_is_awaited_keeps_nobody_busy(void **state)
{
	struct desk *d = *state;
	int fd = net_connect(desk_address(d));

	for (int i = 0; i < 3; i++) {
		ask_later(d, fd);
		assert_true(net_send(fd, "GET /again HTTP/1.1\r\n"));
		assert_loop_sleeps(d);
		desk_answer_later(d);
		expect(fd, "at last\n");
		assert_true(net_send(fd, "Host: x\r\n\r\n"));
		expect(fd, "0 bytes\n");
		desk_wait_asked(d);
	}
	close(fd);
}

static void
leaving_while_the_answer_is_awaited_keeps_nobody_busy(void **state)
{
	struct desk *d = *state;
	int fd = net_connect(desk_address(d));

	ask_later(d, fd);
	close(fd);
	assert_loop_sleeps(d);
	desk_answer_later(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(a_request_leaves_the_list_as_it_is),
		DESK_TEST(sending_on_while_the_answer_is_awaited_keeps_nobody_busy),
		DESK_TEST(leaving_while_the_answer_is_awaited_keeps_nobody_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
