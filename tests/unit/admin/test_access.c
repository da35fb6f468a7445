#include "rig.h"

#include <unistd.h>

#define JSON "Content-Type: application/json\r\n"

static int
status_of(struct rig *rig, const char *method, const char *path, const char *head)
{
	struct answer answer = rig_say(rig, method, path, head, "");
	int status = answer.status;

	assert_non_null(json_object_get(answer.json, status < 400 ? "status" : "error"));
	answer_fini(&answer);
	return status;
}

/* "$PORT" in the head is the listener's. */
static char *
with_port(const char *head, const char *port)
{
	const char *at = strstr(head, "$PORT");

	return at ? mem_fmt("%.*s%s%s", (int)(at - head), head, port, at + 5) : mem_str(head);
}

struct row {
	const char *head;
	int status;
};

static void
check_rows(struct rig *rig, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *head = with_port(rows[i].head, rig_port(rig));
		int status = status_of(rig, "GET", "/healthz", head);

		if (status != rows[i].status)
			fail_msg("%d, not %d, for %s", status, rows[i].status, head);
		free(head);
	}
}

static void
only_our_hosts_are_served(void **state)
{
	static const struct row rows[] = {
		{"Host: 127.0.0.1:$PORT\r\n", 200},
		{"Host: 127.0.0.1\r\n", 200},
		{"Host: [::1]:$PORT\r\n", 200},
		{"Host: LocalHost:$PORT\r\n", 200},
		{"Host: relay.Example.com\r\n", 200},
		{"Host: relay.example.com:8443\r\n", 200},
		{"Host: evil.example.com\r\n", 421},
		{"Host: evil.example.com:$PORT\r\n", 421},
		{"Host: relay.example.com.evil.example.com\r\n", 421},
		{"Host: 127.0.0.1.evil.example.com\r\n", 421},
		{"Host: localhost:x\r\n", 421},
		{"Host: [::1\r\n", 421},
		{"Host: 10.0.0.1\r\n", 421},
	};
	struct rig *rig = rig_start("127.0.0.1:0", "  admin_names: [relay.example.com]\n", NULL);

	(void)state;
	check_rows(rig, rows, COUNT(rows));
	rig_stop(rig);
}

static void
other_origins_and_sites_are_refused(void **state)
{
	static const struct row rows[] = {
		{"Host: localhost:$PORT\r\nOrigin: http://localhost:8080\r\n", 403},
		{"Host: localhost:8080\r\nOrigin: http://localhost:8080\r\n", 200},
		{"Host: localhost\r\nOrigin: http://127.0.0.1:$PORT\r\n", 200},
		{"Host: localhost\r\nOrigin: https://relay.example.com\r\n", 200},
		{"Host: localhost\r\nOrigin: https://evil.example.com\r\n", 403},
		{"Host: localhost\r\nOrigin: https://relay.example.com:444\r\n", 403},
		{"Host: localhost\r\nOrigin: null\r\n", 403},
		{"Host: localhost\r\nOrigin: file://\r\n", 403},
		{"Host: localhost\r\nSec-Fetch-Site: same-origin\r\n", 200},
		{"Host: localhost\r\nSec-Fetch-Site: none\r\n", 200},
		{"Host: localhost\r\nSec-Fetch-Site: cross-site\r\n", 403},
		{"Host: localhost\r\nSec-Fetch-Site: same-site\r\n", 403},
		{"Host: localhost\r\nSec-Fetch-Site: odd\r\n", 403},
	};
	struct rig *rig = rig_start("127.0.0.1:0", "  admin_names: [relay.example.com]\n", NULL);

	(void)state;
	check_rows(rig, rows, COUNT(rows));
	rig_stop(rig);
}

static void
a_token_guards_all_but_health(void **state)
{
	static const struct {
		const char *path, *head;
		int status;
	} rows[] = {
		{"/healthz", "", 200},
		{"/readyz", "", 200},
		{"/api/v1/status", "", 401},
		{"/metrics", "", 401},
		{"/nothing", "", 401},
		{"/api/v1/status", "Authorization: Bearer wrong\r\n", 401},
		{"/api/v1/status", "Authorization: Bearer\r\n", 401},
		{"/api/v1/status", "Authorization: Bearer open sesam\r\n", 401},
		{"/api/v1/status", "Authorization: Basic open sesame\r\n", 401},
		{"/nothing", "Authorization: Bearer open sesame\r\n", 404},
		{"/nothing", "Authorization: bearer older token\r\n", 404},
	};
	struct rig *rig = rig_start("127.0.0.1:0", "  admin_token_file: token\n", NULL);
	char out[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *head = mem_fmt("Host: localhost\r\n%s", rows[i].head);
		struct answer answer = rig_say(rig, "GET", rows[i].path, head, "");

		if (answer.status != rows[i].status)
			fail_msg("%d, not %d, for %s %s", answer.status, rows[i].status,
			         rows[i].path, rows[i].head);
		if (answer.status == 401)
			assert_string_equal(answer_header(&answer, "WWW-Authenticate", out),
			                    "Bearer");
		assert_null(strstr(answer.body, "sesame"));
		answer_fini(&answer);
		free(head);
	}
	rig_stop(rig);
}

