/* Incidents about one workspace, and about events nobody understood. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/refresh.h"
#include "relay/flow/refresh_workspace.h"
#include "relay/model/key.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"
#include "relay/store/usages.h"
#include "relay/store/wakes.h"

/* What the workspace runs, and how that is known. */
struct running {
	struct image image; /* key NULL: not known */
	struct usage_found how;
};

/* What it runs of a bucket, and what it is about to where that is all that is known; all
 * but the array is borrowed. */
static struct bucket_use
of_now(const struct bucket_use *use)
{
	struct bucket_use now = *use;

	now.usages.items = mem_array(use->usages.count + 1, sizeof(*now.usages.items));
	now.usages.count = 0;
	for (size_t i = 0; i < use->usages.count; i++)
		if (usage_is_current(&use->usages.items[i]))
			now.usages.items[now.usages.count++] = use->usages.items[i];
	if (now.usages.count == 0 && !use->linked) {
		now.usages.count = use->usages.count;
		memcpy(now.usages.items, use->usages.items,
		       use->usages.count * sizeof(*now.usages.items));
	}
	return now;
}

/* Of a bucket the one version that what is known leaves, or none when there are several. */
static int
only_one(struct plan *plan, const struct workspace *workspace, const struct bucket_use *use,
         struct running *out, struct err *err)
{
	struct bucket_use now = of_now(use);
	struct history history = {0};
	struct image_list images = {0};
	struct usage_found how, of_found = out->how;
	size_t found = 0, at = 0;
	int rc = -1;

	if (catalog_history(plan->db, use->bucket_key, &history, err) != 0 ||
	    catalog_images_of(plan->db, use->bucket_key, &images, err) != 0)
		goto out;
	for (size_t i = 0; i < images.count && found < 2; i++)
		if (usage_judge(&now, &history, workspace->applied, workspace->exact,
		                &images.items[i], plan->now_ms, &how)) {
			found++;
			at = i;
			of_found = how;
		}
	if (found == 1) {
		out->how = of_found;
		out->image = images.items[at];
		images.items[at] = (struct image){0};
		/* The channel is borrowed from what is freed before long. */
		out->how.channel = NULL;
	}
	rc = found == 1;
out:
	free(now.usages.items);
	history_fini(&history);
	image_list_fini(&images);
	return rc;
}

/* How it is known that it runs a revoked image: as the incident's row says. */
static int
revoked_how(struct plan *plan, const struct workspace *workspace, struct running *out,
            struct err *err)
{
	struct user_list users;
	struct history history = {0};
	int rc = users_of_workspace(plan->db, workspace->key, &users, err);

	if (rc == 0)
		rc = catalog_history(plan->db, out->image.bucket_key, &history, err);
	for (size_t i = 0; rc == 0 && i < users.count; i++)
		if (strcmp(users.items[i].use.bucket_key, out->image.bucket_key) == 0 &&
		    !usage_judge(&users.items[i].use, &history, workspace->applied,
		                 workspace->exact, &out->image, plan->now_ms, &out->how))
			out->how = (struct usage_found){false, EVIDENCE_RULE, NULL, false};
	out->how.channel = NULL;
	history_fini(&history);
	user_list_fini(&users);
	return rc < 0 ? -1 : 1;
}

/* A revoked image before all others, else the only one possible.  1, 0, -1. */
static int
image_it_runs(struct plan *plan, const struct workspace *workspace, struct running *out,
              struct err *err)
{
	struct user_list users = {0};
	char *revoked = NULL;
	int rc = incidents_revoked_image(plan->db, workspace->key, NULL, &revoked, err);

	*out = (struct running){.how = {false, EVIDENCE_RULE, NULL, false}};
	if (rc == 1)
		rc = catalog_image(plan->db, revoked, &out->image, err);
	if (rc == 1)
		rc = revoked_how(plan, workspace, out, err);
	else if (rc == 0 && users_of_workspace(plan->db, workspace->key, &users, err) != 0)
		rc = -1;
	else if (rc == 0 && users.count == 1)
		rc = only_one(plan, workspace, &users.items[0].use, out, err);
	user_list_fini(&users);
	free(revoked);
	return rc;
}

static struct incident_row
row_of(const struct workspace *workspace, const struct running *running, bool wrong)
{
	const struct image *image = &running->image;
	bool runs_image = image->key != NULL;
	struct incident_row row = incident_row_of(workspace);

	row.bucket_key = mem_str(runs_image ? image->bucket_key : "");
	row.fingerprint = mem_str(runs_image ? image->fingerprint : "");
	row.version = mem_str(image->version);
	/* What is heard of one after it was destroyed says that it is back. */
	row.state = wrong ? ROW_AFFECTED : workspace->gone_at != 0 ? ROW_GONE : ROW_MOVED;
	row.known = !runs_image || running->how.known;
	row.evidence = running->how.evidence;
	row.planned = running->how.planned;
	return row;
}

