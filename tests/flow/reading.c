/*
 * What a plan or a state says, as the reader answers it:
 *
 *	plan WORKSPACE id=RUN     planned=USE,... now=USE,... created= (default now), errored, ws=, org=
 *	state WORKSPACE           now=USE,... created= (of the run that made it)
 *
 * USE is BUCKET:VERSION:CHANNEL:IMAGE-ID, any of them empty, and with :data or
 * :deferred behind it where no instance tells of it.  A version's fingerprint is
 * BUCKET-VERSION, as in payload_packer.c; no BUCKET is an image id alone.
 */
#include "relay/flow/plan_reading.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "tests/flow/player.h"

#define ORGANIZATION_ID "org-id-1"
#define PROJECT_ID "project-1"

static json_t *
text_or_null(const char *text)
{
	return text != NULL && *text != '\0' ? json_string(text) : json_null();
}

static json_t *
use_of(char *spec, const char *when)
{
	char *bucket = strsep(&spec, ":"), *version = strsep(&spec, ":"),
	     *channel = strsep(&spec, ":"), *id = strsep(&spec, ":"), *by = strsep(&spec, ":");
	bool named = *bucket != '\0', versioned = named && version != NULL && *version != '\0';
	json_t *use = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "when", when, "by",
	                        by != NULL ? by : "resource", "bucket", text_or_null(bucket),
	                        "version", text_or_null(version), "channel", text_or_null(channel),
	                        "external_identifier", text_or_null(id), "fingerprint",
	                        versioned ? payload_text_take(mem_fmt("%s-%s", bucket, version))
	                                  : json_null());

	if (named) {
		json_object_set_new(use, "organization_id", json_string(ORGANIZATION_ID));
		json_object_set_new(use, "project_id", json_string(PROJECT_ID));
	}
	json_object_set_new(use, "provider", json_string("aws"));
	json_object_set_new(use, "type", json_string("aws_instance"));
	json_object_set_new(use, "address", json_string("aws_instance.web"));
	json_object_set_new(use, "region", json_string("eu-central-1"));
	json_object_set_new(use, "count", json_integer(1));
	json_object_set_new(use, "fresh", json_boolean(strcmp(when, "planned") == 0));
	return use;
}

static void
add_uses(const struct story_line *line, json_t *uses, const char *when)
{
	char *specs = mem_str(line_option_or(line, when, "")), *rest = specs, *spec;

	while ((spec = strsep(&rest, ",")) != NULL)
		if (*spec != '\0')
			json_array_append_new(uses, use_of(spec, when));
	free(specs);
}

static void
read_line(const struct story_line *line, struct reading *reading)
{
	json_t *uses = json_array();
	struct err err;

	add_uses(line, uses, "now");
	add_uses(line, uses, "planned");
	if (reading_take(json_pack("{s:s, s:b, s:o}", "format", line_word(line, 0), "errored",
	                           line_flag(line, "errored"), "uses", uses),
	                 reading, &err) != 0)
		line_fail(line, "%s", err.text);
}

/* The workspace as the run task, or the API, tells of it. */
static void
learn(struct player *player, const struct story_line *line, struct plan *plan,
      struct workspace *workspace)
{
	char *id = mem_fmt("ws-%s", line_word(line, 1)), *host = mem_str("app.terraform.io");
	struct event event = {
		.type = EVENT_NOTED,
		.at = player->now_ms,
		.workspace = {.host = host,
	                      .id = line_option_or(line, "ws", id),
	                      .name = line_word(line, 1),
	                      .organization = line_option_or(line, "org", "example-org")}};
	struct err err;

	plan->event = &event;
	if (plan_learn_workspace(plan, workspace, &err) < 0)
		line_fail(line, "%s", err.text);
	plan->event = NULL;
	free(host);
	free(id);
}

/* Killed after the commit it has been read: then there is none to claim. */
static void
take(struct player *player, const struct story_line *line, struct plan *plan,
     enum reading_kind kind, const struct reading *reading)
{
	struct owed_reading claimed;
	int64_t next_at;
	struct err err = {""};
	int claims =
		readings_claim(player->db, kind, 1, 1, player->now_ms, &claimed, &next_at, &err);

	if (claims == 0 && player->again)
		return;
	if (claims != 1 || plan_reading(plan, &claimed, reading, &err) != 0 ||
	    readings_done(player->db, claimed.id, READING_READ, &err) != 0)
		line_fail(line, "%s", err.text);
	owed_reading_fini(&claimed);
}

void
player_reading(struct player *player, const struct story_line *line)
{
	struct plan plan = {.db = player->db,
	                    .conf = player->conf,
	                    .received_at = player->now_ms,
	                    .now_ms = player->now_ms};
	struct reading reading;
	struct workspace workspace;
	bool is_plan = strcmp(line_word(line, 0), "plan") == 0;
	struct owed_reading owed = {.kind = is_plan ? READING_PLAN : READING_STATE,
	                            .source = (char *)"run-task",
	                            .run_id = (char *)line_option(line, "id"),
	                            .created_at = player->now_ms,
	                            .until_at = player->now_ms + MINUTE_MS};
	struct err err;

	player_begin(player, line);
	read_line(line, &reading);
	learn(player, line, &plan, &workspace);
	owed.subject = mem_fmt("%s of line %d", owed.run_id != NULL ? owed.run_id : workspace.key,
	                       line->number);
	owed.workspace_key = mem_str(workspace.key);
	owed.run_created_at = line_time_or(line, "created", player->now_ms, player->now_ms);
	if (readings_owe(player->db, &owed, player->now_ms, player->now_ms, &err) != 0)
		line_fail(line, "%s", err.text);
	take(player, line, &plan, owed.kind, &reading);
	player_commit(player, line);
	free(owed.subject);
	free(owed.workspace_key);
	workspace_fini(&workspace);
	reading_fini(&reading);
}
