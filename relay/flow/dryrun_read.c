/* Which source reads a body, and what it reads in it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/config/faults.h"
#include "relay/flow/dryrun_parts.h"

/* ---- which source ---- */

static bool
knows(const struct source_kind *kind, json_t *tree)
{
	struct event event = {0};
	struct json_picks picks;
	bool known;

	json_pick_tree(tree, kind->wants, &picks);
	if (kind->is_verification(&picks))
		return true;
	kind->normalize(tree, &event);
	known = event.type != EVENT_UNKNOWN;
	event_fini(&event);
	return known;
}

struct guess {
	const struct conf_source *first;
	json_t *names; /* of all that know it */
	json_t *alike; /* of the first's kind, without the first */
	bool several;  /* kinds */
};

/* What no tree could be made of nobody knows: any kind keeps it. */
static void
guess_source(const struct conf *conf, const json_t *tree, struct guess *guess)
{
	for (size_t i = 0; i < conf->sources.count; i++) {
		const struct conf_source *source = conf_item(conf->sources, struct conf_source, i);

		if (tree != NULL && !knows(source_kind_named(source->kind->name), (json_t *)tree))
			continue;
		json_array_append_new(guess->names, json_string(source->name));
		if (guess->first == NULL)
			guess->first = source;
		else if (guess->first->kind == source->kind)
			json_array_append_new(guess->alike, json_string(source->name));
		else
			guess->several = true;
	}
}

static void
set_fault(json_t *report, const char *text)
{
	json_object_set_new(report, "fault", json_string(text));
}

static const struct conf_source *
guessed(const struct conf *conf, const json_t *tree, json_t *report, json_t **alike)
{
	struct guess guess = {.names = json_array(), .alike = json_array()};

	guess_source(conf, tree, &guess);
	if (guess.first == NULL)
		set_fault(report, conf->sources.count == 0
		                          ? "the config has no source"
		                          : "no configured source knows it: an action or trigger "
		                            "that is new, or not a webhook of HCP");
	else if (guess.several)
		set_fault(report, tree == NULL ? "which source reads it cannot be guessed"
		                               : "sources of several kinds know it");
	json_object_set(report, "candidates", guess.names);
	json_decref(guess.names);
	if (guess.first == NULL || guess.several) {
		json_decref(guess.alike);
		return NULL;
	}
	*alike = guess.alike;
	return guess.first;
}

/* All there are, for whoever named none of them. */
static void
set_no_such(const struct conf *conf, const char *name, json_t *report)
{
	json_t *names = json_array();
	char *word = faults_quote(name), *text = mem_fmt("the config has no source %s", word);

	for (size_t i = 0; i < conf->sources.count; i++)
		json_array_append_new(
			names, json_string(conf_item(conf->sources, struct conf_source, i)->name));
	json_object_set_new(report, "candidates", names);
	set_fault(report, text);
	free(text);
	free(word);
}

const struct conf_source *
dryrun_source(const struct conf *conf, const char *name, const json_t *tree, json_t *report)
{
	const struct conf_source *source;
	json_t *alike = NULL;

	if (name == NULL) {
		source = guessed(conf, tree, report, &alike);
	} else {
		source = conf_source_named(conf, name);
		if (source == NULL)
			set_no_such(conf, name, report);
	}
	if (source != NULL)
		json_object_set_new(report, "source",
		                    json_pack("{s:s, s:s, s:b, s:o}", "name", source->name, "kind",
		                              source->kind->name, "guessed", name == NULL, "alike",
		                              alike != NULL ? alike : json_array()));
	return source;
}

/* ---- the event in words ---- */

static const char *const types[] = {
	[EVENT_IGNORED] = "another service's event: ignored",
	[EVENT_UNKNOWN] =
		"an action or trigger that is not known: kept, and told as relay.unknown_event",
	[EVENT_NOTED] = "noted: nothing follows from it",
	[EVENT_VERSION] = "news of a version",
	[EVENT_ASSIGN] = "a channel points to another version",
	[EVENT_RUN] = "news of runs",
	[EVENT_ASSESSMENT] = "a health assessment",
	[EVENT_AUTO_DESTROY] = "news of an auto-destroy run",
	[EVENT_WORKSPACE_DELETED] = "a workspace was deleted",
	[EVENT_CHANGE_REQUEST] = "a change request",
	[EVENT_RUN_TASK] = "a run task",
};