/* Kinds that say so where the workspace runs an image that is revoked or deleted. */
static const bool names_image[KIND_COUNT] = {
	[KIND_WORKSPACE_DRIFT] = true,
	[KIND_WORKSPACE_RUN_FAILED] = true,
	[KIND_WORKSPACE_RUN_WAITING] = true,
};

static const char *const image_whats[] = {
	[IMAGE_ACTIVE] = NULL,
	[IMAGE_SCHEDULED] = "runs an image that is to be revoked",
	[IMAGE_REVOKED] = "runs a revoked image",
	[IMAGE_DELETED] = "runs a deleted image",
	[IMAGE_INCOMPLETE] = NULL,
};

/* Keeps what is said of the image it runs; what changed about it, or NULL. */
static const char *
image_news(struct incident *incident, const struct image *image)
{
	bool withdrawn = image->key != NULL && image_whats[image->status] != NULL;
	json_t *before = json_object_get(incident->detail, "withdrawn"), *now;
	bool same;

	if (!names_image[incident->kind])
		return NULL;
	now = withdrawn ? json_pack("[s, s]", image->key, image_status_names[image->status])
	                : json_null();
	same = before != NULL ? json_equal(before, now) : !withdrawn;
	json_object_set_new(incident->detail, "withdrawn", now);
	if (same)
		return NULL;
	return withdrawn ? image_whats[image->status] : "runs no revoked or deleted image any more";
}

/* One that is open is looked at again at its time; a closed one no more. */
static int
wake_again(struct trouble *t, struct err *err)
{
	if (t->wake_at == 0 || t->incident.id[0] == '\0')
		return 0;
	return wake_set(t->plan->db, WAKE_INCIDENT, t->incident.id,
	                t->incident.open ? t->wake_at : 0, err);
}

int
trouble_settle(struct trouble *t, struct err *err)
{
	struct plan *plan = t->plan;
	struct incident *incident = &t->incident;
	struct incident_rows rows = {0};
	struct running running = {.how = {false, EVIDENCE_RULE, NULL, false}};
	const char *news;
	bool somewhere = t->workspace->key != NULL;
	int revoked = 0, rc = -1;

	if (somewhere)
		revoked = incidents_runs_revoked(plan->db, t->workspace->key, err);
	if (revoked < 0 || (somewhere && image_it_runs(plan, t->workspace, &running, err) < 0))
		goto out;
	free(incident->image_key);
	incident->image_key = mem_str(running.image.key);
	rows.items = mem_alloc(sizeof(*rows.items));
	if (somewhere)
		rows.items[rows.count++] = row_of(t->workspace, &running, t->facts.wrong);
	if (incident->id[0] != '\0' &&
	    (incidents_rows_drop(plan->db, incident->id, err) != 0 ||
	     incidents_row_put(plan->db, incident->id, rows.items, err) != 0))
		goto out;
	t->facts.runs_revoked = revoked == 1;
	news = image_news(incident, &running.image);
	t->changed |= news != NULL;
	if (t->what == NULL)
		t->what = news;
	if (settle_incident(plan, incident, &rows, judge_workspace(incident->kind, &t->facts),
	                    t->changed, t->what, err) != 0)
		goto out;
	rc = wake_again(t, err);
out:
	incident_rows_fini(&rows);
	image_fini(&running.image);
	return rc;
}

int
refresh_find(struct plan *plan, enum incident_kind kind, const char *subject_key,
             struct incident *incident, struct err *err)
{
	char *key = key_incident(incident_kind_names[kind], subject_key);
	int rc = incidents_open(plan->db, key, incident, err);

	if (rc == 0) {
		incident->kind = kind;
		incident->key = mem_str(key);
		incident->detail = json_object();
	}
	free(key);
	return rc;
}

int
trouble_load(struct trouble *t, struct plan *plan, const struct workspace *workspace,
             enum incident_kind kind, const char *subject_key, struct err *err)
{
	int found;

	*t = (struct trouble){.plan = plan, .workspace = workspace};
	found = refresh_find(plan, kind, subject_key, &t->incident, err);
	if (found == 0)
		t->incident.workspace_key = mem_str(workspace->key);
	return found;
}

void
trouble_fini(struct trouble *t)
{
	incident_fini(&t->incident);
}

static int
again_assessed(struct plan *plan, const struct workspace *workspace, const struct incident *open,
               struct err *err)
{
	return refresh_assessed_again(plan, workspace, open->kind, err);
}

static int
again_run_failed(struct plan *plan, const struct workspace *workspace, const struct incident *open,
                 struct err *err)
{
	(void)open;
	return refresh_run_failed(plan, workspace, NULL, err);
}

static int
again_auto_destroy(struct plan *plan, const struct workspace *workspace,
                   const struct incident *open, struct err *err)
{
	(void)open;
	return refresh_auto_destroy(plan, workspace, NULL, err);
}

