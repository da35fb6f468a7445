#include "relay/flow/plan_reading.h"

#include <string.h>

#include "relay/flow/plan_run_end.h"
#include "relay/flow/usage_change.h"
#include "relay/flow/usage_of.h"
#include "relay/store/catalog.h"
#include "relay/store/usages.h"

/* What is open is brought to what it is known to run now. */
static int
follow(struct plan *plan, struct workspace *workspace, struct err *err)
{
	if (catalog_workspace_put(plan->db, workspace, err) != 0 ||
	    refresh_workspace_images(plan, workspace, false, err) != 0)
		return -1;
	return refresh_about(plan, workspace, err);
}

/* What is read, as usages. */
struct told {
	const struct reading *reading;
	struct usage_list now, planned;
	bool all;      /* `now` is all it runs; of a plan's, all that instances run */
	int64_t at;    /* the creation of the run it tells of */
	int64_t as_of; /* struct exact */
};

static int
read_usages(struct plan *plan, const struct reading *reading, const char *run, bool planned,
            struct usage_list *out, struct err *err)
{
	const struct usage_origin origin = {
		.run = run,
		.evidence = reading->is_plan ? EVIDENCE_PLAN : EVIDENCE_STATE,
		.seen_at = plan->received_at,
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < reading->count; i++)
		if (reading->uses[i].planned == planned)
			rc = usage_of(plan, &reading->uses[i], &origin, out, err);
	return rc;
}

/* Also what is too old to tell what runs tells which image is whose. */
static int
learn(struct plan *plan, const struct reading *reading, struct err *err)
{
	for (size_t i = 0; i < reading->count; i++)
		if (usage_learn(plan, &reading->uses[i], err) != 0)
			return -1;
	return 0;
}

static bool
has_instances(const struct usage_list *usages)
{
	for (size_t i = 0; i < usages->count; i++)
		if (usages->items[i].basis == USAGE_BY_RESOURCE)
			return true;
	return false;
}

/* A plan that uses no image, before or after. */
static bool
uses_nothing(const struct told *told)
{
	return told->now.count == 0 && told->planned.count == 0 && !told->reading->errored;
}

/* A state is all there is.  Of a plan's prior state only the instances tell what
 * runs; without any of them it tells that nothing does only where nothing is
 * planned either: there may be some of a kind that nobody knows. */
static int
tell(struct told *told, struct plan *plan, const struct owed_reading *owed, struct err *err)
{
	const struct reading *reading = told->reading;
	/* An errored plan's run has no end to wait for. */
	const char *run = reading->errored ? USAGE_RUN_ERRORED : owed->run_id;

	if (read_usages(plan, reading, "", false, &told->now, err) != 0 ||
	    (run != NULL && read_usages(plan, reading, run, true, &told->planned, err) != 0))
		return -1;
	told->all = !reading->is_plan || has_instances(&told->now) || uses_nothing(told);
	return 0;
}

static void
told_fini(struct told *told)
{
	usage_list_fini(&told->now);
	usage_list_fini(&told->planned);
}

/* Runs of a workspace come one after the other: where what runs now is known, what
 * earlier ones planned is over.  Else one whose end was not heard may have been applied. */
static int
drop_earlier(struct usage_change *c, const struct told *told, struct err *err)
{
	struct db *db = c->plan->db;
	const char *key = c->workspace->key;

	if (usages_forget_undone(db, key, err) != 0)
		return -1;
	if (told->all)
		return usages_drop_planned(db, key, told->at, err);
	if (usages_drop_run(db, key, USAGE_RUN_ERRORED, err) != 0)
		return -1;
	return usages_doubt_planned(db, key, told->at, err);
}

static int
take(struct usage_change *c, struct told *told, struct err *err)
{
	struct workspace *w = c->workspace;
	int rc = drop_earlier(c, told, err);

	if (told->reading->is_plan)
		usage_change_keep_channels(c, &told->now);
	if (rc == 0 && told->all) {
		rc = usage_change_current(c, &told->now, told->reading->is_plan, told->at, err);
		w->exact.as_of = told->as_of;
	}
	for (size_t i = 0; rc == 0 && i < told->planned.count; i++)
		rc = usages_put(c->plan->db, w->key, &told->planned.items[i], err);
	w->exact.partial = told->reading->partial || (w->exact.partial && !told->all);
	/* Instances that are there: it was built again. */
	if (has_instances(&told->now) && told->at > w->gone_at)
		w->gone_at = 0;
	return rc == 0 ? usage_change_gaps(c, err) : -1;
}

/* What a state of no run that is known is as new as: what was applied before it was
 * asked for. */
static int64_t
as_of_state(const struct owed_reading *owed, const struct workspace *workspace)
{
	int64_t with = exact_with(workspace->applied.from), as_of = workspace->exact.as_of;

	if (workspace->applied.to <= owed->created_at && with > as_of)
		return with;
	return as_of > 0 ? as_of : 1;
}

static void
date(struct told *told, const struct owed_reading *owed, const struct workspace *workspace)
{
	bool dated = owed->run_created_at != 0;

	told->at = dated ? owed->run_created_at : owed->created_at;
	told->as_of = told->reading->is_plan ? exact_before(told->at) : exact_with(told->at);
	if (!dated && !told->reading->is_plan)
		told->at = told->as_of = as_of_state(owed, workspace);
}

int
plan_reading(struct plan *plan, const struct owed_reading *owed, const struct reading *reading,
             struct err *err)
{
	struct workspace workspace;
	struct usage_change c = {.plan = plan};
	struct told told = {.reading = reading};
	int rc = learn(plan, reading, err);
	int found = catalog_workspace(plan->db, owed->workspace_key, &workspace, err);

	if (found < 0)
		rc = -1;

	if (found == 1)
		date(&told, owed, &workspace);
	if (rc == 0 && found == 1 && told.as_of >= workspace.exact.as_of) {
		rc = usage_change_begin(&c, plan, &workspace, err);
		if (rc == 0)
			rc = tell(&told, plan, owed, err);
		if (rc == 0)
			rc = take(&c, &told, err);
		/* The run may have come to its end while its plan was read. */
		if (rc == 0 && owed->run_id != NULL && reading->is_plan && !reading->errored)
			rc = plan_run_ended_before(plan, &workspace, owed->run_id, told.at, err);
		if (rc == 0)
			rc = follow(plan, &workspace, err);
	}
	told_fini(&told);
	usage_change_fini(&c);
	workspace_fini(&workspace);
	return rc;
}