static const char *const actions[] = {
	[VERSION_CREATE] = "created",
	[VERSION_COMPLETE] = "complete",
	[VERSION_REVOKE] = "revoked",
	[VERSION_SCHEDULE] = "scheduled for revocation",
	[VERSION_CANCEL] = "its scheduled revocation cancelled",
	[VERSION_RESTORE] = "restored",
	[VERSION_DELETE] = "deleted",
};

static void
put(json_t *facts, const char *name, const char *value)
{
	if (value != NULL && *value != '\0')
		json_object_set_new(facts, name, json_string(value));
}

static void
put_time(json_t *facts, const char *name, int64_t ms)
{
	if (ms != 0)
		json_object_set_new(facts, name, json_time_or_null(ms));
}

/* -1 is null. */
static void
put_number(json_t *facts, const char *name, int64_t n)
{
	if (n >= 0)
		json_object_set_new(facts, name, json_integer(n));
}

/* "v3 of base-ubuntu (fingerprint 01H...)" */
static void
put_version(json_t *facts, const char *name, const struct version_ref *ref, const char *bucket)
{
	struct buf text = {0};

	if (ref->name == NULL && ref->fingerprint == NULL && ref->id == NULL)
		return;
	buf_puts(&text, ref->name != NULL ? ref->name : "a version without a name");
	if (ref->bucket != NULL || bucket != NULL)
		buf_printf(&text, " of %s", ref->bucket != NULL ? ref->bucket : bucket);
	if (ref->fingerprint != NULL)
		buf_printf(&text, " (fingerprint %s)", ref->fingerprint);
	else if (ref->id != NULL)
		buf_printf(&text, " (id %s)", ref->id);
	put(facts, name, buf_text(&text));
	buf_fini(&text);
}

/* "v3 of base-ubuntu: revoked", or what the type alone says. */
static void
put_type(json_t *into, const struct event *event)
{
	const struct packer_news *news = &event->packer;
	const char *version =
		news->version.name != NULL ? news->version.name : news->version.fingerprint;
	char *text = NULL;

	if (version != NULL && event->type == EVENT_VERSION)
		text = mem_fmt("%s of %s: %s", version, news->bucket, actions[news->action]);
	else if (version != NULL && event->type == EVENT_ASSIGN)
		text = mem_fmt("channel %s of %s points to %s", news->channel, news->bucket,
		               version);
	json_object_set_new(into, "type",
	                    json_text_or_null(text != NULL ? text : types[event->type]));
	free(text);
}

static void
put_workspace(json_t *facts, const struct workspace_ref *ref)
{
	put(facts, "workspace", ref->name);
	put(facts, "workspace id", ref->id);
	put(facts, "organization", ref->organization);
	put(facts, "host", ref->host);
}

static void
version_facts(const struct event *event, json_t *facts)
{
	const struct packer_news *news = &event->packer;

	put_version(facts, "version", &news->version, news->bucket);
	if (event->type == EVENT_VERSION)
		put(facts, "what", actions[news->action]);
	put(facts, "project", news->project_id);
	put_time(facts, "revoke at", news->revoke_at);
	put(facts, "by", news->revoked_by != NULL ? news->revoked_by : news->actor);
	put(facts, "reason", news->reason);
	if (news->inherited)
		put_version(facts, "inherited from", &news->inherited_from, NULL);
	if (news->artifacts != NULL)
		put_number(facts, "artifacts", (int64_t)json_array_size(news->artifacts));
}

static void
assign_facts(const struct event *event, json_t *facts)
{
	const struct packer_news *news = &event->packer;

	put(facts, "channel", news->channel);
	if (news->channel_managed)
		put(facts, "managed", "by HCP Packer itself");
	put_version(facts, "now", &news->version, news->bucket);
	if (news->previous_sent)
		put_version(facts, "before", &news->previous, news->bucket);
	put(facts, "project", news->project_id);
	put(facts, "by", news->actor);
}

