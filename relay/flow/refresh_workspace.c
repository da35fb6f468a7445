/* Incidents about one workspace, and about events nobody understood. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/plan.h"
#include "relay/model/key.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"

/* The one version that the rules leave possible, or NULL when there are several. */
static int
only_possible(struct plan *plan, const struct workspace *workspace, const struct link *link,
              struct image *out, struct err *err)
{
	struct history history = {0};
	struct image_list images = {0};
	size_t found = 0, at = 0;
	int rc = -1;

	if (catalog_history(plan->db, link->bucket_key, &history, err) != 0 ||
	    catalog_images_of(plan->db, link->bucket_key, &images, err) != 0)
		goto out;
	for (size_t i = 0; i < images.count && found < 2; i++)
		if (usage_possible(&history, link->channel, workspace->applied, &images.items[i],
		                   plan->now_ms)) {
			found++;
			at = i;
		}
	if (found == 1) {
		*out = images.items[at];
		images.items[at] = (struct image){0};
	}
	rc = found == 1;
out:
	history_fini(&history);
	image_list_fini(&images);
	return rc;
}

/* What the workspace runs, where known: a revoked image before all others,
 * else the only one possible.  1, 0, -1. */
static int
image_it_runs(struct plan *plan, const struct workspace *workspace, struct image *out,
              struct err *err)
{
	struct link_list links = {0};
	char *revoked = NULL;
	int rc = incidents_revoked_image(plan->db, workspace->key, NULL, &revoked, err);

	*out = (struct image){0};
	if (rc == 1)
		rc = catalog_image(plan->db, revoked, out, err);
	else if (rc == 0 && catalog_links_of_workspace(plan->db, workspace->key, &links, err) != 0)
		rc = -1;
	else if (rc == 0 && links.count == 1)
		rc = only_possible(plan, workspace, &links.items[0], out, err);
	link_list_fini(&links);
	free(revoked);
	return rc;
}

static struct incident_row
row_of(const struct workspace *workspace, const struct image *image, bool wrong)
{
	bool runs_image = image->key != NULL;

	return (struct incident_row){
		.workspace_key = mem_str(workspace->key),
		.bucket_key = mem_str(runs_image ? image->bucket_key : ""),
		.fingerprint = mem_str(runs_image ? image->fingerprint : ""),
		.version = mem_str(image->version),
		.state = workspace->gone_at != 0 ? ROW_GONE
	                 : wrong                 ? ROW_AFFECTED
	                                         : ROW_MOVED,
		.known = !runs_image,
		.evidence = EVIDENCE_RULE,
		.workspace_id = mem_str(workspace->id),
		.name = mem_str(workspace->name),
		.organization = mem_str(workspace->organization),
		.url = mem_str(workspace->url),
		.drifted = workspace->drifted,
	};
}

/* Opens, changes or closes; `incident` is the open one or a new one. */
static int
settle_workspace(struct plan *plan, struct incident *incident, const struct workspace *workspace,
                 bool wrong, bool changed, const char *what, struct err *err)
{
	struct incident_rows rows = {0};
	struct image image = {0};
	int revoked = incidents_runs_revoked(plan->db, workspace->key, err), rc = -1;

	if (revoked < 0 || image_it_runs(plan, workspace, &image, err) < 0)
		goto out;
	free(incident->image_key);
	incident->image_key = mem_str(image.key);
	rows.items = mem_alloc(sizeof(*rows.items));
	rows.items[rows.count++] = row_of(workspace, &image, wrong);
	if (incident->id[0] != '\0' &&
	    (incidents_rows_drop(plan->db, incident->id, err) != 0 ||
	     incidents_row_put(plan->db, incident->id, rows.items, err) != 0))
		goto out;
	rc = settle_incident(plan, incident, &rows,
	                     judge_workspace(incident->kind, wrong, revoked == 1), changed, what,
	                     err);
out:
	incident_rows_fini(&rows);
	image_fini(&image);
	return rc;
}

/* The open incident of this kind, or a blank one to open. */
static int
load_or_blank(struct plan *plan, enum incident_kind kind, const char *subject_key,
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

static json_t *
count_or_null(int64_t n)
{
	return n >= 0 ? json_integer(n) : json_null();
}

static json_t *
drift_of(const struct assessment_news *news)
{
	json_t *drift = json_object();

	json_object_set_new(drift, "resources_drifted", count_or_null(news->resources_drifted));
	json_object_set_new(drift, "resources_undrifted", count_or_null(news->resources_undrifted));
	json_object_set_new(drift, "checks_failed", count_or_null(news->checks_failed));
	json_object_set_new(drift, "assessment_id", json_text_or_null(news->id));
	json_object_set_new(drift, "url", json_http_url_or_null(news->url));
	json_object_set_new(drift, "resources", json_array());
	json_object_set_new(drift, "checks", json_array());
	return drift;
}

int
refresh_drift(struct plan *plan, const struct workspace *workspace,
              const struct assessment_news *news, struct err *err)
{
	struct incident incident;
	int found = load_or_blank(plan, KIND_WORKSPACE_DRIFT, workspace->key, &incident, err),
	    rc = -1;
	bool changed = false;

	if (found < 0)
		goto out;
	rc = 0;
	if (found == 0 && (news == NULL || !workspace->drifted))
		goto out;
	if (found == 0)
		incident.workspace_key = mem_str(workspace->key);
	if (news != NULL && workspace->drifted) {
		json_t *drift = drift_of(news);

		/* What drifted is known by its number only: the same number, told
		 * again by each assessment, is no news. */
		changed = found == 1 && json_int_at(incident.detail, "drift.resources_drifted",
		                                    -1) != news->resources_drifted;
		json_object_set_new(incident.detail, "drift", drift);
	}
	rc = settle_workspace(plan, &incident, workspace, workspace->drifted, changed,
	                      !workspace->drifted ? "no longer drifts"
	                      : found == 0        ? "drifted"
	                                          : NULL,
	                      err);
out:
	incident_fini(&incident);
	return rc;
}

static json_t *
run_of(const struct run_news *run)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "id", json_text_or_null(run->id), "status",
	                 json_text_or_null(run->status), "message", json_text_or_null(run->message),
	                 "created_by", json_text_or_null(run->created_by), "url",
	                 json_http_url_or_null(run->url));
}

int
refresh_run_failed(struct plan *plan, const struct workspace *workspace, const struct run_news *run,
                   struct err *err)
{
	bool wrong = workspace->gone_at == 0 && workspace->run_failed_at != 0 &&
	             workspace->run_failed_at >= workspace->run_ok_at;
	bool failed = run != NULL && run_meaning(run->status) == RUN_FAILED, changed = false;
	struct incident incident;
	int found = load_or_blank(plan, KIND_WORKSPACE_RUN_FAILED, workspace->key, &incident, err),
	    rc = -1;

	if (found < 0)
		goto out;
	rc = 0;
	if (found == 0 && !(wrong && failed))
		goto out;
	if (found == 0)
		incident.workspace_key = mem_str(workspace->key);
	if (wrong && failed) {
		const char *before = json_text_at(incident.detail, "run.id");

		changed = found == 1 &&
		          (before == NULL || run->id == NULL || strcmp(before, run->id) != 0);
		json_object_set_new(incident.detail, "run", run_of(run));
	}
	rc = settle_workspace(plan, &incident, workspace, wrong, changed,
	                      wrong ? "run failed" : "a later run succeeded", err);
out:
	incident_fini(&incident);
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
	int found = load_or_blank(plan, KIND_RELAY_UNKNOWN_EVENT, subject, &incident, err),
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
