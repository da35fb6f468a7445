/*
 * digest_course.h - when a route with `digest` tells what it collected.
 *
 * When the last digest was, and by which schedule the next was set, stands in
 * the store: a route that goes away and comes back goes on, one whose schedule
 * changed is planned anew (plan_digests()).  Writer thread.
 */
#ifndef RELAY_FLOW_DIGEST_COURSE_H
#define RELAY_FLOW_DIGEST_COURSE_H

#include "relay/flow/plan.h"

/* "FROM AT EVERY ZONE" under "digest ROUTE"; *schedule is the caller's. */
struct course {
	int64_t from; /* the last one, or when it was first planned */
	char *schedule;
};

/* 1, 0: none is known; -1. */
int course_get(struct plan *, const char *route, struct course *, struct err *) MUST_CHECK;
int course_drop(struct plan *, const char *route, struct err *) MUST_CHECK;
/* From then on, and the next at its time. */
int course_set(struct plan *, const struct conf_route *, int64_t from, struct err *) MUST_CHECK;

#endif
