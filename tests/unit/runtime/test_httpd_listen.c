/* Where it listens: addresses, Unix sockets, TLS. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "desk.h"
#include "relay/base/mem.h"
#include "unit.h"

static void
expect_works(struct desk *d)
{
	int fd;
	char *answer;

	if (!d->httpd)
		fail_msg("%s", d->err.text);
	fd = net_connect(desk_address(d));
	assert_true(fd >= 0);
	net_send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	answer = net_answer(fd);
	assert_non_null(strstr(answer, "200 OK"));
	free(answer);
	close(fd);
}

static void
expect_fault(const struct httpd_options *options, const char *part)
{
	struct desk *d = desk_open(options);

	if (d->httpd || !strstr(d->err.text, part))
		fail_msg("%s: wanted a fault with '%s', got: %s", d->options.address, part,
		         d->err.text);
	desk_close(d);
}

static void
port_0_becomes_the_bound_port(void **state)
{
	struct desk *four = desk_open(&(struct httpd_options){.address = "127.0.0.1:0"});
	struct desk *name = desk_open(&(struct httpd_options){.address = "localhost:0"});

	(void)state;
	expect_works(four);
	expect_works(name);
	assert_int_equal(strncmp(desk_address(four), "127.0.0.1:", 10), 0);
	assert_true(net_port(desk_address(four)) > 0);
	assert_true(net_port(desk_address(four)) != net_port(desk_address(name)));
	desk_close(four);
	desk_close(name);
}

static void
ipv6_is_written_in_brackets(void **state)
{
	int probe = socket(AF_INET6, SOCK_STREAM, 0);
	struct desk *d;

	(void)state;
	if (probe < 0 || access("/proc/net/if_inet6", R_OK) != 0)
		skip();
	close(probe);
	d = desk_open(&(struct httpd_options){.address = "[::1]:0"});
	expect_works(d);
	assert_int_equal(strncmp(desk_address(d), "[::1]:", 6), 0);
	desk_close(d);
}

static void
bad_addresses_are_faults(void **state)
{
	struct desk *d = desk_open(&(struct httpd_options){0});

	(void)state;
	expect_fault(&(struct httpd_options){.address = ""}, "not HOST:PORT");
	expect_fault(&(struct httpd_options){.address = "127.0.0.1"}, "not HOST:PORT");
	expect_fault(&(struct httpd_options){.address = "127.0.0.1:"}, "not HOST:PORT");
	expect_fault(&(struct httpd_options){.address = ":80"}, "not HOST:PORT");
	expect_fault(&(struct httpd_options){.address = "::1:80"}, "brackets");
	expect_fault(&(struct httpd_options){.address = "127.0.0.1:http-or-so"},
	             "127.0.0.1:http-or-so");
	expect_fault(&(struct httpd_options){.address = "192.0.2.1:0"}, "192.0.2.1:0");
	expect_fault(&(struct httpd_options){.address = "unix:"}, "unix:");
	expect_fault(&(struct httpd_options){.address = desk_address(d)}, "in use");
	desk_close(d);
}

static void
a_unix_socket_is_private_and_removed_at_the_end(void **state)
{
	char dir[64], address[128];
	struct desk *d;
	struct stat st;

	(void)state;
	net_dir(dir);
	snprintf(address, sizeof(address), "unix:%s/s", dir);
	d = desk_open(&(struct httpd_options){.address = address});
	expect_works(d);
	assert_string_equal(desk_address(d), address);
	assert_int_equal(stat(address + 5, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	/* One that answers is not pushed aside. */
	expect_fault(&(struct httpd_options){.address = address}, "another process");
	expect_works(d);
	desk_close(d);
	assert_int_equal(stat(address + 5, &st), -1);
	net_dir_remove(dir);
}

static void
leave_stale_socket(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	close(fd);
}

