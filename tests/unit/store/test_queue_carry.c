/* A flood goes out as one digest, and what it carries is told with it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/digest.h"
#include "relay/store/lane.h"
#include "relay/store/queue.h"
#include "relay/store/queue_carry.h"
#include "relay/store/silences.h"
#include "world.h"

#define T0 INT64_C(1700000000000)
#define SLACK "slack 01"
#define OTHER "slack 02"

/* What is owed to one lane of incident number n. */
struct owing {
	int n;
	int64_t revision;
	bool critical, resolved, machine, edits;
	const char *route, *team;
};

static void
owe(struct world *w, struct owing what, int64_t now_ms)
{
	char ntf[ID_SIZE], inc[ID_SIZE];
	const char *severity = what.critical ? "critical" : "warning";

	snprintf(ntf, sizeof(ntf), "ntf_%04d", what.n);
	snprintf(inc, sizeof(inc), "inc_%04d", what.n);
	char *document = mem_fmt(
		"{\"reason\":null,\"title\":\"Incident %d\",\"url\":\"https://r/incidents/%s\","
		"\"incident\":{\"id\":\"%s\",\"kind\":\"image.revocation\",\"status\":\"%s\","
		"\"severity\":\"%s\"},\"workspace_counts\":{\"affected\":1}}",
		what.n, inc, inc, what.resolved ? "resolved" : "open", severity);
	const struct delivery_plan plan = {
		.notification_id = ntf,
		.revision = what.revision ? what.revision : 1,
		.document = document,
		.destination = SLACK,
		.sink = "team-slack",
		.sink_kind = what.machine ? "webhook" : "slack",
		.route = what.route ? what.route : "owners",
		.team = what.team ? what.team : "atlas",
		.every_revision = what.machine,
		.edits = what.edits,
		.resolved = what.resolved,
		.severity = what.critical ? SEVERITY_CRITICAL : SEVERITY_WARNING,
		.phase = PHASE_REVOKED,
		.incident_id = inc,
	};
	if (queue_add(w->db, &plan, now_ms, &w->err) < 0)
		fail_msg("%s", w->err.text);
	free(document);
}

static void
flood(struct world *w, int from, int to, int64_t now_ms)
{
	for (int i = from; i < to; i++)
		owe(w, (struct owing){.n = i}, now_ms);
}

static int64_t next_due;

static int
claim(struct world *w, const char *destination, int slots, int64_t now_ms, struct claimed *out)
{
	const struct claim_want want = {destination, slots, MINUTE_MS};
	int count = queue_claim(w->db, &want, now_ms, out, &next_due, &w->err);

	if (count < 0)
		fail_msg("%s", w->err.text);
	return count;
}

/* Claims a digest of `incidents`; its id is left in `id`. */
static void
expect_digest(struct world *w, const char *destination, int64_t now_ms, int incidents, char id[32])
{
	struct claimed got[4];

	assert_int_equal(claim(w, destination, COUNT(got), now_ms, got), 1);
	assert_string_equal(json_text_at(got[0].document, "schema"), "driftbell.digest.v1");
	assert_string_equal(json_text_at(got[0].document, "reason"), "digest");
	assert_string_equal(json_text_at(got[0].document, "id"), got[0].notification_id);
	assert_int_equal(json_int_at(got[0].document, "totals.incidents", -1), incidents);
	memcpy(id, got[0].id, 32);
	claimed_fini(&got[0]);
}

static void
expect_nothing(struct world *w, int64_t now_ms)
{
	struct claimed got[4];

	assert_int_equal(claim(w, SLACK, COUNT(got), now_ms, got), 0);
}

/* The next single message is of this incident. */
static void
expect_single(struct world *w, int64_t now_ms, const char *title, const char *reason, char id[32])
{
	struct claimed got;

	assert_int_equal(claim(w, SLACK, 1, now_ms, &got), 1);
	assert_string_equal(json_text_at(got.document, "title"), title);
	assert_string_equal(json_text_at(got.document, "reason"), reason);
	memcpy(id, got.id, 32);
	claimed_fini(&got);
}

static void
settle_as(struct world *w, struct settlement settlement, const char *id, int64_t now_ms)
{
	settlement.delivery_id = id;
	settlement.outcome = "retry";
	if (queue_settle(w->db, &settlement, now_ms, &w->err) < 0)
		fail_msg("%s", w->err.text);
}

static void
settle(struct world *w, const char *id, enum settle what, int64_t now_ms)
{
	settle_as(w, (struct settlement){.settle = what, .due_at = now_ms + SECOND_MS}, id, now_ms);
}

