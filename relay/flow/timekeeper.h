/*
 * timekeeper.h - has what is due looked at when its time comes (plan_wakes()).
 *
 * One store job at a time looks and learns when the next is due; that arms the
 * only timer.  Loop thread only.
 */
#ifndef RELAY_FLOW_TIMEKEEPER_H
#define RELAY_FLOW_TIMEKEEPER_H

#include <stdint.h>

#include "relay/runtime/loop.h"

struct plan_desk;
struct store;
struct timekeeper;

/* looked: after each commit in which something was due.  now_ms may be NULL
 * for clock_wall_ms.  Everything given outlives it. */
struct timekeeper *timekeeper_new(struct loop *, struct store *, struct plan_desk *,
                                  int64_t (*now_ms)(void), loop_fn *looked, void *arg);
/* At start, and when something may have been set: after planning, after a reload. */
void timekeeper_look(struct timekeeper *);
/* Submits nothing more. */
void timekeeper_stop(struct timekeeper *);
/* After the last answer of the store; NULL is fine. */
void timekeeper_free(struct timekeeper *);

#endif
