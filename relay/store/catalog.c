#include "relay/store/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/store/workspace_row.h"

void
bucket_list_fini(struct bucket_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].key);
		free(list->items[i].organization_id);
		free(list->items[i].project_id);
		free(list->items[i].name);
	}
	free(list->items);
	*list = (struct bucket_list){0};
}

void
image_list_fini(struct image_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		image_fini(&list->items[i]);
	free(list->items);
	*list = (struct image_list){0};
}

void
link_list_fini(struct link_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		workspace_fini(&list->items[i].workspace);
		free(list->items[i].bucket_key);
		free(list->items[i].channel);
	}
	free(list->items);
	*list = (struct link_list){0};
}

int
catalog_bucket_add(struct db *db, const struct bucket *bucket, const char *id, struct err *err)
{
	int64_t n = db_run(db, err, ST_BUCKET_ADD, "ttttt", bucket->key, bucket->organization_id,
	                   bucket->project_id, bucket->name, id);

	return n < 0 ? -1 : n > 0;
}

int
catalog_buckets(struct db *db, struct bucket_list *list, struct err *err)
{
	struct db_row *row = db_bind(db, ST_BUCKETS, "");
	int rc;

	*list = (struct bucket_list){0};
	while ((rc = db_step(row, err)) == 1) {
		list->items = mem_grow(list->items, list->count + 1, sizeof(*list->items));
		list->items[list->count++] = (struct bucket){row_text(row, 0), row_text(row, 1),
		                                             row_text(row, 2), row_text(row, 3)};
	}
	db_end(row);
	return rc;
}

static void
read_image(struct db_row *row, struct image *image)
{
	const char *artifacts = db_text(row, 13);
	int status = name_index(image_status_names, IMAGE_INCOMPLETE + 1, db_text(row, 5));

	*image = (struct image){
		.key = row_text(row, 0),
		.bucket_key = row_text(row, 1),
		.fingerprint = row_text(row, 2),
		.id = row_text(row, 3),
		.version = row_text(row, 4),
		.status = status >= 0 ? (enum image_status)status : IMAGE_ACTIVE,
		.as_of = db_int(row, 6),
		.created_at = db_int(row, 7),
		.completed_at = db_int(row, 8),
		.revoke_at = db_int(row, 9),
		.revoked_by = row_text(row, 10),
		.reason = row_text(row, 11),
		.inherited_from = row_text(row, 12),
		.artifacts = artifacts != NULL ? json_loads(artifacts, 0, NULL) : NULL,
		.deleted_at = db_int(row, 14),
		.deleted_by = row_text(row, 15),
	};
}

int
catalog_image(struct db *db, const char *key, struct image *image, struct err *err)
{
	struct db_row *row = db_bind(db, ST_IMAGE_GET, "t", key);
	int rc = db_step(row, err);

	*image = (struct image){0};
	if (rc == 1)
		read_image(row, image);
	db_end(row);
	return rc;
}

int
catalog_image_put(struct db *db, const struct image *image, struct err *err)
{
	char *artifacts =
		image->artifacts != NULL ? json_dumps(image->artifacts, JSON_COMPACT) : NULL;
	int64_t n = db_run(db, err, ST_IMAGE_PUT, "ttttttizzzttttzt", image->key, image->bucket_key,
	                   image->fingerprint, image->id, image->version,
	                   image_status_names[image->status], image->as_of, image->created_at,
	                   image->completed_at, image->revoke_at, image->revoked_by, image->reason,
	                   image->inherited_from, artifacts, image->deleted_at, image->deleted_by);

	free(artifacts);
	return n < 0 ? -1 : 0;
}

static int
read_images(struct db_row *row, struct image_list *list, struct err *err)
{
	int rc;

	*list = (struct image_list){0};
	while ((rc = db_step(row, err)) == 1) {
		list->items = mem_grow(list->items, list->count + 1, sizeof(*list->items));
		read_image(row, &list->items[list->count++]);
	}
	db_end(row);
	return rc;
}

