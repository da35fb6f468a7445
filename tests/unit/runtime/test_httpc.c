#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "desk.h"
#include "net.h"
#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/runtime/httpc.h"
#include "stub.h"
#include "unit.h"

/* One call and what came of it. */
struct outcome {
	struct loop *loop;
	unsigned done;
	enum httpc_result result;
	int status;
	char *body;
	size_t body_len;
	int64_t retry_after_ms, elapsed_ms;
	bool body_cut;
	char reset[32];
	char text[300];
	struct httpc *httpc; /* for the test that calls again from done */
	const struct httpc_request *again;
};

static void
on_done(const struct httpc_response *r, void *arg)
{
	struct outcome *o = arg;

	o->done++;
	o->result = r->result;
	o->status = r->status;
	o->body = mem_strn(r->body, r->body_len);
	o->body_len = r->body_len;
	o->retry_after_ms = r->retry_after_ms;
	o->elapsed_ms = r->elapsed_ms;
	o->body_cut = r->body_cut;
	if (httpc_header(r, "x-ratelimit-reset"))
		snprintf(o->reset, sizeof(o->reset), "%s", httpc_header(r, "x-ratelimit-reset"));
	snprintf(o->text, sizeof(o->text), "%s", r->text);
	loop_stop(o->loop);
}

/* Sends on a loop and pool of its own, waits, and forgets both. */
static struct outcome
call(const struct httpc_request *request)
{
	struct outcome o = {.loop = loop_new()};
	struct httpc *httpc = httpc_new(o.loop);

	httpc_send(httpc, request, on_done, &o);
	assert_int_equal(o.done, 0); /* never before httpc_send() has returned */
	loop_run(o.loop);
	httpc_free(httpc);
	loop_free(o.loop);
	assert_int_equal(o.done, 1);
	free(o.body);
	o.body = NULL;
	return o;
}

static char *
url(const char *scheme, const char *host, const char *path)
{
	static char out[256];

	snprintf(out, sizeof(out), "%s://%s%s", scheme, host, path);
	return out;
}

