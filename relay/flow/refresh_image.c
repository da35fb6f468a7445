/* Incidents about images: revocation, superseding, release. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/refresh.h"
#include "relay/model/key.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"
#include "relay/store/wakes.h"

static int
newest_first(const void *a, const void *b)
{
	return image_newer(a, b) ? -1 : image_newer(b, a) ? 1 : 0;
}

/* The revoked ones of `all` that are in this bucket, newest first; borrowed members. */
static size_t
revoked_in(const struct image_list *all, const char *bucket_key, struct image *out)
{
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++)
		if (image_is_revoked(&all->items[i]) &&
		    strcmp(all->items[i].bucket_key, bucket_key) == 0)
			out[n++] = all->items[i];
	if (n > 1)
		qsort(out, n, sizeof(*out), newest_first);
	return n;
}

static bool
bucket_seen_before(const struct image_list *all, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(all->items[k].bucket_key, all->items[i].bucket_key) == 0)
			return true;
	return false;
}

/* One question for each bucket that the ancestor and its descendants are in. */
static int
ask_members(struct refresh *r, const struct image_list *members, struct err *err)
{
	struct image *images = mem_array(members->count, sizeof(*images));
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < members->count; i++) {
		struct question q = {.bucket_key = members->items[i].bucket_key, .images = images};

		if (bucket_seen_before(members, i))
			continue;
		q.count = revoked_in(members, q.bucket_key, images);
		rc = refresh_ask(r, &q, err);
	}
	if (rc == 0)
		rc = refresh_rest(r, err);
	free(images);
	return rc;
}

/* The root image first, then those that inherited its revocation. */
static int
load_members(struct plan *plan, const char *root_key, struct image_list *members, struct err *err)
{
	struct image root;
	int found;

	if (catalog_descendants(plan->db, root_key, members, err) != 0)
		return -1;
	found = catalog_image(plan->db, root_key, &root, err);
	if (found != 1)
		return found;
	members->items = mem_grow(members->items, members->count + 1, sizeof(*members->items));
	memmove(members->items + 1, members->items, members->count * sizeof(*members->items));
	members->items[0] = root;
	members->count++;
	return 1;
}

/* What else is wrong with a workspace weighs more when it runs a revoked image,
 * and less once it does not. */
static int
weigh_workspaces(struct plan *plan, const struct incident_rows *rows, struct err *err)
{
	for (size_t i = 0; i < rows->count; i++)
		if (refresh_about_key(plan, rows->items[i].workspace_key, err) != 0)
			return -1;
	return 0;
}

/* It is looked at again when its time has come, and when it concerned nobody for long. */
static int
wake_when_due(struct plan *plan, const struct incident *incident, const struct image *image,
              const struct incident_counts *counts, struct err *err)
{
	int64_t due =
		incident->phase == PHASE_SCHEDULED ? image->revoke_at + REVOCATION_CONFIRM_MS : 0;
	int64_t quiet = counts->total == 0 ? incident->opened_at + REVOCATION_QUIET_MS : 0;

	if (incident->id[0] == '\0')
		return 0;
	if (!incident->open)
		due = quiet = 0;
	return wake_set(plan->db, WAKE_INCIDENT, incident->id,
	                due == 0 || (quiet != 0 && quiet < due) ? quiet : due, err);
}

/* Where nothing else is to be said of a change: what time alone made of it. */
static const char *const phase_notes[PHASE_COUNT] = {
	[PHASE_DUE] = "due, not confirmed yet",
	[PHASE_CLEARED] = "nobody runs it",
};

int
refresh_revocation(struct plan *plan, const char *root_key, enum refresh_open open,
                   const struct workspace *only, bool changed, const char *what, struct err *err)
{
	char *key = key_incident(incident_kind_names[KIND_IMAGE_REVOCATION], root_key);
	struct image_list members = {0};
	struct incident_counts counts;
	struct judgement verdict;
	struct refresh r;
	int found = refresh_load(&r, plan, key, only, err), rc = -1;

	if (found < 0)
		goto out;
	if (found == 0 && open == REFRESH_OPEN_ONLY) {
		rc = 0;
		goto out;
	}
	if (load_members(plan, root_key, &members, err) != 1)
		goto out;
	if (found == 0) {
		r.incident.kind = KIND_IMAGE_REVOCATION;
		r.incident.key = mem_str(key);
		r.incident.image_key = mem_str(root_key);
		r.incident.bucket_key = mem_str(members.items[0].bucket_key);
		r.incident.detail = json_object();
	}
	/* Who runs a restored image goes on running it: nobody has moved. */
	if (members.items[0].status != IMAGE_ACTIVE && ask_members(&r, &members, err) != 0)
		goto out;
	if (refresh_is_idle(&r, changed)) {
		rc = weigh_workspaces(plan, &r.rows, err);
		goto out;
	}
	if (refresh_count(&r, &counts, err) != 0)
		goto out;
	if (found == 0 && open == REFRESH_FOR_SOMEBODY && counts.affected == 0) {
		rc = 0;
		goto out;
	}
	verdict = judge_revocation(members.items[0].status, members.items[0].revoke_at,
	                           r.incident.opened_at, &counts, plan->now_ms);
	if (what == NULL)
		what = r.what != NULL || verdict.phase == r.incident.phase
		               ? r.what
		               : phase_notes[verdict.phase];
	if (settle_incident(plan, &r.incident, &r.rows, verdict, changed || r.changed, what, err) !=
	            0 ||
	    wake_when_due(plan, &r.incident, &members.items[0], &counts, err) != 0)
		goto out;
	rc = weigh_workspaces(plan, &r.rows, err);
	if (rc == 0 && found == 0 && only != NULL) /* it opened for one: the others are asked too */
		rc = refresh_revocation(plan, root_key, REFRESH_OPEN_ONLY, NULL, false, NULL, err);
out:
	refresh_fini(&r);
	image_list_fini(&members);
	free(key);
	return rc;
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

int
refresh_released(struct plan *plan, const struct image *image, struct err *err)
{
	struct incident_rows nobody = {0};
	struct incident before, incident = {.kind = KIND_IMAGE_RELEASED};
	int rc;

	incident.key = key_incident(incident_kind_names[KIND_IMAGE_RELEASED], image->key);
	rc = incidents_last(plan->db, incident.key, &before, err);
	incident_fini(&before);
	if (rc == 0) { /* told once for each version, however often it is completed */
		incident.image_key = mem_str(image->key);
		incident.bucket_key = mem_str(image->bucket_key);
		incident.detail = json_object();
		rc = settle_incident(plan, &incident, &nobody,
		                     (struct judgement){.open = true, .severity = SEVERITY_INFO},
		                     false, "released", err);
	}
	incident_fini(&incident);
	return rc < 0 ? -1 : 0;
}
