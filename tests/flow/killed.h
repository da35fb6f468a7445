/*
 * killed.h - kill -9 at every commit of a story changes nothing in the end.
 *
 * The story is played; right before and right after each commit a copy of the
 * store, as it stands on disk then, is taken over by a relay that starts and
 * plays the rest.  It must end in the same, and every lane must have the same
 * messages; the one that was under way when it was killed may come twice.
 */
#ifndef TESTS_FLOW_KILLED_H
#define TESTS_FLOW_KILLED_H

/* 0, or 1 after telling which kill ended otherwise.  At most `kills` of them,
 * spread over the story; 0 = all. */
int killed_story(const char *directory, int kills);

#endif
