/* What happens and when, and who runs what. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "tests/simulate/sim.h"

#define START "2026-03-02T00:00:00Z" /* a Monday */
#define WINDOW_MS (2 * MINUTE_MS)    /* what is due goes out this often */

static happen_fn *const happens[WHATS] = {
	[BUILD] = build_happens,
	[PROMOTE] = promote_happens,
	[REVOKE] = revoke_happens,
	[CANCEL] = cancel_happens,
	[INHERIT] = inherit_happens,
	[URGENT] = urgent_happens,
	[RUN] = run_happens,
	[APPLIED] = applied_happens,
	[BROKE_OFF] = broke_off_happens,
	[DISCARDED] = discarded_happens,
	[DRIFT] = drift_happens,
	[DELETE] = delete_happens,
	[ARRIVE] = arrive_happens,
};

const char *
channel_name(enum channel channel)
{
	static const char *const names[] = {"dev", "staging", "production"};

	return names[channel];
}

static bool
is_before(const struct happening *a, const struct happening *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void
add(struct sim *sim, struct happening new)
{
	size_t i = sim->heap_count;

	if ((sim->heap_count & (sim->heap_count - 1)) == 0)
		sim->heap = mem_grow(sim->heap, sim->heap_count > 0 ? 2 * sim->heap_count : 1,
		                     sizeof(*sim->heap));
	sim->heap_count++;
	new.seq = sim->seq++;
	for (; i > 0 && is_before(&new, &sim->heap[(i - 1) / 2]); i = (i - 1) / 2)
		sim->heap[i] = sim->heap[(i - 1) / 2];
	sim->heap[i] = new;
}

static struct happening
take(struct sim *sim)
{
	struct happening first = sim->heap[0], last = sim->heap[--sim->heap_count];
	size_t i = 0, k;

	while ((k = 2 * i + 1) < sim->heap_count) {
		if (k + 1 < sim->heap_count && is_before(&sim->heap[k + 1], &sim->heap[k]))
			k++;
		if (is_before(&last, &sim->heap[k]))
			break;
		sim->heap[i] = sim->heap[k];
		i = k;
	}
	sim->heap[i] = last;
	return first;
}

void
world_will(struct sim *sim, int64_t at, enum what what, int a, int b, int c)
{
	add(sim, (struct happening){.at = at, .what = what, .a = a, .b = b, .c = c});
}

void
world_will_arrive(struct sim *sim, int64_t at, struct post *post)
{
	add(sim, (struct happening){.at = at, .what = ARRIVE, .post = post});
}

void
world_runs(struct sim *sim, int index, int version)
{
	struct workspace_truth *w = &sim->workspaces[index];
	size_t n = sim->episode_count;

	if (w->runs == version)
		return;
	if (w->runs >= 0) {
		if ((n & (n - 1)) == 0)
			sim->episodes =
				mem_grow(sim->episodes, n > 0 ? 2 * n : 1, sizeof(*sim->episodes));
		sim->episodes[sim->episode_count++] =
			(struct episode){index, w->runs, w->since, sim->now_ms, w->lost};
	}
	w->runs = version;
	w->since = sim->now_ms;
	spell_begin(&w->ran, version, sim->now_ms);
}

/* One base for every twenty buckets; the others are each a team's. */
static void
make_buckets(struct sim *sim)
{
	const struct options *o = &sim->options;
	int bases = o->buckets / 20 + 1, apps = o->buckets - bases;

	sim->buckets = mem_array((size_t)o->buckets, sizeof(*sim->buckets));
	for (int i = 0; i < o->buckets; i++) {
		struct bucket *b = &sim->buckets[i];

		memset(b, 0, sizeof(*b));
		b->on[0] = b->on[1] = b->on[2] = -1;
		if (i < bases) {
			b->parent = b->team = -1;
			snprintf(b->name, sizeof(b->name), "golden%d", i);
		} else {
			b->parent = (i - bases) * bases / apps;
			b->team = (i - bases) * o->teams / apps;
			snprintf(b->name, sizeof(b->name), "team%d-app%d-images", b->team, i);
		}
		world_will(sim,
		           sim->start_ms + (b->parent < 0 ? 0 : HOUR_MS) +
		                   sim_between(sim, 0, 30 * MINUTE_MS),
		           BUILD, i, 0, 0);
	}
}

/* Which have one does not change what else happens. */
static void
give_run_task(struct sim *sim, int index)
{
	struct workspace_truth *w = &sim->workspaces[index];
	int draw = index * 7919 % 997;

	w->tasked = draw < sim->options.tasked * 997;
	if (!w->tasked)
		return;
	w->use = draw % 20 == 0 ? USES_ID : draw % 10 == 5 ? USES_FIRST : USES_CHANNEL;
	if (draw % 10 == 3)
		w->channel = CHANNEL_DEV; /* by its name nobody could tell what it runs */
}

static void
name_workspace(struct sim *sim, int index)
{
	static const char *const kinds[] = {"lab", "stage", "prod"};
	struct workspace_truth *w = &sim->workspaces[index];
	const char *bucket = sim->buckets[w->bucket].name;

	snprintf(w->name, sizeof(w->name), "%.*s%s-%d", (int)strlen(bucket) - 6, bucket,
	         kinds[w->channel], index);
}

static void
make_workspaces(struct sim *sim)
{
	const struct options *o = &sim->options;
	int bases = o->buckets / 20 + 1, apps = o->buckets - bases;

	sim->workspaces = mem_array((size_t)o->workspaces, sizeof(*sim->workspaces));
	for (int i = 0; i < o->workspaces; i++) {
		struct workspace_truth *w = &sim->workspaces[i];

		memset(w, 0, sizeof(*w));
		w->bucket = bases + i % apps;
		w->runs = -1;
		w->channel = i / apps % 4 == 3 ? CHANNEL_STAGING : CHANNEL_PRODUCTION;
		give_run_task(sim, i);
		name_workspace(sim, i);
		/* Some apply all the time, some are forgotten. */
		w->pace_ms = sim_one_in(sim, 0.05)  ? 400 * DAY_MS
		             : sim_one_in(sim, 0.3) ? 2 * DAY_MS
		                                    : 9 * DAY_MS;
		world_will(sim, sim->start_ms + 3 * HOUR_MS + sim_between(sim, 0, 5 * DAY_MS), RUN,
		           i, 0, 0);
		world_will(sim, sim->start_ms + 6 * DAY_MS + sim_around(sim, 60 * DAY_MS), DRIFT, i,
		           0, 0);
		if (sim_one_in(sim, 0.02))
			world_will(sim, sim_between(sim, sim->start_ms + 10 * DAY_MS, sim->end_ms),
			           DELETE, i, 0, 0);
	}
}

void
world_make(struct sim *sim)
{
	int bases = sim->options.buckets / 20 + 1;

	if (!time_parse(START, &sim->start_ms))
		mem_die(START);
	sim->end_ms = sim->start_ms + sim->options.days * DAY_MS;
	make_buckets(sim);
	make_workspaces(sim);
	/* A hole in what many are built on, every two weeks. */
	for (int64_t at = sim->start_ms + 12 * DAY_MS; at < sim->end_ms; at += 14 * DAY_MS)
		world_will(sim, at + sim_between(sim, 0, 2 * DAY_MS), URGENT,
		           (int)sim_between(sim, 0, bases), 0, 0);
}

void
world_live(struct sim *sim)
{
	int64_t window = sim->start_ms;

	while (sim->heap_count > 0 && sim->heap[0].at < sim->end_ms) {
		struct happening next = take(sim);

		while (next.at >= window + WINDOW_MS) {
			window += WINDOW_MS;
			sim->now_ms = window;
			relay_catch_up(sim);
			if (sim->heap_count > 0 && next.at >= window + DAY_MS)
				window = next.at / WINDOW_MS * WINDOW_MS;
		}
		sim->now_ms = next.at;
		happens[next.what](sim, &next);
	}
	sim->now_ms = sim->end_ms;
	relay_catch_up(sim);
	for (int i = 0; i < sim->options.workspaces; i++)
		world_runs(sim, i, -1); /* ends what is under way */
}

void
world_free(struct sim *sim)
{
	while (sim->heap_count > 0) {
		struct happening next = take(sim);

		if (next.what == ARRIVE) {
			sim->now_ms = NEVER;
			arrive_happens(sim, &next);
		}
	}
	free(sim->heap);
	free(sim->episodes);
	free(sim->buckets);
	free(sim->workspaces);
}
