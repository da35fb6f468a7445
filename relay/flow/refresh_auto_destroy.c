/* That a workspace is to be destroyed by itself. */
#include <stdlib.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/refresh_workspace.h"
#include "relay/store/incidents.h"

/* HCP tells neither that a schedule was taken back nor that somebody destroyed it
 * by hand: so long after the time, it ends by itself. */
#define AUTO_DESTROY_LIFE_MS (7 * DAY_MS)

/*
 * A reminder carries the time of what it reminds of and none of its own, so it
 * counts when it arrives; but not behind its own results, which closed it.
 */
static int
is_over(struct trouble *t, const struct auto_destroy_news *news, struct err *err)
{
	struct incident last;
	int found;

	if (news->at != 0 && news->at <= t->workspace->gone_at)
		return 1;
	found = incidents_last(t->plan->db, t->incident.key, &last, err);
	if (found == 1)
		found = news->at != 0 && !last.open &&
		        json_time_at(last.detail, "auto_destroy.at") == news->at;
	incident_fini(&last);
	return found;
}

static bool
could_not_start(const struct auto_destroy_news *news)
{
	return news->results && news->run_id == NULL &&
	       (news->error != NULL || news->run_status == NULL);
}

/* Keeps what a reminder or a failure told. */
static void
take_news(struct trouble *t, const struct auto_destroy_news *news, bool was_open)
{
	json_t *before = json_object_get(t->incident.detail, "auto_destroy"), *now = json_object();
	bool failed = could_not_start(news);

	if (failed)
		json_object_set(now, "at",
		                before != NULL ? json_object_get(before, "at") : json_null());
	else
		json_object_set_new(now, "at", json_time_or_null(news->at));
	json_object_set_new(now, "failed", json_boolean(failed));
	json_object_set_new(now, "error", failed ? json_text_or_null(news->error) : json_null());
	t->changed = was_open && !json_equal(before, now);
	t->what = failed ? "the run could not be created" : "to be destroyed";
	json_object_set_new(t->incident.detail, "auto_destroy", now);
	json_object_set_new(t->incident.detail, "told_at", json_integer(t->plan->received_at));
}

static json_t *
run_of(const struct trouble *t, const struct auto_destroy_news *news)
{
	const char *base = t->workspace->url;
	char *url = base != NULL && news->run_id != NULL ? mem_fmt("%s/runs/%s", base, news->run_id)
	                                                 : NULL;
	json_t *run = json_pack("{s:o, s:o, s:n, s:n, s:o}", "id", json_text_or_null(news->run_id),
	                        "status", json_text_or_null(news->run_status), "message",
	                        "created_by", "url", json_http_url_or_null(url));

	free(url);
	return run;
}

/* Of an open one, or one that is to open: is it as it was told? */
static void
judge(struct trouble *t)
{
	const struct workspace *workspace = t->workspace;
	const json_t *detail = t->incident.detail;
	int64_t told_at = json_int_at(detail, "told_at", 0),
		at = json_time_at(detail, "auto_destroy.at");
	bool failed = json_true_at(detail, "auto_destroy.failed");
	const char *by = NULL;

	t->wake_at = (at > told_at ? at : told_at) + AUTO_DESTROY_LIFE_MS;
	t->facts.failed = failed;
	if (told_at <= workspace->gone_at) {
		by = "gone";
		t->what = "the workspace is gone";
	} else if (failed && workspace->applied.from > told_at) {
		by = "apply";
		t->what = "applied since";
	} else if (t->wake_at <= t->plan->now_ms) {
		by = "time";
		t->what = "nothing was heard of it for 7 days";
		t->facts.stale = true;
	}
	t->facts.wrong = by == NULL;
	if (by != NULL)
		json_object_set_new(t->incident.detail, "ended_by", json_string(by));
}

int
refresh_auto_destroy(struct plan *plan, const struct workspace *workspace,
                     const struct auto_destroy_news *news, struct err *err)
{
	struct trouble t;
	int found = trouble_load(&t, plan, workspace, KIND_WORKSPACE_AUTO_DESTROY, workspace->key,
	                         err),
	    over = 0, rc = -1;
	bool ends = news != NULL && news->results && !could_not_start(news);

	if (found == 0 && news != NULL && !news->results)
		over = is_over(&t, news, err);
	if (found < 0 || over < 0)
		goto out;
	rc = 0;
	if (found == 0 && (news == NULL || ends || over == 1))
		goto out;
	if (ends) {
		json_object_set_new(t.incident.detail, "run", run_of(&t, news));
		json_object_set_new(t.incident.detail, "ended_by", json_string("results"));
		t.what = "the run was created";
		t.wake_at = plan->now_ms; /* of one that closes: never more */
	} else {
		if (news != NULL)
			take_news(&t, news, found == 1);
		judge(&t);
	}
	rc = trouble_settle(&t, err);
out:
	trouble_fini(&t);
	return rc;
}
