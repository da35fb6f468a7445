/*
 * images.c - `driftbell images`: the versions of each bucket, newest first.
 */
#include <stdio.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/command/client_api.h"
#include "relay/command/table.h"

#define PAGE 10 /* a bucket has up to a hundred versions, each with its artifacts */

struct images_ask {
	struct client_want want;
	const char *bucket;
};

struct images_tally {
	struct table table;
	int64_t now_ms;
	long buckets, versions;
};

static void
channels_cell(struct table *table, const json_t *channels)
{
	struct buf text = {0};
	const json_t *channel;
	size_t i;

	json_array_foreach(channels, i, channel)
	{
		buf_printf(&text, "%s%s", i > 0 ? ", " : "", json_string_value(channel));
	}
	table_cell(table, buf_text(&text));
	buf_fini(&text);
}

/* "scheduled", and for when. */
static void
status_cell(struct table *table, const json_t *version)
{
	const char *status = json_filled_at(version, "status");
	const char *at = json_filled_at(version, "revoke_at");
	struct buf text = {0};

	if (status && at && strcmp(status, "scheduled") == 0)
		buf_printf(&text, "%s %s", status, at);
	table_cell(table, text.len > 0 ? buf_text(&text) : status);
	buf_fini(&text);
}

static void
add_version(struct images_tally *tally, const json_t *bucket, const json_t *version)
{
	struct table *table = &tally->table;
	char age[AGE_SIZE];

	table_cell(table, json_filled_at(bucket, "project_id"));
	table_cell(table, json_filled_at(bucket, "bucket"));
	table_cell(table, json_filled_at(version, "version"));
	status_cell(table, version);
	channels_cell(table, json_at(version, "channels"));
	table_cell(table, age_text(json_time_at(version, "completed_at"), tally->now_ms, age));
	table_cell(table, json_filled_at(version, "fingerprint"));
	tally->versions++;
}

static void
add_page(void *arg, const json_t *items)
{
	struct images_tally *tally = arg;
	const json_t *bucket, *version;
	size_t i, k;

	json_array_foreach(items, i, bucket)
	{
		json_array_foreach(json_at(bucket, "versions"), k, version)
		{
			add_version(tally, bucket, version);
		}
		tally->buckets++;
	}
	table_print(&tally->table);
}

static int
show_images(const struct client_api *api, void *arg, struct err *err)
{
	static const char *const titles[] = {"PROJECT",  "BUCKET",    "VERSION",     "STATUS",
	                                     "CHANNELS", "COMPLETED", "FINGERPRINT", NULL};
	const struct images_ask *ask = arg;
	const struct client_query queries[] = {{"bucket", ask->bucket}, {NULL, NULL}};
	const struct client_list list = {"/api/v1/images", queries, PAGE};
	struct images_tally tally = {.now_ms = clock_wall_ms()};
	int rc;

	if (ask->want.as_json)
		return client_print_list(api, &list, err);
	table_init(&tally.table, titles);
	rc = client_api_pages(api, &list, add_page, &tally, err);
	if (rc == 0)
		printf("%ld bucket%s, %ld version%s\n", tally.buckets,
		       tally.buckets == 1 ? "" : "s", tally.versions,
		       tally.versions == 1 ? "" : "s");
	table_fini(&tally.table);
	return rc;
}

static int
run_images(const struct command_context *context, int argc, char **argv)
{
	struct images_ask ask = {.bucket = NULL};
	const struct client_filter filters[] = {{"bucket", &ask.bucket}, {NULL, NULL}};

	if (client_options(argc, argv, &ask.want, filters) != 0)
		return 2;
	return client_ask(context, &ask.want, show_images, &ask);
}

const struct command command_images = {
	.name = "images",
	.arguments = "[--bucket NAME] [--json] [--admin ADDRESS]",
	.summary = "list buckets with their versions and channels",
	.run = run_images,
};
