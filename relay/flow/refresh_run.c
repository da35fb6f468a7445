/* Incidents about the runs of a workspace. */
#include <string.h>

#include "relay/base/json.h"
#include "relay/flow/refresh_workspace.h"

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
