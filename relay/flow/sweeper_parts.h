/*
 * sweeper_parts.h - what the files of sweeper.h share, and nobody else.
 *
 *	sweeper.c       life, what is to be done next, jobs
 *	sweeper_page.c  one page asked for and taken in
 */
#ifndef RELAY_FLOW_SWEEPER_PARTS_H
#define RELAY_FLOW_SWEEPER_PARTS_H

#include <jansson.h>
#include <stdbool.h>

#include "relay/base/lasting.h"
#include "relay/config/conf.h"
#include "relay/flow/sweeper.h"
#include "relay/hcp/terraform_client.h"
#include "relay/store/store.h"
#include "relay/store/sweeps.h"

struct sweeping;
/* Writer thread: leaves the sweep as it is then in s->found. */
typedef int sweep_work_fn(struct sweeping *, struct db *, struct err *);
typedef void sweep_then_fn(struct sweeping *);

/* The sweep of one source. */
struct sweeping {
	struct sweeping *next;
	struct sweeper *sweeper;
	struct store_job job; /* there is one at a time */
	struct conf *conf;    /* a reference: what it works under */
	char *source, *place, *organization;
	struct api_client *client;
	struct api_call *call;
	struct timer *timer;
	sweep_work_fn *work;
	sweep_then_fn *then;
	struct sweep sweep;         /* as it was committed last */
	struct sweep found;         /* by the job under way */
	int64_t pending, now_ms;    /* the same */
	json_t *page;               /* being taken in */
	enum sweep_step asked_step; /* of which step, and which of its pages */
	int64_t asked_page;
	size_t taken, bite; /* of its items */
	char problem[256];  /* to be written down */
	int64_t wait_ms;    /* and then waited out */
	int failed;         /* times the Explorer was out of reach, one after another */
	bool busy, dropped;
	struct lasting refused; /* by the store */
};

struct sweeper {
	struct loop *loop;
	struct store *store;
	struct api_clients *clients;
	int64_t (*now_ms)(void);
	loop_fn *taken;
	void *arg;
	struct sweeping *all;
	bool stopped;
};

/* sweeper.c */
void sweeping_look(struct sweeping *); /* finds out what comes next, and does it */
/* One job at a time: `work` on the writer thread, and then `then` on the loop. */
void sweeping_submit(struct sweeping *, sweep_work_fn *work, sweep_then_fn *then);

/* sweeper_page.c */
void sweeping_fetch(struct sweeping *); /* the page that s->sweep says */

#endif
