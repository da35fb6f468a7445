#include "stub.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"
#include "relay/base/mem.h"

/* The head and a body of Content-Length; false at the end of the connection. */
static bool
read_request(struct stub *s, int fd)
{
	char got[sizeof(s->request)] = "";
	size_t len = 0;
	size_t whole = 0;

	while (whole == 0 || len < whole) {
		ssize_t n = recv(fd, got + len, sizeof(got) - 1 - len, 0);
		const char *end, *length;

		if (n <= 0)
			return false;
		len += (size_t)n;
		got[len] = '\0';
		end = strstr(got, "\r\n\r\n");
		length = strcasestr(got, "\r\nContent-Length:");
		if (end)
			whole = (size_t)(end + 4 - got) +
			        (length ? strtoul(length + 17, NULL, 10) : 0);
	}
	memcpy(s->request, got, sizeof(got));
	return true;
}

static void
serve(struct stub *s, int fd)
{
	char xs[4096];

	memset(xs, 'x', sizeof(xs));
	while (read_request(s, fd)) {
		size_t left = s->repeat;

		if (!s->answer)
			continue;
		if (!net_send(fd, s->answer))
			return;
		while (left > 0) {
			size_t n = left < sizeof(xs) ? left : sizeof(xs);

			if (!net_send_bytes(fd, xs, n))
				return;
			left -= left == SIZE_MAX ? 0 : n;
		}
		if (strstr(s->answer, "Connection: close") || !*s->answer)
			return;
	}
}

static void *
run(void *arg)
{
	struct stub *s = arg;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		s->connections++;
		serve(s, fd);
		close(fd);
	}
	return NULL;
}

struct stub *
stub_open(const char *answer, size_t repeat)
{
	struct stub *s = mem_alloc(sizeof(*s));
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);

	s->answer = answer;
	s->repeat = repeat;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->fd, (struct sockaddr *)&in, len) != 0 || listen(s->fd, 16) != 0 ||
	    getsockname(s->fd, (struct sockaddr *)&in, &len) != 0)
		abort();
	snprintf(s->host, sizeof(s->host), "127.0.0.1:%u", ntohs(in.sin_port));
	if (pthread_create(&s->thread, NULL, run, s) != 0)
		abort();
	return s;
}

/* After the client has closed its connections: the thread is in accept() or gets there. */
void
stub_close(struct stub *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	free(s);
}
