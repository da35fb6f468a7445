/* Which incidents about images a bucket or a workspace has to do with. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/flow/plan.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"
#include "relay/store/usages.h"

static bool
names(const struct version_ref *ref, const struct image *image)
{
	if (ref->fingerprint != NULL)
		return strcmp(ref->fingerprint, image->fingerprint) == 0;
	return ref->name != NULL && image->version != NULL &&
	       strcmp(ref->name, image->version) == 0;
}

/* Those refreshed already. */
struct roots {
	char **keys;
	size_t count;
};

static void
roots_fini(struct roots *roots)
{
	for (size_t i = 0; i < roots->count; i++)
		free(roots->keys[i]);
	free(roots->keys);
}

/* The revocation it belongs to, which several images of a bucket may share. */
static int
refresh_root_once(struct plan *plan, const struct image *image, enum refresh_open open,
                  struct roots *roots, struct err *err)
{
	char *root;

	if (catalog_root(plan->db, image, &root, err) != 0)
		return -1;
	for (size_t i = 0; i < roots->count; i++)
		if (strcmp(roots->keys[i], root) == 0) {
			free(root);
			return 0;
		}
	roots->keys = mem_grow(roots->keys, roots->count + 1, sizeof(*roots->keys));
	roots->keys[roots->count++] = root;
	return refresh_revocation(plan, root, open, NULL, false, NULL, err);
}

/* Of a bucket's revoked and deleted images those that the assignment speaks
 * of, or the others. */
static int
refresh_assigned(struct plan *plan, const struct image_list *images, bool named,
                 struct roots *roots, struct err *err)
{
	const struct packer_news *news = &plan->event->packer;
	/* Nobody comes to run another because of this assignment. */
	enum refresh_open open = named ? REFRESH_FOR_SOMEBODY : REFRESH_OPEN_ONLY;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < images->count; i++) {
		const struct image *image = &images->items[i];

		if ((names(&news->version, image) || names(&news->previous, image)) != named)
			continue;
		rc = image_is_revoked(image) ? refresh_root_once(plan, image, open, roots, err)
		                             : refresh_deleted(plan, image, open, NULL, err);
	}
	return rc;
}

/* Those named go first: what is refreshed once for several images opens when
 * one of them does. */
int
refresh_bucket(struct plan *plan, const char *bucket_key, struct err *err)
{
	struct image_list images;
	struct roots roots = {0};
	int rc = catalog_withdrawn_of(plan->db, bucket_key, &images, err);

	if (rc == 0)
		rc = refresh_assigned(plan, &images, true, &roots, err);
	if (rc == 0)
		rc = refresh_assigned(plan, &images, false, &roots, err);
	roots_fini(&roots);
	image_list_fini(&images);
	return rc;
}

static int
refresh_deleted_by_key(struct plan *plan, const struct incident *incident,
                       const struct workspace *workspace, struct err *err)
{
	struct image image;
	int found = catalog_image(plan->db, incident->image_key, &image, err);

	if (found == 1)
		found = refresh_deleted(plan, &image, REFRESH_OPEN_ONLY, workspace, err);
	image_fini(&image);
	return found < 0 ? -1 : 0;
}

/* Incidents that list it, also where no rule links it to their bucket any more. */
static int
refresh_listing(struct plan *plan, const struct workspace *workspace,
                const struct incident_list *listing, bool changed, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < listing->count; i++) {
		const struct incident *incident = &listing->items[i];

		if (i > 0 && strcmp(incident->id, listing->items[i - 1].id) == 0)
			continue; /* it lists it for two buckets */
		if (incident->kind == KIND_IMAGE_REVOCATION)
			rc = refresh_revocation(plan, incident->image_key, REFRESH_OPEN_ONLY,
			                        workspace, changed, NULL, err);
		else if (incident->kind == KIND_IMAGE_DELETED)
			rc = refresh_deleted_by_key(plan, incident, workspace, err);
		else
			rc = refresh_superseded(plan, incident->bucket_key, incident->channel,
			                        REFRESH_OPEN_ONLY, workspace, err);
	}
	return rc;
}

static bool
lists_image(const struct incident_list *listing, enum incident_kind kind, const char *image_key)
{
	for (size_t i = 0; i < listing->count; i++)
		if (listing->items[i].kind == kind &&
		    strcmp(listing->items[i].image_key, image_key) == 0)
			return true;
	return false;
}

/* One workspace asked about what it is not listed in. */
struct visit {
	struct plan *plan;
	const struct workspace *workspace;
	const struct incident_list *listing; /* these were refreshed already */
};

/* Of whom nothing is known it is not news that it may run everything, unless an
 * event that comes late says that it was there when that came to be wrong. */
static enum refresh_open
may_open(const struct visit *v, const struct bucket_use *use, int64_t wrong_since)
{
	const struct workspace *w = v->workspace;
	bool known = w->applied.to != 0 || w->exact.as_of != 0 || use->usages.count > 0;
	bool was_there = v->plan->event != NULL && w->first_heard_at <= wrong_since;

	return known || was_there ? REFRESH_FOR_SOMEBODY : REFRESH_OPEN_ONLY;
}

