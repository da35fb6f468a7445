/* The writer's turns: one commit for many jobs, answers in order, planning behind. */
#include "scratch.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/metrics.h"

/* A planner that looks at what it gets. */
struct plans {
	struct rig *rig;
	atomic_int calls, parks, early;
	atomic_int poison_calls;
	const char *poison; /* the id whose plan fails */
	bool leaves_accepted, park_fails;
	char parked_reason[512]; /* written in park, read after the answer */
	char order[1024];
	int told; /* on the loop */
};

/* They live until the last answer has run, which is when the rig is removed. */
struct world {
	struct rig rig; /* first: most tests see only that */
	struct plans plans;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	rig_make(&w->rig);
	w->plans.rig = &w->rig;
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	rig_remove(*state);
	free(*state);
	return 0;
}

/* What a job does, and what is noted when it is answered. */
struct note_job {
	struct store_job job;
	const char *key, *value;
	sem_t *hold; /* waited for inside the turn */
	sem_t *held; /* posted before */
	bool fails;
	struct notes *notes;
};

struct notes {
	char order[512]; /* keys as answered, "!" before a failed one */
	char why[512];   /* of the last failure */
	int count;
};

static int
note_run(struct store_job *job, struct db *db, struct err *err)
{
	struct note_job *n = (struct note_job *)job;

	if (n->held)
		sem_post(n->held);
	if (n->hold)
		sem_wait(n->hold);
	if (db_run(db, err, ST_META_PUT, "tt", n->key, n->value) < 0)
		return -1;
	db_count(db, METRIC_CONFIG_RELOADS, 1);
	return n->fails ? err_set(err, "no luck with %s", n->key) : 0;
}

static void
note_done(struct store_job *job, int rc)
{
	struct note_job *n = (struct note_job *)job;
	struct notes *notes = n->notes;

	if (rc != 0) {
		strcat(notes->order, "!");
		snprintf(notes->why, sizeof(notes->why), "%s", job->failure.text);
	}
	strcat(notes->order, n->key);
	notes->count++;
	free(n);
}

static struct note_job *
note(struct notes *notes, const char *key, const char *value)
{
	struct note_job *n = mem_alloc(sizeof(*n));

	n->job.run = note_run;
	n->job.done = note_done;
	n->key = key;
	n->value = value;
	n->notes = notes;
	return n;
}

static void
wait_for(struct rig *rig, const int *count, int want)
{
	struct at_least a = {count, want};

	rig_until(rig, at_least, &a);
}

static void
test_jobs_that_wait_share_one_commit_and_are_answered_in_order(void **state)
{
	static const char *const keys[] = {"b", "c", "d", "e", "f", "g", "h", "i", "j", "k"};
	struct rig *rig = *state;
	struct notes notes = {0};
	sem_t hold, held;

	sem_init(&hold, 0, 0);
	sem_init(&held, 0, 0);
	rig_open(rig, NULL);
	int64_t before = metric_get(METRIC_STORE_COMMITS);
	struct note_job *first = note(&notes, "a", "new");
	first->hold = &hold;
	first->held = &held;
	store_submit(rig->store, &first->job);
	sem_wait(&held); /* the first turn has begun: the others are the second */
	for (size_t i = 0; i < COUNT(keys); i++)
		store_submit(rig->store, &note(&notes, keys[i], "new")->job);
	sem_post(&hold);
	wait_for(rig, &notes.count, 1 + COUNT(keys));
	assert_string_equal(notes.order, "abcdefghijk");
	assert_int_equal(metric_get(METRIC_STORE_COMMITS) - before, 2);
	assert_int_equal(
		scratch_ask(&rig->scratch, "SELECT COUNT(*) FROM meta WHERE value = 'new'"), 11);
	sem_destroy(&held);
	sem_destroy(&hold);
}

static void
test_jobs_with_more_to_come_are_one_turn(void **state)
{
	struct rig *rig = *state;
	struct notes notes = {0};

	rig_open(rig, NULL);
	int64_t before = metric_get(METRIC_STORE_COMMITS);
	store_submit_more(rig->store, &note(&notes, "a", "1")->job);
	store_submit_more(rig->store, &note(&notes, "b", "1")->job);
	store_read(rig->store, &note(&notes, "r", "1")->job);
	wait_for(rig, &notes.count, 1); /* time enough for a turn of theirs */
	assert_string_equal(notes.order, "!r");
	store_go(rig->store);
	wait_for(rig, &notes.count, 3);
	assert_string_equal(notes.order, "!rab");
	assert_int_equal(metric_get(METRIC_STORE_COMMITS) - before, 1);
	store_go(rig->store); /* for nobody */

	store_submit_more(rig->store, &note(&notes, "c", "1")->job);
	store_submit(rig->store, &note(&notes, "d", "1")->job); /* without more */
	wait_for(rig, &notes.count, 5);
	assert_int_equal(metric_get(METRIC_STORE_COMMITS) - before, 2);
}

