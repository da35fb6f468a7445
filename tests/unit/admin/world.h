/*
 * world.h - a store with something of everything in it.
 *
 * Bucket shop-web: v1 (revoked, inherited from base-os v7), v2 (active, on
 * production).  Workspaces shop-web-prod (moved), shop-web-test (affected,
 * drifted), bank-core (gone wrong by itself), lonely (no rule).
 */
#ifndef TESTS_UNIT_ADMIN_WORLD_H
#define TESTS_UNIT_ADMIN_WORLD_H

#include "relay/base/ulid.h"
#include "rig.h"

/* 2026-03-01T00:00:00Z */
#define WORLD_MS INT64_C(1772323200000)

/* What fill_world() made. */
extern struct world_ids {
	char revocation[ID_SIZE], drift[ID_SIZE], closed[ID_SIZE]; /* incidents, oldest first */
	char dead[ID_SIZE], sent[ID_SIZE], blocked[ID_SIZE], pending[ID_SIZE],
		claimed[ID_SIZE]; /* deliveries */
	char processed[ID_SIZE], unknown[ID_SIZE], parked[ID_SIZE], broken[ID_SIZE]; /* events */
} world;

void fill_world(struct db *);

/* As cmocka's fixtures: a relay's admin side with this world. */
extern struct rig *rig;
int world_setup(void **state);
int world_teardown(void **state);
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

#endif
