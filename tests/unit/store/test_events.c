/* What is stored once, moved once, and pruned when it is old. */
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/base/metrics.h"
#include "relay/store/prune.h"

#define NOW (INT64_C(20000) * DAY_MS)
#define RETENTION (90 * DAY_MS)

struct desk {
	struct scratch scratch;
	struct db *db;
	struct err err;
};

static int
setup(void **state)
{
	struct desk *d = calloc(1, sizeof(*d));

	scratch_make(&d->scratch);
	d->db = scratch_db(&d->scratch, DB_WRITE);
	assert_int_equal(db_begin(d->db, &d->err), 0);
	*state = d;
	return 0;
}

static int
teardown(void **state)
{
	struct desk *d = *state;

	db_rollback(d->db);
	db_close(d->db);
	scratch_remove(&d->scratch);
	free(d);
	return 0;
}

static int
insert(struct desk *d, const char *id, const char *key, int64_t at, char first[32])
{
	struct new_event e = {.id = id,
	                      .key = key,
	                      .source = "estate",
	                      .source_kind = "hcp_packer",
	                      .body = "{\"n\":\"\0\"}",
	                      .body_len = 9,
	                      .received_at = at};

	return event_insert(d->db, &e, first, &d->err);
}

static void
commit(struct desk *d)
{
	assert_int_equal(db_commit(d->db, &d->err), 0);
	assert_int_equal(db_begin(d->db, &d->err), 0);
}

static int64_t
ask(struct desk *d, const char *query)
{
	commit(d);
	return scratch_ask(&d->scratch, query);
}

static void
run(struct desk *d, const char *query)
{
	commit(d);
	db_rollback(d->db); /* the other connection writes */
	char text[1024];
	snprintf(text, sizeof(text), "%s RETURNING 1", query);
	assert_int_equal(scratch_ask(&d->scratch, text), 1);
	assert_int_equal(db_begin(d->db, &d->err), 0);
}

static void
test_a_duplicate_gets_the_first_ones_id(void **state)
{
	struct desk *d = *state;
	char first[32] = "";

	assert_int_equal(insert(d, "evt_1", "k", NOW, first), 1);
	assert_string_equal(first, "evt_1");
	assert_int_equal(insert(d, "evt_2", "k", NOW, first), 0);
	assert_string_equal(first, "evt_1");
	assert_int_equal(insert(d, "evt_3", "other", NOW, first), 1);
	assert_string_equal(first, "evt_3");
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events"), 2);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events WHERE LENGTH(CAST(body AS BLOB)) = 9"),
	                 2);
}

static void
test_a_key_whose_event_cannot_be_stored_is_given_back(void **state)
{
	struct desk *d = *state;
	char first[32];

	assert_int_equal(insert(d, "evt_1", "a", NOW, first), 1);
	assert_int_equal(insert(d, "evt_1", "b", NOW, first), -1); /* the id is taken */
	assert_int_equal(insert(d, "evt_2", "b", NOW, first), 1);
	assert_string_equal(first, "evt_2");
}

