/* Incidents about the runs of a workspace. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/flow/refresh_workspace.h"
#include "relay/model/key.h"

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
	bool failed = run != NULL && run_meaning(run->status) == RUN_FAILED;
	struct trouble t;
	int found = trouble_load(&t, plan, workspace, KIND_WORKSPACE_RUN_FAILED, workspace->key,
	                         err),
	    rc = -1;

	if (found < 0)
		goto out;
	rc = 0;
	if (found == 0 && !(wrong && failed))
		goto out;
	if (wrong && failed) {
		const char *before = json_text_at(t.incident.detail, "run.id");

		t.changed = found == 1 &&
		            (before == NULL || run->id == NULL || strcmp(before, run->id) != 0);
		json_object_set_new(t.incident.detail, "run", run_of(run));
	}
	t.facts.wrong = wrong;
	t.what = wrong                     ? (failed ? "run failed" : NULL)
	         : workspace->gone_at != 0 ? "the workspace is gone"
	                                   : "a later run succeeded";
	rc = trouble_settle(&t, err);
out:
	trouble_fini(&t);
	return rc;
}

/* Nothing else was applied since, which it would have had to be out of the way of. */
static bool
waits_still(const struct workspace *workspace, int64_t since)
{
	return since >= workspace->applied.from && since > workspace->gone_at;
}

/* Loaded, and its end told in a word for what is said and in words for the timeline. */
static int
settle_waiting(struct trouble *t, bool waits, bool told_so, struct err *err)
{
	const char *by = told_so ? "run" : "apply";

	t->facts.wrong = waits;
	if (!waits && t->workspace->gone_at != 0) {
		by = "gone";
		t->what = "the workspace is gone";
	} else if (!waits) {
		t->what = told_so ? "it moved on" : "another run was applied since";
	}
	if (!waits)
		json_object_set_new(t->incident.detail, "ended_by", json_string(by));
	return trouble_settle(t, err);
}

int
refresh_run_waiting(struct plan *plan, const struct workspace *workspace, const struct run *run,
                    const struct run_news *news, struct err *err)
{
	bool waits = run->waits && waits_still(workspace, run->updated_at);
	char *subject = key_join(run->host, run->id, NULL);
	struct trouble t;
	int found = trouble_load(&t, plan, workspace, KIND_WORKSPACE_RUN_WAITING, subject, err),
	    rc = -1;
	json_t *detail = t.incident.detail;

	free(subject);
	if (found < 0)
		goto out;
	rc = 0;
	if (found == 0 && !waits)
		goto out;
	if (waits) {
		const char *before = json_text_at(detail, "run.status");

		t.changed = found == 1 && (before == NULL || strcmp(before, run->status) != 0);
		t.what = found == 0 ? "waits for a person" : NULL;
		json_object_set_new(detail, "since", json_integer(run->updated_at));
	}
	json_object_set_new(detail, "run", run_of(news));
	rc = settle_waiting(&t, waits, !run->waits, err);
out:
	trouble_fini(&t);
	return rc;
}

int
refresh_run_waiting_again(struct plan *plan, const struct workspace *workspace,
                          const struct incident *open, struct err *err)
{
	struct trouble t;
	int found = trouble_load(&t, plan, workspace, open->kind, strchr(open->key, '/') + 1, err),
	    rc = found < 0 ? -1 : 0;

	if (found == 1)
		rc = settle_waiting(
			&t, waits_still(workspace, json_int_at(t.incident.detail, "since", 0)),
			false, err);
	trouble_fini(&t);
	return rc;
}
