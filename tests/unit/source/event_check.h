/*
 * event_check.h - what holds for every event, whatever the body was.
 *
 * Used on the golden cases, on the mangled ones and by the fuzz target.
 * Returns NULL, or what is wrong.
 */
#ifndef TESTS_UNIT_SOURCE_EVENT_CHECK_H
#define TESTS_UNIT_SOURCE_EVENT_CHECK_H

#include <string.h>

#include "relay/base/text.h"
#include "relay/model/event.h"

static inline const char *
packer_check(const struct event *event)
{
	const struct packer_news *p = &event->packer;

	if (p->bucket == NULL || p->bucket[0] == '\0')
		return "no bucket";
	if (p->organization_id == NULL || p->project_id == NULL)
		return "organization or project is NULL";
	if (event->type == EVENT_VERSION && p->version.fingerprint == NULL)
		return "a version without a fingerprint";
	if (event->type == EVENT_ASSIGN && p->channel == NULL)
		return "an assignment without a channel";
	if (p->artifacts != NULL &&
	    (json_array_size(p->artifacts) == 0 || json_array_size(p->artifacts) > 200))
		return "artifacts: none or too many";
	return NULL;
}

static inline const char *
workspace_check(const struct workspace_ref *ws)
{
	if (ws->id == NULL && (ws->organization == NULL || ws->name == NULL))
		return "no workspace";
	if (ws->url != NULL && !url_is_http(ws->url))
		return "the workspace's URL is none";
	return NULL;
}

static inline const char *
runs_check(const struct event *event)
{
	if (event->run_count == 0)
		return "no runs";
	for (size_t i = 0; i < event->run_count; i++)
		if (event->runs[i].id == NULL ||
		    (event->runs[i].status == NULL && event->runs[i].trigger == NULL))
			return "a run that says nothing";
	return NULL;
}

static inline const char *
event_check(const struct event *event)
{
	const char *fault = NULL;

	if (event->kind == NULL || event->kind[0] == '\0' ||
	    !utf8_valid(event->kind, strlen(event->kind)) || utf8_count(event->kind) > 100)
		return "kind is missing, too long or not UTF-8";
	switch (event->type) {
	case EVENT_VERSION:
	case EVENT_ASSIGN:
		return packer_check(event);
	case EVENT_RUN:
		fault = runs_check(event);
		return fault ? fault : workspace_check(&event->workspace);
	case EVENT_ASSESSMENT:
		if (event->assessment.drifted && !event->assessment.succeeded)
			return "drift found by an assessment that failed";
		return workspace_check(&event->workspace);
	case EVENT_AUTO_DESTROY:
	case EVENT_WORKSPACE_DELETED:
		return workspace_check(&event->workspace);
	case EVENT_RUN_TASK:
		if (event->run_task.task_result_id == NULL || event->run_task.callback_url == NULL)
			return "a run task that cannot be answered";
		return NULL;
	case EVENT_IGNORED:
	case EVENT_UNKNOWN:
	case EVENT_NOTED:
	case EVENT_CHANGE_REQUEST:
		return NULL;
	}
	return "a type that is none";
}

#endif
