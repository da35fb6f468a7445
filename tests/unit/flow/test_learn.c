/* Readings that cannot be done: whoever waits for one is told in time.  A real store, a
 * clock that only moves when a test says so, and helpers that cannot be started. */
#include "tests/unit/flow/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "relay/flow/learn.h"
#include "relay/runtime/helper.h"
#include "relay/store/events.h"
#include "relay/store/queue.h"
#include "relay/store/readings.h"

#define T0 INT64_C(1772445720000)
#define KEY "run-task-key"
#define DESTINATION "task_callback app.terraform.io"

struct world {
	struct rig rig;
	struct helpers *helpers;
	struct learn *learn;
	struct conf *conf;
	int settled, awaited;
};

static void
on_settled(void *arg)
{
	struct world *w = arg;

	if (++w->settled == w->awaited)
		loop_stop(w->rig.loop);
}

static void
until_settled(struct world *w, int count)
{
	w->awaited = count;
	rig_run(&w->rig);
	assert_int_equal(w->settled, count);
}

/* ---- the store ---- */

static char *
request_body(size_t *len)
{
	FILE *file = fopen(TEST_DATA_DIR "/hcp_run_task/post-plan/input.json", "r");
	char *text = mem_alloc(65536);

	assert_non_null(file);
	*len = fread(text, 1, 65535, file);
	fclose(file);
	return text;
}

/* A run task that came at T0; `sealed` may be NULL. */
static int
owe(struct db *db, void *sealed, struct err *err)
{
	size_t len;
	char *body = request_body(&len), first[32];
	const struct new_event event = {
		.id = "evt_1",
		.key = "0123456789abcdef0123456789abcdef",
		.source = "task",
		.source_kind = "hcp_run_task",
		.body = body,
		.body_len = len,
		.sealed = sealed,
		.received_at = T0,
		.state = EVENT_PROCESSED,
	};
	const struct owed_reading owed = {
		.kind = READING_PLAN,
		.subject = (char *)"taskrs-Wx3Yz5Ab7Cd9Ef2G",
		.source = (char *)"task",
		.workspace_key = (char *)"",
		.run_id = (char *)"run-Tq7Wz2Xc9Vb4Nm6L",
		.event_id = (char *)"evt_1",
		.url = (char *)"https://app.terraform.io/api/v2/plans/plan-1/json-output",
		.until_at = T0 + 8 * MINUTE_MS,
	};
	int rc = event_insert(db, &event, first, err) == 1 ? readings_owe(db, &owed, T0, T0, err)
	                                                   : -1;

	free(body);
	return rc;
}

/* What the run is told; NULL while it is told nothing. */
static int
told(struct db *db, void *arg, struct err *err)
{
	const struct claim_want want = {.destination = DESTINATION, .slots = 1};
	struct claimed claimed;
	int64_t next_at;
	int count = queue_claim(db, &want, clock_now, &claimed, &next_at, err);

	if (count == 1) {
		assert_string_equal(json_text_at(claimed.document, "status"), "passed");
		assert_int_equal(claimed.revision, 2);
		*(char **)arg = mem_str(json_text_at(claimed.document, "message"));
		claimed_fini(&claimed);
	}
	return count < 0 ? -1 : 0;
}

static void
assert_told(struct world *w, const char *expected)
{
	char *message = NULL;

	rig_in_store(&w->rig, told, &message);
	if (expected == NULL)
		assert_null(message);
	else
		assert_string_equal(message, expected);
	free(message);
}

/* ---- the world ---- */

static int
open_world(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));

	rig_open(&w->rig, T0);
	rig_put_file(&w->rig, "task.key", KEY "\n");
	w->conf = rig_conf(&w->rig, "sources:\n"
	                            "- name: task\n"
	                            "  hcp_run_task: {hmac_key_file: task.key}\n");
	w->helpers = helpers_new(w->rig.loop, "/nonexistent/driftbell", 1);
	w->learn =
		learn_new(w->rig.loop, w->rig.store, NULL, w->helpers, virtual_now, on_settled, w);
	*state = w;
	return 0;
}

