/*
 * The closed lists: every documented trigger, status and action is known by
 * name, and a name beside them is not.
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
#include "relay/base/text.h"
#include "relay/source/source.h"

static enum event_type
type_of(const char *kind, json_t *body_take)
{
	struct event event;
	enum event_type type;

	assert_non_null(body_take);
	source_kind_named(kind)->normalize(body_take, &event);
	type = event.type;
	event_fini(&event);
	json_decref(body_take);
	return type;
}

static json_t *
run_body(const char *trigger, const char *trigger_type, const char *status)
{
	return json_pack("{s:s, s:s, s:[{s:s*, s:s*, s:s*}]}", "run_id", "run-1", "workspace_id",
	                 "ws-1", "notifications", "trigger", trigger, "trigger_type", trigger_type,
	                 "run_status", status);
}

static void
every_run_trigger_is_known_in_both_shapes(void **state)
{
	static const char *const triggers[] = {
		"run:created",
		"run:planning",
		"run:needs_attention",
		"run:applying",
		"run:completed",
		"run:errored",
		"run:pending_apply_approval",
		"run:cost_estimated",
		"run:policy_override_required",
		"run:policies_checked",
		"run:run_errored",
		"run:run_canceled",
		"run:policy_soft_failed",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(triggers); i++) {
		assert_int_equal(
			type_of("hcp_terraform", run_body(triggers[i], NULL, "new_status")),
			EVENT_RUN);
		assert_int_equal(type_of("hcp_terraform", run_body("run:new", triggers[i], NULL)),
		                 EVENT_RUN);
		assert_int_equal(type_of("hcp_terraform", run_body(NULL, triggers[i], NULL)),
		                 EVENT_RUN);
	}
	assert_int_equal(type_of("hcp_terraform", run_body("run:new", NULL, "errored")),
	                 EVENT_UNKNOWN);
	assert_int_equal(type_of("hcp_terraform", run_body("run:new", "run:newer", "errored")),
	                 EVENT_UNKNOWN);
	assert_int_equal(type_of("hcp_terraform", run_body("assessment:drifted", NULL, "errored")),
	                 EVENT_UNKNOWN);
}

static void
without_a_trigger_a_known_status_tells(void **state)
{
	static const char *const statuses[] = {
		"pending",
		"planned",
		"policy_override",
		"policy_soft_failed",
		"post_plan_awaiting_decision",
		"applied",
		"discarded",
		"errored",
		"canceled",
		"force_canceled",
		"planned_and_finished",
		"planned_and_saved",
		"tf_policy_override",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(statuses); i++)
		assert_int_equal(type_of("hcp_terraform", run_body(NULL, NULL, statuses[i])),
		                 EVENT_RUN);
	assert_int_equal(type_of("hcp_terraform", run_body(NULL, NULL, "new_status")),
	                 EVENT_UNKNOWN);
	assert_int_equal(type_of("hcp_terraform", run_body(NULL, NULL, NULL)), EVENT_UNKNOWN);
}

static void
every_other_trigger_is_known(void **state)
{
	static const struct {
		const char *trigger;
		enum event_type type;
	} triggers[] = {
		{"assessment:drifted", EVENT_ASSESSMENT},
		{"assessment:check_failure", EVENT_ASSESSMENT},
		{"assessment:failed", EVENT_ASSESSMENT},
		{"assessment:new", EVENT_UNKNOWN},
		{"workspace:auto_destroy_reminder", EVENT_AUTO_DESTROY},
		{"workspace:auto_destroy_results", EVENT_AUTO_DESTROY},
		{"workspace:auto_destroy_run_results", EVENT_AUTO_DESTROY},
		{"workspace:deleted", EVENT_WORKSPACE_DELETED},
		{"workspace:new", EVENT_UNKNOWN},
		{"team:change_request", EVENT_CHANGE_REQUEST},
		{"change_request:created", EVENT_CHANGE_REQUEST},
		{"team:new", EVENT_UNKNOWN},
		{"run:errored", EVENT_UNKNOWN}, /* of no run */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(triggers); i++) {
		json_t *body =
			json_pack("{s:s, s:{s:s, s:{}}}", "trigger", triggers[i].trigger, "details",
		                  "workspace_id", "ws-1", "new_assessment_result");

		assert_int_equal(type_of("hcp_terraform", body), triggers[i].type);
	}
}

