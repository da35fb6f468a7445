/*
 * run_task.c - requests of HCP Terraform's run tasks.
 *
 * "Run tasks integration", developer.hashicorp.com: one flat object for every
 * stage, `plan_json_api_url` from post_plan on.  Anything but 200 is retried,
 * so the same request can come twice: task_result_id tells.
 */
#include <stddef.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/config/authorities.h"
#include "relay/source/parts.h"

/* By enum task_enforce. */
static const char *const enforcements[] = {"advisory", "revoked", "scheduled", NULL};

static const struct key keys[] = {
	{.name = "hmac_key",
         .type = KEY_SECRET,
         .offset = offsetof(struct run_task_options, base.hmac_key),
         .flags = KEY_REQUIRED | KEY_PLURAL,
         .help = "The run task's HMAC key; several, one a line, while it is being changed."},
	{.name = "allowed_hosts",
         .type = KEY_TEXTS,
         .offset = offsetof(struct run_task_options, allowed_hosts),
         .fallback = "[app.terraform.io]",
         .help = "The hosts, without port, that plans may be fetched from and results sent to."},
	{.name = "allow_private",
         .type = KEY_BOOL,
         .offset = offsetof(struct run_task_options, allow_private),
         .fallback = "false",
         .help = "Whether those may have loopback and private addresses and be spoken to in plain "
                 "http."},
	{.name = "ca_file",
         .type = KEY_PATH,
         .offset = offsetof(struct run_task_options, ca_file),
         .help = "Trust only these certificates for those hosts, instead of the system's."},
	{.name = "enforce",
         .type = KEY_CHOICE,
         .offset = offsetof(struct run_task_options, enforce),
         .fallback = "advisory",
         .choices = enforcements,
         .help = "What a run is answered failed for: nothing, a revoked image in its plan, or also "
                 "one scheduled to be."},
	{.name = "enforce_within",
         .type = KEY_DURATION,
         .offset = offsetof(struct run_task_options, enforce_within),
         .fallback = "7d",
         .help = "With enforce: scheduled, how soon the revocation is due for that."},
	{.name = "plan_size",
         .type = KEY_SIZE,
         .offset = offsetof(struct run_task_options, plan_size),
         .fallback = "1G",
         .most = "4G", /* READ_BYTES_MAX */
         .help = "The largest plan that is read, unpacked."},
	{.name = "api",
         .type = KEY_MAP,
         .offset = offsetof(struct run_task_options, api),
         .keys = api_keys,
         .size = sizeof(struct api_options),
         .help = "HCP Terraform's API, for what no webhook tells."},
	{0},
};

static void
check(const void *options, const struct section *section)
{
	const struct run_task_options *task = options;

	for (size_t i = 0; i < task->allowed_hosts.count; i++) {
		const char *host = task->allowed_hosts.items[i];
		const struct section item = section_item(section, "allowed_hosts", i);

		/* URLs are held against these by their host alone. */
		if (host != NULL && !url_may_have_host(host))
			section_fault(&item, "",
			              "allowed_hosts needs names of hosts, without https:// and "
			              "port, not \"%s\"",
			              host);
	}
	if (task->plan_size == 0)
		section_fault(section, "plan_size", "plan_size needs more than 0");
	authorities_check("ca_file", task->ca_file, section);
	api_check(&task->api, task->allow_private, section);
}

enum { ACCESS_TOKEN, STAGE, ENFORCEMENT_LEVEL, TASK_RESULT_ID };

static const struct json_want wants[] = {
	[ACCESS_TOKEN] = {"access_token", JSON_TOP},
	[STAGE] = {"stage", JSON_TOP},
	[ENFORCEMENT_LEVEL] = {"task_result_enforcement_level", JSON_TOP},
	[TASK_RESULT_ID] = {"task_result_id", JSON_TOP},
	{0},
};

static bool
says(const struct json_picks *body, int row, const char *value)
{
	const char *text = json_picked(body, row);

	return text != NULL && strcmp(text, value) == 0;
}

/* Sent when a run task is created or changed.  Old products sent no stage, hence three marks. */
static bool
is_verification(const struct json_picks *body)
{
	return says(body, ACCESS_TOKEN, "test-token") || says(body, STAGE, "test") ||
	       says(body, ENFORCEMENT_LEVEL, "test");
}

static bool
identity(const struct json_picks *body, struct buf *out)
{
	const char *id = json_picked_filled(body, TASK_RESULT_ID);

	if (id != NULL)
		buf_puts(out, id);
	return id != NULL;
}

static void
read_workspace(struct workspace_ref *ws, const json_t *body)
{
	const char *app_url = json_filled_at(body, "workspace_app_url");
	const char *run_url = json_filled_at(body, "run_app_url");
	const char *urls[] = {app_url, run_url, json_filled_at(body, "task_result_callback_url")};

	ws->id = json_filled_at(body, "workspace_id");
	ws->name = json_filled_at(body, "workspace_name");
	ws->organization = json_filled_at(body, "organization_name");
	workspace_place(ws, urls, COUNT(urls));
	workspace_link(ws, app_url, run_url);
}

static void
normalize(json_t *body, struct event *event)
{
	struct run_task_news *news = &event->run_task;
	struct json_picks picks;

	json_pick_tree(body, wants, &picks);
	event_start(event, body);
	read_workspace(&event->workspace, body);
	*news = (struct run_task_news){
		.task_result_id = json_filled_at(body, "task_result_id"),
		.stage = json_filled_at(body, "stage"),
		.callback_url = json_filled_at(body, "task_result_callback_url"),
		.run_id = json_filled_at(body, "run_id"),
		.plan_url = json_filled_at(body, "plan_json_api_url"),
		.run_created_at = json_time_at(body, "run_created_at"),
		.speculative = json_true_at(body, "is_speculative"),
		.outcomes = json_true_at(body, "capabilities.outcomes"),
	};

	if (is_verification(&picks))
		event_says(event, EVENT_NOTED, "verification");
	else if (news->task_result_id != NULL && news->callback_url != NULL)
		event_says(event, EVENT_RUN_TASK, "run_task");
	else
		event_says(event, EVENT_UNKNOWN, "run_task");
}

const struct source_kind source_hcp_run_task = {
	.conf = {.name = "hcp_run_task",
                 .keys = keys,
                 .size = sizeof(struct run_task_options),
                 .brings_plans = true,
                 .check = check},
	.header = "X-TFC-Task-Signature",
	.bearer = true,
	.wants = wants,
	.is_verification = is_verification,
	.identity = identity,
	.normalize = normalize,
	.salvage = members_read, /* a run waits for its callback */
};