/* Of the lane of incident n: its delivery in that state, or none. */
static bool
is_in_state(struct world *w, int n, enum delivery_state state)
{
	struct owed owed;
	char ntf[ID_SIZE];

	snprintf(ntf, sizeof(ntf), "ntf_%04d", n);
	int rc = owed_in_lane(w->db, ntf, SLACK, state, &owed, &w->err);
	owed_fini(&owed);
	return rc == 1;
}

static int64_t
told_revision(struct world *w, int n)
{
	struct told told;
	char ntf[ID_SIZE];

	snprintf(ntf, sizeof(ntf), "ntf_%04d", n);
	if (told_load(w->db, ntf, SLACK, &told, &w->err) < 0)
		fail_msg("%s", w->err.text);
	return told.revision;
}

static void
few_go_each_for_itself(void **state)
{
	struct world *w = *state;
	struct claimed got[CARRY_OVER];

	flood(w, 0, CARRY_OVER, T0);
	assert_int_equal(claim(w, SLACK, CARRY_OVER, T0, got), CARRY_OVER);
	for (int i = 0; i < CARRY_OVER; i++) {
		assert_string_equal(json_text_at(got[i].document, "reason"), "opened");
		claimed_fini(&got[i]);
	}
}

static void
a_flood_is_one_message_with_the_worst_first(void **state)
{
	struct world *w = *state;
	struct claimed got[4];

	flood(w, 0, 20, T0);
	owe(w, (struct owing){.n = 20, .critical = true, .route = "security"}, T0);
	assert_int_equal(claim(w, SLACK, COUNT(got), T0, got), 1);
	assert_string_equal(json_text_at(got[0].document, "title"), "21 incidents, 1 critical");
	assert_string_equal(json_text_at(got[0].document, "incidents.0.title"), "Incident 20");
	assert_string_equal(json_text_at(got[0].document, "incidents.0.reason"), "opened");
	assert_string_equal(json_text_at(got[0].document, "url"), "https://r/incidents");
	assert_string_equal(json_text_at(got[0].document, "team"), "atlas");
	assert_true(json_is_null(json_at(got[0].document, "route"))); /* of two */
	assert_string_equal(got[0].sink, "team-slack");
	assert_int_equal(got[0].revision, 1);
	expect_nothing(w, T0);
	settle(w, got[0].id, SETTLE_SENT, T0 + 1);
	claimed_fini(&got[0]);
	for (int i = 0; i <= 20; i++) {
		assert_true(is_in_state(w, i, DELIVERY_SENT));
		assert_int_equal(told_revision(w, i), 1);
	}
	expect_nothing(w, T0 + HOUR_MS);
}