static void
test_many_jobs_do_not_wait_for_more(void **state)
{
	struct rig *rig = *state;
	struct notes notes = {0};

	rig_open(rig, NULL);
	for (int i = 0; i < 64; i++)
		store_submit_more(rig->store, &note(&notes, "x", "1")->job);
	wait_for(rig, &notes.count, 32);
	store_go(rig->store);
	wait_for(rig, &notes.count, 64);
}

/* How many commits it takes when so many come while the first is under way. */
static int64_t
commits_of_a_crowd(struct rig *rig, int count)
{
	struct notes notes = {0};
	sem_t hold, held;

	sem_init(&hold, 0, 0);
	sem_init(&held, 0, 0);
	int64_t before = metric_get(METRIC_STORE_COMMITS);
	struct note_job *first = note(&notes, "", "1");
	first->hold = &hold;
	first->held = &held;
	store_submit(rig->store, &first->job);
	sem_wait(&held);
	for (int i = 0; i < count; i++)
		store_submit(rig->store, &note(&notes, "", "1")->job);
	sem_post(&hold);
	wait_for(rig, &notes.count, 1 + count);
	sem_destroy(&hold);
	sem_destroy(&held);
	return metric_get(METRIC_STORE_COMMITS) - before;
}

static void
test_a_crowd_is_halved(void **state)
{
	struct rig *rig = *state;

	rig_open(rig, NULL);
	/* Always the first alone; then all, or half of them and the first, and the others. */
	assert_int_equal(commits_of_a_crowd(rig, 32), 1 + 1);
	assert_int_equal(commits_of_a_crowd(rig, 40), 1 + 2);
	assert_int_equal(commits_of_a_crowd(rig, 100), 1 + 2);
	assert_int_equal(commits_of_a_crowd(rig, 4000), 1 + 4); /* no turn for ever */
}

static void
test_a_job_that_fails_is_undone_alone(void **state)
{
	struct rig *rig = *state;
	struct notes notes = {0};

	rig_open(rig, NULL);
	int64_t counted = metric_get(METRIC_CONFIG_RELOADS);
	struct note_job *bad = note(&notes, "b", "bad");
	bad->fails = true;
	store_submit(rig->store, &note(&notes, "a", "good")->job);
	store_submit(rig->store, &bad->job);
	store_submit(rig->store, &note(&notes, "c", "good")->job);
	wait_for(rig, &notes.count, 3);
	assert_string_equal(notes.order, "a!bc");
	assert_string_equal(notes.why, "no luck with b");
	assert_int_equal(
		scratch_ask(&rig->scratch, "SELECT COUNT(*) FROM meta WHERE value = 'good'"), 2);
	assert_int_equal(
		scratch_ask(&rig->scratch, "SELECT COUNT(*) FROM meta WHERE value = 'bad'"), 0);
	assert_int_equal(metric_get(METRIC_CONFIG_RELOADS) - counted, 2); /* nor counted */
}

static void
test_closing_runs_and_answers_what_was_submitted(void **state)
{
	struct rig *rig = *state;
	struct notes notes = {0};

	rig_open(rig, NULL);
	for (int i = 0; i < 200; i++)
		store_submit(rig->store, &note(&notes, "x", "1")->job);
	store_read(rig->store, &note(&notes, "r", "1")->job);
	rig_close(rig);
	wait_for(rig, &notes.count, 201);
	assert_non_null(strstr(notes.order, "!r")); /* a read that writes is refused */
	assert_int_equal(scratch_ask(&rig->scratch, "SELECT COUNT(*) FROM meta WHERE key = 'x'"),
	                 1);
}

struct read_job {
	struct store_job job;
	int64_t found;
	int count;
};

static int
read_run(struct store_job *job, struct db *db, struct err *err)
{
	struct db_row *row = db_bind(db, ST_EVENTS_UNPLANNED, "");
	struct read_job *read = (struct read_job *)job;
	int got;

	for (read->found = 0; (got = db_step(row, err)) == 1;)
		read->found++;
	db_end(row);
	return got;
}

