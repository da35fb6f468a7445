#include "relay/flow/plan_task.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/flow/plan_reading.h"
#include "relay/flow/task_token.h"
#include "relay/flow/task_verdict.h"
#include "relay/source/source.h"
#include "relay/store/catalog.h"
#include "relay/store/events.h"
#include "relay/store/queue.h"

enum { REVISION_RUNNING = 1, REVISION_FINAL = 2 };

static const char elsewhere[] = "Driftbell checks images at the post_plan stage.";

const char *
plan_run_task_refusal(const struct plan *plan)
{
	const struct conf_source *source = conf_source_named(plan->conf, plan->source);
	char *host = url_host(plan->event->run_task.callback_url);
	bool is_url = host != NULL;

	free(host);
	if (source == NULL)
		return "its source is no longer configured";
	if (strcmp(source->kind->name, "hcp_run_task") != 0)
		return "its source is of another kind now";
	if (!is_url)
		return "task_result_callback_url is not an http(s) URL";
	return task_url_refusal(source->options, plan->event->run_task.callback_url) != NULL
	               ? "the host of task_result_callback_url is not in allowed_hosts"
	               : NULL;
}

/* Takes the document over. */
static int
owe_callback(struct plan *plan, const struct event *event, int revision, json_t *document,
             struct err *err)
{
	const struct run_task_news *task = &event->run_task;
	char *host = url_authority(task->callback_url);
	char *destination = mem_fmt("task_callback %s", host);
	char *text = json_dumps(document, JSON_COMPACT);
	struct delivery_plan d = {
		.notification_id = task->task_result_id,
		.revision = revision,
		.document = text,
		.destination = destination,
		.sink_kind = "task_callback",
		.every_revision = true,
		.target = task->callback_url,
		.event_id = plan->event_id,
	};
	int rc = queue_add(plan->db, &d, plan->now_ms, err);

	free(text);
	free(destination);
	free(host);
	json_decref(document);
	return rc;
}

/* ---- when it comes ---- */

static bool
has_plan(const struct run_task_news *task)
{
	return task->stage != NULL && strcmp(task->stage, "post_plan") == 0 &&
	       task->plan_url != NULL;
}

static int
owe_reading(struct plan *plan, const struct workspace *workspace, struct err *err)
{
	const struct run_task_news *task = &plan->event->run_task;
	const struct owed_reading owed = {
		.kind = READING_PLAN,
		.subject = (char *)task->task_result_id,
		.source = (char *)plan->source,
		/* One that names none is answered all the same. */
		.workspace_key = workspace->key != NULL ? workspace->key : (char *)"",
		.run_id = (char *)task->run_id,
		.run_created_at = task->run_created_at,
		.event_id = (char *)plan->event_id,
		.url = (char *)task->plan_url,
		.until_at = plan->received_at + TASK_READING_MS,
	};

	if (owe_callback(plan, plan->event, REVISION_RUNNING, task_running(plan->event), err) != 0)
		return -1;
	return readings_owe(plan->db, &owed, plan->now_ms, plan->now_ms, err);
}

/* Before an apply what is known of the workspace is worth a look; it decides nothing. */
static int
answer_stage(struct plan *plan, const struct workspace *workspace, struct err *err)
{
	const struct run_task_news *task = &plan->event->run_task;
	bool looks = task->stage != NULL && strcmp(task->stage, "pre_apply") == 0;
	struct task_images images;
	json_t *document = NULL;
	int rc = 0;

	task_images_init(&images);
	if (looks)
		rc = task_images_known(plan, workspace->key, task->run_id, &images, err);
	if (json_array_size(images.rows) > 0) {
		document = task_checked(plan, plan->event, &images);
		json_object_set_new(document, "status", json_string("passed"));
	} else {
		document = task_passed(plan->event, elsewhere);
	}
	task_images_fini(&images);
	if (rc == 0)
		return owe_callback(plan, plan->event, REVISION_FINAL, document, err);
	json_decref(document);
	return -1;
}

