/*
 * load.c - a load generator for the benchmark: POSTs unique, signed bodies
 * over a fixed number of keep-alive connections and reports one JSON object.
 *
 * wrk cannot sign, and signing while measuring would measure the generator:
 * every request is made before the clock starts.  The same program loads
 * every target, so that its own cost is the same for all.
 *
 * A template file becomes a request body: SSSSSSSSSSSS in it is replaced by
 * the request's serial number, WWWW by that number modulo 1000.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SERIAL "SSSSSSSSSSSS"
#define WORKSPACE "WWWW"
#define ANSWER_MAX 4096

struct options {
	const char *path, *template_file, *key_file, *header, *must;
	int port, connections;
	double seconds;
	uint64_t first, count;
	bool wrap; /* start over when all requests are used: for targets that keep nothing */
};

struct requests { /* all of one size, one after another */
	char *data;
	size_t size;
	uint64_t count, next;
};

struct connection {
	int fd;
	const char *request;
	size_t sent;
	char answer[ANSWER_MAX];
	size_t got;
	int64_t begun_ns;
};

struct result {
	uint64_t codes[600];
	uint64_t odd, lost, done; /* odd: without --must */
	uint32_t *latency_us;
	size_t latency_room;
};

static void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static char *
read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	char *data = calloc(1, 65536);

	if (!file || !data)
		die(path);
	*len = fread(data, 1, 65535, file);
	fclose(file);
	return data;
}

/* ---- the requests ---- */

static void
fill(char *body, const char *marker, uint64_t number)
{
	char digits[21];
	size_t width = strlen(marker);

	snprintf(digits, sizeof digits, "%0*llu", (int)width, (unsigned long long)number);
	for (char *at = strstr(body, marker); at; at = strstr(at + width, marker))
		memcpy(at, digits, width);
}

static void
sign(const char *key, const char *body, size_t len, char hex[129])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	HMAC(EVP_sha512(), key, (int)strlen(key), (const unsigned char *)body, len, digest, &size);
	for (unsigned i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* One request into `out` (of `room` bytes); its length. */
static size_t
make_request(const struct options *options, const char *key, const char *template, uint64_t serial, char *out,
             size_t room)
{
	char body[65536], hex[129] = "";
	size_t len = strlen(template);
	int head;

	memcpy(body, template, len + 1);
	fill(body, SERIAL, serial);
	fill(body, WORKSPACE, serial % 1000);
	if (key)
		sign(key, body, len, hex);
	head = snprintf(out, room,
	                "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
	                "User-Agent: TFE/1.0\r\n%s%s%s%sContent-Length: %zu\r\n\r\n",
	                options->path, key ? options->header : "", key ? ": " : "", hex, key ? "\r\n" : "", len);
	if (head < 0 || (size_t)head + len >= room) {
		errno = E2BIG;
		die("a request");
	}
	memcpy(out + head, body, len);
	return (size_t)head + len;
}

static struct requests
make_requests(const struct options *options)
{
	struct requests requests = {.count = options->count};
	size_t len, room = 131072;
	char *template = read_file(options->template_file, &len);
	char *key = options->key_file ? read_file(options->key_file, &len) : NULL;
	char *one = malloc(room);

	if (!one)
		die("memory");
	if (key)
		key[strcspn(key, "\r\n")] = '\0';
	requests.size = make_request(options, key, template, options->first, one, room);
	requests.data = malloc(requests.size * requests.count);
	if (!requests.data)
		die("memory");
	for (uint64_t i = 0; i < requests.count; i++) {
		make_request(options, key, template, options->first + i, one, room);
		memcpy(requests.data + i * requests.size, one, requests.size);
	}
	free(one);
	free(key);
	free(template);
	return requests;
}

static const char *
next_request(struct requests *requests, bool wrap)
{
	if (requests->next == requests->count) {
		if (!wrap)
			return NULL;
		requests->next = 0;
	}
	return requests->data + requests->next++ * requests->size;
}

/* ---- the connections ---- */

static void
connect_to(struct connection *connection, int port, int epoll)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
	int on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	connection->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&address, sizeof address) < 0)
		die("connect");
	setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event) < 0)
		die("epoll_ctl");
}

/* Requests are small: a blocking write never waits for long. */
static void
begin(struct connection *connection, struct requests *requests, bool wrap)
{
	connection->request = next_request(requests, wrap);
	connection->got = 0;
	if (!connection->request)
		return;
	connection->begun_ns = now_ns();
	for (connection->sent = 0; connection->sent < requests->size;) {
		ssize_t n = send(connection->fd, connection->request + connection->sent,
		                 requests->size - connection->sent, MSG_NOSIGNAL);
		if (n < 0)
			return; /* the read side sees the close and counts it */
		connection->sent += (size_t)n;
	}
}

/* The status of a whole answer, or 0 while some of it is missing. */
static int
whole_answer(struct connection *connection)
{
	char *end, *length;
	size_t body = 0;

	connection->answer[connection->got] = '\0';
	end = strstr(connection->answer, "\r\n\r\n");
	if (!end || strncmp(connection->answer, "HTTP/1.1 ", 9) != 0)
		return 0;
	length = strcasestr(connection->answer, "\r\nContent-Length:");
	if (length && length < end)
		body = strtoul(length + 17, NULL, 10);
	if (connection->got < (size_t)(end + 4 - connection->answer) + body)
		return 0;
	return atoi(connection->answer + 9);
}

