/*
 * What makes two webhooks the same event (contract section 4), told by their
 * keys.  Each test takes a golden body and changes one thing in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "tests/unit/source/cases.h"

struct told {
	char text[EVENT_KEY_SIZE];
};

static json_t *
golden(const char *name)
{
	char *folder = mem_fmt(TEST_DATA_DIR "/%s", name);
	json_t *body = file_tree(folder, "input.json");

	free(folder);
	return body;
}

/* The key of a tree, over the bytes it would be sent as. */
static struct told
key_of(const char *kind, const json_t *body)
{
	char *text = json_dumps(body, JSON_COMPACT);
	const struct source_kind *source = source_kind_named(kind);
	struct json_picks picks;
	struct err err;
	struct told key;

	assert_int_equal(json_pick(text, strlen(text), source->wants, &picks, &err), JSON_TREE);
	event_key(source, &picks, text, strlen(text), key.text);
	json_picks_fini(&picks);
	free(text);
	return key;
}

/* Changes the text at a path (and its last name); the key before and after are compared. */
static bool
same_with(const char *name, const char *path, const char *last, const char *value)
{
	const char *kind = strncmp(name, "hcp_packer", 10) == 0 ? "hcp_packer"
	                   : strncmp(name, "hcp_run", 7) == 0   ? "hcp_run_task"
	                                                        : "hcp_terraform";
	json_t *body = golden(name);
	json_t *object = path ? json_at(body, path) : body;
	struct told before = key_of(kind, body), after;

	assert_true(json_is_object(object));
	json_object_set_new(object, last, value ? json_string(value) : json_null());
	after = key_of(kind, body);
	json_decref(body);
	return strcmp(before.text, after.text) == 0;
}

static bool
cases_are_same(const char *kind, const char *a, const char *b)
{
	json_t *one = golden(a), *other = golden(b);
	struct told first = key_of(kind, one), second = key_of(kind, other);

	json_decref(one);
	json_decref(other);
	return strcmp(first.text, second.text) == 0;
}

static void
a_run_is_the_same_over_another_configuration(void **state)
{
	(void)state;
	assert_true(same_with("hcp_terraform/run-errored", NULL, "notification_configuration_id",
	                      "nc-Other"));
	assert_true(same_with("hcp_terraform/run-errored", NULL, "run_message", "said otherwise"));
	assert_true(same_with(
		"hcp_terraform/run-errored", NULL, "run_url",
		"HTTPS://APP.terraform.io:443/app/example-org/renamed/runs/run-Tq7Wz2Xc9Vb4Nm6L"));
}

static void
a_run_differs_by_host_run_status_trigger_and_time(void **state)
{
	static const char run[] = "hcp_terraform/run-errored", entry[] = "notifications.0";

	(void)state;
	assert_false(same_with(run, NULL, "run_url",
	                       "https://tfe.example.com/app/o/w/runs/run-Tq7Wz2Xc9Vb4Nm6L"));
	assert_false(same_with(run, NULL, "run_id", "run-Other"));
	assert_false(same_with(run, entry, "run_status", "canceled"));
	assert_false(same_with(run, entry, "trigger", "run:completed"));
	assert_false(same_with(run, entry, "trigger", "run:teleported"));
	assert_false(same_with(run, entry, "run_updated_at", "2026-03-02T10:07:32.000Z"));
}

static void
granular_triggers_are_the_coarse_one(void **state)
{
	static const char *const errored[] = {"run:run_errored", "run:run_canceled",
	                                      "run:policy_soft_failed"};
	static const char *const attention[] = {"run:pending_apply_approval", "run:cost_estimated",
	                                        "run:policy_override_required",
	                                        "run:policies_checked", "run:needs_attention"};

	(void)state;
	for (size_t i = 0; i < COUNT(errored); i++)
		assert_true(same_with("hcp_terraform/run-errored", "notifications.0", "trigger",
		                      errored[i]));
	for (size_t i = 0; i < COUNT(attention); i++)
		assert_true(same_with("hcp_terraform/run-waits-for-approval", "notifications.0",
		                      "trigger", attention[i]));
	assert_true(cases_are_same("hcp_terraform", "hcp_terraform/run-canceled-granular-trigger",
	                           "hcp_terraform/run-canceled-trigger-type"));
	assert_true(same_with("hcp_terraform/run-canceled-trigger-type", "notifications.0",
	                      "trigger_type", NULL));
}

static void
the_order_of_notifications_does_not_matter(void **state)
{
	json_t *body = golden("hcp_terraform/run-batch");
	json_t *list = json_at(body, "notifications");
	struct told before = key_of("hcp_terraform", body), turned, shorter;
	json_t *first = json_incref(json_array_get(list, 0));

	(void)state;
	json_array_remove(list, 0);
	shorter = key_of("hcp_terraform", body);
	json_array_append_new(list, first);
	turned = key_of("hcp_terraform", body);
	assert_string_equal(before.text, turned.text);
	assert_string_not_equal(before.text, shorter.text);
	json_decref(body);
}

/* The same check can wait twice in one run: without a time the bytes tell. */
static void
a_run_without_a_time_is_told_by_its_body(void **state)
{
	(void)state;
	assert_false(same_with("hcp_terraform/run-without-time", NULL, "run_message", "another"));
	assert_true(same_with("hcp_terraform/run-without-time", NULL, "run_message",
	                      "Raise the worker count\n"));
}