static void
a_post_sends_exactly_what_was_given(void **state)
{
	struct stub *s = stub_open("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 0);
	const char *const headers[] = {"Content-Type: application/json", "X-One: 1", NULL};
	struct outcome o;

	(void)state;
	o = call(&(struct httpc_request){.method = "POST",
	                                 .url = url("http", s->host, "/in?x=1"),
	                                 .headers = headers,
	                                 .body = "{\"a\":\0001}",
	                                 .body_len = 8,
	                                 .allow_private = true});
	assert_int_equal(o.result, HTTPC_ANSWERED);
	assert_int_equal(o.status, 200);
	assert_int_equal(o.body_len, 2);
	assert_int_equal(o.retry_after_ms, 0);
	assert_int_equal(strncmp(s->request, "POST /in?x=1 HTTP/1.1\r\n", 23), 0);
	assert_non_null(strstr(s->request, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(s->request, "\r\nX-One: 1\r\n"));
	assert_non_null(strstr(s->request, "\r\nContent-Length: 8\r\n"));
	assert_null(strcasestr(s->request, "Expect"));
	assert_memory_equal(strstr(s->request, "\r\n\r\n") + 4, "{\"a\":\0001}", 8);
	stub_close(s);
}

static void
other_methods_and_no_body(void **state)
{
	static const struct {
		const char *method, *body;
	} cases[] = {
		{"GET", NULL}, {"PATCH", "{}"}, {"DELETE", NULL}, {"POST", NULL}, {"PUT", "1"}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stub *s = stub_open("HTTP/1.1 204 No Content\r\n\r\n", 0);
		const char *body = cases[i].body;
		struct outcome o = call(&(struct httpc_request){.method = cases[i].method,
		                                                .url = url("http", s->host, "/"),
		                                                .body = body,
		                                                .body_len = body ? strlen(body) : 0,
		                                                .allow_private = true});

		assert_int_equal(o.status, 204);
		assert_int_equal(strncmp(s->request, cases[i].method, strlen(cases[i].method)), 0);
		assert_null(strcasestr(s->request, "urlencoded"));
		assert_string_equal(strstr(s->request, "\r\n\r\n") + 4, body ? body : "");
		stub_close(s);
	}
}

static void
a_redirect_is_an_answer(void **state)
{
	struct stub *s = stub_open("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
	                           "Content-Length: 0\r\n\r\n",
	                           0);
	struct outcome o;

	(void)state;
	o = call(&(struct httpc_request){
		.method = "POST", .url = url("http", s->host, "/"), .allow_private = true});
	assert_int_equal(o.result, HTTPC_ANSWERED);
	assert_int_equal(o.status, 302);
	assert_int_equal(s->connections, 1);
	stub_close(s);
}

static void
of_a_long_body_the_first_64_kib_are_kept(void **state)
{
	struct stub *some = stub_open("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n", 300000);
	struct stub *endless = stub_open("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", SIZE_MAX);
	struct outcome o;

	(void)state;
	o = call(&(struct httpc_request){
		.method = "GET", .url = url("http", some->host, "/"), .allow_private = true});
	assert_int_equal(o.result, HTTPC_ANSWERED);
	assert_int_equal(o.body_len, 65536);
	assert_true(o.body_cut);
	o = call(&(struct httpc_request){.method = "GET",
	                                 .url = url("http", some->host, "/"),
	                                 .allow_private = true,
	                                 .body_max = 300000});
	assert_int_equal(o.body_len, 300000);
	assert_false(o.body_cut);
	o = call(&(struct httpc_request){
		.method = "GET", .url = url("http", endless->host, "/"), .allow_private = true});
	assert_int_equal(o.result, HTTPC_ANSWERED);
	assert_int_equal(o.status, 200);
	assert_int_equal(o.body_len, 65536);
	stub_close(some);
	stub_close(endless);
}

static int64_t
retry_after(const char *value)
{
	char answer[256];
	struct stub *s;
	struct outcome o;

	snprintf(answer, sizeof(answer),
	         "HTTP/1.1 429 Too Many\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", value);
	s = stub_open(answer, 0);
	o = call(&(struct httpc_request){
		.method = "POST", .url = url("http", s->host, "/"), .allow_private = true});
	assert_int_equal(o.status, 429);
	stub_close(s);
	return o.retry_after_ms;
}

static void
retry_after_is_read_in_both_forms_and_clamped(void **state)
{
	time_t then = (time_t)(clock_wall_ms() / SECOND_MS) + 90;
	struct tm tm;
	char date[64];

	(void)state;
	assert_int_equal(retry_after("7"), 7 * SECOND_MS);
	assert_int_equal(retry_after("1.5"), SECOND_MS);
	assert_int_equal(retry_after("0"), SECOND_MS);
	assert_int_equal(retry_after("86401"), DAY_MS);
	assert_int_equal(retry_after("99999999999999999999999"), DAY_MS);
	assert_int_equal(retry_after("soon"), 0);
	assert_int_equal(retry_after("-5"), 0);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&then, &tm));
	assert_in_range(retry_after(date), 80 * SECOND_MS, 91 * SECOND_MS);
	assert_int_equal(retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), SECOND_MS);
}

static void
headers_of_an_answer_can_be_asked_for(void **state)
{
	struct stub *s = stub_open("HTTP/1.1 429 Too Many\r\nX-RateLimit-Reset: 0.7\r\n"
	                           "Content-Length: 0\r\n\r\n",
	                           0);
	struct outcome o = call(&(struct httpc_request){
		.method = "GET", .url = url("http", s->host, "/"), .allow_private = true});

	(void)state;
	assert_int_equal(o.status, 429);
	assert_string_equal(o.reset, "0.7");
	stub_close(s);
	/* One that nobody gave has none. */
	assert_null(httpc_header(&(struct httpc_response){.result = HTTPC_ANSWERED}, "X"));
}

