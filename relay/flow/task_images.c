#include "relay/flow/task_images.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/refresh.h"
#include "relay/flow/usage_of.h"
#include "relay/message/words_task.h"
#include "relay/model/key.h"
#include "relay/store/catalog.h"
#include "relay/store/surroundings.h"
#include "relay/store/usages.h"

#define ADDRESSES_MOST 50
#define REGIONS_MOST 50

void
task_images_init(struct task_images *images)
{
	*images = (struct task_images){.rows = json_array(), .elsewhere = json_object()};
}

void
task_images_fini(struct task_images *images)
{
	json_decref(images->rows);
	json_decref(images->elsewhere);
	usage_list_fini(&images->usages);
	findings_fini(&images->findings);
	*images = (struct task_images){0};
}

/* ---- rows ---- */

/* "v12" is 12; 0: it is not such a name. */
static int64_t
version_number(const char *version)
{
	char *end;
	long long n;

	if (version == NULL || version[0] != 'v')
		return 0;
	n = strtoll(version + 1, &end, 10);
	return *end == '\0' && n > 0 ? n : 0;
}

/* When the channel moved on from this version; 0 = that was not seen. */
static int64_t
left_at(const struct history *history, const char *channel, const char *fingerprint)
{
	int64_t held_at = 0, left = 0;

	for (size_t i = 0; i < history->count; i++) {
		const struct assignment *a = &history->items[i];

		if (strcmp(a->channel, channel) != 0)
			continue;
		if (a->fingerprint != NULL && strcmp(a->fingerprint, fingerprint) == 0) {
			held_at = a->at;
			left = 0;
		} else if (held_at != 0 && left == 0) {
			left = a->at;
		}
	}
	return left;
}

/* *behind is NULL where its channel has nothing newer. */
static int
behind_of(struct plan *plan, const struct image *image, const struct history *history,
          const char *usage_channel, json_t **behind, struct err *err)
{
	const char *channel = usage_followed_channel(usage_channel);
	const struct assignment *now = history_current(history, channel);
	struct image newer;
	char *key;
	int found;

	*behind = NULL;
	if (now == NULL || now->fingerprint == NULL ||
	    strcmp(now->fingerprint, image->fingerprint) == 0)
		return 0;
	key = key_image(image->bucket_key, now->fingerprint);
	found = catalog_image(plan->db, key, &newer, err);
	free(key);
	if (found == 1 && image_newer(&newer, image)) {
		int64_t theirs = version_number(newer.version),
			ours = version_number(image->version);
		int64_t since = left_at(history, channel, image->fingerprint);

		*behind = json_pack("{s:s, s:o, s:o, s:o}", "channel", channel, "version",
		                    json_text_or_null(newer.version), "versions",
		                    ours != 0 && theirs > ours ? json_integer(theirs - ours)
		                                               : json_null(),
		                    "since", json_time_or_null(since));
	}
	image_fini(&newer);
	return found < 0 ? -1 : 0;
}

/* What HCP Packer said in the plan itself is newer than what its webhooks told. */
static enum task_image_state
judge(struct image *image, int64_t revoke_at, int64_t now_ms)
{
	if (revoke_at != 0 && image->revoke_at == 0)
		image->revoke_at = revoke_at;
	if (image_is_deleted(image))
		return TASK_IMAGE_DELETED;
	if (image->status == IMAGE_REVOKED)
		return TASK_IMAGE_REVOKED;
	if (image->status != IMAGE_SCHEDULED && revoke_at == 0)
		return TASK_IMAGE_VALID;
	image->status = image->revoke_at > now_ms ? IMAGE_SCHEDULED : IMAGE_REVOKED;
	return image->status == IMAGE_SCHEDULED ? TASK_IMAGE_SCHEDULED : TASK_IMAGE_REVOKED;
}

/* Where people read about its revocation; a new reference. */
static int
url_of(struct plan *plan, const struct image *image, json_t **url, struct err *err)
{
	struct incident incident = {0};
	char *root = NULL, *text = NULL;
	int found = 0;

	*url = json_null();
	if (plan->conf->links.base_url == NULL || image->key == NULL)
		return 0;
	if (catalog_root(plan->db, image, &root, err) != 0)
		return -1;
	found = refresh_find(plan, KIND_IMAGE_REVOCATION, root, &incident, err);
	if (found == 1) {
		text = mem_fmt("%s/incidents/%s", plan->conf->links.base_url, incident.id);
		*url = json_http_url_or_null(text);
	}
	incident_fini(&incident);
	free(text);
	free(root);
	return found < 0 ? -1 : 0;
}

/* Of one that no webhook told of: what the plan says of it is all there is. */
static void
image_of_usage(const struct usage *usage, struct image *image)
{
	*image = (struct image){
		.bucket_key = mem_str(usage->bucket_key),
		.fingerprint = mem_str(usage->fingerprint),
		.version = mem_str(usage->version),
	};
}

