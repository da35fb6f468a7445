/*
 * query_image.c - versions of buckets as the image object of contract section
 * 7, and buckets with all that is known of them.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/document.h"
#include "relay/store/catalog.h"
#include "relay/store/query_part.h"
#include "relay/store/surroundings.h"

json_t *
image_unknown(void)
{
	json_t *image = document_image(&(struct image){.fingerprint = NULL}, NULL, NULL);

	json_object_set_new(image, "status", json_null());
	return image;
}

int
query_image(struct db *db, const char *key, const json_t *replacement, json_t **out,
            struct err *err)
{
	struct image image;
	struct history history = {.items = NULL};
	int rc = catalog_image(db, key, &image, err);

	*out = NULL;
	if (rc == 1)
		rc = catalog_history(db, image.bucket_key, &history, err);
	if (rc >= 0 && image.key)
		rc = image_with_surroundings(db, &image, &history, replacement, NULL, out, err);
	history_fini(&history);
	image_fini(&image);
	return rc < 0 ? -1 : 0;
}

static json_t *
channels_of(const struct history *history)
{
	json_t *channels = json_array(), *item;

	for (size_t i = 0; i < history->count; i++) {
		const struct assignment *a = &history->items[i];

		if (i + 1 < history->count && strcmp(a[1].channel, a->channel) == 0)
			continue; /* a newer one of the same channel follows */
		if (json_array_size(channels) == QUERY_PARTS_MAX)
			break;
		item = json_object();
		put_text(item, "channel", a->channel);
		json_object_set_new(item, "managed", json_boolean(a->managed));
		put_text(item, "version", a->version);
		put_text(item, "fingerprint", a->fingerprint);
		put_time(item, "assigned_at", a->at);
		json_array_append_new(channels, item);
	}
	return channels;
}

static int
name_item(struct db *db, struct db_row *row, const void *arg, json_t **item, struct err *err)
{
	(void)db;
	(void)arg;
	(void)err;
	*item = json_string(db_text(row, 0));
	return 0;
}

static int
version_item(struct db *db, struct db_row *row, const void *arg, json_t **item, struct err *err)
{
	struct image image;
	int rc = catalog_image(db, db_text(row, 0), &image, err);

	if (rc == 1)
		rc = image_with_surroundings(db, &image, arg, NULL, NULL, item, err);
	if (*item) {
		put_time(*item, "created_at", image.created_at);
		put_time(*item, "completed_at", image.completed_at);
	}
	image_fini(&image);
	return rc < 0 ? -1 : 0;
}

static int
ancestry_of(struct db *db, const char *key, json_t *ancestry, struct err *err)
{
	static const struct {
		const char *name;
		enum statement statement;
	} sides[] = {{"parents", ST_QUERY_BUCKET_PARENTS}, {"children", ST_QUERY_BUCKET_CHILDREN}};
	json_t *names;

	for (size_t i = 0; i < COUNT(sides); i++) {
		names = json_array();
		json_object_set_new(ancestry, sides[i].name, names);
		if (query_append(
			    db,
			    db_bind(db, sides[i].statement, "ti", key, (int64_t)QUERY_PARTS_MAX),
			    name_item, NULL, names, err) < 0)
			return -1;
	}
	return 0;
}

/* cursor, organization, project, name, id */
static int
bucket_item(struct db *db, struct db_row *row, const void *arg, json_t **item, struct err *err)
{
	const char *key = db_text(row, 0);
	json_t *bucket = json_object(), *versions = json_array(), *ancestry = json_object();
	struct history history = {.items = NULL};
	int rc;

	(void)arg;
	put_text(bucket, "organization_id", db_text(row, 1));
	put_text(bucket, "project_id", db_text(row, 2));
	put_text(bucket, "bucket", db_text(row, 3));
	put_text(bucket, "bucket_id", db_text(row, 4));
	json_object_set_new(bucket, "versions", versions);
	json_object_set_new(bucket, "ancestry", ancestry);
	rc = catalog_history(db, key, &history, err);
	if (rc >= 0) {
		json_object_set_new(bucket, "channels", channels_of(&history));
		rc = query_append(db,
		                  db_bind(db, ST_QUERY_BUCKET_VERSIONS, "ti", key,
		                          (int64_t)QUERY_VERSIONS_MAX),
		                  version_item, &history, versions, err);
	}
	if (rc >= 0)
		rc = ancestry_of(db, key, ancestry, err);
	history_fini(&history);
	if (rc < 0)
		json_decref(bucket);
	else
		*item = bucket;
	return rc < 0 ? -1 : 0;
}

int
query_images(struct db *db, const char *bucket, const struct query_page *page, json_t **out,
             struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUERY_BUCKETS, "tti", any(page->after), any(bucket),
	                             page->limit + 1);

	return query_list(db, row, page->limit, page->limit, bucket_item, NULL, out, err);
}