static int
answer(struct plan *plan, const struct workspace *workspace, struct err *err)
{
	const struct run_task_news *task = &plan->event->run_task;
	const struct conf_source *source = conf_source_named(plan->conf, plan->source);
	const char *why = NULL;

	if (!has_plan(task))
		return answer_stage(plan, workspace, err);
	if (plan->now_ms - plan->received_at >= TASK_READING_MS)
		why = "it was not come to in time";
	else if (task_url_refusal(source->options, task->plan_url) != NULL)
		why = "the plan's host is not in allowed_hosts";
	return why != NULL ? owe_callback(plan, plan->event, REVISION_FINAL,
	                                  task_unchecked(plan->event, why), err)
	                   : owe_reading(plan, workspace, err);
}

int
plan_run_task(struct plan *plan, struct err *err)
{
	struct workspace workspace;
	int learnt = plan_learn_workspace(plan, &workspace, err);
	int rc = learnt < 0 ? -1 : 0;

	if (rc == 0)
		rc = answer(plan, &workspace, err);
	if (rc == 0 && learnt == 2)
		rc = refresh_workspace_images(plan, &workspace, false, err);
	workspace_fini(&workspace);
	return rc;
}

int
plan_run_task_unreadable(struct plan *plan, const char *why, struct err *err)
{
	char *text = mem_fmt("its request cannot be read whole: %s", why);
	int rc = owe_callback(plan, plan->event, REVISION_FINAL, task_unchecked(plan->event, text),
	                      err);

	free(text);
	return rc;
}

/* ---- when its plan was read, or not ---- */

/* The request again, of which the callback needs more than the reading has. */
struct request {
	struct event event;
	json_t *body;
};

static void
request_fini(struct request *request)
{
	event_fini(&request->event);
	json_decref(request->body);
}

/* 1; 0: it is there no more, or cannot be read, so that nobody can be answered; -1. */
static int
request_load(struct plan *plan, struct request *request, struct err *err)
{
	struct event_body stored;
	struct err unread = {0};
	int found = event_body(plan->db, plan->event_id, &stored, err);
	const struct source_kind *kind = found == 1 ? source_kind_named(stored.source_kind) : NULL;

	*request = (struct request){0};
	if (kind != NULL &&
	    json_read(stored.data, stored.len, &request->body, &unread) == JSON_TREE)
		kind->normalize(request->body, &request->event);
	event_body_fini(&stored);
	if (found < 0)
		return -1;
	if (request->event.type == EVENT_RUN_TASK)
		return 1;
	log_error("a run task cannot be answered, its request is gone", "event", plan->event_id,
	          LOG_END);
	return 0;
}

static int
take(struct plan *plan, const struct event *event, const struct owed_reading *owed,
     const struct reading *reading, struct err *err)
{
	struct workspace workspace;
	struct task_images images;
	json_t *document = NULL;
	int rc = 0;

	task_images_init(&images);
	if (!event->run_task.speculative)
		rc = plan_reading(plan, owed, reading, err);
	if (rc == 0) {
		rc = catalog_workspace(plan->db, owed->workspace_key, &workspace, err) < 0 ? -1 : 0;
		if (rc == 0)
			rc = task_images_of_plan(plan, &workspace, reading, &images, err);
		workspace_fini(&workspace);
	}
	if (rc == 0)
		document = task_checked(plan, event, &images);
	task_images_fini(&images);
	return rc == 0 ? owe_callback(plan, event, REVISION_FINAL, document, err) : -1;
}

int
plan_task_read(struct plan *plan, const struct owed_reading *owed, const struct reading *reading,
               struct err *err)
{
	struct request request;
	int rc = request_load(plan, &request, err);

	if (rc == 1)
		rc = take(plan, &request.event, owed, reading, err);
	request_fini(&request);
	return rc;
}

int
plan_task_unread(struct plan *plan, const struct owed_reading *owed, const char *why,
                 struct err *err)
{
	struct request request;
	int rc = request_load(plan, &request, err);

	(void)owed;
	if (rc == 1)
		rc = owe_callback(plan, &request.event, REVISION_FINAL,
		                  task_unchecked(&request.event, why), err);
	request_fini(&request);
	return rc;
}
