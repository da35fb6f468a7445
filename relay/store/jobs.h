/*
 * jobs.h - store jobs in a line.  A plain value without a lock; store.c puts
 * one around those that threads share.
 */
#ifndef RELAY_STORE_JOBS_H
#define RELAY_STORE_JOBS_H

#include "relay/store/store.h"

struct jobs {
	struct inbox_item *first, *last; /* each the head of a struct store_job */
};

void jobs_add(struct jobs *, struct store_job *);
struct store_job *jobs_take(struct jobs *); /* the first, or NULL */
/* Moves up to `most` from the front of `from` behind `to`.  Returns how many. */
int jobs_move(struct jobs *to, struct jobs *from, int most);

/* Are there at least so many? */
bool jobs_are(const struct jobs *, int count);

static inline struct store_job *
jobs_first(const struct jobs *jobs)
{
	return (struct store_job *)jobs->first;
}

static inline struct store_job *
jobs_next(const struct store_job *job)
{
	return (struct store_job *)job->item.next;
}

#endif
