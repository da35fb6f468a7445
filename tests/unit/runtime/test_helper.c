/*
 * The helper is this very test program, started again with a word: what the
 * child does for each is below.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay/base/mem.h"
#include "relay/runtime/helper.h"
#include "unit.h"

#define LONG_MS 30000

/* The child's side */

static int
echo(char *job, size_t len, struct buf *answer, struct err *err)
{
	(void)err;
	buf_puts(answer, "echo ");
	buf_add(answer, job, len);
	return 0;
}

static int
hang(char *job, size_t len, struct buf *answer, struct err *err)
{
	(void)job, (void)len, (void)answer, (void)err;
	while (pause() < 0)
		;
	return -1;
}

static int
answer_then_hang(char *job, size_t len, struct buf *answer, struct err *err)
{
	uint32_t head = 2;

	(void)job, (void)len, (void)answer, (void)err;
	if (write(3, &head, sizeof(head)) < 0 || write(3, "ok", 2) < 0)
		return -1;
	return hang(job, len, answer, err);
}

static int
call_then_hang(char *job, size_t len, struct buf *answer, struct err *err)
{
	kill(getppid(), SIGUSR1);
	return hang(job, len, answer, err);
}

static int
half_an_answer(char *job, size_t len, struct buf *answer, struct err *err)
{
	uint32_t head = 100;

	(void)job, (void)len, (void)answer, (void)err;
	if (write(3, &head, sizeof(head)) < 0 || write(3, "half", 4) < 0)
		return -1;
	_exit(0);
}

static int
more_than_announced(char *job, size_t len, struct buf *answer, struct err *err)
{
	uint32_t head = 2;

	(void)job, (void)len, (void)answer, (void)err;
	if (write(3, &head, sizeof(head)) < 0 || write(3, "too much", 8) < 0)
		return -1;
	_exit(0);
}

static int
endless(char *job, size_t len, struct buf *answer, struct err *err)
{
	uint32_t head = HELPER_ANSWER_MAX + 1;

	(void)job, (void)len, (void)answer, (void)err;
	if (write(3, &head, sizeof(head)) < 0)
		return -1;
	while (write(3, "xxxxxxxx", 8) > 0)
		;
	return -1;
}

static int
largest(char *job, size_t len, struct buf *answer, struct err *err)
{
	(void)job, (void)len, (void)err;
	buf_reserve(answer, HELPER_ANSWER_MAX);
	memset(answer->data, 'x', HELPER_ANSWER_MAX);
	answer->len = HELPER_ANSWER_MAX;
	return 0;
}

static int
too_large(char *job, size_t len, struct buf *answer, struct err *err)
{
	largest(job, len, answer, err);
	buf_putc(answer, 'x');
	return 0;
}

static int
crash(char *job, size_t len, struct buf *answer, struct err *err)
{
	(void)job, (void)len, (void)answer, (void)err;
	signal(SIGABRT, SIG_DFL);
	abort();
}

static int
give_up(char *job, size_t len, struct buf *answer, struct err *err)
{
	(void)job, (void)len, (void)answer;
	return err_set(err, "as it was told to");
}

static void
tell_files(struct buf *answer)
{
	for (int fd = 0; fd < 200; fd++) {
		char path[64], target[256] = "";
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ssize_t n = readlink(path, target, sizeof(target) - 1);
		if (n > 0)
			buf_printf(answer, "fd %d %.6s\n", fd, target);
	}
}

