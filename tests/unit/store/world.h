/*
 * world.h - a store inside one transaction, for tests of what runs in one: each
 * test has its own (setup open_world, teardown close_world), and nothing of it
 * is ever committed unless the test does so.
 */
#ifndef TESTS_UNIT_STORE_WORLD_H
#define TESTS_UNIT_STORE_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "relay/store/db.h"
#include "scratch.h"

struct world {
	struct scratch scratch;
	struct db *db;
	struct err err;
};

int open_world(void **state);
int close_world(void **state);

#endif
