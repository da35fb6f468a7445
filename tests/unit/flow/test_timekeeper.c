/* What is due is looked at when its time comes: a real store, a real loop, and
 * a clock that only moves when a test says so. */
#include "tests/unit/flow/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/flow/plan.h"
#include "relay/flow/timekeeper.h"
#include "relay/model/kind.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"
#include "relay/store/wakes.h"

#define T0 INT64_C(1700000000000)
#define MANY 40 /* more than one look takes */

struct world {
	struct rig rig;
	struct conf *conf;
	struct plan_desk *desk;
	struct timekeeper *timekeeper;
	int looked, awaited; /* commits in which something was due */
};

static void
on_looked(void *arg)
{
	struct world *w = arg;

	if (++w->looked >= w->awaited)
		loop_stop(w->rig.loop);
}

static void
until_looked(struct world *w, int times)
{
	w->awaited = w->looked + times;
	rig_run(&w->rig);
}

static void
in_store(struct world *w, rig_work_fn *fn, void *arg)
{
	w->awaited = INT32_MAX;
	rig_in_store(&w->rig, fn, arg);
}

/* ---- what it looks at: revocations that concern nobody ---- */

struct nth {
	int n;
	int64_t wake_at; /* to set */
	bool open;       /* as found */
};

static void
id_of(int n, char id[ID_SIZE])
{
	snprintf(id, ID_SIZE, "inc_%d", n);
}

static int
add_incident(struct db *db, void *arg, struct err *err)
{
	const struct nth *nth = arg;
	char *fingerprint = mem_fmt("f%d", nth->n),
	     *image_key = mem_fmt("o/p/base/%s", fingerprint);
	char *key = mem_fmt("image.revocation/%s", image_key);
	struct image image = {.key = image_key,
	                      .bucket_key = "o/p/base",
	                      .fingerprint = fingerprint,
	                      .status = IMAGE_REVOKED,
	                      .as_of = T0};
	struct incident incident = {.key = key,
	                            .kind = KIND_IMAGE_REVOCATION,
	                            .phase = PHASE_REVOKED,
	                            .severity = SEVERITY_WARNING,
	                            .open = true,
	                            .title = "Image revoked",
	                            .revision = 1,
	                            .opened_at = T0,
	                            .updated_at = T0,
	                            .bucket_key = "o/p/base",
	                            .image_key = image_key,
	                            .detail = json_object()};
	int rc;

	id_of(nth->n, incident.id);
	rc = catalog_image_put(db, &image, err);
	if (rc == 0)
		rc = incidents_add(db, &incident, err);
	if (rc == 0)
		rc = wake_set(db, WAKE_INCIDENT, incident.id, nth->wake_at, err);
	json_decref(incident.detail);
	free(key);
	free(image_key);
	free(fingerprint);
	return rc;
}

static int
find_incident(struct db *db, void *arg, struct err *err)
{
	struct nth *nth = arg;
	struct incident incident;
	char id[ID_SIZE];
	int rc;

	id_of(nth->n, id);
	rc = incidents_by_id(db, id, &incident, err);
	nth->open = incident.open;
	incident_fini(&incident);
	return rc == 1 ? 0 : -1;
}

static void
add(struct world *w, int n, int64_t wake_at)
{
	in_store(w, add_incident, &(struct nth){.n = n, .wake_at = wake_at});
}

static bool
is_open(struct world *w, int n)
{
	struct nth nth = {.n = n};

	in_store(w, find_incident, &nth);
	return nth.open;
}

/* ---- the world ---- */

static void
start(struct world *w)
{
	w->timekeeper =
		timekeeper_new(w->rig.loop, w->rig.store, w->desk, virtual_now, on_looked, w);
	timekeeper_look(w->timekeeper);
}

static int
make_world(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));

	rig_open(&w->rig, T0);
	w->conf = rig_conf(&w->rig, "{}");
	w->desk = plan_desk_new(w->conf);
	*state = w;
	return 0;
}

static int
end_world(void **state)
{
	struct world *w = *state;

	if (w->timekeeper != NULL)
		timekeeper_stop(w->timekeeper);
	rig_close_store(&w->rig);
	timekeeper_free(w->timekeeper);
	plan_desk_free(w->desk);
	conf_release(w->conf);
	rig_remove(&w->rig);
	free(w);
	return 0;
}

static void
what_was_due_while_nobody_looked_is_found_at_the_start(void **state)
{
	struct world *w = *state;

	add(w, 1, T0 + REVOCATION_QUIET_MS);
	add(w, 2, T0 + REVOCATION_QUIET_MS + DAY_MS);
	clock_now = T0 + REVOCATION_QUIET_MS;
	start(w);
	until_looked(w, 1);
	assert_false(is_open(w, 1));
	assert_true(is_open(w, 2));
}

static void
what_is_due_later_is_looked_at_when_its_time_comes(void **state)
{
	struct world *w = *state;

	/* Its time comes a moment after the first look has found nothing due. */
	add(w, 1, T0 + REVOCATION_QUIET_MS + 1);
	add(w, 2, T0 + REVOCATION_QUIET_MS);
	clock_now = T0 + REVOCATION_QUIET_MS;
	start(w);
	until_looked(w, 1);
	assert_true(is_open(w, 1));
	clock_now++;
	until_looked(w, 1);
	assert_false(is_open(w, 1));
}

static void
what_is_set_meanwhile_is_seen_when_it_is_said_so(void **state)
{
	struct world *w = *state;

	clock_now = T0 + REVOCATION_QUIET_MS;
	start(w);
	add(w, 1, clock_now);
	timekeeper_look(w->timekeeper);
	timekeeper_look(w->timekeeper);
	until_looked(w, 1);
	assert_false(is_open(w, 1));
}

static void
more_than_one_look_takes_are_all_looked_at(void **state)
{
	struct world *w = *state;

	for (int n = 0; n < MANY; n++)
		add(w, n, T0 + REVOCATION_QUIET_MS);
	clock_now = T0 + REVOCATION_QUIET_MS;
	start(w);
	until_looked(w, 3);
	for (int n = 0; n < MANY; n++)
		assert_false(is_open(w, n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_was_due_while_nobody_looked_is_found_at_the_start, make_world,
			end_world),
		cmocka_unit_test_setup_teardown(what_is_due_later_is_looked_at_when_its_time_comes,
	                                        make_world, end_world),
		cmocka_unit_test_setup_teardown(what_is_set_meanwhile_is_seen_when_it_is_said_so,
	                                        make_world, end_world),
		cmocka_unit_test_setup_teardown(more_than_one_look_takes_are_all_looked_at,
	                                        make_world, end_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
