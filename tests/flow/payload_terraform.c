/*
 * HCP Terraform, about a workspace:
 *
 *	run WORKSPACE STATUS      created= (default 30 s before), time= (of the status), id=,
 *	                          message=, trigger=
 *	assessment WORKSPACE drifted=4 | clean | failed     time=, id=, checks_failed=, checks_errored=
 *	reminder WORKSPACE        at= (when it is destroyed; in a day by default)
 *	destroyed WORKSPACE       time= (the destroying run's creation), status=; or error=
 *	change_request WORKSPACE  subject=, message=, id=
 *	deleted WORKSPACE
 *
 * and for each: ws= (its id; ws-WORKSPACE by default, none for none), org=, host=
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "tests/flow/payload.h"

#define HOST "app.terraform.io"
#define ORGANIZATION "example-org"
#define CONFIGURATION "nc-1"

static const char *
host_of(const struct story_line *line)
{
	return line_option_or(line, "host", HOST);
}

static void
add_workspace(const struct story_line *line, json_t *object)
{
	const char *name = line_word(line, 1), *id = line_option(line, "ws");

	if (id == NULL)
		json_object_set_new(object, "workspace_id",
		                    payload_text_take(mem_fmt("ws-%s", name)));
	else if (strcmp(id, "none") != 0)
		json_object_set_new(object, "workspace_id", json_string(id));
	json_object_set_new(object, "workspace_name", json_string(name));
	json_object_set_new(object, "organization_name",
	                    json_string(line_option_or(line, "org", ORGANIZATION)));
}

static const struct {
	const char *status, *trigger;
} triggers[] = {
	{"pending", "run:created"},
	{"planning", "run:planning"},
	{"planned", "run:needs_attention"},
	{"applying", "run:applying"},
	{"policy_override", "run:needs_attention"},
	{"post_plan_awaiting_decision", "run:needs_attention"},
	{"confirmed", "run:applying"},
	{"applied", "run:completed"},
	{"planned_and_finished", "run:completed"},
	{"errored", "run:errored"},
	{"policy_soft_failed", "run:errored"},
	{"canceled", "run:errored"},
	{"discarded", "run:completed"},
};

static const char *
trigger_of(const struct story_line *line, const char *status)
{
	const char *trigger = line_option(line, "trigger");

	for (size_t i = 0; trigger == NULL && i < COUNT(triggers); i++)
		if (strcmp(triggers[i].status, status) == 0)
			trigger = triggers[i].trigger;
	if (trigger == NULL)
		line_fail(line, "which trigger= goes with this status?");
	return trigger;
}

json_t *
payload_run(const struct story_line *line, int64_t now_ms, int number)
{
	const char *workspace = line_word(line, 1), *status = line_word(line, 2),
		   *id = line_option(line, "id");
	int64_t at = line_time_or(line, "time", now_ms, now_ms);
	int64_t created = line_time_or(line, "created", now_ms, at - 30 * SECOND_MS);
	char *run = id != NULL ? mem_str(id) : mem_fmt("run-%d", number);
	json_t *body = json_object();

	json_object_set_new(body, "payload_version", json_integer(1));
	json_object_set_new(body, "notification_configuration_id", json_string(CONFIGURATION));
	json_object_set_new(body, "run_url",
	                    payload_text_take(mem_fmt("https://%s/app/%s/%s/runs/%s", host_of(line),
	                                              line_option_or(line, "org", ORGANIZATION),
	                                              workspace, run)));
	json_object_set_new(body, "run_id", json_string(run));
	json_object_set_new(body, "run_message",
	                    json_string(line_option_or(line, "message", "Merge a change")));
	json_object_set_new(body, "run_created_at", payload_time(created));
	json_object_set_new(body, "run_created_by", json_string("jane.doe"));
	add_workspace(line, body);
	json_object_set_new(body, "notifications",
	                    json_pack("[{s:s, s:s, s:s, s:o, s:n}]", "message", "Run", "trigger",
	                              trigger_of(line, status), "run_status", status,
	                              "run_updated_at", payload_time(at), "run_updated_by"));
	free(run);
	return body;
}

/* The outside of every notification of version 2.  Takes details. */
static json_t *
version_two(const struct story_line *line, const char *scope, const char *trigger, json_t *details)
{
	return json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:o}", "payload_version", "2",
	                 "notification_configuration_id", CONFIGURATION,
	                 "notification_configuration_url",
	                 payload_text_take(mem_fmt(
				 "https://%s/api/v2/notification-configurations/" CONFIGURATION,
				 host_of(line))),
	                 "trigger_scope", scope, "trigger", trigger, "message", "Message",
	                 "details", details);
}

static json_t *
count_or_null(bool told, int64_t n)
{
	return told ? json_integer(n) : json_null();
}

