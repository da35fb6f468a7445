#include "tests/unit/source/event_dump.h"

#include "relay/base/json.h"

static const char *const type_names[] = {
	[EVENT_IGNORED] = "ignored",
	[EVENT_UNKNOWN] = "unknown",
	[EVENT_NOTED] = "noted",
	[EVENT_VERSION] = "version",
	[EVENT_ASSIGN] = "assign",
	[EVENT_RUN] = "run",
	[EVENT_ASSESSMENT] = "assessment",
	[EVENT_AUTO_DESTROY] = "auto destroy",
	[EVENT_WORKSPACE_DELETED] = "workspace deleted",
	[EVENT_CHANGE_REQUEST] = "change request",
	[EVENT_RUN_TASK] = "run task",
};

static const char *const action_names[] = {
	[VERSION_CREATE] = "create", [VERSION_COMPLETE] = "complete",
	[VERSION_REVOKE] = "revoke", [VERSION_SCHEDULE] = "schedule",
	[VERSION_CANCEL] = "cancel", [VERSION_RESTORE] = "restore",
	[VERSION_DELETE] = "delete",
};

const char *
event_type_name(enum event_type type)
{
	return type_names[type];
}

static void
add_text(json_t *to, const char *name, const char *value)
{
	if (value != NULL)
		json_object_set_new(to, name, json_string(value));
}

static void
add_time(json_t *to, const char *name, int64_t ms)
{
	if (ms != 0)
		json_object_set_new(to, name, json_time_or_null(ms));
}

static void
add_flag(json_t *to, const char *name, bool value)
{
	json_object_set_new(to, name, json_boolean(value));
}

static void
add_ref(json_t *to, const char *name, const struct version_ref *ref)
{
	json_t *object = json_object();

	add_text(object, "bucket", ref->bucket);
	add_text(object, "id", ref->id);
	add_text(object, "name", ref->name);
	add_text(object, "fingerprint", ref->fingerprint);
	if (json_object_size(object) > 0)
		json_object_set(to, name, object);
	json_decref(object);
}

static void
dump_packer(json_t *to, const struct event *event)
{
	const struct packer_news *p = &event->packer;
	json_t *news = json_object();

	add_text(news, "organization_id", p->organization_id);
	add_text(news, "project_id", p->project_id);
	add_text(news, "bucket_id", p->bucket_id);
	add_text(news, "bucket", p->bucket);
	if (event->type == EVENT_VERSION)
		add_text(news, "action", action_names[p->action]);
	add_ref(news, "version", &p->version);
	add_text(news, "status", p->status);
	add_time(news, "created_at", p->created_at);
	add_time(news, "revoke_at", p->revoke_at);
	add_text(news, "revoked_by", p->revoked_by);
	add_text(news, "reason", p->reason);
	add_flag(news, "inherited", p->inherited);
	add_ref(news, "inherited_from", &p->inherited_from);
	if (p->artifacts != NULL)
		json_object_set(news, "artifacts", p->artifacts);
	if (event->type == EVENT_ASSIGN) {
		add_text(news, "channel", p->channel);
		add_flag(news, "channel_managed", p->channel_managed);
		add_flag(news, "previous_sent", p->previous_sent);
		add_ref(news, "previous", &p->previous);
	}
	add_text(news, "actor", p->actor);
	json_object_set_new(to, "packer", news);
}

static void
dump_workspace(json_t *to, const struct workspace_ref *ws)
{
	json_t *object = json_object();

	add_text(object, "host", ws->host);
	add_text(object, "id", ws->id);
	add_text(object, "name", ws->name);
	add_text(object, "organization", ws->organization);
	add_text(object, "url", ws->url);
	if (json_object_size(object) > 0)
		json_object_set(to, "workspace", object);
	json_decref(object);
}