/* What this process has, as lines. */
static int
tell_self(char *job, size_t len, struct buf *answer, struct err *err)
{
	struct rlimit core;
	sigset_t blocked;
	int deathsig = 0, ignored = 0;

	(void)job, (void)len, (void)err;
	for (char **e = environ; *e; e++)
		buf_printf(answer, "env %s\n", *e);
	tell_files(answer);
	getrlimit(RLIMIT_CORE, &core);
	buf_printf(answer, "core %llu %llu\n", (unsigned long long)core.rlim_cur,
	           (unsigned long long)core.rlim_max);
	prctl(PR_GET_PDEATHSIG, &deathsig);
	buf_printf(answer, "deathsig %d\n", deathsig);
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	for (int s = 1; s < 32; s++) {
		struct sigaction action;
		buf_printf(answer, sigismember(&blocked, s) > 0 ? "blocked %d\n" : "", s);
		if (sigaction(s, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			ignored |= 1 << s;
	}
	buf_printf(answer, "ignored %x\n", ignored);
	return 0;
}

static int
tell_pid(char *job, size_t len, struct buf *answer, struct err *err)
{
	(void)job, (void)len, (void)err;
	buf_printf(answer, "%d", (int)getpid());
	return 0;
}

/* So many MiB beyond what it has, of which 8 are allowed. */
static int
take_memory(char *job, size_t len, struct buf *answer, struct err *err)
{
	size_t size = strtoul(job, NULL, 10) << 20;
	volatile char *memory;

	(void)len;
	if (helper_limit_memory(INT64_C(8) << 20, err) < 0)
		return -1;
	memory = malloc(size);
	buf_puts(answer, memory ? "had" : "refused");
	for (size_t i = 0; memory && i < size; i += 4096)
		memory[i] = 1;
	free((void *)memory);
	return 0;
}

static const struct {
	const char *word;
	helper_work_fn *work;
} works[] = {
	{"echo", echo},           {"hang", hang},           {"answer-then-hang", answer_then_hang},
	{"call", call_then_hang}, {"half", half_an_answer}, {"more", more_than_announced},
	{"endless", endless},     {"largest", largest},     {"too-large", too_large},
	{"crash", crash},         {"fail", give_up},        {"self", tell_self},
	{"pid", tell_pid},        {"memory", take_memory},
};

/* The parent's side */

struct desk {
	struct loop *loop;
	struct helpers *helpers;
	int awaited; /* the loop stops when so many were told */
	int told, ends[HELPER_UNBORN + 1];
	bool starting; /* inside helper_start() */
	struct buf data, text;
	int64_t elapsed_ms;
	struct helper *to_cancel; /* from within done */
};

static void
on_done(const struct helper_answer *answer, void *arg)
{
	struct desk *d = arg;

	assert_false(d->starting);
	d->told++;
	d->ends[answer->end]++;
	d->elapsed_ms = answer->elapsed_ms;
	buf_reset(&d->data);
	buf_reset(&d->text);
	if (answer->end == HELPER_ANSWERED) {
		assert_null(answer->text);
		assert_int_equal(answer->data[answer->len], '\0');
		buf_add(&d->data, answer->data, answer->len);
	} else {
		buf_puts(&d->text, answer->text);
	}
	if (d->to_cancel)
		helper_cancel(d->to_cancel);
	d->to_cancel = NULL;
	if (d->told == d->awaited)
		loop_stop(d->loop);
}

static int
open_desk(void **state)
{
	struct desk *d = mem_alloc(sizeof(*d));

	d->loop = loop_new();
	d->helpers = helpers_new(d->loop, NULL, 2);
	*state = d;
	return 0;
}

/* Nobody of ours may be left, dead or alive. */
static int
close_desk(void **state)
{
	struct desk *d = *state;

	helpers_free(d->helpers);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	loop_free(d->loop);
	buf_fini(&d->data);
	buf_fini(&d->text);
	free(d);
	return 0;
}

static struct helper *
ask(struct desk *d, const char *word, const void *job, size_t len, int64_t deadline_ms)
{
	d->starting = true;
	struct helper *h = helper_start(d->helpers, word, job, len, deadline_ms, on_done, d);
	d->starting = false;
	return h;
}

static void
wait_for(struct desk *d, int more)
{
	d->awaited = d->told + more;
	loop_run(d->loop);
	assert_int_equal(d->told, d->awaited);
}

static void
an_answer_comes_back(void **state)
{
	struct desk *d = *state;

	ask(d, "echo", "hello\0there", 11, LONG_MS);
	wait_for(d, 1);
	assert_int_equal(d->ends[HELPER_ANSWERED], 1);
	assert_int_equal(d->data.len, 16);
	assert_memory_equal(d->data.data, "echo hello\0there", 16);
}

static void
jobs_and_answers_larger_than_a_socket_s_buffer_come_whole(void **state)
{
	struct desk *d = *state;
	size_t len = HELPER_ANSWER_MAX - 5;
	char *job = mem_alloc(len);

	for (size_t i = 0; i < len; i++)
		job[i] = (char)('a' + i % 23);
	ask(d, "echo", job, len, LONG_MS);
	ask(d, "largest", "", 0, LONG_MS);
	wait_for(d, 2);
	assert_int_equal(d->ends[HELPER_ANSWERED], 2);
	ask(d, "echo", job, len, LONG_MS);
	wait_for(d, 1);
	assert_int_equal(d->data.len, len + 5);
	assert_memory_equal(d->data.data + 5, job, len);
	free(job);
}

static void
one_that_hangs_is_ended_at_its_deadline(void **state)
{
	struct desk *d = *state;

	ask(d, "hang", "x", 1, 300);
	wait_for(d, 1);
	assert_int_equal(d->ends[HELPER_LATE], 1);
	assert_in_range(d->elapsed_ms, 300, 10000);
	assert_non_null(strstr(buf_text(&d->text), "deadline"));
}

static void
one_that_does_not_read_its_job_is_ended_too(void **state)
{
	struct desk *d = *state;
	size_t len = 8 * 1024 * 1024;
	char *job = mem_alloc(len);

	ask(d, "deaf", job, len, 300);
	ask(d, "gone", job, len, LONG_MS);
	wait_for(d, 2);
	assert_int_equal(d->ends[HELPER_LATE], 1);
	assert_int_equal(d->ends[HELPER_DIED], 1);
	free(job);
}

static void
an_answer_that_is_there_at_the_deadline_counts(void **state)
{
	struct desk *d = *state;

	ask(d, "answer-then-hang", "x", 1, 1500);
	wait_for(d, 1);
	assert_int_equal(d->ends[HELPER_ANSWERED], 1);
	assert_string_equal(d->data.data, "ok");
}

static void
ends_without_a_whole_answer_say_what_happened(void **state)
{
	static const struct {
		const char *word, *text;
	} cases[] = {
		{"half", "without an answer"},   {"more", "too long"},  {"endless", "too long"},
		{"too-large", "exit code 1"},    {"crash", "signal 6"}, {"fail", "exit code 1"},
		{"no-such-word", "exit code 9"},
	};
	struct desk *d = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		ask(d, cases[i].word, "x", 1, LONG_MS);
		wait_for(d, 1);
		assert_int_equal(d->ends[HELPER_DIED], i + 1);
		if (!strstr(buf_text(&d->text), cases[i].text))
			fail_msg("%s: %s", cases[i].word, buf_text(&d->text));
	}
}

static void
a_job_over_the_bound_is_refused_by_the_child(void **state)
{
	struct desk *d = *state;
	size_t len = 16 * 1024 * 1024 + 1;
	char *job = mem_alloc(len);

	ask(d, "echo", job, len, LONG_MS);
	wait_for(d, 1);
	assert_int_equal(d->ends[HELPER_DIED], 1);
	free(job);
}

static void
a_program_that_is_not_there_is_told(void **state)
{
	struct desk *d = *state;
	struct helpers *helpers = helpers_new(d->loop, "/nonexistent/program", 2);

	d->starting = true;
	helper_start(helpers, "echo", "x", 1, LONG_MS, on_done, d);
	helper_start(helpers, "echo", "x", 1, LONG_MS, on_done, d);
	d->starting = false;
	wait_for(d, 2);
	assert_int_equal(d->ends[HELPER_UNBORN], 2);
	assert_non_null(strstr(buf_text(&d->text), "No such file"));
	helpers_free(helpers);
}

static void
a_burst_waits_its_turn(void **state)
{
	struct desk *d = *state;

	for (int i = 0; i < 25; i++)
		ask(d, "echo", "x", 1, LONG_MS);
	wait_for(d, 25);
	assert_int_equal(d->ends[HELPER_ANSWERED], 25);
}

static void
count_children(void *arg)
{
	int *children = arg;
	char path[64];
	FILE *list;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	list = fopen(path, "r");
	assert_non_null(list);
	for (*children = 0; fscanf(list, "%d", &pid) == 1;)
		++*children;
	fclose(list);
}

static void
no_more_than_agreed_run_and_who_waits_has_all_its_time_then(void **state)
{
	struct desk *d = *state;
	int children = 0;
	struct timer *look = timer_new(d->loop, count_children, &children);

	ask(d, "hang", "x", 1, 2000);
	ask(d, "hang", "x", 1, 2000);
	ask(d, "hang", "x", 1, 1500); /* would be over before it began */
	ask(d, "echo", "x", 1, LONG_MS);
	timer_in(look, 200);
	wait_for(d, 2);
	assert_int_equal(d->ends[HELPER_LATE], 2);
	assert_int_equal(children, 2);
	wait_for(d, 1);
	assert_int_equal(d->ends[HELPER_ANSWERED], 1);
	assert_in_range(d->elapsed_ms, 0, 1990); /* it did not count the waiting */
	wait_for(d, 1);
	assert_int_equal(d->ends[HELPER_LATE], 3);
	assert_in_range(d->elapsed_ms, 1500, 10000);
	timer_free(look);
}

static void
who_ignores_the_end_of_children_is_told_it_all_the_same(void **state)
{
	struct desk *d = *state;

	helpers_free(d->helpers);
	signal(SIGCHLD, SIG_IGN); /* as inherited */
	d->helpers = helpers_new(d->loop, NULL, 2);
	ask(d, "fail", "x", 1, LONG_MS);
	wait_for(d, 1);
	signal(SIGCHLD, SIG_DFL);
	assert_non_null(strstr(buf_text(&d->text), "exit code 1"));
}

static void
who_is_cancelled_is_not_told(void **state)
{
	struct desk *d = *state;
	struct helper *running = ask(d, "hang", "x", 1, LONG_MS);
	ask(d, "hang", "x", 1, 300);
	struct helper *waiting = ask(d, "echo", "x", 1, LONG_MS);

	helper_cancel(waiting);
	d->to_cancel = running;
	struct helper *other = ask(d, "hang", "x", 1, LONG_MS);
	ask(d, "echo", "late", 4, LONG_MS);
	wait_for(d, 1);
	assert_int_equal(d->ends[HELPER_LATE], 1);
	wait_for(d, 1);
	assert_string_equal(d->data.data, "echo late");
	helper_cancel(other);
}

static void
freeing_ends_all_of_them(void **state)
{
	struct desk *d = *state;

	ask(d, "echo", "x", 1, LONG_MS);
	for (int i = 0; i < 5; i++)
		ask(d, "hang", "x", 1, LONG_MS);
	wait_for(d, 1); /* two run by now; close_desk() looks for zombies */
}

static void
other_children_are_left_alone(void **state)
{
	struct desk *d = *state;
	int status;
	pid_t mine = fork();

	if (mine == 0)
		_exit(7);
	for (int i = 0; i < 4; i++)
		ask(d, "echo", "x", 1, LONG_MS);
	wait_for(d, 4);
	assert_int_equal(waitpid(mine, &status, 0), mine);
	assert_int_equal(WEXITSTATUS(status), 7);
}

static size_t
lines_with(const char *text, const char *start)
{
	size_t count = 0;

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		count += strncmp(line, start, strlen(start)) == 0;
	}
	return count;
}