static void
private_addresses_are_refused_however_they_are_spelled(void **state)
{
	static const char *const hosts[] = {
		"127.0.0.1",
		"localhost",
		"2130706433",
		"0x7f.1",
		"0177.0.0.1",
		"[::1]",
		"[::ffff:127.0.0.1]",
		"0.0.0.0",
		"[::]",
		"10.0.0.1",
		"169.254.169.254",
		"[fd00::1]",
		"[64:ff9b::7f00:1]",
	};
	struct stub *s = stub_open("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0);
	char host[64];

	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct outcome o;

		snprintf(host, sizeof(host), "%s%s", hosts[i], strrchr(s->host, ':'));
		o = call(&(struct httpc_request){.method = "POST",
		                                 .url = url("https", host, "/secret-path")});
		if (o.result != HTTPC_REFUSED)
			fail_msg("%s: result %d, %s", host, (int)o.result, o.text);
		assert_null(strstr(o.text, "secret-path"));
		assert_true(*o.text);
	}
	assert_int_equal(s->connections, 0);
	stub_close(s);
}

static void
other_schemes_and_broken_requests_are_refused(void **state)
{
	const char *const forged[] = {"X-A: b\r\nX-Forged: c", NULL};
	struct outcome o;

	(void)state;
	o = call(&(struct httpc_request){.method = "GET", .url = "http://example.com/secret-path"});
	assert_int_equal(o.result, HTTPC_REFUSED);
	assert_string_equal(o.text, "only https is allowed");
	o = call(&(struct httpc_request){
		.method = "GET", .url = "file:///etc/passwd", .allow_private = true});
	assert_int_equal(o.result, HTTPC_REFUSED);
	o = call(&(struct httpc_request){
		.method = "GET", .url = "gopher://127.0.0.1/x", .allow_private = true});
	assert_int_equal(o.result, HTTPC_REFUSED);
	o = call(&(struct httpc_request){.method = "GET",
	                                 .url = "https://exa mple.com/secret-path"});
	assert_int_equal(o.result, HTTPC_REFUSED);
	assert_null(strstr(o.text, "secret-path"));
	o = call(&(struct httpc_request){.method = "GET", .url = ""});
	assert_int_equal(o.result, HTTPC_REFUSED);
	o = call(&(struct httpc_request){.method = "GET",
	                                 .url = "https://example.com/\r\nX-Forged: 1"});
	assert_int_equal(o.result, HTTPC_REFUSED);
	o = call(&(struct httpc_request){.method = "GET",
	                                 .url = "http://127.0.0.1:1/",
	                                 .headers = forged,
	                                 .allow_private = true});
	assert_int_equal(o.result, HTTPC_REFUSED);
	o = call(&(struct httpc_request){
		.method = "GET\r\n", .url = "http://127.0.0.1:1/", .allow_private = true});
	assert_int_equal(o.result, HTTPC_REFUSED);
}

static void
a_cloud_s_metadata_is_not_dialled_whatever_is_allowed(void **state)
{
	struct outcome o = call(&(struct httpc_request){.method = "GET",
	                                                .url = "http://169.254.169.254/secret-path",
	                                                .allow_private = true});

	(void)state;
	assert_int_equal(o.result, HTTPC_REFUSED);
	assert_string_equal(o.text, "the address is private or reserved");
}

static void
a_connection_of_an_allowed_request_is_not_used_by_a_guarded_one(void **state)
{
	char dir[64], certificate[128], key[128], where[128];
	struct outcome o = {.loop = loop_new()};
	struct httpc *httpc = httpc_new(o.loop);
	struct httpc_request request = {
		.method = "GET", .url = where, .ca_file = certificate, .allow_private = true};
	struct desk *d;

	(void)state;
	net_dir(dir);
	net_certificate(dir, "127.0.0.1");
	snprintf(certificate, sizeof(certificate), "%s/cert.pem", dir);
	snprintf(key, sizeof(key), "%s/key.pem", dir);
	d = desk_open(&(struct httpd_options){.certificate_file = certificate, .key_file = key});
	snprintf(where, sizeof(where), "https://%s/", desk_address(d));
	for (int i = 0; i < 2; i++) {
		httpc_send(httpc, &request, on_done, &o);
		loop_run(o.loop);
		free(o.body);
		assert_int_equal(o.result, HTTPC_ANSWERED);
		assert_int_equal(desk_connections(d), 1); /* used again */
	}
	request.allow_private = false;
	httpc_send(httpc, &request, on_done, &o);
	loop_run(o.loop);
	free(o.body);
	assert_int_equal(o.result, HTTPC_REFUSED);
	httpc_free(httpc);
	loop_free(o.loop);
	desk_close(d);
	net_dir_remove(dir);
}

