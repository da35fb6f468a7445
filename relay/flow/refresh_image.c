/* Incidents about images: revocation and release. */
#include <stdio.h>
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

/* When a version was revoked, as far as it is. */
static int64_t
revoked_since(const struct image *image)
{
	return image->status == IMAGE_REVOKED ? image->as_of : INT64_MAX;
}

/* One question for each bucket that the ancestor and its descendants are in. */
static int
ask_members(struct refresh *r, const struct image_list *members, int64_t heard_by, struct err *err)
{
	struct image *images = mem_array(members->count, sizeof(*images));
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < members->count; i++) {
		struct question q = {.bucket_key = members->items[i].bucket_key,
		                     .images = images,
		                     .heard_by = heard_by,
		                     .since = revoked_since};

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

/* It is looked at again when its time has come, if it has one, and when it
 * concerned nobody for long. */
static int
wake_when_due(struct plan *plan, const struct incident *incident, const struct image *image,
              const struct incident_counts *counts, struct err *err)
{
	bool timed = incident->phase == PHASE_SCHEDULED && image->revoke_at != 0;
	int64_t due = timed ? image->revoke_at + REVOCATION_CONFIRM_MS : 0;
	int64_t quiet = counts->total == 0 ? incident->opened_at + REVOCATION_QUIET_MS : 0;

	if (incident->id[0] == '\0')
		return 0;
	if (!incident->open)
		due = quiet = 0;
	return wake_set(plan->db, WAKE_INCIDENT, incident->id,
	                due == 0 || (quiet != 0 && quiet < due) ? quiet : due, err);
}

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/*
 * Without a word of ancestry: what one person revoked for one reason, at one
 * time, in one project is one thing to hear of.  A schedule and a revocation
 * are two.  NULL where nobody is named.
 */
static char *
cause_of(const struct image *image, enum phase phase)
{
	char *memory, *cause;
	struct bucket_name name = bucket_name_of(image->bucket_key, &memory);

	cause = image->revoked_by == NULL
	                ? NULL
	                : key_join(or_empty(name.organization_id), or_empty(name.project_id),
	                           phase == PHASE_REVOKED ? "revoked" : "scheduled",
	                           image->revoked_by, or_empty(image->reason), NULL);
	free(memory);
	return cause;
}

/* The one before it had cleared; those it was told with go on, and so does what
 * was said of them: 1, it speaks for this one too; 0; -1. */
static int
find_former_lead(struct plan *plan, struct incident *incident, struct err *err)
{
	struct incident former;
	struct incident_list group = {0};
	int found = incidents_last(plan->db, incident->key, &former, err), open = 0;
	const char *lead_id = former.lead_id[0] != '\0' ? former.lead_id : former.id;

	if (found == 1 && former.phase == PHASE_CLEARED)
		found = incidents_led(plan->db, lead_id, &group, err) != 0 ? -1 : 1;
	for (size_t i = 0; i < group.count && open == 0; i++)
		open = group.items[i].open;
	if (open != 0)
		snprintf(incident->lead_id, ID_SIZE, "%s", lead_id);
	incident_list_fini(&group);
	incident_fini(&former);
	return found < 0 ? -1 : open;
}

/* One that is to be opened: is there one before it that speaks for it? */
static int
find_lead(struct plan *plan, struct incident *incident, const struct image *image, enum phase phase,
          struct err *err)
{
	char *cause = cause_of(image, phase);
	int found = find_former_lead(plan, incident, err);

	if (found == 0 && cause != NULL)
		found = incidents_lead(plan->db, cause, image->as_of, incident->lead_id, err);
	if (found == 0) {
		incident->cause = cause;
		incident->cause_at = image->as_of;
	} else {
		free(cause);
	}
	return found < 0 ? -1 : 0;
}

/* Its image turned out to have inherited its revocation: the ancestor's incident
 * tells of it now. */
static int
leave_to_ancestor(struct plan *plan, struct refresh *r, const char *ancestor_key, struct err *err)
{
	struct incident_counts counts;
	struct image ancestor;
	char *memory;
	int rc = catalog_image(plan->db, ancestor_key, &ancestor, err);

	if (rc == 1) {
		json_object_set_new(
			r->incident.detail, "inherited_from",
			json_pack("{s:o, s:o}", "bucket",
		                  json_text_or_null(
					  bucket_name_of(ancestor.bucket_key, &memory).bucket),
		                  "version", json_text_or_null(ancestor.version)));
		free(memory);
		rc = refresh_count(r, &counts, err);
	}
	if (rc >= 0)
		rc = settle_incident(plan, &r->incident, &r->rows,
		                     (struct judgement){.phase = r->incident.phase,
		                                        .severity = r->incident.severity},
		                     true, "inherited", err);
	if (rc == 0)
		rc = wake_set(plan->db, WAKE_INCIDENT, r->incident.id, 0, err);
	image_fini(&ancestor);
	return rc < 0 ? -1 : 0;
}

/* Those it lists are not told of a channel that moved on; who is off it again may
 * be behind all the same. */
static int
follow_channels(struct plan *plan, const struct incident_rows *rows, struct err *err)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct incident_row *row = &rows->items[i];
		const char *channel = usage_followed_channel(row->channel);
		bool done = false;

		for (size_t k = 0; k < i && !done; k++)
			done = strcmp(rows->items[k].bucket_key, row->bucket_key) == 0 &&
			       strcmp(usage_followed_channel(rows->items[k].channel), channel) == 0;
		if (!done && refresh_superseded(plan, row->bucket_key, channel,
		                                REFRESH_FOR_SOMEBODY, NULL, err) != 0)
			return -1;
	}
	return 0;
}

