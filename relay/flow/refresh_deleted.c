/*
 * image.deleted: workspaces run a version that is no longer in the registry.
 *
 * A version that was revoked and then deleted is told as revoked, whichever
 * news came first; when its revocation is lifted, it is told as deleted.
 */
#include <stdlib.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/refresh.h"
#include "relay/model/key.h"
#include "relay/store/incidents.h"

static int64_t
deleted_since(const struct image *image)
{
	return image->deleted_at;
}

static void
set_subject(struct incident *incident, const struct image *image, const char *key)
{
	if (incident->id[0] == '\0') {
		incident->kind = KIND_IMAGE_DELETED;
		incident->key = mem_str(key);
		incident->image_key = mem_str(image->key);
		incident->bucket_key = mem_str(image->bucket_key);
		incident->detail = json_object();
	}
	json_object_set_new(incident->detail, "deleted_by", json_text_or_null(image->deleted_by));
}

int
refresh_deleted(struct plan *plan, const struct image *image, enum refresh_open open,
                const struct workspace *only, struct err *err)
{
	char *key = key_incident(incident_kind_names[KIND_IMAGE_DELETED], image->key);
	bool wrong = image_is_deleted(image) && !image_is_revoked(image);
	struct question q = {.bucket_key = image->bucket_key,
	                     .images = image,
	                     .count = 1,
	                     .since = deleted_since};
	struct incident_counts counts;
	struct refresh r;
	int found = refresh_load(&r, plan, key, only, err), rc = -1;

	if (found < 0)
		goto out;
	rc = 0;
	if (found == 0 && (!wrong || open == REFRESH_OPEN_ONLY))
		goto out;
	set_subject(&r.incident, image, key);
	/* Who was never seen to apply anything may run any version there ever was:
	 * that is told when one is deleted, and not of all that were deleted
	 * before whenever such a workspace comes up. */
	q.heard_by = found == 0 ? image->deleted_at : INT64_MAX;
	rc = -1;
	if (wrong && (refresh_ask(&r, &q, err) != 0 || refresh_rest(&r, err) != 0))
		goto out;
	if (refresh_is_idle(&r, !wrong)) {
		rc = 0;
		goto out;
	}
	if (refresh_count(&r, &counts, err) != 0 ||
	    settle_incident(plan, &r.incident, &r.rows, judge_deleted(wrong, &counts), r.changed,
	                    found == 0 ? "deleted" : r.what, err) != 0)
		goto out;
	rc = 0;
	if (found == 0) /* it opened for some: the others are asked too */
		rc = refresh_deleted(plan, image, REFRESH_OPEN_ONLY, NULL, err);
out:
	refresh_fini(&r);
	free(key);
	return rc;
}