static void
read_done(struct store_job *job, int rc)
{
	if (rc == 0)
		((struct read_job *)job)->count++;
}

static void
test_a_read_sees_what_was_answered_before(void **state)
{
	struct rig *rig = *state;
	struct read_job read = {.job = {.run = read_run, .done = read_done}};
	int answered = 0, failed = 0;

	rig_open(rig, NULL);
	for (int i = 1; i <= 20; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%02d", i);
		rig_accept(rig, name, "{}", 2, &answered, &failed);
		wait_for(rig, &answered, i);
		store_read(rig->store, &read.job);
		wait_for(rig, &read.count, i);
		assert_int_equal(read.found, i);
	}
	assert_int_equal(failed, 0);
	assert_int_equal(store_backlog(rig->store), 20);
}

static int
plan(void *arg, struct db *db, const struct stored_event *e, int64_t now_ms, struct err *err)
{
	struct plans *p = arg;

	/* Another connection sees it: it was committed before we look into it. */
	char query[128];
	snprintf(query, sizeof(query), "SELECT COUNT(*) FROM events WHERE id = '%s'", e->id);
	if (scratch_ask(&p->rig->scratch, query) != 1)
		atomic_fetch_add(&p->early, 1);
	if (now_ms <= 0 || e->body_len != strlen(e->body) || strcmp(e->source, "estate") != 0)
		return err_set(err, "not what was stored");
	if (p->poison && strcmp(e->id, p->poison) == 0) {
		atomic_fetch_add(&p->poison_calls, 1);
		if (p->leaves_accepted)
			return 0;
		if (event_move(db, e->id, EVENT_PROCESSED, "half", NULL, err) != 0)
			return -1;
		return err_set(err, "cannot make sense of it");
	}
	if (strlen(p->order) < sizeof(p->order) - 32)
		strcat(p->order, e->id + strlen("evt_"));
	atomic_fetch_add(&p->calls, 1);
	return event_move(db, e->id, EVENT_PROCESSED, "noted", NULL, err);
}

static int
on_park(void *arg, struct db *db, const struct stored_event *e, const char *reason, int64_t now_ms,
        struct err *err)
{
	struct plans *p = arg;

	(void)now_ms;
	snprintf(p->parked_reason, sizeof(p->parked_reason), "%s", reason);
	if (db_run(db, err, ST_META_PUT, "tt", "told", e->id) < 0)
		return -1;
	atomic_fetch_add(&p->parks, 1);
	return p->park_fails ? err_set(err, "cannot tell") : 0;
}

static void
on_planned(void *arg)
{
	((struct plans *)arg)->told++;
}

static struct plans *
plans_of(struct rig *rig)
{
	return &((struct world *)rig)->plans;
}

static struct planner
planner_of(struct plans *p)
{
	return (struct planner){.plan = plan, .park = on_park, .planned = on_planned, .arg = p};
}

static bool
no_backlog(void *arg)
{
	return store_backlog(arg) == 0;
}

static void
test_events_are_planned_in_order_and_never_in_the_turn_that_took_them(void **state)
{
	struct rig *rig = *state;
	struct plans *p = plans_of(rig);
	struct planner planner = planner_of(p);
	int answered = 0, failed = 0;
	int64_t processed = metric_get(METRIC_EVENTS_PROCESSED);

	rig_open(rig, &planner);
	for (int i = 0; i < 150; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%03d.", i);
		rig_accept(rig, name, "{\"a\":1}", 7, &answered, &failed);
	}
	wait_for(rig, &answered, 150);
	rig_until(rig, no_backlog, rig->store);
	wait_for(rig, &p->told, 1);
	assert_int_equal(atomic_load(&p->calls), 150);
	assert_int_equal(atomic_load(&p->early), 0);
	assert_memory_equal(p->order, "000.001.002.003.", 16);
	assert_int_equal(metric_get(METRIC_EVENTS_PROCESSED) - processed, 150);
	assert_int_equal(failed, 0);
}

/* A planner each of whose plans calls forth a job, as a message that is due does. */
struct calls_forth {
	struct rig *rig;
	struct notes notes;
	bool awaited;
	int planned, run; /* on the writer thread */
	atomic_int most;  /* jobs that had waited when an event was planned */
};

static int
count_run(struct store_job *job, struct db *db, struct err *err)
{
	struct calls_forth *c = (struct calls_forth *)((struct note_job *)job)->value;

	(void)db;
	(void)err;
	c->run++;
	return 0;
}

