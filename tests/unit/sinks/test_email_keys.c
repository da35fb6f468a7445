/* The options of the mail sink: what does not fit, and the destination. */
#include "tests/unit/sinks/fault_check.h"
#include "tests/unit/sinks/mail_check.h"

#include <unistd.h>

#include "relay/config/key.h"
#include "sinks/email.h"
#include "sinks/kinds.h"
#include "sinks/mail_job.h"

static char *some_to[] = {"security@example.com", "Ops@example.com"};
static char *some_password[] = {"correct horse"};

static struct email_options
some_options(void)
{
	return (struct email_options){
		.server = "smtp.example.com:587",
		.from = "Driftbell <driftbell@example.com>",
		.to = {some_to, COUNT(some_to)},
		.template = "notification",
	};
}

static struct email_options
with_login(void)
{
	struct email_options options = some_options();

	options.username = "relay";
	options.password = (struct secret){some_password, 1, "file password"};
	return options;
}

static void
check(struct email_options options, const char *part)
{
	char *fault = faults_of(&sink_email, &options);

	if (!part && fault)
		fail_msg("%s", fault);
	if (part && !fault)
		fail_msg("no fault, not: %s", part);
	if (part && !strstr(fault, part))
		fail_msg("%s, not: %s", fault, part);
	if (fault)
		assert_null(strstr(fault, some_password[0]));
	free(fault);
}

#define CHECK(make, member, value, part)               \
	do {                                           \
		struct email_options changed = make(); \
		changed.member = value;                \
		check(changed, part);                  \
	} while (0)

static void
options_that_fit(void **state)
{
	(void)state;
	check(some_options(), NULL);
	check(with_login(), NULL);
	CHECK(some_options, security, MAIL_NONE, NULL);
	CHECK(some_options, security, MAIL_TLS, NULL);
	CHECK(some_options, tls_min, 1, NULL);
	CHECK(with_login, auth, MAIL_AUTH_XOAUTH2, NULL);
	CHECK(some_options, from, "driftbell@example.com", NULL);
	CHECK(some_options, sender, "bounces@example.com", NULL);
	CHECK(some_options, reply_to, "people@example.com", NULL);
	CHECK(some_options, hello, "relay.example.com", NULL);
	CHECK(some_options, hello, "[192.0.2.1]", NULL);
	CHECK(some_options, list_id, "alerts.example.com", NULL);
	CHECK(some_options, template, "short-1.2", NULL);
}

static void
check_authorities(const char *text, const char *part)
{
	char path[] = "/tmp/driftbell-ca-XXXXXX";
	struct email_options options = some_options();
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(close(fd), 0);
	options.ca_file = path;
	check(options, part);
	unlink(path);
}

static void
authorities_are_there_and_in_pem(void **state)
{
	(void)state;
	check_authorities("Ours:\n-----BEGIN CERTIFICATE-----\nMIIB\n", NULL);
	check_authorities("-----BEGIN TRUSTED CERTIFICATE-----\r\n", NULL);
	check_authorities("", "holds no certificate in PEM");
	check_authorities("0\x82\x03\x4f", "holds no certificate in PEM");
	check_authorities("-----BEGIN PRIVATE KEY-----\n", "holds no certificate in PEM");
	CHECK(some_options, ca_file, "/nonexistent/ca.pem",
	      "ca_file: \"/nonexistent/ca.pem\" cannot be read: No such file");
	CHECK(some_options, ca_file, "/tmp", "cannot be read: Is a directory");
}

static void
every_fault_is_told_at_once(void **state)
{
	static char *some[] = {"one@example.com", "two", "One@example.com"};
	static const char *const parts[] = {
		"server: ", "username is longer", "from: ",  "\"two\"",
		"twice",    "reply_to: ",         "hello: ", "list_id: "};
	struct email_options options = with_login();
	char *too_long = repeated("x", 256);

	(void)state;
	options.server = "nowhere";
	options.username = too_long;
	options.from = "nobody";
	options.to = (struct key_texts){some, COUNT(some)};
	options.reply_to = "nobody";
	options.hello = "a b";
	options.list_id = "[a]";
	for (size_t i = 0; i < COUNT(parts); i++)
		check(options, parts[i]);
	free(too_long);
}

static void
a_server_is_a_host_and_a_port(void **state)
{
	(void)state;
	static char *const good[] = {"localhost:25", "192.0.2.1:587", "[::1]:25",
	                             "[2001:db8::1]:65535", "mail_relay:25"};
	static char *const bad[] = {
		"smtp.example.com",
		"smtp.example.com:",
		":25",
		"smtp.example.com:0",
		"smtp.example.com:65536",
		"smtp.example.com:25x",
		"smtp.example.com:-1",
		"::1:25",
		"[::1]",
		"[::1]25",
		"[]:25",
		"[smtp.example.com]:25",
		"a b:25",
		"a/b:25",
		"-a:25",
		"smtp://a:25",
		"",
		"user@a:25",
		"a:123456",
	};

	for (size_t i = 0; i < COUNT(good); i++)
		CHECK(some_options, server, good[i], NULL);
	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK(some_options, server, bad[i], "server: needs HOST:PORT");
}

