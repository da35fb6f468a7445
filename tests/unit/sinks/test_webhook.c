/* Vectors: the Standard Webhooks libraries' own tests (Go, Rust), and the
 * same computed with Python's hmac for two keys at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "sinks/kinds.h"
#include "sinks/webhook.h"
#include "tests/unit/sinks/fault_check.h"

static char old_key[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static char new_key[] = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
static char bare_key[] = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static char unpadded_key[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBr";
static char empty_key[] = "whsec_",
	    weak_key[] = "whsec_c2hvcnQ=", words[] = "correct horse battery staple";
static char some_url[] = "https://hooks.example.com/secret-part",
	    blank_url[] = " https://hooks.example.com/secret-part\n";
static char not_url[] = "ftp://hooks.example.com";
static char file_key[] = "file key", file_url[] = "file url";

static void
check(char **keys, size_t count, const char *id, int64_t at, const char *body, const char *expected)
{
	const struct secret secret = {.values = keys, .count = count};
	char *value = webhook_signature(&secret, id, at, body, strlen(body));

	assert_string_equal(value, expected);
	free(value);
}

static void
signs_as_the_published_vectors(void **state)
{
	(void)state;
	char *first[] = {old_key}, *second[] = {new_key};

	check(first, 1, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}",
	      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	check(second, 1, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553,
	      "{\"email\":\"test@example.com\",\"username\":\"test_user\"}",
	      "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
}

static void
prefix_and_padding_may_be_missing(void **state)
{
	(void)state;
	char *bare[] = {bare_key};
	char *unpadded[] = {unpadded_key};

	check(bare, 1, "msg_noprefix", 1700000000, "{\"a\":1}",
	      "v1,gEJJCCLnI7AZHvSJ33nu/qZVvBAitm9oD9bBOPGFmMM=");
	check(unpadded, 1, "msg_pad2", 1700000000, "{\"a\":1}",
	      "v1,a6Ok4ksN2OnpaI07SnyaBEubVm8qJ9zxemTb0LeeazI=");
}

static void
each_key_signs_during_a_rotation(void **state)
{
	(void)state;
	char *keys[] = {old_key, new_key};

	check(keys, 2, "msg_rot", 1700000000, "{\"a\":1}",
	      "v1,6kLJZE4eAeGL1Oq0gq6ozj9T6Kr6C8HRoKl3actEBUk= "
	      "v1,sImZP0C8rXzxI4GcJxsd0G6JXAQlLDGkhPCqdjCz7rw=");
}

static void
check_options(struct webhook_options options, const char *part)
{
	char *fault = faults_of(&sink_webhook, &options);

	if (!part)
		assert_null(fault);
	else
		assert_non_null(strstr(fault, part));
	free(fault);
}

static void
options_that_do_not_fit_are_faults(void **state)
{
	(void)state;
	char *key[] = {old_key}, *empty[] = {empty_key}, *weak[] = {weak_key},
	     *not_base64[] = {words};
	char *url[] = {blank_url}, *bad_url[] = {not_url};
	const struct secret good = {key, 1, file_key}, good_url = {url, 1, file_url};

	check_options((struct webhook_options){.url = some_url, .secret = good}, NULL);
	check_options((struct webhook_options){.secret_url = good_url, .secret = good}, NULL);
	check_options((struct webhook_options){.secret = good}, "exactly one");
	check_options((struct webhook_options){some_url, good_url, .secret = good}, "exactly one");
	check_options(
		(struct webhook_options){.secret_url = {bad_url, 1, file_url}, .secret = good},
		"http(s)");
	check_options(
		(struct webhook_options){.secret_url = good_url, .secret = {empty, 1, file_key}},
		"whsec_");
	check_options(
		(struct webhook_options){.secret_url = good_url, .secret = {weak, 1, file_key}},
		"file key");
	check_options((struct webhook_options){.secret_url = good_url,
	                                       .secret = {not_base64, 1, file_key}},
	              "file key");
}

static void
a_secret_s_length_is_what_the_fault_says(void **state)
{
	static const struct {
		size_t size;
		const char *fault;
	} cases[] = {{15, "base64 of 16 to 128 bytes"},
	             {16, NULL},
	             {128, NULL},
	             {129, "base64 of 16 to 128 bytes"}};
	static const unsigned char bytes[129];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = base64_encode(bytes, cases[i].size), *key[] = {text};

		check_options(
			(struct webhook_options){.url = some_url, .secret = {key, 1, file_key}},
			cases[i].fault);
		free(text);
	}
}

static void
a_webhook_goes_unsigned_only_with_a_template(void **state)
{
	(void)state;
	check_options((struct webhook_options){.url = some_url}, "secret_file");
	check_options((struct webhook_options){.url = some_url, .template = "pagerduty"}, NULL);
}

/* Options with a template and one value or header. */
static void
check_item(bool header, struct webhook_value item, const char *part)
{
	const struct key_list list = {&item, 1};
	struct webhook_options options = {.url = some_url, .template = "pagerduty"};

	if (header)
		options.headers = list;
	else
		options.values = list;
	check_options(options, part);
}

