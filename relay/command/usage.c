/*
 * usage.c - `driftbell usage`: who runs this image, and what does this
 * workspace run, each with its evidence and how old that is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/command/client_api.h"
#include "relay/command/table.h"

#define PAGE 100

struct usage_ask {
	struct client_want want;
	const char *bucket, *image, *workspace;
};

/* What has been printed. */
struct usage_tally {
	struct table table;
	int64_t now_ms;
	long workspaces, known, possible; /* each workspace once, by the best of its usages */
};

static bool
is_known(const json_t *usage)
{
	const char *certainty = json_text_at(usage, "certainty");

	return certainty && strcmp(certainty, "known") == 0;
}

/* "acme/web-prod" */
static void
name_cell(struct table *table, const json_t *workspace)
{
	const char *organization = json_filled_at(workspace, "organization");
	const char *name = json_filled_at(workspace, "name");
	char *text = mem_fmt("%s%s%s", organization ? organization : "", organization ? "/" : "",
	                     name ? name : "-");

	table_cell(table, text);
	free(text);
}

/* "base-ubuntu v3": the names it has for people, else what it is known by. */
static void
image_cell(struct table *table, const json_t *usage)
{
	const char *bucket = json_filled_at(usage, "bucket");
	const char *version = json_filled_at(usage, "version");
	const char *fingerprint = json_filled_at(usage, "fingerprint");
	const char *which = version ? version : fingerprint;
	char *text = bucket ? mem_fmt("%s%s%s", bucket, which ? " " : "", which ? which : "")
	                    : mem_str("no known bucket");

	table_cell(table, text);
	free(text);
}

/* "known, state"; "may run, rule"; "planned by run-..." */
static void
evidence_cell(struct table *table, const json_t *usage)
{
	const char *run = json_filled_at(usage, "planned_by");
	const char *evidence = json_filled_at(usage, "evidence");
	char *text = run ? mem_fmt("planned by %s", run)
	                 : mem_fmt("%s, %s", is_known(usage) ? "known" : "may run",
	                           evidence ? evidence : "-");

	table_cell(table, text);
	free(text);
}

static void
age_cell(struct table *table, const json_t *usage, const char *member, int64_t now_ms)
{
	char age[AGE_SIZE];

	table_cell(table, age_text(json_time_at(usage, member), now_ms, age));
}

/* What may be very long, in some clouds, is last. */
static const char *const titles[] = {"WORKSPACE", "TEAM",  "IMAGE", "CHANNEL",  "REGION",
                                     "EVIDENCE",  "SINCE", "AS OF", "IMAGE ID", NULL};

static void
add_row(struct usage_tally *tally, const json_t *workspace, const json_t *usage)
{
	struct table *table = &tally->table;

	name_cell(table, workspace);
	table_cell(table, json_filled_at(workspace, "team"));
	image_cell(table, usage);
	table_cell(table, json_filled_at(usage, "channel"));
	table_cell(table, json_filled_at(usage, "region"));
	evidence_cell(table, usage);
	age_cell(table, usage, "seen_at", tally->now_ms);
	age_cell(table, usage, "as_of", tally->now_ms);
	table_cell(table, json_filled_at(usage, "external_identifier"));
}

static void
add_page(void *arg, const json_t *items)
{
	struct usage_tally *tally = arg;
	const json_t *workspace, *usage;
	size_t i, k;

	json_array_foreach(items, i, workspace)
	{
		const json_t *usages = json_at(workspace, "usages");
		bool known = false;

		json_array_foreach(usages, k, usage)
		{
			add_row(tally, workspace, usage);
			known = known || is_known(usage);
		}
		if (json_array_size(usages) == 0)
			continue;
		tally->workspaces++;
		*(known ? &tally->known : &tally->possible) += 1;
	}
	table_print(&tally->table);
}

static int
show_usage(const struct client_api *api, void *arg, struct err *err)
{
	const struct usage_ask *ask = arg;
	const struct client_query queries[] = {
		{"bucket", ask->bucket},
		{"image", ask->image},
		{"workspace", ask->workspace},
		{NULL, NULL},
	};
	const struct client_list list = {"/api/v1/workspaces", queries, PAGE};
	struct usage_tally tally = {.now_ms = clock_wall_ms()};
	int rc;

	if (ask->want.as_json)
		return client_print_list(api, &list, err);
	table_init(&tally.table, titles);
	rc = client_api_pages(api, &list, add_page, &tally, err);
	if (rc == 0)
		printf("%ld workspace%s: %ld known, %ld possible\n", tally.workspaces,
		       tally.workspaces == 1 ? "" : "s", tally.known, tally.possible);
	table_fini(&tally.table);
	return rc;
}

static int
run_usage(const struct command_context *context, int argc, char **argv)
{
	struct usage_ask ask = {.bucket = NULL};
	const struct client_filter filters[] = {{"bucket", &ask.bucket},
	                                        {"image", &ask.image},
	                                        {"workspace", &ask.workspace},
	                                        {NULL, NULL}};

	if (client_options(argc, argv, &ask.want, filters) != 0)
		return 2;
	return client_ask(context, &ask.want, show_usage, &ask);
}

const struct command command_usage = {
	.name = "usage",
	.arguments = "[--bucket NAME] [--image ID] [--workspace NAME] [--json] [--admin ADDRESS]",
	.summary = "show which workspaces run which images, and how that is known",
	.run = run_usage,
};