int
catalog_images_of(struct db *db, const char *bucket_key, struct image_list *list, struct err *err)
{
	return read_images(db_bind(db, ST_IMAGES_OF_BUCKET, "t", bucket_key), list, err);
}

int
catalog_withdrawn_of(struct db *db, const char *bucket_key, struct image_list *list,
                     struct err *err)
{
	return read_images(db_bind(db, ST_IMAGES_WITHDRAWN, "t", bucket_key), list, err);
}

int
catalog_descendants(struct db *db, const char *ancestor_key, struct image_list *list,
                    struct err *err)
{
	return read_images(db_bind(db, ST_IMAGES_INHERITED, "t", ancestor_key), list, err);
}

int
catalog_images_led(struct db *db, const char *incident_id, struct image_list *list, struct err *err)
{
	return read_images(db_bind(db, ST_IMAGES_LED, "t", incident_id), list, err);
}

int
catalog_root(struct db *db, const struct image *image, char **key, struct err *err)
{
	char *next = mem_str(image->inherited_from);

	*key = mem_str(image->key);
	for (int i = 0; next != NULL && i < GENERATIONS_MAX; i++) {
		struct image ancestor;

		free(*key);
		*key = next;
		if (catalog_image(db, *key, &ancestor, err) < 0) {
			free(*key);
			*key = NULL;
			return -1;
		}
		next = mem_str(ancestor.inherited_from);
		image_fini(&ancestor);
	}
	free(next);
	return 0;
}

static int
read_one_text(struct db_row *row, char **out, struct err *err)
{
	int rc = db_step(row, err);

	*out = rc == 1 ? row_text(row, 0) : NULL;
	db_end(row);
	return rc;
}

int
catalog_fingerprint(struct db *db, const char *bucket_key, const char *version, char **fingerprint,
                    struct err *err)
{
	return read_one_text(db_bind(db, ST_IMAGE_BY_VERSION, "tt", bucket_key, version),
	                     fingerprint, err);
}

int
catalog_fingerprint_of_id(struct db *db, const char *bucket_key, const char *id, char **fingerprint,
                          struct err *err)
{
	return read_one_text(db_bind(db, ST_IMAGE_BY_ID, "tt", bucket_key, id), fingerprint, err);
}

int
catalog_bucket_named(struct db *db, const char *organization_id, const char *project_id,
                     const char *name, char **key, struct err *err)
{
	struct db_row *row = db_bind(db, ST_BUCKETS_NAMED, "ttt", name,
	                             organization_id != NULL ? organization_id : "",
	                             project_id != NULL ? project_id : "");
	int rc = db_step(row, err);

	*key = rc == 1 ? row_text(row, 0) : NULL;
	if (rc == 1) {
		rc = db_step(row, err);
		rc = rc < 0 ? -1 : rc == 0;
	}
	db_end(row);
	if (rc != 1) {
		free(*key);
		*key = NULL;
	}
	return rc;
}

int
catalog_assign(struct db *db, const char *bucket_key, const char *event_id,
               const struct assignment *a, struct err *err)
{
	int64_t n = db_run(db, err, ST_ASSIGNMENT_ADD, "ttittttti", bucket_key, a->channel, a->at,
	                   event_id, a->fingerprint, a->version, a->previous_fingerprint,
	                   a->previous_version, (int64_t)a->managed);

	return n < 0 ? -1 : 0;
}

int
catalog_history(struct db *db, const char *bucket_key, struct history *history, struct err *err)
{
	struct db_row *row = db_bind(db, ST_ASSIGNMENTS_OF_BUCKET, "t", bucket_key);
	int rc;

	*history = (struct history){0};
	while ((rc = db_step(row, err)) == 1) {
		history->items =
			mem_grow(history->items, history->count + 1, sizeof(*history->items));
		history->items[history->count++] = (struct assignment){
			.channel = row_text(row, 0),
			.at = db_int(row, 1),
			.fingerprint = row_text(row, 2),
			.version = row_text(row, 3),
			.previous_fingerprint = row_text(row, 4),
			.previous_version = row_text(row, 5),
			.managed = db_int(row, 6) != 0,
		};
	}
	db_end(row);
	return rc;
}