static void
a_thousand_are_carried_in_turns(void **state)
{
	struct world *w = *state;
	char id[32];

	flood(w, 0, 1000, T0);
	expect_digest(w, SLACK, T0, CARRY_AT_MOST, id);
	assert_int_equal(next_due, T0); /* the rest, as soon as there is a slot */
	settle(w, id, SETTLE_SENT, T0 + 1);
	expect_digest(w, SLACK, T0 + SECOND_MS, 1000 - CARRY_AT_MOST, id);
	settle(w, id, SETTLE_SENT, T0 + SECOND_MS);
	assert_int_equal(queue_pending(w->db, &w->err), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(told_revision(w, i), 1);
}

static void
what_is_no_news_is_not_carried(void **state)
{
	struct world *w = *state;
	char id[32];

	flood(w, 0, 12, T0);
	expect_digest(w, SLACK, T0, 12, id);
	settle(w, id, SETTLE_SENT, T0);
	/* Under way meanwhile, the next revisions could not be weighed. */
	flood(w, 12, 24, T0);
	expect_digest(w, SLACK, T0, 12, id);
	for (int i = 12; i < 24; i++)
		owe(w, (struct owing){.n = i, .revision = 2}, T0 + 1);
	expect_nothing(w, T0 + 1); /* they wait behind it */
	settle(w, id, SETTLE_SENT, T0 + 2);
	expect_nothing(w, T0 + 2);
	assert_int_equal(queue_pending(w->db, &w->err), 0);
}

static void
newer_news_waits_behind_the_digest(void **state)
{
	struct world *w = *state;
	char id[32];

	flood(w, 0, 12, T0);
	expect_digest(w, SLACK, T0, 12, id);
	owe(w, (struct owing){.n = 3, .revision = 2, .resolved = true}, T0 + 1);
	settle(w, id, SETTLE_RETRY, T0 + 2);
	expect_nothing(w, T0 + 3);
	expect_digest(w, SLACK, T0 + 2 + SECOND_MS, 12, id);
	settle(w, id, SETTLE_SENT, T0 + 2 * SECOND_MS);
	expect_single(w, T0 + 2 * SECOND_MS, "Incident 3", "resolved", id);
}

static void
machines_and_edited_messages_are_left_alone(void **state)
{
	struct world *w = *state;
	struct claimed got[32];
	char id[32];

	for (int i = 0; i < 12; i++)
		owe(w, (struct owing){.n = i, .machine = true}, T0);
	assert_int_equal(claim(w, SLACK, COUNT(got), T0, got), 12);
	for (int i = 0; i < 12; i++) {
		assert_string_equal(json_text_at(got[i].document, "reason"), "opened");
		claimed_fini(&got[i]);
	}
	/* Said one by one, so each has a message that is edited from then on. */
	for (int i = 20; i < 32; i++) {
		owe(w, (struct owing){.n = i, .edits = true}, T0);
		char *title = mem_fmt("Incident %d", i);
		expect_single(w, T0, title, "opened", id);
		free(title);
		settle_as(w, (struct settlement){.settle = SETTLE_SENT, .reference = "{}"}, id, T0);
	}
	for (int i = 20; i < 32; i++)
		owe(w, (struct owing){.n = i, .edits = true, .revision = 2, .resolved = true},
		    T0 + 1);
	assert_int_equal(claim(w, SLACK, COUNT(got), T0 + 1, got), 12);
	for (int i = 0; i < 12; i++)
		claimed_fini(&got[i]);
}

/* Whoever has it already must see by its id that it is the same. */
static void
what_may_have_arrived_is_repeated_as_it_was(void **state)
{
	struct world *w = *state;
	struct claimed got[2];
	char id[32];

	flood(w, 0, 2, T0);
	assert_int_equal(claim(w, SLACK, 2, T0, got), 2);
	assert_int_equal(queue_release_all(w->db, &w->err), 0);
	flood(w, 2, 14, T0 + 1);
	expect_digest(w, SLACK, T0 + 1, 12, id);
	settle(w, id, SETTLE_SENT, T0 + 2);
	for (int i = 0; i < 2; i++) {
		char title[32];

		snprintf(title, sizeof(title), "Incident %d", i);
		expect_single(w, T0 + 2, title, "opened", id);
		assert_string_equal(id, got[i].id);
		settle(w, id, SETTLE_SENT, T0 + 3);
		claimed_fini(&got[i]);
	}
	expect_nothing(w, T0 + 4);
}

static void
a_killed_relay_sends_the_same_digest_again(void **state)
{
	struct world *w = *state;
	struct claimed first, second;

	flood(w, 0, 12, T0);
	assert_int_equal(claim(w, SLACK, 1, T0, &first), 1);
	assert_int_equal(queue_release_all(w->db, &w->err), 0);
	assert_true(is_in_state(w, 5, DELIVERY_CLAIMED));
	/* It may have arrived: an end is told in any case. */
	owe(w, (struct owing){.n = 5, .revision = 2, .resolved = true}, T0 + 1);
	assert_int_equal(claim(w, SLACK, 1, T0 + 1, &second), 1);
	assert_string_equal(second.notification_id, first.notification_id);
	assert_true(json_equal(second.document, first.document));
	settle(w, second.id, SETTLE_SENT, T0 + 2);
	claimed_fini(&first);
	expect_single(w, T0 + 2, "Incident 5", "resolved", (char[32]){0});
	claimed_fini(&second);
}

static void
a_blocked_destination_keeps_it(void **state)
{
	struct world *w = *state;
	struct claimed got;
	char id[32];

	flood(w, 0, 12, T0);
	expect_digest(w, SLACK, T0, 12, id);
	settle(w, id, SETTLE_WAIT, T0);
	flood(w, 12, 14, T0);
	assert_int_equal(claim(w, SLACK, 1, T0 + 1, &got), 1); /* it comes first */
	assert_string_equal(got.id, id);
	assert_true(is_digest(got.document));
	claimed_fini(&got);
	settle(w, id, SETTLE_SENT, T0 + 2);
	expect_single(w, T0 + 2, "Incident 12", "opened", id);
}

static void
given_up_with_it_and_owed_again_with_it(void **state)
{
	struct world *w = *state;
	char id[32], again[32];
	struct owed one;

	flood(w, 0, 12, T0);
	expect_digest(w, SLACK, T0, 12, id);
	settle(w, id, SETTLE_DEAD, T0);
	assert_true(is_in_state(w, 7, DELIVERY_DEAD));
	/* The lane of one goes on without it. */
	owe(w, (struct owing){.n = 4, .revision = 2}, T0 + 1);
	expect_single(w, T0 + 1, "Incident 4", "opened", again);
	settle(w, again, SETTLE_SENT, T0 + 2);
	/* By the name of any of them. */
	assert_int_equal(owed_in_lane(w->db, "ntf_0007", SLACK, DELIVERY_DEAD, &one, &w->err), 1);
	assert_int_equal(queue_retry(w->db, one.id, T0 + 3, &w->err), 1);
	owed_fini(&one);
	expect_digest(w, SLACK, T0 + 3, 11, again);
	assert_string_equal(again, id);
	assert_true(is_in_state(w, 4, DELIVERY_DEAD));
	settle(w, again, SETTLE_SENT, T0 + 4);
	assert_int_equal(told_revision(w, 7), 1);
	assert_int_equal(told_revision(w, 4), 2);
	expect_nothing(w, T0 + HOUR_MS);
}

static void
a_digest_that_all_went_on_without_is_past(void **state)
{
	struct world *w = *state;
	char id[32];

	flood(w, 0, 12, T0);
	expect_digest(w, SLACK, T0, 12, id);
	settle(w, id, SETTLE_DEAD, T0);
	for (int i = 0; i < 12; i++)
		owe(w, (struct owing){.n = i, .revision = 2}, T0 + 1);
	assert_int_equal(queue_retry(w->db, id, T0 + 2, &w->err), 2);
}

static void
it_lives_as_long_as_the_youngest(void **state)
{
	struct world *w = *state;
	char id[32];

	flood(w, 0, 6, T0);
	flood(w, 6, 12, T0 + DAY_MS);
	expect_digest(w, SLACK, T0 + DAY_MS, 12, id);
	settle(w, id, SETTLE_RETRY, T0 + DAY_MS);
	assert_int_equal(queue_expire(w->db, T0 + DELIVERY_LIFE_MS + 1, &w->err), 0);
	assert_true(is_in_state(w, 0, DELIVERY_CLAIMED));
	assert_int_equal(queue_expire(w->db, T0 + DAY_MS + DELIVERY_LIFE_MS, &w->err), 1);
	assert_true(is_in_state(w, 0, DELIVERY_DEAD));
	assert_true(is_in_state(w, 11, DELIVERY_DEAD));
}

static void
a_list_had_it_in_part(void **state)
{
	struct world *w = *state;
	char id[32];
	const struct settlement part = {
		.settle = SETTLE_RETRY,
		.due_at = T0 + SECOND_MS,
		.recipients = "[{\"address\":\"a@x\",\"state\":\"sent\"},"
			      "{\"address\":\"b@x\",\"state\":\"retry\"}]",
		.some_told = true,
	};

	flood(w, 0, 12, T0);
	expect_digest(w, SLACK, T0, 12, id);
	settle_as(w, part, id, T0);
	assert_int_equal(told_revision(w, 3), 1);
	expect_digest(w, SLACK, T0 + SECOND_MS, 12, id); /* the others are owed it still */
	settle(w, id, SETTLE_DEAD, T0 + SECOND_MS);
	assert_int_equal(queue_retry(w->db, id, T0 + MINUTE_MS, &w->err), 1);
	expect_digest(w, SLACK, T0 + MINUTE_MS, 12, id);
	settle(w, id, SETTLE_SENT, T0 + MINUTE_MS);
	expect_nothing(w, T0 + HOUR_MS);
}

static void
it_follows_its_sink_to_another_address(void **state)
{
	struct world *w = *state;
	char id[32], new_id[32];
	struct queue_sink sink = {.name = "team-slack", .kind = "slack"};
	struct queue_sinks sinks = {&sink, 1};

	sink.destination = mem_str(OTHER);
	flood(w, 0, 12, T0);
	expect_digest(w, SLACK, T0, 12, id);
	settle(w, id, SETTLE_RETRY, T0);
	owe(w, (struct owing){.n = 2, .revision = 2}, T0 + 1);
	assert_int_equal(queue_follow(w->db, &sinks, T0 + 2, &w->err), 12);
	expect_nothing(w, T0 + HOUR_MS);
	expect_digest(w, OTHER, T0 + 3, 12, new_id);
	assert_string_not_equal(new_id, id);
	settle(w, new_id, SETTLE_SENT, T0 + 4);
	assert_int_equal(queue_pending(w->db, &w->err), 0);
	free(sink.destination);
}

static void
silence(struct world *w, int n, int64_t until, int64_t now_ms)
{
	char inc[ID_SIZE];

	snprintf(inc, sizeof(inc), "inc_%04d", n);
	assert_int_equal(
		silences_hold(w->db, inc, until, until > 0 ? "sil_1" : NULL, 0, now_ms, &w->err),
		1);
}

static void
what_is_silenced_meanwhile_is_taken_out(void **state)
{
	struct world *w = *state;
	int64_t until = T0 + HOUR_MS;
	char id[32], again[32];

	/* While it waits for its retry, and while it is on its way. */
	flood(w, 0, 14, T0);
	expect_digest(w, SLACK, T0, 14, id);
	settle(w, id, SETTLE_RETRY, T0);
	silence(w, 3, until, T0 + 1);
	assert_true(is_in_state(w, 3, DELIVERY_PENDING));
	expect_digest(w, SLACK, T0 + SECOND_MS, 13, again);
	assert_string_not_equal(again, id);
	silence(w, 4, until, T0 + SECOND_MS);
	assert_true(is_in_state(w, 4, DELIVERY_CLAIMED));
	settle(w, again, SETTLE_RETRY, T0 + SECOND_MS);
	expect_digest(w, SLACK, T0 + 2 * SECOND_MS, 12, id);
	settle(w, id, SETTLE_SENT, T0 + 2 * SECOND_MS);
	expect_nothing(w, until - 1);
	assert_int_equal(told_revision(w, 3), 0);
	assert_int_equal(told_revision(w, 5), 1);

	/* Each is told at the end, once. */
	expect_single(w, until, "Incident 3", "opened", id);
	settle(w, id, SETTLE_SENT, until);
	expect_single(w, until, "Incident 4", "opened", id);
	settle(w, id, SETTLE_SENT, until);
	expect_nothing(w, until + DAY_MS);
	assert_int_equal(queue_pending(w->db, &w->err), 0);
}

static void
too_few_are_left_for_a_digest(void **state)
{
	struct world *w = *state;
	char id[32];

	flood(w, 0, 12, T0);
	expect_digest(w, SLACK, T0, 12, id);
	settle(w, id, SETTLE_WAIT, T0);
	for (int n = 0; n < 11; n++)
		silence(w, n, T0 + HOUR_MS, T0);
	expect_single(w, T0 + SECOND_MS, "Incident 11", "opened", id);
	settle(w, id, SETTLE_SENT, T0 + SECOND_MS);
	/* The silence is taken back. */
	for (int n = 0; n < 11; n++)
		silence(w, n, 0, T0 + MINUTE_MS);
	expect_digest(w, SLACK, T0 + MINUTE_MS, 11, id);
}

static void
what_may_have_arrived_goes_again_though_it_is_silenced(void **state)
{
	struct world *w = *state;
	char id[32], again[32];

	flood(w, 0, 12, T0);
	expect_digest(w, SLACK, T0, 12, id);
	assert_int_equal(queue_release_all(w->db, &w->err), 0);
	silence(w, 3, T0 + HOUR_MS, T0 + 1);
	expect_digest(w, SLACK, T0 + SECOND_MS, 12, again);
	assert_string_equal(again, id);
	settle(w, again, SETTLE_SENT, T0 + SECOND_MS);
	expect_nothing(w, T0 + DAY_MS);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
	const struct CMUnitTest tests[] = {
		TEST(few_go_each_for_itself),
		TEST(a_flood_is_one_message_with_the_worst_first),
		TEST(a_thousand_are_carried_in_turns),
		TEST(what_is_no_news_is_not_carried),
		TEST(newer_news_waits_behind_the_digest),
		TEST(machines_and_edited_messages_are_left_alone),
		TEST(what_may_have_arrived_is_repeated_as_it_was),
		TEST(a_killed_relay_sends_the_same_digest_again),
		TEST(a_blocked_destination_keeps_it),
		TEST(given_up_with_it_and_owed_again_with_it),
		TEST(a_digest_that_all_went_on_without_is_past),
		TEST(it_lives_as_long_as_the_youngest),
		TEST(a_list_had_it_in_part),
		TEST(it_follows_its_sink_to_another_address),
		TEST(what_is_silenced_meanwhile_is_taken_out),
		TEST(too_few_are_left_for_a_digest),
		TEST(what_may_have_arrived_goes_again_though_it_is_silenced),
	};

	return cmocka_run_group_tests_name("queue_carry", tests, NULL, NULL);
}
