#include "net.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "relay/base/buf.h"
#include "relay/base/clock.h"

#include <arpa/inet.h>

static _Noreturn void
die(const char *what)
{
	perror(what);
	abort();
}

unsigned
net_port(const char *address)
{
	const char *colon = strrchr(address, ':');

	return colon ? (unsigned)atoi(colon + 1) : 0;
}

static socklen_t
fill_address(const char *address, struct sockaddr_storage *ss)
{
	struct sockaddr_in *in = (void *)ss;
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_un *un = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (strncmp(address, "unix:", 5) == 0) {
		un->sun_family = AF_UNIX;
		snprintf(un->sun_path, sizeof(un->sun_path), "%s", address + 5);
		return sizeof(*un);
	}
	if (address[0] == '[') {
		in6->sin6_family = AF_INET6;
		in6->sin6_addr = in6addr_loopback;
		in6->sin6_port = htons((uint16_t)net_port(address));
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in->sin_port = htons((uint16_t)net_port(address));
	return sizeof(*in);
}

int
net_connect(const char *address)
{
	struct sockaddr_storage ss;
	socklen_t len = fill_address(address, &ss);
	struct timeval limit = {.tv_sec = NET_WAIT_MS / 1000};
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&ss, len) == 0)
		return fd;
	close(fd);
	return -1;
}

bool
net_send_bytes(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

bool
net_send(int fd, const char *text)
{
	return net_send_bytes(fd, text, strlen(text));
}

/* Adds at most max bytes; false at the end or when nothing comes in time. */
static bool
receive(int fd, struct buf *b, size_t max)
{
	char chunk[65536];
	ssize_t n = recv(fd, chunk, max < sizeof(chunk) ? max : sizeof(chunk), 0);

	if (n < 0 && errno == EAGAIN)
		die("the peer neither answers nor closes");
	if (n <= 0)
		return false;
	buf_add(b, chunk, (size_t)n);
	return true;
}

char *
net_answer(int fd)
{
	struct buf b = {0};
	const char *length;
	size_t left;

	buf_puts(&b, "");
	while (!b.data || !strstr(b.data, "\r\n\r\n"))
		if (!receive(fd, &b, 1))
			return b.data ? buf_take(&b) : strdup("");
	length = strcasestr(b.data, "\r\nContent-Length:");
	left = length ? strtoul(length + 17, NULL, 10) : 0;
	while (left > 0) {
		size_t before = b.len;

		if (!receive(fd, &b, left))
			break;
		left -= b.len - before;
	}
	return buf_take(&b);
}

char *
net_rest(int fd)
{
	struct buf b = {0};

	while (receive(fd, &b, SIZE_MAX))
		;
	return b.data ? buf_take(&b) : strdup("");
}

bool
net_ended(int fd, int ms)
{
	int64_t until = clock_mono_ms() + ms;
	char chunk[4096];

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = until - clock_mono_ms();

		if (poll(&p, 1, left > 0 ? (int)left : 0) == 0)
			return false;
		if (recv(fd, chunk, sizeof(chunk), 0) <= 0)
			return true;
	}
}

bool
net_silent(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, ms) == 0;
}

void
net_dir(char out[64])
{
	snprintf(out, 64, "/tmp/driftbell-test-XXXXXX");
	if (!mkdtemp(out))
		die("mkdtemp");
}

void
net_dir_remove(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(dir);
}

static void
write_pem(const char *dir, const char *name, X509 *x, EVP_PKEY *key)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || (x ? PEM_write_X509(f, x)
	             : PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL)) != 1)
		die(path);
	fclose(f);
}

void
net_certificate(const char *dir, const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);
	char alt[128];
	X509_EXTENSION *ext;

	snprintf(alt, sizeof(alt), "%s:%s", inet_addr(name) == INADDR_NONE ? "DNS" : "IP", name);
	ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alt);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
	                           0);
	X509_set_issuer_name(x, subject);
	X509_add_ext(x, ext, -1);
	if (X509_sign(x, key, EVP_sha256()) == 0)
		die("certificate");
	write_pem(dir, "cert.pem", x, NULL);
	write_pem(dir, "key.pem", NULL, key);
	X509_EXTENSION_free(ext);
	X509_free(x);
	EVP_PKEY_free(key);
}
