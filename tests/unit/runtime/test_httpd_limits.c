/* What a hostile or broken client meets. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "desk.h"
#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "unit.h"

#define REQUEST_MS 300
#define IDLE_MS 900

static void
expect(int fd, const char *start)
{
	char *answer = net_answer(fd);

	if (strncmp(answer, start, strlen(start)) != 0)
		fail_msg("wanted %s, got: %s", start, answer);
	free(answer);
}

/* A request that is answered with an error; the handler gets it as a fault, if at all. */
static void
expect_refused(const char *request, size_t len, const char *start)
{
	struct desk *d = desk_open(&(struct httpd_options){0});
	int fd = net_connect(desk_address(d));

	/* All of it can be sent: no reset that could overtake the answer. */
	assert_true(net_send_bytes(fd, request, len));
	expect(fd, start);
	assert_true(net_ended(fd, NET_WAIT_MS));
	close(fd);
	desk_free_httpd(d);
	assert_int_equal(d->requests, 0);
	desk_close(d);
}

static void
ambiguous_framing_is_refused(void **state)
{
	static const char *const heads[] = {
		"Content-Length: 3\r\nContent-Length: 4\r\n",
		"Content-Length: 4\r\nContent-Length: 3\r\n",
		"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
		"Transfer-Encoding: gzip, chunked\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: xchunked\r\n",
		"Transfer-Encoding: chunked, identity\r\nContent-Length: 3\r\n",
		"Content-Length: +3\r\n",
		"Content-Length: 3, 3\r\n",
		"Content-Length: 0x3\r\n",
		"Content-Length: -3\r\n",
		"Content-Length:\r\n",
		"Content-Length : 3\r\n",
		" Content-Length: 3\r\n",
		": 3\r\n",
		"no colon\r\n",
		"Host: y\r\n",
	};
	char request[512];

	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++) {
		/* A body that ends the request in either reading. */
		snprintf(request, sizeof(request), "POST / HTTP/1.1\r\nHost: x\r\n%s\r\n0\r\n\r\n",
		         heads[i]);
		expect_refused(request, strlen(request), "HTTP/1.1 4");
	}
	snprintf(request, sizeof(request),
	         "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
	expect_refused(request, strlen(request), "HTTP/1.1 400");
}