static void
a_reload_takes_no_guard_away(void **state)
{
	struct rig *rig = rig_start("127.0.0.1:0", "  admin_token_file: token\n", NULL);

	(void)state;
	rig_reload(rig, "127.0.0.1:8081", "");
	assert_int_equal(status_of(rig, "GET", "/api/v1/status", "Host: localhost\r\n"), 401);
	rig_stop(rig);
}

static void
writes_need_json(void **state)
{
	static const char path[] = "/api/v1/events/evt_none/replay";
	struct rig *rig = rig_start("127.0.0.1:0", "", NULL);

	(void)state;
	assert_int_equal(status_of(rig, "POST", path, "Host: localhost\r\n"), 415);
	assert_int_equal(
		status_of(rig, "POST", path, "Host: localhost\r\nContent-Type: text/plain\r\n"),
		415);
	assert_int_equal(status_of(rig, "POST", path,
	                           "Host: localhost\r\nContent-Type: application/jsonp\r\n"),
	                 415);
	assert_int_equal(status_of(rig, "POST", path, "Host: localhost\r\n" JSON), 404);
	assert_int_equal(
		status_of(rig, "POST", path,
	                  "Host: localhost\r\nContent-Type: Application/JSON; charset=utf-8\r\n"),
		404);
	rig_stop(rig);
}

static void
unknown_paths_and_wrong_methods_are_told_apart(void **state)
{
	static const struct {
		const char *method, *path;
		int status;
		const char *allow;
	} rows[] = {
		{"GET", "/", 404, NULL},
		{"GET", "/api/v1/silence", 404, NULL},
		{"POST", "/api/v1/incidents/inc_1/nothing", 404, NULL},
		{"GET", "/api/v1/incidents/", 404, NULL},
		{"GET", "/api/v1/events/a/b", 404, NULL},
		{"POST", "/api/v1/incidents", 405, "GET, HEAD"},
		{"DELETE", "/healthz", 405, "GET, HEAD"},
		{"PUT", "/api/v1/events/evt_1", 405, "GET, HEAD"},
		{"GET", "/api/v1/deliveries/dlv_1/retry", 405, "POST"},
		{"DELETE", "/api/v1/silences", 405, "GET, HEAD, POST"},
		{"GET", "/api/v1/silences/sil_1", 405, "DELETE"},
	};
	struct rig *rig = rig_start("127.0.0.1:0", "", NULL);
	char out[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer answer =
			rig_say(rig, rows[i].method, rows[i].path, "Host: localhost\r\n" JSON, "");
		const char *allow = answer_header(&answer, "Allow", out);

		if (answer.status != rows[i].status)
			fail_msg("%d for %s %s", answer.status, rows[i].method, rows[i].path);
		if (rows[i].allow)
			assert_string_equal(allow, rows[i].allow);
		assert_non_null(json_object_get(answer.json, "error"));
		answer_fini(&answer);
	}
	rig_stop(rig);
}

static void
no_answer_is_cached_or_sniffed(void **state)
{
	static const char *const paths[] = {"/healthz", "/metrics", "/api/v1/incidents",
	                                    "/nothing"};
	struct rig *rig = rig_start("127.0.0.1:0", "", NULL);
	char out[256];

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct answer answer = rig_get(rig, paths[i]);

		assert_string_equal(answer_header(&answer, "Cache-Control", out), "no-store");
		assert_string_equal(answer_header(&answer, "X-Content-Type-Options", out),
		                    "nosniff");
		answer_fini(&answer);
	}
	rig_stop(rig);
}

static void
a_unix_socket_takes_any_local_host_or_none(void **state)
{
	char path[] = "/tmp/driftbell-sock-XXXXXX", *address;
	struct rig *rig;

	(void)state;
	assert_non_null(mkdtemp(path));
	address = mem_fmt("unix:%s/admin.sock", path);
	rig = rig_start(address, "", NULL);
	assert_string_equal(rig_address(rig), address);
	assert_int_equal(status_of(rig, "GET", "/healthz", "Host: localhost\r\n"), 200);
	assert_int_equal(status_of(rig, "GET", "/healthz", "Host: 127.0.0.1\r\n"), 200);
	assert_int_equal(status_of(rig, "GET", "/healthz", "Host: \r\n"), 200);
	assert_int_equal(status_of(rig, "GET", "/healthz", "Host: evil.example.com\r\n"), 421);
	rig_stop(rig);
	unlink(address + 5);
	free(address);
	rmdir(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_our_hosts_are_served),
		cmocka_unit_test(other_origins_and_sites_are_refused),
		cmocka_unit_test(a_token_guards_all_but_health),
		cmocka_unit_test(a_reload_takes_no_guard_away),
		cmocka_unit_test(writes_need_json),
		cmocka_unit_test(unknown_paths_and_wrong_methods_are_told_apart),
		cmocka_unit_test(no_answer_is_cached_or_sniffed),
		cmocka_unit_test(a_unix_socket_takes_any_local_host_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