static void
an_assessment_is_its_result_and_trigger(void **state)
{
	static const char name[] = "hcp_terraform/assessment-drifted";

	(void)state;
	assert_true(same_with(name, NULL, "notification_configuration_id", "nc-Other"));
	assert_true(same_with(name, NULL, "notification_configuration_url",
	                      "https://app.terraform.io/other"));
	assert_false(same_with(name, NULL, "trigger", "assessment:check_failure"));
	assert_false(same_with(name, "details.new_assessment_result", "id", "asmtres-Other"));
	assert_true(same_with(name, "details.prior_assessment_result", "id", "asmtres-Other"));
}

static void
auto_destroy_is_told_by_workspace_and_run_or_time(void **state)
{
	static const char results[] = "hcp_terraform/auto-destroy-results";
	static const char reminder[] = "hcp_terraform/auto-destroy-reminder";
	static const char failed[] = "hcp_terraform/auto-destroy-not-started";

	(void)state;
	assert_true(
		cases_are_same("hcp_terraform", results, "hcp_terraform/auto-destroy-run-results"));
	assert_true(same_with(results, NULL, "notification_configuration_id", "nc-Other"));
	assert_false(same_with(results, "details", "run_external_id", "run-Other"));
	assert_false(same_with(results, "details", "workspace_name", "scratch-8"));
	assert_false(same_with(reminder, "details", "auto_destroy_at", "2026-05-02T00:00:00Z"));
	assert_false(same_with(failed, "details", "run_create_error_message", "Another reason"));
	assert_false(same_with(failed, NULL, "message", "Other words")); /* neither is sent */
	assert_false(cases_are_same("hcp_terraform", results, reminder));
}

static void
a_change_request_is_its_url(void **state)
{
	static const char name[] = "hcp_terraform/change-request";

	(void)state;
	assert_true(same_with(name, NULL, "notification_configuration_id", "nc-Other"));
	assert_false(same_with(name, NULL, "change_request_url", "https://app.terraform.io/other"));
	assert_false(same_with("hcp_terraform/change-request-without-url", NULL,
	                       "change_request_subject", "Other"));
}

static void
packer_events_and_run_tasks_have_ids(void **state)
{
	(void)state;
	assert_true(same_with("hcp_packer/revoke", NULL, "event_description", "Other"));
	assert_false(same_with("hcp_packer/revoke", NULL, "event_id", "packer.event:Other"));
	assert_false(same_with("hcp_packer/revoke", NULL, "event_id", ""));
	assert_false(same_with("hcp_packer/camel-case-iteration", NULL, "eventId",
	                       "packer.event:Other"));
	assert_true(same_with("hcp_run_task/post-plan", NULL, "access_token", ""));
	assert_true(same_with("hcp_run_task/post-plan", NULL, "run_message", "Other"));
	assert_false(same_with("hcp_run_task/post-plan", NULL, "task_result_id", "taskrs-Other"));
}

static void
what_nothing_identifies_is_told_by_its_bytes(void **state)
{
	const struct source_kind *kind = source_kind_named("hcp_packer");
	struct json_picks none = {0};
	char a[EVENT_KEY_SIZE], b[EVENT_KEY_SIZE], c[EVENT_KEY_SIZE], d[EVENT_KEY_SIZE];

	(void)state;
	event_key(kind, &none, "{}", 2, a);
	event_key(kind, NULL, "{}", 2, b);
	event_key(kind, &none, "{ }", 3, c);
	event_key(source_kind_named("hcp_terraform"), &none, "{}", 2, d);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	assert_string_not_equal(a, d);
	assert_int_equal(strspn(a, "0123456789abcdef"), 32);
}

static void
a_body_cannot_pass_for_an_identity(void **state)
{
	const struct source_kind *kind = source_kind_named("hcp_run_task");
	json_t *tree = json_pack("{s:s}", "task_result_id", "taskrs-1");
	struct json_picks picks;
	char a[EVENT_KEY_SIZE], b[EVENT_KEY_SIZE];

	(void)state;
	json_pick_tree(tree, kind->wants, &picks);
	event_key(kind, &picks, "x", 1, a);
	event_key(kind, NULL, "taskrs-1", 8, b);
	assert_string_not_equal(a, b);
	json_decref(tree);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_is_the_same_over_another_configuration),
		cmocka_unit_test(a_run_differs_by_host_run_status_trigger_and_time),
		cmocka_unit_test(granular_triggers_are_the_coarse_one),
		cmocka_unit_test(the_order_of_notifications_does_not_matter),
		cmocka_unit_test(a_run_without_a_time_is_told_by_its_body),
		cmocka_unit_test(an_assessment_is_its_result_and_trigger),
		cmocka_unit_test(auto_destroy_is_told_by_workspace_and_run_or_time),
		cmocka_unit_test(a_change_request_is_its_url),
		cmocka_unit_test(packer_events_and_run_tasks_have_ids),
		cmocka_unit_test(what_nothing_identifies_is_told_by_its_bytes),
		cmocka_unit_test(a_body_cannot_pass_for_an_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
