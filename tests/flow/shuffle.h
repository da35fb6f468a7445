/*
 * shuffle.h - HCP promises no order: the events of a story, each with its own
 * time, must leave the same incidents open and the same workspaces affected
 * in whatever order they arrive.
 */
#ifndef TESTS_FLOW_SHUFFLE_H
#define TESTS_FLOW_SHUFFLE_H

#include "tests/flow/player.h"

/* 0, or 1 after telling the seed and the order that ended otherwise.  The
 * seed is random, or $DRIFTBELL_SEED. */
int shuffle_story(const char *directory, int rounds);

#endif
