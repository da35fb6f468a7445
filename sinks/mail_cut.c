#include "sinks/mail_cut.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/time.h>

#define FD_MAX 64 /* a helper has a handful */

static volatile sig_atomic_t is_tick, is_done;

/* What is called here is allowed in a signal handler. */
void
mail_cut_now(void)
{
	int saved = errno;

	for (int fd = 3; fd < FD_MAX; fd++) {
		int type = 0;
		socklen_t type_len = sizeof(type);
		struct sockaddr_storage address = {0};
		socklen_t len = sizeof(address);

		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) == 0 &&
		    type == SOCK_STREAM &&
		    getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
		    (address.ss_family == AF_INET || address.ss_family == AF_INET6))
			shutdown(fd, SHUT_RDWR);
	}
	errno = saved;
}

static void
on_alarm(int signo)
{
	(void)signo;
	if (is_tick)
		return;
	is_done = 1;
	mail_cut_now();
}

static void
arm(int64_t ms, bool tick)
{
	/* Without SA_RESTART: the point is to interrupt. */
	const struct sigaction action = {.sa_handler = on_alarm};
	struct itimerval when = {.it_value = {ms / 1000, ms % 1000 * 1000}};

	if (tick)
		when.it_interval = when.it_value;
	is_tick = tick;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &when, NULL);
}

void
mail_cut_in(int64_t ms)
{
	arm(ms > 0 ? ms : 1, false);
}

void
mail_cut_tick(int64_t ms)
{
	is_done = 0;
	arm(ms, true);
}

void
mail_cut_off(void)
{
	arm(0, false);
}

bool
mail_cut_done(void)
{
	return is_done;
}
