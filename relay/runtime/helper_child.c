/*
 * helper_child.c - the child's side: see to it that nothing of the job leaves
 * this process but by the work itself, then read, work, answer, end.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/runtime/helper_internal.h"

#define JOB_MAX (16 * 1024 * 1024)

/*
 * The leak checker of a test build looks at the process the way a debugger
 * does, and fails loudly where it may not.
 */
#if defined(__SANITIZE_ADDRESS__)
#define TRACEABLE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TRACEABLE 1
#endif
#endif
#ifndef TRACEABLE
#define TRACEABLE 0
#endif
/* Sanitizers keep books of all memory, in more memory than that. */
#if TRACEABLE || defined(__SANITIZE_THREAD__)
#define MEASURABLE 0
#else
#define MEASURABLE 1
#endif

static int
harden(struct err *err)
{
	const struct rlimit none = {0, 0};
	struct ucred parent;
	socklen_t len = sizeof(parent);

	if (getsockopt(HELPER_FD, SOL_SOCKET, SO_PEERCRED, &parent, &len) < 0)
		return err_set(err, "this command is for driftbell itself");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setrlimit(RLIMIT_CORE, &none) < 0 ||
	    prctl(PR_SET_DUMPABLE, TRACEABLE) < 0)
		return err_errno(err, "the helper cannot be shut in");
	/* Who made the socket pair started us.  When it is not our parent any
	 * more it ended before it was told to take us with it. */
	if (getppid() != parent.pid)
		return err_set(err, "the helper was left alone");
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

/* What RLIMIT_DATA counts (proc(5), statm: data and stack), in bytes; 0: not known. */
static int64_t
data_used(void)
{
	long long pages = 0;
	FILE *statm = fopen("/proc/self/statm", "re");

	if (statm && fscanf(statm, "%*d %*d %*d %*d %*d %lld", &pages) != 1)
		pages = 0;
	if (statm)
		fclose(statm);
	return pages * sysconf(_SC_PAGESIZE);
}

int
helper_limit_memory(int64_t bytes, struct err *err)
{
	int64_t used = data_used();
	const struct rlimit limit = {(rlim_t)(used + bytes), (rlim_t)(used + bytes)};

	if (!MEASURABLE)
		return 0;
	if (used == 0 || setrlimit(RLIMIT_DATA, &limit) < 0)
		return err_errno(err, "the helper's memory cannot be bounded");
	return 0;
}

/* In memory of one piece: nothing of the job is left behind where it grew. */
static int
read_job(char **job, size_t *len, struct err *err)
{
	*len = 0;
	*job = mem_alloc(JOB_MAX + 1);
	for (;;) {
		ssize_t n = read(HELPER_FD, *job + *len, JOB_MAX + 1 - *len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "the helper's job");
		if (n == 0)
			break;
		*len += (size_t)n;
		if (*len > JOB_MAX)
			return err_set(err, "the helper's job is too long");
	}
	(*job)[*len] = '\0';
	return 0;
}

static int
write_all(const void *data, size_t len, struct err *err)
{
	const char *bytes = data;

	while (len) {
		ssize_t n = write(HELPER_FD, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "the helper's answer");
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
serve(helper_work_fn *work, struct buf *answer, struct err *err)
{
	size_t len = 0;
	char *job = NULL;
	int rc = read_job(&job, &len, err);

	if (rc == 0)
		rc = work(job, len, answer, err);
	if (job)
		mem_wipe_free(job, len);
	if (rc < 0)
		return -1;
	if (answer->len > HELPER_ANSWER_MAX)
		return err_set(err, "the helper's answer is too long");

	uint32_t head = (uint32_t)answer->len;
	if (write_all(&head, HELPER_HEAD, err) < 0)
		return -1;
	return write_all(buf_text(answer), answer->len, err);
}

int
helper_serve(helper_work_fn *work)
{
	struct buf answer = {0};
	struct err err = {0};
	int rc = harden(&err);

	if (rc < 0)
		fprintf(stderr, "driftbell: %s\n", err.text);
	else if ((rc = serve(work, &answer, &err)) < 0)
		log_error("helper failed", "text", err.text, LOG_END);
	buf_fini(&answer);
	return rc < 0 ? 1 : 0;
}
