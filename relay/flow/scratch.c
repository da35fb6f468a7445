#include "relay/flow/scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "relay/base/mem.h"

/* What a store makes, and what it may leave. */
static const char *const files[] = {"store.db",         "store.db-wal",  "store.db-shm",
                                    "store.db-journal", "store.db.lock", "store.db.reserve"};
static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

/* A signal may come between any two lines, so all of it is ready beforehand. */
static struct {
	char *path, *url;
	volatile sig_atomic_t there;
	struct sigaction before[COUNT(signals)];
} scratch;

/* Calls only what a signal handler may call. */
static void
clear(void)
{
	int folder = open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	for (size_t i = 0; i < COUNT(files); i++)
		unlinkat(folder, files[i], 0);
	if (folder >= 0)
		close(folder);
	rmdir(scratch.path);
}

static void
on_signal(int number)
{
	if (scratch.there)
		clear();
	signal(number, SIG_DFL);
	raise(number);
}

/* One that is ignored (nohup) stays so. */
static void
watch_signals(void)
{
	const struct sigaction action = {.sa_handler = on_signal};

	for (size_t i = 0; i < COUNT(signals); i++) {
		sigaction(signals[i], NULL, &scratch.before[i]);
		if (scratch.before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

int
scratch_make(struct err *err)
{
	const char *tmp = getenv("TMPDIR");

	scratch.path = mem_fmt("%s/driftbell-dryrun-XXXXXX", tmp != NULL && *tmp ? tmp : "/tmp");
	watch_signals();
	if (mkdtemp(scratch.path) == NULL) {
		err_errno(err, "no scratch folder under %s", tmp != NULL && *tmp ? tmp : "/tmp");
		scratch_remove();
		return -1;
	}
	scratch.there = 1;
	scratch.url = mem_fmt("sqlite:%s/%s", scratch.path, files[0]);
	return 0;
}

const char *
scratch_store(void)
{
	return scratch.url;
}

void
scratch_remove(void)
{
	if (scratch.path == NULL)
		return;
	if (scratch.there)
		clear();
	scratch.there = 0;
	for (size_t i = 0; i < COUNT(signals); i++)
		sigaction(signals[i], &scratch.before[i], NULL);
	free(scratch.path);
	free(scratch.url);
	scratch.path = scratch.url = NULL;
}
