/*
 * pruner.h - what is old goes, each hour, in bites (store/prune.h).
 *
 * One store job at a time, submitted again after a pause while there is more,
 * so that others get in between and are not slowed.  Loop thread only.
 */
#ifndef RELAY_FLOW_PRUNER_H
#define RELAY_FLOW_PRUNER_H

#include "relay/config/conf.h"
#include "relay/runtime/loop.h"

struct store;
struct pruner;

/* Begins a minute later.  Everything given outlives it. */
struct pruner *pruner_new(struct loop *, struct store *, struct conf *);
/* From the next hour on. */
void pruner_configure(struct pruner *, struct conf *);
/* Submits nothing more. */
void pruner_stop(struct pruner *);
/* After the last answer of the store; NULL is fine. */
void pruner_free(struct pruner *);

#endif
