/*
 * stand.h - a loop on a thread of its own, so that a test can stand on the
 * other side of the sockets and wait.
 */
#ifndef TESTS_UNIT_RUNTIME_STAND_H
#define TESTS_UNIT_RUNTIME_STAND_H

#include <pthread.h>

#include "relay/runtime/inbox.h"
#include "relay/runtime/loop.h"

struct stand {
	struct loop *loop;
	struct inbox *inbox;
	pthread_t thread;
};

struct stand *stand_new(void);
/* fn runs on the loop thread; returns when it has. */
void stand_call(struct stand *, void (*fn)(void *), void *arg);
void stand_free(struct stand *);

#endif
