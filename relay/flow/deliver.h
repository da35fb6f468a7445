/*
 * deliver.h - from what is owed (store/queue.h) to what was said (sinks/).
 *
 *	wake -> claim job -> send -> outcome -> settle job -> wake
 *
 * One claim job at a time asks the store what each destination with a free
 * slot may take, and when the next one is due; that arms the only timer.
 * Every claimed delivery is sent at once, what became of it is settled, and
 * the slot is free again: a destination that is slow or down holds its own
 * slots and nothing else.  Pauses, probes and retries live in the store, so a
 * restart forgets none of them.
 *
 * Loop thread only.  Contract section 8 is the promise this keeps.
 */
#ifndef RELAY_FLOW_DELIVER_H
#define RELAY_FLOW_DELIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/base/err.h"
#include "relay/runtime/loop.h"

struct conf;
struct deliver;
struct helpers;
struct httpc;
struct store;
struct templates;

/* now_ms may be NULL for clock_wall_ms.  loop, store, httpc and helpers outlive it. */
int deliver_new(struct deliver **, struct loop *, struct store *, struct httpc *, struct helpers *,
                int64_t (*now_ms)(void), struct err *) MUST_CHECK;

/*
 * At start and after each reload: opens the sinks of this config with these
 * templates (NULL: the built-in messages alone), and keeps a reference of both.  Those of the config before finish what they send.  The
 * first call also puts back what a killed relay had in flight; every call
 * gives each blocked destination a probe.
 */
void deliver_configure(struct deliver *, struct conf *, struct templates *);

/* Something may be owed: after planning, after a retry by hand. */
void deliver_wake(struct deliver *);

/* What is called when a destination fails, or works again: something may have
 * to be looked at in a while (timekeeper.h).  Once, after deliver_new(). */
void deliver_watch(struct deliver *, loop_fn *troubled, void *arg);

/* Is there a sink for this destination in the config of now? */
bool deliver_knows(const struct deliver *, const char *destination);

/* Claims nothing more; done (NULL is fine) runs on the loop when nothing is in
 * flight any more, or after DELIVER_DRAIN_MS.  From then on nothing is
 * submitted to the store: call it before store_close() in any case. */
#define DELIVER_DRAIN_MS INT64_C(10000)
void deliver_drain(struct deliver *, loop_fn *done, void *arg);

/* After store_close() and the last answer of its inbox, before httpc_free().
 * What is still in flight is cancelled; the store gives it out again at the
 * next start. */
void deliver_free(struct deliver *);

#endif
