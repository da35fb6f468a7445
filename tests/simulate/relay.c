/* The relay's own functions over a store on disk, in the order it calls them. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/flow/deliver_parts.h"
#include "relay/store/prune.h"
#include "relay/store/queue.h"
#include "sinks/sink.h"
#include "tests/simulate/sim.h"

#define SLOTS 8
#define WAKES_AT_ONCE 64
#define COMMIT_EVERY_MS (6 * HOUR_MS)
#define RESTART_EVERY_MS (10 * DAY_MS + 5 * HOUR_MS)
#define RETENTION_MS (90 * DAY_MS)
#define OUTAGES_MAX 32

/* One destination, and when it takes nothing. */
struct outage {
	char *destination;
	int64_t from[OUTAGES_MAX], until[OUTAGES_MAX];
	int count;
};

struct outages {
	char *folder;
	struct outage *items;
	size_t count;
	int64_t commit_at, restart_at, tidy_at;
};

static char *words[] = {(char *)"simulate"};

static void
begin(struct sim *sim)
{
	struct err err;

	if (db_begin(sim->player.db, &err) != 0)
		sim_die("begin", &err);
	sim->player.one_transaction = true; /* ours, over many webhooks */
}

static void
commit(struct sim *sim)
{
	struct err err;

	sim->player.one_transaction = false;
	if (db_commit(sim->player.db, &err) != 0)
		sim_die("commit", &err);
}

void
relay_start(struct sim *sim)
{
	struct outages *o = mem_alloc(sizeof(*o));

	sim->outages = o;
	sim->line.words = words;
	sim->line.count = 1;
	o->folder = home_make();
	config_write(sim, o->folder);
	player_init(&sim->player, o->folder);
	o->commit_at = o->tidy_at = sim->start_ms;
	o->restart_at = sim->start_ms + RESTART_EVERY_MS;
	begin(sim);
}

void
relay_stop(struct sim *sim)
{
	commit(sim);
	player_fini(&sim->player);
	for (size_t i = 0; i < sim->outages->count; i++)
		free(sim->outages->items[i].destination);
	free(sim->outages->items);
	home_remove(sim->outages->folder);
	free(sim->outages);
}

void
relay_receive(struct sim *sim, const struct story_line *line, const char *source, const char *body)
{
	char id[ID_SIZE];

	sim->player.now_ms = sim->now_ms;
	player_receive(&sim->player, line, source, body, strlen(body), id);
}

void
relay_reads(struct sim *sim, const struct story_line *line, int64_t told_at)
{
	sim->player.now_ms = sim->now_ms;
	player_reading_of(&sim->player, line, told_at);
}

/* Each fails for ten minutes to ten hours, every two weeks or so. */
static struct outage *
outage_of(struct sim *sim, const char *destination)
{
	struct outages *o = sim->outages;
	struct outage *new;
	int64_t at = sim->start_ms;

	for (size_t i = 0; i < o->count; i++)
		if (strcmp(o->items[i].destination, destination) == 0)
			return &o->items[i];
	o->items = mem_grow(o->items, o->count + 1, sizeof(*o->items));
	new = &o->items[o->count++];
	*new = (struct outage){.destination = mem_str(destination)};
	while (sim->options.outages && new->count < OUTAGES_MAX) {
		at += sim_around(sim, 15 * DAY_MS);
		new->from[new->count] = at;
		at += sim_between(sim, 10 * MINUTE_MS, 10 * HOUR_MS);
		new->until[new->count++] = at;
	}
	return new;
}

static bool
is_down(const struct outage *outage, int64_t from, int64_t until)
{
	for (int i = 0; i < outage->count; i++)
		if (from < outage->until[i] && outage->from[i] <= until)
			return true;
	return false;
}

bool
relay_was_down(const struct sim *sim, const char *destination, int64_t from, int64_t until)
{
	const struct outages *o = sim->outages;

	for (size_t i = 0; i < o->count; i++)
		if (strcmp(o->items[i].destination, destination) == 0)
			return is_down(&o->items[i], from, until);
	return false;
}