static void
the_child_has_nothing_of_ours(void **state)
{
	struct desk *d = *state;
	int open_file = open("/etc/hostname", O_RDONLY); /* without close-on-exec */
	sigset_t usr1, before;
	char ignored[32];

	setenv("DRIFTBELL_SECRET", "hunter2", 1);
	setenv("HOME", "/root", 1);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, &before);
	signal(SIGHUP, SIG_IGN);
	ask(d, "self", "x", 1, LONG_MS);
	wait_for(d, 1);
	signal(SIGHUP, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	unsetenv("DRIFTBELL_SECRET");
	close(open_file);

	const char *told = buf_text(&d->data);
	assert_null(strstr(told, "hunter2"));
	assert_int_equal(lines_with(told, "env HOME=/nonexistent\n"), 1);
	assert_int_equal(lines_with(told, "env XDG_CONFIG_DIR=/nonexistent\n"), 1);
	assert_int_equal(lines_with(told, "env XDG_CONFIG_HOME=/nonexistent\n"), 1);
	assert_int_equal(lines_with(told, "env LC_ALL=C\n"), 1);
	assert_int_equal(lines_with(told, "env ") - lines_with(told, "env ASAN_OPTIONS=") -
	                         lines_with(told, "env UBSAN_OPTIONS=") -
	                         lines_with(told, "env TSAN_OPTIONS="),
	                 5);
	assert_int_equal(lines_with(told, "fd "), 4);
	assert_int_equal(lines_with(told, "fd 0 /dev/n\n"), 1);
	assert_int_equal(lines_with(told, "fd 1 /dev/n\n"), 1);
	assert_int_equal(lines_with(told, "fd 3 socket\n"), 1);
	assert_int_equal(lines_with(told, "core 0 0\n"), 1);
	assert_int_equal(lines_with(told, "deathsig 9\n"), 1);
	/* What is said to the whole group is for its parent. */
	assert_int_equal(lines_with(told, "blocked "), 4);
	assert_int_equal(lines_with(told, "blocked 1\n"), 1);
	assert_int_equal(lines_with(told, "blocked 2\n"), 1);
	assert_int_equal(lines_with(told, "blocked 3\n"), 1);
	assert_int_equal(lines_with(told, "blocked 15\n"), 1);
	snprintf(ignored, sizeof(ignored), "ignored %x\n", 1 << SIGPIPE);
	assert_int_equal(lines_with(told, ignored), 1);
}