static void
a_certificate_must_verify(void **state)
{
	char dir[64], certificate[128], key[128], where[128];
	struct httpc_request request = {.method = "GET", .url = where, .allow_private = true};
	struct outcome o;
	struct desk *d;

	(void)state;
	net_dir(dir);
	net_certificate(dir, "localhost");
	snprintf(certificate, sizeof(certificate), "%s/cert.pem", dir);
	snprintf(key, sizeof(key), "%s/key.pem", dir);
	d = desk_open(&(struct httpd_options){.certificate_file = certificate, .key_file = key});
	snprintf(where, sizeof(where), "https://localhost%s/secret-path",
	         strrchr(desk_address(d), ':'));

	o = call(&request); /* nobody vouches for it */
	assert_int_equal(o.result, HTTPC_UNTRUSTED);
	assert_null(strstr(o.text, "secret-path"));
	request.ca_file = certificate;
	o = call(&request);
	assert_int_equal(o.result, HTTPC_ANSWERED);
	snprintf(where, sizeof(where), "https://%s/",
	         desk_address(d)); /* by a name it is not for */
	o = call(&request);
	assert_int_equal(o.result, HTTPC_UNTRUSTED);
	request.ca_file = "/nonexistent";
	o = call(&request);
	assert_int_equal(o.result, HTTPC_UNTRUSTED);
	desk_close(d);
	net_dir_remove(dir);
}

static void
what_does_not_answer_is_unreachable(void **state)
{
	static const char *const answers[] = {
		NULL, /* silence */
		"",   /* hangs up */
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nshort",
		"\x16\x03\x01 what is this\r\nConnection: close\r\n\r\n",
	};
	struct outcome o;

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		struct stub *s = stub_open(answers[i], 0);

		o = call(&(struct httpc_request){
			.method = "POST",
			.url = url("http", s->host, "/secret-path?secret-query"),
			.allow_private = true,
			.timeout_ms = 300});
		if (o.result != HTTPC_UNREACHABLE)
			fail_msg("case %zu: %d", i, (int)o.result);
		assert_true(*o.text);
		assert_null(strstr(o.text, "secret"));
		if (!answers[i])
			assert_in_range(o.elapsed_ms, 290, 5000);
		stub_close(s);
	}
	o = call(&(struct httpc_request){
		.method = "POST", .url = "http://127.0.0.1:1/secret", .allow_private = true});
	assert_int_equal(o.result, HTTPC_UNREACHABLE);
	assert_null(strstr(o.text, "secret"));
}

