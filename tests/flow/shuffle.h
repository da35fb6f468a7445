/*
 * shuffle.h - HCP promises neither order nor that all arrives, and repeats
 * what it had no answer to.  Plans and states are read when there is time.  The
 * events and readings of a story, each with its own time, any of them lost, in
 * whatever order the others arrive:
 *
 *	- leave the same incidents open and the same workspaces affected as those
 *	  that are left do in the story's order;
 *	- when all are there before the first message goes out, open the same to
 *	  the same destinations, and no lane gets more than one message;
 *	- say nothing when they come again, now or much later, when they are
 *	  replayed, and when the relay starts or reloads.
 */
#ifndef TESTS_FLOW_SHUFFLE_H
#define TESTS_FLOW_SHUFFLE_H

#include "tests/flow/player.h"

/* 0, or 1 after telling the seed and the order that did otherwise.  The
 * seed is random, or $DRIFTBELL_SEED. */
int shuffle_story(const char *directory, int rounds);

#endif
