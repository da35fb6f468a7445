/*
 * alone.h - a step inside a transaction that may fail without taking the rest
 * of it along: what people are told of a delivery must not undo that it was
 * made.  Inside a job that is `single` (store.h): savepoints have one level.
 */
#ifndef RELAY_STORE_ALONE_H
#define RELAY_STORE_ALONE_H

#include "relay/store/db.h"

/* 0: done; 1: it failed (err says why) and nothing of it is left; -1: the
 * database did, and the transaction is lost. */
int db_alone(struct db *, int (*step)(struct db *, void *arg, struct err *), void *arg,
             struct err *) MUST_CHECK;

#endif
