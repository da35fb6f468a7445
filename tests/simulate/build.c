/* Images: built every week, promoted through the channels, revoked. */
#include "tests/simulate/sim.h"

#define TTL_MS (21 * DAY_MS)

static bool
is_good(const struct sim *sim, int bucket, int version)
{
	return version >= 0 && sim->buckets[bucket].versions[version].revoked_at == 0;
}

static void
about(struct sim *sim, int bucket, int version, bool lost)
{
	sim->buckets[bucket].versions[version].lost |= lost;
}

/* One channel gets another version; that of the one before ends with it. */
static void
assign(struct sim *sim, int bucket, int version, int c)
{
	struct bucket *b = &sim->buckets[bucket];
	const char *channel = channel_name((enum channel)c);
	int was = b->on[c];
	bool lost;

	b->on[c] = version;
	if (was < 0)
		lost = post_packer(sim, bucket, "packer assign %s v%d channel=%s", b->name,
		                   version + 1, channel);
	else
		lost = post_packer(sim, bucket, "packer assign %s v%d channel=%s previous=v%d",
		                   b->name, version + 1, channel, was + 1);
	about(sim, bucket, version, lost);
	if (was >= 0)
		about(sim, bucket, was, lost);
}

/* a: the bucket; b: 1 after a hole was found, to be promoted at once. */
void
build_happens(struct sim *sim, const struct happening *h)
{
	struct bucket *b = &sim->buckets[h->a];
	int v = b->count;
	bool first = v == 0;

	if (h->b == 0)
		world_will(sim, sim->now_ms + 7 * DAY_MS + sim_between(sim, -HOUR_MS, HOUR_MS),
		           BUILD, h->a, 0, 0);
	if (v == VERSIONS_MAX)
		return;
	b->count++;
	b->versions[v] = (struct version){
		.completed_at = sim->now_ms,
		.base = b->parent < 0 ? -1 : sim->buckets[b->parent].on[CHANNEL_PRODUCTION]};
	about(sim, h->a, v, post_packer(sim, h->a, "packer create %s v%d", b->name, v + 1));
	about(sim, h->a, v,
	      post_packer(sim, h->a, "packer complete %s v%d builds=aws:us-east-1:ami-%d-%d",
	                  b->name, v + 1, h->a, v + 1));
	for (int c = 0; c < CHANNELS; c++) {
		int64_t wait = first || h->b != 0 ? (c + 1) * MINUTE_MS
		               : c == CHANNEL_DEV ? HOUR_MS
		                                  : c * DAY_MS + sim_between(sim, 0, DAY_MS);

		world_will(sim, sim->now_ms + wait, PROMOTE, h->a, v, c);
	}
}

/* What is two behind gets its last day. */
static void
schedule_old(struct sim *sim, int bucket, int v)
{
	struct bucket *b = &sim->buckets[bucket];
	char when[TIME_TEXT_SIZE];
	struct version *old = &b->versions[v];

	if (old->revoked_at != 0 || old->scheduled)
		return;
	old->scheduled = true;
	old->revoke_at = sim->now_ms + TTL_MS;
	old->lost |=
		post_packer(sim, bucket, "packer schedule %s v%d revoke_at=%s message=end-of-life",
	                    b->name, v + 1, time_text(old->revoke_at, when));
	world_will(sim, old->revoke_at, REVOKE, bucket, v, 0);
	if (sim_one_in(sim, 0.05))
		world_will(sim, sim->now_ms + sim_between(sim, DAY_MS, TTL_MS - DAY_MS), CANCEL,
		           bucket, v, 0);
}

void
promote_happens(struct sim *sim, const struct happening *h)
{
	struct bucket *b = &sim->buckets[h->a];
	int was = b->on[h->c];

	if (!is_good(sim, h->a, h->b) || was >= h->b)
		return;
	assign(sim, h->a, h->b, h->c);
	if (h->c == CHANNEL_PRODUCTION)
		for (int v = 0; v < h->b - 1; v++)
			schedule_old(sim, h->a, v);
}

