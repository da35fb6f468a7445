/* The ordinary life of a request: read, handed out, answered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "desk.h"
#include "relay/base/mem.h"
#include "unit.h"

static void
expect(int fd, const char *start, const char *part)
{
	char *answer = net_answer(fd);

	if (strncmp(answer, start, strlen(start)) != 0 || !strstr(answer, part))
		fail_msg("wanted %s ... %s, got: %s", start, part, answer);
	free(answer);
}

/* Sends, checks the one answer, and that the connection then ends or not. */
static void
ask(struct desk *d, const char *request, const char *start, const char *part, bool ends)
{
	int fd = net_connect(desk_address(d));

	assert_true(fd >= 0);
	assert_true(net_send(fd, request));
	expect(fd, start, part);
	if (ends) {
		assert_true(net_ended(fd, NET_WAIT_MS));
	} else {
		assert_true(net_send(fd, "GET /again HTTP/1.1\r\nHost: x\r\n\r\n"));
		expect(fd, "HTTP/1.1 200", "\r\n\r\n");
	}
	close(fd);
}

static void
a_post_is_handed_out_whole_and_answered(void **state)
{
	struct desk *d = *state;

	ask(d, "POST /hooks/x?q=a%20b+c&r=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
	    "HTTP/1.1 202 Accepted\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\n",
	    "5 bytes\n", false);
	assert_int_equal(d->requests, 2);
}

