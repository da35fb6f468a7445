/*
 * learn.h - from plans and states that are to be read (store/readings.h) to what
 * is known.
 *
 *	wake -> claim job -> fetch -> what was read -> settle job -> wake
 *
 * As deliver.h, for what comes in: claimed readings are on their way, each kind
 * with a few slots of its own, so that a sweep of many states never keeps a run
 * waiting for its plan.  What was read is settled in one transaction with all that
 * follows from it; what could not be read is tried again, or given up with a
 * word to who waits for it.  A kill loses nothing: what was under way is claimed
 * again.
 *
 * Loop thread only.
 */
#ifndef RELAY_FLOW_LEARN_H
#define RELAY_FLOW_LEARN_H

#include <stdint.h>

#include "relay/runtime/loop.h"

struct api_clients;
struct conf;
struct helpers;
struct learn;
struct store;

/* The helpers that download and read, at once: each may use READ_MEMORY. */
#define LEARN_HELPERS 4

/* loop, store, api and helpers outlive it.  helpers are its own: nobody's mail
 * is to wait for a plan.  now_ms may be NULL for clock_wall_ms.  settled: after
 * each settlement, something may be owed; NULL is fine. */
struct learn *learn_new(struct loop *, struct store *, struct api_clients *, struct helpers *,
                        int64_t (*now_ms)(void), loop_fn *settled, void *arg);
/* At start and after each reload; the first call puts back what a killed relay
 * was at.  Keeps a reference. */
void learn_configure(struct learn *, struct conf *);
/* Something may be to be read: after planning. */
void learn_wake(struct learn *);
/* Claims nothing more and leaves what is under way to the next start.  From then
 * on nothing is submitted to the store: call it before store_close(). */
void learn_stop(struct learn *);
/* After store_close() and the last answer of its inbox, before api_clients_free(). */
void learn_free(struct learn *);

#endif
