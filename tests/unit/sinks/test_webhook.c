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
#include "sinks/kinds.h"
#include "sinks/webhook.h"

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
	char *fault = sink_webhook.conf.check(&options);

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
	const struct secret good = {key, 1, file_key}, good_url = {url, 1, file_url}, none = {0};

	check_options((struct webhook_options){some_url, none, good, false}, NULL);
	check_options((struct webhook_options){NULL, good_url, good, false}, NULL);
	check_options((struct webhook_options){NULL, none, good, false}, "exactly one");
	check_options((struct webhook_options){some_url, good_url, good, false}, "exactly one");
	check_options((struct webhook_options){NULL, {bad_url, 1, file_url}, good, false},
	              "http(s)");
	check_options((struct webhook_options){NULL, good_url, {empty, 1, file_key}, false},
	              "whsec_");
	check_options((struct webhook_options){NULL, good_url, {weak, 1, file_key}, false},
	              "file key");
	check_options((struct webhook_options){NULL, good_url, {not_base64, 1, file_key}, false},
	              "file key");
}

static void
a_destination_tells_no_secret_and_no_spelling(void **state)
{
	(void)state;
	char *url[] = {blank_url};
	const struct webhook_options inline_url = {.url = some_url};
	const struct webhook_options from_file = {.secret_url = {url, 1, NULL}};
	char *a = sink_webhook.destination(&inline_url), *b = sink_webhook.destination(&from_file);

	assert_string_equal(a, b);
	assert_null(strstr(a, "secret"));
	assert_int_equal(strncmp(a, "webhook ", 8), 0);
	assert_int_equal(strlen(a), 8 + 64);
	free(a);
	free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_as_the_published_vectors),
		cmocka_unit_test(prefix_and_padding_may_be_missing),
		cmocka_unit_test(each_key_signs_during_a_rotation),
		cmocka_unit_test(options_that_do_not_fit_are_faults),
		cmocka_unit_test(a_destination_tells_no_secret_and_no_spelling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
