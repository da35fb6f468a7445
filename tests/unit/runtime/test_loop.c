#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include "relay/base/clock.h"
#include "relay/runtime/loop.h"
#include "unit.h"

struct seen {
	struct loop *loop;
	struct timer *timer;
	unsigned calls;
	unsigned calls_when_armed;
	int64_t at_ms;
};

static void
on_time(void *arg)
{
	struct seen *s = arg;

	s->calls++;
	s->at_ms = clock_mono_ms();
	loop_stop(s->loop);
}

static void
stop_before_run_ends_it_at_once(void **state)
{
	struct loop *loop = loop_new();

	(void)state;
	loop_stop(loop);
	loop_stop(loop);
	loop_run(loop);
	loop_free(loop);
}

static void *
stop_it(void *loop)
{
	loop_stop(loop);
	return NULL;
}

static void
another_thread_stops_it(void **state)
{
	struct loop *loop = loop_new();
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, stop_it, loop), 0);
	loop_run(loop);
	pthread_join(thread, NULL);
	loop_free(loop);
}

static void
a_timer_fires_once_and_never_early(void **state)
{
	struct seen s = {.loop = loop_new()};
	struct timer *timer = timer_new(s.loop, on_time, &s);
	int64_t start_ms = clock_mono_ms();

	(void)state;
	timer_in(timer, 30);
	loop_run(s.loop);
	assert_true(s.at_ms - start_ms >= 30);
	assert_int_equal(s.calls, 1);
	timer_free(timer);
	loop_free(s.loop);
}

static void
arming_again_moves_a_timer(void **state)
{
	struct seen s = {.loop = loop_new()};
	struct timer *timer = timer_new(s.loop, on_time, &s);
	int64_t start_ms = clock_mono_ms();

	(void)state;
	timer_in(timer, 100000);
	timer_in(timer, 5);
	loop_run(s.loop);
	assert_true(s.at_ms - start_ms < 50000);
	timer_free(timer);
	loop_free(s.loop);
}

static void
a_timer_switched_off_does_not_fire(void **state)
{
	struct seen off = {.loop = loop_new()};
	struct seen on = {.loop = off.loop};
	struct timer *first = timer_new(off.loop, on_time, &off);
	struct timer *second = timer_new(off.loop, on_time, &on);

	(void)state;
	timer_in(first, 1);
	timer_in(second, 20);
	timer_off(first);
	loop_run(off.loop);
	assert_int_equal(off.calls, 0);
	assert_int_equal(on.calls, 1);
	timer_free(first);
	timer_free(second);
	loop_free(off.loop);
}

static void
arm_and_count(void *arg)
{
	struct seen *s = arg;

	timer_in(s->timer, 0);
	s->calls_when_armed = s->calls;
}

static void
zero_fires_after_the_callback_that_armed_it(void **state)
{
	struct seen s = {.loop = loop_new()};
	struct timer *outer = timer_new(s.loop, arm_and_count, &s);

	(void)state;
	s.timer = timer_new(s.loop, on_time, &s);
	timer_in(outer, 0);
	loop_run(s.loop);
	assert_int_equal(s.calls_when_armed, 0);
	assert_int_equal(s.calls, 1);
	timer_free(outer);
	timer_free(s.timer);
	loop_free(s.loop);
}

static void
a_signal_calls_its_function(void **state)
{
	struct seen s = {.loop = loop_new()};
	struct loop_signal *on = loop_on_signal(s.loop, SIGHUP, on_time, &s);

	(void)state;
	raise(SIGHUP);
	loop_run(s.loop);
	assert_int_equal(s.calls, 1);
	loop_signal_free(on);
	loop_free(s.loop);
}

static void
a_write_to_a_closed_pipe_does_not_kill(void **state)
{
	struct loop *loop = loop_new();

	(void)state;
	assert_int_equal(raise(SIGPIPE), 0);
	loop_free(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop_before_run_ends_it_at_once),
		cmocka_unit_test(another_thread_stops_it),
		cmocka_unit_test(a_timer_fires_once_and_never_early),
		cmocka_unit_test(arming_again_moves_a_timer),
		cmocka_unit_test(a_timer_switched_off_does_not_fire),
		cmocka_unit_test(zero_fires_after_the_callback_that_armed_it),
		cmocka_unit_test(a_signal_calls_its_function),
		cmocka_unit_test(a_write_to_a_closed_pipe_does_not_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
