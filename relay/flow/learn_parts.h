/*
 * learn_parts.h - what the files of learn.h share, and nobody else.
 *
 *	learn.c         life, claims, the timer
 *	learn_settle.c  writing down what became of a reading
 *	learn_plan.c    plans of run tasks
 *	learn_api.c     what asks the HCP Terraform API: learn_state.c, learn_details.c
 *
 * A kind of reading is a row of learn_steps[].
 */
#ifndef RELAY_FLOW_LEARN_PARTS_H
#define RELAY_FLOW_LEARN_PARTS_H

#include <jansson.h>
#include <stdbool.h>

#include "relay/base/lasting.h"
#include "relay/config/conf.h"
#include "relay/flow/learn.h"
#include "relay/flow/plan.h"
#include "relay/hcp/read_job.h"
#include "relay/hcp/reading.h"
#include "relay/runtime/helper.h"
#include "relay/store/readings.h"
#include "relay/store/store.h"

/* What came of one attempt. */
enum learnt_end {
	LEARNT_READ,    /* `read` is what it says */
	LEARNT_NOT_YET, /* there is nothing to read yet: asked again soon, at a steady pace */
	LEARNT_LATER,   /* it may go well another time: asked again, less and less often */
	LEARNT_NOTHING  /* nor will it ever */
};
struct learnt {
	enum learnt_end end;
	json_t *read;    /* owned; what it is, its kind knows */
	int64_t wait_ms; /* NOT_YET, LATER: so long, the other side says; 0 = not said */
	char why[256];   /* for people, when not READ; never a secret */
};

/* One claimed reading on its way. */
struct learning {
	struct learning *next, **link;
	struct learn *learn;
	struct owed_reading owed;
	struct conf *conf;     /* a reference: what it works under */
	struct helper *helper; /* while one runs for it */
	void *state;           /* its kind's own, freed by its step */
	struct learnt learnt;
	int64_t started_at;
};

/* A kind of reading. */
struct learn_step {
	int slots;            /* on their way at once */
	int64_t pace_most_ms; /* between two tries that fail */
	/* Loop thread: sets out; then learning_end() once, also from within. */
	void (*begin)(struct learning *);
	/* Loop thread: stops what is under way and frees `state`; learning_end() is not
	 * called any more.  NULL: nothing but the helper, which is cancelled anyway. */
	void (*cancel)(struct learning *);
	/* Loop thread: what a helper's download came to, and what that means so far, which
	 * it may judge otherwise.  NULL: nobody wants to know. */
	void (*fetched)(struct learning *, const struct fetch_result *, struct learnt *);
	/* Writer thread: everything that follows from learnt.read. */
	int (*take)(struct plan *, const struct learning *, struct err *);
	/* Writer thread: it is given up, and `why`.  NULL: nobody waits for it. */
	int (*give_up)(struct plan *, const struct learning *, const char *why, struct err *);
};
extern const struct learn_step learn_plan, learn_state, learn_assessment, learn_tasks;
const struct learn_step *learn_step_of(enum reading_kind);

struct learn {
	struct loop *loop;
	struct store *store;
	struct api_clients *api;
	struct helpers *helpers;
	int64_t (*now_ms)(void);
	loop_fn *settled;
	void *settled_arg;
	struct conf *conf;
	struct learning *learnings; /* on their way */
	int under_way[READING_KIND_COUNT];
	struct timer *due;  /* the next time something may be read */
	int64_t claimed_at; /* the last time, by the wall's clock */
	bool ready;         /* what a killed relay was at was put back */
	bool hurry;         /* the config is another: what failed is tried at once */
	bool claiming, claim_again, stopped;
	struct lasting unclaimed;
};

/* What came of it; `read` is taken over.  Ends and later frees the learning. */
void learning_end(struct learning *, const struct learnt *);
void learning_fails(struct learning *, enum learnt_end, const char *why);

/* Has a helper fetch and read this, with the resource types of the learning's
 * config, and ends the learning with what it answers. */
void learning_read(struct learning *, const struct fetch_request *);
/* Writer thread: what was read, which is to be a plan, or to be a state.  -1: it is not;
 * reading_fini() in each case. */
int learning_reading(const struct learning *, bool plan, struct reading *, struct err *) MUST_CHECK;

/* learn_settle.c: writes down learning->learnt, and takes the learning over. */
void learn_settle(struct learning *);
void learning_free(struct learning *);
/* When it is settled, whatever came of it. */
void learn_settled(struct learn *, enum reading_kind);

#endif