static void
test_an_event_moves_once(void **state)
{
	struct desk *d = *state;
	char first[32];
	int64_t unknown = metric_get(METRIC_EVENTS_UNKNOWN),
		pending = metric_get(METRIC_EVENTS_PENDING);

	assert_int_equal(insert(d, "evt_1", "k", NOW, first), 1);
	assert_int_equal(metric_get(METRIC_EVENTS_PENDING), pending); /* not committed yet */
	assert_int_equal(event_move(d->db, "evt_1", EVENT_ACCEPTED, NULL, NULL, &d->err), -1);
	assert_int_equal(event_replay(d->db, "evt_1", &d->err), 0);
	assert_int_equal(event_move(d->db, "evt_1", EVENT_STATE_UNKNOWN, "version.paint",
	                            "a new action", &d->err),
	                 0);
	assert_int_equal(event_move(d->db, "evt_1", EVENT_PROCESSED, NULL, NULL, &d->err), -1);
	assert_int_equal(event_move(d->db, "evt_9", EVENT_PROCESSED, NULL, NULL, &d->err), -1);
	assert_int_equal(
		ask(d,
	            "SELECT COUNT(*) FROM events WHERE state = 'unknown' AND kind = 'version.paint'"
	            " AND reason = 'a new action'"),
		1);
	assert_int_equal(metric_get(METRIC_EVENTS_UNKNOWN) - unknown, 1);
	assert_int_equal(metric_get(METRIC_EVENTS_PENDING), pending);

	assert_int_equal(event_replay(d->db, "evt_1", &d->err), 1);
	commit(d);
	assert_int_equal(metric_get(METRIC_EVENTS_PENDING) - pending, 1);
	assert_int_equal(event_move(d->db, "evt_1", EVENT_PROCESSED, NULL, NULL, &d->err), 0);
	assert_int_equal(event_replay(d->db, "evt_1", &d->err), 0);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events WHERE state = 'processed' AND kind = "
	                        "'version.paint'"
	                        " AND reason IS NULL"),
	                 1);
}

static void
test_a_sealed_token_is_kept_until_dropped(void **state)
{
	struct desk *d = *state;
	struct new_event e = {.id = "evt_1",
	                      .key = "k",
	                      .source = "tasks",
	                      .source_kind = "hcp_run_task",
	                      .body = "{}",
	                      .body_len = 2,
	                      .sealed = "c2VhbGVk",
	                      .received_at = NOW};
	char first[32];

	assert_int_equal(event_insert(d->db, &e, first, &d->err), 1);
	char *sealed = event_sealed(d->db, "evt_1", &d->err);
	assert_string_equal(sealed, "c2VhbGVk");
	free(sealed);
	assert_int_equal(event_drop_sealed(d->db, "evt_1", &d->err), 0);
	assert_null(event_sealed(d->db, "evt_1", &d->err));
	assert_null(event_sealed(d->db, "evt_9", &d->err));
	assert_int_equal(db_trouble(d->db), DB_FINE);
}

/* How many bites it took. */
static int
prune_all(struct desk *d)
{
	bool more = true;
	int bites = 0;

	while (more) {
		assert_int_equal(store_prune(d->db, NOW, RETENTION, &more, &d->err), 0);
		assert_true(++bites < 100);
	}
	return bites;
}

static void
test_old_events_go_and_their_keys_stay_longer(void **state)
{
	static const struct {
		const char *id;
		int days;
		enum event_state state;
	} rows[] = {
		{"evt_01", 500, EVENT_PROCESSED}, {"evt_02", 91, EVENT_STATE_IGNORED},
		{"evt_03", 89, EVENT_PROCESSED},  {"evt_04", 399, EVENT_STATE_UNKNOWN},
		{"evt_05", 399, EVENT_PARKED},    {"evt_06", 500, EVENT_ACCEPTED},
		{"evt_07", 401, EVENT_PARKED},    {"evt_08", 401, EVENT_STATE_UNKNOWN},
	};
	struct desk *d = *state;
	char first[32];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
			insert(d, rows[i].id, rows[i].id, NOW - rows[i].days * DAY_MS, first), 1);
		if (rows[i].state != EVENT_ACCEPTED)
			assert_int_equal(
				event_move(d->db, rows[i].id, rows[i].state, NULL, NULL, &d->err),
				0);
	}
	prune_all(d);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events"), 4);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events WHERE id IN ('evt_03', 'evt_04', "
	                        "'evt_05', 'evt_06')"),
	                 4);
	/* Told apart though the event itself is gone. */
	assert_int_equal(insert(d, "evt_20", "evt_02", NOW, first), 0);
	assert_string_equal(first, "evt_02");
	assert_int_equal(insert(d, "evt_21", "evt_01", NOW, first), 1);
}

