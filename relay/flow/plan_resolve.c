/* Usages that were read before their bucket or version was known. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/plan_reading.h"
#include "relay/model/image_id.h"
#include "relay/model/key.h"
#include "relay/store/artifacts.h"
#include "relay/store/catalog.h"
#include "relay/store/usages.h"

/* What is to become of usages of which something was not known. */
struct placing {
	const char *from_bucket; /* those of this bucket, or */
	const char *identifier;  /* of this artifact's key, whose version is not known */
	const char *bucket_key;
	const char *fingerprint; /* NULL: as it is */
};

static bool
is_meant(const struct placing *p, const struct usage *usage)
{
	bool same;
	char *key;

	if (p->from_bucket != NULL)
		return strcmp(usage->bucket_key, p->from_bucket) == 0;
	if (usage->fingerprint[0] != '\0' || usage->external_identifier[0] == '\0' ||
	    (usage->bucket_key[0] != '\0' && strcmp(usage->bucket_key, p->bucket_key) != 0))
		return false;
	key = image_id_key(usage->external_identifier);
	same = strcmp(key, p->identifier) == 0;
	free(key);
	return same;
}

static int
place_usage(struct plan *plan, const char *workspace_key, const struct placing *p,
            const struct usage *usage, struct err *err)
{
	struct usage placed = *usage; /* borrows */

	placed.bucket_key = (char *)p->bucket_key;
	if (p->fingerprint != NULL)
		placed.fingerprint = (char *)p->fingerprint;
	if (usages_drop(plan->db, workspace_key, usage, err) != 0)
		return -1;
	return usages_put(plan->db, workspace_key, &placed, err);
}

static int
place_in_workspace(struct plan *plan, const char *workspace_key, const struct placing *p,
                   struct err *err)
{
	struct usage_list usages;
	struct workspace workspace = {.key = NULL};
	bool gaps = false;
	int rc = usages_of(plan->db, workspace_key, &usages, err);

	for (size_t i = 0; rc == 0 && i < usages.count; i++) {
		const struct usage *usage = &usages.items[i];

		if (is_meant(p, usage))
			rc = place_usage(plan, workspace_key, p, usage, err);
		else
			gaps |= usage_is_current(usage) && usage->bucket_key[0] == '\0';
	}
	if (rc == 0)
		rc = catalog_workspace(plan->db, workspace_key, &workspace, err);
	if (rc == 1) {
		workspace.exact.gaps = gaps;
		rc = catalog_workspace_put(plan->db, &workspace, err);
		if (rc == 0)
			rc = refresh_workspace_images(plan, &workspace, false, err);
		if (rc == 0)
			rc = refresh_about(plan, &workspace, err);
	}
	workspace_fini(&workspace);
	usage_list_fini(&usages);
	return rc < 0 ? -1 : 0;
}

static int
place_everywhere(struct plan *plan, const struct workspace_keys *workspaces,
                 const struct placing *p, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < workspaces->count; i++)
		rc = place_in_workspace(plan, workspaces->items[i], p, err);
	return rc;
}

int
plan_know_artifact(struct plan *plan, const char *bucket_key, const char *fingerprint,
                   const char *external_identifier, struct err *err)
{
	struct workspace_keys workspaces;
	char *key;
	int rc = artifact_put(plan->db, external_identifier, bucket_key, fingerprint, err);

	if (rc != 1)
		return rc;
	key = image_id_key(external_identifier);
	rc = usages_unresolved(plan->db, external_identifier, &workspaces, err);
	if (rc == 0)
		rc = place_everywhere(plan, &workspaces,
		                      &(struct placing){.identifier = key,
		                                        .bucket_key = bucket_key,
		                                        .fingerprint = fingerprint},
		                      err);
	workspace_keys_fini(&workspaces);
	free(key);
	return rc;
}

int
plan_resolve(struct plan *plan, const struct image *image, struct err *err)
{
	size_t i;
	json_t *artifact;

	json_array_foreach(image->artifacts, i, artifact)
	{
		const char *id = json_filled_at(artifact, "external_identifier");

		if (id != NULL &&
		    plan_know_artifact(plan, image->bucket_key, image->fingerprint, id, err) != 0)
			return -1;
	}
	return 0;
}

static int
place_usages_of(struct plan *plan, const char *from_bucket, const char *bucket_key, struct err *err)
{
	struct workspace_keys workspaces;
	struct placing p = {.from_bucket = from_bucket, .bucket_key = bucket_key};
	int rc = usages_in(plan->db, from_bucket, &workspaces, err);

	if (rc == 0)
		rc = place_everywhere(plan, &workspaces, &p, err);
	workspace_keys_fini(&workspaces);
	return rc;
}

int
plan_place_usages(struct plan *plan, const struct bucket_name *name, struct err *err)
{
	char *key = key_bucket(name->organization_id, name->project_id, name->bucket);
	char *nowhere = key_bucket("", "", name->bucket);
	char *somewhere = key_bucket(name->organization_id, "", name->bucket);
	int rc = strcmp(nowhere, key) == 0 ? 0 : place_usages_of(plan, nowhere, key, err);

	if (rc == 0 && strcmp(somewhere, key) != 0 && strcmp(somewhere, nowhere) != 0)
		rc = place_usages_of(plan, somewhere, key, err);
	free(nowhere);
	free(somewhere);
	free(key);
	return rc;
}