/* As settle.c does with an outcome. */
static void
settle(struct sim *sim, const struct claimed *claimed, bool down)
{
	int64_t now_ms = sim->player.now_ms;
	struct destination_state state;
	const struct verdict_facts facts = {
		.kind = sink_kind_named(claimed->sink_kind),
		.outcome = down ? OUTCOME_RETRY : OUTCOME_SENT,
		.attempts = claimed->attempts,
		.plain = claimed->plain,
		.created_at = claimed->created_at,
		.started_at = now_ms,
		.now_ms = now_ms,
		.random = (uint32_t)(sim_chance(sim) * UINT32_MAX),
	};
	struct settlement settlement = {
		.delivery_id = claimed->id,
		.outcome = down ? "retry" : "sent",
		.code = down ? 503 : 200,
		/* Something to edit: our chat has a token. */
		.reference = !down && strcmp(claimed->sink_kind, "slack") == 0 ? "{}" : NULL};
	struct verdict verdict;
	struct err err;

	if (queue_destination_get(sim->player.db, claimed->destination, &state, &err) < 0)
		sim_die("destination", &err);
	verdict = verdict_of(&facts, &state);
	settlement.settle = verdict.settle;
	settlement.due_at = verdict.due_at;
	if (queue_destination_put(sim->player.db, claimed->destination, claimed->sink_kind, &state,
	                          NULL, now_ms, &err) < 0 ||
	    queue_settle(sim->player.db, &settlement, now_ms, &err) < 0)
		sim_die("settle", &err);
}

struct pending {
	char **items;
	size_t count;
};

static void
on_pending(const char *destination, void *arg)
{
	struct pending *all = arg;

	all->items = mem_grow(all->items, all->count + 1, sizeof(*all->items));
	all->items[all->count++] = mem_str(destination);
}

/* When the next is due there, or 0. */
static int64_t
deliver_to(struct sim *sim, const char *destination)
{
	struct claim_want want = {.destination = destination, .slots = SLOTS, .lease_ms = HOUR_MS};
	bool down = is_down(outage_of(sim, destination), sim->player.now_ms, sim->player.now_ms);
	struct claimed claimed[SLOTS];
	int64_t next;
	struct err err;
	int n;

	do {
		n = queue_claim(sim->player.db, &want, sim->player.now_ms, claimed, &next, &err);
		if (n < 0)
			sim_die("claim", &err);
		for (int i = 0; i < n; i++) {
			if (!down)
				witness_hears(sim, &claimed[i]);
			settle(sim, &claimed[i], down);
			claimed_fini(&claimed[i]);
		}
	} while (n > 0);
	return next;
}

static void
sooner(int64_t *first, int64_t at)
{
	if (at != 0 && (*first == 0 || at < *first))
		*first = at;
}

static int64_t
deliver_due(struct sim *sim)
{
	struct pending all = {0};
	int64_t first = 0;
	struct err err;

	if (queue_destinations_pending(sim->player.db, on_pending, &all, &err) != 0)
		sim_die("pending", &err);
	for (size_t i = 0; i < all.count; i++) {
		sooner(&first, deliver_to(sim, all.items[i]));
		free(all.items[i]);
	}
	free(all.items);
	return first;
}

static int64_t
look(struct sim *sim)
{
	int64_t next;
	struct err err;
	int found;

	do {
		found = plan_wakes(sim->player.desk, sim->player.db, WAKES_AT_ONCE,
		                   sim->player.now_ms, &next, &err);
		if (found < 0)
			sim_die("wakes", &err);
	} while (found == WAKES_AT_ONCE);
	return next;
}

/* What a relay does every hour, here once a day. */
static void
tidy(struct sim *sim)
{
	struct err err;
	bool more;

	player_tidy_queue(&sim->player, &sim->line, false);
	do {
		if (store_prune(sim->player.db, sim->now_ms, RETENTION_MS, &more, &err) != 0)
			sim_die("prune", &err);
	} while (more);
	sim->outages->tidy_at += DAY_MS;
}

static void
restart(struct sim *sim)
{
	commit(sim);
	db_close(sim->player.db);
	sim->player.now_ms = sim->now_ms;
	player_restart(&sim->player, &sim->line);
	sim->outages->restart_at += RESTART_EVERY_MS;
	begin(sim);
}

void
relay_catch_up(struct sim *sim)
{
	struct outages *o = sim->outages;

	for (;;) {
		int64_t first = look(sim);

		sooner(&first, deliver_due(sim));
		if (first == 0 || first > sim->now_ms)
			break;
		if (first > sim->player.now_ms)
			sim->player.now_ms = first;
	}
	sim->player.now_ms = sim->now_ms;
	record_fini(&sim->player.record);
	sim->player.record = (struct record){0};
	if (sim->now_ms >= o->tidy_at)
		tidy(sim);
	if (sim->now_ms >= o->restart_at)
		restart(sim);
	if (sim->now_ms >= o->commit_at) {
		commit(sim);
		db_tidy(sim->player.db);
		begin(sim);
		o->commit_at = sim->now_ms + COMMIT_EVERY_MS;
	}
}
