/*
 * scratch.h - a store in a folder of its own, gone after the test.
 */
#ifndef TESTS_UNIT_STORE_SCRATCH_H
#define TESTS_UNIT_STORE_SCRATCH_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "relay/runtime/inbox.h"
#include "relay/store/db.h"
#include "relay/store/events.h"
#include "relay/store/store.h"

struct scratch {
	char dir[64];
	char path[96]; /* DIR/store.db */
	char url[112]; /* sqlite:PATH */
};

void scratch_make(struct scratch *);
void scratch_remove(struct scratch *);

struct db *scratch_db(const struct scratch *, enum db_mode); /* dies when it cannot */
/* One number of one query on a connection of its own. */
int64_t scratch_ask(const struct scratch *, const char *query);
/* Changes made behind the relay's back, likewise. */
void scratch_run(const struct scratch *, const char *script);

/* A store with a loop around it. */
struct rig {
	struct scratch scratch;
	struct loop *loop;
	struct inbox *inbox;
	struct store *store;
};

void rig_make(struct rig *);
void rig_open(struct rig *, const struct planner *);
void rig_close(struct rig *); /* the store only: it can be opened again */
void rig_remove(struct rig *);
/* Runs the loop until it holds; fails the test when it does not in 30 s. */
void rig_until(struct rig *, bool (*holds)(void *), void *arg);

/* A job that stores one event; count goes up when it is answered with 0. */
struct accept_job {
	struct store_job job;
	struct new_event event;
	char id[32], key[40], first_id[32];
	int added; /* what event_insert() said */
	int *answered, *failed;
};
void rig_accept(struct rig *, const char *name, const char *body, size_t len, int *answered,
                int *failed);

struct at_least {
	const int *count;
	int want;
};
bool at_least(void *); /* struct at_least */

#endif
