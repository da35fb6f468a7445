/*
 * packer.c - HCP Packer's webhook events.
 *
 * "Webhook events", developer.hashicorp.com.  Only the envelope and a few
 * fields are documented: everything below event_payload may be missing.  Until
 * early 2024 the envelope was in camelCase and the object an `iteration` with
 * `images`; those spellings are read too.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/source/parts.h"

#define PACKER_PREFIX "hashicorp.packer."
#define VERSION_SOURCE PACKER_PREFIX "version"
#define ITERATION_SOURCE PACKER_PREFIX "iteration"
#define TEST_SOURCE "hashicorp.webhook.verification"
#define PROJECT_PREFIX "packer/project/"

static const struct {
	const char *name;
	enum version_action action;
} actions[] = {
	{"create", VERSION_CREATE},
	{"complete", VERSION_COMPLETE},
	{"revoke", VERSION_REVOKE},
	{"restore", VERSION_RESTORE},
	{"delete", VERSION_DELETE},
	{"schedule-revocation", VERSION_SCHEDULE},
	{"cancel-revocation", VERSION_CANCEL},
};

/* The first of two or three spellings that is filled in. */
static const char *
spelled(const json_t *object, const char *a, const char *b, const char *c)
{
	const char *text = json_filled_at(object, a);

	if (text == NULL && b != NULL)
		text = json_filled_at(object, b);
	if (text == NULL && c != NULL)
		text = json_filled_at(object, c);
	return text;
}

enum { EVENT_ID, OLD_EVENT_ID, EVENT_SOURCE, OLD_EVENT_SOURCE, EVENT_ACTION, OLD_EVENT_ACTION };

static const struct json_want wants[] = {
	[EVENT_ID] = {"event_id", JSON_TOP},
	[OLD_EVENT_ID] = {"eventId", JSON_TOP},
	[EVENT_SOURCE] = {"event_source", JSON_TOP},
	[OLD_EVENT_SOURCE] = {"eventSource", JSON_TOP},
	[EVENT_ACTION] = {"event_action", JSON_TOP},
	[OLD_EVENT_ACTION] = {"eventAction", JSON_TOP},
	{0},
};

/* A row, or the one behind it: its old spelling. */
static const char *
envelope(const struct json_picks *body, int row)
{
	const char *text = json_picked_filled(body, row);

	return text ? text : json_picked_filled(body, row + 1);
}

/* The first of two names that holds an object. */
static const json_t *
object_at(const json_t *parent, const char *name, const char *old_name)
{
	const json_t *object = json_at(parent, name);

	if (!json_is_object(object))
		object = json_at(parent, old_name);
	return json_is_object(object) ? object : NULL;
}

static bool
is_verification(const struct json_picks *body)
{
	const char *action = envelope(body, EVENT_ACTION);
	const char *source = envelope(body, EVENT_SOURCE);

	return (action != NULL && strcmp(action, "test") == 0) ||
	       (source != NULL && strcmp(source, TEST_SOURCE) == 0);
}

static bool
identity(const struct json_picks *body, struct buf *out)
{
	const char *id = envelope(body, EVENT_ID);

	if (id != NULL)
		buf_puts(out, id);
	return id != NULL;
}

