/*
 * sim.h - an organization that lives for some virtual months: its image
 * buckets, channels, workspaces and teams, and the webhooks they cause, sent
 * to the relay's own functions over a store on disk.
 *
 *	world.c    what happens and when; knows who runs what
 *	build.c    images: built, promoted, revoked
 *	work.c     workspaces: runs, drift
 *	plans.c    what the plans of those with a run task say
 *	spells.c   what was so from when to when
 *	post.c     webhooks on their way: lost, late, twice
 *	relay.c    receives them, and hands what is due to sinks that fail at times
 *	witness.c  what was told, held against what was true
 *
 * Nothing that happens depends on what the relay says.  All of it follows
 * from the seed.
 */
#ifndef TESTS_SIMULATE_SIM_H
#define TESTS_SIMULATE_SIM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/base/clock.h"
#include "relay/base/err.h"
#include "tests/flow/player.h"

#define VERSIONS_MAX 64
#define NEVER INT64_MAX

enum channel { CHANNEL_DEV, CHANNEL_STAGING, CHANNEL_PRODUCTION, CHANNELS };

struct options {
	int days, workspaces, buckets, teams;
	unsigned seed;
	double tasked;            /* of the workspaces */
	double lost, late, twice; /* of the webhooks */
	bool outages;
};

struct version {
	int64_t completed_at, revoke_at, revoked_at; /* 0: not yet */
	int base;                                    /* version of the parent it was built on; -1 */
	bool scheduled;
	bool lost; /* a webhook about it, or one that put another in its place */
};

struct bucket {
	char name[64];
	int team, parent; /* -1: a base */
	struct version versions[VERSIONS_MAX];
	int count;
	int on[CHANNELS];    /* version; -1 */
	int64_t hurry_until; /* a hole was found: people apply soon */
};

/* Some version from then to then; the last few. */
#define SPELLS_MAX 16

struct spell {
	int version;
	int64_t from, until;
};

struct spells {
	struct spell items[SPELLS_MAX];
	int count; /* so far: the last SPELLS_MAX of them are kept */
};

/* How the instances of a workspace come by their image. */
enum image_use {
	USES_CHANNEL, /* from the data source, at each apply */
	USES_FIRST,   /* from it too, and then not again: ignore_changes */
	USES_ID       /* its id stands in the configuration */
};

struct workspace_truth {
	char name[64];
	int bucket;
	enum channel channel;
	int runs; /* version; -1 */
	int64_t since;
	int64_t pace_ms;
	int64_t created_at; /* of the run under way */
	int run;
	bool gone, drifted, failed;
	bool lost;   /* the webhook of the run that brought what it runs */
	bool tasked; /* its plans are read */
	enum image_use use;
	struct spells ran, planned, unheard; /* the last: what it did is not known to anybody */
};

/* Somebody ran this from then to then; of what is revoked at its end or was. */
struct episode {
	int workspace, version;
	int64_t from, until;
	bool lost;
};

enum what {
	BUILD,
	PROMOTE,
	REVOKE,
	CANCEL,
	INHERIT,
	URGENT,
	RUN,
	APPLIED,
	BROKE_OFF,
	DISCARDED,
	DRIFT,
	DELETE,
	ARRIVE,
	WHATS
};

struct happening {
	int64_t at;
	uint64_t seq; /* of two at one time the earlier made comes first */
	enum what what;
	int a, b, c;
	struct post *post;
};

struct sim;
typedef void happen_fn(struct sim *, const struct happening *);

struct counts {
	int64_t sent, lost, late, twice;    /* webhooks */
	int64_t terraform, careful, packer; /* one message an event */
	int64_t plans;
};

struct sim {
	struct options options;
	struct player player;
	struct story_line line; /* a name for what fails */
	int64_t now_ms, start_ms, end_ms;
	uint64_t random;

	struct bucket *buckets;
	struct workspace_truth *workspaces;
	struct episode *episodes;
	size_t episode_count;
	struct happening *heap;
	size_t heap_count;
	uint64_t seq;
	int numbers;        /* of payloads */
	int64_t arrives_at; /* the last one posted; NEVER: it is lost */

	struct counts counts;
	struct outages *outages; /* relay.c */
	struct witness *witness;
};

/* sim.c */
double sim_chance(struct sim *); /* 0 to 1 */
bool sim_one_in(struct sim *, double chance);
int64_t sim_between(struct sim *, int64_t from, int64_t to);
int64_t sim_around(struct sim *, int64_t mean); /* as long as things take that just happen */
_Noreturn void sim_die(const char *what, const struct err *);

/* world.c */
void world_make(struct sim *);
void world_live(struct sim *); /* to the end */
void world_free(struct sim *);
void world_will(struct sim *, int64_t at, enum what, int a, int b, int c);
void world_will_arrive(struct sim *, int64_t at, struct post *);
/* From now on it runs this one; -1: nothing. */
void world_runs(struct sim *, int workspace, int version);
const char *channel_name(enum channel);

/* build.c, work.c, post.c */
happen_fn build_happens, promote_happens, revoke_happens, cancel_happens, inherit_happens,
	urgent_happens, run_happens, applied_happens, broke_off_happens, discarded_happens,
	drift_happens, delete_happens, arrive_happens;

/* plans.c: its plan is read, after so long. */
void plan_is_read(struct sim *, int workspace, int planned);

/* spells.c */
void spell_begin(struct spells *, int version, int64_t at);
void spell_end(struct spells *, int64_t at); /* the last one, unless it has ended before */
bool spell_was(const struct spells *, int version, int64_t from, int64_t until);
#define ANY_VERSION (-2)

/* One webhook, as a line of a story would say it; `time=` is added.  True: it
 * is lost. */
bool post_packer(struct sim *, int bucket, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* careful: also somebody who wants few messages would have had this one sent. */
bool post_terraform(struct sim *, int workspace, bool careful, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/* What the reader of a plan would answer, after `takes` ms. */
void post_plan(struct sim *, int workspace, int64_t takes, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* relay.c */
void relay_start(struct sim *);
void relay_stop(struct sim *);
void relay_receive(struct sim *, const struct story_line *, const char *source, const char *body);
void relay_reads(struct sim *, const struct story_line *, int64_t told_at);
/* Everything that is due until now; once in a while it is killed and started. */
void relay_catch_up(struct sim *);
/* Whether this destination took nothing at some moment in between. */
bool relay_was_down(const struct sim *, const char *destination, int64_t from, int64_t until);

/* config.c: what a platform team would write, into the folder. */
void config_write(const struct sim *, const char *folder);

/* witness.c */
void witness_start(struct sim *);
void witness_hears(struct sim *, const struct claimed *);
/* Prints the tables; false when something that must not be was. */
bool witness_tells(struct sim *);
void witness_free(struct sim *);

#endif
