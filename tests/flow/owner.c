/*
 * What the API of HCP Terraform tells of a workspace that is known:
 *
 *	owner WORKSPACE           project=NAME tags=TAG,... org=
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/store/catalog.h"
#include "tests/flow/player.h"

/* A JSON array; NULL where it is not told. */
static char *
tags_of(const struct story_line *line)
{
	char *texts = mem_str(line_option(line, "tags")), *rest = texts, *tag, *json;
	json_t *tags = json_array();

	while (texts != NULL && (tag = strsep(&rest, ",")) != NULL)
		if (*tag != '\0')
			json_array_append_new(tags, json_string(tag));
	json = texts != NULL ? json_dumps(tags, JSON_COMPACT) : NULL;
	json_decref(tags);
	free(texts);
	return json;
}

void
player_owner(struct player *player, const struct story_line *line)
{
	struct plan plan = {.db = player->db,
	                    .conf = player->conf,
	                    .received_at = player->now_ms,
	                    .now_ms = player->now_ms};
	char *host = mem_str("app.terraform.io"), *tags = tags_of(line);
	const struct workspace_ref ref = {
		.host = host,
		.name = line_word(line, 1),
		.organization = line_option_or(line, "org", "example-org"),
	};
	struct workspace workspace;
	struct err err = {"there is no such workspace"};

	player_begin(player, line);
	if (catalog_workspace_find(player->db, &ref, &workspace, &err) != 1 ||
	    plan_owner(&plan, &workspace, line_option(line, "project"), tags, &err) != 0)
		line_fail(line, "%s", err.text);
	player_commit(player, line);
	workspace_fini(&workspace);
	free(host);
	free(tags);
}
