/* image.superseded: a channel moved on, and those that follow it have not. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/refresh.h"
#include "relay/model/key.h"
#include "relay/store/catalog.h"

static int
newest_first(const void *a, const void *b)
{
	return image_newer(a, b) ? -1 : image_newer(b, a) ? 1 : 0;
}

/* What a channel says about the versions that workspaces on it run. */
struct promotion {
	struct history history;
	struct image_list images; /* of the bucket, newest first */
	const struct assignment *now;
	const struct image *current, *previous; /* borrowed from images; NULL when not known */
	bool rolled_back;
};

static const struct image *
image_with(const struct image_list *images, const char *fingerprint)
{
	for (size_t i = 0; fingerprint != NULL && i < images->count; i++)
		if (strcmp(images->items[i].fingerprint, fingerprint) == 0)
			return &images->items[i];
	return NULL;
}

static int
load_promotion(struct plan *plan, const char *bucket_key, const char *channel, struct promotion *p,
               struct err *err)
{
	*p = (struct promotion){0};
	if (catalog_history(plan->db, bucket_key, &p->history, err) != 0 ||
	    catalog_images_of(plan->db, bucket_key, &p->images, err) != 0)
		return -1;
	if (p->images.count > 1)
		qsort(p->images.items, p->images.count, sizeof(*p->images.items), newest_first);
	p->now = history_current(&p->history, channel);
	if (p->now == NULL)
		return 0;
	p->current = image_with(&p->images, p->now->fingerprint);
	p->previous = image_with(&p->images, p->now->previous_fingerprint);
	p->rolled_back =
		p->current != NULL && p->previous != NULL && image_newer(p->previous, p->current);
	return 0;
}

static void
promotion_fini(struct promotion *p)
{
	history_fini(&p->history);
	image_list_fini(&p->images);
}

static bool
is_valid(const struct image *image)
{
	return image != NULL && !image_is_deleted(image) &&
	       (image->status == IMAGE_ACTIVE || image->status == IMAGE_SCHEDULED);
}

/* After a promotion: every version older than the current one.  After a
 * rollback: the version that was withdrawn. */
static size_t
left_behind(const struct promotion *p, struct image *out)
{
	size_t n = 0;

	for (size_t i = 0; i < p->images.count; i++) {
		const struct image *image = &p->images.items[i];
		bool behind = p->rolled_back
		                      ? image == p->previous
		                      : image != p->current && !image_newer(image, p->current);

		if (behind && image->status != IMAGE_INCOMPLETE)
			out[n++] = *image;
	}
	return n;
}

static json_t *
replacement_of(const struct promotion *p, const char *channel)
{
	return json_pack("{s:o, s:o, s:s}", "version", json_text_or_null(p->current->version),
	                 "fingerprint", json_text_or_null(p->current->fingerprint), "channel",
	                 channel);
}

/* The subject follows the newest assignment; returns whether it is another now. */
static bool
set_subject(struct incident *incident, const struct promotion *p, const char *channel)
{
	json_t *replacement = replacement_of(p, channel);
	bool same = json_equal(replacement, json_object_get(incident->detail, "replacement"));
	const char *previous = p->previous != NULL ? p->previous->key : NULL;

	json_object_set_new(incident->detail, "replacement", replacement);
	json_object_set_new(incident->detail, "previous_version",
	                    json_text_or_null(p->now->previous_version));
	if (!same || incident->image_key == NULL) {
		free(incident->image_key);
		incident->image_key = mem_str(previous);
	}
	return !same;
}

static char *
superseded_key(const char *bucket_key, const char *channel)
{
	char *last = key_join(channel, NULL);
	char *key =
		mem_fmt("%s/%s/%s", incident_kind_names[KIND_IMAGE_SUPERSEDED], bucket_key, last);

	free(last);
	return key;
}

int
refresh_superseded(struct plan *plan, const char *bucket_key, const char *channel,
                   enum refresh_open open, const struct workspace *only, struct err *err)
{
	char *key = superseded_key(bucket_key, channel);
	struct promotion p = {0};
	struct image *behind = NULL;
	struct question q = {.bucket_key = bucket_key, .channel = channel, .skip_revoked = true};
	struct incident_counts counts;
	struct judgement verdict;
	struct refresh r;
	bool another;
	int found = refresh_load(&r, plan, key, only, err), rc = -1;

	if (found < 0)
		goto out;
	if (found == 0 && open == REFRESH_OPEN_ONLY) {
		rc = 0;
		goto out;
	}
	if (load_promotion(plan, bucket_key, channel, &p, err) != 0)
		goto out;
	if (!is_valid(p.current)) {
		rc = 0; /* unassigned, or still on a revoked version: nobody is asked to move there */
		goto out;
	}
	if (found == 0) {
		r.incident.kind = KIND_IMAGE_SUPERSEDED;
		r.incident.key = mem_str(key);
		r.incident.bucket_key = mem_str(bucket_key);
		r.incident.channel = mem_str(channel);
		r.incident.detail = json_object();
	}
	another = set_subject(&r.incident, &p, channel);
	behind = mem_array(p.images.count, sizeof(*behind));
	q.images = behind;
	q.count = left_behind(&p, behind);
	if (refresh_ask(&r, &q, err) != 0 || refresh_rest(&r, err) != 0)
		goto out;
	if (refresh_is_idle(&r, another)) {
		rc = 0;
		goto out;
	}
	if (refresh_count(&r, &counts, err) != 0)
		goto out;
	verdict = judge_superseded(p.rolled_back ? PHASE_ROLLED_BACK : PHASE_NONE, &counts);
	rc = settle_incident(plan, &r.incident, &r.rows, verdict, another || r.changed, r.what,
	                     err);
out:
	free(behind);
	promotion_fini(&p);
	refresh_fini(&r);
	free(key);
	return rc;
}
