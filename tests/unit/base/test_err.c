#include "tests/unit/base/unit.h"

#include <errno.h>
#include <string.h>

#include "relay/base/err.h"

static void
set_formats_and_returns_minus_one(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_set(&err, "%s is %d", "x", 7), -1);
	assert_string_equal(err.text, "x is 7");
}

static void
set_cuts_what_is_too_long(void **state)
{
	struct err err;
	char words[2000];

	(void)state;
	memset(words, 'a', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	err_set(&err, "%s", words);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	err_prefix(&err, "%s", words);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void
errno_is_named_behind_the_words(void **state)
{
	struct err err;

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_errno(&err, "open %s", "f"), -1);
	assert_string_equal(err.text, "open f: No such file or directory");
}

static void
prefix_stands_in_front(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, "inner %d", 1);
	assert_int_equal(err_prefix(&err, "outer %d", 2), -1);
	assert_string_equal(err.text, "outer 2: inner 1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_formats_and_returns_minus_one),
		cmocka_unit_test(set_cuts_what_is_too_long),
		cmocka_unit_test(errno_is_named_behind_the_words),
		cmocka_unit_test(prefix_stands_in_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