static void
the_same_length_twice_is_one_length(void **state)
{
	struct desk *d = desk_open(&(struct httpd_options){0});
	int fd = net_connect(desk_address(d));

	(void)state;
	net_send(fd,
	         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc");
	expect(fd, "HTTP/1.1 202");
	close(fd);
	desk_close(d);
}

static void
the_body_of_a_method_without_one_is_not_a_request(void **state)
{
	static const char *const methods[] = {"PROPFIND", "HEAD", "TRACE"};
	struct desk *d = desk_open(&(struct httpd_options){0});
	char request[256];

	(void)state;
	for (size_t i = 0; i < COUNT(methods); i++) {
		int fd = net_connect(desk_address(d));
		char *all;

		snprintf(request, sizeof(request),
		         "%s / HTTP/1.1\r\nHost: x\r\nContent-Length: 34\r\n\r\n"
		         "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
		         methods[i]);
		net_send(fd, request);
		all = net_rest(fd);
		assert_non_null(strstr(all, "Connection: close"));
		assert_null(strstr(all + 1, "HTTP/1.1"));
		free(all);
		close(fd);
	}
	desk_free_httpd(d);
	assert_int_equal(d->requests, COUNT(methods));
	desk_close(d);
}

static char *
long_request(const char *head, size_t fill, size_t *len)
{
	char *all = mem_alloc(strlen(head) + fill + 1);

	*len = strlen(head) + fill;
	memcpy(all, head, strlen(head));
	memset(all + strlen(head), 'a', fill);
	return all;
}

static void
a_body_over_the_limit_is_413_that_the_client_can_read(void **state)
{
	size_t len;
	char *request = long_request(
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n", 3000000, &len);

	(void)state;
	expect_refused(request, len, "HTTP/1.1 413");
	free(request);
}

static void
a_body_of_the_limit_is_taken(void **state)
{
	struct desk *d = desk_open(&(struct httpd_options){0});
	int fd = net_connect(desk_address(d));
	size_t len;
	char *request = long_request("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n",
	                             BODY_MAX, &len);

	(void)state;
	net_send_bytes(fd, request, len);
	expect(fd, "HTTP/1.1 202");
	assert_int_equal(d->body_len, BODY_MAX);
	free(request);
	close(fd);
	desk_close(d);
}

static void
a_chunked_body_over_the_limit_is_413(void **state)
{
	size_t len;
	char *request =
		long_request("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
	                     "1\r\nx\r\n186A0\r\n",
	                     2000000, &len);

	(void)state;
	expect_refused(request, len, "HTTP/1.1 413");
	free(request);
}

static void
headers_over_the_limit_are_400_that_the_client_can_read(void **state)
{
	size_t len;
	char *request = long_request("GET / HTTP/1.1\r\nHost: x\r\nX-Long: ", 1000000, &len);

	(void)state;
	expect_refused(request, len, "HTTP/1.1 4");
	free(request);
	request = long_request("GET /", 1000000, &len);
	expect_refused(request, len, "HTTP/1.1 4");
	free(request);
}

/* What nobody would take anyway is not worth another answer. */
static void
the_path_comes_before_the_limits(void **state)
{
	static const char *const heads[] = {
		"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n",
		"POST /nowhere?q=1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n2DC6C0\r\n",
		"POST /no%77here HTTP/1.1\r\nX-Long: ",
		"POST /nowhere HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 0\r\n\r\n",
		"POST /nowhere HTTP/1.1\r\nno colon\r\n\r\n",
		"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: luck\r\n\r\n",
		/* Behind another request. */
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
		"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++) {
		struct desk *d = desk_open(&(struct httpd_options){0});
		int fd = net_connect(desk_address(d));
		size_t len;
		char *request = long_request(heads[i], 3000000, &len), *all;

		net_send_bytes(fd, request, len);
		all = net_rest(fd);
		if (!strstr(all, "HTTP/1.1 404"))
			fail_msg("%zu: %s", i, all);
		assert_int_equal(d->faults, 1);
		free(all);
		free(request);
		close(fd);
		desk_close(d);
	}
}

static void
the_path_is_known_however_it_came(void **state)
{
	static const char head[] =
		"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n";
	struct desk *d = desk_open(&(struct httpd_options){0});

	(void)state;
	for (size_t cut = 1; cut < 30; cut++) {
		int fd = net_connect(desk_address(d));

		net_send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
		net_send_bytes(fd, head, cut);
		expect(fd, "HTTP/1.1 200");
		net_send(fd, head + cut);
		expect(fd, "HTTP/1.1 404");
		close(fd);
	}
	desk_close(d);
}

static void
what_is_no_request_is_answered_without_the_handler(void **state)
{
	static const char *const starts[] = {
		"NONSENSE\r\n\r\n",
		"\r\n\r\n",
		"GET /\r\n\r\n",
		"GET http://[ HTTP/1.1\r\n\r\n",
	};
	struct desk *d = desk_open(&(struct httpd_options){0});

	(void)state;
	for (size_t i = 0; i < COUNT(starts); i++) {
		int fd = net_connect(desk_address(d));
		char *all;

		net_send(fd, starts[i]);
		all = net_rest(fd);
		if (strncmp(all, "HTTP/1.1 400", 12) != 0 ||
		    !strstr(all, "{\"error\":\"the request is malformed"))
			fail_msg("%s: %s", starts[i], all);
		free(all);
		close(fd);
	}
	desk_close(d);
}

/* It waits for leave to send what is too large, and sends nothing until then. */
static void
an_expectation_over_the_limit_is_refused_at_once(void **state)
{
	struct desk *d = desk_open(&(struct httpd_options){0});
	int fd = net_connect(desk_address(d));

	(void)state;
	net_send(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n"
	             "Expect: 100-continue\r\n\r\n");
	expect(fd, "HTTP/1.1 413");
	close(fd);
	desk_close(d);
}

/* One byte, then a look whether the server has had enough; ms until it had. */
static int64_t
drip(int fd, const char *start, char byte, bool *told)
{
	int64_t start_ms = clock_mono_ms();
	char got[64] = "";

	net_send(fd, start);
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (poll(&p, 1, 20) == 1)
			break;
		if (clock_mono_ms() - start_ms > NET_WAIT_MS)
			fail_msg("drips for ever");
		net_send_bytes(fd, &byte, 1);
	}
	*told = recv(fd, got, sizeof(got) - 1, 0) > 0 && strncmp(got, "HTTP/1.1 408", 12) == 0;
	return clock_mono_ms() - start_ms;
}

static void
a_request_that_drips_is_ended_at_its_deadline(void **state)
{
	static const char *const starts[] = {
		"P",
		"POST / HTTP/1.1\r\nHost: x\r\nX: ",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
	};
	struct desk *d = desk_open(
		&(struct httpd_options){.request_ms = REQUEST_MS, .idle_ms = NET_WAIT_MS});

	(void)state;
	for (size_t i = 0; i < COUNT(starts); i++) {
		int fd = net_connect(desk_address(d));
		bool told;
		int64_t ms = drip(fd, starts[i], '1', &told);

		assert_true(told);
		assert_in_range(ms, REQUEST_MS - 50, REQUEST_MS + 2000);
		close(fd);
	}
	assert_int_equal(d->requests, 0);
	assert_int_equal(d->faults, COUNT(starts) - 1); /* of the first no line is known */
	desk_close(d);
}

static void
the_deadline_holds_for_a_later_request_of_a_connection(void **state)
{
	struct desk *d = desk_open(
		&(struct httpd_options){.request_ms = REQUEST_MS, .idle_ms = NET_WAIT_MS});
	int fd = net_connect(desk_address(d));
	bool told;

	(void)state;
	net_send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	expect(fd, "HTTP/1.1 200");
	assert_in_range(drip(fd, "G", 'E', &told), REQUEST_MS - 50, REQUEST_MS + 2000);
	assert_true(told);
	close(fd);
	desk_close(d);
}

/* How much the peer takes until it has stopped for a while. */
static size_t
send_until_stuck(int fd, size_t limit)
{
	char ones[65536];
	size_t sent = 0;

	memset(ones, '1', sizeof(ones));
	while (sent < limit) {
		struct pollfd p = {.fd = fd, .events = POLLOUT};
		ssize_t n;

		if (poll(&p, 1, 500) == 0)
			break;
		n = send(fd, ones, sizeof(ones), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			break;
		sent += (size_t)n;
	}
	return sent;
}

static void
an_endless_line_of_a_chunk_does_not_fill_memory(void **state)
{
	struct desk *d = desk_open(&(struct httpd_options){0});
	int fd = net_connect(desk_address(d));

	(void)state;
	net_send(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	/* The buffers of both sockets take some megabytes. */
	assert_in_range(send_until_stuck(fd, 100 * 1024 * 1024), 0, 40 * 1024 * 1024);
	close(fd);
	desk_close(d);
}

static void
a_connection_that_was_ended_is_not_read_for_ever(void **state)
{
	struct desk *d = desk_open(&(struct httpd_options){.request_ms = REQUEST_MS});
	int fd = net_connect(desk_address(d));

	(void)state;
	net_send(fd, "NONSENSE\r\n\r\n");
	assert_in_range(send_until_stuck(fd, 100 * 1024 * 1024), 0, 40 * 1024 * 1024);
	close(fd);
	desk_close(d);
}

static void
a_silent_connection_is_ended_at_the_deadline(void **state)
{
	struct desk *d = desk_open(
		&(struct httpd_options){.request_ms = REQUEST_MS, .idle_ms = NET_WAIT_MS});
	int fd = net_connect(desk_address(d));

	(void)state;
	assert_true(net_ended(fd, NET_WAIT_MS));
	close(fd);
	desk_close(d);
}

static void
idling_between_requests_has_its_own_limit(void **state)
{
	struct desk *d =
		desk_open(&(struct httpd_options){.request_ms = REQUEST_MS, .idle_ms = IDLE_MS});
	int fd = net_connect(desk_address(d));
	int64_t asked_ms = 0;

	(void)state;
	for (int i = 0; i < 2; i++) {
		asked_ms = clock_mono_ms();
		net_send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
		expect(fd, "HTTP/1.1 200");
	}
	assert_true(net_ended(fd, NET_WAIT_MS));
	assert_true(clock_mono_ms() - asked_ms >= IDLE_MS - 50);
	close(fd);
	desk_close(d);
}

static void
waiting_for_the_handler_has_no_limit(void **state)
{
	struct desk *d = desk_open(&(struct httpd_options){.request_ms = 50, .idle_ms = 50});
	int fd = net_connect(desk_address(d));

	(void)state;
	net_send(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	desk_wait_asked(d);
	assert_true(net_silent(fd, 200));
	desk_answer_later(d);
	expect(fd, "HTTP/1.1 200");
	close(fd);
	desk_close(d);
}

static void
the_newest_connection_over_the_cap_is_closed(void **state)
{
	struct desk *d = desk_open(&(struct httpd_options){.connections_max = 2});
	int a = net_connect(desk_address(d));
	int b = net_connect(desk_address(d));
	int c = net_connect(desk_address(d));
	char *none;

	(void)state;
	none = net_rest(c);
	assert_string_equal(none, "");
	free(none);
	net_send(a, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	expect(a, "HTTP/1.1 200");
	net_send(b, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	expect(b, "HTTP/1.1 200");
	assert_true(net_ended(b, NET_WAIT_MS));
	assert_int_equal(desk_connections(d), 1);
	close(c);
	c = net_connect(desk_address(d));
	net_send(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	expect(c, "HTTP/1.1 200");
	close(a);
	close(b);
	close(c);
	desk_close(d);
}

/* Bytes that only look random: the same in every run. */
static void
fill_noise(unsigned char *bytes, size_t len, unsigned seed)
{
	static const char *const words[] = {"\r\n",
	                                    "POST / HTTP/1.1\r\n",
	                                    "Content-Length: 7\r\n",
	                                    ": ",
	                                    "\r\n\r\n",
	                                    "Transfer-Encoding: chunked\r\n",
	                                    "5\r\n",
	                                    "Expect: 100-continue\r\n"};
	uint32_t x = seed * 2654435761u + 1;
	size_t at = 0;

	while (at < len) {
		const char *word;

		x = x * 1664525u + 1013904223u;
		word = words[(x >> 8) % COUNT(words)];
		if ((x >> 28) < 12 && at + strlen(word) < len) {
			memcpy(bytes + at, word, strlen(word));
			at += strlen(word);
		} else {
			bytes[at++] = (unsigned char)(x >> 16);
		}
	}
}

static void
noise_does_no_harm(void **state)
{
	struct desk *d =
		desk_open(&(struct httpd_options){.connections_max = 4000, .request_ms = 2000});
	unsigned char noise[300];
	int fd;

	(void)state;
	for (unsigned seed = 0; seed < 1500; seed++) {
		fd = net_connect(desk_address(d));
		fill_noise(noise, sizeof(noise), seed);
		net_send_bytes(fd, noise, seed % sizeof(noise));
		close(fd);
	}
	fd = net_connect(desk_address(d));
	net_send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	expect(fd, "HTTP/1.1 200");
	close(fd);
	desk_close(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ambiguous_framing_is_refused),
		cmocka_unit_test(the_same_length_twice_is_one_length),
		cmocka_unit_test(the_body_of_a_method_without_one_is_not_a_request),
		cmocka_unit_test(a_body_over_the_limit_is_413_that_the_client_can_read),
		cmocka_unit_test(a_body_of_the_limit_is_taken),
		cmocka_unit_test(a_chunked_body_over_the_limit_is_413),
		cmocka_unit_test(headers_over_the_limit_are_400_that_the_client_can_read),
		cmocka_unit_test(the_path_comes_before_the_limits),
		cmocka_unit_test(the_path_is_known_however_it_came),
		cmocka_unit_test(what_is_no_request_is_answered_without_the_handler),
		cmocka_unit_test(an_expectation_over_the_limit_is_refused_at_once),
		cmocka_unit_test(a_request_that_drips_is_ended_at_its_deadline),
		cmocka_unit_test(the_deadline_holds_for_a_later_request_of_a_connection),
		cmocka_unit_test(an_endless_line_of_a_chunk_does_not_fill_memory),
		cmocka_unit_test(a_connection_that_was_ended_is_not_read_for_ever),
		cmocka_unit_test(a_silent_connection_is_ended_at_the_deadline),
		cmocka_unit_test(idling_between_requests_has_its_own_limit),
		cmocka_unit_test(waiting_for_the_handler_has_no_limit),
		cmocka_unit_test(the_newest_connection_over_the_cap_is_closed),
		cmocka_unit_test(noise_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