/* HCP can put the channels back to the version before. */
static void
roll_back(struct sim *sim, int bucket, int v)
{
	struct bucket *b = &sim->buckets[bucket];

	for (int c = 0; c < CHANNELS; c++) {
		int good = v - 1;

		while (good >= 0 && !is_good(sim, bucket, good))
			good--;
		if (b->on[c] != v || good < 0)
			continue;
		assign(sim, bucket, good, c);
	}
}

/* At its time, when nobody has cancelled it or put it off. */
void
revoke_happens(struct sim *sim, const struct happening *h)
{
	struct version *v = &sim->buckets[h->a].versions[h->b];

	if (!v->scheduled || v->revoked_at != 0 || v->revoke_at != sim->now_ms)
		return;
	v->revoked_at = sim->now_ms;
	v->lost |= post_packer(sim, h->a, "packer revoke %s v%d message=end-of-life",
	                       sim->buckets[h->a].name, h->b + 1);
}

void
cancel_happens(struct sim *sim, const struct happening *h)
{
	struct version *v = &sim->buckets[h->a].versions[h->b];
	char when[TIME_TEXT_SIZE];

	if (v->revoked_at != 0)
		return;
	if (sim_one_in(sim, 0.5)) {
		v->revoke_at += 7 * DAY_MS;
		v->lost |= post_packer(
			sim, h->a, "packer schedule %s v%d revoke_at=%s message=end-of-life",
			sim->buckets[h->a].name, h->b + 1, time_text(v->revoke_at, when));
		world_will(sim, v->revoke_at, REVOKE, h->a, h->b, 0);
	} else {
		v->revoke_at = 0;
		v->lost |= post_packer(sim, h->a, "packer cancel %s v%d", sim->buckets[h->a].name,
		                       h->b + 1);
	}
}

/* a: the bucket, b: its version, c: the base's. */
void
inherit_happens(struct sim *sim, const struct happening *h)
{
	struct bucket *b = &sim->buckets[h->a];
	struct version *v = &b->versions[h->b];

	if (v->revoked_at != 0)
		return;
	v->revoked_at = sim->now_ms;
	b->hurry_until = sim->now_ms + 5 * DAY_MS;
	v->lost |= post_packer(sim, h->a, "packer revoke %s v%d from=%s:v%d message=CVE-2026-1000",
	                       b->name, h->b + 1, sim->buckets[b->parent].name, h->c + 1);
	if (sim_one_in(sim, 0.3))
		roll_back(sim, h->a, h->b);
}

/* A hole in what production builds on: it and all that was built on it. */
void
urgent_happens(struct sim *sim, const struct happening *h)
{
	struct bucket *base = &sim->buckets[h->a];
	int bad = base->on[CHANNEL_PRODUCTION];

	if (!is_good(sim, h->a, bad))
		return;
	base->versions[bad].revoked_at = sim->now_ms;
	about(sim, h->a, bad,
	      post_packer(sim, h->a, "packer revoke %s v%d message=CVE-2026-1000", base->name,
	                  bad + 1));
	roll_back(sim, h->a, bad);
	world_will(sim, sim->now_ms + 2 * HOUR_MS, BUILD, h->a, 1, 0);
	for (int i = 0; i < sim->options.buckets; i++) {
		struct bucket *b = &sim->buckets[i];
		bool any = false;

		for (int v = 0; b->parent == h->a && v < b->count; v++)
			if (b->versions[v].base == bad && b->versions[v].revoked_at == 0) {
				any = true;
				world_will(sim,
				           sim->now_ms +
				                   sim_between(sim, SECOND_MS, 20 * SECOND_MS),
				           INHERIT, i, v, bad);
			}
		if (any)
			world_will(sim, sim->now_ms + sim_between(sim, 3 * HOUR_MS, 10 * HOUR_MS),
			           BUILD, i, 1, 0);
	}
}
