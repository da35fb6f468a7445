#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "relay/base/mem.h"
#include "relay/command/client.h"

static const struct conf_tls plain;

static void
an_address_becomes_where_to_call(void **state)
{
	static const struct {
		const char *where, *base, *socket_path;
	} rows[] = {
		{"127.0.0.1:8081", "http://127.0.0.1:8081", NULL},
		{"[::1]:8081", "http://[::1]:8081", NULL},
		{"0.0.0.0:8081", "http://127.0.0.1:8081", NULL},
		{"[::]:8081", "http://[::1]:8081", NULL},
		{"unix:/run/driftbell/admin.sock", "http://localhost", "/run/driftbell/admin.sock"},
		{"https://relay.example.com/", "https://relay.example.com", NULL},
		{"http://relay.example.com:8080/behind", "http://relay.example.com:8080/behind",
	         NULL},
	};
	struct client_target target;
	struct err err = {""};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(client_target_init(&target, rows[i].where, &plain, &err), 0);
		assert_string_equal(target.base, rows[i].base);
		if (rows[i].socket_path)
			assert_string_equal(target.socket_path, rows[i].socket_path);
		else
			assert_null(target.socket_path);
		assert_null(target.pin);
		client_target_fini(&target);
	}
}

static void
what_cannot_be_called_is_told(void **state)
{
	static const char *const rows[] = {"127.0.0.1:0", "[::1]:0", "localhost",
	                                   "localhost:",  "http://", "https://a b/"};
	struct client_target target;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err = {""};

		assert_int_equal(client_target_init(&target, rows[i], &plain, &err), -1);
		assert_string_not_equal(err.text, "");
	}
}

static void
a_listener_with_tls_needs_its_certificate(void **state)
{
	const struct conf_tls tls = {.certificate_file = (char *)"/nowhere/certificate.pem"};
	struct client_target target;
	struct err err = {""};

	(void)state;
	assert_int_equal(client_target_init(&target, "127.0.0.1:8081", &tls, &err), -1);
	assert_non_null(strstr(err.text, "/nowhere/certificate.pem"));
}

static void
nobody_there_is_an_error_with_the_address_in_it(void **state)
{
	const struct client_request request = {.method = "GET", .path = "/healthz"};
	struct client_target target = {.base = (char *)"http://localhost",
	                               .socket_path = (char *)"/nowhere/admin.sock"};
	struct buf answer = {0};
	struct err err = {""};

	(void)state;
	assert_int_equal(client_send(&target, &request, &answer, &err), -1);
	assert_non_null(strstr(err.text, "/nowhere/admin.sock"));
	buf_fini(&answer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_becomes_where_to_call),
		cmocka_unit_test(what_cannot_be_called_is_told),
		cmocka_unit_test(a_listener_with_tls_needs_its_certificate),
		cmocka_unit_test(nobody_there_is_an_error_with_the_address_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
