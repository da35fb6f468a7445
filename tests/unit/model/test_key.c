#include "tests/unit/model/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/model/key.h"

static void
assert_key(char *key, const char *expected)
{
	assert_string_equal(key, expected);
	free(key);
}

static void
parts_are_joined_with_slashes(void **state)
{
	(void)state;
	assert_key(key_join("a", NULL), "a");
	assert_key(key_join("", NULL), "");
	assert_key(key_join("a", "b", "", "c", NULL), "a/b//c");
	assert_key(key_bucket("org", "prj", "base"), "org/prj/base");
	assert_key(key_bucket("", "", "base"), "//base");
	assert_key(key_image("org/prj/base", "f1"), "org/prj/base/f1");
	assert_key(key_incident("image.revocation", "org/prj/base/f1"),
	           "image.revocation/org/prj/base/f1");
}

static void
slashes_and_percents_inside_parts_are_escaped(void **state)
{
	(void)state;
	assert_key(key_join("a/b", "100%", "%2F", NULL), "a%2Fb/100%25/%252F");
	assert_key(key_image("o/p/b", "x/y"), "o/p/b/x%2Fy");
}

static void
different_things_never_share_a_key(void **state)
{
	static const char *const parts[] = {"",  "/",   "a",   "a/",  "/a",
	                                    "%", "%2F", "%25", "a/b", "a%2Fb"};
	char *keys[COUNT(parts) * COUNT(parts) * COUNT(parts)];
	size_t n = 0;

	(void)state;
	for (size_t a = 0; a < COUNT(parts); a++)
		for (size_t b = 0; b < COUNT(parts); b++)
			for (size_t c = 0; c < COUNT(parts); c++)
				keys[n++] = key_bucket(parts[a], parts[b], parts[c]);
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			assert_string_not_equal(keys[i], keys[k]);
	while (n > 0)
		free(keys[--n]);
}

static void
an_image_key_is_a_bucket_key_and_a_fingerprint(void **state)
{
	char *key = key_image("o/p/b%2Fc", "f/1");

	(void)state;
	assert_key(key, "o/p/b%2Fc/f%2F1");
}

static void
parts_of_any_size_are_taken(void **state)
{
	size_t size = 1 << 20;
	char *part = mem_alloc(size + 1), *key;

	(void)state;
	memset(part, '%', size);
	key = key_bucket(part, part, part);
	assert_int_equal(strlen(key), 3 * 3 * size + 2);
	free(key);
	free(part);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_joined_with_slashes),
		cmocka_unit_test(slashes_and_percents_inside_parts_are_escaped),
		cmocka_unit_test(different_things_never_share_a_key),
		cmocka_unit_test(an_image_key_is_a_bucket_key_and_a_fingerprint),
		cmocka_unit_test(parts_of_any_size_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