static void
path_and_query_are_decoded_once(void **state)
{
	struct desk *d = *state;

	ask(d,
	    "GET /a%2520b/%C3%A4+?x=1&&q=%26%3d+%2B&q=2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	    "HTTP/1.1 200", "", true);
	assert_string_equal(d->path, "/a%20b/\xc3\xa4+");
	assert_string_equal(d->query, "&= +");
	ask(d, "GET /?qq=1&q HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200", "",
	    true);
	assert_string_equal(d->query, "");
	ask(d, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200", "", true);
	assert_string_equal(d->query, "(none)");
}

static void
a_nul_in_the_path_is_refused(void **state)
{
	struct desk *d = *state;

	ask(d, "GET /hooks/x%00y HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400", "NUL", true);
	assert_int_equal(d->requests, 0);
}

static void
pipelined_requests_are_answered_in_order(void **state)
{
	struct desk *d = *state;
	int fd = net_connect(desk_address(d));

	assert_true(net_send(fd, "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na"
	                         "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
	                         "POST /3 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"));
	expect(fd, "HTTP/1.1 202", "\r\n\r\n1 bytes");
	expect(fd, "HTTP/1.1 202", "\r\n\r\n2 bytes");
	expect(fd, "HTTP/1.1 202", "\r\n\r\n3 bytes");
	close(fd);
}

static void
a_chunked_body_arrives_in_one_piece(void **state)
{
	struct desk *d = *state;

	ask(d,
	    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
	    "HTTP/1.1 202", "\r\n\r\n4 bytes\n", false);
	ask(d,
	    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
	    "4\r\nabcd\r\n0\r\nX-Trailer: 1\r\n\r\n",
	    "HTTP/1.1 202", "\r\n\r\n4 bytes\n", true);
	assert_string_equal(d->body, "abcd");
}

static void
expect_continue_is_answered_before_the_body(void **state)
{
	struct desk *d = *state;
	int fd = net_connect(desk_address(d));

	assert_true(net_send(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
	                         "Expect: 100-continue\r\n\r\n"));
	expect(fd, "HTTP/1.1 100 Continue\r\n\r\n", "");
	assert_true(net_send(fd, "body"));
	expect(fd, "HTTP/1.1 202", "4 bytes\n");
	assert_true(net_send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
	expect(fd, "HTTP/1.1 200", "0 bytes\n");
	close(fd);
}

static void
head_has_the_length_and_no_body(void **state)
{
	struct desk *d = *state;
	int fd = net_connect(desk_address(d));
	char *all;

	assert_true(net_send(fd, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
	                         "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
	all = net_rest(fd);
	assert_string_equal(
		all, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\n"
		     "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n"
		     "Connection: close\r\n\r\n");
	free(all);
	close(fd);
}

static void
other_methods_reach_the_handler(void **state)
{
	static const char *const methods[] = {"PUT",   "DELETE",   "OPTIONS", "PATCH",
	                                      "TRACE", "PROPFIND", "BREW"};
	struct desk *d = *state;
	char request[128];

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		snprintf(request, sizeof(request), "%s /x HTTP/1.1\r\nHost: x\r\n\r\n", methods[i]);
		ask(d, request, "HTTP/1.1 405 Method Not Allowed\r\n",
		    "\r\nAllow: GET, HEAD, POST\r\n", false);
	}
	ask(d, "CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405", "no\n",
	    false);
}

static void
a_line_break_cannot_get_into_the_answer(void **state)
{
	struct desk *d = *state;
	int fd = net_connect(desk_address(d));
	char *answer;

	assert_true(net_send(fd, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"));
	answer = net_answer(fd);
	assert_null(strstr(answer, "X-Forged"));
	free(answer);
	close(fd);
}

static void
http_1_0_closes_unless_it_asks_to_be_kept(void **state)
{
	struct desk *d = *state;

	ask(d, "GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200", "\r\nConnection: close\r\n", true);
	ask(d, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.1 200",
	    "\r\nConnection: keep-alive\r\n", false);
}

static void
close_among_other_tokens_closes(void **state)
{
	struct desk *d = *state;

	ask(d, "GET / HTTP/1.1\r\nHost: x\r\nConnection: TE, Close\r\n\r\n", "HTTP/1.1 200",
	    "\r\nConnection: close\r\n", true);
}

static void
an_answer_may_come_later(void **state)
{
	struct desk *d = *state;
	int fd = net_connect(desk_address(d));

	assert_true(net_send(
		fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n"));
	desk_wait_asked(d);
	assert_int_equal(desk_open_requests(d), 1);
	desk_answer_later(d);
	expect(fd, "HTTP/1.1 200", "at last\n");
	expect(fd, "HTTP/1.1 200", "0 bytes\n");
	assert_int_equal(desk_open_requests(d), 0);
	close(fd);
}

static void
who_waits_holds_nothing_of_what_was_sent(void **state)
{
	static const struct {
		const char *head, *in_answer;
	} cases[] = {
		{"HTTP/1.1\r\nHost: x\r\n", "at last\n"},
		{"HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", "\r\nConnection: close\r\n"},
		{"HTTP/1.0\r\n", "\r\nConnection: close\r\n"},
		{"HTTP/1.0\r\nConnection: keep-alive\r\n", "\r\nConnection: keep-alive\r\n"},
	};
	struct desk *d = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		int fd = net_connect(desk_address(d));
		char *request =
			mem_fmt("POST /later?q=1 %sContent-Length: 3\r\n\r\nabc", cases[i].head);

		assert_true(net_send(fd, request));
		desk_wait_asked(d);
		assert_string_equal(d->path, "/later");
		assert_string_equal(d->query, "1");
		assert_int_equal(d->body_len, 3);
		desk_answer_later(d);
		expect(fd, "HTTP/1.1 200", cases[i].in_answer);
		assert_string_equal(d->path, "");
		assert_string_equal(d->query, "(none)");
		assert_int_equal(d->body_len, 0);
		if (strstr(cases[i].in_answer, "close"))
			assert_true(net_ended(fd, NET_WAIT_MS));
		close(fd);
		free(request);
	}
}

static void
answering_after_the_client_has_left_is_harmless(void **state)
{
	struct desk *d = *state;
	struct {
		int on, seconds;
	} reset = {1, 0};

	for (int i = 0; i < 4; i++) {
		int fd = net_connect(desk_address(d));

		assert_true(net_send(
			fd, "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"));
		desk_wait_asked(d);
		if (i % 2)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
		desk_answer_later(d);
	}
	ask(d, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200", "", false);
	assert_int_equal(desk_open_requests(d), 0);
}

static void
answering_after_httpd_is_gone_is_harmless(void **state)
{
	struct desk *d = *state;
	int fd = net_connect(desk_address(d));

	assert_true(net_send(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"));
	desk_wait_asked(d);
	desk_free_httpd(d);
	assert_true(net_ended(fd, NET_WAIT_MS));
	desk_answer_later(d);
	close(fd);
}

static void
a_large_answer_reaches_a_slow_reader_whole(void **state)
{
	struct desk *d = *state;
	int fd = net_connect(desk_address(d));
	char *answer;

	assert_true(net_send(fd, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n"));
	desk_wait_asked(d); /* by now the answer is stuck in the sockets */
	answer = net_answer(fd);
	assert_int_equal(strlen(strstr(answer, "\r\n\r\n") + 4), LARGE_SIZE);
	free(answer);
	assert_true(net_send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
	expect(fd, "HTTP/1.1 200", "0 bytes\n");
	close(fd);
}

static void
draining_finishes_what_is_open_and_takes_nothing_new(void **state)
{
	struct desk *d = *state;
	char address[64];
	int open = net_connect(desk_address(d));
	int idle = net_connect(desk_address(d));

	snprintf(address, sizeof(address), "%s", desk_address(d));
	assert_true(net_send(idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
	expect(idle, "HTTP/1.1 200", "");
	desk_wait_asked(d);
	assert_true(net_send(open, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"));
	desk_wait_asked(d);
	desk_drain(d);
	assert_int_equal(net_connect(address), -1);
	assert_true(net_ended(idle, NET_WAIT_MS));
	desk_answer_later(d);
	expect(open, "HTTP/1.1 200", "\r\nConnection: close\r\n");
	assert_true(net_ended(open, NET_WAIT_MS));
	close(idle);
	close(open);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(a_post_is_handed_out_whole_and_answered),
		DESK_TEST(path_and_query_are_decoded_once),
		DESK_TEST(a_nul_in_the_path_is_refused),
		DESK_TEST(pipelined_requests_are_answered_in_order),
		DESK_TEST(a_chunked_body_arrives_in_one_piece),
		DESK_TEST(expect_continue_is_answered_before_the_body),
		DESK_TEST(head_has_the_length_and_no_body),
		DESK_TEST(other_methods_reach_the_handler),
		DESK_TEST(a_line_break_cannot_get_into_the_answer),
		DESK_TEST(http_1_0_closes_unless_it_asks_to_be_kept),
		DESK_TEST(close_among_other_tokens_closes),
		DESK_TEST(an_answer_may_come_later),
		DESK_TEST(who_waits_holds_nothing_of_what_was_sent),
		DESK_TEST(answering_after_the_client_has_left_is_harmless),
		DESK_TEST(answering_after_httpd_is_gone_is_harmless),
		DESK_TEST(a_large_answer_reaches_a_slow_reader_whole),
		DESK_TEST(draining_finishes_what_is_open_and_takes_nothing_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
