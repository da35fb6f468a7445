#include "tests/unit/base/unit.h"

#include <string.h>

#include "relay/base/lasting.h"

static void
it_is_said_when_it_begins_changes_and_ends(void **state)
{
	struct lasting fault = {.wrong = false};

	(void)state;
	assert_false(lasting_ends(&fault));
	assert_true(lasting_begins(&fault, "the disk is full"));
	assert_false(lasting_begins(&fault, "the disk is full"));
	assert_true(lasting_begins(&fault, "no such table"));
	assert_false(lasting_begins(&fault, "no such table"));
	assert_true(lasting_ends(&fault));
	assert_false(lasting_ends(&fault));
	assert_true(lasting_begins(&fault, "no such table"));
}

/* Longer than what is kept of it: each time the same, not each time another. */
static void
a_long_reason_is_the_same_again(void **state)
{
	struct lasting fault = {.wrong = false};
	char why[2000];

	(void)state;
	memset(why, 'x', sizeof(why));
	why[sizeof(why) - 1] = '\0';
	assert_true(lasting_begins(&fault, why));
	assert_false(lasting_begins(&fault, why));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_said_when_it_begins_changes_and_ends),
		cmocka_unit_test(a_long_reason_is_the_same_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
