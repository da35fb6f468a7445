#include "relay/flow/plan_reading.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/flow/usage_of.h"
#include "relay/model/key.h"
#include "relay/store/catalog.h"
#include "relay/store/runs.h"
#include "relay/store/usages.h"

/* What is being taken in, and what the workspace was known to run before. */
struct taking {
	struct plan *plan;
	struct workspace *workspace;
	struct usage_list before;
	int64_t at; /* of what is read: the creation of its run */
};

static bool
same(const struct usage *a, const struct usage *b)
{
	return strcmp(a->bucket_key, b->bucket_key) == 0 &&
	       strcmp(a->fingerprint, b->fingerprint) == 0 &&
	       strcmp(a->external_identifier, b->external_identifier) == 0;
}

static bool
is_among(const struct usage_list *list, const struct usage *usage)
{
	for (size_t i = 0; i < list->count; i++)
		if (same(&list->items[i], usage))
			return true;
	return false;
}

static bool
is_current(const struct usage *usage)
{
	return usage->run[0] == '\0';
}

/* What it runs no more is remembered as what it ran. */
static int
end_usage(struct taking *t, const struct usage *usage, int64_t until, struct err *err)
{
	struct plan *plan = t->plan;

	if (usages_drop(plan->db, t->workspace->key, usage, err) != 0)
		return -1;
	return is_current(usage) ? usages_ended(plan->db, t->workspace->key, usage, until, err) : 0;
}

/* `now` is all it runs. */
static int
replace_current(struct taking *t, const struct usage_list *now, int64_t at, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->before.count; i++) {
		const struct usage *usage = &t->before.items[i];

		if (is_current(usage) && !is_among(now, usage))
			rc = end_usage(t, usage, at, err);
	}
	for (size_t i = 0; rc == 0 && i < now->count; i++)
		rc = usages_put(t->plan->db, t->workspace->key, &now->items[i], err);
	return rc;
}

/* Has it images that no bucket is known to have? */
static bool
has_gaps(const struct usage_list *usages)
{
	for (size_t i = 0; i < usages->count; i++)
		if (is_current(&usages->items[i]) && usages->items[i].bucket_key[0] == '\0')
			return true;
	return false;
}

static int
find_gaps(struct plan *plan, struct workspace *workspace, struct err *err)
{
	struct usage_list usages;
	int rc = usages_of(plan->db, workspace->key, &usages, err);

	workspace->exact.gaps = has_gaps(&usages);
	usage_list_fini(&usages);
	return rc;
}

/* What is open is brought to what it is known to run now. */
static int
follow(struct plan *plan, struct workspace *workspace, struct err *err)
{
	if (catalog_workspace_put(plan->db, workspace, err) != 0 ||
	    refresh_workspace_images(plan, workspace, false, err) != 0)
		return -1;
	return refresh_about(plan, workspace, err);
}

/* The run under which what it plans is kept: an errored plan's has no end to wait for. */
static int
read_usages(struct taking *t, const struct owed_reading *owed, const struct reading *reading,
            bool planned, struct usage_list *out, struct err *err)
{
	const struct usage_origin origin = {
		.run = planned && !reading->errored ? owed->run_id : "",
		.evidence = reading->is_plan ? EVIDENCE_PLAN : EVIDENCE_STATE,
		.seen_at = t->plan->received_at,
	};
	int rc = 0;

	*out = (struct usage_list){.items = NULL};
	for (size_t i = 0; rc == 0 && i < reading->count; i++)
		if (reading->uses[i].planned == planned)
			rc = usage_of(t->plan, &reading->uses[i], &origin, out, err);
	return rc;
}

static bool
has_instances(const struct usage_list *usages)
{
	for (size_t i = 0; i < usages->count; i++)
		if (usages->items[i].basis == USAGE_BY_RESOURCE)
			return true;
	return false;
}

/* A state is all there is.  Of a plan's prior state only the instances tell what
 * runs; without any of them it tells that nothing does only where nothing is
 * planned either: there may be some of a kind that nobody knows. */
