/*
 * What the reference plans and states beside the project say, where there are
 * any (../shared/fixtures): written down by hand from the documents.  Skipped
 * elsewhere; the golden readings stand for it.
 */
#include "tests/unit/hcp/unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "tests/unit/hcp/documents.h"

#define FOLDER "../shared/fixtures/hcp-terraform/"
#define OLD_IMAGE "ami-0a1b2c3d4e5f60718"
#define NEW_IMAGE "ami-0f9e8d7c6b5a43210"
#define BUCKET "hardened-ubuntu-22-04"

static void
assert_fact(const json_t *use, const char *name, const char *value)
{
	const char *text = json_text_at(use, name);

	if (value == NULL ? text != NULL : text == NULL || strcmp(text, value) != 0)
		fail_msg("%s is %s and not %s", name, text != NULL ? text : "null",
		         value != NULL ? value : "null");
}

struct fact {
	const char *image, *when, *version, *fingerprint, *address;
	int count;
	bool fresh;
};

static void
assert_use(const json_t *reading, const struct fact *fact)
{
	const json_t *use = use_of(reading, fact->when, fact->image);

	assert_non_null(use);
	assert_fact(use, "by", "resource");
	assert_fact(use, "bucket", BUCKET);
	assert_fact(use, "channel", "production");
	assert_fact(use, "project_id", "11eb1a76-9a1b-4d59-8c1a-0242ac110010");
	assert_fact(use, "region", "us-east-1");
	assert_fact(use, "version", fact->version);
	assert_fact(use, "fingerprint", fact->fingerprint);
	assert_fact(use, "address", fact->address);
	assert_int_equal(json_int_at(use, "count", -1), fact->count);
	assert_int_equal(json_true_at(use, "fresh"), fact->fresh);
}

static void
assert_header(const json_t *reading, const char *format, size_t uses)
{
	assert_fact(reading, "format", format);
	assert_fact(reading, "terraform_version", "1.11.4");
	assert_false(json_true_at(reading, "errored"));
	assert_true(json_true_at(reading, "complete"));
	assert_false(json_true_at(reading, "partial"));
	assert_int_equal(json_int_at(reading, "uses_total", -1), uses);
	assert_int_equal(json_array_size(json_at(reading, "uses")), uses);
}

static void
a_channel_that_moved(void **state)
{
	json_t *reading = read_document(FOLDER "plan-with-hcp-packer.json");

	(void)state;
	assert_header(reading, "plan", 2);
	/* The data sources say v13 already: nothing in the plan says which version runs. */
	assert_use(reading,
	           &(struct fact){OLD_IMAGE, "now", NULL, NULL, "aws_instance.web[0]", 2, false});
	assert_use(reading,
	           &(struct fact){NEW_IMAGE, "planned", "v13", "01J0R3K5T8W1Y4A7D0G3J6N9QC",
	                          "aws_instance.web[0]", 2, true});
	json_decref(reading);
}

static void
a_first_plan(void **state)
{
	json_t *reading = read_document(FOLDER "plan-with-hcp-packer-initial-create.json");

	(void)state;
	assert_header(reading, "plan", 1);
	assert_use(reading,
	           &(struct fact){OLD_IMAGE, "planned", "v12", "01HXSX6R3Q0M1N2P3Q4R5S6T7V",
	                          "aws_instance.web[0]", 2, true});
	assert_fact(json_at(reading, "uses.0"), "revoke_at", NULL); /* the year 1 in the plan */
	json_decref(reading);
}

static void
the_older_data_sources(void **state)
{
	json_t *reading = read_document(FOLDER "plan-with-hcp-packer-legacy-iteration-image.json");

	(void)state;
	assert_header(reading, "plan", 1);
	assert_use(reading, &(struct fact){OLD_IMAGE, "planned", NULL, "01HXSX6R3Q0M1N2P3Q4R5S6T7V",
	                                   "aws_instance.app_server", 1, true});
	assert_fact(json_at(reading, "uses.0"), "version_id", "01HXSX6RD2YDM8JJH3M3H5Z7QK");
	json_decref(reading);
}

static void
states(void **state)
{
	json_t *reading = read_document(FOLDER "state-with-hcp-packer.json");
	json_t *raw = read_document(FOLDER "state-raw-v4-with-hcp-packer.tfstate.json");

	(void)state;
	assert_header(reading, "state", 1);
	assert_use(reading, &(struct fact){OLD_IMAGE, "now", "v12", "01HXSX6R3Q0M1N2P3Q4R5S6T7V",
	                                   "aws_instance.web[0]", 2, false});
	assert_true(json_equal(json_at(reading, "uses"), json_at(raw, "uses")));
	json_decref(reading);
	json_decref(raw);
}

static void
an_assessment(void **state)
{
	json_t *reading =
		read_document(FOLDER "assessment-json-output-drift-and-check-failure.json");

	(void)state;
	assert_header(reading, "plan", 2); /* what the check compares with is no use */
	assert_use(reading, &(struct fact){OLD_IMAGE, "now", "v12", "01HXSX6R3Q0M1N2P3Q4R5S6T7V",
	                                   "aws_instance.web[0]", 2, false});
	assert_use(reading,
	           &(struct fact){OLD_IMAGE, "planned", "v12", "01HXSX6R3Q0M1N2P3Q4R5S6T7V",
	                          "aws_instance.web[0]", 2, false});
	assert_fact(json_at(reading, "uses.0"), "revoke_at", "2026-04-11T12:00:00.000Z");

	assert_int_equal(json_int_at(reading, "drift.total", -1), 1);
	assert_fact(reading, "drift.resources.0.address", "aws_instance.web[0]");
	assert_fact(reading, "drift.resources.0.action", "update");
	assert_fact(reading, "drift.resources.0.attributes.0", "tags");
	assert_fact(reading, "drift.resources.0.attributes.1", "tags_all");
	assert_int_equal(json_array_size(json_at(reading, "drift.resources.0.attributes")), 2);

	assert_int_equal(json_int_at(reading, "checks.total", -1), 2);
	assert_fact(reading, "checks.items.1.address", "check.image_not_revoked");
	assert_fact(reading, "checks.items.1.kind", "check");
	assert_fact(reading, "checks.items.1.status", "fail");
	assert_non_null(strstr(json_text_at(reading, "checks.items.1.messages.0"), "is revoked"));
	json_decref(reading);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_channel_that_moved),   cmocka_unit_test(a_first_plan),
		cmocka_unit_test(the_older_data_sources), cmocka_unit_test(states),
		cmocka_unit_test(an_assessment),
	};

	if (access(FOLDER, R_OK) != 0) {
		print_message("no reference documents here: skipped\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
