/* image.superseded: a channel moved on, and those that follow it have not. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/refresh.h"
#include "relay/model/key.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"

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

/* What the channel held before: as the assignment says, else as the one before it did. */
static const char *
previous_of(const struct history *history, const struct assignment *now)
{
	bool first = now == history->items || strcmp(now[-1].channel, now->channel) != 0;

	if (now->previous_fingerprint != NULL || now->previous_version != NULL || first)
		return now->previous_fingerprint;
	return now[-1].fingerprint;
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
	p->previous = image_with(&p->images, previous_of(&p->history, p->now));
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

/*
 * After a promotion: every version older than the current one.  After a
 * rollback: the version that was withdrawn; those on older ones (*silent of them,
 * behind it) have not moved, and it is not them that a rollback tells.
 */
static size_t
left_behind(const struct promotion *p, struct image *out, size_t *silent)
{
	size_t n = 0;

	if (p->rolled_back && p->previous->status != IMAGE_INCOMPLETE)
		out[n++] = *p->previous;
	for (size_t i = 0; i < p->images.count; i++) {
		const struct image *image = &p->images.items[i];

		if (image != p->current && !(p->rolled_back && image == p->previous) &&
		    !image_newer(image, p->current) && image->status != IMAGE_INCOMPLETE)
			out[n++] = *image;
	}
	*silent = p->rolled_back && n > 0 ? n - 1 : 0;
	return n;
}

/* "v3" is 3; else -1. */
static long
number_of(const struct image *image)
{
	return image->version != NULL && image->version[0] == 'v' ? atol(image->version + 1) : -1;
}

static int64_t
versions_between(const struct promotion *p, const struct image *image)
{
	long from = number_of(image), to = number_of(p->current);
	int64_t n = 0;

	if (from > 0 && to > from)
		return to - from;
	for (size_t i = 0; i < p->images.count; i++)
		n += p->images.items[i].status != IMAGE_INCOMPLETE &&
		     image_newer(&p->images.items[i], image) &&
		     !image_newer(&p->images.items[i], p->current);
	return n;
}

static int64_t
days_between(const struct promotion *p, const struct image *image)
{
	int64_t from = image->completed_at != 0 ? image->completed_at : image->created_at;
	int64_t to =
		p->current->completed_at != 0 ? p->current->completed_at : p->current->created_at;

	return from != 0 && to > from ? (to - from) / DAY_MS : 0;
}

/* How far behind the one is that is behind furthest. */
static json_t *
behind_of(const struct promotion *p, const struct incident_rows *rows)
{
	int64_t versions = 0, days = 0;

	for (size_t i = 0; !p->rolled_back && i < rows->count; i++) {
		const struct image *image =
			rows->items[i].state == ROW_AFFECTED
				? image_with(&p->images, rows->items[i].fingerprint)
				: NULL;
		int64_t n = image != NULL ? versions_between(p, image) : 0;
		int64_t d = image != NULL ? days_between(p, image) : 0;

		versions = n > versions ? n : versions;
		days = d > days ? d : days;
	}
	return json_pack("{s:I, s:I}", "versions", (json_int_t)versions, "days", (json_int_t)days);
}

static json_t *
replacement_of(const struct promotion *p, const char *channel)
{
	return json_pack("{s:o, s:o, s:s}", "version", json_text_or_null(p->current->version),
	                 "fingerprint", json_text_or_null(p->current->fingerprint), "channel",
	                 channel);
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The subject follows the newest assignment; returns whether it is another now. */
static bool
set_subject(struct incident *incident, const struct promotion *p, const char *channel)
{
	json_t *replacement = replacement_of(p, channel), *detail = incident->detail;
	const char *previous = p->previous != NULL ? p->previous->key : NULL;
	bool same = json_equal(replacement, json_object_get(detail, "replacement")) &&
	            same_text(previous, incident->image_key) &&
	            same_text(p->now->previous_version, json_filled_at(detail, "previous_version"));

	json_object_set_new(detail, "replacement", replacement);
	json_object_set_new(detail, "previous_version",
	                    json_text_or_null(p->now->previous_version));
	free(incident->image_key);
	incident->image_key = mem_str(previous);
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

/* What it points at is nothing to move to: unassigned, revoked or deleted. */
static int
settle_invalid(struct plan *plan, struct refresh *r, struct err *err)
{
	struct incident_counts counts;

	json_object_set_new(r->incident.detail, "invalid", json_true());
	if (refresh_count(r, &counts, err) != 0)
		return -1;
	return settle_incident(
		plan, &r->incident, &r->rows,
		(struct judgement){.phase = r->incident.phase, .severity = r->incident.severity},
		true, "the channel holds no valid version", err);
}

static void
begin(struct refresh *r, const char *key, const char *bucket_key, const char *channel)
{
	r->incident.kind = KIND_IMAGE_SUPERSEDED;
	r->incident.key = mem_str(key);
	r->incident.bucket_key = mem_str(bucket_key);
	r->incident.channel = mem_str(channel);
	r->incident.detail = json_object();
}

/*
 * Nobody is left to be listed, but some only because a revocation tells of them:
 * they may be back.  Whoever heard of it hears its end when they have moved;
 * where nobody did, it is over.  1: it goes on, 0, -1.
 */
static int
goes_on(struct plan *plan, const struct refresh *r, const struct incident_counts *counts,
        struct err *err)
{
	if (r->incident.id[0] == '\0' || counts->affected > 0 || r->aside == 0)
		return 0;
	return notifications_heard(plan->db, r->incident.id, err);
}

/* Asks, and settles what came out.  1: only everyone can tell, and one was asked. */
static int
settle_promotion(struct plan *plan, struct refresh *r, const struct promotion *p,
                 struct question *q, struct err *err)
{
	struct image *behind = mem_array(p->images.count + 1, sizeof(*behind));
	bool another = set_subject(&r->incident, p, q->channel);
	struct incident_counts counts;
	int rc = -1, silent;

	q->images = behind;
	q->count = left_behind(p, behind, &q->silent);
	if (refresh_ask(r, q, err) != 0 || refresh_rest(r, err) != 0)
		goto out;
	rc = 0;
	if (refresh_is_idle(r, another))
		goto out;
	rc = -1;
	if (refresh_count(r, &counts, err) != 0)
		goto out;
	rc = 1;
	if (counts.affected == 0 && r->only != NULL && r->incident.id[0] != '\0')
		goto out;
	rc = silent = goes_on(plan, r, &counts, err);
	if (silent == 1)
		rc = incidents_update(plan->db, &r->incident, err);
	if (silent != 0)
		goto out;
	json_object_set_new(r->incident.detail, "behind", behind_of(p, &r->rows));
	rc = settle_incident(
		plan, &r->incident, &r->rows,
		judge_superseded(p->rolled_back ? PHASE_ROLLED_BACK : PHASE_NONE, &counts),
		another || r->changed, r->what, err);
out:
	free(behind);
	return rc;
}

int
refresh_superseded(struct plan *plan, const char *bucket_key, const char *channel,
                   enum refresh_open open, const struct workspace *only, struct err *err)
{
	char *key = superseded_key(bucket_key, channel);
	struct promotion p = {0};
	struct question q = {.bucket_key = bucket_key, .channel = channel, .skip_revoked = true};
	struct refresh r;
	int found = refresh_load(&r, plan, key, only, err), rc = -1;

	if (found < 0)
		goto out;
	rc = 0;
	if (found == 0 && open == REFRESH_OPEN_ONLY)
		goto out;
	rc = load_promotion(plan, bucket_key, channel, &p, err);
	if (rc != 0)
		goto out;
	if (!is_valid(p.current)) {
		rc = found == 1 ? settle_invalid(plan, &r, err) : 0;
		goto out;
	}
	if (found == 0)
		begin(&r, key, bucket_key, channel);
	/* As with deletions: told when the channel moves, and not of whoever comes up
	 * later and might run anything. */
	q.heard_by = found == 0 ? p.now->at : INT64_MAX;
	rc = settle_promotion(plan, &r, &p, &q, err);
	if (rc == 1 || (rc == 0 && found == 0)) /* it opened for some: the others are asked too */
		rc = refresh_superseded(plan, bucket_key, channel, REFRESH_OPEN_ONLY, NULL, err);
out:
	promotion_fini(&p);
	refresh_fini(&r);
	free(key);
	return rc;
}

int
refresh_followed(struct plan *plan, const char *bucket_key, struct err *err)
{
	struct history history = {0};
	int rc = catalog_history(plan->db, bucket_key, &history, err);

	for (size_t i = 0; rc == 0 && i < history.count; i++)
		if (history_is_current(&history, &history.items[i]))
			rc = refresh_superseded(plan, bucket_key, history.items[i].channel,
			                        REFRESH_FOR_SOMEBODY, NULL, err);
	history_fini(&history);
	return rc;
}
