/*
 * query_workspaces.c - workspaces with the images they run.
 *
 * A usage by rule is a link between names and has no fingerprint.  Shown is
 * the version its channel held when the workspace was last applied; whether
 * an image asked for is among the possible ones is model/usage.h's to judge.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/model/key.h"
#include "relay/model/kind.h"
#include "relay/store/catalog.h"
#include "relay/store/query_part.h"

struct workspace_want {
	const struct conf *conf;
	const char *image; /* NULL = any */
};

/* One workspace, while its usages are read. */
struct workspace_now {
	struct applied applied;
	const char *image;
	bool runs; /* one of the usages is, or may be, of the image asked for */
};

/* Fills in the version of a usage by rule. */
static int
version_by_rule(struct db *db, const char *bucket_key, const char *channel, struct applied applied,
                json_t *usage, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUERY_USAGE_VERSION, "tti", bucket_key,
	                             usage_followed_channel(channel), applied.to);
	int rc = db_step(row, err);

	if (rc == 1) {
		put_text(usage, "fingerprint", db_text(row, 0));
		put_text(usage, "version", db_text(row, 1));
	}
	db_end(row);
	return rc < 0 ? -1 : 0;
}

/* May a workspace that follows this bucket by rule run the image?  1, 0, -1. */
static int
may_run(struct db *db, const char *bucket_key, const char *channel, const struct workspace_now *now,
        struct err *err)
{
	char *key = key_image(bucket_key, now->image);
	struct history history = {.items = NULL};
	struct image image;
	int rc = catalog_image(db, key, &image, err);

	if (rc == 1) {
		rc = catalog_history(db, bucket_key, &history, err) < 0 ? -1 : 1;
		/* Whatever is stored was completed by now. */
		if (rc == 1)
			rc = usage_possible(&history, channel, now->applied, &image, INT64_MAX);
	}
	history_fini(&history);
	image_fini(&image);
	free(key);
	return rc;
}

/*
 * bucket_key, bucket, project_id, channel, fingerprint, external_identifier,
 * evidence, seen_at, version
 */
static int
usage_item(struct db *db, struct db_row *row, const void *arg, json_t **item, struct err *err)
{
	struct workspace_now *now = *(struct workspace_now *const *)arg;
	const char *bucket_key = db_text(row, 0), *channel = db_text(row, 3);
	const char *fingerprint = any(db_text(row, 4)), *external = any(db_text(row, 5));
	bool by_rule = strcmp(any(db_text(row, 6)), evidence_names[EVIDENCE_RULE]) == 0;
	int runs = 0;

	*item = json_object();
	put_text(*item, "bucket", db_text(row, 1));
	put_text(*item, "project_id", db_text(row, 2));
	put_text(*item, "channel", channel);
	put_text(*item, "version", db_text(row, 8));
	put_text(*item, "fingerprint", by_rule ? NULL : fingerprint);
	put_text(*item, "external_identifier", *external ? external : NULL);
	put_text(*item, "evidence", db_text(row, 6));
	put_text(*item, "certainty", by_rule ? "possible" : "known");
	put_time(*item, "seen_at", db_int(row, 7));
	if (by_rule && version_by_rule(db, bucket_key, channel, now->applied, *item, err) < 0)
		return -1;
	if (now->image && by_rule)
		runs = may_run(db, bucket_key, channel, now, err);
	else if (now->image)
		runs = strcmp(fingerprint, now->image) == 0 || strcmp(external, now->image) == 0;
	now->runs |= runs == 1;
	return runs < 0 ? -1 : 0;
}

/* cursor, id, name, organization, url, applied_from, applied_to */
static int
workspace_item(struct db *db, struct db_row *row, const void *arg, json_t **item, struct err *err)
{
	const struct workspace_want *want = arg;
	struct workspace_now now = {
		.applied = {db_int(row, 5), db_int(row, 6)},
		.image = want->image,
		.runs = !want->image,
	};
	struct workspace_now *const now_of = &now;
	json_t *workspace = json_object(), *usages = json_array();
	int rc;

	put_workspace(workspace, want->conf, row, 1);
	json_object_set_new(workspace, "usages", usages);
	rc = query_append(
		db,
		db_bind(db, ST_QUERY_USAGES, "ti", db_text(row, 0), (int64_t)QUERY_WORKSPACES_MAX),
		usage_item, &now_of, usages, err);
	if (rc == 0 && now.runs)
		*item = workspace;
	else
		json_decref(workspace);
	return rc;
}

int
query_workspaces(struct db *db, const struct conf *conf, const struct workspace_filter *filter,
                 const struct query_page *page, json_t **out, struct err *err)
{
	const struct workspace_want want = {.conf = conf, .image = filter->image};
	int64_t scan = filter->image ? QUERY_SCAN_MAX : page->limit;
	struct db_row *row = db_bind(db, ST_QUERY_WORKSPACES, "ttti", any(page->after),
	                             any(filter->bucket), any(filter->image), scan + 1);

	return query_list(db, row, page->limit, scan, workspace_item, &want, out, err);
}
