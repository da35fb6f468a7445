#include "tests/unit/base/unit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"

/* RFC 4231, test cases 1, 2, 3 and 6. */
static const struct vector {
	const char *key; /* one character is repeated key_len times */
	size_t key_len;
	const char *data;
	size_t data_len;
	const char *sha256;
	const char *sha512;
} vectors[] = {
	{"\x0b", 20, "Hi There", 8,
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
         "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
         "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
	{"Jefe", 4, "what do ya want for nothing?", 28,
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
         "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
         "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
	{"\xaa", 20, "\xdd", 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
         "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
         "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"},
	{"\xaa", 131, "Test Using Larger Than Block-Size Key - Hash Key First", 54,
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
         "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
         "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
};

static char *
spread(const char *text, size_t len)
{
	if (strlen(text) == len)
		return mem_str(text);

	char *out = mem_alloc(len + 1);
	memset(out, *text, len);
	return out;
}

static void
check_vector(const struct vector *v, enum digest digest, const char *expected)
{
	char *secret = spread(v->key, v->key_len);
	char *data = spread(v->data, v->data_len);
	struct hmac_key *key = hmac_key_new(digest, secret, v->key_len);
	unsigned char mac[DIGEST_MAX];
	char hex[2 * DIGEST_MAX + 1];

	/* Three times: the kept context must start anew each time. */
	for (int i = 0; i < 3; i++) {
		hmac_compute(key, data, v->data_len, mac);
		hex_encode(mac, digest_size(digest), hex);
		assert_string_equal(hex, expected);
		assert_true(hmac_verify_hex(key, data, v->data_len, expected));
	}
	hmac_key_free(key);
	free(secret);
	free(data);
}

static void
hmac_answers_the_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		check_vector(&vectors[i], DIGEST_SHA256, vectors[i].sha256);
		check_vector(&vectors[i], DIGEST_SHA512, vectors[i].sha512);
	}
}

static void
hmac_takes_an_empty_key_and_no_data(void **state)
{
	struct hmac_key *key = hmac_key_new(DIGEST_SHA256, NULL, 0);

	(void)state;
	assert_true(hmac_verify_hex(
		key, NULL, 0, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
	hmac_key_free(key);
	hmac_key_free(NULL);
}

static void
a_signature_is_taken_in_either_case(void **state)
{
	struct hmac_key *key = hmac_key_new(DIGEST_SHA512, "Jefe", 4);
	char *upper = mem_str(vectors[1].sha512);

	(void)state;
	for (char *c = upper; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	assert_true(hmac_verify_hex(key, vectors[1].data, vectors[1].data_len, upper));
	free(upper);
	hmac_key_free(key);
}

static void
every_other_signature_is_false(void **state)
{
	const char *right = vectors[1].sha256;
	const char *data = vectors[1].data;
	size_t len = vectors[1].data_len;
	struct hmac_key *key = hmac_key_new(DIGEST_SHA256, "Jefe", 4);

	(void)state;
	assert_true(hmac_verify_hex(key, data, len, right));
	assert_false(hmac_verify_hex(key, data, len, NULL));
	assert_false(hmac_verify_hex(key, data, len, ""));
	assert_false(hmac_verify_hex(key, data, len, vectors[1].sha512));
	assert_false(hmac_verify_hex(key, data, len - 1, right));
	for (size_t i = 0; i < 64; i++) {
		char *wrong = mem_str(right);

		wrong[i] = wrong[i] == '0' ? '1' : '0';
		assert_false(hmac_verify_hex(key, data, len, wrong));
		wrong[i] = 'g';
		assert_false(hmac_verify_hex(key, data, len, wrong));
		wrong[i] = '\0';
		assert_false(hmac_verify_hex(key, data, len, wrong));
		free(wrong);
	}
	char *longer = mem_fmt("%s0", right);
	char *prefixed = mem_fmt("sha256=%s", right);
	assert_false(hmac_verify_hex(key, data, len, longer));
	assert_false(hmac_verify_hex(key, data, len, prefixed));
	free(longer);
	free(prefixed);
	hmac_key_free(key);
}

static void
sha256_answers_the_published_vector(void **state)
{
	char hex[SHA256_HEX_SIZE];

	(void)state;
	sha256_hex("abc", 3, hex);
	assert_string_equal(hex,
	                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex("", 0, hex);
	assert_string_equal(hex,
	                    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void
hex_is_read_only_at_the_exact_length(void **state)
{
	unsigned char out[3];

	(void)state;
	assert_int_equal(hex_decode("00fFa5", out, 3), 0);
	assert_memory_equal(out, "\x00\xff\xa5", 3);
	assert_int_equal(hex_decode("00ffa", out, 3), -1);
	assert_int_equal(hex_decode("00ffa50", out, 3), -1);
	assert_int_equal(hex_decode("00ffa5a5", out, 3), -1);
	assert_int_equal(hex_decode("00ff 5", out, 3), -1);
	assert_int_equal(hex_decode("", out, 3), -1);
	assert_int_equal(hex_decode("", out, 0), 0);
}

static void
random_bytes_differ(void **state)
{
	unsigned char a[32] = {0};
	unsigned char b[32] = {0};
	unsigned char *many = mem_alloc(10000);

	(void)state;
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_false(equal_constant_time(a, b, sizeof(a)));
	assert_true(equal_constant_time(a, a, sizeof(a)));
	random_bytes(many, 10000);
	assert_false(equal_constant_time(many + 9968, many + 9936, 32));
	free(many);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac_answers_the_published_vectors),
		cmocka_unit_test(hmac_takes_an_empty_key_and_no_data),
		cmocka_unit_test(a_signature_is_taken_in_either_case),
		cmocka_unit_test(every_other_signature_is_false),
		cmocka_unit_test(sha256_answers_the_published_vector),
		cmocka_unit_test(hex_is_read_only_at_the_exact_length),
		cmocka_unit_test(random_bytes_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
