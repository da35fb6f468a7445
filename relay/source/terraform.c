/*
 * terraform.c - notifications of HCP Terraform and Terraform Enterprise.
 *
 * "Notification configurations", developer.hashicorp.com: run notifications
 * (payload version 1) hold a list, health assessments and workspace events
 * (version 2) hold `details`, team change requests are flat.  The version is a
 * number or a string and is not looked at.
 */
#include "relay/source/terraform.h"

#include <stddef.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/source/parts.h"

/* Triggers that were split in 2026 name the one they were part of. */
static const struct trigger triggers[] = {
	{"run:created", FORM_RUN, NULL, NULL},
	{"run:planning", FORM_RUN, NULL, "planning"},
	{"run:needs_attention", FORM_RUN, NULL, NULL},
	{"run:pending_apply_approval", FORM_RUN, "run:needs_attention", NULL},
	{"run:cost_estimated", FORM_RUN, "run:needs_attention", NULL},
	{"run:policy_override_required", FORM_RUN, "run:needs_attention", NULL},
	{"run:policies_checked", FORM_RUN, "run:needs_attention", NULL},
	{"run:applying", FORM_RUN, NULL, "applying"},
	{"run:completed", FORM_RUN, NULL, NULL},
	{"run:errored", FORM_RUN, NULL, NULL},
	{"run:run_errored", FORM_RUN, "run:errored", "errored"},
	{"run:run_canceled", FORM_RUN, "run:errored", NULL},
	{"run:policy_soft_failed", FORM_RUN, "run:errored", "policy_soft_failed"},
	{"assessment:drifted", FORM_ASSESSMENT, NULL, NULL},
	{"assessment:check_failure", FORM_ASSESSMENT, NULL, NULL},
	{"assessment:failed", FORM_ASSESSMENT, NULL, NULL},
	{"workspace:auto_destroy_reminder", FORM_AUTO_DESTROY, NULL, NULL},
	/* Documented under the second name, delivered under the first. */
	{"workspace:auto_destroy_results", FORM_AUTO_DESTROY, NULL, NULL},
	{"workspace:auto_destroy_run_results", FORM_AUTO_DESTROY, "workspace:auto_destroy_results",
         NULL},
	{"workspace:deleted", FORM_DELETED, NULL, NULL},
	{"team:change_request", FORM_CHANGE_REQUEST, NULL, NULL},
	{"change_request:created", FORM_CHANGE_REQUEST, "team:change_request", NULL},
};

const struct trigger *
trigger_named(const char *name)
{
	for (size_t i = 0; name != NULL && i < COUNT(triggers); i++)
		if (strcmp(triggers[i].name, name) == 0)
			return &triggers[i];
	return NULL;
}

const char *
trigger_coarse(const char *name)
{
	const struct trigger *trigger = trigger_named(name);

	return trigger && trigger->coarse ? trigger->coarse : name;
}

const struct json_want terraform_wants[] = {
	[TRIGGER] = {"trigger", JSON_TOP},
	[RUN_ID] = {"run_id", JSON_TOP},
	[RUN_URL] = {"run_url", JSON_TOP},
	[WORKSPACE_ID] = {"workspace_id", JSON_TOP},
	[WORKSPACE_NAME] = {"workspace_name", JSON_TOP},
	[ORGANIZATION_NAME] = {"organization_name", JSON_TOP},
	[CONFIGURATION_URL] = {"notification_configuration_url", JSON_TOP},
	[CHANGE_REQUEST_URL] = {"change_request_url", JSON_TOP},
	[CHANGE_REQUEST_SUBJECT] = {"change_request_subject", JSON_TOP},
	[DETAILS] = {"details", JSON_TOP},
	[NOTIFICATIONS] = {"notifications", JSON_TOP},
	[DETAILS_WORKSPACE_ID] = {"workspace_id", DETAILS},
	[DETAILS_WORKSPACE_NAME] = {"workspace_name", DETAILS},
	[DETAILS_ORGANIZATION_NAME] = {"organization_name", DETAILS},
	[RUN_EXTERNAL_ID] = {"run_external_id", DETAILS},
	[AUTO_DESTROY_AT] = {"auto_destroy_at", DETAILS},
	[ASSESSMENT] = {"new_assessment_result", DETAILS},
	[ASSESSMENT_ID] = {"id", ASSESSMENT},
	[ASSESSMENT_URL] = {"url", ASSESSMENT},
	[FIRST] = {"0", NOTIFICATIONS},
	[SECOND] = {"1", NOTIFICATIONS},
	[FIRST_TRIGGER] = {"trigger", FIRST},
	[FIRST_TRIGGER_TYPE] = {"trigger_type", FIRST},
	[FIRST_STATUS] = {"run_status", FIRST},
	[FIRST_UPDATED_AT] = {"run_updated_at", FIRST},
	{0},
};

