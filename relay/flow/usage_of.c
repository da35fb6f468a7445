#include "relay/flow/usage_of.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/flow/plan_reading.h"
#include "relay/model/key.h"
#include "relay/store/artifacts.h"
#include "relay/store/catalog.h"

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* Its bucket: by its full name, else the only one of that name; where there is none
 * yet, the key of as much of the name as is known. */
static int
find_bucket(struct plan *plan, const struct reading_use *use, char **key, struct err *err)
{
	const struct bucket_name name = {or_empty(use->organization_id), or_empty(use->project_id),
	                                 use->bucket};
	int rc;

	if (use->organization_id != NULL && use->project_id != NULL)
		return plan_know_bucket(plan, &name, NULL, key, err);
	rc = catalog_bucket_named(plan->db, use->organization_id, use->project_id, use->bucket, key,
	                          err);
	if (rc == 0)
		*key = key_bucket(name.organization_id, name.project_id, name.bucket);
	return rc < 0 ? -1 : 0;
}

/* By HCP's version id where no fingerprint was sent: providers before 0.82.0. */
static int
find_version(struct plan *plan, const struct reading_use *use, const char *bucket_key,
             char **fingerprint, struct err *err)
{
	*fingerprint = mem_str(use->fingerprint);
	if (*fingerprint != NULL || use->version_id == NULL)
		return 0;
	return catalog_fingerprint_of_id(plan->db, bucket_key, use->version_id, fingerprint, err) <
	                       0
	               ? -1
	               : 0;
}

/* The version that this artifact was built as: the bucket's, or any bucket's where
 * that is not known ("").  Both are the caller's and replaced when it is found. */
static int
find_by_artifact(struct plan *plan, const char *external_identifier, char **bucket_key,
                 char **fingerprint, struct err *err)
{
	struct image image = {.key = NULL};
	char *image_key;
	int rc = artifact_find(plan->db, external_identifier, *bucket_key, &image_key, err);

	if (rc == 1)
		rc = catalog_image(plan->db, image_key, &image, err);
	if (rc == 1) {
		free(*bucket_key);
		free(*fingerprint);
		*bucket_key = mem_str(image.bucket_key);
		*fingerprint = mem_str(image.fingerprint);
	}
	image_fini(&image);
	free(image_key);
	return rc < 0 ? -1 : 0;
}

/* A version that no event told of yet: what a data source reads was completed. */
static int
know_version(struct plan *plan, const struct reading_use *use, const char *bucket_key,
             const char *fingerprint, struct err *err)
{
	char *key = key_image(bucket_key, fingerprint);
	struct image image;
	int rc = catalog_image(plan->db, key, &image, err);

	if (rc == 0) {
		image = (struct image){
			.key = mem_str(key),
			.bucket_key = mem_str(bucket_key),
			.fingerprint = mem_str(fingerprint),
			.id = mem_str(use->version_id),
			.version = mem_str(use->version),
			.status = IMAGE_ACTIVE,
		};
		rc = catalog_image_put(plan->db, &image, err);
	} else if (rc == 1 && image.version == NULL && use->version != NULL) {
		image.version = mem_str(use->version);
		rc = catalog_image_put(plan->db, &image, err);
	}
	image_fini(&image);
	free(key);
	return rc < 0 ? -1 : 0;
}

/* What it names: *bucket_key is NULL where it names no bucket, *fingerprint where no version. */
static int
find_named(struct plan *plan, const struct reading_use *use, char **bucket_key, char **fingerprint,
           struct err *err)
{
	*bucket_key = *fingerprint = NULL;
	if (use->bucket == NULL)
		return 0;
	if (find_bucket(plan, use, bucket_key, err) != 0)
		return -1;
	return find_version(plan, use, *bucket_key, fingerprint, err);
}

int
usage_learn(struct plan *plan, const struct reading_use *use, struct err *err)
{
	char *bucket_key = NULL, *fingerprint = NULL;
	int rc = use->external_identifier != NULL
	                 ? find_named(plan, use, &bucket_key, &fingerprint, err)
	                 : 0;

	if (rc == 0 && fingerprint != NULL)
		rc = know_version(plan, use, bucket_key, fingerprint, err);
	if (rc == 0 && fingerprint != NULL)
		rc = plan_know_artifact(plan, bucket_key, fingerprint, use->external_identifier,
		                        err);
	free(bucket_key);
	free(fingerprint);
	return rc;
}

static int
place(struct plan *plan, const struct reading_use *use, char **bucket_key, char **fingerprint,
      struct err *err)
{
	int rc = find_named(plan, use, bucket_key, fingerprint, err);
	bool named = *fingerprint != NULL;

	if (rc == 0 && named)
		rc = know_version(plan, use, *bucket_key, *fingerprint, err);
	if (*bucket_key == NULL)
		*bucket_key = mem_str("");
	if (rc == 0 && !named && use->external_identifier != NULL)
		rc = find_by_artifact(plan, use->external_identifier, bucket_key, fingerprint, err);
	if (*fingerprint == NULL)
		*fingerprint = mem_str("");
	return rc;
}

int
usage_of(struct plan *plan, const struct reading_use *use, const struct usage_origin *origin,
         struct usage_list *list, struct err *err)
{
	char *bucket_key = NULL, *fingerprint = NULL;
	int rc = place(plan, use, &bucket_key, &fingerprint, err);

	if (rc != 0) {
		free(bucket_key);
		free(fingerprint);
		return -1;
	}
	list->items = mem_grow(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = (struct usage){
		.run = mem_str(origin->run),
		.bucket_key = bucket_key,
		.fingerprint = fingerprint,
		.external_identifier = mem_str(or_empty(use->external_identifier)),
		.evidence = origin->evidence,
		.certain = true,
		.basis = use->basis,
		.channel = mem_str(use->channel),
		.pinned = use->bucket != NULL && use->channel == NULL &&
	                  (use->fingerprint != NULL || use->version_id != NULL),
		.version = mem_str(use->version),
		.platform = mem_str(use->platform),
		.region = mem_str(use->region),
		.provider = mem_str(use->provider),
		.type = mem_str(use->type),
		.address = mem_str(use->address),
		.instances = use->count,
		.fresh = use->fresh,
		.seen_at = origin->seen_at,
	};
	return 0;
}
