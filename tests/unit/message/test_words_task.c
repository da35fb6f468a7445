#include "tests/unit/message/unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/message/words_task.h"

/* Text in which ' stands for ". */
static json_t *
json(const char *quoted)
{
	char *text = mem_str(quoted);

	for (char *c = text; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	json_t *out = json_loads(text, 0, NULL);
	assert_non_null(out);
	free(text);
	return out;
}

static void
message_is(const char *rows, int64_t elsewhere, int64_t wrong, const char *expected)
{
	json_t *list = json(rows);
	char *message = words_task_message(list, elsewhere, wrong);

	assert_string_equal(message, expected);
	free(message);
	json_decref(list);
}

#define VALID \
	"{'state': 'valid', 'image': {'bucket': 'base-ubuntu', 'version': 'v4'}, 'instances': 2}"
#define REVOKED                                                                               \
	"{'state': 'revoked', 'image': {'bucket': 'base-ubuntu', 'version': 'v3', 'reason': " \
	"'CVE-2026-10042', 'replacement': {'version': 'v4', 'channel': 'production'}}, "      \
	"'instances': 3}"
#define SCHEDULED                                                                                \
	"{'state': 'scheduled', 'image': {'bucket': 'base-rhel', 'version': 'v7', 'revoke_at': " \
	"'2027-01-31T09:00:00.000Z'}, 'instances': 1}"
#define SUPERSEDED                                                                        \
	"{'state': 'superseded', 'image': {'bucket': 'web', 'version': 'v1'}, 'behind': " \
	"{'channel': 'production', 'version': 'v3', 'versions': 2, 'since': "             \
	"'2026-10-01T00:00:00.000Z'}, 'instances': 1}"
#define UNKNOWN "{'state': 'unknown', 'image': {'bucket': 'db', 'version': null}, 'instances': 1}"

static void
the_message_says_the_worst_first(void **state)
{
	(void)state;
	message_is("[]", 0, 0, "No image of HCP Packer is in this plan.");
	message_is("[" VALID "]", 0, 0, "1 image, valid: base-ubuntu v4.");
	message_is("[" REVOKED "]", 0, 0,
	           "1 image, 1 revoked: base-ubuntu v3 (CVE-2026-10042), move to v4 on "
	           "production.");
	message_is(
		"[" VALID ", " SCHEDULED ", " REVOKED ", " SUPERSEDED ", " UNKNOWN "]", 0, 0,
		"5 images, 1 revoked: base-ubuntu v3 (CVE-2026-10042), move to v4 on production, "
		"1 to be revoked: base-rhel v7 on 2027-01-31, "
		"1 superseded: web v1, 2 versions behind production since 2026-10-01, "
		"1 of unknown version: db.");
}

static void
images_that_nobody_expects_are_counted(void **state)
{
	(void)state;
	message_is("[" VALID "]", 1, 0,
	           "1 image, valid: base-ubuntu v4. 1 image is of no known bucket.");
	message_is(
		"[" VALID "]", 3, 2,
		"1 image, valid: base-ubuntu v4. 2 images are from a wrong channel. 3 images are "
		"of no known bucket.");
}

static void
many_of_one_state_are_counted(void **state)
{
	(void)state;
	message_is(
		"[" VALID "," VALID "," VALID "," VALID "," VALID "," VALID "," VALID "]", 0, 0,
		"7 images, all valid: base-ubuntu v4; base-ubuntu v4; base-ubuntu v4; base-ubuntu "
		"v4; base-ubuntu v4; and 2 more.");
}

static const char *
text_of(const json_t *outcomes, size_t i, const char *name)
{
	return json_string_value(json_object_get(json_array_get(outcomes, i), name));
}

static void
outcomes_are_told_apart_the_worst_first(void **state)
{
	json_t *rows = json("[" VALID ", " VALID ", " REVOKED "]");
	json_t *outcomes = words_task_outcomes(rows);

	(void)state;
	assert_int_equal(json_array_size(outcomes), 3);
	assert_string_equal(text_of(outcomes, 0, "id"), "base-ubuntu v3");
	assert_string_equal(text_of(outcomes, 0, "level"), "error");
	assert_string_equal(text_of(outcomes, 0, "description"),
	                    "Revoked: base-ubuntu v3 (CVE-2026-10042), move to v4 on production; 3 "
	                    "instances");
	assert_string_equal(text_of(outcomes, 1, "id"), "base-ubuntu v4");
	assert_string_equal(text_of(outcomes, 2, "id"), "base-ubuntu v4 (2)");
	json_decref(outcomes);
	json_decref(rows);
}

static void
what_others_wrote_means_nothing_to_markdown(void **state)
{
	json_t *rows =
		json("[{'state': 'revoked', 'image': {'bucket': 'a`b', 'version': 'v1', 'reason': "
	             "'see [here](https://evil.example.com) <b>\\n# now'}, 'instances': 1, "
	             "'addresses': ['module.x[\\\"`k`\\\"].aws_instance.web']}]");
	json_t *outcomes = words_task_outcomes(rows);
	const char *body = text_of(outcomes, 0, "body");

	(void)state;
	assert_non_null(strstr(body, "- Bucket: `a'b`\n"));
	assert_non_null(strstr(body, "- Resources: `module.x[\"'k'\"].aws_instance.web`\n"));
	assert_non_null(strstr(
		body, "- Reason: see \\[here\\](https\\://evil.example.com) \\<b\\> # now\n"));
	json_decref(outcomes);
	json_decref(rows);
}

static void
long_names_fit(void **state)
{
	char *name = mem_alloc(5001), *text;

	(void)state;
	memset(name, 'n', 5000);
	text = mem_fmt("[{'state': 'valid', 'image': {'bucket': '%s'}, 'instances': 1}, {'state': "
	               "'valid', 'image': {'bucket': '%s'}, 'instances': 1}]",
	               name, name);
	json_t *rows = json(text), *outcomes = words_task_outcomes(rows);
	char *message = words_task_message(rows, 0, 0);

	assert_true(strlen(text_of(outcomes, 0, "id")) <= 64);
	assert_true(strlen(text_of(outcomes, 1, "id")) <= 64);
	assert_string_not_equal(text_of(outcomes, 0, "id"), text_of(outcomes, 1, "id"));
	assert_true(strlen(message) <= 1000);
	free(message);
	json_decref(outcomes);
	json_decref(rows);
	free(text);
	free(name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_message_says_the_worst_first),
		cmocka_unit_test(images_that_nobody_expects_are_counted),
		cmocka_unit_test(many_of_one_state_are_counted),
		cmocka_unit_test(outcomes_are_told_apart_the_worst_first),
		cmocka_unit_test(what_others_wrote_means_nothing_to_markdown),
		cmocka_unit_test(long_names_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
