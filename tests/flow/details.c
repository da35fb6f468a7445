/*
 * What the HCP Terraform API tells more of an incident:
 *
 *	details WORKSPACE    of=ASSESSMENT drifted=ADDRESS:ACTION,... failed=CHECK,... more= (not listed)
 *	stopped-by WORKSPACE run=RUN message=TEXT   HCP Packer's own run task
 */
#include "relay/flow/refresh_details.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/store/catalog.h"
#include "tests/flow/player.h"

static json_t *
resource_of(char *spec)
{
	char *address = strsep(&spec, ":"), *action = strsep(&spec, ":");
	char *type = mem_strn(address, strcspn(address, "."));
	json_t *out = json_pack("{s:s, s:s, s:s, s:[s]}", "address", address, "type", type,
	                        "action", action != NULL ? action : "update", "attributes", "tags");

	free(type);
	return out;
}

static json_t *
check_of(char *name)
{
	char *address = mem_fmt("check.%s", name), *message = mem_fmt("%s does not hold.", name);
	json_t *out = json_pack("{s:s, s:s, s:s, s:[s]}", "address", address, "kind", "check",
	                        "status", "fail", "messages", message);

	free(address);
	free(message);
	return out;
}

static json_t *
list_of(const struct story_line *line, const char *option, json_t *make(char *))
{
	char *specs = mem_str(line_option_or(line, option, "")), *rest = specs, *spec;
	json_t *out = json_array();

	while ((spec = strsep(&rest, ",")) != NULL)
		if (*spec != '\0')
			json_array_append_new(out, make(spec));
	free(specs);
	return out;
}

static void
read_line(const struct story_line *line, struct reading *reading)
{
	json_t *resources = list_of(line, "drifted", resource_of),
	       *checks = list_of(line, "failed", check_of);
	json_int_t more = strtoll(line_option_or(line, "more", "0"), NULL, 10);
	struct err err;

	if (reading_take(json_pack("{s:s, s:b, s:[], s:{s:I, s:o}, s:{s:I, s:o}}", "format", "plan",
	                           "errored", false, "uses", "drift", "total",
	                           (json_int_t)json_array_size(resources) + more, "resources",
	                           resources, "checks", "total",
	                           (json_int_t)json_array_size(checks), "items", checks),
	                 reading, &err) != 0)
		line_fail(line, "%s", err.text);
}

static void
find_workspace(struct player *player, const struct story_line *line, struct workspace *workspace)
{
	char *id = mem_fmt("ws-%s", line_word(line, 1)), *host = mem_str("app.terraform.io");
	const struct workspace_ref ref = {.host = host, .id = id};
	struct err err;

	if (catalog_workspace_find(player->db, &ref, workspace, &err) != 1)
		line_fail(line, "no such workspace");
	free(host);
	free(id);
}

static int
tell(struct plan *plan, const struct story_line *line, const char *key, struct err *err)
{
	struct reading reading;
	json_t *task;
	int rc;

	if (strcmp(line_word(line, 0), "stopped-by") == 0) {
		task = json_pack("{s:s, s:s, s:n}", "name", "HCP-Packer", "message",
		                 line_option_or(line, "message", "1 revoked version."), "url");
		rc = refresh_failed_task(plan, key, line_option_or(line, "run", ""), task, err);
		json_decref(task);
		return rc;
	}
	read_line(line, &reading);
	rc = refresh_assessment_details(plan, key, line_option_or(line, "of", ""), &reading, err);
	reading_fini(&reading);
	return rc;
}

void
player_details(struct player *player, const struct story_line *line)
{
	struct plan plan = {.db = player->db,
	                    .conf = player->conf,
	                    .received_at = player->now_ms,
	                    .now_ms = player->now_ms};
	struct workspace workspace;
	struct err err;

	player_begin(player, line);
	find_workspace(player, line, &workspace);
	if (tell(&plan, line, workspace.key, &err) != 0)
		line_fail(line, "%s", err.text);
	player_commit(player, line);
	workspace_fini(&workspace);
}
