/*
 * workspaces.c - `driftbell workspaces`: what is known of each, and whose it is.
 */
#include <stdio.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/command/client_api.h"
#include "relay/command/table.h"

#define PAGE 100

struct workspaces_tally {
	struct table table;
	long count, owned;
};

static void
tags_cell(struct table *table, const json_t *tags)
{
	struct buf text = {0};
	const json_t *tag;
	size_t i;

	json_array_foreach(tags, i, tag)
	{
		if (json_is_string(tag))
			buf_printf(&text, "%s%s", text.len > 0 ? ", " : "", json_string_value(tag));
	}
	table_cell(table, buf_text(&text));
	buf_fini(&text);
}

/* "2 known, 1 possible" */
static void
images_cell(struct table *table, const json_t *usages)
{
	long known = 0, possible = 0;
	const json_t *usage;
	struct buf text = {0};
	size_t i;

	json_array_foreach(usages, i, usage)
	{
		const char *certainty = json_text_at(usage, "certainty");

		*(certainty && strcmp(certainty, "known") == 0 ? &known : &possible) += 1;
	}
	if (known > 0)
		buf_printf(&text, "%ld known", known);
	if (possible > 0)
		buf_printf(&text, "%s%ld possible", known > 0 ? ", " : "", possible);
	table_cell(table, text.len > 0 ? buf_text(&text) : NULL);
	buf_fini(&text);
}

static void
add_page(void *arg, const json_t *items)
{
	struct workspaces_tally *tally = arg;
	const json_t *workspace;
	size_t i;

	json_array_foreach(items, i, workspace)
	{
		const char *team = json_filled_at(workspace, "team");

		table_cell(&tally->table, json_filled_at(workspace, "organization"));
		table_cell(&tally->table, json_filled_at(workspace, "name"));
		table_cell(&tally->table, team);
		table_cell(&tally->table, json_filled_at(workspace, "project"));
		tags_cell(&tally->table, json_at(workspace, "tags"));
		images_cell(&tally->table, json_at(workspace, "usages"));
		table_cell(&tally->table, json_filled_at(workspace, "id"));
		tally->count++;
		tally->owned += team != NULL;
	}
	table_print(&tally->table);
}

static int
show_workspaces(const struct client_api *api, void *arg, struct err *err)
{
	static const char *const titles[] = {"ORGANIZATION", "WORKSPACE", "TEAM", "PROJECT",
	                                     "TAGS",         "IMAGES",    "ID",   NULL};
	static const struct client_query queries[] = {{NULL, NULL}};
	static const struct client_list list = {"/api/v1/workspaces", queries, PAGE};
	const struct client_want *want = arg;
	struct workspaces_tally tally = {.count = 0};
	int rc;

	if (want->as_json)
		return client_print_list(api, &list, err);
	table_init(&tally.table, titles);
	rc = client_api_pages(api, &list, add_page, &tally, err);
	if (rc == 0)
		printf("%ld workspace%s, %ld of a team\n", tally.count, tally.count == 1 ? "" : "s",
		       tally.owned);
	table_fini(&tally.table);
	return rc;
}

static int
run_workspaces(const struct command_context *context, int argc, char **argv)
{
	struct client_want want = {.where = NULL};

	if (client_options(argc, argv, &want, NULL) != 0)
		return 2;
	return client_ask(context, &want, show_workspaces, &want);
}

const struct command command_workspaces = {
	.name = "workspaces",
	.arguments = "[--json] [--admin ADDRESS]",
	.summary = "list workspaces with their teams, projects and tags",
	.run = run_workspaces,
};