static int
read_one_workspace(struct db_row *row, struct workspace *workspace, struct err *err)
{
	int rc = db_step(row, err);

	*workspace = (struct workspace){0};
	if (rc == 1)
		workspace_row(row, 0, workspace);
	db_end(row);
	return rc;
}

int
catalog_workspace(struct db *db, const char *key, struct workspace *workspace, struct err *err)
{
	return read_one_workspace(db_bind(db, ST_WORKSPACE_GET, "t", key), workspace, err);
}

int
catalog_workspace_find(struct db *db, const struct workspace_ref *ref, struct workspace *workspace,
                       struct err *err)
{
	const char *host = ref->host != NULL ? ref->host : "";
	int rc = 0;

	*workspace = (struct workspace){0};
	if (ref->id != NULL)
		rc = read_one_workspace(db_bind(db, ST_WORKSPACE_BY_ID, "tt", host, ref->id),
		                        workspace, err);
	if (rc != 0 || ref->name == NULL || ref->organization == NULL)
		return rc;
	rc = read_one_workspace(
		db_bind(db, ST_WORKSPACE_BY_NAME, "ttt", ref->organization, ref->name, host),
		workspace, err);
	/* A name is used again after a workspace is deleted: another id is another workspace. */
	if (rc == 1 && ref->id != NULL && workspace->id != NULL) {
		workspace_fini(workspace);
		return 0;
	}
	return rc;
}

int
catalog_workspace_put(struct db *db, const struct workspace *w, struct err *err)
{
	int64_t n = db_run(db, err, ST_WORKSPACE_PUT, "ttttttitzzzzzizizzzzzittzzz", w->key,
	                   w->host, w->id, w->organization, w->name, w->url, w->seen_at,
	                   w->applied_run, w->applied.from, w->applied.to, w->run_ok_at,
	                   w->run_failed_at, w->assessed_at, (int64_t)w->drifted, w->gone_at,
	                   (int64_t)w->checks_failed, w->assessment_failed_at,
	                   w->assessment_heard_at, w->ended_at, w->first_heard_at, w->exact.as_of,
	                   (int64_t)w->exact.gaps + 2 * (int64_t)w->exact.partial, w->project,
	                   w->tags, w->notified_at, w->tasked_at, (int64_t)w->health);

	return n < 0 ? -1 : 0;
}

static struct link *
link_append(struct link_list *list)
{
	list->items = mem_grow(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count] = (struct link){0};
	return &list->items[list->count++];
}

int
catalog_workspaces(struct db *db, const char *after, int limit, struct link_list *list,
                   struct err *err)
{
	struct db_row *row = db_bind(db, ST_WORKSPACES, "ti", after, (int64_t)limit);
	int rc;

	*list = (struct link_list){0};
	while ((rc = db_step(row, err)) == 1)
		workspace_row(row, 0, &link_append(list)->workspace);
	db_end(row);
	return rc;
}

int
catalog_link_add(struct db *db, const char *workspace_key, const char *bucket_key,
                 const char *channel, int64_t now_ms, struct err *err)
{
	return db_run(db, err, ST_LINK_ADD, "ttti", workspace_key, bucket_key, channel, now_ms) < 0
	               ? -1
	               : 0;
}

int
catalog_link_drop(struct db *db, const char *workspace_key, const char *bucket_key, struct err *err)
{
	return db_run(db, err, ST_LINK_DROP, "tt", workspace_key, bucket_key) < 0 ? -1 : 0;
}

int
catalog_links_of_workspace(struct db *db, const char *workspace_key, struct link_list *list,
                           struct err *err)
{
	struct db_row *row = db_bind(db, ST_LINKS_OF_WORKSPACE, "t", workspace_key);
	int rc;

	*list = (struct link_list){0};
	while ((rc = db_step(row, err)) == 1) {
		struct link *link = link_append(list);

		link->bucket_key = row_text(row, 0);
		link->channel = row_text(row, 1);
	}
	db_end(row);
	return rc;
}