static int
visit_image(const struct visit *v, const struct image *image, enum refresh_open open,
            struct err *err)
{
	char *root;
	int rc = 0;

	if (!image_is_revoked(image))
		return lists_image(v->listing, KIND_IMAGE_DELETED, image->key)
		               ? 0
		               : refresh_deleted(v->plan, image, open, v->workspace, err);
	if (catalog_root(v->plan->db, image, &root, err) != 0)
		return -1;
	if (!lists_image(v->listing, KIND_IMAGE_REVOCATION, root))
		rc = refresh_revocation(v->plan, root, open, v->workspace, false, NULL, err);
	free(root);
	return rc;
}

/*
 * Those of a bucket's revoked and deleted images that it may run: of the
 * revoked each by the root of its revocation.  An incident that closed when
 * the last had moved off opens anew, under a new id, for a workspace that is
 * seen to come (back) to the image.
 */
static int
visit_withdrawn(const struct visit *v, const struct bucket_use *use, struct err *err)
{
	const struct workspace *w = v->workspace;
	struct image_list images;
	struct history history = {0};
	struct usage_found how;
	int rc = catalog_withdrawn_of(v->plan->db, use->bucket_key, &images, err);

	if (rc == 0 && images.count > 0)
		rc = catalog_history(v->plan->db, use->bucket_key, &history, err);
	for (size_t i = 0; rc == 0 && i < images.count; i++)
		if (usage_judge(use, &history, w->applied, w->exact, &images.items[i],
		                v->plan->now_ms, &how))
			rc = visit_image(v, &images.items[i],
			                 may_open(v, use, images.items[i].deleted_at), err);
	history_fini(&history);
	image_list_fini(&images);
	return rc;
}

/* By rule only one whose last run began no later than the channel moved stayed behind. */
static int
visit_channel(const struct visit *v, const struct bucket_use *use, const struct history *history,
              const char *channel, struct err *err)
{
	const struct workspace *w = v->workspace;
	const struct assignment *now = history_current(history, channel);

	if (now == NULL || (now->at < w->applied.from && use->usages.count == 0) ||
	    !usage_follows(use, w->applied, w->exact, channel))
		return 0;
	return refresh_superseded(v->plan, use->bucket_key, channel, may_open(v, use, now->at), w,
	                          err);
}

static bool
is_seen_before(const struct bucket_use *use, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (use->usages.items[k].channel != NULL &&
		    strcmp(use->usages.items[k].channel, use->usages.items[i].channel) == 0)
			return true;
	return false;
}

/* All channels that it follows, or may. */
static int
visit_superseded(const struct visit *v, const struct bucket_use *use, struct err *err)
{
	const char *by_rule = usage_followed_channel(use->channel);
	struct history history = {0};
	int rc = catalog_history(v->plan->db, use->bucket_key, &history, err);

	if (rc == 0)
		rc = visit_channel(v, use, &history, by_rule, err);
	for (size_t i = 0; rc == 0 && i < use->usages.count; i++) {
		const char *channel = use->usages.items[i].channel;

		if (channel != NULL && strcmp(channel, by_rule) != 0 && !is_seen_before(use, i))
			rc = visit_channel(v, use, &history, channel, err);
	}
	history_fini(&history);
	return rc;
}

int
refresh_workspace_images(struct plan *plan, const struct workspace *workspace, bool changed,
                         struct err *err)
{
	struct incident_list listing;
	struct user_list users = {0};
	struct visit visit = {plan, workspace, &listing};
	int rc = incidents_listing(plan->db, workspace->key, &listing, err);

	if (rc == 0)
		rc = refresh_listing(plan, workspace, &listing, changed, err);
	if (rc == 0 && workspace->gone_at == 0)
		rc = users_of_workspace(plan->db, workspace->key, &users, err);
	for (size_t i = 0; rc == 0 && i < users.count; i++) {
		rc = visit_withdrawn(&visit, &users.items[i].use, err);
		if (rc == 0)
			rc = visit_superseded(&visit, &users.items[i].use, err);
	}
	user_list_fini(&users);
	incident_list_fini(&listing);
	return rc;
}

static int
visit_revoked(struct plan *plan, const struct workspace *workspace, const char *bucket_key,
              struct err *err)
{
	struct image_list images;
	int rc = catalog_withdrawn_of(plan->db, bucket_key, &images, err);

	for (size_t i = 0; rc == 0 && i < images.count; i++) {
		char *root = NULL;

		if (!image_is_revoked(&images.items[i]))
			continue;
		rc = catalog_root(plan->db, &images.items[i], &root, err);
		if (rc == 0)
			rc = refresh_revocation(plan, root, REFRESH_OPEN_ONLY, workspace, false,
			                        NULL, err);
		free(root);
	}
	image_list_fini(&images);
	return rc;
}

int
refresh_workspace_past(struct plan *plan, const struct workspace *workspace, struct err *err)
{
	struct user_list users;
	int rc = users_of_workspace(plan->db, workspace->key, &users, err);

	for (size_t i = 0; rc == 0 && i < users.count; i++)
		rc = visit_revoked(plan, workspace, users.items[i].use.bucket_key, err);
	user_list_fini(&users);
	return rc;
}