/* The first of two that is filled in. */
static const char *
either(const struct json_picks *body, int first, int second)
{
	const char *text = json_picked_filled(body, first);

	return text ? text : json_picked_filled(body, second);
}

static bool
is_verification(const struct json_picks *body)
{
	const char *trigger = json_picked(body, FIRST_TRIGGER);

	return json_picked_array(body, NOTIFICATIONS) && trigger != NULL &&
	       strcmp(trigger, "verification") == 0;
}

static const char *
trigger_of(const struct json_picks *body)
{
	return either(body, TRIGGER, FIRST_TRIGGER);
}

static enum form
form_of(const struct json_picks *body)
{
	const struct trigger *trigger = trigger_named(trigger_of(body));
	size_t len;

	if (is_verification(body))
		return FORM_VERIFICATION;
	if (json_picked_array(body, NOTIFICATIONS) && run_id_of(body, &len) != NULL)
		return FORM_RUN;
	if (either(body, CHANGE_REQUEST_URL, CHANGE_REQUEST_SUBJECT) != NULL)
		return FORM_CHANGE_REQUEST;
	/* A run trigger without a run tells nothing. */
	if (trigger == NULL || trigger->form == FORM_RUN)
		return FORM_UNKNOWN;
	return trigger->form;
}

static bool
assessment_identity(const struct json_picks *body, struct buf *out)
{
	const char *id = json_picked_filled(body, ASSESSMENT_ID);
	const char *trigger = trigger_of(body);

	if (id == NULL || trigger == NULL)
		return false;
	identity_add(out, "assessment");
	identity_add(out, id);
	identity_add(out, trigger);
	return true;
}

static void
read_workspace(struct workspace_ref *ws, const struct json_picks *body)
{
	ws->id = either(body, DETAILS_WORKSPACE_ID, WORKSPACE_ID);
	ws->name = either(body, DETAILS_WORKSPACE_NAME, WORKSPACE_NAME);
	ws->organization = either(body, DETAILS_ORGANIZATION_NAME, ORGANIZATION_NAME);
}

static bool
auto_destroy_identity(const struct json_picks *body, struct buf *out)
{
	static const int what[] = {RUN_EXTERNAL_ID, AUTO_DESTROY_AT};
	struct workspace_ref ws = {0};

	read_workspace(&ws, body);
	if (ws.organization == NULL || (ws.name == NULL && ws.id == NULL))
		return false;
	for (size_t i = 0; i < COUNT(what); i++) {
		const char *value = json_picked_filled(body, what[i]);

		if (value == NULL)
			continue;
		identity_add(out, "auto_destroy");
		identity_add(out, ws.organization);
		identity_add(out, ws.name ? "name" : "id");
		identity_add(out, ws.name ? ws.name : ws.id);
		identity_add(out, trigger_coarse(trigger_of(body)));
		identity_add(out, terraform_wants[what[i]].name);
		identity_add(out, value);
		return true;
	}
	return false;
}

static bool
change_request_identity(const struct json_picks *body, struct buf *out)
{
	const char *url = json_picked_filled(body, CHANGE_REQUEST_URL);

	if (url == NULL)
		return false;
	identity_add(out, "change_request");
	identity_add(out, url);
	return true;
}

