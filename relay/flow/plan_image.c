/* What HCP Packer tells of versions and channels. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/flow/plan.h"
#include "relay/flow/plan_reading.h"
#include "relay/model/key.h"
#include "relay/store/catalog.h"

static int
load_image(struct plan *plan, const char *bucket_key, const char *fingerprint, struct image *image,
           struct err *err)
{
	char *key = key_image(bucket_key, fingerprint);
	int found = catalog_image(plan->db, key, image, err);

	if (found == 0)
		*image = (struct image){
			.key = mem_str(key),
			.bucket_key = mem_str(bucket_key),
			.fingerprint = mem_str(fingerprint),
			.status = IMAGE_INCOMPLETE,
		};
	free(key);
	return found;
}

/* Was nothing heard of it, or only that it was fine before its descendant was revoked? */
static bool
is_behind(const struct image *ancestor, const struct packer_news *descendant, int64_t revoked_at)
{
	bool revokes =
		descendant->action == VERSION_REVOKE || descendant->action == VERSION_SCHEDULE;

	if (ancestor->as_of == 0)
		return true;
	return revokes && ancestor->status == IMAGE_ACTIVE && ancestor->as_of < revoked_at;
}

/* Such an ancestor is known by what the descendant says: revoked (or to be)
 * when and why that is.  Its own news, when it comes, is no older and counts. */
static int
learn_ancestor(struct plan *plan, const char *bucket_key, const char *fingerprint, char **key,
               bool *known, struct err *err)
{
	const struct packer_news *news = &plan->event->packer;
	int64_t at = plan->event->at != 0 ? plan->event->at : plan->received_at;
	int64_t revoked_at = news->revoke_at != 0 && news->revoke_at < at ? news->revoke_at : at;
	struct image image;
	int found = load_image(plan, bucket_key, fingerprint, &image, err), rc = found < 0 ? -1 : 0;

	*known = found >= 0 && !is_behind(&image, news, revoked_at);
	if (found >= 0 && !*known) {
		mem_update(&image.id, news->inherited_from.id);
		mem_update(&image.version, news->inherited_from.name);
		image.status = news->revoke_at > plan->received_at + REVOKE_AHEAD_MS
		                       ? IMAGE_SCHEDULED
		                       : IMAGE_REVOKED;
		image.as_of = revoked_at;
		image.revoke_at = news->revoke_at;
		mem_update(&image.revoked_by,
		           news->revoked_by != NULL ? news->revoked_by : news->actor);
		mem_update(&image.reason, news->reason);
		rc = catalog_image_put(plan->db, &image, err);
		if (rc == 0)
			rc = refresh_channels_at(plan, &image, err);
	}
	*key = mem_str(image.key);
	image_fini(&image);
	return rc;
}

/* The key of the version whose revocation this one inherited, and whether that
 * was known; NULL when it has its own. */
static int
find_ancestor(struct plan *plan, char **key, bool *known, struct err *err)
{
	const struct packer_news *news = &plan->event->packer;
	const struct version_ref *from = &news->inherited_from;
	char *bucket_key = NULL, *fingerprint = NULL;
	int rc = 0;

	*key = NULL;
	if (!news->inherited ||
	    (from->fingerprint == NULL && from->id == NULL && from->name == NULL))
		return 0;
	if (plan_learn_bucket(plan, from->bucket != NULL ? from->bucket : news->bucket, NULL,
	                      &bucket_key, err) != 0)
		rc = -1;
	else if (from->fingerprint != NULL)
		fingerprint = mem_str(from->fingerprint);
	else if (from->name != NULL &&
	         catalog_fingerprint(plan->db, bucket_key, from->name, &fingerprint, err) < 0)
		rc = -1;
	if (rc == 0 && fingerprint == NULL && from->id != NULL)
		fingerprint = mem_str(from->id);
	if (rc == 0 && fingerprint != NULL)
		rc = learn_ancestor(plan, bucket_key, fingerprint, key, known, err);
	free(fingerprint);
	free(bucket_key);
	return rc;
}

/* Was the ancestor restored after this one inherited its revocation?  Then this
 * one was too.  What its status rests on stays its own news. */
static bool
restored_with(struct image *image, const struct image *ancestor)
{
	if (ancestor->status != IMAGE_ACTIVE || image->as_of > ancestor->as_of ||
	    !image_is_revoked(image))
		return false;
	image->status = IMAGE_ACTIVE;
	image->revoke_at = 0;
	return true;
}