/* Where nothing else is to be said of a change: what time alone made of it. */
static const char *const phase_notes[PHASE_COUNT] = {
	[PHASE_DUE] = "due, not confirmed yet",
	[PHASE_CLEARED] = "nobody runs it",
};

/* What is news is told even so; not what everybody has moved off already, which
 * is only put off or confirmed.  1, 0, -1. */
static int
opens_for_nobody(struct plan *plan, const char *key, enum refresh_open open, struct err *err)
{
	struct incident before;
	int found;
	bool cleared;

	if (open != REFRESH_AGAIN)
		return open == REFRESH_MAY_OPEN;
	found = incidents_last(plan->db, key, &before, err);
	cleared = found == 1 && before.phase == PHASE_CLEARED;
	incident_fini(&before);
	return found < 0 ? -1 : !cleared;
}

static void
begin(struct incident *incident, const char *key, const struct image *root)
{
	incident->kind = KIND_IMAGE_REVOCATION;
	incident->key = mem_str(key);
	incident->image_key = mem_str(root->key);
	incident->bucket_key = mem_str(root->bucket_key);
	incident->detail = json_object();
}

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
	if (members.items[0].inherited_from != NULL && image_is_revoked(&members.items[0])) {
		rc = found == 0 ? 0
		                : leave_to_ancestor(plan, &r, members.items[0].inherited_from, err);
		goto out;
	}
	if (found == 0)
		begin(&r.incident, key, &members.items[0]);
	/* Who runs a restored image goes on running it: nobody has moved. */
	if (members.items[0].status != IMAGE_ACTIVE &&
	    ask_members(&r, &members, found == 0 && open == REFRESH_FOR_SOMEBODY ? 0 : INT64_MAX,
	                err) != 0)
		goto out;
	if (refresh_is_idle(&r, changed)) {
		rc = weigh_workspaces(plan, &r.rows, err);
		goto out;
	}
	if (refresh_count(&r, &counts, err) != 0)
		goto out;
	if (found == 0 && counts.affected == 0) {
		rc = opens_for_nobody(plan, key, open, err);
		if (rc != 1)
			goto out;
		rc = -1;
	}
	verdict = judge_revocation(members.items[0].status, members.items[0].revoke_at,
	                           r.incident.opened_at, &counts, plan->now_ms);
	/* It concerned somebody while it was revoked: that is worth one message. */
	if (found == 0 && !verdict.open && members.items[0].status == IMAGE_REVOKED)
		verdict.severity = SEVERITY_CRITICAL;
	if (what == NULL)
		what = r.what != NULL || verdict.phase == r.incident.phase
		               ? r.what
		               : phase_notes[verdict.phase];
	if (found == 0 && verdict.open &&
	    find_lead(plan, &r.incident, &members.items[0], verdict.phase, err) != 0)
		goto out;
	if (settle_incident(plan, &r.incident, &r.rows, verdict, changed || r.changed, what, err) !=
	            0 ||
	    wake_when_due(plan, &r.incident, &members.items[0], &counts, err) != 0)
		goto out;
	rc = weigh_workspaces(plan, &r.rows, err);
	if (rc == 0 && (r.changed || found == 0 || !verdict.open))
		rc = follow_channels(plan, &r.rows, err);
	if (rc == 0 && found == 0 && only != NULL) /* it opened for one: the others are asked too */
		rc = refresh_revocation(plan, root_key, REFRESH_OPEN_ONLY, NULL, false, NULL, err);
out:
	refresh_fini(&r);
	image_list_fini(&members);
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