static bool
identity(const struct json_picks *body, struct buf *out)
{
	switch (form_of(body)) {
	case FORM_RUN:
		return run_identity(body, out);
	case FORM_ASSESSMENT:
		return assessment_identity(body, out);
	case FORM_AUTO_DESTROY:
		return auto_destroy_identity(body, out);
	case FORM_CHANGE_REQUEST:
		return change_request_identity(body, out);
	case FORM_UNKNOWN:
	case FORM_VERIFICATION:
	case FORM_DELETED:
		break;
	}
	return false;
}

void
terraform_place(struct workspace_ref *ws, const struct json_picks *body)
{
	const char *urls[] = {
		json_picked_filled(body, RUN_URL),
		json_picked_filled(body, ASSESSMENT_URL),
		json_picked_filled(body, CONFIGURATION_URL),
		json_picked_filled(body, CHANGE_REQUEST_URL),
	};

	workspace_place(ws, urls, COUNT(urls));
}

/* Counters are null for an assessment that did not come to its end. */
static int64_t
counter(const json_t *result, const char *name)
{
	int64_t value = json_int_at(result, name, -1);

	return value < 0 ? -1 : value;
}

/* The counters before the flag, and the trigger last. */
static bool
tells_failed_check(const struct assessment_news *news, const json_t *result)
{
	const json_t *all_succeeded = json_at(result, "all_checks_succeeded");

	if (news->checks_failed >= 0 || news->checks_errored >= 0)
		return news->checks_failed > 0 || news->checks_errored > 0;
	if (json_is_boolean(all_succeeded))
		return json_is_false(all_succeeded);
	return strcmp(news->trigger, "assessment:check_failure") == 0;
}

/*
 * What `succeeded` and `drifted` say when they are booleans.  Else the nearest
 * other evidence: the counter of drifted resources, at last the trigger.
 */
static void
read_verdict(struct assessment_news *news, const json_t *result)
{
	const json_t *succeeded = json_at(result, "succeeded");
	const json_t *drifted = json_at(result, "drifted");

	if (json_is_boolean(succeeded))
		news->succeeded = json_is_true(succeeded);
	else
		news->succeeded = strcmp(news->trigger, "assessment:failed") != 0;

	if (json_is_boolean(drifted))
		news->drifted = json_is_true(drifted);
	else if (news->resources_drifted >= 0)
		news->drifted = news->resources_drifted > 0;
	else
		news->drifted = strcmp(news->trigger, "assessment:drifted") == 0;
	news->drifted = news->drifted && news->succeeded;
	news->check_failed = news->succeeded && tells_failed_check(news, result);
}

static void
assessment_normalize(struct event *event, const struct json_picks *picks)
{
	const json_t *result = json_at(event->body, "details.new_assessment_result");
	const char *trigger = trigger_of(picks);
	struct assessment_news *news = &event->assessment;

	if (!json_is_object(result) || !workspace_is_told(&event->workspace)) {
		event_says(event, EVENT_UNKNOWN, trigger);
		return;
	}
	*news = (struct assessment_news){
		.id = json_filled_at(result, "id"),
		.url = json_filled_at(result, "url"),
		.trigger = trigger,
		.created_at = json_time_at(result, "created_at"),
		.resources_drifted = counter(result, "resources_drifted"),
		.resources_undrifted = counter(result, "resources_undrifted"),
		.checks_passed = counter(result, "checks_passed"),
		.checks_failed = counter(result, "checks_failed"),
		.checks_errored = counter(result, "checks_errored"),
		.checks_unknown = counter(result, "checks_unknown"),
	};
	read_verdict(news, result);
	event->at = news->created_at;
	event_says(event, EVENT_ASSESSMENT, trigger);
}

