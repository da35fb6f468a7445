/*
 * query_workspaces.c - workspaces with the images they run.
 *
 * What a plan or a state named is shown as it was named.  A rule is a link
 * between names and has no fingerprint: shown is the version its channel held
 * when the workspace was last applied.  Whether the one overrules the other, and
 * whether an image asked for is among the possible ones, is model/usage.h's
 * to judge.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/model/key.h"
#include "relay/model/kind.h"
#include "relay/store/catalog.h"
#include "relay/store/query_asked.h"
#include "relay/store/query_part.h"
#include "relay/store/usages.h"
#include "relay/store/workspace_row.h"

struct workspace_want {
	const struct conf *conf;
	const char *bucket;        /* a bucket's name; NULL = any */
	const struct asked *asked; /* NULL = any */
};

/* One workspace, while its usages are shown. */
struct shown {
	struct db *db;
	const struct workspace_want *want;
	const struct workspace *workspace;
	json_t *usages;
};

static bool
is_full(const struct shown *s)
{
	return json_array_size(s->usages) >= QUERY_WORKSPACES_MAX;
}

/* With the members that all have; borrowed. */
static json_t *
add_usage(struct shown *s, const char *bucket_key, const char *channel, enum evidence evidence,
          int64_t seen_at)
{
	static const char *const unknown[] = {
		"version", "fingerprint", "external_identifier", "platform",  "region",
		"address", "instances",   "planned_by",          "certainty",
	};
	char *memory;
	struct bucket_name name = bucket_name_of(bucket_key, &memory);
	json_t *usage = json_object();

	put_text(usage, "bucket", name.bucket);
	put_text(usage, "project_id", name.bucket && *name.project_id ? name.project_id : NULL);
	put_text(usage, "channel", channel);
	for (size_t i = 0; i < COUNT(unknown); i++)
		put_text(usage, unknown[i], NULL);
	put_text(usage, "evidence", evidence_names[evidence]);
	put_time(usage, "seen_at", seen_at);
	put_time(usage, "as_of", 0);
	json_array_append_new(s->usages, usage);
	free(memory);
	return usage;
}

/* Of which version is not known: the one asked for, as it may be that one, else
 * what the channel held then. */
static int
put_held(struct shown *s, const struct image *asked, const char *bucket_key, const char *channel,
         int64_t then, json_t *usage, struct err *err)
{
	struct db_row *row;
	int rc;

	if (asked) {
		put_text(usage, "fingerprint", asked->fingerprint);
		put_text(usage, "version", asked->version);
		return 0;
	}
	row = db_bind(s->db, ST_QUERY_USAGE_VERSION, "tti", bucket_key,
	              usage_followed_channel(channel), then);
	rc = db_step(row, err);
	if (rc == 1) {
		put_text(usage, "fingerprint", db_text(row, 0));
		put_text(usage, "version", db_text(row, 1));
	}
	db_end(row);
	return rc < 0 ? -1 : 0;
}

static int
put_version(struct shown *s, const struct usage *u, json_t *usage, struct err *err)
{
	char *key = key_image(u->bucket_key, u->fingerprint);
	struct image image;
	int rc = catalog_image(s->db, key, &image, err);

	if (rc == 1)
		put_text(usage, "version", image.version);
	image_fini(&image);
	free(key);
	return rc < 0 ? -1 : 0;
}

static const char *
filled(const char *text)
{
	return *text ? text : NULL;
}

/* A bucket without a version is only read while applying, or is tied to an image
 * of which nobody told yet which version it is. */
static int
show_exact(struct shown *s, const struct usage *u, struct err *err)
{
	bool named = *u->fingerprint || *u->external_identifier, planned = *u->run != '\0';
	bool known =
		named && u->certain && usage_holds(u, s->workspace->applied, s->workspace->exact);
	const struct image *asked = NULL;
	json_t *usage;

	if (is_full(s) || (s->want->asked && !asked_usage(s->want->asked, s->workspace, u, &asked)))
		return 0;
	usage = add_usage(s, u->bucket_key, u->channel, u->evidence, u->seen_at);
	put_text(usage, "version", u->version);
	put_text(usage, "fingerprint", filled(u->fingerprint));
	put_text(usage, "external_identifier", filled(u->external_identifier));
	put_text(usage, "platform", u->platform);
	put_text(usage, "region", u->region);
	put_text(usage, "address", u->address);
	if (u->instances > 0)
		put_number(usage, "instances", u->instances);
	put_text(usage, "planned_by", filled(u->run));
	put_text(usage, "certainty", known ? "known" : "possible");
	put_time(usage, "as_of", planned ? 0 : s->workspace->exact.as_of);
	if (!named)
		return put_held(s, asked, u->bucket_key, u->channel,
		                planned ? INT64_MAX : s->workspace->applied.to, usage, err);
	return *u->fingerprint && !u->version ? put_version(s, u, usage, err) : 0;
}

static int
show_rule(struct shown *s, const struct bucket_use *use, struct err *err)
{
	const struct applied applied = s->workspace->applied;
	const struct image *asked = NULL;
	json_t *usage;

	if (s->want->asked)
		asked = asked_link(s->want->asked, s->workspace, use->bucket_key, use->channel);
	if (is_full(s) || (s->want->asked && !asked))
		return 0;
	usage = add_usage(s, use->bucket_key, use->channel, EVIDENCE_RULE, use->linked_at);
	put_text(usage, "certainty", "possible");
	put_time(usage, "as_of", applied.from);
	return put_held(s, asked, use->bucket_key, use->channel, applied.to, usage, err);
}