static int
plan_and_call(void *arg, struct db *db, const struct stored_event *e, int64_t now_ms,
              struct err *err)
{
	struct calls_forth *c = arg;
	struct note_job *n = note(&c->notes, "", (const char *)c);

	(void)now_ms;
	if (c->planned++ - c->run > atomic_load(&c->most))
		atomic_store(&c->most, c->planned - 1 - c->run);
	n->job.run = count_run;
	n->job.awaited = c->awaited;
	store_submit(c->rig->store, &n->job);
	return event_move(db, e->id, EVENT_PROCESSED, "noted", NULL, err);
}

static int
waited_while_planning(struct rig *rig, bool awaited)
{
	struct calls_forth c = {.rig = rig, .awaited = awaited};
	struct planner planner = {.plan = plan_and_call, .arg = &c};
	int answered = 0, failed = 0;
	char name[16];

	rig_open(rig, &planner);
	for (int i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "%d.%03d", awaited, i);
		rig_accept(rig, name, "{}", 2, &answered, &failed);
	}
	wait_for(rig, &answered, 64);
	wait_for(rig, &c.notes.count, 64);
	rig_close(rig);
	return atomic_load(&c.most);
}

static void
test_planning_stops_for_a_job_that_is_awaited_and_for_no_other(void **state)
{
	assert_int_equal(waited_while_planning(*state, true), 0);
	assert_int_not_equal(waited_while_planning(*state, false), 0);
}

static void
expect_parked(struct rig *rig, struct plans *p, const char *reason, int told)
{
	struct planner planner = planner_of(p);
	int answered = 0, failed = 0;

	rig_open(rig, &planner);
	rig_accept(rig, "1", "{}", 2, &answered, &failed);
	rig_accept(rig, "2", "{}", 2, &answered, &failed);
	rig_accept(rig, "3", "{}", 2, &answered, &failed);
	wait_for(rig, &answered, 3);
	rig_until(rig, no_backlog, rig->store);
	assert_int_equal(atomic_load(&p->poison_calls), EVENT_TRIES_MAX);
	assert_int_equal(atomic_load(&p->calls), 2);
	assert_int_equal(atomic_load(&p->parks), 1);
	assert_string_equal(p->parked_reason, reason);
	assert_int_equal(scratch_ask(&rig->scratch,
	                             "SELECT COUNT(*) FROM events WHERE state = 'parked'"
	                             " AND id = 'evt_2' AND tries = 3 AND kind IS NULL"),
	                 1);
	assert_int_equal(scratch_ask(&rig->scratch, "SELECT COUNT(*) FROM meta WHERE key = 'told'"),
	                 told);
}

static void
test_an_event_that_fails_is_tried_again_and_then_parked_and_told(void **state)
{
	struct plans *p = plans_of(*state);

	p->poison = "evt_2";
	expect_parked(*state, p, "cannot make sense of it", 1);
}

static void
test_a_plan_that_leaves_its_event_accepted_has_failed(void **state)
{
	struct plans *p = plans_of(*state);

	p->poison = "evt_2";
	p->leaves_accepted = true;
	expect_parked(*state, p, "it was left accepted", 1);
}

static void
test_an_event_is_parked_also_when_that_cannot_be_told(void **state)
{
	struct plans *p = plans_of(*state);

	p->poison = "evt_2";
	p->park_fails = true;
	expect_parked(*state, p, "cannot make sense of it", 0);
}

struct replay_job {
	struct store_job job;
	int count, rc;
};

static int
replay_run(struct store_job *job, struct db *db, struct err *err)
{
	((struct replay_job *)job)->rc = event_replay(db, "evt_2", err);
	return 0;
}

static void
replay_done(struct store_job *job, int rc)
{
	(void)rc;
	((struct replay_job *)job)->count++;
}

static void
test_a_replayed_event_is_planned_though_its_id_is_old(void **state)
{
	struct rig *rig = *state;
	struct plans *p = plans_of(rig);
	struct replay_job replay = {.job = {.run = replay_run, .done = replay_done}};

	p->poison = "evt_2";
	expect_parked(rig, p, "cannot make sense of it", 1);
	p->poison = NULL; /* the upgrade */
	store_submit(rig->store, &replay.job);
	wait_for(rig, &replay.count, 1);
	assert_int_equal(replay.rc, 1);
	rig_until(rig, no_backlog, rig->store);
	assert_int_equal(atomic_load(&p->calls), 3);
	store_submit(rig->store, &replay.job);
	wait_for(rig, &replay.count, 2);
	assert_int_equal(replay.rc, 0); /* a processed one stays */
}

