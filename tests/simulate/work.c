/* Workspaces: they run at their own pace, drift, and go. */
#include "tests/simulate/sim.h"

static void
run_again(struct sim *sim, int index)
{
	struct workspace_truth *w = &sim->workspaces[index];
	const struct bucket *b = &sim->buckets[w->bucket];
	bool hurries = b->hurry_until > sim->now_ms && sim_one_in(sim, 0.8);

	world_will(sim,
	           sim->now_ms + 10 * MINUTE_MS + sim_around(sim, hurries ? DAY_MS : w->pace_ms),
	           RUN, index, 0, 0);
}

/* What the run is to make of it. */
static int
version_for(const struct sim *sim, const struct workspace_truth *w)
{
	int on = sim->buckets[w->bucket].on[w->channel];

	return w->use != USES_CHANNEL && w->runs >= 0 ? w->runs : on;
}

/* The end of a run whose plan was read: until that is heard, or the next plan is read,
 * nobody knows what it did.  One that comes to no plan tells nothing of those before it. */
static void
is_heard_at(struct sim *sim, int index, int64_t at)
{
	struct workspace_truth *w = &sim->workspaces[index];

	spell_end(&w->planned, sim->now_ms);
	spell_begin(&w->unheard, 0, sim->now_ms);
	spell_end(&w->unheard, at);
}

/* Whether its webhook is lost. */
static bool
ends(struct sim *sim, int index, bool careful, const char *status)
{
	struct workspace_truth *w = &sim->workspaces[index];
	char created[TIME_TEXT_SIZE];
	bool lost = post_terraform(sim, index, careful, "run %s %s id=run-%d created=%s", w->name,
	                           status, w->run, time_text(w->created_at, created));

	run_again(sim, index);
	return lost;
}

/* Most are applied; some are discarded, or break off. */
static void
go_on(struct sim *sim, int index, int version)
{
	struct workspace_truth *w = &sim->workspaces[index];
	bool waits = sim_one_in(sim, 0.15);
	int64_t took = sim_between(sim, MINUTE_MS, 5 * MINUTE_MS);
	char created[TIME_TEXT_SIZE];
	enum what end = APPLIED;

	if (waits) {
		post_terraform(sim, index, true, "run %s planned id=run-%d created=%s", w->name,
		               w->run, time_text(w->created_at, created));
		took = sim_between(sim, 10 * MINUTE_MS, 6 * HOUR_MS);
	}
	if (w->tasked && sim_one_in(sim, 0.05))
		end = sim_one_in(sim, 0.5) ? DISCARDED : BROKE_OFF;
	world_will(sim, sim->now_ms + took, end, index, version, 0);
}

/* A plan reads the channel; what is revoked there fails it. */
void
run_happens(struct sim *sim, const struct happening *h)
{
	struct workspace_truth *w = &sim->workspaces[h->a];
	const struct bucket *b = &sim->buckets[w->bucket];
	int on = b->on[w->channel], v = version_for(sim, w);
	bool reads = w->tasked && w->use != USES_ID;

	w->run = sim->numbers++;
	w->created_at = sim->now_ms;
	if (w->gone)
		return;
	if (on < 0 || ((reads || !w->tasked) && b->versions[on].revoked_at != 0) ||
	    sim_one_in(sim, 0.03)) {
		w->failed = true;
		ends(sim, h->a, true, "errored");
		return;
	}
	if (w->tasked)
		plan_is_read(sim, h->a, v);
	if (v == w->runs && !w->drifted && sim_one_in(sim, 0.4)) {
		ends(sim, h->a, false, "planned_and_finished");
		is_heard_at(sim, h->a, sim->arrives_at);
	} else {
		go_on(sim, h->a, v);
	}
}

void
applied_happens(struct sim *sim, const struct happening *h)
{
	struct workspace_truth *w = &sim->workspaces[h->a];

	if (w->gone)
		return;
	world_runs(sim, h->a, h->b);
	w->drifted = w->failed = false;
	w->lost = ends(sim, h->a, false, "applied");
	is_heard_at(sim, h->a, sim->arrives_at);
}

/* It failed while it was applied: the instances may have been replaced, or not. */
void
broke_off_happens(struct sim *sim, const struct happening *h)
{
	struct workspace_truth *w = &sim->workspaces[h->a];
	char created[TIME_TEXT_SIZE];
	int64_t heard_at;

	if (w->gone)
		return;
	if (sim_one_in(sim, 0.5))
		world_runs(sim, h->a, h->b);
	w->failed = true;
	w->lost = post_terraform(sim, h->a, false, "run %s applying id=run-%d created=%s", w->name,
	                         w->run, time_text(w->created_at, created));
	heard_at = sim->arrives_at;
	w->lost |= ends(sim, h->a, true, "errored");
	/* Without the word that it was applying the other says that nothing has changed. */
	is_heard_at(sim, h->a, heard_at > sim->arrives_at ? heard_at : sim->arrives_at);
}

void
discarded_happens(struct sim *sim, const struct happening *h)
{
	if (sim->workspaces[h->a].gone)
		return;
	ends(sim, h->a, false, "discarded");
	is_heard_at(sim, h->a, sim->arrives_at);
}

void
drift_happens(struct sim *sim, const struct happening *h)
{
	struct workspace_truth *w = &sim->workspaces[h->a];

	world_will(sim, sim->now_ms + DAY_MS + sim_around(sim, (w->drifted ? 15 : 60) * DAY_MS),
	           DRIFT, h->a, 0, 0);
	if (w->gone || w->runs < 0 || w->failed) /* HCP does not assess after a failed run */
		return;
	w->drifted = true;
	post_terraform(sim, h->a, true, "assessment %s drifted=%d", w->name,
	               (int)sim_between(sim, 1, 9));
}

void
delete_happens(struct sim *sim, const struct happening *h)
{
	struct workspace_truth *w = &sim->workspaces[h->a];

	world_runs(sim, h->a, -1);
	w->gone = true;
	post_terraform(sim, h->a, false, "deleted %s", w->name);
	is_heard_at(sim, h->a, sim->arrives_at);
}
