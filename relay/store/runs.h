/*
 * runs.h - the newest that was heard of each run, so that what arrives late
 * does not take it back.  Inside a transaction of the caller.
 */
#ifndef RELAY_STORE_RUNS_H
#define RELAY_STORE_RUNS_H

#include "relay/model/run.h"
#include "relay/store/db.h"

/* 1 found, 0 not (then only host and id are set), -1.  *out is the caller's to
 * run_fini() in each case. */
int runs_get(struct db *, const char *host, const char *id, struct run *out,
             struct err *) MUST_CHECK;
int runs_put(struct db *, const struct run *, struct err *) MUST_CHECK;

#endif
