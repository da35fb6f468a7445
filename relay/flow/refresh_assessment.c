/* Incidents that health assessments tell of: drift, failed checks, and that
 * there is no assessment. */
#include <inttypes.h>
#include <stdio.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/refresh_details.h"
#include "relay/flow/refresh_workspace.h"
#include "relay/store/incidents.h"

#define WHAT_SIZE 100

/* One thing that assessments tell. */
struct sign {
	enum incident_kind kind;
	bool succeeded; /* by those that succeed, or by those that do not */
	bool goes_stale;
	bool (*is_wrong)(const struct workspace *);
	/* Whether this news differs from what was told before, and how. */
	bool (*differs)(const json_t *detail, const struct assessment_news *, char *what);
	const char *opened, *ended;
};

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

static bool
is_drifted(const struct workspace *workspace)
{
	return workspace->drifted;
}

/* An event tells its number only: the same number, told again by each assessment,
 * is no news.  What it was may be asked of the API (refresh_details.h). */
static bool
drift_differs(const json_t *detail, const struct assessment_news *news, char *what)
{
	int64_t before = json_int_at(detail, "drift.resources_drifted", -1),
		now = news->resources_drifted;

	if (before >= 0 && now >= 0)
		snprintf(what, WHAT_SIZE, "%s drifted: %" PRId64 " resources, %" PRId64 " before",
		         now > before ? "more" : "less", now, before);
	return before != now;
}

static bool
has_failed_checks(const struct workspace *workspace)
{
	return workspace->checks_failed;
}

static bool
checks_differ(const json_t *detail, const struct assessment_news *news, char *what)
{
	int64_t failed = json_int_at(detail, "drift.checks_failed", -1),
		errored = json_int_at(detail, "checks_errored", -1);

	if (failed >= 0 && news->checks_failed >= 0 && failed != news->checks_failed)
		snprintf(what, WHAT_SIZE, "%" PRId64 " checks failed, %" PRId64 " before",
		         news->checks_failed, failed);
	return failed != news->checks_failed || errored != news->checks_errored;
}

static bool
never_differs(const json_t *detail, const struct assessment_news *news, char *what)
{
	(void)detail;
	(void)news;
	(void)what;
	return false;
}

static bool
is_unassessed(const struct workspace *workspace)
{
	return workspace_is_unassessed(workspace);
}

static const struct sign signs[] = {
	{KIND_WORKSPACE_DRIFT, true, true, is_drifted, drift_differs, "drifted",
         "no longer drifts"},
	{KIND_WORKSPACE_CHECK_FAILED, true, true, has_failed_checks, checks_differ, "checks failed",
         "no check fails any more"},
	{KIND_WORKSPACE_ASSESSMENT_FAILED, false, false, is_unassessed, never_differs,
         "the assessment did not succeed", "assessed again"},
};

/* Why it is not wrong any more, in a word for what is said and in words for the timeline. */
static const char *
end_of(struct trouble *t, const struct sign *sign)
{
	const struct workspace *workspace = t->workspace;
	const char *by = "assessment", *what = sign->ended;

	if (workspace->gone_at != 0 ||
	    (!sign->succeeded && workspace->assessment_failed_at <= workspace->ended_at)) {
		by = "gone";
		what = "the workspace is gone";
	} else if (sign->goes_stale && workspace->applied.from > workspace->assessed_at) {
		by = "apply";
		what = "applied since";
	} else if (sign->goes_stale && workspace_is_stale(workspace, t->plan->now_ms)) {
		by = "time";
		what = "no assessment for 7 days";
		t->facts.stale = true;
	}
	json_object_set_new(t->incident.detail, "ended_by", json_string(by));
	return what;
}

/* By name it is known until the next assessment's details, unless the numbers
 * say that it was something else. */
static void
set_news(json_t *detail, const struct assessment_news *news, bool differs)
{
	json_t *drift = drift_of(news);

	if (differs) {
		json_object_del(detail, "resources_digest");
		json_object_del(detail, "checks_digest");
		json_object_del(detail, "truncated");
	} else {
		details_keep(drift, json_object_get(detail, "drift"));
	}
	json_object_set_new(detail, "drift", drift);
}

static int
refresh_sign(struct plan *plan, const struct workspace *workspace, const struct sign *sign,
             const struct assessment_news *news, struct err *err)
{
	struct trouble t;
	char what[WHAT_SIZE] = "";
	int found = trouble_load(&t, plan, workspace, sign->kind, workspace->key, err), rc = -1;
	bool wrong = sign->is_wrong(workspace);

	if (found < 0)
		goto out;
	if (news != NULL && news->succeeded != sign->succeeded)
		news = NULL;
	rc = 0;
	if (found == 0 && (news == NULL || !wrong))
		goto out;
	if (news != NULL && wrong) {
		bool differs = sign->differs(t.incident.detail, news, what);

		t.changed = found == 1 && differs;
		set_news(t.incident.detail, news, differs);
		json_object_set_new(t.incident.detail, "checks_errored",
		                    json_integer(news->checks_errored));
	}
	t.facts.wrong = wrong;
	t.what = !wrong            ? end_of(&t, sign)
	         : found == 0      ? sign->opened
	         : what[0] != '\0' ? what
	                           : NULL;
	t.wake_at = sign->goes_stale ? workspace->assessment_heard_at + ASSESSMENT_LIFE_MS : 0;
	/* No news, but what is told of it next is told of this assessment. */
	if (found == 1 && news != NULL && wrong && sign->goes_stale && !t.changed &&
	    incidents_update(plan->db, &t.incident, err) != 0)
		rc = -1;
	if (rc == 0)
		rc = trouble_settle(&t, err);
out:
	trouble_fini(&t);
	return rc;
}

int
refresh_assessed_again(struct plan *plan, const struct workspace *workspace,
                       enum incident_kind kind, struct err *err)
{
	for (size_t i = 0; i < COUNT(signs); i++)
		if (signs[i].kind == kind)
			return refresh_sign(plan, workspace, &signs[i], NULL, err);
	return 0;
}

int
refresh_assessed(struct plan *plan, const struct workspace *workspace,
                 const struct assessment_news *news, struct err *err)
{
	for (size_t i = 0; i < COUNT(signs); i++)
		if (refresh_sign(plan, workspace, &signs[i], news, err) != 0)
			return -1;
	return 0;
}
