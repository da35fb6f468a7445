/*
 * helper.h - killable child processes for work that blocks.
 *
 * A helper is this program again, run as `PROGRAM WORD`: it gets one job as
 * bytes over a socket pair, gives one answer back and ends.  Whatever happens
 * to it, a stall, a leak, a crash, the deadline ends it (SIGKILL) and the loop
 * never waits.  It is spawned, not forked, with an environment of its own
 * (no secret is in it, or in its arguments), and dies with its parent.
 *
 * Loop thread only, but for helper_serve(), which is the child's side.
 */
#ifndef RELAY_RUNTIME_HELPER_H
#define RELAY_RUNTIME_HELPER_H

#include <stddef.h>
#include <stdint.h>

#include "relay/base/buf.h"
#include "relay/base/err.h"
#include "relay/runtime/loop.h"

#define HELPER_ANSWER_MAX (2 * 1024 * 1024)

struct helpers;
struct helper;

/* program: NULL is this executable.  At most `most` run at once, the others wait
 * their turn, and their deadline with them: each gets its own time. */
struct helpers *helpers_new(struct loop *, const char *program, int most);
void helpers_free(struct helpers *); /* kills what runs; done is not called then */
struct loop *helpers_loop(const struct helpers *);

enum helper_end {
	HELPER_ANSWERED,
	HELPER_LATE,  /* killed at its deadline */
	HELPER_DIED,  /* ended without an answer, or with one too long */
	HELPER_UNBORN /* could not be started */
};
struct helper_answer {
	enum helper_end end;
	const char *data; /* ANSWERED; borrowed, NUL-terminated */
	size_t len;
	const char *text; /* otherwise: what happened, for people */
	int64_t elapsed_ms;
};
typedef void helper_done_fn(const struct helper_answer *, void *arg);

/*
 * Starts `PROGRAM word` with this job, which is copied and wiped once written.
 * done: exactly once, on the loop, never before this returns.  The deadline
 * and elapsed_ms count from when it runs.
 */
struct helper *helper_start(struct helpers *, const char *word, const void *job, size_t len,
                            int64_t deadline_ms, helper_done_fn *done, void *arg);
void helper_cancel(struct helper *); /* kills it; done is not called */

/*
 * In the child: no core, not traceable, dead when the parent is; reads the job
 * to its end, lets `work` append the answer, writes it.  Returns the exit code.
 * Fails with a word on standard error when it was not started by helper_start().
 */
typedef int helper_work_fn(char *job, size_t len, struct buf *answer, struct err *);
int helper_serve(helper_work_fn *);
/* In the child, from within `work`: memory beyond what it has now is bounded so; what
 * wants more ends it.  Not in builds with a sanitizer, which need far more. */
int helper_limit_memory(int64_t bytes, struct err *) MUST_CHECK;

#endif