static bool
tells_all(const struct reading *reading, const struct usage_list *now,
          const struct usage_list *planned)
{
	return !reading->is_plan || has_instances(now) ||
	       (planned->count == 0 && !reading->errored);
}

/* Runs of a workspace come one after the other: what an earlier one planned is over. */
static int
drop_planned(struct taking *t, struct err *err)
{
	return usages_drop_run(t->plan->db, t->workspace->key, NULL, err);
}

static int
take_usages(struct taking *t, const struct reading *reading, const struct usage_list *now,
            const struct usage_list *planned, struct err *err)
{
	bool all = tells_all(reading, now, planned);
	int rc = drop_planned(t, err);

	if (rc == 0 && all && (now->count > 0 || !reading->is_plan))
		rc = replace_current(t, now, t->at, err);
	for (size_t i = 0; rc == 0 && i < planned->count; i++)
		rc = usages_put(t->plan->db, t->workspace->key, &planned->items[i], err);
	if (rc == 0 && (all || reading->errored))
		t->workspace->exact.as_of = t->at;
	if (rc == 0)
		rc = find_gaps(t->plan, t->workspace, err);
	t->workspace->exact.gaps |= reading->errored || reading->partial;
	return rc;
}

/* The channel that a plan gives what runs already is that of its own configuration,
 * which may be discarded: what a state or an apply told stands until it ends. */
static void
keep_channels(const struct taking *t, struct usage_list *now)
{
	for (size_t i = 0; i < now->count; i++) {
		struct usage *usage = &now->items[i];

		for (size_t k = 0; k < t->before.count; k++) {
			const struct usage *old = &t->before.items[k];

			if (!is_current(old) || old->evidence != EVIDENCE_STATE ||
			    !same(old, usage))
				continue;
			free(usage->channel);
			usage->channel = mem_str(old->channel);
			usage->pinned = old->pinned;
		}
	}
}

static int
take(struct taking *t, const struct owed_reading *owed, const struct reading *reading,
     struct err *err)
{
	struct usage_list now = {.items = NULL}, planned = {.items = NULL};
	int rc = read_usages(t, owed, reading, false, &now, err);

	if (rc == 0)
		rc = read_usages(t, owed, reading, true, &planned, err);
	if (reading->is_plan)
		keep_channels(t, &now);
	if (rc == 0)
		rc = take_usages(t, reading, &now, &planned, err);
	usage_list_fini(&now);
	usage_list_fini(&planned);
	return rc;
}

/* What the run of this id planned, with another run in its place; all is borrowed
 * from `from`. */
static struct usage_list
of_run(const struct usage_list *from, const char *run_id)
{
	struct usage_list out = {.items = mem_array(from->count + 1, sizeof(*out.items))};

	for (size_t i = 0; i < from->count; i++)
		if (strcmp(from->items[i].run, run_id) == 0) {
			out.items[out.count] = from->items[i];
			out.items[out.count].run = (char *)"";
			out.items[out.count].fresh = false;
			out.count++;
		}
	return out;
}

/* What it planned is what runs. */
static int
run_applied(struct taking *t, const char *run_id, int64_t ended_at, struct err *err)
{
	struct usage_list now = of_run(&t->before, run_id);
	int rc;

	for (size_t i = 0; i < now.count; i++)
		now.items[i].evidence = EVIDENCE_STATE;
	rc = replace_current(t, &now, ended_at, err);
	if (rc == 0)
		rc = usages_drop_run(t->plan->db, t->workspace->key, run_id, err);
	free(now.items);
	if (rc != 0)
		return -1;
	t->workspace->exact.as_of = t->at;
	return find_gaps(t->plan, t->workspace, err);
}

/* Old and new may be there: neither is certain. */
static int
run_failed_applying(struct taking *t, const char *run_id, struct err *err)
{
	struct usage_list planned = of_run(&t->before, run_id);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < planned.count; i++) {
		planned.items[i].certain = false; /* one that was there before stays so */
		rc = usages_put(t->plan->db, t->workspace->key, &planned.items[i], err);
	}
	for (size_t i = 0; rc == 0 && i < t->before.count; i++)
		if (is_current(&t->before.items[i]) && !is_among(&planned, &t->before.items[i]))
			rc = usages_doubt(t->plan->db, t->workspace->key, &t->before.items[i], err);
	free(planned.items);
	if (rc == 0)
		rc = usages_drop_run(t->plan->db, t->workspace->key, run_id, err);
	return rc;
}

