/*
 * helper_spawn.c - starting a child that has nothing of ours but one socket:
 * no other descriptor, no variable of our environment, no signal mask of ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay/base/mem.h"
#include "relay/runtime/helper_internal.h"

/*
 * libesmtp looks for certificates below $XDG_CONFIG_DIR (sic) or $HOME and
 * gives up when it may not look there; in a folder that is not there it finds
 * nothing and is content.
 */
static const char *const fixed_environment[] = {
	"PATH=/usr/bin:/bin",           "HOME=/nonexistent", "XDG_CONFIG_DIR=/nonexistent",
	"XDG_CONFIG_HOME=/nonexistent", "LC_ALL=C",
};
/* How the sanitizers of a test build are told what to do. */
static const char *const passed_on[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"};

static char **
environment_new(void)
{
	size_t n = 0;
	char **env = mem_array(COUNT(fixed_environment) + COUNT(passed_on) + 1, sizeof(*env));

	for (size_t i = 0; i < COUNT(fixed_environment); i++)
		env[n++] = mem_str(fixed_environment[i]);
	for (size_t i = 0; i < COUNT(passed_on); i++) {
		const char *value = getenv(passed_on[i]);
		if (value)
			env[n++] = mem_fmt("%s=%s", passed_on[i], value);
	}
	return env;
}

static void
environment_free(char **env)
{
	for (char **e = env; *e; e++)
		free(*e);
	free(env);
}

/*
 * Whoever stops the relay (a service manager, Ctrl-C, a terminal that closes)
 * often tells the whole group.  The relay then waits for what is under way; a
 * helper that ended at once would leave a message that nobody knows the fate of.
 */
static const int not_for_helpers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

/* The errors of these are all for lack of memory. */
static void
sure(int error)
{
	if (error)
		mem_die("out of memory");
}

static int
spawn(const char *program, const char *word, int their_fd, pid_t *pid)
{
	char name[] = "driftbell";
	char *argv[] = {name, (char *)word, NULL};
	char **env = environment_new();
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t blocked, all;
	int error;

	sigemptyset(&blocked);
	for (size_t i = 0; i < COUNT(not_for_helpers); i++)
		sigaddset(&blocked, not_for_helpers[i]);
	sigfillset(&all);
	sure(posix_spawnattr_init(&attr));
	sure(posix_spawnattr_setsigmask(&attr, &blocked));
	sure(posix_spawnattr_setsigdefault(&attr, &all));
	sure(posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
	sure(posix_spawn_file_actions_init(&files));
	/* First of all, for their_fd may be one of those opened below.  Onto
	 * itself it only loses its close-on-exec. */
	sure(posix_spawn_file_actions_adddup2(&files, their_fd, HELPER_FD));
	sure(posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
	sure(posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0));
	sure(posix_spawn_file_actions_addclosefrom_np(&files, HELPER_FD + 1));
	error = posix_spawn(pid, program, &files, &attr, argv, env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	environment_free(env);
	return error;
}

int
helper_spawn(const char *program, const char *word, int *fd, int *pidfd, struct err *err)
{
	int pair[2];
	pid_t pid;

	/* Only our end must not block, and that is a matter of each end. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, "no socket for a helper");
	errno = spawn(program, word, pair[1], &pid);
	if (errno) {
		err_errno(err, "a helper cannot be started");
		goto fail;
	}
	*pidfd = pidfd_open(pid, 0);
	if (*pidfd < 0 || fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0) {
		err_errno(err, "a helper cannot be watched");
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		if (*pidfd >= 0)
			close(*pidfd);
		goto fail;
	}
	close(pair[1]);
	*fd = pair[0];
	return pid;
fail:
	close(pair[0]);
	close(pair[1]);
	return -1;
}
