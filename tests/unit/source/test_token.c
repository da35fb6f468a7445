#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/source/source.h"

static const struct {
	const char *body, *left, *token;
} samples[] = {
	{"{\"access_token\":\"s3cret\",\"a\":1}", "{\"access_token\":\"\",\"a\":1}", "s3cret"},
	{"{ \"access_token\" \n:\t\"s3cret\" }", "{ \"access_token\" \n:\t\"\" }", "s3cret"},
	/* escaped names */
	{"{\"\\u0061ccess_token\":\"s\"}", "{\"\\u0061ccess_token\":\"\"}", "s"},
	{"{\"\\u0061\\u0063\\u0063\\u0065\\u0073\\u0073\\u005F\\u0074\\u006f\\u006b\\u0065\\u006e\""
         ":\"s\"}",
         "{\"\\u0061\\u0063\\u0063\\u0065\\u0073\\u0073\\u005F\\u0074\\u006f\\u006b\\u0065\\u006e\""
         ":\"\"}",
         "s"},
	/* escaped values */
	{"{\"access_token\":\"a\\\"b\\\\c\\/d\\n\"}", "{\"access_token\":\"\"}", "a\"b\\c/d\n"},
	{"{\"access_token\":\"\\u00fc\\u20ac\\ud83d\\udc1b\"}", "{\"access_token\":\"\"}",
         "\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\x9b"},
	{"{\"access_token\":\"x\\ud83dy\\u0000z\"}", "{\"access_token\":\"\"}",
         "x\xef\xbf\xbdy\xef\xbf\xbdz"},
	{"{\"access_token\":\"\xc3\xbc\"}", "{\"access_token\":\"\"}", "\xc3\xbc"},
	/* again, and deeper; the first one counts */
	{"{\"access_token\":\"one\",\"access_token\":\"two\"}",
         "{\"access_token\":\"\",\"access_token\":\"\"}", "one"},
	{"{\"a\":[1,{\"access_token\":\"one\"}],\"b\":{\"access_token\":\"two\"}}",
         "{\"a\":[1,{\"access_token\":\"\"}],\"b\":{\"access_token\":\"\"}}", "one"},
	{"[{\"access_token\":\"one\"}]", "[{\"access_token\":\"\"}]", "one"},
	/* other types */
	{"{\"access_token\":17e3,\"b\":1}", "{\"access_token\":\"\",\"b\":1}", NULL},
	{"{\"access_token\":null}", "{\"access_token\":\"\"}", NULL},
	{"{\"access_token\":[\"s\",{\"x\":\"]}\"}],\"b\":1}", "{\"access_token\":\"\",\"b\":1}",
         NULL},
	{"{\"access_token\":{\"access_token\":\"s\"},\"access_token\":\"t\"}",
         "{\"access_token\":\"\",\"access_token\":\"\"}", "t"},
	/* not it */
	{"{\"a\":\"access_token\",\"b\":\"x\"}", "{\"a\":\"access_token\",\"b\":\"x\"}", NULL},
	{"{\"a\":\"\\\"access_token\\\":\\\"x\\\"\"}", "{\"a\":\"\\\"access_token\\\":\\\"x\\\"\"}",
         NULL},
	{"[\"access_token\",\"x\"]", "[\"access_token\",\"x\"]", NULL},
	{"{\"access_token2\":\"x\",\"my_access_token\":\"y\",\"access_token\\u0000\":\"z\"}",
         "{\"access_token2\":\"x\",\"my_access_token\":\"y\",\"access_token\\u0000\":\"z\"}", NULL},
	{"\"access_token\"", "\"access_token\"", NULL},
	{"", "", NULL},
};

static void
tokens_are_cut_and_nothing_else_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		size_t len = strlen(samples[i].body), left;
		char *copy = mem_dup(samples[i].body, len); /* no NUL: an overrun shows */
		char *token;
		char *out = run_task_cut_token(copy, len, &left, &token);

		assert_string_equal(out, samples[i].left);
		assert_int_equal(left, strlen(samples[i].left));
		if (samples[i].token == NULL)
			assert_null(token);
		else
			assert_string_equal(token, samples[i].token);
		free(token);
		free(out);
		free(copy);
	}
}

static void
a_body_cut_anywhere_is_survived(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		for (size_t len = 0; len <= strlen(samples[i].body); len++) {
			char *copy = mem_dup(samples[i].body, len);
			size_t left;
			char *token;
			char *out = run_task_cut_token(copy, len, &left, &token);

			assert_int_equal(left, strlen(out));
			assert_null(strstr(out, "s3cret"));
			free(token);
			free(out);
			free(copy);
		}
	}
}

static void
a_cut_body_has_no_token_left(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		char *first, *second;
		size_t len, again;
		char *once =
			run_task_cut_token(samples[i].body, strlen(samples[i].body), &len, &first);
		char *twice = run_task_cut_token(once, len, &again, &second);

		assert_string_equal(once, twice);
		assert_true(second == NULL || second[0] == '\0');
		free(first);
		free(second);
		free(once);
		free(twice);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_are_cut_and_nothing_else_changes),
		cmocka_unit_test(a_body_cut_anywhere_is_survived),
		cmocka_unit_test(a_cut_body_has_no_token_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
