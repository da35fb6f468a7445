/*
 * helper.c - the parent's side: who runs, who waits, who is only to be buried.
 *
 *	WAITING --> RUNNING --(it has ended)--> told and freed
 *	   |           |
 *	   |           +--(deadline: told; cancel)--> DYING --(it has ended)--> freed
 *	   +--(cancel)--> freed
 *
 * A child is reaped by its own pid when its pidfd says that it has ended, so
 * other children of this process are nobody's business here, and nothing
 * blocks.  It has its slot until then.
 */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/runtime/helper_internal.h"

#define READ_SIZE 16384

enum helper_state { WAITING, RUNNING, DYING };

struct helper {
	TAILQ_ENTRY(helper) link; /* in the list of its state */
	struct helpers *owner;
	enum helper_state state;
	char *word;
	char *job; /* NULL once it is written */
	size_t job_len, job_written;
	struct buf answer; /* with its head */
	bool too_long;
	helper_done_fn *done;
	void *arg;
	int64_t started_ms;  /* monotonic; when it ran first, or should have */
	int64_t deadline_ms; /* from then */
	struct timer *deadline;

	pid_t pid; /* these while RUNNING and DYING */
	int fd;    /* -1 once closed */
	int pidfd;
	struct event *readable, *writable, *ended;
};

TAILQ_HEAD(helper_list, helper);

struct helpers {
	struct loop *loop;
	char *program;
	int most, alive;          /* alive: running and dying */
	struct timer *start_soon; /* done never comes before helper_start() returns */
	struct helper_list lists[DYING + 1];
};

static void
move_to(struct helper *h, enum helper_state state)
{
	TAILQ_REMOVE(&h->owner->lists[h->state], h, link);
	h->state = state;
	TAILQ_INSERT_TAIL(&h->owner->lists[state], h, link);
}

static void
wipe_job(struct helper *h)
{
	mem_wipe_free(h->job, h->job_len);
	h->job = NULL;
}

static void
event_end(struct event **event)
{
	if (*event)
		event_free(*event);
	*event = NULL;
}

static void
close_fd(struct helper *h)
{
	event_end(&h->readable);
	event_end(&h->writable);
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
}

static void
helper_free(struct helper *h)
{
	TAILQ_REMOVE(&h->owner->lists[h->state], h, link);
	if (h->state != WAITING) {
		close_fd(h);
		event_end(&h->ended);
		close(h->pidfd);
		h->owner->alive--;
	}
	timer_free(h->deadline);
	wipe_job(h);
	buf_fini(&h->answer);
	free(h->word);
	free(h);
}

/* The caller frees the helper, or lets it die, before anybody else may. */
static void
tell(struct helper *h, enum helper_end end, const char *text)
{
	struct helper_answer answer = {
		.end = end,
		.text = text,
		.elapsed_ms = clock_mono_ms() - h->started_ms,
	};
	helper_done_fn *done = h->done;

	if (end == HELPER_ANSWERED) {
		answer.data = h->answer.data + HELPER_HEAD;
		answer.len = h->answer.len - HELPER_HEAD;
		answer.text = NULL;
	}
	h->done = NULL;
	if (done)
		done(&answer, h->arg);
}