static void
values_and_headers_that_cannot_be_are_faults(void **state)
{
	(void)state;
	char *many_lines[] = {"one\ntwo"}, *secret[] = {"R0UT1NG"};

	check_item(false, (struct webhook_value){"routing_key", NULL, {secret, 1, NULL}}, NULL);
	check_item(false, (struct webhook_value){"text", NULL, {many_lines, 1, NULL}}, NULL);
	check_item(false, (struct webhook_value){"a.b", "x", {0}}, "\"a.b\" is no name");
	check_item(false, (struct webhook_value){"a", NULL, {0}}, "exactly one of value");
	check_item(false, (struct webhook_value){"a", "x", {secret, 1, NULL}},
	           "exactly one of value");
	check_item(true, (struct webhook_value){"Authorization", NULL, {secret, 1, NULL}}, NULL);
	check_item(true, (struct webhook_value){"X-My.Header_1", "a b\tc", {0}}, NULL);
	check_item(true, (struct webhook_value){"X My", "a", {0}}, "no name of a header");
	check_item(true, (struct webhook_value){"X:", "a", {0}}, "no name of a header");
	static const char *const taken[] = {"Host", "content-length", "Webhook-Signature",
	                                    "Content-Type", "Transfer-Encoding"};
	for (size_t i = 0; i < COUNT(taken); i++)
		check_item(true, (struct webhook_value){(char *)taken[i], "a", {0}}, "not yours");
	check_item(true, (struct webhook_value){"X-A", NULL, {many_lines, 1, NULL}}, "one line");
	check_item(true, (struct webhook_value){"X-A", " a", {0}}, "one line");
	struct webhook_value twice[] = {{"x", "a", {0}}, {"X", "b", {0}}};
	check_options(
		(struct webhook_options){.url = some_url, .template = "a", .headers = {twice, 2}},
		"headers: X stands there twice");
	check_options((struct webhook_options){.url = some_url,
	                                       .secret = {(char *[]){old_key}, 1, NULL},
	                                       .values = {twice, 1}},
	              "there is none");
	check_options((struct webhook_options){.url = some_url,
	                                       .template = "a",
	                                       .content_type = "text/plain\r\nX: y"},
	              "content_type");
}

static void
the_content_type_is_what_the_template_makes(void **state)
{
	(void)state;
	struct webhook_options options = {.url = some_url};

	assert_string_equal(webhook_content_type(&options), "application/json");
	options.template = "pagerduty";
	assert_string_equal(webhook_content_type(&options), "application/json");
	options.template = "cloudevents";
	assert_string_equal(webhook_content_type(&options),
	                    "application/cloudevents+json; charset=UTF-8");
	options.content_type = "text/plain";
	assert_string_equal(webhook_content_type(&options), "text/plain");
}

static void
a_destination_tells_no_secret_and_no_spelling(void **state)
{
	(void)state;
	char *url[] = {blank_url};
	const struct webhook_options inline_url = {.url = some_url};
	const struct webhook_options from_file = {.secret_url = {url, 1, NULL}};
	char *a = sink_webhook.destination(&inline_url, NULL),
	     *b = sink_webhook.destination(&from_file, NULL);

	assert_string_equal(a, b);
	assert_null(strstr(a, "secret"));
	assert_int_equal(strncmp(a, "webhook ", 8), 0);
	assert_int_equal(strlen(a), 8 + 64);
	free(a);
	free(b);
}

static void
receivers_behind_one_url_are_told_apart_by_their_values(void **state)
{
	(void)state;
	char *key[] = {"R0UT1NG"};
	struct webhook_value one[] = {{"a", "x", {0}}, {"b", NULL, {key, 1, NULL}}};
	struct webhook_value other_way[] = {one[1], one[0]}, another[] = {one[0], {"b", "y", {0}}};
	const struct webhook_options options[] = {
		{.url = some_url},
		{.url = some_url, .values = {one, 2}},
		{.url = some_url, .values = {other_way, 2}, .headers = {one, 1}},
		{.url = some_url, .values = {another, 2}},
	};
	char *names[COUNT(options)];

	for (size_t i = 0; i < COUNT(options); i++)
		names[i] = sink_webhook.destination(&options[i], NULL);
	assert_string_equal(names[1], names[2]);
	assert_string_not_equal(names[0], names[1]);
	assert_string_not_equal(names[1], names[3]);
	assert_null(strstr(names[1], "R0UT1NG"));
	for (size_t i = 0; i < COUNT(options); i++)
		free(names[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_as_the_published_vectors),
		cmocka_unit_test(prefix_and_padding_may_be_missing),
		cmocka_unit_test(each_key_signs_during_a_rotation),
		cmocka_unit_test(options_that_do_not_fit_are_faults),
		cmocka_unit_test(a_secret_s_length_is_what_the_fault_says),
		cmocka_unit_test(a_webhook_goes_unsigned_only_with_a_template),
		cmocka_unit_test(values_and_headers_that_cannot_be_are_faults),
		cmocka_unit_test(the_content_type_is_what_the_template_makes),
		cmocka_unit_test(a_destination_tells_no_secret_and_no_spelling),
		cmocka_unit_test(receivers_behind_one_url_are_told_apart_by_their_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