static void
test_many_old_events_go_in_bites(void **state)
{
	struct desk *d = *state;
	bool more = false;

	for (int i = 0; i < 200; i++) {
		char id[32], first[32];

		snprintf(id, sizeof(id), "evt_%03d", i);
		assert_int_equal(insert(d, id, id, NOW - 100 * DAY_MS, first), 1);
		assert_int_equal(event_move(d->db, id, EVENT_PROCESSED, NULL, NULL, &d->err), 0);
	}
	assert_int_equal(store_prune(d->db, NOW, RETENTION, &more, &d->err), 0);
	assert_true(more);
	int64_t left = ask(d, "SELECT COUNT(*) FROM events");
	assert_true(left > 100 && left < 200);
	assert_true(prune_all(d) > 1);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM events"), 0);
	assert_int_equal(ask(d, "SELECT COUNT(*) FROM event_keys"), 200);
}

/* An incident with a row, a timeline, a notification, and one delivery. */
static void
add_incident(struct desk *d, int n, const char *status, int64_t resolved_at, const char *delivery)
{
	char text[1024];

	snprintf(text, sizeof(text),
	         "INSERT INTO incidents (id, key, kind, status, severity, title, revision, "
	         "opened_at,"
	         " updated_at, resolved_at) VALUES ('inc_%d', 'k%d', 'image.deleted', '%s', 'info',"
	         " 't', 1, 1, 1, NULLIF(%lld, 0))",
	         n, n, status, (long long)resolved_at);
	run(d, text);
	snprintf(text, sizeof(text),
	         "INSERT INTO incident_rows (incident_id, workspace_key, bucket_key, fingerprint, "
	         "state,"
	         " certainty, evidence, planned) VALUES ('inc_%d', 'w', 'b', 'f', 'affected', "
	         "'known', 'plan', 0)",
	         n);
	run(d, text);
	snprintf(text, sizeof(text),
	         "INSERT INTO timeline (incident_id, at, seq, what) VALUES ('inc_%d', 1, 1, "
	         "'opened')",
	         n);
	run(d, text);
	snprintf(text, sizeof(text),
	         "INSERT INTO notifications (id, incident_id, audience, revision)"
	         " VALUES ('ntf_%d', 'inc_%d', 'all', 1)",
	         n, n);
	run(d, text);
	snprintf(text, sizeof(text),
	         "INSERT INTO lanes (notification_id, destination) VALUES ('ntf_%d', 'd')", n);
	run(d, text);
	snprintf(text, sizeof(text),
	         "INSERT INTO deliveries (id, notification_id, incident_id, destination, sink_kind,"
	         " revision, document, every_revision, at_once, state, plain, attempts, "
	         "created_at, due_at)"
	         " VALUES ('dlv_%d', 'ntf_%d', 'inc_%d', 'd', 'slack', 1, '{}', 0, 0, '%s', 0, 1, "
	         "%lld, 1)",
	         n, n, n, delivery, (long long)(NOW - 200 * DAY_MS));
	run(d, text);
	snprintf(text, sizeof(text),
	         "INSERT INTO attempts (delivery_id, seq, at, outcome, code, ms)"
	         " VALUES ('dlv_%d', 1, 1, 'sent', 200, 1)",
	         n);
	run(d, text);
}

static void
expect_left(struct desk *d, const char *query, int64_t want)
{
	int64_t got = ask(d, query);

	if (got != want)
		fail_msg("%s: %lld and not %lld", query, (long long)got, (long long)want);
}