static void
a_password_goes_in_clear_only_on_loopback(void **state)
{
	(void)state;
	static const struct {
		char *server;
		bool loopback;
	} cases[] = {
		{"127.0.0.1:25", true},
		{"127.1.2.3:25", true},
		{"[::1]:25", true},
		{"localhost:25", true},
		{"LocalHost:25", true},
		{"128.0.0.1:25", false},
		{"[::2]:25", false},
		{"smtp.example.com:25", false},
		{"localhost.example.com:25", false},
		{"[::ffff:127.0.0.1]:25", false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct email_options options = with_login();
		options.server = cases[i].server;
		options.security = MAIL_NONE;
		check(options, cases[i].loopback ? NULL : "security: none");
	}
}

static void
a_login_is_whole(void **state)
{
	(void)state;
	char *longest = repeated("x", 255), *too_long = repeated("x", 256);

	CHECK(with_login, username, NULL, "needs username");
	CHECK(with_login, password, (struct secret){0}, "password_file");
	CHECK(some_options, auth, MAIL_AUTH_XOAUTH2, "needs username");
	CHECK(with_login, username, longest, NULL);
	CHECK(with_login, username, too_long, "255");
	struct email_options options = with_login();
	options.server = "127.0.0.1:25";
	options.security = MAIL_NONE;
	options.auth = MAIL_AUTH_XOAUTH2;
	check(options, "xoauth2 needs security");
	options = some_options();
	options.security = MAIL_NONE;
	options.tls_min = 1;
	check(options, "tls_min needs security");
	options.tls_min = 0;
	options.ca_file = "/etc/ca.pem";
	check(options, "ca_file needs security");
	free(longest);
	free(too_long);
}

static void
addresses_are_addresses(void **state)
{
	(void)state;
	char *twice[] = {"a@example.com", "b@example.com", "A@Example.com"};
	char *bad[] = {"a@example.com", "a@example.org>\r\nRCPT TO:<evil@example.org"};
	char *named[] = {"Ops <a@example.com>"};
	char *many[MAIL_RECIPIENTS_MAX + 1];

	for (int i = 0; i <= MAIL_RECIPIENTS_MAX; i++)
		many[i] = mem_fmt("a%d@example.com", i);
	CHECK(some_options, to, ((struct key_texts){twice, 3}), "twice");
	CHECK(some_options, to, ((struct key_texts){twice, 2}), NULL);
	CHECK(some_options, to, ((struct key_texts){bad, 2}), "not an address");
	CHECK(some_options, to, ((struct key_texts){named, 1}), "not an address");
	CHECK(some_options, to, ((struct key_texts){many, MAIL_RECIPIENTS_MAX}), NULL);
	CHECK(some_options, to, ((struct key_texts){many, MAIL_RECIPIENTS_MAX + 1}), "1 to 100");
	CHECK(some_options, from, "Driftbell", "from:");
	CHECK(some_options, sender, "Driftbell <a@example.com>", "sender:");
	CHECK(some_options, reply_to, "x", "reply_to:");
	CHECK(some_options, hello, "a b", "hello:");
	CHECK(some_options, list_id, "<x>", "list_id:");
	CHECK(some_options, list_id, "[192.0.2.1]", "list_id:");
	for (int i = 0; i <= MAIL_RECIPIENTS_MAX; i++)
		free(many[i]);
}

static void
a_destination_is_the_server_and_the_list(void **state)
{
	(void)state;
	char *turned[] = {"OPS@example.com", "security@EXAMPLE.com"};
	char *other[] = {"security@example.com", "people@example.com"};
	struct email_options options = some_options();
	char *first = sink_email.destination(&options, NULL);

	options.to.items = turned;
	options.server = "SMTP.example.com:587";
	options.from = "other@example.com";
	options.username = "relay";
	char *same = sink_email.destination(&options, NULL);
	options.to.items = other;
	char *list = sink_email.destination(&options, NULL);
	options.to.items = turned;
	options.server = "smtp.example.com:25";
	char *server = sink_email.destination(&options, NULL);

	assert_int_equal(strncmp(first, "email ", 6), 0);
	assert_int_equal(strlen(first), 6 + 64);
	assert_null(strstr(first, "@"));
	assert_string_equal(first, same);
	assert_string_not_equal(first, list);
	assert_string_not_equal(first, server);
	free(first);
	free(same);
	free(list);
	free(server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_that_fit),
		cmocka_unit_test(authorities_are_there_and_in_pem),
		cmocka_unit_test(every_fault_is_told_at_once),
		cmocka_unit_test(a_server_is_a_host_and_a_port),
		cmocka_unit_test(a_password_goes_in_clear_only_on_loopback),
		cmocka_unit_test(a_login_is_whole),
		cmocka_unit_test(addresses_are_addresses),
		cmocka_unit_test(a_destination_is_the_server_and_the_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