static int
restore_descendants(struct plan *plan, const struct image *ancestor, struct err *err)
{
	struct image_list list;
	int rc = catalog_descendants(plan->db, ancestor->key, &list, err);

	for (size_t i = 0; rc == 0 && i < list.count; i++) {
		if (!restored_with(&list.items[i], ancestor))
			continue;
		rc = catalog_image_put(plan->db, &list.items[i], err);
		if (rc == 0)
			rc = refresh_deleted(plan, &list.items[i], REFRESH_FOR_SOMEBODY, NULL, err);
		if (rc == 0)
			rc = refresh_channels_at(plan, &list.items[i], err);
	}
	image_list_fini(&list);
	return rc;
}

static const char *
timeline_words(const struct image *image, enum version_action action)
{
	if (action == VERSION_DELETE)
		return "deleted";
	return image->status == IMAGE_REVOKED     ? "revoked"
	       : image->status == IMAGE_SCHEDULED ? "revocation scheduled"
	                                          : "revocation lifted";
}

/* What an event made of its version. */
struct fold_result {
	bool changed; /* as image_fold() says */
	bool retold;  /* only the words of its revocation */
	bool known;   /* it, or its ancestor, was revoked or to be revoked before */
	char *former; /* the root of what it had inherited before; NULL */
};

static int
follow_version(struct plan *plan, const struct image *image, struct fold_result result,
               struct err *err)
{
	const struct packer_news *news = &plan->event->packer;
	bool changed = result.changed, told = changed || result.retold;
	bool deletes = plan->event->type == EVENT_VERSION && news->action == VERSION_DELETE;
	enum refresh_open open = !changed || deletes || !image_is_revoked(image) ? REFRESH_OPEN_ONLY
	                         : result.known                                  ? REFRESH_AGAIN
	                                                                         : REFRESH_MAY_OPEN;
	char *root = NULL;
	char *what = mem_fmt("%s %s %s", news->bucket,
	                     image->version != NULL ? image->version : image->fingerprint,
	                     timeline_words(image, news->action));
	int rc = catalog_root(plan->db, image, &root, err);

	if (rc == 0 && changed && image->status == IMAGE_ACTIVE)
		rc = restore_descendants(plan, image, err);
	if (rc == 0 && (told || news->action != VERSION_CREATE))
		rc = refresh_revocation(plan, root, open, NULL, told, what, err);
	/* An image that had an incident of its own before its ancestor was known. */
	if (rc == 0 && strcmp(root, image->key) != 0)
		rc = refresh_revocation(plan, image->key, REFRESH_OPEN_ONLY, NULL, told, what, err);
	/* One that was restored without the ancestor whose revocation it had inherited. */
	if (rc == 0 && changed && result.former != NULL && strcmp(root, result.former) != 0)
		rc = refresh_revocation(plan, result.former, REFRESH_OPEN_ONLY, NULL, told, what,
		                        err);
	if (rc == 0)
		rc = refresh_deleted(plan, image, deletes ? REFRESH_MAY_OPEN : REFRESH_FOR_SOMEBODY,
		                     NULL, err);
	if (rc == 0 && changed)
		rc = refresh_channels_at(plan, image, err);
	if (rc == 0 && changed)
		rc = refresh_followed(plan, image->bucket_key, err);
	if (rc == 0 && plan->event->type == EVENT_VERSION && news->action == VERSION_COMPLETE)
		rc = refresh_released(plan, image, err);
	free(what);
	free(root);
	return rc;
}