static void
test_closed_incidents_go_with_all_that_hangs_on_them(void **state)
{
	struct desk *d = *state;

	add_incident(d, 1, "resolved", NOW - 91 * DAY_MS, "sent");
	add_incident(d, 2, "resolved", NOW - 89 * DAY_MS, "sent");
	add_incident(d, 3, "open", 0, "dead");
	add_incident(d, 4, "resolved", NOW - 91 * DAY_MS, "pending");
	prune_all(d);
	expect_left(d, "SELECT COUNT(*) FROM incidents WHERE id IN ('inc_2', 'inc_3', 'inc_4')", 3);
	expect_left(d, "SELECT COUNT(*) FROM incidents", 3);
	expect_left(d, "SELECT COUNT(*) FROM incident_rows WHERE incident_id <> 'inc_1'", 3);
	expect_left(d, "SELECT COUNT(*) FROM incident_rows", 3);
	expect_left(d, "SELECT COUNT(*) FROM timeline", 3);
	expect_left(d, "SELECT COUNT(*) FROM notifications", 3);
	expect_left(d, "SELECT COUNT(*) FROM lanes", 3); /* what an open one was told is needed */
	expect_left(d, "SELECT COUNT(*) FROM deliveries WHERE id = 'dlv_4'", 1); /* still owed */
	expect_left(d, "SELECT COUNT(*) FROM deliveries", 1);
	expect_left(d, "SELECT COUNT(*) FROM attempts", 1);
}

static void
test_an_incident_with_very_many_rows_goes_in_bites(void **state)
{
	struct desk *d = *state;

	add_incident(d, 1, "resolved", NOW - 91 * DAY_MS, "sent");
	run(d, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
	       " INSERT INTO incident_rows (incident_id, workspace_key, bucket_key, fingerprint, "
	       "state,"
	       " certainty, evidence, planned) SELECT 'inc_1', 'w' || i, 'b', 'f', 'affected', "
	       "'known', 'plan', 0 FROM n");
	assert_true(prune_all(d) >= 4);
	expect_left(d, "SELECT COUNT(*) FROM incident_rows", 0);
	expect_left(d, "SELECT COUNT(*) FROM incidents", 0);
}

static void
test_destinations_that_nothing_refers_to_go(void **state)
{
	static const char *const names[] = {"claimed", "gone", "kept", "new", "owed", "told"};
	static const char *const configured[] = {"kept", "other"};
	struct desk *d = *state;
	char text[512];

	for (size_t i = 0; i < COUNT(names); i++) {
		int64_t age = strcmp(names[i], "new") == 0 ? 89 : 91;

		snprintf(text, sizeof(text),
		         "INSERT INTO destinations (key, kind, blocked, failures, updated_at)"
		         " VALUES ('%s', 'slack', 0, 0, %lld)",
		         names[i], (long long)(NOW - age * DAY_MS));
		run(d, text);
	}
	add_incident(d, 1, "open", 0, "pending");
	add_incident(d, 2, "open", 0, "claimed");
	add_incident(d, 3, "open", 0, "dead");
	run(d, "DELETE FROM lanes");
	run(d, "UPDATE deliveries SET destination = 'owed' WHERE state = 'pending'");
	run(d, "UPDATE deliveries SET destination = 'claimed' WHERE state = 'claimed'");
	run(d, "INSERT INTO lanes (notification_id, destination) VALUES ('ntf_3', 'told')");
	assert_int_equal(store_prune_destinations(d->db, NOW, RETENTION, configured,
	                                          COUNT(configured), &d->err),
	                 0);
	expect_left(d, "SELECT COUNT(*) FROM destinations", 5);
	expect_left(d, "SELECT COUNT(*) FROM destinations WHERE key = 'gone'", 0);
	assert_int_equal(store_prune_destinations(d->db, NOW, RETENTION, NULL, 0, &d->err), 0);
	expect_left(d, "SELECT COUNT(*) FROM destinations", 4);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_duplicate_gets_the_first_ones_id),
		TEST(a_key_whose_event_cannot_be_stored_is_given_back),
		TEST(an_event_moves_once),
		TEST(a_sealed_token_is_kept_until_dropped),
		TEST(old_events_go_and_their_keys_stay_longer),
		TEST(many_old_events_go_in_bites),
		TEST(closed_incidents_go_with_all_that_hangs_on_them),
		TEST(an_incident_with_very_many_rows_goes_in_bites),
		TEST(destinations_that_nothing_refers_to_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
