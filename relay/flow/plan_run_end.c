#include "relay/flow/plan_run_end.h"

#include <stdlib.h>

#include "relay/flow/usage_change.h"
#include "relay/store/readings.h"
#include "relay/store/runs.h"
#include "relay/store/usages.h"

/* What it planned is what runs, unless that is known already, or what is newer. */
static int
run_applied(struct usage_change *c, const struct run *run, int64_t created_at, struct err *err)
{
	struct db *db = c->plan->db;
	const char *key = c->workspace->key;
	struct exact *exact = &c->workspace->exact;
	struct usage_list now;
	int rc;

	if (exact->as_of >= exact_with(created_at))
		return usages_drop_run(db, key, run->id, err);
	now = usage_change_planned(&c->before, run->id);
	for (size_t i = 0; i < now.count; i++) {
		now.items[i].evidence = EVIDENCE_STATE;
		now.items[i].certain = true;
	}
	rc = usage_change_current(c, &now, false, run->updated_at, err);
	free(now.items);
	if (rc != 0 || usages_drop_planned(db, key, created_at, err) != 0 ||
	    usages_forget_undone(db, key, err) != 0)
		return -1;
	exact->as_of = exact_with(created_at);
	return usage_change_gaps(c, err);
}

/* Old and new may be there. */
static int
run_broke_off(struct usage_change *c, const struct run *run, int64_t created_at, struct err *err)
{
	struct db *db = c->plan->db;
	struct usage_list undone, planned;
	int rc = usages_undone(db, c->workspace->key, run->id, &undone, err);

	if (rc == 0 && c->workspace->exact.as_of < exact_with(created_at)) {
		planned = usage_change_planned(undone.count > 0 ? &undone : &c->before, run->id);
		rc = usage_change_mixed(c, &planned, err);
		free(planned.items);
	}
	usage_list_fini(&undone);
	if (rc != 0 || usages_drop_run(db, c->workspace->key, run->id, err) != 0 ||
	    usages_forget_undone(db, c->workspace->key, err) != 0)
		return -1;
	return usage_change_gaps(c, err);
}

/* There was nothing to apply: what it planned runs already, from where it says. */
static int
run_finished(struct usage_change *c, const struct run *run, int64_t created_at, struct err *err)
{
	struct db *db = c->plan->db;
	struct usage_list planned = usage_change_planned(&c->before, run->id);
	bool counts = c->workspace->exact.as_of < exact_with(created_at);
	int rc = 0;

	for (size_t i = 0; rc == 0 && counts && i < planned.count; i++)
		if (usage_change_runs(c, &planned.items[i]))
			rc = usages_put(db, c->workspace->key, &planned.items[i], err);
	free(planned.items);
	return rc == 0 ? usages_drop_run(db, c->workspace->key, run->id, err) : -1;
}

static int
end_run(struct plan *plan, struct workspace *workspace, const struct run *run, int64_t created_at,
        struct err *err)
{
	struct usage_change c;
	int rc = usage_change_begin(&c, plan, workspace, err);

	if (rc == 0 && run_end(run->status) == RUN_END_APPLIED)
		rc = run_applied(&c, run, created_at, err);
	else if (rc == 0 && run->applying)
		rc = run_broke_off(&c, run, created_at, err);
	else if (rc == 0 && run_meaning(run->status) == RUN_FINISHED)
		rc = run_finished(&c, run, created_at, err);
	else if (rc == 0)
		rc = usages_undo_run(plan->db, workspace->key, run->id, err);
	usage_change_fini(&c);
	return rc;
}

/* Nobody knows what it did, nor what became of what is still planned before it. */
static int
end_unread(struct plan *plan, const struct workspace *workspace, const struct run *run,
           int64_t created_at, struct err *err)
{
	return run_end(run->status) == RUN_END_APPLIED
	               ? usages_doubt_planned(plan->db, workspace->key, created_at, err)
	               : 0;
}

int
plan_run_ended(struct plan *plan, struct workspace *workspace, const struct run *run,
               int64_t created_at, struct err *err)
{
	int64_t told_at;
	int read = readings_of_run(plan->db, workspace->key, run->id, &told_at, err), rc = -1;

	if (read == 1)
		rc = end_run(plan, workspace, run, told_at, err);
	else if (read == 0)
		rc = end_unread(plan, workspace, run, created_at, err);
	return rc == 0 ? read : -1;
}

int
plan_run_ended_before(struct plan *plan, struct workspace *workspace, const char *run_id,
                      int64_t created_at, struct err *err)
{
	struct run run;
	int rc = runs_get(plan->db, workspace->host, run_id, &run, err);

	if (rc == 1)
		rc = run_end(run.status) != RUN_GOES_ON
		             ? end_run(plan, workspace, &run, created_at, err)
		             : 0;
	run_fini(&run);
	return rc;
}

int
plan_run_destroyed(struct plan *plan, struct workspace *workspace, int64_t at, struct err *err)
{
	const struct usage_list nothing = {.items = NULL};
	struct exact *exact = &workspace->exact;
	struct usage_change c;
	int rc;

	if (exact->as_of >= exact_with(at))
		return 0;
	rc = usage_change_begin(&c, plan, workspace, err);
	if (rc == 0)
		rc = usage_change_current(&c, &nothing, false, at, err);
	usage_change_fini(&c);
	if (rc != 0 || usages_drop_planned(plan->db, workspace->key, at, err) != 0 ||
	    usages_forget_undone(plan->db, workspace->key, err) != 0)
		return -1;
	if (exact->as_of != 0)
		exact->as_of = exact_with(at);
	exact->gaps = exact->partial = false;
	return 0;
}
