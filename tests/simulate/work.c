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

/* A plan reads the channel; what is revoked there fails it. */
void
run_happens(struct sim *sim, const struct happening *h)
{
	struct workspace_truth *w = &sim->workspaces[h->a];
	const struct bucket *b = &sim->buckets[w->bucket];
	int run = w->run = sim->numbers++, v = b->on[w->channel];
	bool waits = sim_one_in(sim, 0.15);
	int64_t took = sim_between(sim, MINUTE_MS, 5 * MINUTE_MS);
	char created[TIME_TEXT_SIZE];

	if (w->gone)
		return;
	time_text(sim->now_ms, created);
	if (v < 0 || b->versions[v].revoked_at != 0 || sim_one_in(sim, 0.03)) {
		w->failed = true;
		post_terraform(sim, h->a, true, "run %s errored id=run-%d created=%s", w->name, run,
		               created);
		run_again(sim, h->a);
		return;
	}
	if (v == w->runs && !w->drifted && sim_one_in(sim, 0.4)) {
		post_terraform(sim, h->a, false, "run %s planned_and_finished id=run-%d created=%s",
		               w->name, run, created);
		run_again(sim, h->a);
		return;
	}
	if (waits) {
		post_terraform(sim, h->a, true, "run %s planned id=run-%d created=%s", w->name, run,
		               created);
		took = sim_between(sim, 10 * MINUTE_MS, 6 * HOUR_MS);
	}
	w->created_at = sim->now_ms;
	world_will(sim, sim->now_ms + took, APPLIED, h->a, v, 0);
}

void
applied_happens(struct sim *sim, const struct happening *h)
{
	struct workspace_truth *w = &sim->workspaces[h->a];
	char created[TIME_TEXT_SIZE];

	if (w->gone)
		return;
	world_runs(sim, h->a, h->b);
	w->drifted = w->failed = false;
	w->lost = post_terraform(sim, h->a, false, "run %s applied id=run-%d created=%s", w->name,
	                         w->run, time_text(w->created_at, created));
	run_again(sim, h->a);
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
}
