/*
 * HCP Packer: packer ACTION BUCKET VERSION [option ...]
 *
 *	ACTION          create, complete, assign, revoke, restore, delete, schedule
 *	                (schedule-revocation), cancel (cancel-revocation); any other as it is
 *	VERSION         v3; - for none (a channel unassigned)
 *	fingerprint=F   BUCKET-VERSION by default
 *	builds=P:R:ID,...   platform, region, external identifier
 *	time=, created=, revoke_at=   times; revoke_at of a revoke is its time by default
 *	message=, by=   of the revocation
 *	from=BASE:v2    it is inherited
 *	channel=C, previous=v2, managed   of an assign
 *	event=ID, org=, project=
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "tests/flow/payload.h"

#define ORGANIZATION_ID "org-id-1"
#define PROJECT_ID "project-1"
#define PERSON "jane.doe@example.com"

static const struct {
	const char *word, *action, *status;
} actions[] = {
	{"create", "create", "VERSION_RUNNING"},
	{"complete", "complete", "VERSION_ACTIVE"},
	{"assign", "assign", "VERSION_ACTIVE"},
	{"revoke", "revoke", "VERSION_REVOKED"},
	{"restore", "restore", "VERSION_ACTIVE"},
	{"delete", "delete", "VERSION_ACTIVE"},
	{"schedule", "schedule-revocation", "VERSION_REVOCATION_SCHEDULED"},
	{"cancel", "cancel-revocation", "VERSION_ACTIVE"},
};

static bool
is(const char *action, const char *word)
{
	return strcmp(action, word) == 0;
}

/* The three names that one version goes by. */
static json_t *
version_names(const char *bucket, const char *name, const char *fingerprint)
{
	json_t *version = json_object();

	json_object_set_new(version, "id", payload_text_take(mem_fmt("id-of-%s-%s", bucket, name)));
	json_object_set_new(version, "name", json_string(name));
	json_object_set_new(version, "fingerprint",
	                    fingerprint != NULL
	                            ? json_string(fingerprint)
	                            : payload_text_take(mem_fmt("%s-%s", bucket, name)));
	return version;
}

static void
add_inheritance(const struct story_line *line, json_t *version)
{
	const char *from = line_option(line, "from");
	char *bucket, *name;

	json_object_set_new(version, "revocation_type",
	                    json_string(from != NULL ? "INHERITED" : "MANUAL"));
	if (from == NULL)
		return;
	name = bucket = mem_str(from);
	strsep(&name, ":");
	if (name == NULL)
		line_fail(line, "from=BUCKET:VERSION");
	json_object_set_new(version, "revocation_inherited_from",
	                    json_pack("{s:s, s:o, s:s, s:o}", "bucket_name", bucket, "version_id",
	                              payload_text_take(mem_fmt("id-of-%s-%s", bucket, name)),
	                              "version_name", name, "version_fingerprint",
	                              payload_text_take(mem_fmt("%s-%s", bucket, name))));
	free(bucket);
}

static json_t *
version_of(const struct story_line *line, const char *action, const char *status, int64_t now_ms,
           int64_t at)
{
	const char *bucket = line_word(line, 2), *name = line_word(line, 3);
	bool revokes = is(action, "revoke") || is(action, "schedule-revocation");
	json_t *version;

	if (is(name, "-"))
		return json_null();
	version = version_names(bucket, name, line_option(line, "fingerprint"));
	json_object_set_new(version, "status", json_string(line_option_or(line, "status", status)));
	if (is(action, "create") || is(action, "complete"))
		json_object_set_new(version, "created_at",
		                    payload_time(line_time_or(line, "created", now_ms, at)));
	json_object_set_new(version, "revoke_at",
	                    payload_time(line_time_or(line, "revoke_at", now_ms,
	                                              is(action, "revoke") ? at : 0)));
	if (revokes || line_option(line, "from") != NULL) {
		const char *message = line_option(line, "message");

		json_object_set_new(version, "revocation_author",
		                    json_string(line_option_or(line, "by", PERSON)));
		json_object_set_new(version, "revocation_message",
		                    json_string(message != NULL ? message : ""));
		add_inheritance(line, version);
	}
	return version;
}

static json_t *
builds_of(const struct story_line *line)
{
	const char *option = line_option(line, "builds");
	json_t *builds = json_array();
	char *text = mem_str(option), *rest = text;

	while (rest != NULL) {
		char *one = strsep(&rest, ","), *platform = strsep(&one, ":"),
		     *region = strsep(&one, ":");

		if (region == NULL || one == NULL)
			line_fail(line, "builds=PLATFORM:REGION:IDENTIFIER,...");
		json_array_append_new(
			builds, json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "component_type",
		                          "amazon-ebs.image", "platform", platform, "artifacts",
		                          "external_identifier", one, "region", region));
	}
	free(text);
	return builds;
}

static void
add_channel(const struct story_line *line, json_t *payload)
{
	const char *channel = line_option(line, "channel"),
		   *previous = line_option(line, "previous");
	bool managed = line_flag(line, "managed");

	if (channel == NULL)
		line_fail(line, "assigned to which channel=?");
	json_object_set_new(payload, "channel",
	                    json_pack("{s:s, s:b, s:b}", "name", channel, "managed", managed,
	                              "restricted", managed));
	json_object_set_new(payload, "previous_version",
	                    previous != NULL
	                            ? version_names(line_word(line, 2), previous,
	                                            line_option(line, "previous_fingerprint"))
	                            : json_null());
}

json_t *
payload_packer(const struct story_line *line, int64_t now_ms, int number)
{
	const char *action = line_word(line, 1), *status = "VERSION_ACTIVE",
		   *event = line_option(line, "event");
	const char *organization = line_option_or(line, "org", ORGANIZATION_ID);
	const char *project = line_option_or(line, "project", PROJECT_ID);
	int64_t at = line_time_or(line, "time", now_ms, now_ms);
	json_t *payload = json_object();

	for (size_t i = 0; i < COUNT(actions); i++)
		if (is(action, actions[i].word)) {
			action = actions[i].action;
			status = actions[i].status;
			break;
		}
	json_object_set_new(payload, "organization_id", json_string(organization));
	json_object_set_new(payload, "project_id", json_string(project));
	json_object_set_new(payload, "bucket",
	                    json_pack("{s:o, s:s}", "id",
	                              payload_text_take(mem_fmt("id-of-%s", line_word(line, 2))),
	                              "name", line_word(line, 2)));
	json_object_set_new(payload, "version", version_of(line, action, status, now_ms, at));
	json_object_set_new(payload, "builds", builds_of(line));
	if (is(action, "assign"))
		add_channel(line, payload);
	json_object_set_new(payload, "actor",
	                    json_pack("{s:s, s:{s:s, s:s}}", "type", "TYPE_USER", "user", "name",
	                              "Jane Doe", "email", PERSON));
	json_object_set_new(payload, "timestamp", payload_time(at));
	return json_pack(
		"{s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:o}", "resource_id", "registry-1",
		"resource_name",
		payload_text_take(mem_fmt("packer/project/%s/registry/registry-1", project)),
		"event_id",
		event != NULL ? json_string(event)
			      : payload_text_take(mem_fmt("packer.event:%d", number)),
		"event_action", action, "event_description", "Description", "event_source",
		"hashicorp.packer.version", "event_version", "1", "event_payload", payload);
}