/* Everything that is there now; true while more may come. */
static bool
read_on(struct helper *h)
{
	char bytes[READ_SIZE];
	size_t room;

	while ((room = frame_room(&h->answer)) > 0) {
		ssize_t n = recv(h->fd, bytes, room < READ_SIZE ? room : READ_SIZE, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (n == 0)
			return false;
		buf_add(&h->answer, bytes, (size_t)n);
	}
	h->too_long = true;
	return false;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct helper *h = arg;

	(void)fd;
	(void)what;
	if (!read_on(h))
		event_end(&h->readable);
	if (h->too_long)
		kill(h->pid, SIGKILL); /* told when it has ended */
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct helper *h = arg;

	(void)what;
	while (h->job_written < h->job_len) {
		ssize_t n = send(fd, h->job + h->job_written, h->job_len - h->job_written,
		                 MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			break; /* it has ended, or will not read on: its end tells */
		h->job_written += (size_t)n;
	}
	wipe_job(h);
	event_end(&h->writable);
	shutdown(fd, SHUT_WR);
}

static char *
end_text(const struct helper *h, int status, bool known)
{
	if (h->too_long)
		return mem_str("the helper's answer is too long");
	if (known && WIFSIGNALED(status))
		return mem_fmt("the helper was ended by signal %d (%s)", WTERMSIG(status),
		               strsignal(WTERMSIG(status)));
	if (known && WEXITSTATUS(status) != 0)
		return mem_fmt("the helper ended with exit code %d", WEXITSTATUS(status));
	return mem_str("the helper ended without an answer");
}

static void start_waiting(struct helpers *);

static void
on_ended(evutil_socket_t fd, short what, void *arg)
{
	struct helper *h = arg;
	struct helpers *owner = h->owner;
	int status = 0;
	pid_t pid = waitpid(h->pid, &status, WNOHANG);
	char *text;

	(void)fd;
	(void)what;
	if (pid == 0 || (pid < 0 && errno == EINTR))
		return;
	if (h->state == RUNNING) {
		/* What it wrote at last may not have been read yet. */
		read_on(h);
		text = end_text(h, status, pid > 0);
		/* Out of reach of a helper_cancel() or a deadline from within done. */
		move_to(h, DYING);
		tell(h, frame_is_whole(&h->answer) ? HELPER_ANSWERED : HELPER_DIED, text);
		free(text);
	}
	helper_free(h);
	start_waiting(owner);
}

static void
let_die(struct helper *h)
{
	kill(h->pid, SIGKILL); /* not reaped yet, so the pid is still its own */
	wipe_job(h);
	close_fd(h);
	timer_off(h->deadline);
	move_to(h, DYING);
}

static void
on_deadline(void *arg)
{
	struct helper *h = arg;

	read_on(h);
	bool is_answered = frame_is_whole(&h->answer);
	let_die(h);
	tell(h, is_answered ? HELPER_ANSWERED : HELPER_LATE,
	     "the helper was ended at its deadline");
}

static struct event *
watch(struct helper *h, int fd, short what, event_callback_fn fn)
{
	struct event *event = event_new(loop_base(h->owner->loop), fd, what | EV_PERSIST, fn, h);

	if (!event || event_add(event, NULL) != 0)
		mem_die("event loop");
	return event;
}

static void
start(struct helper *h)
{
	struct err err = {0};

	h->started_ms = clock_mono_ms();
	h->pid = helper_spawn(h->owner->program, h->word, &h->fd, &h->pidfd, &err);
	if (h->pid < 0) {
		tell(h, HELPER_UNBORN, err.text);
		helper_free(h);
		return;
	}
	h->owner->alive++;
	move_to(h, RUNNING);
	timer_in(h->deadline, h->deadline_ms);
	h->readable = watch(h, h->fd, EV_READ, on_readable);
	h->writable = watch(h, h->fd, EV_WRITE, on_writable);
	h->ended = watch(h, h->pidfd, EV_READ, on_ended);
}

static void
start_waiting(struct helpers *owner)
{
	struct helper *h;

	while (owner->alive < owner->most && (h = TAILQ_FIRST(&owner->lists[WAITING])))
		start(h);
}

static void
on_start_soon(void *arg)
{
	start_waiting(arg);
}

struct helpers *
helpers_new(struct loop *loop, const char *program, int most)
{
	struct helpers *owner = mem_alloc(sizeof(*owner));

	/* Where whoever started us ignores it, the kernel buries our children
	 * itself, and gives their pids to others. */
	signal(SIGCHLD, SIG_DFL);
	owner->loop = loop;
	/* In the child too this link is the program that runs now, whatever an
	 * upgrade has put in its place meanwhile. */
	owner->program = mem_str(program ? program : "/proc/self/exe");
	owner->most = most > 0 ? most : 1;
	owner->start_soon = timer_new(loop, on_start_soon, owner);
	for (size_t i = 0; i < COUNT(owner->lists); i++)
		TAILQ_INIT(&owner->lists[i]);
	return owner;
}

void
helpers_free(struct helpers *owner)
{
	struct helper *h;

	if (!owner)
		return;
	while ((h = TAILQ_FIRST(&owner->lists[WAITING])))
		helper_free(h);
	while ((h = TAILQ_FIRST(&owner->lists[RUNNING])))
		let_die(h);
	while ((h = TAILQ_FIRST(&owner->lists[DYING]))) {
		/* It was killed, so this is the time the kernel takes. */
		while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
			;
		helper_free(h);
	}
	timer_free(owner->start_soon);
	free(owner->program);
	free(owner);
}

struct loop *
helpers_loop(const struct helpers *owner)
{
	return owner->loop;
}

struct helper *
helper_start(struct helpers *owner, const char *word, const void *job, size_t len,
             int64_t deadline_ms, helper_done_fn *done, void *arg)
{
	struct helper *h = mem_alloc(sizeof(*h));

	h->owner = owner;
	h->word = mem_str(word);
	h->job = mem_dup(job, len);
	h->job_len = len;
	h->done = done;
	h->arg = arg;
	h->fd = h->pidfd = -1;
	h->state = WAITING;
	TAILQ_INSERT_TAIL(&owner->lists[WAITING], h, link);
	h->deadline_ms = deadline_ms;
	h->deadline = timer_new(owner->loop, on_deadline, h);
	timer_in(owner->start_soon, 0);
	return h;
}

void
helper_cancel(struct helper *h)
{
	h->done = NULL;
	if (h->state == WAITING)
		helper_free(h);
	else if (h->state == RUNNING)
		let_die(h);
}
