/* What plans say: what runs, and what the run is to make of it. */
#include <stdio.h>

#include "tests/simulate/sim.h"

#define USE_SIZE 160

/* As the reader has it: an instance's own image, tied to the data source or not. */
static const char *
use_now(const struct sim *sim, const struct workspace_truth *w, char text[USE_SIZE])
{
	const struct bucket *b = &sim->buckets[w->bucket];

	text[0] = '\0';
	if (w->runs >= 0 && w->use == USES_ID)
		snprintf(text, USE_SIZE, ":::ami-%d-%d", w->bucket, w->runs + 1);
	else if (w->runs >= 0)
		snprintf(text, USE_SIZE, "%s::%s:ami-%d-%d", b->name, channel_name(w->channel),
		         w->bucket, w->runs + 1);
	return text;
}

static const char *
use_planned(const struct sim *sim, const struct workspace_truth *w, int planned,
            char text[USE_SIZE])
{
	const struct bucket *b = &sim->buckets[w->bucket];

	if (w->use == USES_ID)
		snprintf(text, USE_SIZE, ":::ami-%d-%d", w->bucket, planned + 1);
	else if (planned != b->on[w->channel])
		snprintf(text, USE_SIZE, "%s::%s:ami-%d-%d", b->name, channel_name(w->channel),
		         w->bucket, planned + 1);
	else
		snprintf(text, USE_SIZE, "%s:v%d:%s:ami-%d-%d", b->name, planned + 1,
		         channel_name(w->channel), w->bucket, planned + 1);
	return text;
}

void
plan_is_read(struct sim *sim, int workspace, int planned)
{
	struct workspace_truth *w = &sim->workspaces[workspace];
	char now[USE_SIZE], then[USE_SIZE], created[TIME_TEXT_SIZE];
	bool late = sim_one_in(sim, sim->options.late);
	int64_t takes = late ? sim_between(sim, MINUTE_MS, 30 * MINUTE_MS)
	                     : sim_between(sim, SECOND_MS, 20 * SECOND_MS);

	sim->counts.plans++;
	spell_begin(&w->planned, planned, sim->now_ms);
	spell_end(&w->unheard, sim->now_ms + takes);
	post_plan(sim, workspace, takes, "plan %s id=run-%d created=%s now=%s planned=%s", w->name,
	          w->run, time_text(sim->now_ms, created), use_now(sim, w, now),
	          use_planned(sim, w, planned, then));
}