static void
a_stale_socket_is_replaced_and_a_file_is_not(void **state)
{
	char dir[64], address[128];
	struct desk *d;
	FILE *f;

	(void)state;
	net_dir(dir);
	snprintf(address, sizeof(address), "unix:%s/s", dir);
	leave_stale_socket(address + 5);
	d = desk_open(&(struct httpd_options){.address = address});
	expect_works(d);

	/* A successor's file is not ours to remove. */
	unlink(address + 5);
	leave_stale_socket(address + 5);
	desk_close(d);
	assert_int_equal(access(address + 5, F_OK), 0);

	unlink(address + 5);
	f = fopen(address + 5, "w");
	assert_non_null(f);
	fclose(f);
	expect_fault(&(struct httpd_options){.address = address}, "not a socket");
	assert_int_equal(access(address + 5, F_OK), 0);
	net_dir_remove(dir);
}

/* ---- TLS ---- */

struct tls {
	char dir[64], certificate[128], key[128];
	struct desk *desk;
	SSL_CTX *client;
};

static void
tls_open(struct tls *t)
{
	net_dir(t->dir);
	net_certificate(t->dir, "localhost");
	snprintf(t->certificate, sizeof(t->certificate), "%s/cert.pem", t->dir);
	snprintf(t->key, sizeof(t->key), "%s/key.pem", t->dir);
	t->desk = desk_open(&(struct httpd_options){
		.certificate_file = t->certificate, .key_file = t->key, .request_ms = 2000});
	if (!t->desk->httpd)
		fail_msg("%s", t->desk->err.text);
	t->client = SSL_CTX_new(TLS_client_method());
	assert_int_equal(SSL_CTX_load_verify_locations(t->client, t->certificate, NULL), 1);
	SSL_CTX_set_verify(t->client, SSL_VERIFY_PEER, NULL);
}

static void
tls_close(struct tls *t)
{
	desk_close(t->desk);
	SSL_CTX_free(t->client);
	net_dir_remove(t->dir);
}

/* NULL when the handshake fails. */
static SSL *
tls_connect(struct tls *t)
{
	SSL *ssl = SSL_new(t->client);
	int fd = net_connect(desk_address(t->desk));

	SSL_set_fd(ssl, fd);
	SSL_set1_host(ssl, "localhost");
	if (SSL_connect(ssl) == 1)
		return ssl;
	ERR_clear_error();
	close(fd);
	SSL_free(ssl);
	return NULL;
}

static void
tls_end(SSL *ssl)
{
	close(SSL_get_fd(ssl));
	SSL_free(ssl);
}

static void
tls_say(SSL *ssl, const char *text)
{
	assert_int_equal(SSL_write(ssl, text, (int)strlen(text)), (int)strlen(text));
}

/* Reads until the answer's end is here. */
static void
tls_expect(SSL *ssl, const char *end)
{
	char got[1024] = "";
	size_t len = 0;

	while (!strstr(got, end)) {
		int n = SSL_read(ssl, got + len, (int)(sizeof(got) - 1 - len));

		if (n <= 0)
			fail_msg("wanted %s, got: %s", end, got);
		len += (size_t)n;
		got[len] = '\0';
	}
}