static int
close_world(void **state)
{
	struct world *w = *state;

	learn_stop(w->learn);
	rig_close_store(&w->rig);
	learn_free(w->learn);
	helpers_free(w->helpers);
	conf_release(w->conf);
	rig_remove(&w->rig);
	free(w);
	return 0;
}

/* ---- the tests ---- */

static void
one_that_fails_is_tried_again_and_given_up_in_time(void **state)
{
	struct world *w = *state;
	char *sealed = seal_text(KEY, "run task token", "token-of-the-run");

	rig_in_store(&w->rig, owe, sealed);
	learn_configure(w->learn, w->conf);
	until_settled(w, 1);
	assert_told(w, NULL); /* it is tried again */
	clock_now = T0 + MINUTE_MS;
	learn_wake(w->learn);
	until_settled(w, 2);
	assert_told(w, NULL);
	clock_now = T0 + 8 * MINUTE_MS - SECOND_MS;
	learn_wake(w->learn);
	until_settled(w, 3); /* there is no time for another try */
	assert_told(w,
	            "The images of this run could not be checked: a helper cannot be started: No "
	            "such file or directory.");
	free(sealed);
}

static void
a_clock_that_is_set_back_holds_nothing_up(void **state)
{
	struct world *w = *state;
	char *sealed = seal_text(KEY, "run task token", "token-of-the-run");

	rig_in_store(&w->rig, owe, sealed);
	learn_configure(w->learn, w->conf);
	until_settled(w, 1);
	clock_now = T0 - DAY_MS;
	learn_wake(w->learn);
	until_settled(w, 2);
	clock_now = T0 + 9 * MINUTE_MS;
	learn_wake(w->learn);
	until_settled(w, 3);
	assert_told(w, "The images of this run could not be checked: it was not come to in time.");
	free(sealed);
}

static void
one_that_nobody_came_to_is_told_so(void **state)
{
	struct world *w = *state;
	char *sealed = seal_text(KEY, "run task token", "token-of-the-run");

	rig_in_store(&w->rig, owe, sealed);
	clock_now = T0 + 20 * MINUTE_MS; /* the relay was down */
	learn_configure(w->learn, w->conf);
	until_settled(w, 1);
	assert_told(w, "The images of this run could not be checked: it was not come to in time.");
	free(sealed);
}

static void
one_without_its_token_is_given_up_at_once(void **state)
{
	struct world *w = *state;

	rig_in_store(&w->rig, owe, NULL);
	learn_configure(w->learn, w->conf);
	until_settled(w, 1);
	assert_told(w,
	            "The images of this run could not be checked: the run task sent no token, or "
	            "the key that sealed it is gone.");
}

static int
claim_and_forget(struct db *db, void *arg, struct err *err)
{
	struct owed_reading claimed;
	int64_t next_at;
	int count = readings_claim(db, READING_PLAN, 1, 1, clock_now, &claimed, &next_at, err);

	(void)arg;
	if (count == 1)
		owed_reading_fini(&claimed);
	return count == 1 ? 0 : -1;
}

static void
what_a_killed_relay_was_at_is_claimed_again(void **state)
{
	struct world *w = *state;

	rig_in_store(&w->rig, owe, NULL);
	rig_in_store(&w->rig, claim_and_forget, NULL);
	learn_configure(w->learn, w->conf);
	until_settled(w, 1);
	assert_told(w,
	            "The images of this run could not be checked: the run task sent no token, or "
	            "the key that sealed it is gone.");
}

int
main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
	const struct CMUnitTest tests[] = {
		WORLD_TEST(one_that_fails_is_tried_again_and_given_up_in_time),
		WORLD_TEST(a_clock_that_is_set_back_holds_nothing_up),
		WORLD_TEST(one_that_nobody_came_to_is_told_so),
		WORLD_TEST(one_without_its_token_is_given_up_at_once),
		WORLD_TEST(what_a_killed_relay_was_at_is_claimed_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