static int
describe(struct plan *plan, const struct usage *usage, int64_t revoke_at, struct image *image,
         json_t *row, struct err *err)
{
	struct history history;
	json_t *shown = NULL, *behind = NULL, *url = NULL;
	enum task_image_state state = judge(image, revoke_at, plan->now_ms);
	int rc = catalog_history(plan->db, usage->bucket_key, &history, err);

	if (rc == 0)
		rc = image_with_surroundings(plan->db, image, &history, NULL, NULL, &shown, err);
	if (rc == 0 && usage->fingerprint[0] == '\0' && state == TASK_IMAGE_VALID)
		state = TASK_IMAGE_UNKNOWN;
	if (rc == 0 && state == TASK_IMAGE_VALID)
		rc = behind_of(plan, image, &history, usage->channel, &behind, err);
	if (rc == 0 && behind != NULL)
		state = TASK_IMAGE_SUPERSEDED;
	if (rc == 0)
		rc = url_of(plan, image, &url, err);
	json_object_set_new(row, "state", json_string(task_image_state_names[state]));
	json_object_set_new(row, "image", shown != NULL ? shown : json_null());
	json_object_set_new(row, "behind", behind != NULL ? behind : json_null());
	json_object_set_new(row, "url", url != NULL ? url : json_null());
	history_fini(&history);
	return rc;
}

static json_t *
row_new(const struct usage *usage, const char *key)
{
	return json_pack("{s:s, s:s?, s:i, s:[], s:[], s:b}", "key", key, "channel", usage->channel,
	                 "instances", 0, "regions", "addresses", "fresh", 0);
}

static int
row_add(struct plan *plan, const struct usage *usage, int64_t revoke_at, const char *key,
        json_t *rows, json_t **row, struct err *err)
{
	struct image image;
	char *image_key = key_image(usage->bucket_key, usage->fingerprint);
	int found =
		usage->fingerprint[0] != '\0' ? catalog_image(plan->db, image_key, &image, err) : 0;

	free(image_key);
	if (found < 0)
		return -1;
	if (found == 0)
		image_of_usage(usage, &image);
	*row = row_new(usage, key);
	json_array_append_new(rows, *row);
	int rc = describe(plan, usage, revoke_at, &image, *row, err);
	image_fini(&image);
	return rc;
}

static json_t *
row_of(json_t *rows, const char *key)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) if (strcmp(json_string_value(json_object_get(row, "key")),
	                                            key) == 0) return row;
	return NULL;
}

static void
add_text(json_t *list, const char *text, size_t most)
{
	const json_t *one;
	size_t i;

	if (text == NULL || json_array_size(list) >= most)
		return;
	json_array_foreach(list, i, one) if (strcmp(json_string_value(one), text) == 0) return;
	json_array_append_new(list, json_string(text));
}

/* One row for each version, whichever regions and resources it is in. */
static int
add(struct plan *plan, const struct usage *usage, int64_t revoke_at, struct task_images *images,
    struct err *err)
{
	char *key;
	json_t *row;
	int rc = 0;

	if (usage->bucket_key[0] == '\0') {
		json_object_set_new(images->elsewhere, usage->external_identifier, json_null());
		return 0;
	}
	key = key_join(usage->bucket_key, usage->fingerprint,
	               usage->version != NULL ? usage->version : "", NULL);
	row = row_of(images->rows, key);
	if (row == NULL)
		rc = row_add(plan, usage, revoke_at, key, images->rows, &row, err);
	free(key);
	if (rc != 0)
		return -1;
	json_object_set_new(row, "instances",
	                    json_integer(json_int_at(row, "instances", 0) + usage->instances));
	add_text(json_object_get(row, "regions"), usage->region, REGIONS_MOST);
	add_text(json_object_get(row, "addresses"), usage->address, ADDRESSES_MOST);
	if (usage->fresh)
		json_object_set_new(row, "fresh", json_true());
	return 0;
}

static int
add_use(struct plan *plan, const struct reading_use *use, struct task_images *images,
        struct err *err)
{
	const struct usage_origin origin = {
		.run = "", .evidence = EVIDENCE_PLAN, .seen_at = plan->received_at};
	size_t first = images->usages.count;
	int rc = usage_of(plan, use, &origin, &images->usages, err);

	for (size_t i = first; rc == 0 && i < images->usages.count; i++)
		rc = add(plan, &images->usages.items[i], use->revoke_at, images, err);
	return rc;
}

int
task_images_of_plan(struct plan *plan, const struct workspace *workspace,
                    const struct reading *reading, struct task_images *images, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < reading->count; i++)
		if (reading->uses[i].planned)
			rc = add_use(plan, &reading->uses[i], images, err);
	return rc == 0 ? findings_of(plan, workspace, &images->usages, &images->findings, err) : -1;
}

int
task_images_known(struct plan *plan, const char *workspace_key, const char *run_id,
                  struct task_images *images, struct err *err)
{
	bool planned = false;
	int rc = usages_of(plan->db, workspace_key, &images->usages, err);

	for (size_t i = 0; run_id != NULL && i < images->usages.count; i++)
		planned |= strcmp(images->usages.items[i].run, run_id) == 0;
	for (size_t i = 0; rc == 0 && i < images->usages.count; i++)
		if (strcmp(images->usages.items[i].run, planned ? run_id : "") == 0)
			rc = add(plan, &images->usages.items[i], 0, images, err);
	return rc;
}
