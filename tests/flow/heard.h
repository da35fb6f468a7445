/*
 * heard.h - every message of a play, so that two plays can be held against
 * each other lane by lane.  A lane has a name here that is the same in every
 * play: where it goes, the incident's key and when it opened, and the team.
 */
#ifndef TESTS_FLOW_HEARD_H
#define TESTS_FLOW_HEARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/store/queue.h"

struct heard {
	struct heard_message {
		char *lane;
		char *subject; /* the lane without the time */
		char *notification, *kind, *reason;
		int64_t revision, affected;
		bool speaks; /* false: it edits the one before */
		char *text; /* as recorded; the numbers of incidents and notifications are left out */
	} * items;
	size_t count;
};

void heard_fini(struct heard *);
void heard_add(struct heard *, const struct claimed *, const char *text);

/*
 * Whether both have the same messages in the same order in every lane.  Of
 * `got`, the message at `in_flight` (-1: none was) may come once more.
 * Otherwise false, and *what says what differs; the caller frees.
 */
bool heard_same(const struct heard *expected, const struct heard *got, long in_flight, char **what);

#endif