static void
test_the_backlog_of_the_last_run_is_planned_first(void **state)
{
	struct rig *rig = *state;
	struct plans *p = plans_of(rig);
	struct planner planner = planner_of(p);
	int answered = 0, failed = 0;

	rig_open(rig, NULL);
	for (int i = 0; i < 150; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%03d.", i);
		rig_accept(rig, name, "{}", 2, &answered, &failed);
	}
	wait_for(rig, &answered, 150);
	rig_close(rig);
	rig_open(rig, &planner);
	assert_true(store_backlog(rig->store) > 0);
	rig_until(rig, no_backlog, rig->store);
	assert_int_equal(atomic_load(&p->calls), 150);
	assert_memory_equal(p->order, "000.001.002.003.", 16);
	assert_int_equal(scratch_ask(&rig->scratch, "SELECT MAX(tries) FROM events"), 1);
}

static void
test_a_good_store_is_not_failing(void **state)
{
	struct rig *rig = *state;
	struct err why = {""};

	rig_open(rig, NULL);
	assert_false(store_failing(rig->store, &why));
}

/* A read without an end, of many statements or of one. */
struct endless {
	struct store_job job;
	bool one_statement;
	sem_t begun;
	int rc;
};

static int
run_endless(struct store_job *job, struct db *db, struct err *err)
{
	struct endless *endless = (struct endless *)job;
	int64_t number = 0;

	sem_post(&endless->begun);
	if (endless->one_statement)
		return db_number(db, err, -1, ST_EVENTS_LAST, "") < 0 ? -1 : 0;
	while (number >= 0)
		number = db_number(db, err, -1, ST_QUERY_QUEUE_COUNT, "t", "sent");
	return -1;
}

static void
endless_done(struct store_job *job, int rc)
{
	((struct endless *)job)->rc = rc;
}

static void
close_during(struct rig *rig, bool one_statement)
{
	struct endless now = {.job = {.run = run_endless, .done = endless_done}}, later;

	now.one_statement = one_statement;
	now.rc = 1;
	sem_init(&now.begun, 0, 0);
	later = now;
	store_read(rig->store, &now.job);
	store_read(rig->store, &later.job);
	sem_wait(&now.begun);
	rig_close(rig);
	inbox_free(rig->inbox);
	rig->inbox = inbox_new(rig->loop);
	assert_int_equal(now.rc, -1);
	assert_int_equal(later.rc, -1);
	assert_non_null(strstr(now.job.failure.text, "is being closed"));
	sem_destroy(&now.begun);
	sem_destroy(&later.begun);
}

static void
test_closing_waits_for_no_read_of_many_statements(void **state)
{
	rig_open(*state, NULL);
	close_during(*state, false);
}

static void
test_closing_waits_for_no_read_of_one_long_statement(void **state)
{
	struct rig *rig = *state;

	rig_open(rig, NULL);
	scratch_run(
		&rig->scratch,
		"DROP TABLE events; CREATE VIEW events AS WITH RECURSIVE n (i) AS"
		" (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'accepted' AS state, i AS id FROM n");
	close_during(rig, true);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(jobs_that_wait_share_one_commit_and_are_answered_in_order),
		TEST(jobs_with_more_to_come_are_one_turn),
		TEST(many_jobs_do_not_wait_for_more),
		TEST(a_crowd_is_halved),
		TEST(a_job_that_fails_is_undone_alone),
		TEST(closing_runs_and_answers_what_was_submitted),
		TEST(a_read_sees_what_was_answered_before),
		TEST(events_are_planned_in_order_and_never_in_the_turn_that_took_them),
		TEST(planning_stops_for_a_job_that_is_awaited_and_for_no_other),
		TEST(an_event_that_fails_is_tried_again_and_then_parked_and_told),
		TEST(a_plan_that_leaves_its_event_accepted_has_failed),
		TEST(an_event_is_parked_also_when_that_cannot_be_told),
		TEST(a_replayed_event_is_planned_though_its_id_is_old),
		TEST(the_backlog_of_the_last_run_is_planned_first),
		TEST(a_good_store_is_not_failing),
		TEST(closing_waits_for_no_read_of_many_statements),
		TEST(closing_waits_for_no_read_of_one_long_statement),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