static void
tls_serves_requests_and_ends_properly(void **state)
{
	struct tls t;
	SSL *ssl;
	char byte;

	(void)state;
	tls_open(&t);
	ssl = tls_connect(&t);
	assert_non_null(ssl);
	tls_say(ssl, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
	tls_expect(ssl, "\r\n\r\n5 bytes\n");
	tls_say(ssl,
	        "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	tls_expect(ssl, "Connection: close\r\n\r\n0 bytes\n");
	/* An announced end, not a cut line. */
	assert_int_equal(SSL_read(ssl, &byte, 1), 0);
	assert_int_equal(SSL_get_error(ssl, 0), SSL_ERROR_ZERO_RETURN);
	tls_end(ssl);
	tls_close(&t);
}

static void
tls_answers_may_come_later_and_be_large(void **state)
{
	struct tls t;
	SSL *ssl;
	char *chunk = mem_alloc(65536);
	size_t total = 0;

	(void)state;
	tls_open(&t);
	ssl = tls_connect(&t);
	assert_non_null(ssl);
	tls_say(ssl, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	desk_wait_asked(t.desk);
	/* Bytes of the next request while this one waits. */
	tls_say(ssl, "GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	desk_answer_later(t.desk);
	tls_expect(ssl, "at last\n");
	for (int n; (n = SSL_read(ssl, chunk, 65536)) > 0;)
		total += (size_t)n;
	assert_true(total > LARGE_SIZE);
	free(chunk);
	tls_end(ssl);
	tls_close(&t);
}

/* The answer overtakes a body that is still being sent, and is not cut off by it. */
static void
tls_refusals_can_be_read(void **state)
{
	static const struct {
		const char *head;
		size_t body;
		const char *answer;
	} refused[] = {
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n", 3000000, "413"},
		{"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n", 3000000,
	         "404"},
		{"GET / HTTP/1.1\r\nno colon\r\n\r\n", 0, "400"},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhell", 0, "408"},
	};
	char *body = mem_alloc(3000000), want[32], byte;
	struct tls t;

	(void)state;
	tls_open(&t);
	for (size_t i = 0; i < COUNT(refused); i++) {
		SSL *ssl = tls_connect(&t);

		assert_non_null(ssl);
		tls_say(ssl, refused[i].head);
		if (refused[i].body)
			assert_int_equal(SSL_write(ssl, body, (int)refused[i].body),
			                 (int)refused[i].body);
		snprintf(want, sizeof(want), "HTTP/1.1 %s", refused[i].answer);
		tls_expect(ssl, want);
		while (SSL_read(ssl, &byte, 1) == 1)
			;
		assert_int_equal(SSL_get_error(ssl, 0), SSL_ERROR_ZERO_RETURN);
		tls_end(ssl);
	}
	free(body);
	tls_close(&t);
}

static void
tls_before_1_2_and_plain_text_are_refused(void **state)
{
	struct tls t;
	SSL *ssl;
	int fd;

	(void)state;
	tls_open(&t);
	SSL_CTX_set_security_level(t.client, 0);
	SSL_CTX_set_min_proto_version(t.client, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(t.client, TLS1_1_VERSION);
	assert_null(tls_connect(&t));
	SSL_CTX_set_max_proto_version(t.client, TLS1_2_VERSION);
	ssl = tls_connect(&t);
	assert_non_null(ssl);
	tls_end(ssl);

	fd = net_connect(desk_address(t.desk));
	net_send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(net_ended(fd, NET_WAIT_MS));
	close(fd);
	tls_close(&t);
}

static void
a_tls_handshake_has_the_deadline_of_a_request(void **state)
{
	struct tls t;
	int fd;

	(void)state;
	tls_open(&t);
	fd = net_connect(desk_address(t.desk));
	net_send_bytes(fd, "\x16\x03\x01\x01", 4);
	assert_true(net_ended(fd, NET_WAIT_MS / 2));
	close(fd);
	tls_close(&t);
}

static void
files_that_are_no_certificate_or_key_are_faults(void **state)
{
	struct tls t;
	char other[64], other_key[128];

	(void)state;
	tls_open(&t);
	net_dir(other);
	net_certificate(other, "localhost");
	snprintf(other_key, sizeof(other_key), "%s/key.pem", other);
	expect_fault(&(struct httpd_options){.certificate_file = "/nonexistent", .key_file = t.key},
	             "certificate /nonexistent");
	expect_fault(&(struct httpd_options){.certificate_file = t.key, .key_file = t.key},
	             "certificate");
	expect_fault(&(struct httpd_options){.certificate_file = t.certificate,
	                                     .key_file = t.certificate},
	             "key");
	expect_fault(
		&(struct httpd_options){.certificate_file = t.certificate, .key_file = other_key},
		"key");
	net_dir_remove(other);
	tls_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(port_0_becomes_the_bound_port),
		cmocka_unit_test(ipv6_is_written_in_brackets),
		cmocka_unit_test(bad_addresses_are_faults),
		cmocka_unit_test(a_unix_socket_is_private_and_removed_at_the_end),
		cmocka_unit_test(a_stale_socket_is_replaced_and_a_file_is_not),
		cmocka_unit_test(tls_serves_requests_and_ends_properly),
		cmocka_unit_test(tls_answers_may_come_later_and_be_large),
		cmocka_unit_test(tls_refusals_can_be_read),
		cmocka_unit_test(tls_before_1_2_and_plain_text_are_refused),
		cmocka_unit_test(a_tls_handshake_has_the_deadline_of_a_request),
		cmocka_unit_test(files_that_are_no_certificate_or_key_are_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
