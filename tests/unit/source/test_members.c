/* What is read of an object that jansson does not take whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/source/parts.h"

static void
each_member_stands_for_itself(void **state)
{
	static const struct {
		const char *text, *read;
	} cases[] = {
		{"{\"a\":1,\"b\":\"\\ud800\"}", "{\"a\":1}"},
		{"{\"a\":\"x\\u0000y\",\"b\":2}", "{\"b\":2}"},
		{"{\"n\":1e999,\"b\":[true,null]}", "{\"b\":[true,null]}"},
		{"{\"\\u0000\":1,\"b\":2}", "{\"b\":2}"},
		{" { \"a\" : { \"x\" : 1 , \"x\" : 2 } , \"b\" : \"}\" } ", "{\"b\":\"}\"}"},
		{"{\"o\":{\"t\":\"\\ud800\"},\"q\":\"\\\"\",\"e\":\"\\u00e9\"}",
	         "{\"q\":\"\\\"\",\"e\":\"\\u00e9\"}"},
		{"{}", "{}"},
		{"[\"a\",\"\\ud800\"]", "{}"},
		{"\"\\ud800\"", "{}"},
		{"1e999", "{}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *read = members_read(cases[i].text, strlen(cases[i].text));
		json_t *expected = json_loads(cases[i].read, 0, NULL);

		assert_true(json_equal(read, expected));
		json_decref(read);
		json_decref(expected);
	}
}

static void
a_name_that_stands_twice_is_none(void **state)
{
	static const char *const texts[] = {
		"{\"a\":1,\"a\":1,\"b\":2}",
		"{\"a\":1,\"b\":2,\"\\u0061\":3}",
		"{\"a\":\"\\ud800\",\"a\":1,\"b\":2}",
		"{\"a\":1,\"a\":2,\"a\":3,\"b\":2}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		json_t *read = members_read(texts[i], strlen(texts[i]));

		assert_int_equal(json_object_size(read), 1);
		assert_int_equal(json_int_at(read, "b", 0), 2);
		json_decref(read);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_member_stands_for_itself),
		cmocka_unit_test(a_name_that_stands_twice_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