static void
dump_runs(json_t *to, const struct event *event)
{
	json_t *runs = json_array();

	for (size_t i = 0; i < event->run_count; i++) {
		const struct run_news *r = &event->runs[i];
		json_t *run = json_object();

		add_text(run, "id", r->id);
		add_text(run, "url", r->url);
		add_text(run, "message", r->message);
		add_text(run, "created_by", r->created_by);
		add_text(run, "status", r->status);
		add_text(run, "trigger", r->trigger);
		add_flag(run, "needs_attention", r->needs_attention);
		add_time(run, "created_at", r->created_at);
		add_time(run, "updated_at", r->updated_at);
		json_array_append_new(runs, run);
	}
	json_object_set_new(to, "runs", runs);
}

static void
dump_assessment(json_t *to, const struct assessment_news *a)
{
	json_t *news = json_object();

	add_text(news, "id", a->id);
	add_text(news, "url", a->url);
	add_text(news, "trigger", a->trigger);
	add_flag(news, "succeeded", a->succeeded);
	add_flag(news, "drifted", a->drifted);
	add_flag(news, "check_failed", a->check_failed);
	add_time(news, "created_at", a->created_at);
	json_object_set_new(news, "resources_drifted", json_integer(a->resources_drifted));
	json_object_set_new(news, "resources_undrifted", json_integer(a->resources_undrifted));
	json_object_set_new(news, "checks_passed", json_integer(a->checks_passed));
	json_object_set_new(news, "checks_failed", json_integer(a->checks_failed));
	json_object_set_new(news, "checks_errored", json_integer(a->checks_errored));
	json_object_set_new(news, "checks_unknown", json_integer(a->checks_unknown));
	json_object_set_new(to, "assessment", news);
}

static void
dump_auto_destroy(json_t *to, const struct auto_destroy_news *a)
{
	json_t *news = json_object();

	add_flag(news, "results", a->results);
	add_time(news, "at", a->at);
	add_text(news, "run_id", a->run_id);
	add_text(news, "run_status", a->run_status);
	add_text(news, "error", a->error);
	add_time(news, "run_created_at", a->run_created_at);
	json_object_set_new(to, "auto_destroy", news);
}

static void
dump_change_request(json_t *to, const struct change_request_news *c)
{
	json_t *news = json_object();

	add_text(news, "url", c->url);
	add_text(news, "subject", c->subject);
	add_text(news, "message", c->message);
	add_text(news, "created_by", c->created_by);
	add_time(news, "created_at", c->created_at);
	json_object_set_new(to, "change_request", news);
}

static void
dump_run_task(json_t *to, const struct run_task_news *r)
{
	json_t *news = json_object();

	add_text(news, "task_result_id", r->task_result_id);
	add_text(news, "stage", r->stage);
	add_text(news, "callback_url", r->callback_url);
	add_text(news, "run_id", r->run_id);
	add_text(news, "plan_url", r->plan_url);
	add_time(news, "run_created_at", r->run_created_at);
	add_flag(news, "speculative", r->speculative);
	json_object_set_new(to, "run_task", news);
}

json_t *
event_dump(const struct event *event)
{
	json_t *to = json_object();

	add_text(to, "type", event_type_name(event->type));
	add_text(to, "kind", event->kind);
	add_time(to, "at", event->at);
	dump_workspace(to, &event->workspace);
	if (event->type == EVENT_VERSION || event->type == EVENT_ASSIGN)
		dump_packer(to, event);
	if (event->type == EVENT_RUN)
		dump_runs(to, event);
	if (event->type == EVENT_ASSESSMENT)
		dump_assessment(to, &event->assessment);
	if (event->type == EVENT_AUTO_DESTROY)
		dump_auto_destroy(to, &event->auto_destroy);
	if (event->type == EVENT_CHANGE_REQUEST)
		dump_change_request(to, &event->change_request);
	if (event->type == EVENT_RUN_TASK)
		dump_run_task(to, &event->run_task);
	return to;
}