static void
count_answer(struct result *result, const struct connection *connection, int code, const char *must)
{
	int64_t took_us = (now_ns() - connection->begun_ns) / 1000;

	result->codes[code > 0 && code < 600 ? code : 0]++;
	if (must && !strstr(connection->answer, must))
		result->odd++;
	if (result->done == result->latency_room) {
		result->latency_room = result->latency_room ? 2 * result->latency_room : 1 << 16;
		result->latency_us = realloc(result->latency_us, result->latency_room * sizeof *result->latency_us);
		if (!result->latency_us)
			die("memory");
	}
	result->latency_us[result->done++] = (uint32_t)took_us;
}

/* False when the connection was closed by the other side. */
static bool
on_readable(struct connection *connection, struct result *result, const char *must, bool *answered)
{
	ssize_t n = recv(connection->fd, connection->answer + connection->got, ANSWER_MAX - 1 - connection->got, 0);
	int code;

	*answered = false;
	if (n <= 0)
		return false;
	connection->got += (size_t)n;
	code = whole_answer(connection);
	if (code > 0) {
		count_answer(result, connection, code, must);
		*answered = true;
	}
	return true;
}

static double
run(const struct options *options, struct requests *requests, struct result *result)
{
	struct connection *connections = calloc((size_t)options->connections, sizeof *connections);
	struct epoll_event events[64];
	int epoll = epoll_create1(0), busy = options->connections;
	int64_t start, until;

	if (!connections || epoll < 0)
		die("set-up");
	for (int i = 0; i < options->connections; i++)
		connect_to(&connections[i], options->port, epoll);
	start = now_ns();
	until = start + (int64_t)(options->seconds * 1e9);
	for (int i = 0; i < options->connections; i++)
		begin(&connections[i], requests, options->wrap);
	while (busy > 0) {
		int n = epoll_wait(epoll, events, 64, 10000);
		if (n == 0)
			break; /* the target hangs: what is out counts as lost */
		for (int i = 0; i < n; i++) {
			struct connection *connection = events[i].data.ptr;
			bool answered, open = on_readable(connection, result, options->must, &answered);
			if (open && !answered)
				continue;
			if (open && now_ns() < until)
				begin(connection, requests, options->wrap);
			else
				connection->request = NULL;
			if (!open)
				result->lost++;
			if (!connection->request) {
				close(connection->fd);
				busy--;
			}
		}
	}
	result->lost += (uint64_t)busy;
	free(connections);
	close(epoll);
	return (double)(now_ns() - start) / 1e9;
}

/* ---- the report ---- */

static int
by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t
percentile(const struct result *result, double share)
{
	return result->done ? result->latency_us[(size_t)((double)(result->done - 1) * share)] : 0;
}

static void
report(struct result *result, double seconds, size_t request_size)
{
	const char *comma = "";

	if (result->done)
		qsort(result->latency_us, result->done, sizeof *result->latency_us, by_value);
	printf("{\"requests\": %llu, \"seconds\": %.3f, \"rate\": %.1f, \"request_bytes\": %zu, "
	       "\"p50_us\": %u, \"p90_us\": %u, \"p99_us\": %u, \"max_us\": %u, \"odd\": %llu, \"lost\": %llu, \"codes\": {",
	       (unsigned long long)result->done, seconds, (double)result->done / seconds, request_size,
	       percentile(result, 0.5), percentile(result, 0.9), percentile(result, 0.99), percentile(result, 1),
	       (unsigned long long)result->odd, (unsigned long long)result->lost);
	for (int code = 0; code < 600; code++) {
		if (!result->codes[code])
			continue;
		printf("%s\"%d\": %llu", comma, code, (unsigned long long)result->codes[code]);
		comma = ", ";
	}
	printf("}}\n");
}

static int
usage(void)
{
	fprintf(stderr, "usage: load -p PORT -u PATH -t TEMPLATE [-k KEYFILE -H HEADER] [-c CONNECTIONS] [-s SECONDS]\n"
	                "            [-f FIRST_SERIAL] [-n COUNT] [-m TEXT_EVERY_ANSWER_HAS] [-w]\n");
	return 2;
}

int
main(int argc, char **argv)
{
	struct options options = {.connections = 64, .seconds = 5, .count = 100000, .header = "X-TFE-Notification-Signature"};
	struct requests requests;
	struct result result = {.odd = 0};
	double seconds;
	int option;

	while ((option = getopt(argc, argv, "p:u:t:k:H:c:s:f:n:m:w")) != -1) {
		switch (option) {
		case 'p': options.port = atoi(optarg); break;
		case 'u': options.path = optarg; break;
		case 't': options.template_file = optarg; break;
		case 'k': options.key_file = optarg; break;
		case 'H': options.header = optarg; break;
		case 'c': options.connections = atoi(optarg); break;
		case 's': options.seconds = atof(optarg); break;
		case 'f': options.first = strtoull(optarg, NULL, 10); break;
		case 'n': options.count = strtoull(optarg, NULL, 10); break;
		case 'm': options.must = optarg; break;
		case 'w': options.wrap = true; break;
		default: return usage();
		}
	}
	if (!options.port || !options.path || !options.template_file || options.connections < 1 || options.count < 1)
		return usage();
	requests = make_requests(&options);
	seconds = run(&options, &requests, &result);
	report(&result, seconds, requests.size);
	free(result.latency_us);
	free(requests.data);
	return 0;
}
