/* The image an incident speaks of, with what stands around it. */
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/announce_group.h"
#include "relay/flow/plan.h"
#include "relay/store/catalog.h"
#include "relay/store/surroundings.h"

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
	struct image image = {0};
	struct history history = {0};
	json_t *cut_off = json_object(), *replacement = NULL;
	int rc = load_subject(plan, incident, &image, err), found = rc;

	*out = NULL;
	if (incident->kind == KIND_IMAGE_SUPERSEDED)
		replacement = json_object_get(incident->detail, "replacement");
	if (found == 1)
		rc = catalog_history(plan->db, image.bucket_key, &history, err);
	if (found == 1 && rc == 0)
		rc = image_with_surroundings(plan->db, &image, &history, replacement, cut_off, out,
		                             err);
	if (found == 1 && rc == 0 && incident->leads)
		rc = group_add_images(plan, incident, *out, cut_off, err);
	image_fini(&image);
	history_fini(&history);
	if (cut != NULL && rc >= 0)
		*cut = cut_off;
	else
		json_decref(cut_off);
	return rc < 0 ? -1 : 0;
}