static void
a_proxy_in_the_environment_does_not_matter(void **state)
{
	struct stub *s = stub_open("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0);
	struct stub *proxy = stub_open("HTTP/1.1 502 Proxy\r\nContent-Length: 0\r\n\r\n", 0);
	char value[64];
	struct outcome o;

	(void)state;
	snprintf(value, sizeof(value), "http://%s", proxy->host);
	setenv("http_proxy", value, 1);
	setenv("https_proxy", value, 1);
	setenv("ALL_PROXY", value, 1);
	o = call(&(struct httpc_request){
		.method = "GET", .url = url("http", s->host, "/"), .allow_private = true});
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("ALL_PROXY");
	assert_int_equal(o.status, 200);
	assert_int_equal(proxy->connections, 0);
	stub_close(s);
	stub_close(proxy);
}

static void
on_first(const struct httpc_response *r, void *arg)
{
	struct outcome *o = arg;

	assert_int_equal(r->result, HTTPC_ANSWERED);
	httpc_send(o->httpc, o->again, on_done, o);
}

static void
done_may_send_the_next(void **state)
{
	struct stub *s = stub_open("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0);
	struct httpc_request request = {
		.method = "GET", .url = url("http", s->host, "/"), .allow_private = true};
	struct outcome o = {.loop = loop_new(), .again = &request};

	(void)state;
	o.httpc = httpc_new(o.loop);
	httpc_send(o.httpc, &request, on_first, &o);
	loop_run(o.loop);
	assert_int_equal(o.done, 1);
	assert_int_equal(o.status, 200);
	free(o.body);
	httpc_free(o.httpc);
	loop_free(o.loop);
	stub_close(s);
}

static void
never_done(const struct httpc_response *r, void *arg)
{
	(void)r;
	(void)arg;
	fail_msg("done of a cancelled call");
}

static void
a_cancelled_call_is_never_done(void **state)
{
	struct stub *silent = stub_open(NULL, 0);
	struct stub *s = stub_open("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0);
	struct httpc_request request = {.method = "GET",
	                                .url = url("http", silent->host, "/"),
	                                .allow_private = true,
	                                .timeout_ms = 50};
	struct outcome o = {.loop = loop_new()};
	struct httpc *httpc = httpc_new(o.loop);

	(void)state;
	httpc_cancel(httpc_send(httpc, &request, never_done, NULL));
	request.url = "";
	httpc_cancel(httpc_send(httpc, &request, never_done, NULL));
	request.url = url("http", s->host, "/");
	httpc_send(httpc, &request, on_done, &o);
	loop_run(o.loop);
	free(o.body);
	assert_int_equal(o.status, 200);
	httpc_free(httpc);
	loop_free(o.loop);
	stub_close(silent);
	stub_close(s);
}

static void
freeing_with_calls_in_flight_is_clean(void **state)
{
	struct stub *silent = stub_open(NULL, 0);
	struct stub *s = stub_open("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0);
	struct httpc_request request = {
		.method = "GET", .url = url("http", silent->host, "/"), .allow_private = true};
	struct outcome o = {.loop = loop_new()};
	struct httpc *httpc = httpc_new(o.loop);

	(void)state;
	for (int i = 0; i < 5; i++)
		httpc_send(httpc, &request, never_done, NULL);
	request.url = url("http", s->host, "/");
	request.allow_private = true;
	httpc_send(httpc, &request, on_done, &o);
	loop_run(o.loop); /* the others are on their way by now */
	free(o.body);
	httpc_send(httpc, &request, never_done, NULL);
	httpc_free(httpc);
	loop_free(o.loop);
	stub_close(silent);
	stub_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_post_sends_exactly_what_was_given),
		cmocka_unit_test(other_methods_and_no_body),
		cmocka_unit_test(a_redirect_is_an_answer),
		cmocka_unit_test(of_a_long_body_the_first_64_kib_are_kept),
		cmocka_unit_test(retry_after_is_read_in_both_forms_and_clamped),
		cmocka_unit_test(headers_of_an_answer_can_be_asked_for),
		cmocka_unit_test(private_addresses_are_refused_however_they_are_spelled),
		cmocka_unit_test(other_schemes_and_broken_requests_are_refused),
		cmocka_unit_test(a_cloud_s_metadata_is_not_dialled_whatever_is_allowed),
		cmocka_unit_test(a_connection_of_an_allowed_request_is_not_used_by_a_guarded_one),
		cmocka_unit_test(a_certificate_must_verify),
		cmocka_unit_test(what_does_not_answer_is_unreachable),
		cmocka_unit_test(a_proxy_in_the_environment_does_not_matter),
		cmocka_unit_test(done_may_send_the_next),
		cmocka_unit_test(a_cancelled_call_is_never_done),
		cmocka_unit_test(freeing_with_calls_in_flight_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
