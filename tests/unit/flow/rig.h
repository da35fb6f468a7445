/*
 * rig.h - a real store with a loop around it, and a clock that only moves when a test
 * says so.
 */
#ifndef TESTS_UNIT_FLOW_RIG_H
#define TESTS_UNIT_FLOW_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>

#include "relay/config/conf.h"
#include "relay/runtime/inbox.h"
#include "relay/runtime/loop.h"
#include "relay/store/store.h"

struct rig {
	char folder[32];
	struct loop *loop;
	struct inbox *inbox;
	struct store *store;
	struct timer *limit;
};

/* The store's threads read it too. */
extern _Atomic(int64_t) clock_now;
int64_t virtual_now(void);

void rig_open(struct rig *, int64_t now_ms);
/* First of all that works with the loop: nothing is submitted from then on. */
void rig_close_store(struct rig *);
void rig_remove(struct rig *); /* last */

/* Until loop_stop(); fails the test when that does not come in 20 s. */
void rig_run(struct rig *);

typedef int rig_work_fn(struct db *, void *arg, struct err *);
/* On the writer thread, in a transaction; back when it is committed. */
void rig_in_store(struct rig *, rig_work_fn *, void *arg);

void rig_put_file(const struct rig *, const char *name, const char *text); /* as a secret is */
/* A config in the folder, with all kinds of sources and sinks. */
struct conf *rig_conf(const struct rig *, const char *text);

#endif