static void
run_facts(const struct event *event, json_t *facts)
{
	put_workspace(facts, &event->workspace);
	for (size_t i = 0; i < event->run_count; i++) {
		const struct run_news *run = &event->runs[i];
		char *name = event->run_count > 1 ? mem_fmt("run %zu", i + 1) : mem_str("run");
		struct buf text = {0};

		buf_puts(&text, run->id != NULL ? run->id : "without an id");
		if (run->status != NULL)
			buf_printf(&text, ", %s", run->status);
		if (run->trigger != NULL)
			buf_printf(&text, " (%s)", run->trigger);
		if (run->created_by != NULL)
			buf_printf(&text, ", by %s", run->created_by);
		if (run->message != NULL)
			buf_printf(&text, ": %s", run->message);
		put(facts, name, buf_text(&text));
		buf_fini(&text);
		free(name);
	}
}

static void
assessment_facts(const struct event *event, json_t *facts)
{
	const struct assessment_news *news = &event->assessment;

	put_workspace(facts, &event->workspace);
	put(facts, "assessment", news->id);
	put(facts, "succeeded", news->succeeded ? "yes" : "no");
	put(facts, "drifted", news->drifted ? "yes" : "no");
	put_number(facts, "resources drifted", news->resources_drifted);
	put_number(facts, "resources undrifted", news->resources_undrifted);
	put_number(facts, "checks passed", news->checks_passed);
	put_number(facts, "checks failed", news->checks_failed);
	put_number(facts, "checks errored", news->checks_errored);
	put_number(facts, "checks unknown", news->checks_unknown);
}

static void
auto_destroy_facts(const struct event *event, json_t *facts)
{
	const struct auto_destroy_news *news = &event->auto_destroy;

	put_workspace(facts, &event->workspace);
	put(facts, "what", news->results ? "results" : "reminder");
	put_time(facts, "destroyed at", news->at);
	put(facts, "run", news->run_id);
	put(facts, "run status", news->run_status);
	put(facts, "error", news->error);
}

static void
change_request_facts(const struct event *event, json_t *facts)
{
	const struct change_request_news *news = &event->change_request;

	put_workspace(facts, &event->workspace);
	put(facts, "subject", news->subject);
	put(facts, "by", news->created_by);
	put(facts, "url", news->url);
}

static void
run_task_facts(const struct event *event, json_t *facts)
{
	const struct run_task_news *news = &event->run_task;

	put_workspace(facts, &event->workspace);
	put(facts, "stage", news->stage);
	put(facts, "run", news->run_id);
	put(facts, "task result", news->task_result_id);
	if (news->speculative)
		put(facts, "speculative", "yes");
}

static void
workspace_facts(const struct event *event, json_t *facts)
{
	put_workspace(facts, &event->workspace);
}

static void (*const facts_of[])(const struct event *, json_t *) = {
	[EVENT_IGNORED] = workspace_facts,
	[EVENT_UNKNOWN] = workspace_facts,
	[EVENT_NOTED] = workspace_facts,
	[EVENT_VERSION] = version_facts,
	[EVENT_ASSIGN] = assign_facts,
	[EVENT_RUN] = run_facts,
	[EVENT_ASSESSMENT] = assessment_facts,
	[EVENT_AUTO_DESTROY] = auto_destroy_facts,
	[EVENT_WORKSPACE_DELETED] = workspace_facts,
	[EVENT_CHANGE_REQUEST] = change_request_facts,
	[EVENT_RUN_TASK] = run_task_facts,
};

void
dryrun_event(json_t *tree, const struct source_kind *kind, json_t *into)
{
	struct event event = {0};
	json_t *facts = json_object();

	kind->normalize(tree, &event);
	put_time(facts, "at", event.at);
	facts_of[event.type](&event, facts);
	json_object_set_new(into, "kind", json_text_or_null(event.kind));
	put_type(into, &event);
	json_object_set_new(into, "facts", facts);
	event_fini(&event);
}