/* There was nothing to apply: what it planned runs already, from where it says. */
static int
run_finished(struct taking *t, const char *run_id, struct err *err)
{
	struct usage_list planned = of_run(&t->before, run_id);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < planned.count; i++) {
		bool runs = false;

		for (size_t k = 0; k < t->before.count; k++)
			runs |= is_current(&t->before.items[k]) &&
			        same(&t->before.items[k], &planned.items[i]);
		if (runs)
			rc = usages_put(t->plan->db, t->workspace->key, &planned.items[i], err);
	}
	free(planned.items);
	return rc == 0 ? usages_drop_run(t->plan->db, t->workspace->key, run_id, err) : -1;
}

static int
end_run(struct taking *t, const struct run_news *news, bool was_applying, int64_t ended_at,
        struct err *err)
{
	if (run_end(news->status) == RUN_END_APPLIED)
		return run_applied(t, news->id, ended_at, err);
	if (was_applying && run_meaning(news->status) == RUN_FAILED)
		return run_failed_applying(t, news->id, err);
	if (run_meaning(news->status) == RUN_FINISHED)
		return run_finished(t, news->id, err);
	return usages_drop_run(t->plan->db, t->workspace->key, news->id, err);
}

static int
begin(struct taking *t, struct plan *plan, struct workspace *workspace, int64_t at, struct err *err)
{
	*t = (struct taking){.plan = plan, .workspace = workspace, .at = at};
	return usages_of(plan->db, workspace->key, &t->before, err);
}

/* The run may have come to its end while its plan was read. */
static int
end_at_once(struct taking *t, const struct owed_reading *owed, struct err *err)
{
	struct taking again;
	struct run run;
	int found = runs_get(t->plan->db, t->workspace->host, owed->run_id, &run, err), rc = 0;
	struct run_news news = {.id = owed->run_id, .status = run.status};

	if (found < 0)
		rc = -1;
	else if (found == 1 && run_end(run.status) != RUN_GOES_ON) {
		rc = begin(&again, t->plan, t->workspace, t->at, err);
		if (rc == 0)
			rc = end_run(&again, &news, run.applying, run.updated_at, err);
		usage_list_fini(&again.before);
	}
	run_fini(&run);
	return rc;
}

int
plan_reading(struct plan *plan, const struct owed_reading *owed, const struct reading *reading,
             struct err *err)
{
	struct workspace workspace;
	struct taking t = {.plan = plan};
	int64_t at = owed->run_created_at != 0 ? owed->run_created_at : owed->created_at;
	int found = catalog_workspace(plan->db, owed->workspace_key, &workspace, err);
	int rc = found < 0 ? -1 : 0;

	if (found == 1 && at >= workspace.exact.as_of) {
		rc = begin(&t, plan, &workspace, at, err);
		if (rc == 0)
			rc = take(&t, owed, reading, err);
		if (rc == 0 && owed->run_id != NULL && reading->is_plan && !reading->errored)
			rc = end_at_once(&t, owed, err);
		if (rc == 0)
			rc = follow(plan, &workspace, err);
	}
	usage_list_fini(&t.before);
	workspace_fini(&workspace);
	return rc;
}

int
plan_run_ended(struct plan *plan, struct workspace *workspace, const struct run_news *news,
               bool was_applying, struct err *err)
{
	struct taking t;
	int read = readings_of_run(plan->db, workspace->key, news->id, err), rc;

	if (read != 1)
		return read;
	rc = begin(&t, plan, workspace,
	           news->created_at != 0 ? news->created_at : plan->received_at, err);
	if (rc == 0 && t.at >= workspace->exact.as_of)
		rc = end_run(&t, news, was_applying,
		             news->updated_at != 0 ? news->updated_at : plan->received_at, err);
	usage_list_fini(&t.before);
	return rc < 0 ? -1 : 1;
}
