#include "tests/unit/base/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"

#define KEY "a key for tests only"

static void
check_opens(const char *plain)
{
	char *sealed = seal_text(KEY, "token", plain);
	char *opened = seal_open(KEY, "token", sealed);

	assert_non_null(opened);
	assert_string_equal(opened, plain);
	if (*plain != '\0')
		assert_null(strstr(sealed, plain));
	free(sealed);
	free(opened);
}

static void
what_was_sealed_opens(void **state)
{
	char *large = mem_alloc(100001);

	(void)state;
	memset(large, 'x', 100000);
	check_opens("s3cret");
	check_opens("");
	check_opens("s\xc3\xa9"
	            "cret with spaces\n");
	check_opens(large);
	free(large);
}

static void
the_same_text_is_never_sealed_alike(void **state)
{
	char *a = seal_text(KEY, "token", "s3cret");
	char *b = seal_text(KEY, "token", "s3cret");

	(void)state;
	assert_string_not_equal(a, b);
	free(a);
	free(b);
}

static void
another_key_or_label_opens_nothing(void **state)
{
	char *sealed = seal_text(KEY, "token", "s3cret");

	(void)state;
	assert_null(seal_open("another key", "token", sealed));
	assert_null(seal_open("", "token", sealed));
	assert_null(seal_open(KEY, "tokem", sealed));
	free(sealed);
}

/* Every character changed to every other class, and every shorter text. */
static void
a_text_that_was_touched_opens_nothing(void **state)
{
	char *sealed = seal_text(KEY, "token", "s3cret");
	size_t len = strlen(sealed);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		static const char others[] = "AQgw+/=\n";
		char *touched = mem_str(sealed);

		for (const char *c = others; *c != '\0'; c++) {
			touched[i] = *c;
			if (strcmp(touched, sealed) != 0)
				assert_null(seal_open(KEY, "token", touched));
		}
		touched[i] = '\0';
		/* Without its padding it is still the same bytes. */
		if (sealed[i] != '=')
			assert_null(seal_open(KEY, "token", touched));
		free(touched);
	}
	free(sealed);
}

static void
what_is_no_sealed_text_opens_nothing(void **state)
{
	(void)state;
	assert_null(seal_open(KEY, "token", ""));
	assert_null(seal_open(KEY, "token", "Zm9v"));
	assert_null(seal_open(KEY, "token", "not base64!"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sealed_opens),
		cmocka_unit_test(the_same_text_is_never_sealed_alike),
		cmocka_unit_test(another_key_or_label_opens_nothing),
		cmocka_unit_test(a_text_that_was_touched_opens_nothing),
		cmocka_unit_test(what_is_no_sealed_text_opens_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
