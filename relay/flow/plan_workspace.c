/* What HCP Terraform tells of a workspace. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/ulid.h"
#include "relay/flow/plan.h"
#include "relay/flow/plan_owe.h"
#include "relay/flow/plan_run_end.h"
#include "relay/store/applies.h"
#include "relay/store/catalog.h"
#include "relay/store/runs.h"

static void
new_workspace(struct plan *plan, struct workspace *workspace)
{
	const struct workspace_ref *ref = &plan->event->workspace;
	char key[ID_SIZE];

	id_make("wks", plan->now_ms, key);
	*workspace = (struct workspace){
		.key = mem_str(key),
		.host = mem_str(ref->host != NULL ? ref->host : ""),
		.organization = mem_str(""),
		.name = mem_str(ref->name != NULL ? ref->name : ref->id),
	};
}

/* What was heard of it, for those who want to know what is not. */
static void
note_heard(const struct plan *plan, struct workspace *workspace)
{
	int64_t *heard = plan->event->type == EVENT_RUN        ? &workspace->notified_at
	                 : plan->event->type == EVENT_RUN_TASK ? &workspace->tasked_at
	                                                       : NULL;

	if (heard != NULL && plan->received_at > *heard)
		*heard = plan->received_at;
}

int
plan_learn_workspace(struct plan *plan, struct workspace *workspace, struct err *err)
{
	const struct workspace_ref *ref = &plan->event->workspace;
	int64_t at = plan->event->at != 0 ? plan->event->at : plan->received_at;
	bool linked_anew;
	int found;

	*workspace = (struct workspace){0};
	if (ref->id == NULL && ref->name == NULL)
		return 0;
	found = catalog_workspace_find(plan->db, ref, workspace, err);
	if (found < 0)
		return -1;
	linked_anew = found == 0;
	if (found == 0)
		new_workspace(plan, workspace);
	mem_update(&workspace->id, ref->id);
	note_heard(plan, workspace);
	if (workspace->first_heard_at == 0 || at < workspace->first_heard_at)
		workspace->first_heard_at = at;
	if (at >= workspace->seen_at) { /* an older event does not take a rename back */
		workspace->seen_at = at;
		linked_anew |= mem_update(&workspace->name, ref->name);
		linked_anew |= mem_update(&workspace->organization, ref->organization);
		mem_update(&workspace->url, ref->url);
	}
	if (catalog_workspace_put(plan->db, workspace, err) != 0)
		return -1;
	if (linked_anew && plan_link_workspace(plan, workspace, err) != 0)
		return -1;
	/* Another policy may be for it by its new name. */
	if (linked_anew && found == 1 && refresh_findings(plan, workspace, err) != 0)
		return -1;
	return linked_anew ? 2 : 1;
}

static int
workspace_changed(struct plan *plan, const struct workspace *workspace, bool drift_changed,
                  struct err *err)
{
	if (catalog_workspace_put(plan->db, workspace, err) != 0)
		return -1;
	return refresh_workspace_images(plan, workspace, drift_changed, err);
}

/* What is known of a run, with this news of it. */
struct heard {
	struct run run;
	bool ends; /* it is known just now how it ended */
};

/* Whether it waits for a person; and how it ended. */
static int
plan_heard_of(struct plan *plan, const struct workspace *workspace, const struct run_news *news,
              struct heard *heard, struct err *err)
{
	struct run *run = &heard->run;
	bool told, applying, ended;

	if (runs_get(plan->db, workspace->host, news->id, run, err) < 0)
		return -1;
	applying = run->applying;
	ended = run_end(run->status) != RUN_GOES_ON;
	told = run_told(run, news, plan->received_at);
	heard->ends = run_end(run->status) != RUN_GOES_ON && (!ended || run->applying != applying);
	if (told || run->applying != applying) {
		free(run->workspace_key);
		run->workspace_key = mem_str(workspace->key);
		if (runs_put(plan->db, run, err) != 0)
			return -1;
	}
	return told ? refresh_run_waiting(plan, workspace, run, news, err) : 0;
}

/* Where its plan was not read, or did not come to be as planned, its state tells. */
static bool
owes_state(const struct run *run, bool plan_read)
{
	return run_end(run->status) == RUN_END_APPLIED ? !plan_read : run->applying;
}

/* Does it say anything of what the workspace runs?  1, 0, -1. */
static int
plan_end(struct plan *plan, struct workspace *workspace, const struct run_news *news,
         const struct heard *heard, struct err *err)
{
	int64_t at = news->updated_at != 0 ? news->updated_at : plan->received_at;
	struct applied applied = {news->created_at != 0 ? news->created_at : at, at};
	bool is_applied = run_end(news->status) == RUN_END_APPLIED;
	int read = 0;

	if (is_applied && applies_add(plan->db, workspace->key, applied, err) != 0)
		return -1;
	if (heard->ends)
		read = plan_run_ended(plan, workspace, &heard->run, applied.from, err);
	if (read >= 0 && heard->ends && owes_state(&heard->run, read == 1) &&
	    plan_owe_state(plan, workspace, heard->run.id, heard->run.id, applied.from, err) != 0)
		return -1;
	return read < 0 ? -1 : read == 1 || is_applied;
}

static int
plan_run(struct plan *plan, struct workspace *workspace, const struct run_news *run,
         struct err *err)
{
	bool drifted = workspace->drifted,
	     counts = workspace_run(workspace, run, plan->received_at);
	struct heard heard = {.ends = false};
	int rc = run->id != NULL ? plan_heard_of(plan, workspace, run, &heard, err) : 0;
	int changed = rc == 0 ? plan_end(plan, workspace, run, &heard, err) : -1;