static void
auto_destroy_normalize(struct event *event, const struct json_picks *picks)
{
	const json_t *details = json_at(event->body, "details");
	const char *trigger = trigger_of(picks);
	struct auto_destroy_news *news = &event->auto_destroy;

	if (!workspace_is_told(&event->workspace)) {
		event_says(event, EVENT_UNKNOWN, trigger);
		return;
	}
	*news = (struct auto_destroy_news){
		.results = strcmp(trigger, "workspace:auto_destroy_reminder") != 0,
		.at = json_time_at(details, "auto_destroy_at"),
		.run_id = json_filled_at(details, "run_external_id"),
		.run_status = json_filled_at(details, "run_status"),
		.error = json_filled_at(details, "run_create_error_message"),
		.run_created_at = json_time_at(details, "run_created_at"),
	};
	event->at = news->run_created_at;
	event_says(event, EVENT_AUTO_DESTROY, trigger);
}

static void
change_request_normalize(struct event *event, const struct json_picks *picks)
{
	const json_t *body = event->body;
	const char *trigger = trigger_of(picks);

	event->change_request = (struct change_request_news){
		.url = json_filled_at(body, "change_request_url"),
		.subject = json_filled_at(body, "change_request_subject"),
		.message = json_filled_at(body, "change_request_message"),
		.created_by = json_filled_at(body, "change_request_created_by"),
		.created_at = json_time_at(body, "change_request_created_at"),
	};
	event->at = event->change_request.created_at;
	event_says(event, EVENT_CHANGE_REQUEST, trigger ? trigger : "team:change_request");
}

static void
normalize(json_t *body, struct event *event)
{
	struct json_picks picks;

	json_pick_tree(body, terraform_wants, &picks);
	event_start(event, body);
	read_workspace(&event->workspace, &picks);
	terraform_place(&event->workspace, &picks);
	workspace_link(&event->workspace, NULL, json_picked_filled(&picks, RUN_URL));

	switch (form_of(&picks)) {
	case FORM_RUN:
		run_normalize(event, &picks);
		break;
	case FORM_ASSESSMENT:
		assessment_normalize(event, &picks);
		break;
	case FORM_AUTO_DESTROY:
		auto_destroy_normalize(event, &picks);
		break;
	case FORM_CHANGE_REQUEST:
		change_request_normalize(event, &picks);
		break;
	case FORM_DELETED:
		event_says(event,
		           workspace_is_told(&event->workspace) ? EVENT_WORKSPACE_DELETED
		                                                : EVENT_UNKNOWN,
		           trigger_of(&picks));
		break;
	case FORM_VERIFICATION:
		event_says(event, EVENT_NOTED, "verification");
		break;
	case FORM_UNKNOWN:
		event_says(event, EVENT_UNKNOWN, trigger_of(&picks));
		break;
	}
}

static const struct key keys[] = {
	{.name = "hmac_key",
         .type = KEY_SECRET,
         .offset = offsetof(struct terraform_options, base.hmac_key),
         .flags = KEY_REQUIRED | KEY_PLURAL,
         .help = "The token of the notification configurations; several, one a line, while it is "
                 "being changed."},
	{.name = "allow_private",
         .type = KEY_BOOL,
         .offset = offsetof(struct terraform_options, allow_private),
         .fallback = "false",
         .help = "Whether the API may have loopback and private addresses and be spoken to in "
                 "plain http."},
	{.name = "api",
         .type = KEY_MAP,
         .offset = offsetof(struct terraform_options, api),
         .keys = api_keys,
         .size = sizeof(struct api_options),
         .help = "HCP Terraform's API, for what no webhook tells."},
	{0},
};

static void
check(const void *options, const struct section *section)
{
	const struct terraform_options *terraform = options;

	api_check(&terraform->api, terraform->allow_private, section);
}

const struct source_kind source_hcp_terraform = {
	.conf = {.name = "hcp_terraform",
                 .keys = keys,
                 .size = sizeof(struct terraform_options),
                 .check = check},
	.header = "X-TFE-Notification-Signature",
	.wants = terraform_wants,
	.is_verification = is_verification,
	.identity = identity,
	.normalize = normalize,
};
