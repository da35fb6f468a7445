#include "relay/store/surroundings.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
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

/* The version to move to from one that is withdrawn: the valid one that a
 * channel of the image holds now; NULL when there is none. */
static int
replacement_for(struct db *db, const struct image *image, const struct history *history,
                json_t **out, struct err *err)
{
	int best = -1;

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
		found = catalog_image(db, key, &to, err);
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

int
image_with_surroundings(struct db *db, const struct image *image, const struct history *history,
                        const json_t *replacement, json_t *cut, json_t **out, struct err *err)
{
	struct image ancestor = {.key = NULL};
	struct image_list descendants = {.items = NULL};
	json_t *found = NULL;
	int rc = catalog_descendants(db, image->key, &descendants, err);

	if (rc >= 0 && image->inherited_from != NULL)
		rc = catalog_image(db, image->inherited_from, &ancestor, err);
	if (rc >= 0 && replacement == NULL && image_shown_status(image) != IMAGE_ACTIVE)
		rc = replacement_for(db, image, history, &found, err);
	if (rc >= 0)
		*out = document_image(image,
		                      &(struct image_surroundings){
					      .history = history,
					      .ancestor = ancestor.key != NULL ? &ancestor : NULL,
					      .descendants = descendants.items,
					      .descendant_count = descendants.count,
					      .replacement = replacement ? replacement : found,
				      },
		                      cut);
	json_decref(found);
	image_list_fini(&descendants);
	image_fini(&ancestor);
	return rc < 0 ? -1 : 0;
}
