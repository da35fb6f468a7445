#include "relay/flow/task_verdict.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/words_finding_task.h"
#include "relay/message/words_task.h"
#include "relay/source/source.h"

bool
task_is_final(const json_t *document)
{
	const char *status = json_text_at(document, "status");

	return status == NULL || strcmp(status, "running") != 0;
}

static json_t *
document_of(const struct event *event, const char *status, const char *message)
{
	const struct workspace_ref *ws = &event->workspace;

	return json_pack("{s:s, s:s, s:n, s:[], s:{s:s?, s:o}, s:s?, s:s?}", "status", status,
	                 "message", message, "url", "outcomes", "run", "id", event->run_task.run_id,
	                 "url", json_http_url_or_null(json_text_at(event->body, "run_app_url")),
	                 "workspace", ws->name != NULL ? ws->name : ws->id, "organization",
	                 ws->organization);
}

json_t *
task_running(const struct event *event)
{
	return document_of(event, "running", "Driftbell reads the plan.");
}

json_t *
task_passed(const struct event *event, const char *message)
{
	return document_of(event, "passed", message);
}

json_t *
task_unchecked(const struct event *event, const char *why)
{
	char *message = mem_fmt("The images of this run could not be checked: %s.", why);
	json_t *document = document_of(event, "passed", message);

	free(message);
	return document;
}

/* ---- what was read ---- */

static const struct run_task_options *
options_of(const struct plan *plan)
{
	const struct conf_source *source = conf_source_named(plan->conf, plan->source);
	bool is_task = source != NULL && strcmp(source->kind->name, "hcp_run_task") == 0;

	return is_task ? source->options : NULL;
}

static bool
is_fault(const struct run_task_options *options, const json_t *row, int64_t now_ms)
{
	switch (task_image_state_of(row)) {
	case TASK_IMAGE_REVOKED:
		return options->enforce >= ENFORCE_REVOKED;
	case TASK_IMAGE_SCHEDULED:
		return options->enforce >= ENFORCE_SCHEDULED &&
		       json_time_at(row, "image.revoke_at") - now_ms <= options->enforce_within;
	default:
		return false;
	}
}

static bool
fails(const struct plan *plan, const json_t *rows)
{
	const struct run_task_options *options = options_of(plan);
	const json_t *row;
	size_t i;

	if (options == NULL)
		return false;
	json_array_foreach(rows, i, row) if (is_fault(options, row, plan->now_ms)) return true;
	return false;
}

/* The incident about the worst image that has one, else the workspace. */
static void
set_url(const struct plan *plan, const struct event *event, const json_t *outcomes,
        json_t *document)
{
	const char *base = plan->conf->links.base_url;
	const json_t *outcome;
	char *url = NULL;
	size_t i;

	if (base == NULL)
		return;
	json_array_foreach(outcomes, i,
	                   outcome) if (url == NULL && json_filled_at(outcome, "url") != NULL) url =
		mem_str(json_filled_at(outcome, "url"));
	if (url == NULL && event->workspace.id != NULL)
		url = mem_fmt("%s/workspaces/%s", base, event->workspace.id);
	json_object_set_new(document, "url", json_http_url_or_null(url));
	free(url);
}

json_t *
task_checked(struct plan *plan, const struct event *event, const struct task_images *images)
{
	char *message =
		words_task_message(images->rows, (int64_t)json_object_size(images->elsewhere),
	                           (int64_t)json_array_size(images->findings.wrong_channel));
	json_t *outcomes = words_task_outcomes(images->rows);
	json_t *document =
		document_of(event, fails(plan, images->rows) ? "failed" : "passed", message);

	set_url(plan, event, outcomes, document);
	words_finding_outcomes(images->findings.untracked, images->findings.wrong_channel,
	                       outcomes);
	/* Only where the request says that they can be shown. */
	if (event->run_task.outcomes)
		json_object_set(document, "outcomes", outcomes);
	json_decref(outcomes);
	free(message);
	return document;
}