static json_t *
packer_body(const char *source, const char *action)
{
	return json_pack("{s:s, s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}}}", "event_source", source,
	                 "event_action", action, "event_payload", "bucket", "name", "b", "version",
	                 "fingerprint", "f", "channel", "name", "c");
}

static void
every_packer_action_is_known_by_its_own_name(void **state)
{
	static const char *const names[] = {"create",           "complete", "revoke",
	                                    "restore",          "delete",   "schedule-revocation",
	                                    "cancel-revocation"};
	static const enum version_action actions[] = {
		VERSION_CREATE, VERSION_COMPLETE, VERSION_REVOKE, VERSION_RESTORE,
		VERSION_DELETE, VERSION_SCHEDULE, VERSION_CANCEL};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		json_t *body = packer_body("hashicorp.packer.version", names[i]);
		struct event event;

		source_kind_named("hcp_packer")->normalize(body, &event);
		assert_int_equal(event.type, EVENT_VERSION);
		assert_int_equal(event.packer.action, actions[i]);
		assert_string_equal(event.packer.organization_id, "");
		assert_string_equal(event.packer.project_id, "");
		event_fini(&event);
		json_decref(body);
	}
}

static void
no_packer_action_is_guessed(void **state)
{
	static const char *const names[] = {"Revoke", "revoke ", "revoked", "schedule_revocation",
	                                    "update", "unassign"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(
			type_of("hcp_packer", packer_body("hashicorp.packer.version", names[i])),
			EVENT_UNKNOWN);
	assert_int_equal(type_of("hcp_packer", packer_body("hashicorp.packer.iteration", "assign")),
	                 EVENT_ASSIGN);
	assert_int_equal(type_of("hcp_packer", packer_body("hashicorp.packer.channel", "assign")),
	                 EVENT_UNKNOWN);
	assert_int_equal(type_of("hcp_packer", packer_body("hashicorp.packer", "assign")),
	                 EVENT_IGNORED);
	assert_int_equal(type_of("hcp_packer", packer_body("hashicorp.vault.secret", "delete")),
	                 EVENT_IGNORED);
}

static void
no_artifact_is_left_out(void **state)
{
	json_t *body = packer_body("hashicorp.packer.version", "complete");
	json_t *builds = json_array();
	struct event event;

	(void)state;
	for (int i = 0; i < 150; i++)
		json_array_append_new(builds, json_pack("{s:s, s:[{s:s}, {s:s}]}", "platform",
		                                        "aws", "artifacts", "external_identifier",
		                                        "ami-1", "image_id", "ami-2"));
	json_object_set_new(json_at(body, "event_payload"), "builds", builds);
	source_kind_named("hcp_packer")->normalize(body, &event);
	assert_int_equal(json_array_size(event.packer.artifacts), 300);
	event_fini(&event);
	json_decref(body);
}

static void
an_unknown_kind_is_cut_at_a_character(void **state)
{
	char action[3 * 400 + 1];
	struct event event;
	json_t *body;

	(void)state;
	for (size_t i = 0; i < 400; i++)
		memcpy(action + 3 * i, "\xe2\x82\xac", 3);
	action[sizeof(action) - 1] = '\0';
	body = packer_body("hashicorp.packer.version", action);
	source_kind_named("hcp_packer")->normalize(body, &event);
	assert_int_equal(event.type, EVENT_UNKNOWN);
	assert_int_equal(utf8_count(event.kind), 100);
	assert_true(utf8_valid(event.kind, strlen(event.kind)));
	event_fini(&event);
	json_decref(body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_run_trigger_is_known_in_both_shapes),
		cmocka_unit_test(without_a_trigger_a_known_status_tells),
		cmocka_unit_test(every_other_trigger_is_known),
		cmocka_unit_test(every_packer_action_is_known_by_its_own_name),
		cmocka_unit_test(no_packer_action_is_guessed),
		cmocka_unit_test(no_artifact_is_left_out),
		cmocka_unit_test(an_unknown_kind_is_cut_at_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
