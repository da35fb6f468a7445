#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/source/source.h"

/* RFC 4231, test case 2: key "Jefe". */
static const char body[] = "what do ya want for nothing?";
#define BODY_LEN (sizeof(body) - 1)
static const char mac512[] = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
			     "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
static const char mac256[] = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

static struct verifier *
verifier_of(const char *kind, const char *first, const char *second)
{
	char *values[] = {(char *)first, (char *)second};
	struct secret keys = {.values = values, .count = second ? 2 : first ? 1 : 0};

	return verifier_new(source_kind_named(kind), &keys);
}

static bool
accepts(const char *kind, const char *first, const char *second, const char *header)
{
	struct verifier *v = verifier_of(kind, first, second);
	bool accepted = verifier_accepts(v, header, body, BODY_LEN);

	verifier_free(v);
	return accepted;
}

static void
sha512_is_taken_in_either_case_by_every_kind(void **state)
{
	char upper[sizeof(mac512)];

	(void)state;
	for (size_t i = 0; i < sizeof(mac512); i++)
		upper[i] = (char)toupper((unsigned char)mac512[i]);
	for (size_t i = 0; source_kinds[i] != NULL; i++) {
		assert_true(accepts(source_kinds[i]->conf.name, "Jefe", NULL, mac512));
		assert_true(accepts(source_kinds[i]->conf.name, "Jefe", NULL, upper));
	}
}

static void
sha256_is_taken_by_packer_alone(void **state)
{
	(void)state;
	assert_true(accepts("hcp_packer", "Jefe", NULL, mac256));
	assert_false(accepts("hcp_terraform", "Jefe", NULL, mac256));
	assert_false(accepts("hcp_run_task", "Jefe", NULL, mac256));
}

static void
every_key_verifies_and_the_first_signs(void **state)
{
	struct verifier *v = verifier_of("hcp_packer", "Jefe", "other");
	char signature[129];

	(void)state;
	assert_true(accepts("hcp_packer", "other", "Jefe", mac512));
	assert_true(accepts("hcp_packer", "other", "Jefe", mac256));
	assert_true(accepts("hcp_packer", "Jefe", "other", mac512));
	assert_false(accepts("hcp_packer", "other", "another", mac512));
	verifier_sign(v, body, BODY_LEN, signature);
	assert_string_equal(signature, mac512);
	verifier_free(v);
}

static void
missing_empty_malformed_and_wrong_are_refused(void **state)
{
	char wrong[sizeof(mac512) + 8];
	static const size_t lengths[] = {1, 32, 63, 64, 65, 127};

	(void)state;
	assert_false(accepts("hcp_packer", "Jefe", NULL, NULL));
	assert_false(accepts("hcp_packer", "Jefe", NULL, ""));
	assert_false(accepts("hcp_packer", "Jefe", NULL, "sha512=00"));
	for (size_t i = 0; i < COUNT(lengths); i++) {
		snprintf(wrong, sizeof(wrong), "%.*s", (int)lengths[i], mac512);
		assert_false(accepts("hcp_packer", "Jefe", NULL, wrong));
	}
	snprintf(wrong, sizeof(wrong), "%s0", mac512);
	assert_false(accepts("hcp_packer", "Jefe", NULL, wrong));
	snprintf(wrong, sizeof(wrong), "sha512=%s", mac512);
	assert_false(accepts("hcp_packer", "Jefe", NULL, wrong));
	for (size_t i = 0; i < sizeof(mac512) - 1; i++) {
		memcpy(wrong, mac512, sizeof(mac512));
		wrong[i] = wrong[i] == '0' ? '1' : '0';
		assert_false(accepts("hcp_packer", "Jefe", NULL, wrong));
		wrong[i] = 'g';
		assert_false(accepts("hcp_packer", "Jefe", NULL, wrong));
	}
}

/* An HMAC under an empty key is something anybody can compute. */
static void
an_empty_key_verifies_nothing(void **state)
{
	struct hmac_key *key = hmac_key_new(DIGEST_SHA512, "", 0);
	unsigned char mac[DIGEST_MAX];
	char hex[129];

	(void)state;
	hmac_compute(key, body, BODY_LEN, mac);
	hex_encode(mac, DIGEST_MAX, hex);
	assert_false(accepts("hcp_terraform", "", NULL, hex));
	assert_false(accepts("hcp_terraform", "", "Jefe", hex));
	assert_true(accepts("hcp_terraform", "", "Jefe", mac512));
	assert_false(accepts("hcp_terraform", NULL, NULL, hex));
	hmac_key_free(key);
}

static void
a_verifier_without_keys_signs_nothing(void **state)
{
	struct verifier *v = verifier_of("hcp_terraform", NULL, NULL);
	char signature[129] = "x";

	(void)state;
	verifier_sign(v, body, BODY_LEN, signature);
	assert_string_equal(signature, "");
	verifier_free(v);
	verifier_free(NULL);
}

static void
kinds_are_found_by_name(void **state)
{
	size_t count = 0;

	(void)state;
	for (; source_kinds[count] != NULL; count++) {
		assert_ptr_equal(source_kind_named(source_kinds[count]->conf.name),
		                 source_kinds[count]);
		assert_ptr_equal(source_conf_kinds[count], &source_kinds[count]->conf);
	}
	assert_int_equal(count, 3);
	assert_null(source_conf_kinds[count]);
	assert_null(source_kind_named("hcp_vault"));
	assert_null(source_kind_named(NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha512_is_taken_in_either_case_by_every_kind),
		cmocka_unit_test(sha256_is_taken_by_packer_alone),
		cmocka_unit_test(every_key_verifies_and_the_first_signs),
		cmocka_unit_test(missing_empty_malformed_and_wrong_are_refused),
		cmocka_unit_test(an_empty_key_verifies_nothing),
		cmocka_unit_test(a_verifier_without_keys_signs_nothing),
		cmocka_unit_test(kinds_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