static void
end_badly(void *arg)
{
	(void)arg;
	raise(SIGKILL);
}

/* A parent in between starts one that tells it so when it hangs, and is killed
 * then. */
static void
it_dies_with_its_parent(void **state)
{
	pid_t between, helper;
	int status;

	(void)state;
	/* Orphans come to us, so that their end can be waited for. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	between = fork();
	if (between == 0) {
		struct loop *loop = loop_new();
		loop_on_signal(loop, SIGUSR1, end_badly, NULL);
		helper_start(helpers_new(loop, NULL, 1), "call", "x", 1, LONG_MS, NULL, NULL);
		loop_run(loop);
		_exit(1);
	}
	assert_int_equal(waitpid(between, &status, 0), between);
	assert_true(WIFSIGNALED(status));
	helper = waitpid(-1, &status, 0);
	assert_true(helper > 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* Two helpers at the same time are two processes. */
static void
each_is_a_process_of_its_own(void **state)
{
	struct desk *d = *state;

	ask(d, "pid", "x", 1, LONG_MS);
	wait_for(d, 1);
	int first = atoi(d->data.data);
	ask(d, "pid", "x", 1, LONG_MS);
	wait_for(d, 1);
	assert_int_not_equal(first, atoi(d->data.data));
	assert_int_not_equal(first, getpid());
}

/* Builds with a sanitizer have no bound. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BOUNDED 0
#else
#define BOUNDED 1
#endif

static void
memory_beyond_its_bound_is_refused(void **state)
{
	struct desk *d = *state;

	ask(d, "memory", "4", 1, LONG_MS);
	wait_for(d, 1);
	assert_string_equal(d->data.data, "had");
	ask(d, "memory", "64", 2, LONG_MS);
	wait_for(d, 1);
	assert_string_equal(d->data.data, BOUNDED ? "refused" : "had");
}

int
main(int argc, char **argv)
{
#define DESK(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)
	const struct CMUnitTest tests[] = {
		DESK(an_answer_comes_back),
		DESK(jobs_and_answers_larger_than_a_socket_s_buffer_come_whole),
		DESK(one_that_hangs_is_ended_at_its_deadline),
		DESK(one_that_does_not_read_its_job_is_ended_too),
		DESK(an_answer_that_is_there_at_the_deadline_counts),
		DESK(ends_without_a_whole_answer_say_what_happened),
		DESK(a_job_over_the_bound_is_refused_by_the_child),
		DESK(a_program_that_is_not_there_is_told),
		DESK(a_burst_waits_its_turn),
		DESK(no_more_than_agreed_run_and_who_waits_has_all_its_time_then),
		DESK(who_ignores_the_end_of_children_is_told_it_all_the_same),
		DESK(who_is_cancelled_is_not_told),
		DESK(freeing_ends_all_of_them),
		DESK(other_children_are_left_alone),
		DESK(the_child_has_nothing_of_ours),
		DESK(each_is_a_process_of_its_own),
		DESK(memory_beyond_its_bound_is_refused),
		cmocka_unit_test(it_dies_with_its_parent),
	};

	for (size_t i = 0; argc == 2 && i < COUNT(works); i++)
		if (strcmp(argv[1], works[i].word) == 0)
			return helper_serve(works[i].work);
	if (argc == 2 && strcmp(argv[1], "deaf") == 0)
		pause();
	if (argc == 2)
		return 9;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