json_t *
payload_assessment(const struct story_line *line, int64_t now_ms, int number)
{
	const char *drift = line_option(line, "drifted"), *given = line_option(line, "id");
	int64_t drifted = drift != NULL ? line_number(line, drift) : 0;
	int64_t failed = line_number(line, line_option_or(line, "checks_failed", "0"));
	int64_t errored = line_number(line, line_option_or(line, "checks_errored", "0"));
	bool succeeded = !line_flag(line, "failed");
	char *id = given != NULL ? mem_str(given) : mem_fmt("asmtres-%d", number);
	json_t *result = json_object(), *details = json_object();

	if (drift == NULL && succeeded && !line_flag(line, "clean"))
		line_fail(line, "drifted=N, clean or failed?");
	json_object_set_new(result, "id", json_string(id));
	json_object_set_new(result, "url",
	                    payload_text_take(mem_fmt("https://%s/api/v2/assessment-results/%s",
	                                              host_of(line), id)));
	json_object_set_new(result, "succeeded", json_boolean(succeeded));
	json_object_set_new(result, "drifted", json_boolean(drifted > 0));
	json_object_set_new(result, "all_checks_succeeded", json_boolean(failed + errored == 0));
	json_object_set_new(result, "resources_drifted", count_or_null(succeeded, drifted));
	json_object_set_new(result, "resources_undrifted", count_or_null(succeeded, 40 - drifted));
	json_object_set_new(result, "checks_passed", count_or_null(succeeded, 5));
	json_object_set_new(result, "checks_failed", count_or_null(succeeded, failed));
	json_object_set_new(result, "checks_errored", count_or_null(succeeded, errored));
	json_object_set_new(result, "checks_unknown", count_or_null(succeeded, 0));
	json_object_set_new(result, "created_at",
	                    payload_time(line_time_or(line, "time", now_ms, now_ms)));
	json_object_set_new(details, "new_assessment_result", result);
	json_object_set_new(details, "prior_assessment_result", json_null());
	add_workspace(line, details);
	free(id);
	return version_two(line, "assessment",
	                   !succeeded    ? "assessment:failed"
	                   : drifted > 0 ? "assessment:drifted"
	                                 : "assessment:check_failure",
	                   details);
}

/* The real ones name no workspace id.  Takes details' own members. */
static json_t *
auto_destroy(const struct story_line *line, const char *type, const char *trigger, json_t *details)
{
	json_object_set_new(details, "trigger_type", json_string(type));
	json_object_set_new(details, "workspace_name", json_string(line_word(line, 1)));
	json_object_set_new(details, "organization_name",
	                    json_string(line_option_or(line, "org", ORGANIZATION)));
	return version_two(line, "workspace", trigger, details);
}

json_t *
payload_reminder(const struct story_line *line, int64_t now_ms, int number)
{
	(void)number;
	return auto_destroy(
		line, "reminder", "workspace:auto_destroy_reminder",
		json_pack("{s:o, s:n, s:n, s:n, s:n}", "auto_destroy_at",
	                  payload_time(line_time_or(line, "at", now_ms, now_ms + DAY_MS)),
	                  "run_created_at", "run_status", "run_external_id",
	                  "run_create_error_message"));
}

json_t *
payload_destroyed(const struct story_line *line, int64_t now_ms, int number)
{
	const char *error = line_option(line, "error");
	json_t *details;

	if (error != NULL)
		details = json_pack("{s:n, s:n, s:n, s:n, s:s}", "auto_destroy_at",
		                    "run_created_at", "run_status", "run_external_id",
		                    "run_create_error_message", error);
	else
		details = json_pack(
			"{s:n, s:o, s:s, s:o, s:n}", "auto_destroy_at", "run_created_at",
			payload_time(line_time_or(line, "time", now_ms, now_ms)), "run_status",
			line_option_or(line, "status", "applied"), "run_external_id",
			payload_text_take(mem_fmt("run-%d", number)), "run_create_error_message");
	return auto_destroy(line, "results", "workspace:auto_destroy_results", details);
}

json_t *
payload_change_request(const struct story_line *line, int64_t now_ms, int number)
{
	const char *given = line_option(line, "id"), *workspace = line_word(line, 1);
	char *id = given != NULL ? mem_str(given) : mem_fmt("wscr-%d", number);
	json_t *body = json_object();

	json_object_set_new(body, "payload_version", json_integer(1));
	json_object_set_new(body, "notification_configuration_id", json_string(CONFIGURATION));
	json_object_set_new(
		body, "change_request_url",
		payload_text_take(mem_fmt("https://%s/app/%s/workspaces/%s/change-requests/%s",
	                                  host_of(line), line_option_or(line, "org", ORGANIZATION),
	                                  workspace, id)));
	json_object_set_new(body, "change_request_subject",
	                    json_string(line_option_or(line, "subject", "Pin the actions")));
	json_object_set_new(body, "change_request_message",
	                    json_string(line_option_or(line, "message", "")));
	json_object_set_new(body, "change_request_created_at", payload_time(now_ms));
	json_object_set_new(body, "change_request_created_by", json_string("jane.doe"));
	add_workspace(line, body);
	free(id);
	return body;
}

json_t *
payload_deleted(const struct story_line *line, int64_t now_ms, int number)
{
	json_t *details = json_object();

	(void)now_ms;
	(void)number;
	add_workspace(line, details);
	return version_two(line, "workspace", "workspace:deleted", details);
}
