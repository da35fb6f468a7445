/* The image an incident speaks of, with what stands around it. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/announce_group.h"
#include "relay/flow/plan.h"
#include "relay/message/document.h"
#include "relay/model/key.h"
#include "relay/store/catalog.h"

/* Did the channel ever hold the image? */
static bool
channel_held(const struct history *history, const char *channel, const struct image *image)
{
	for (size_t i = 0; i < history->count; i++) {
		const struct assignment *a = &history->items[i];

		if (strcmp(a->channel, channel) != 0)
			continue;
		if (a->fingerprint != NULL && strcmp(a->fingerprint, image->fingerprint) == 0)
			return true;
		if (a->previous_fingerprint != NULL &&
		    strcmp(a->previous_fingerprint, image->fingerprint) == 0)
			return true;
	}
	return false;
}

/* What people care to move to: production before others, `latest` last. */
static int
channel_rank(const struct assignment *a)
{
	return strcmp(a->channel, "production") == 0 ? 2 : a->managed ? 0 : 1;
}

/* The version to move to from a revoked one: the valid one that a channel of
 * the image holds now; NULL when there is none. */
static int
replacement_for(struct plan *plan, const struct image *image, const struct history *history,
                json_t **out, struct err *err)
{
	int best = -1;

	*out = NULL;
	for (size_t i = 0; i < history->count; i++) {
		const struct assignment *a = &history->items[i];
		bool current = history_is_current(history, a);
		struct image to;
		char *key;
		int found;

		if (!current || a->fingerprint == NULL || channel_rank(a) <= best ||
		    strcmp(a->fingerprint, image->fingerprint) == 0 ||
		    !channel_held(history, a->channel, image))
			continue;
		key = key_image(image->bucket_key, a->fingerprint);
		found = catalog_image(plan->db, key, &to, err);
		free(key);
		if (found == 1 && !image_is_deleted(&to) &&
		    (to.status == IMAGE_ACTIVE || to.status == IMAGE_SCHEDULED)) {
			best = channel_rank(a);
			json_decref(*out);
			*out = json_pack("{s:o, s:o, s:s}", "version",
			                 json_text_or_null(to.version), "fingerprint",
			                 json_text_or_null(to.fingerprint), "channel", a->channel);
		}
		image_fini(&to);
		if (found < 0)
			return -1;
	}
	return 0;
}

/* 1, 0 where the incident is about none, -1. */
static int
load_subject(struct plan *plan, const struct incident *incident, struct image *image,
             struct err *err)
{
	if (incident->image_key != NULL)
		return catalog_image(plan->db, incident->image_key, image, err);
	if (incident->kind != KIND_IMAGE_SUPERSEDED)
		return 0;
	/* No event told of the version before: its bucket and perhaps its name are known. */
	image->bucket_key = mem_str(incident->bucket_key);
	image->key = mem_str(incident->bucket_key);
	image->fingerprint = mem_str("");
	image->version = mem_str(json_filled_at(incident->detail, "previous_version"));
	return 1;
}

int
announce_image(struct plan *plan, const struct incident *incident, json_t **out, json_t **cut,
               struct err *err)
{
	struct image image = {0}, ancestor = {0};
	struct image_list descendants = {0};
	struct history history = {0};
	json_t *cut_off = json_object(), *replacement = NULL;
	int rc;

	*out = NULL;
	rc = load_subject(plan, incident, &image, err);
	if (rc != 1)
		goto out;
	rc = -1;
	if (catalog_history(plan->db, image.bucket_key, &history, err) != 0 ||
	    catalog_descendants(plan->db, image.key, &descendants, err) != 0)
		goto out;
	if (image.inherited_from != NULL &&
	    catalog_image(plan->db, image.inherited_from, &ancestor, err) < 0)
		goto out;
	if (incident->kind == KIND_IMAGE_SUPERSEDED)
		replacement = json_incref(json_object_get(incident->detail, "replacement"));
	else if (image_shown_status(&image) != IMAGE_ACTIVE &&
	         replacement_for(plan, &image, &history, &replacement, err) != 0)
		goto out;
	*out = document_image(&image,
	                      &(struct image_surroundings){
				      .history = &history,
				      .ancestor = ancestor.key != NULL ? &ancestor : NULL,
				      .descendants = descendants.items,
				      .descendant_count = descendants.count,
				      .replacement = replacement,
			      },
	                      cut_off);
	rc = 0;
out:
	image_fini(&image);
	image_fini(&ancestor);
	image_list_fini(&descendants);
	history_fini(&history);
	json_decref(replacement);
	if (rc == 0 && incident->leads)
		rc = group_add_images(plan, incident, *out, cut_off, err);
	if (cut != NULL && rc >= 0)
		*cut = cut_off;
	else
		json_decref(cut_off);
	return rc < 0 ? -1 : 0;
}
