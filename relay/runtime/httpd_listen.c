#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "relay/base/mem.h"
#include "relay/runtime/httpd_internal.h"

#define BACKLOG 1024 /* the kernel cuts it to net.core.somaxconn */
#define UNIX_PREFIX "unix:"

/* "HOST:PORT" or "[HOST]:PORT"; the caller frees *host. */
static int
split_address(const char *address, char **host, const char **port, struct err *err)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;

	if (!colon || len == 0 || !colon[1]) {
		err_set(err, "listen address %s: not HOST:PORT", address);
		return -1;
	}
	if (address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	} else if (memchr(address, ':', len)) {
		err_set(err, "listen address %s: an IPv6 address goes in brackets", address);
		return -1;
	}
	*host = mem_strn(address, len);
	*port = colon + 1;
	return 0;
}

static int
open_tcp(const struct addrinfo *ai)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;
	int kept;

	if (fd < 0)
		return -1;
	/* Accepted sockets inherit TCP_NODELAY on Linux. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	kept = errno;
	close(fd);
	errno = kept;
	return -1;
}

/* As bound: port 0 has become a number. */
static char *
bound_address(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host), port, sizeof(port),
	                NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return mem_str("");
	return mem_fmt(ss.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static int
listen_tcp(struct httpd *httpd, const char *address, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	                         .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	const char *port;
	char *host;
	int fd = -1;
	int rc;

	if (split_address(address, &host, &port, err) != 0)
		return -1;
	rc = getaddrinfo(host, port, &hints, &found);
	free(host);
	if (rc != 0)
		return err_set(err, "listen address %s: %s", address, gai_strerror(rc));
	for (const struct addrinfo *ai = found; ai && fd < 0; ai = ai->ai_next)
		fd = open_tcp(ai);
	if (fd < 0)
		err_errno(err, "listen on %s", address);
	else
		httpd->address = bound_address(fd);
	freeaddrinfo(found);
	return fd;
}

/* A socket file that nobody answers on is left over from a killed relay. */
static int
remove_stale(const struct sockaddr_un *un, struct err *err)
{
	struct stat st;
	int probe;
	int rc = 0;

	if (lstat(un->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : err_errno(err, "%s", un->sun_path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, "%s: exists and is not a socket", un->sun_path);
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe < 0)
		return err_errno(err, "socket");
	if (connect(probe, (const struct sockaddr *)un, sizeof(*un)) == 0 || errno != ECONNREFUSED)
		rc = err_set(err, "%s: another process listens there", un->sun_path);
	else if (unlink(un->sun_path) != 0)
		rc = err_errno(err, "remove %s", un->sun_path);
	close(probe);
	return rc;
}

static int
listen_unix(struct httpd *httpd, const char *path, struct err *err)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct stat st;
	int fd;

	if (!*path || strlen(path) >= sizeof(un.sun_path))
		return err_set(err, "unix:%s: the path is empty or too long", path);
	memcpy(un.sun_path, path, strlen(path) + 1);
	if (remove_stale(&un, err) != 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, "socket");
	/* Linux takes the file's mode from the socket: there is no moment at which others can connect. */
	if (fchmod(fd, 0600) != 0 || bind(fd, (struct sockaddr *)&un, sizeof(un)) != 0 ||
	    listen(fd, BACKLOG) != 0 || lstat(path, &st) != 0) {
		err_errno(err, "listen on unix:%s", path);
		close(fd);
		return -1;
	}
	httpd->socket_path = mem_str(path);
	httpd->socket_dev = st.st_dev;
	httpd->socket_ino = st.st_ino;
	httpd->address = mem_fmt(UNIX_PREFIX "%s", path);
	return fd;
}

int
httpd_listen(struct httpd *httpd, const char *address, struct err *err)
{
	if (strncmp(address, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
		return listen_unix(httpd, address + strlen(UNIX_PREFIX), err);
	return listen_tcp(httpd, address, err);
}

/* Only our own file: a successor may have put its socket there. */
void
httpd_unlink(struct httpd *httpd)
{
	struct stat st;

	if (httpd->socket_path && lstat(httpd->socket_path, &st) == 0 &&
	    st.st_dev == httpd->socket_dev && st.st_ino == httpd->socket_ino)
		unlink(httpd->socket_path);
}
