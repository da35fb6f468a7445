#include "tests/unit/base/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"

/* RFC 4648, section 10. */
static const char *const vectors[][2] = {
	{"", ""},
	{"f", "Zg=="},
	{"fo", "Zm8="},
	{"foo", "Zm9v"},
	{"foob", "Zm9vYg=="},
	{"fooba", "Zm9vYmE="},
	{"foobar", "Zm9vYmFy"},
};

static void
check_decodes(const char *text, const char *expected)
{
	size_t len = 99;
	unsigned char *bytes = base64_decode(text, &len);

	if (bytes == NULL)
		fail_msg("%s was refused", text);
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(bytes, expected, len);
	free(bytes);
}

static void
published_vectors_go_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		char *text = base64_encode(vectors[i][0], strlen(vectors[i][0]));

		assert_string_equal(text, vectors[i][1]);
		check_decodes(text, vectors[i][0]);
		text[strcspn(text, "=")] = '\0'; /* padding is optional */
		check_decodes(text, vectors[i][0]);
		free(text);
	}
}

static void
every_byte_survives_at_every_length(void **state)
{
	unsigned char bytes[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		size_t back_len;
		char *text = base64_encode(bytes, len);
		unsigned char *back = base64_decode(text, &back_len);

		assert_non_null(back);
		assert_int_equal(back_len, len);
		assert_memory_equal(back, bytes, len);
		free(text);
		free(back);
	}
}

static void
what_is_malformed_is_refused(void **state)
{
	static const char *const cases[] = {
		"A",    "A===",     "AAAAA",  "Zg=",    "Zg===", "Z=g=",       "=",
		"==",   "Zm9v=",    "Zm9v==", "Zm9v\n", " Zm9v", "Zm 9v",      "Zm9-",
		"Zm9_", "Zg==Zg==", "Zh==",   "Zm9=",   "Zm8=x", "\xc3\xa9Zm", "Zm9v!",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len;
		unsigned char *bytes = base64_decode(cases[i], &len);

		if (bytes != NULL)
			fail_msg("%s was taken", cases[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors_go_both_ways),
		cmocka_unit_test(every_byte_survives_at_every_length),
		cmocka_unit_test(what_is_malformed_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
