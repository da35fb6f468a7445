#include "relay/flow/plan_task.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/source/source.h"
#include "relay/store/queue.h"

/* What HCP Terraform shows beside the run: "passed" lets it go on. */
static const char recorded[] = "{\"status\":\"passed\",\"message\":\"recorded\",\"url\":null}";

static bool
host_allowed(const struct run_task_options *options, const char *host)
{
	for (size_t i = 0; i < options->allowed_hosts.count; i++)
		if (strcasecmp(options->allowed_hosts.items[i], host) == 0)
			return true;
	return false;
}

const char *
plan_run_task_refusal(const struct plan *plan)
{
	const struct conf_source *source = conf_source_named(plan->conf, plan->source);
	char *host = url_host(plan->event->run_task.callback_url);
	const char *refusal = NULL;

	if (source == NULL)
		refusal = "its source is no longer configured";
	else if (strcmp(source->kind->name, "hcp_run_task") != 0)
		refusal = "its source is of another kind now";
	else if (host == NULL)
		refusal = "task_result_callback_url is not an http(s) URL";
	else if (!host_allowed(source->options, host))
		refusal = "the host of task_result_callback_url is not in allowed_hosts";
	free(host);
	return refusal;
}

int
plan_run_task(struct plan *plan, struct err *err)
{
	const struct run_task_news *task = &plan->event->run_task;
	char *host = url_authority(task->callback_url);
	char *destination = mem_fmt("task_callback %s", host);
	struct delivery_plan d = {
		.notification_id = task->task_result_id,
		.revision = 1,
		.document = recorded,
		.destination = destination,
		.sink_kind = "task_callback",
		.every_revision = true,
		.at_once = true,
		.resolved = true,
		.target = task->callback_url,
		.event_id = plan->event_id,
	};
	struct workspace workspace;
	int learnt = plan_learn_workspace(plan, &workspace, err);
	int rc = learnt < 0 ? -1 : queue_add(plan->db, &d, plan->now_ms, err);
	if (rc == 0 && learnt == 2)
		rc = refresh_workspace_images(plan, &workspace, false, err);
	workspace_fini(&workspace);
	free(destination);
	free(host);
	return rc;
}