/* A version's name as everybody reads it: iterations were numbered, versions are "v3". */
static const char *
version_name(struct event *event, const json_t *value)
{
	const char *text = json_string_value(value);
	char made[32];

	if (json_is_integer(value) && json_integer_value(value) >= 0) {
		snprintf(made, sizeof(made), "v%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return event_keep(event, made, strlen(made));
	}
	if (text == NULL || text[0] == '\0')
		return NULL;
	if (strlen(text) > sizeof(made) - 2 || strspn(text, "0123456789") != strlen(text))
		return text;
	snprintf(made, sizeof(made), "v%s", text);
	return event_keep(event, made, strlen(made));
}

/* The same three facts stand under plain names in the object itself and under
 * version_* where another object names a version. */
static struct version_ref
read_ref(struct event *event, const json_t *object)
{
	static const char *const names[] = {"name", "version_name", "version"};
	struct version_ref ref = {
		.bucket = spelled(object, "bucket_name", "bucket", "bucket_slug"),
		.id = spelled(object, "id", "version_id", "iteration_id"),
		.fingerprint = spelled(object, "fingerprint", "version_fingerprint",
	                               "iteration_fingerprint"),
	};

	for (size_t i = 0; i < COUNT(names) && ref.name == NULL; i++)
		ref.name = version_name(event, json_at(object, names[i]));
	return ref;
}

static bool
ref_is_empty(const struct version_ref *ref)
{
	return ref->id == NULL && ref->name == NULL && ref->fingerprint == NULL;
}

static void
read_inheritance(struct event *event, const json_t *version)
{
	struct packer_news *news = &event->packer;
	const char *type = json_filled_at(version, "revocation_type");
	const json_t *from = json_at(version, "revocation_inherited_from");

	if (json_is_object(from))
		news->inherited_from = read_ref(event, from);
	/* An object with every field left empty is how some encoders say "none". */
	news->inherited = (type != NULL && strcasecmp(type, "INHERITED") == 0) ||
	                  news->inherited_from.bucket != NULL ||
	                  !ref_is_empty(&news->inherited_from);
}

static void
read_version(struct event *event, const json_t *version)
{
	struct packer_news *news = &event->packer;

	news->version = read_ref(event, version);
	news->version.bucket = NULL;
	/* The catalog keys on fingerprints. */
	if (news->version.fingerprint == NULL)
		news->version.fingerprint = news->version.id;
	news->status = json_filled_at(version, "status");
	news->created_at = json_time_at(version, "created_at");
	news->revoke_at = json_time_at(version, "revoke_at");
	news->revoked_by = json_filled_at(version, "revocation_author");
	news->reason = json_filled_at(version, "revocation_message");
	read_inheritance(event, version);
}

static void
add_artifacts(json_t *all, const json_t *build)
{
	const char *platform = spelled(build, "platform", "cloud_provider", NULL);
	const json_t *list = json_at(build, "artifacts");

	if (!json_is_array(list))
		list = json_at(build, "images");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		const char *identifier = spelled(item, "external_identifier", "image_id", NULL);

		if (identifier != NULL)
			json_array_append_new(all,
			                      json_pack("{s:s?, s:s?, s:s}", "platform", platform,
			                                "region", json_filled_at(item, "region"),
			                                "external_identifier", identifier));
	}
}

/* The artifacts of all builds; NULL when there is none. */
static json_t *
read_artifacts(const json_t *payload, const json_t *version)
{
	const json_t *builds = json_at(payload, "builds");
	json_t *all = json_array();

	if (!json_is_array(builds))
		builds = json_at(version, "builds");
	for (size_t i = 0; i < json_array_size(builds); i++)
		add_artifacts(all, json_array_get(builds, i));
	if (json_array_size(all) == 0) {
		json_decref(all);
		return NULL;
	}
	return all;
}

static void
read_owner(struct event *event, const json_t *payload)
{
	struct packer_news *news = &event->packer;
	const char *resource = spelled(event->body, "resource_name", "resourceName", NULL);
	size_t prefix = strlen(PROJECT_PREFIX);

	news->organization_id = json_filled_at(payload, "organization_id");
	news->project_id = json_filled_at(payload, "project_id");
	if (news->project_id == NULL && resource != NULL &&
	    strncmp(resource, PROJECT_PREFIX, prefix) == 0)
		news->project_id =
			event_keep(event, resource + prefix, strcspn(resource + prefix, "/"));
	if (news->organization_id == NULL)
		news->organization_id = "";
	if (news->project_id == NULL)
		news->project_id = "";
}

static void
read_channel(struct event *event, const json_t *payload)
{
	const json_t *previous = object_at(payload, "previous_version", "previous_iteration");
	struct packer_news *news = &event->packer;

	news->channel = spelled(payload, "channel.name", "channel.slug", NULL);
	news->channel_managed = json_true_at(payload, "channel.managed");
	if (previous != NULL)
		news->previous = read_ref(event, previous);
	news->previous.bucket = NULL;
	news->previous_sent = !ref_is_empty(&news->previous);
}

static const char *
read_actor(const json_t *payload)
{
	const char *who =
		spelled(payload, "actor.user.email", "actor.user.name", "actor.service.name");

	return who ? who : json_filled_at(payload, "actor.internal_operator.name");
}

