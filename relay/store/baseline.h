/*
 * baseline.h - until when a new store collects what it finds at first.
 *
 * Fixed at the first start of a store, whatever the config says later.  Inside
 * a transaction of the caller, on the writer thread.
 */
#ifndef RELAY_STORE_BASELINE_H
#define RELAY_STORE_BASELINE_H

#include "relay/model/kind.h"
#include "relay/store/db.h"

/* At each start; only the first one counts.  0: it has none, now and later. */
int baseline_fix(struct db *, int64_t end_ms, struct err *) MUST_CHECK;
/* 0: it has none; -1. */
int64_t baseline_end(struct db *, struct err *);
/* The same for incidents of this kind: 0 also where it is told at once. */
int64_t baseline_end_of(struct db *, enum incident_kind, struct err *);

#endif
