/* Readings that cannot be done: whoever waits for one is told in time.  A real store, a
 * clock that only moves when a test says so, and helpers that cannot be started. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "relay/config/conf.h"
#include "relay/flow/learn.h"
#include "relay/model/kind.h"
#include "relay/runtime/helper.h"
#include "relay/source/source.h"
#include "relay/store/events.h"
#include "relay/store/queue.h"
#include "relay/store/readings.h"
#include "relay/store/store.h"
#include "sinks/sink.h"

#define T0 INT64_C(1772445720000)
#define KEY "run-task-key"
#define DESTINATION "task_callback app.terraform.io"
#define LIMIT_MS 20000 /* of real time */

static int64_t clock_now;

static int64_t
virtual_now(void)
{
	return clock_now;
}

struct world {
	char folder[32];
	struct loop *loop;
	struct inbox *inbox;
	struct store *store;
	struct helpers *helpers;
	struct learn *learn;
	struct conf *conf;
	struct timer *limit;
	int settled, awaited;
};

static void
on_limit(void *arg)
{
	(void)arg;
	fail_msg("what the test waits for does not come");
}

static void
on_settled(void *arg)
{
	struct world *w = arg;

	if (++w->settled == w->awaited)
		loop_stop(w->loop);
}

static void
until_settled(struct world *w, int count)
{
	w->awaited = count;
	timer_in(w->limit, LIMIT_MS);
	loop_run(w->loop);
	timer_off(w->limit);
	assert_int_equal(w->settled, count);
}

/* ---- the store ---- */

struct test_job {
	struct store_job job; /* first */
	struct world *world;
	int (*fn)(struct db *, void *, struct err *);
	void *arg;
};

static int
test_job_run(struct store_job *job, struct db *db, struct err *err)
{
	struct test_job *test = (struct test_job *)job;

	return test->fn(db, test->arg, err);
}

static void
test_job_done(struct store_job *job, int rc)
{
	struct test_job *test = (struct test_job *)job;

	if (rc < 0)
		fail_msg("%s", job->failure.text);
	loop_stop(test->world->loop);
	free(test);
}

static void
in_store(struct world *w, int (*fn)(struct db *, void *, struct err *), void *arg)
{
	struct test_job *test = mem_alloc(sizeof(*test));

	test->job.run = test_job_run;
	test->job.done = test_job_done;
	test->world = w;
	test->fn = fn;
	test->arg = arg;
	store_submit(w->store, &test->job);
	loop_run(w->loop);
}

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

	in_store(w, told, &message);
	if (expected == NULL)
		assert_null(message);
	else
		assert_string_equal(message, expected);
	free(message);
}

/* ---- the world ---- */

static void
load(struct world *w)
{
	static const struct conf_kinds kinds = {source_conf_kinds, sink_conf_kinds,
	                                        incident_kind_names};
	static const char text[] = "sources:\n"
				   "- name: task\n"
				   "  hcp_run_task: {hmac_key_file: task.key}\n";
	char *path = mem_fmt("%s/driftbell.yaml", w->folder);
	char *key = mem_fmt("%s/task.key", w->folder);
	struct buf report = {0};
	FILE *file = fopen(key, "w");

	assert_non_null(file);
	fputs(KEY "\n", file);
	fclose(file);
	assert_int_equal(chmod(key, 0600), 0);
	if (conf_parse(&w->conf, path, text, sizeof(text) - 1, &kinds, &report) != 0)
		fail_msg("%s", report.data);
	buf_fini(&report);
	free(path);
	free(key);
}

static int
open_world(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));
	struct err err = {0};

	clock_now = T0;
	strcpy(w->folder, "/tmp/learn-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	w->loop = loop_new();
	w->inbox = inbox_new(w->loop);
	w->limit = timer_new(w->loop, on_limit, w);
	w->helpers = helpers_new(w->loop, "/nonexistent/driftbell", 1);
	char *url = mem_fmt("sqlite:%s/q.db", w->folder);
	if (store_open(&w->store, url, w->inbox, NULL, virtual_now, &err) < 0)
		fail_msg("%s", err.text);
	free(url);
	load(w);
	w->learn = learn_new(w->loop, w->store, NULL, w->helpers, virtual_now, on_settled, w);
	*state = w;
	return 0;
}

static int
close_world(void **state)
{
	struct world *w = *state;
	char *command = mem_fmt("rm -r %s", w->folder);

	learn_stop(w->learn);
	store_close(w->store);
	inbox_free(w->inbox);
	learn_free(w->learn);
	helpers_free(w->helpers);
	timer_free(w->limit);
	loop_free(w->loop);
	conf_release(w->conf);
	assert_int_equal(system(command), 0);
	free(command);
	free(w);
	return 0;
}

/* ---- the tests ---- */

static void
one_that_fails_is_tried_again_and_given_up_in_time(void **state)
{
	struct world *w = *state;
	char *sealed = seal_text(KEY, "run task token", "token-of-the-run");

	in_store(w, owe, sealed);
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

	in_store(w, owe, sealed);
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

	in_store(w, owe, sealed);
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

	in_store(w, owe, NULL);
	learn_configure(w->learn, w->conf);
	until_settled(w, 1);
	assert_told(w,
	            "The images of this run could not be checked: the run task's token is gone, or "
	            "the key that sealed it.");
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

	in_store(w, owe, NULL);
	in_store(w, claim_and_forget, NULL);
	learn_configure(w->learn, w->conf);
	until_settled(w, 1);
	assert_told(w,
	            "The images of this run could not be checked: the run task's token is gone, or "
	            "the key that sealed it.");
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