static bool
same_text(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

/* News of an inherited revocation that comes after its ancestor was restored. */
static int
restore_late(struct plan *plan, struct image *image, enum image_status before,
             struct fold_result *result, struct err *err)
{
	char *next = mem_str(image->inherited_from);
	int found = 1;

	for (int i = 0; found == 1 && next != NULL && i < GENERATIONS_MAX; i++) {
		struct image ancestor;

		found = catalog_image(plan->db, next, &ancestor, err);
		free(next);
		next = mem_str(ancestor.inherited_from);
		if (found == 1 && restored_with(image, &ancestor)) {
			result->changed = image->status != before;
			result->retold = false;
			found = 0;
		}
		image_fini(&ancestor);
	}
	free(next);
	return found < 0 ? -1 : 0;
}

/* Folds the event into its version.  *out is the caller's. */
static int
learn_version(struct plan *plan, const char *bucket_key, struct image *image,
              struct fold_result *result, struct err *err)
{
	char *ancestor = NULL, *reason = NULL;
	int rc = load_image(plan, bucket_key, plan->event->packer.version.fingerprint, image, err);

	result->known = rc > 0 && image_is_revoked(image);
	if (rc >= 0)
		rc = find_ancestor(plan, &ancestor, &result->known, err);
	if (rc == 0 && image->inherited_from != NULL)
		rc = catalog_root(plan->db, image, &result->former, err);
	if (rc == 0) {
		enum image_status before = image->status;

		reason = mem_str(image->reason);
		result->changed = image_fold(image, plan->event, plan->received_at, ancestor);
		result->retold = !same_text(reason, image->reason);
		rc = restore_late(plan, image, before, result, err);
		if (rc == 0)
			rc = catalog_image_put(plan->db, image, err);
		if (rc == 0 && plan->event->packer.artifacts != NULL)
			rc = plan_resolve(plan, image, err);
	}
	/* Old news of this one, which was restored since, and the first of its ancestor. */
	if (rc == 0 && ancestor != NULL && !result->known &&
	    !same_text(ancestor, image->inherited_from))
		rc = refresh_revocation(plan, ancestor, REFRESH_MAY_OPEN, NULL, true, NULL, err);
	free(reason);
	free(ancestor);
	return rc;
}

int
plan_version(struct plan *plan, struct err *err)
{
	const struct packer_news *news = &plan->event->packer;
	struct image image = {0};
	char *bucket_key = NULL;
	struct fold_result result = {0};
	int rc = plan_learn_bucket(plan, news->bucket, news->bucket_id, &bucket_key, err);

	if (rc == 0)
		rc = learn_version(plan, bucket_key, &image, &result, err);
	if (rc == 0)
		rc = follow_version(plan, &image, result, err);
	image_fini(&image);
	free(result.former);
	free(bucket_key);
	return rc;
}

/* Some payloads name the previous version only; its fingerprint is looked up. */
static int
add_assignment(struct plan *plan, const char *bucket_key, struct err *err)
{
	const struct packer_news *news = &plan->event->packer;
	char *previous = mem_str(news->previous.fingerprint);
	struct assignment a = {
		.channel = (char *)news->channel,
		.at = plan->event->at != 0 ? plan->event->at : plan->received_at,
		.fingerprint = (char *)news->version.fingerprint,
		.version = (char *)news->version.name,
		.previous_version = (char *)news->previous.name,
		.managed = news->channel_managed,
	};
	int rc = 0;

	if (previous == NULL && news->previous.name != NULL)
		rc = catalog_fingerprint(plan->db, bucket_key, news->previous.name, &previous, err);
	a.previous_fingerprint = previous;
	if (rc >= 0)
		rc = catalog_assign(plan->db, bucket_key, plan->event_id, &a, err);
	free(previous);
	return rc;
}

int
plan_assign(struct plan *plan, struct err *err)
{
	const struct packer_news *news = &plan->event->packer;
	struct image image = {0};
	char *bucket_key = NULL;
	struct fold_result result = {0};
	int rc = plan_learn_bucket(plan, news->bucket, news->bucket_id, &bucket_key, err);

	if (rc == 0 && news->version.fingerprint != NULL)
		rc = learn_version(plan, bucket_key, &image, &result, err);
	if (rc == 0)
		rc = add_assignment(plan, bucket_key, err);
	if (rc == 0 && result.changed && image.status == IMAGE_SCHEDULED)
		rc = follow_version(plan, &image, result, err);
	/* What a channel held tells who may run what: also of versions revoked before. */
	if (rc == 0)
		rc = refresh_bucket(plan, bucket_key, err);
	if (rc == 0)
		rc = refresh_channel(plan, bucket_key, news->channel, err);
	if (rc == 0)
		rc = refresh_superseded(plan, bucket_key, news->channel, REFRESH_MAY_OPEN, NULL,
		                        err);
	if (rc == 0)
		rc = refresh_findings_of_bucket(plan, bucket_key, err);
	image_fini(&image);
	free(result.former);
	free(bucket_key);
	return rc;
}