typedef int again_fn(struct plan *, const struct workspace *, const struct incident *open,
                     struct err *);

static again_fn *const again[KIND_COUNT] = {
	[KIND_WORKSPACE_DRIFT] = again_assessed,
	[KIND_WORKSPACE_CHECK_FAILED] = again_assessed,
	[KIND_WORKSPACE_ASSESSMENT_FAILED] = again_assessed,
	[KIND_WORKSPACE_RUN_FAILED] = again_run_failed,
	[KIND_WORKSPACE_RUN_WAITING] = refresh_run_waiting_again,
	[KIND_WORKSPACE_AUTO_DESTROY] = again_auto_destroy,
};

int
refresh_about(struct plan *plan, const struct workspace *workspace, struct err *err)
{
	struct incident_list open;
	int rc = incidents_about(plan->db, workspace->key, &open, err);

	for (size_t i = 0; rc == 0 && i < open.count; i++)
		if (again[open.items[i].kind] != NULL)
			rc = again[open.items[i].kind](plan, workspace, &open.items[i], err);
	incident_list_fini(&open);
	return rc == 0 ? refresh_findings(plan, workspace, err) : -1;
}

int
refresh_about_key(struct plan *plan, const char *workspace_key, struct err *err)
{
	struct incident_list open;
	struct workspace workspace = {0};
	int rc = incidents_about(plan->db, workspace_key, &open, err);

	if (rc == 0 && open.count > 0)
		rc = catalog_workspace(plan->db, workspace_key, &workspace, err);
	if (rc == 1)
		rc = refresh_about(plan, &workspace, err);
	workspace_fini(&workspace);
	incident_list_fini(&open);
	return rc;
}

#define ODD_TOLD 20      /* so many are told one by one */
#define ODD_COUNTED 1000 /* so many are counted anew with each that comes */

/*
 * One more is set aside.  The first few are told each, and then only when they
 * are twice as many as last told: what an upgrade of HCP sends may be thousands
 * of one kind.
 */
static int
count_odd(struct plan *plan, const char *kind, json_t *detail, bool *tell, struct err *err)
{
	int64_t told = json_int_at(detail, "told", 0), seen = json_int_at(detail, "count", 0) + 1;
	int64_t left = incidents_odd_events(plan->db, plan->source, kind, ODD_COUNTED, err);

	if (left == ODD_COUNTED && seen > left)
		left = seen; /* one that is replayed in vain is counted again, until this: */
	if (left > ODD_COUNTED && left >= 2 * told)
		left = incidents_odd_events(plan->db, plan->source, kind, INT64_MAX, err);
	if (left < 0)
		return -1;
	*tell = left > told && (left <= ODD_TOLD || left >= 2 * told);
	json_object_set_new(detail, "count", json_integer(left));
	if (*tell || left < told)
		json_object_set_new(detail, "told", json_integer(left));
	return 0;
}

static int
settle_unknown(struct plan *plan, struct incident *incident, bool open, const char *what,
               struct err *err)
{
	struct incident_rows nobody = {0};

	return settle_incident(plan, incident, &nobody,
	                       (struct judgement){.open = open, .severity = SEVERITY_WARNING}, open,
	                       what, err);
}

/* It is among the incident's events, and changes nothing that is told. */
static int
count_silently(struct plan *plan, const struct incident *incident, const char *reason,
               struct err *err)
{
	if (incidents_update(plan->db, incident, err) != 0)
		return -1;
	return incidents_note(plan->db, incident->id, plan->now_ms, reason, plan->event_id, err);
}

int
refresh_unknown(struct plan *plan, const char *kind, const char *reason, struct err *err)
{
	char *subject = key_join(plan->source, kind, NULL);
	struct incident incident = {0};
	int found = refresh_find(plan, KIND_RELAY_UNKNOWN_EVENT, subject, &incident, err),
	    rc = found < 0 ? -1 : 0;
	bool tell;

	if (found < 0 || (found == 0 && reason == NULL))
		goto out;
	if (reason == NULL) {
		int64_t left = incidents_odd_events(plan->db, plan->source, kind, 1, err);

		rc = left < 0    ? -1
		     : left == 0 ? settle_unknown(plan, &incident, false, "all replayed", err)
		                 : 0;
		goto out;
	}
	json_object_set_new(incident.detail, "source", json_text_or_null(plan->source));
	json_object_set_new(incident.detail, "kind", json_text_or_null(kind));
	json_object_set_new(incident.detail, "reason", json_string(reason));
	rc = count_odd(plan, kind, incident.detail, &tell, err);
	if (rc == 0 && tell)
		rc = settle_unknown(plan, &incident, true, reason, err);
	else if (rc == 0 && found == 1)
		rc = count_silently(plan, &incident, reason, err);
out:
	incident_fini(&incident);
	free(subject);
	return rc;
}
