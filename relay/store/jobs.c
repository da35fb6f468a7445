#include "relay/store/jobs.h"

#include <stddef.h>

_Static_assert(offsetof(struct store_job, item) == 0, "an inbox item is the job it heads");

void
jobs_add(struct jobs *jobs, struct store_job *job)
{
	job->item.next = NULL;
	if (jobs->first)
		jobs->last->next = &job->item;
	else
		jobs->first = &job->item;
	jobs->last = &job->item;
}

struct store_job *
jobs_take(struct jobs *jobs)
{
	struct store_job *job = jobs_first(jobs);

	if (job) {
		jobs->first = job->item.next;
		job->item.next = NULL;
	}
	return job;
}

int
jobs_move(struct jobs *to, struct jobs *from, int most)
{
	int moved = 0;

	for (; moved < most && from->first; moved++)
		jobs_add(to, jobs_take(from));
	return moved;
}

bool
jobs_are(const struct jobs *jobs, int count)
{
	struct inbox_item *item = jobs->first;

	while (item != NULL && --count > 0)
		item = item->next;
	return item != NULL;
}