	run_fini(&heard.run);
	if (changed < 0)
		return -1;
	if (changed == 1) {
		if (workspace_changed(plan, workspace, drifted != workspace->drifted, err) != 0 ||
		    refresh_about(plan, workspace, err) != 0 ||
		    (!counts && refresh_workspace_past(plan, workspace, err) != 0))
			return -1;
	} else if (counts && catalog_workspace_put(plan->db, workspace, err) != 0) {
		return -1;
	}
	if (!counts)
		return 0;
	if (refresh_run_failed(plan, workspace, run, err) != 0)
		return -1;
	return run_meaning(run->status) == RUN_FAILED ? plan_owe_tasks(plan, workspace, run, err)
	                                              : 0;
}

/* An apply tells what the workspace runs; before it is taken in, a new one would
 * seem to run everything. */
static bool
brings_apply(const struct event *event)
{
	for (size_t i = 0; i < event->run_count; i++)
		if (run_meaning(event->runs[i].status) == RUN_APPLIED)
			return true;
	return false;
}

int
plan_runs(struct plan *plan, struct err *err)
{
	struct workspace workspace;
	int learnt = plan_learn_workspace(plan, &workspace, err), rc = learnt < 0 ? -1 : 0;

	if (learnt == 2 && !brings_apply(plan->event))
		rc = refresh_workspace_images(plan, &workspace, false, err);
	for (size_t i = 0; rc == 0 && learnt > 0 && i < plan->event->run_count; i++)
		rc = plan_run(plan, &workspace, &plan->event->runs[i], err);
	workspace_fini(&workspace);
	return rc;
}

int
plan_assessment(struct plan *plan, struct err *err)
{
	const struct assessment_news *news = &plan->event->assessment;
	struct workspace workspace;
	int learnt = plan_learn_workspace(plan, &workspace, err), rc = learnt < 0 ? -1 : 0;
	bool drifted = workspace.drifted;

	if (learnt > 0 && workspace_assessed(&workspace, news, plan->received_at)) {
		workspace_forget(&workspace, plan->now_ms); /* it may have waited for long */
		rc = workspace_changed(plan, &workspace, drifted != workspace.drifted, err);
		if (rc == 0)
			rc = refresh_assessed(plan, &workspace, news, err);
		if (rc == 0)
			rc = plan_owe_assessment(plan, &workspace, news, err);
	} else if (learnt == 2) {
		rc = refresh_workspace_images(plan, &workspace, false, err);
	}
	workspace_fini(&workspace);
	return rc;
}

int
plan_workspace_woken(struct plan *plan, const char *workspace_key, struct err *err)
{
	struct workspace workspace;
	int rc = catalog_workspace(plan->db, workspace_key, &workspace, err);
	bool drifted = workspace.drifted;

	if (rc == 1 && workspace_forget(&workspace, plan->now_ms))
		rc = workspace_changed(plan, &workspace, drifted, err) == 0 ? 1 : -1;
	if (rc == 1)
		rc = refresh_about(plan, &workspace, err);
	workspace_fini(&workspace);
	return rc;
}

/* What it runs is over, unless what was applied since came back. */
static int
workspace_gone(struct plan *plan, struct workspace *workspace, int64_t at, struct err *err)
{
	if (workspace->gone_at == at && plan_run_destroyed(plan, workspace, at, err) != 0)
		return -1;
	if (workspace_changed(plan, workspace, false, err) != 0)
		return -1;
	return refresh_about(plan, workspace, err);
}

int
plan_gone(struct plan *plan, int64_t at, struct err *err)
{
	struct workspace workspace;
	int learnt = plan_learn_workspace(plan, &workspace, err), rc = learnt < 0 ? -1 : 0;

	if (learnt > 0 && workspace_is_gone(&workspace, at))
		rc = workspace_gone(plan, &workspace, at, err);
	workspace_fini(&workspace);
	return rc;
}

int
plan_auto_destroy(struct plan *plan, struct err *err)
{
	const struct auto_destroy_news *news = &plan->event->auto_destroy;
	struct workspace workspace;
	int learnt = plan_learn_workspace(plan, &workspace, err), rc = learnt < 0 ? -1 : 0;
	int64_t at = news->run_created_at != 0 ? news->run_created_at : plan->received_at;
	bool gone = learnt > 0 && news->results && run_meaning(news->run_status) == RUN_APPLIED &&
	            workspace_is_gone(&workspace, at);

	/* Before all else that ends with the workspace: it knows of the run. */
	if (learnt > 0)
		rc = refresh_auto_destroy(plan, &workspace, news, err);
	if (rc == 0 && gone)
		rc = workspace_gone(plan, &workspace, at, err);
	if (rc == 0 && !gone && learnt == 2)
		rc = refresh_workspace_images(plan, &workspace, false, err);
	workspace_fini(&workspace);
	return rc;
}

int
plan_change_request(struct plan *plan, struct err *err)
{
	struct workspace workspace;
	int learnt = plan_learn_workspace(plan, &workspace, err), rc = learnt < 0 ? -1 : 0;

	if (learnt == 2)
		rc = refresh_workspace_images(plan, &workspace, false, err);
	if (rc == 0)
		rc = refresh_change_request(plan, &workspace, &plan->event->change_request, err);
	workspace_fini(&workspace);
	return rc;
}
