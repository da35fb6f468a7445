/*
 * desk.h - a store of a test's own with one transaction open in it, as whoever
 * plans finds it.
 */
#ifndef TESTS_UNIT_STORE_DESK_H
#define TESTS_UNIT_STORE_DESK_H

#include "scratch.h"

struct desk {
	struct scratch scratch;
	struct db *db;
	struct err err;
};

void desk_open(struct desk *);
void desk_close(struct desk *); /* what was done is undone */

/* As cmocka's fixtures: *state is a struct desk. */
int desk_setup(void **state);
int desk_teardown(void **state);

#endif