static bool
is_of_bucket(const struct shown *s, const char *bucket_key)
{
	char *memory;
	struct bucket_name name = bucket_name_of(bucket_key, &memory);
	bool is = !s->want->bucket || (name.bucket && strcmp(name.bucket, s->want->bucket) == 0);

	free(memory);
	return is;
}

static int
show_use(struct shown *s, const struct bucket_use *use, struct err *err)
{
	struct applied applied = s->workspace->applied;
	struct exact exact = s->workspace->exact;
	int rc = 0;

	if (!is_of_bucket(s, use->bucket_key))
		return 0;
	for (size_t i = 0; rc == 0 && i < use->usages.count; i++)
		if (usage_counts(use, &use->usages.items[i], applied, exact))
			rc = show_exact(s, &use->usages.items[i], err);
	if (rc == 0 && usage_by_rule(use, applied, exact))
		rc = show_rule(s, use, err);
	return rc;
}

/* Images that no bucket is known to have. */
static int
show_strays(struct shown *s, struct err *err)
{
	struct usage_list all;
	int rc = usages_of(s->db, s->workspace->key, &all, err);

	for (size_t i = 0; rc == 0 && i < all.count; i++)
		if (*all.items[i].bucket_key == '\0')
			rc = show_exact(s, &all.items[i], err);
	usage_list_fini(&all);
	return rc;
}

static int
show_usages(struct shown *s, struct err *err)
{
	struct user_list users;
	int rc = users_of_workspace(s->db, s->workspace->key, &users, err);

	for (size_t i = 0; rc == 0 && i < users.count; i++)
		rc = show_use(s, &users.items[i].use, err);
	if (rc == 0 && !s->want->bucket)
		rc = show_strays(s, err);
	user_list_fini(&users);
	return rc;
}

static json_t *
tags_of(const struct workspace *workspace)
{
	json_t *tags = workspace->tags ? json_loads(workspace->tags, 0, NULL) : NULL;

	return tags ? tags : json_array();
}

/* WORKSPACE_COLUMNS; the first is the cursor. */
static int
workspace_item(struct db *db, struct db_row *row, const void *arg, json_t **item, struct err *err)
{
	const struct workspace_want *want = arg;
	struct workspace workspace;
	struct shown shown = {db, want, &workspace, json_array()};
	json_t *object = json_object();
	int rc;

	workspace_row(row, 0, &workspace);
	put_workspace(object, want->conf, &workspace);
	put_text(object, "project", workspace.project);
	json_object_set_new(object, "tags", tags_of(&workspace));
	json_object_set_new(object, "usages", shown.usages);
	rc = show_usages(&shown, err);
	if (rc == 0 && (json_array_size(shown.usages) > 0 || (!want->bucket && !want->asked)))
		*item = object;
	else
		json_decref(object);
	workspace_fini(&workspace);
	return rc;
}

/* What a statement borrows while it runs. */
struct ways_in {
	struct asked asked;
	char *organization; /* of ORGANIZATION/NAME; "" */
	const char *name;
};

static int
ways_read(struct db *db, const struct workspace_filter *filter, struct ways_in *ways,
          struct err *err)
{
	const char *slash = filter->workspace ? strchr(filter->workspace, '/') : NULL;

	*ways = (struct ways_in){.name = slash ? slash + 1 : ""};
	ways->organization =
		slash ? mem_strn(filter->workspace, (size_t)(slash - filter->workspace))
		      : mem_str("");
	return filter->image ? asked_read(db, filter->image, &ways->asked, err) : 0;
}

static void
ways_fini(struct ways_in *ways)
{
	asked_fini(&ways->asked);
	free(ways->organization);
}

/* The narrowest; what else is asked is asked of each. */
static struct db_row *
bind_workspaces(struct db *db, const struct workspace_filter *filter, const struct ways_in *ways,
                const char *after, int64_t rows)
{
	const struct asked *asked = &ways->asked;

	if (filter->workspace)
		return db_bind(db, ST_QUERY_WORKSPACES_NAMED, "tttti", after, filter->workspace,
		               ways->organization, ways->name, rows);
	if (filter->image)
		return db_bind(db, ST_QUERY_WORKSPACES_IMAGE, "ttttti", after, asked->text,
		               asked->identifier_key, asked->bucket, asked->version, rows);
	if (filter->bucket)
		return db_bind(db, ST_QUERY_WORKSPACES_BUCKET, "tti", after, filter->bucket, rows);
	return db_bind(db, ST_QUERY_WORKSPACES, "ti", after, rows);
}

int
query_workspaces(struct db *db, const struct conf *conf, const struct workspace_filter *filter,
                 const struct query_page *page, json_t **out, struct err *err)
{
	struct ways_in ways;
	const struct workspace_want want = {
		.conf = conf,
		.bucket = filter->bucket,
		.asked = filter->image ? &ways.asked : NULL,
	};
	int64_t scan = filter->image || filter->bucket ? QUERY_SCAN_MAX : page->limit;
	int rc = ways_read(db, filter, &ways, err);

	*out = NULL;
	if (rc == 0)
		rc = query_list(db, bind_workspaces(db, filter, &ways, any(page->after), scan + 1),
		                page->limit, scan, workspace_item, &want, out, err);
	ways_fini(&ways);
	return rc;
}
