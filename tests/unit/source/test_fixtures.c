/*
 * A folder of reference payloads beside the project, where there is one
 * (../shared/fixtures): its signatures verify, and none of its webhooks is
 * unknown.  Skipped elsewhere; the golden cases stand for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "tests/unit/source/cases.h"
#include "tests/unit/source/event_check.h"
#include "tests/unit/source/event_dump.h"

#define FIXTURES "../shared/fixtures"
#define TERRAFORM FIXTURES "/hcp-terraform"
#define PACKER FIXTURES "/hcp-packer"

static const struct {
	const char *folder, *pattern, *kind, *type;
} wanted[] = {
	{TERRAFORM, "run-v1-*.json", "hcp_terraform", "run"},
	{TERRAFORM, "assessment-*-v2*.json", "hcp_terraform", "assessment"},
	{TERRAFORM, "workspace-auto_destroy_*.json", "hcp_terraform", "auto destroy"},
	{TERRAFORM, "workspace-deleted-*.json", "hcp_terraform", "workspace deleted"},
	{TERRAFORM, "team-change_request-*.json", "hcp_terraform", "change request"},
	{TERRAFORM, "verification-*.json", "hcp_terraform", "noted"},
	{TERRAFORM, "runtask-p*.json", "hcp_run_task", "run task"},
	{TERRAFORM, "runtask-verification.json", "hcp_run_task", "noted"},
	{PACKER, "version-*.json", "hcp_packer", "version"},
	{PACKER, "channel-*.json", "hcp_packer", "assign"},
	{PACKER, "webhook-test.json", "hcp_packer", "noted"},
};

static void
check_file(const char *path, const char *kind, const char *type)
{
	const struct source_kind *source = source_kind_named(kind);
	json_t *body = file_tree(".", path);
	struct json_picks picks;
	struct event event;

	json_pick_tree(body, source->wants, &picks);
	source->normalize(body, &event);
	if (strcmp(event_type_name(event.type), type) != 0 || event_check(&event) != NULL)
		fail_msg("%s is read as %s (%s)", path, event_type_name(event.type), event.kind);
	assert_int_equal(source->is_verification(&picks), strcmp(type, "noted") == 0);
	if (strstr(path, "unassign") != NULL) {
		assert_null(event.packer.version.id);
		assert_null(event.packer.version.fingerprint);
		assert_null(event.packer.version.name);
	}
	event_fini(&event);
	json_decref(body);
}

static void
every_reference_webhook_is_known(void **state)
{
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(wanted); i++) {
		char *pattern = mem_fmt("%s/%s", wanted[i].folder, wanted[i].pattern);
		glob_t found = {0};

		assert_int_equal(glob(pattern, 0, NULL, &found), 0);
		for (size_t n = 0; n < found.gl_pathc; n++) {
			check_file(found.gl_pathv[n], wanted[i].kind, wanted[i].type);
			count++;
		}
		globfree(&found);
		free(pattern);
	}
	print_message("%zu webhooks\n", count);
}

static bool
verifies(const char *folder, const char *kind, const json_t *vector, const char *hex)
{
	size_t len;
	char *body = file_read(folder, json_text_at(vector, "file"), &len);
	char *values[] = {(char *)json_text_at(vector, "token")};
	struct secret keys = {.values = values, .count = 1};
	struct verifier *v = verifier_new(source_kind_named(kind), &keys);
	bool accepted = body != NULL && verifier_accepts(v, hex, body, len);

	verifier_free(v);
	free(body);
	return accepted;
}

static void
terraform_signatures_verify(void **state)
{
	json_t *file = file_tree(TERRAFORM, "hmac-vectors.json");
	json_t *list = json_at(file, "vectors");

	(void)state;
	assert_true(json_array_size(list) > 0);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *vector = json_array_get(list, i);
		const char *hex = json_text_at(vector, "signature_sha512_hex");

		assert_true(verifies(TERRAFORM, "hcp_terraform", vector, hex));
		assert_true(verifies(TERRAFORM, "hcp_run_task", vector, hex));
	}
	json_decref(file);
}

/* The one with SHA-256 is marked invalid there; the contract takes it from Packer. */
static void
packer_signatures_verify(void **state)
{
	json_t *list = file_tree(PACKER, "signature-vectors.json");
	size_t index;
	json_t *vector;

	(void)state;
	assert_true(json_array_size(list) > 0);
	json_array_foreach(list, index, vector)
	{
		const char *hex = json_text_at(vector, "value");
		const char *name = json_text_at(vector, "file");
		size_t len;
		char *body = file_read(PACKER, name, &len);

		if (body != NULL)
			assert_int_equal(verifies(PACKER, "hcp_packer", vector, hex),
			                 json_true_at(vector, "valid") || strlen(hex) == 64);
		free(body);
	}
	json_decref(list);
}

static bool
fixtures_are_here(void)
{
	return access(PACKER "/signature-vectors.json", R_OK) == 0;
}

static void
there_is_no_folder_of_fixtures(void **state)
{
	(void)state;
	skip();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reference_webhook_is_known),
		cmocka_unit_test(terraform_signatures_verify),
		cmocka_unit_test(packer_signatures_verify),
	};
	const struct CMUnitTest none[] = {cmocka_unit_test(there_is_no_folder_of_fixtures)};

	if (!fixtures_are_here())
		return cmocka_run_group_tests_name("fixtures", none, NULL, NULL);
	return cmocka_run_group_tests_name("fixtures", tests, NULL, NULL);
}
