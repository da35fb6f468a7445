/*
 * What a plan or a state says, as the reader answers it:
 *
 *	plan WORKSPACE id=RUN     planned=USE,... now=USE,... created= (default now), errored, ws=, org=
 *	state WORKSPACE           now=USE,... created= (of the run that made it)
 *
 * USE is BUCKET:VERSION:CHANNEL:IMAGE-ID, any of them empty, and with :data or
 * :deferred behind it where no instance tells of it.  A version's fingerprint is
 * BUCKET-VERSION, as in payload_packer.c; no BUCKET is an image id alone.  ~BUCKET is
 * one whose organization and project are not told.
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
	bool placed = *bucket != '~', named = *bucket != '\0',
	     versioned = named && version != NULL && *version != '\0';
	json_t *use;

	bucket += !placed;
	use = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "when", when, "by",
	                by != NULL ? by : "resource", "bucket", text_or_null(bucket), "version",
	                text_or_null(version), "channel", text_or_null(channel),
	                "external_identifier", text_or_null(id), "fingerprint",
	                versioned ? payload_text_take(mem_fmt("%s-%s", bucket, version))
	                          : json_null());

	if (named && placed) {
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

bool
player_reads(const struct story_line *line)
{
	return strcmp(line->words[0], "plan") == 0 || strcmp(line->words[0], "state") == 0;
}

/* It is owed once, and then due; told again, or by a relay that was killed when it had
 * been read, there is nothing to claim. */
static bool
claim(struct player *player, const struct story_line *line, const char *workspace_key,
      int64_t told_at, struct owed_reading *claimed)
{
	struct owed_reading owed = {
		.kind = strcmp(line->words[0], "plan") == 0 ? READING_PLAN : READING_STATE,
		.source = (char *)"run-task",
		.workspace_key = (char *)workspace_key,
		.run_id = (char *)line_option(line, "id"),
		.run_created_at = line_time_or(line, "created", told_at, told_at),
		.created_at = player->now_ms,
		.until_at = player->now_ms + MINUTE_MS};
	int64_t next_at;
	struct err err;
	int count = -1;

	owed.subject = mem_fmt("line %d", line->number);
	if (readings_owe(player->db, &owed, player->now_ms, player->now_ms, &err) == 0)
		count = readings_claim(player->db, owed.kind, 1, 1, player->now_ms, claimed,
		                       &next_at, &err);
	if (count < 0)
		line_fail(line, "%s", err.text);
	free(owed.subject);
	return count == 1;
}

static void
take(struct player *player, const struct story_line *line, struct plan *plan,
     const struct owed_reading *claimed)
{
	struct reading reading;
	struct err err;

	read_line(line, &reading);
	if (plan_reading(plan, claimed, &reading, &err) != 0 ||
	    readings_done(player->db, claimed->id, READING_READ, &err) != 0)
		line_fail(line, "%s", err.text);
	reading_fini(&reading);
}

void
player_reading_of(struct player *player, const struct story_line *line, int64_t told_at)
{
	struct plan plan = {.db = player->db,
	                    .conf = player->conf,
	                    .received_at = player->now_ms,
	                    .now_ms = player->now_ms};
	struct owed_reading claimed;
	struct workspace workspace;

	player_begin(player, line);
	learn(player, line, &plan, &workspace);
	if (claim(player, line, workspace.key, told_at, &claimed)) {
		take(player, line, &plan, &claimed);
		owed_reading_fini(&claimed);
	}
	player_commit(player, line);
	workspace_fini(&workspace);
}

void
player_reading(struct player *player, const struct story_line *line)
{
	player_reading_of(player, line, player->now_ms);
}