/* An unassignment says so with a null; a version that is not there says nothing. */
static bool
says_no_version(const json_t *payload)
{
	const json_t *version = json_at(payload, "version");
	const json_t *iteration = json_at(payload, "iteration");

	return (version != NULL && json_is_null(version) &&
	        (iteration == NULL || json_is_null(iteration))) ||
	       (version == NULL && iteration != NULL && json_is_null(iteration));
}

static void
read_payload(struct event *event, const json_t *payload)
{
	struct packer_news *news = &event->packer;
	const json_t *version = object_at(payload, "version", "iteration");

	read_owner(event, payload);
	news->bucket = spelled(payload, "bucket.name", "bucket.slug", NULL);
	news->bucket_id = json_filled_at(payload, "bucket.id");
	if (version != NULL)
		read_version(event, version);
	news->artifacts = read_artifacts(payload, version);
	read_channel(event, payload);
	news->actor = read_actor(payload);
	event->at = json_time_at(payload, "timestamp");
}

/* What an event of a version is, once its payload was read. */
static enum event_type
judge(struct event *event, const json_t *payload, const char *action)
{
	struct packer_news *news = &event->packer;
	bool told = news->version.id != NULL || news->version.fingerprint != NULL;

	if (action == NULL || news->bucket == NULL)
		return EVENT_UNKNOWN;
	if (strcmp(action, "assign") == 0)
		return news->channel != NULL && (told || says_no_version(payload)) ? EVENT_ASSIGN
		                                                                   : EVENT_UNKNOWN;
	for (size_t i = 0; told && i < COUNT(actions); i++) {
		if (strcmp(actions[i].name, action) != 0)
			continue;
		news->action = actions[i].action;
		return EVENT_VERSION;
	}
	return EVENT_UNKNOWN;
}

/* Without a source, a payload that has a bucket and one of its things can only be Packer's. */
static bool
is_about_version(const char *source, const json_t *payload)
{
	if (source != NULL)
		return strcmp(source, VERSION_SOURCE) == 0 || strcmp(source, ITERATION_SOURCE) == 0;
	return json_is_object(json_at(payload, "bucket")) &&
	       (object_at(payload, "version", "iteration") != NULL ||
	        json_is_object(json_at(payload, "channel")));
}

/* "version.revoke"; with one of the two missing, the other. */
static void
says_noun(struct event *event, enum event_type type, const char *noun, const char *action)
{
	char *both = noun && action ? mem_fmt("%s.%s", noun, action) : NULL;

	event_says(event, type, both ? both : noun ? noun : action);
	free(both);
}

static void
normalize(json_t *body, struct event *event)
{
	const json_t *payload = object_at(body, "event_payload", "eventPayload");
	struct json_picks picks;
	const char *source, *action;

	json_pick_tree(body, wants, &picks);
	source = envelope(&picks, EVENT_SOURCE);
	action = envelope(&picks, EVENT_ACTION);
	event_start(event, body);
	event->packer.organization_id = "";
	event->packer.project_id = "";
	if (is_verification(&picks)) {
		event_says(event, EVENT_NOTED, "verification");
	} else if (source != NULL && strncmp(source, PACKER_PREFIX, strlen(PACKER_PREFIX)) != 0) {
		says_noun(event, EVENT_IGNORED, source, action);
	} else if (!is_about_version(source, payload)) {
		says_noun(event, EVENT_UNKNOWN, source, action);
	} else {
		read_payload(event, payload);
		says_noun(event, judge(event, payload, action), "version", action);
	}
}

static const struct key keys[] = {
	{.name = "hmac_key",
         .type = KEY_SECRET,
         .offset = offsetof(struct packer_options, base.hmac_key),
         .flags = KEY_REQUIRED | KEY_PLURAL,
         .help = "The webhook's token; several, one a line, while it is being changed."},
	{.name = "rollback_grace",
         .type = KEY_DURATION,
         .offset = offsetof(struct packer_options, rollback_grace),
         .fallback = "15m",
         .help = "How long a channel may point at a revoked version before that is told: HCP "
                 "rolls channels back by itself."},
	{0},
};

const struct source_kind source_hcp_packer = {
	.conf = {.name = "hcp_packer", .keys = keys, .size = sizeof(struct packer_options)},
	.header = "X-Hcp-Webhook-Signature",
	.sha256_too = true,
	.wants = wants,
	.is_verification = is_verification,
	.identity = identity,
	.normalize = normalize,
};
