/* What is owed, to whom, in which order, and with which reason. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/store/events.h"
#include "relay/store/incidents.h"
#include "relay/store/queue.h"
#include "world.h"

#define T0 INT64_C(1700000000000)
#define SLACK "slack 01"
#define HOOK "webhook 01"

/* A plan as most of the tests want it: an open warning for Slack, due now. */
static struct delivery_plan
plan_of(int64_t revision)
{
	return (struct delivery_plan){
		.notification_id = "ntf_1",
		.revision = revision,
		.document = "{\"reason\":null,\"id\":\"ntf_1\"}",
		.destination = SLACK,
		.sink = "team-slack",
		.route = "owners",
		.team = "atlas",
		.sink_kind = "slack",
		.severity = SEVERITY_WARNING,
		.phase = PHASE_SCHEDULED,
		.not_before = T0,
		.incident_id = "inc_1",
	};
}

static struct delivery_plan
hook_plan(int64_t revision)
{
	struct delivery_plan plan = plan_of(revision);

	plan.destination = HOOK;
	plan.sink_kind = "webhook";
	plan.every_revision = true;
	return plan;
}

static void
add(struct world *w, struct delivery_plan plan, int64_t now_ms)
{
	if (queue_add(w->db, &plan, now_ms, &w->err) < 0)
		fail_msg("%s", w->err.text);
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

/* Claims one, checks it, leaves its id. */
static void
expect(struct world *w, const char *destination, int64_t now_ms, int64_t revision,
       const char *reason, char id[32])
{
	struct claimed got;

	assert_int_equal(claim(w, destination, 1, now_ms, &got), 1);
	assert_int_equal(got.revision, revision);
	assert_string_equal(json_text_at(got.document, "reason"), reason);
	memcpy(id, got.id, 32);
	claimed_fini(&got);
}

static void
expect_nothing(struct world *w, const char *destination, int64_t now_ms)
{
	struct claimed got;

	assert_int_equal(claim(w, destination, 1, now_ms, &got), 0);
}

static void
settle_until(struct world *w, const char *id, enum settle what, int64_t now_ms, int64_t due_at)
{
	const struct settlement settlement = {
		.delivery_id = id,
		.settle = what,
		.outcome = "retry",
		.code = 503,
		.text = "down",
		.elapsed_ms = 12,
		.due_at = due_at,
	};

	if (queue_settle(w->db, &settlement, now_ms, &w->err) < 0)
		fail_msg("%s", w->err.text);
}

static void
settle(struct world *w, const char *id, enum settle what, int64_t now_ms)
{
	settle_until(w, id, what, now_ms, 0);
}

/* A lane that was told revision 1, as plan_of() has it. */
static void
told(struct world *w)
{
	char id[32];

	add(w, plan_of(1), T0);
	expect(w, SLACK, T0, 1, "opened", id);
	settle(w, id, SETTLE_SENT, T0);
}

static void
collects_before_the_first_message(void **state)
{
	struct world *w = *state;
	struct delivery_plan first = plan_of(1), second = plan_of(2), elsewhere = plan_of(2);
	char id[32];

	first.not_before = second.not_before = T0 + 10000;
	elsewhere.not_before = T0 + 4000; /* another route, same destination and audience */
	add(w, first, T0);
	expect_nothing(w, SLACK, T0 + 3999);
	assert_int_equal(next_due, T0 + 10000);
	add(w, second, T0 + 9000);
	expect_nothing(w, SLACK, T0 + 9999);
	assert_int_equal(next_due, T0 + 10000); /* the newer did not start the wait anew */
	add(w, elsewhere, T0 + 100);
	assert_int_equal(next_due, T0 + 10000);
	expect(w, SLACK, T0 + 4000, 2, "opened", id);
	settle(w, id, SETTLE_SENT, T0 + 4001);
	expect_nothing(w, SLACK, T0 + HOUR_MS);
}

static void
an_unsent_opened_stays_opened_in_its_newer_revision(void **state)
{
	struct world *w = *state;
	char id[32];

	add(w, plan_of(1), T0);
	add(w, plan_of(2), T0 + 1);
	expect(w, SLACK, T0 + 2, 2, "opened", id);
	expect_nothing(w, SLACK, T0 + 2);
}

static void
one_at_a_time_and_the_newest_next(void **state)
{
	struct world *w = *state;
	struct delivery_plan second = plan_of(2), third = plan_of(3);
	char id[32];

	second.severity = third.severity = SEVERITY_CRITICAL;
	add(w, plan_of(1), T0);
	expect(w, SLACK, T0, 1, "opened", id);
	add(w, second, T0 + 1);
	add(w, third, T0 + 2);
	expect_nothing(w, SLACK, T0 + HOUR_MS); /* the lane is busy */
	assert_int_equal(next_due, 0);
	settle(w, id, SETTLE_SENT, T0 + 3);
	expect(w, SLACK, T0 + 4, 3, "changed", id);
	settle(w, id, SETTLE_SENT, T0 + 5);
	expect_nothing(w, SLACK, T0 + HOUR_MS);
}

static void
only_new_messages_reach_a_chat(void **state)
{
	struct world *w = *state;
	struct delivery_plan plan = plan_of(2);
	char id[32];

	told(w);
	add(w, plan, T0 + 1000); /* another workspace: rides with the next one */
	expect_nothing(w, SLACK, T0 + HOUR_MS);
	plan.revision = 3;
	plan.severity = SEVERITY_INFO; /* a fall is none */
	add(w, plan, T0 + 2000);
	expect_nothing(w, SLACK, T0 + HOUR_MS);
	plan.revision = 4;
	plan.severity = SEVERITY_CRITICAL;
	add(w, plan, T0 + 3000);
	expect(w, SLACK, T0 + 3000, 4, "changed", id);
	settle(w, id, SETTLE_SENT, T0 + 3000);
	plan.revision = 5;
	plan.phase = PHASE_REVOKED;
	add(w, plan, T0 + 4000);
	expect(w, SLACK, T0 + 4000, 5, "changed", id);
	settle(w, id, SETTLE_SENT, T0 + 4000);
	plan.revision = 6;
	plan.resolved = true;
	add(w, plan, T0 + 5000);
	expect(w, SLACK, T0 + 5000, 6, "resolved", id);
	settle(w, id, SETTLE_SENT, T0 + 5000);
	plan.revision = 7; /* after the end there is nothing more */
	plan.phase = PHASE_CLEARED;
	add(w, plan, T0 + 6000);
	expect_nothing(w, SLACK, T0 + HOUR_MS);
}

static void
what_went_and_came_back_is_no_news(void **state)
{
	struct world *w = *state;
	struct delivery_plan up = plan_of(2);

	told(w);
	up.severity = SEVERITY_CRITICAL;
	up.not_before = T0 + 9000;
	add(w, up, T0 + 1000);
	add(w, plan_of(3), T0 + 2000);
	expect_nothing(w, SLACK, T0 + HOUR_MS);
	assert_int_equal(next_due, 0);
}

static void
opened_and_resolved_before_anything_was_sent_says_nothing(void **state)
{
	struct world *w = *state;
	struct delivery_plan end = plan_of(2);

	add(w, plan_of(1), T0);
	end.resolved = true;
	add(w, end, T0 + 1);
	expect_nothing(w, SLACK, T0 + HOUR_MS);
	assert_int_equal(next_due, 0);
}

static void
a_critical_one_says_once_that_it_resolved(void **state)
{
	struct world *w = *state;
	struct delivery_plan start = plan_of(1), end = plan_of(2);
	char id[32];

	start.severity = SEVERITY_CRITICAL;
	add(w, start, T0);
	end.resolved = true; /* a warning by now: it was critical all the same */
	add(w, end, T0 + 1);
	expect(w, SLACK, T0 + 2, 2, "resolved", id);
	settle(w, id, SETTLE_SENT, T0 + 3);
	end.revision = 3;
	add(w, end, T0 + 4);
	expect_nothing(w, SLACK, T0 + HOUR_MS);
}

static void
resolved_while_the_opened_was_under_way(void **state)
{
	struct world *w = *state;
	struct delivery_plan end = plan_of(2);
	char id[32];

	end.resolved = true;
	add(w, plan_of(1), T0);
	expect(w, SLACK, T0, 1, "opened", id);
	add(w, end, T0 + 1);
	settle_until(w, id, SETTLE_RETRY, T0 + 2,
	             T0 + 5000); /* never arrived: nothing to resolve */
	expect_nothing(w, SLACK, T0 + HOUR_MS);
	assert_int_equal(next_due, 0);

	struct delivery_plan other = plan_of(1);
	other.notification_id = end.notification_id = "ntf_2";
	add(w, other, T0);
	expect(w, SLACK, T0, 1, "opened", id);
	add(w, end, T0 + 1);
	settle(w, id, SETTLE_SENT, T0 + 2);
	expect(w, SLACK, T0 + 3, 2, "resolved", id);
}

static void
kinds_that_close_at_once_are_told_once_as_opened(void **state)
{
	struct world *w = *state;
	struct delivery_plan plan = hook_plan(1);
	char id[32];

	plan.at_once = plan.resolved = true;
	plan.severity = SEVERITY_INFO;
	add(w, plan, T0);
	expect(w, HOOK, T0, 1, "opened", id);
	settle(w, id, SETTLE_SENT, T0);
	plan.revision = 2;
	add(w, plan, T0 + HOUR_MS);
	expect_nothing(w, HOOK, T0 + DAY_MS);
}

static void
a_webhook_gets_every_revision_one_a_second(void **state)
{
	struct world *w = *state;
	char id[32];

	add(w, hook_plan(1), T0);
	expect(w, HOOK, T0, 1, "opened", id);
	add(w, hook_plan(2), T0 + 100); /* while it is under way */
	settle(w, id, SETTLE_SENT, T0 + 200);
	expect_nothing(w, HOOK, T0 + 1199);
	assert_int_equal(next_due, T0 + 1200);
	add(w, hook_plan(3), T0 + 300);
	expect(w, HOOK, T0 + 1200, 3, "changed", id);
	settle(w, id, SETTLE_SENT, T0 + 1300);
	add(w, hook_plan(4), T0 + 1400); /* with nothing under way */
	expect_nothing(w, HOOK, T0 + 2299);
	expect(w, HOOK, T0 + 2300, 4, "changed", id);
}

static void
the_same_revision_is_owed_once(void **state)
{
	struct world *w = *state;
	char id[32];

	add(w, plan_of(1), T0);
	add(w, plan_of(1), T0);
	expect(w, SLACK, T0, 1, "opened", id);
	add(w, plan_of(1), T0);
	settle(w, id, SETTLE_SENT, T0);
	add(w, plan_of(1), T0);
	expect_nothing(w, SLACK, T0 + HOUR_MS);
}

static void
oldest_first_and_no_more_than_asked_for(void **state)
{
	struct world *w = *state;
	struct claimed got[3];

	for (int i = 0; i < 4; i++) {
		struct delivery_plan plan = plan_of(1);
		char *notification = mem_fmt("ntf_%d", i);
		plan.notification_id = notification;
		plan.not_before = T0 + 100 - i; /* the last one added is due first */
		add(w, plan, T0);
		free(notification);
	}
	assert_int_equal(claim(w, SLACK, 3, T0 + 200, got), 3);
	for (int i = 0; i < 3; i++) {
		char *notification = mem_fmt("ntf_%d", 3 - i);
		assert_string_equal(got[i].notification_id, notification);
		free(notification);
		claimed_fini(&got[i]);
	}
	assert_int_equal(next_due, T0 + 100);
}

static void
a_retry_keeps_its_turn_whatever_comes_after(void **state)
{
	struct world *w = *state;
	struct claimed got;
	char id[32];

	add(w, plan_of(1), T0);
	expect(w, SLACK, T0, 1, "opened", id);
	settle_until(w, id, SETTLE_RETRY, T0 + 10, T0 + 5000);
	add(w, plan_of(2), T0 + 20); /* replaces it, but goes no sooner */
	expect_nothing(w, SLACK, T0 + 4999);
	assert_int_equal(next_due, T0 + 5000);
	assert_int_equal(claim(w, SLACK, 1, T0 + 5000, &got), 1);
	assert_int_equal(got.revision, 2);
	assert_int_equal(got.attempts, 2);
	assert_int_equal(got.created_at,
	                 T0 + 20); /* news: it does not die of the older one's age */
	/* The same when the newer one came while it was under way. */
	add(w, plan_of(3), T0 + 5001);
	settle_until(w, got.id, SETTLE_RETRY, T0 + 5010, T0 + 15000);
	claimed_fini(&got);
	expect_nothing(w, SLACK, T0 + 14999);
	assert_int_equal(claim(w, SLACK, 1, T0 + 15000, &got), 1);
	assert_int_equal(got.revision, 3);
	assert_int_equal(got.attempts, 3);
	assert_int_equal(got.created_at, T0 + 5001);
	claimed_fini(&got);
}

static void
a_rejected_one_goes_again_as_plain_text(void **state)
{
	struct world *w = *state;
	struct claimed got;
	char id[32];

	add(w, plan_of(1), T0);
	expect(w, SLACK, T0, 1, "opened", id);
	settle(w, id, SETTLE_PLAIN, T0 + 10);
	assert_int_equal(claim(w, SLACK, 1, T0 + 10, &got), 1);
	assert_true(got.plain);
	assert_string_equal(got.id, id);
	settle(w, got.id, SETTLE_DEAD, T0 + 20);
	claimed_fini(&got);
	expect_nothing(w, SLACK, T0 + HOUR_MS);
}

static void
a_paused_destination_gets_nothing_before_its_time(void **state)
{
	struct world *w = *state;
	const struct destination_state paused = {
		.paused_until = T0 + 7000, .failures = 2, .failing_since = T0};
	struct destination_state back;
	char id[32];

	add(w, plan_of(1), T0);
	add(w, hook_plan(1), T0);
	assert_int_equal(
		queue_destination_put(w->db, SLACK, "slack", &paused, "slow down", T0, &w->err), 0);
	assert_int_equal(queue_destination_get(w->db, SLACK, &back, &w->err), 0);
	assert_memory_equal(&back.paused_until, &paused.paused_until, sizeof(paused.paused_until));
	assert_int_equal(back.failures, 2);
	assert_int_equal(back.failing_since, T0);
	expect_nothing(w, SLACK, T0 + 6999);
	assert_int_equal(next_due, T0 + 7000);
	expect(w, HOOK, T0, 1, "opened", id); /* another destination is none the wiser */
	expect(w, SLACK, T0 + 7000, 1, "opened", id);
}

static void
a_blocked_destination_gets_one_probe_an_hour(void **state)
{
	struct world *w = *state;
	const struct destination_state blocked = {.blocked = true, .paused_until = T0 + HOUR_MS};
	struct delivery_plan other = hook_plan(1);
	struct claimed got[4];

	add(w, hook_plan(1), T0);
	other.notification_id = "ntf_2";
	add(w, other, T0);
	assert_int_equal(
		queue_destination_put(w->db, HOOK, "webhook", &blocked, "gone", T0, &w->err), 0);
	assert_int_equal(claim(w, HOOK, 4, T0 + HOUR_MS - 1, got), 0);
	assert_int_equal(next_due, T0 + HOUR_MS);
	assert_int_equal(claim(w, HOOK, 4, T0 + HOUR_MS, got), 1);
	assert_int_equal(next_due, T0 + 2 * HOUR_MS);
	settle(w, got[0].id, SETTLE_WAIT, T0 + HOUR_MS);
	claimed_fini(&got[0]);
	assert_int_equal(claim(w, HOOK, 4, T0 + HOUR_MS + 1, got), 0);
	assert_int_equal(queue_probe_blocked(w->db, &w->err), 0); /* a reload */
	assert_int_equal(claim(w, HOOK, 4, T0 + HOUR_MS + 2, got), 1);
	assert_int_equal(got[0].attempts, 1); /* waiting was not its failure */
	claimed_fini(&got[0]);
	assert_int_equal(claim(w, HOOK, 4, T0 + HOUR_MS + 3, got), 0);
}

static void
what_is_owed_too_long_dies_and_can_be_retried_by_hand(void **state)
{
	struct world *w = *state;
	char id[32];

	add(w, plan_of(1), T0);
	expect(w, SLACK, T0, 1, "opened", id);
	assert_int_equal(queue_retry(w->db, id, T0, &w->err), 0); /* under way */
	settle_until(w, id, SETTLE_RETRY, T0, T0 + HOUR_MS);
	assert_int_equal(queue_expire(w->db, T0 + DELIVERY_LIFE_MS - 1, &w->err), 0);
	assert_int_equal(queue_expire(w->db, T0 + DELIVERY_LIFE_MS, &w->err), 1);
	expect_nothing(w, SLACK, T0 + DELIVERY_LIFE_MS);
	assert_int_equal(queue_retry(w->db, "dlv_unknown", T0, &w->err), 0);

	const int64_t later = T0 + 2 * DELIVERY_LIFE_MS;
	assert_int_equal(queue_retry(w->db, id, later, &w->err), 1);
	assert_int_equal(queue_expire(w->db, later + HOUR_MS, &w->err), 0); /* a new life */
	struct claimed got;
	assert_int_equal(claim(w, SLACK, 1, later, &got), 1);
	assert_string_equal(got.id, id);
	assert_int_equal(got.attempts, 1);
	settle(w, id, SETTLE_SENT, later);
	claimed_fini(&got);
	assert_int_equal(queue_retry(w->db, id, later, &w->err), 0); /* sent */
}

static void
news_does_not_die_with_what_it_replaced(void **state)
{
	struct world *w = *state;
	const int64_t late = T0 + DELIVERY_LIFE_MS - MINUTE_MS;
	struct delivery_plan end = plan_of(2);
	char id[32];

	told(w);
	end.severity = SEVERITY_CRITICAL;
	add(w, end, T0 + 1);
	expect(w, SLACK, T0 + 1, 2, "changed", id);
	settle_until(w, id, SETTLE_RETRY, T0 + 2, late + HOUR_MS);
	end.revision = 3;
	end.resolved = true;
	add(w, end, late);
	assert_int_equal(queue_expire(w->db, late + HOUR_MS, &w->err), 0);
	expect_nothing(w, SLACK, late + HOUR_MS - 1); /* it keeps the pace of the retries */
	expect(w, SLACK, late + HOUR_MS, 3, "resolved", id);
}

/* The notification of plan_of() as the planner left it. */
static void
note(struct world *w, int64_t revision)
{
	struct notification notification = {.id = "ntf_1", .revision = revision, .news = revision};

	assert_int_equal(notification_add(w->db, "inc_1", "everyone", NULL, &notification, &w->err),
	                 0);
}

static void
what_went_on_without_a_word_is_not_retried_by_hand(void **state)
{
	struct world *w = *state;
	struct delivery_plan end = plan_of(2);
	char id[32];

	add(w, plan_of(1), T0);
	expect(w, SLACK, T0, 1, "opened", id);
	settle(w, id, SETTLE_DEAD, T0);
	end.resolved = true;
	add(w, end, T0 + 1); /* never told: no word of its end */
	note(w, 2);
	assert_int_equal(queue_retry(w->db, id, T0 + 2, &w->err), 2);
	expect_nothing(w, SLACK, T0 + HOUR_MS);
}

static void
the_newest_is_retried_by_hand(void **state)
{
	struct world *w = *state;
	char id[32];

	add(w, plan_of(1), T0);
	expect(w, SLACK, T0, 1, "opened", id);
	settle(w, id, SETTLE_DEAD, T0);
	note(w, 1);
	assert_int_equal(queue_retry(w->db, id, T0 + 2, &w->err), 1);
	expect(w, SLACK, T0 + 2, 1, "opened", id);
}

static void
old_news_is_not_retried_by_hand(void **state)
{
	struct world *w = *state;
	char first[32], second[32];

	add(w, plan_of(1), T0);
	expect(w, SLACK, T0, 1, "opened", first);
	settle(w, first, SETTLE_DEAD, T0);
	add(w, plan_of(2), T0 + 1); /* still never told, so it is owed */
	assert_int_equal(queue_retry(w->db, first, T0 + 1, &w->err), 2);
	expect(w, SLACK, T0 + 1, 2, "opened", second);
	assert_int_equal(queue_retry(w->db, first, T0 + 1, &w->err), 2);
	settle(w, second, SETTLE_DEAD, T0 + 1);
	assert_int_equal(queue_retry(w->db, first, T0 + 1, &w->err), 2);
	assert_int_equal(queue_retry(w->db, second, T0 + 1, &w->err), 1);
	expect(w, SLACK, T0 + 1, 2, "opened", second);
}

static void
what_was_under_way_at_a_crash_goes_out_again(void **state)
{
	struct world *w = *state;
	struct delivery_plan other = plan_of(1);
	struct claimed got[2];
	char id[32];

	add(w, plan_of(1), T0);
	other.notification_id = "ntf_2";
	other.not_before = T0 + 1;
	add(w, other, T0);
	assert_int_equal(claim(w, SLACK, 2, T0 + 1, got), 2);
	add(w, plan_of(2), T0 + 1);
	assert_int_equal(queue_release_all(w->db, &w->err), 0);
	for (int i = 0; i < 2; i++)
		claimed_fini(&got[i]);
	assert_int_equal(queue_pending(w->db, &w->err), 2);
	expect(w, SLACK, T0 + 2, 2, "opened", id); /* the newer one, in the older one's turn */
	expect(w, SLACK, T0 + 2, 1, "opened", id);
	expect_nothing(w, SLACK, T0 + HOUR_MS);
}

static void
what_may_have_arrived_at_a_crash_is_told_to_its_end(void **state)
{
	struct world *w = *state;
	struct delivery_plan end = plan_of(2);
	char id[32];

	add(w, plan_of(1), T0);
	expect(w, SLACK, T0, 1, "opened", id);
	end.resolved = true;
	add(w, end, T0 + 1);
	assert_int_equal(queue_release_all(w->db, &w->err), 0);
	expect(w, SLACK, T0 + 2, 2, "resolved", id);
	settle(w, id, SETTLE_SENT, T0 + 2);
	expect_nothing(w, SLACK, T0 + HOUR_MS);
}

static void
what_nobody_answered_is_told_to_its_end(void **state)
{
	struct world *w = *state;
	struct delivery_plan end = plan_of(2);
	struct settlement timeout = {
		.settle = SETTLE_RETRY,
		.outcome = "retry",
		.text = "timed out",
		.due_at = T0 + 5000,
		.maybe_told = true,
	};
	char id[32];

	end.resolved = true;
	add(w, plan_of(1), T0);
	expect(w, SLACK, T0, 1, "opened", id);
	timeout.delivery_id = id;
	add(w, end, T0 + 1); /* while it is under way */
	assert_int_equal(queue_settle(w->db, &timeout, T0 + 2, &w->err), 0);
	expect(w, SLACK, T0 + 5000, 2, "resolved", id);

	struct delivery_plan other = plan_of(1);
	other.notification_id = end.notification_id = "ntf_2";
	add(w, other, T0);
	expect(w, SLACK, T0, 1, "opened", id);
	assert_int_equal(queue_settle(w->db, &timeout, T0 + 2, &w->err), 0);
	add(w, end, T0 + 3); /* while it waits for its retry */
	expect(w, SLACK, T0 + 5000, 2, "resolved", id);
}

/* ---- a sink that got another address ---- */

#define SLACK_NEW "slack 02"

static void
follow(struct world *w, int64_t moved)
{
	struct queue_sink items[] = {
		{.name = "team-slack", .kind = "slack", .destination = SLACK_NEW},
		{.name = "siem", .kind = "webhook", .destination = HOOK}};
	const struct queue_sinks sinks = {items, COUNT(items)};

	assert_int_equal(queue_follow(w->db, &sinks, T0, &w->err), moved);
}

static void
what_waits_follows_its_sink_to_its_new_address(void **state)
{
	struct world *w = *state;
	struct delivery_plan rise = plan_of(2), end = plan_of(3), elsewhere = plan_of(1);
	char id[32];

	told(w); /* at the old address */
	rise.severity = end.severity = SEVERITY_CRITICAL;
	add(w, rise, T0 + 1);
	elsewhere.destination = HOOK; /* has a sink: the name is that of another's route */
	add(w, elsewhere, T0);
	follow(w, 1);
	follow(w, 0);
	expect_nothing(w, SLACK, T0 + HOUR_MS);
	expect(w, SLACK_NEW, T0 + 1, 2, "changed", id); /* not opened a second time */
	settle(w, id, SETTLE_SENT, T0 + 2);
	end.destination = SLACK_NEW;
	end.resolved = true;
	add(w, end, T0 + 3);
	expect(w, SLACK_NEW, T0 + 3, 3, "resolved", id);
	expect(w, HOOK, T0 + HOUR_MS, 1, "opened", id);
}

static void
put_incident(struct world *w, const char *id, bool open)
{
	struct incident incident = {
		.kind = KIND_WORKSPACE_DRIFT,
		.severity = SEVERITY_WARNING,
		.open = open,
		.title = "drift",
		.revision = 1,
		.opened_at = T0,
		.updated_at = T0,
		.resolved_at = open ? 0 : T0,
	};

	strcpy(incident.id, id);
	incident.key = incident.id;
	if (incidents_add(w->db, &incident, &w->err) < 0)
		fail_msg("%s", w->err.text);
}

static void
what_was_told_of_an_open_incident_follows_too(void **state)
{
	struct world *w = *state;
	struct delivery_plan end = plan_of(2);
	char id[32];

	put_incident(w, "inc_1", true);
	told(w);
	follow(w, 0);
	end.destination = SLACK_NEW;
	end.resolved = true;
	add(w, end, T0 + 1);
	expect(w, SLACK_NEW, T0 + 1, 2, "resolved", id);
}

/* The sink was one destination and is now one for each team. */
static void
what_a_team_was_owed_follows_to_the_address_of_that_team(void **state)
{
	struct world *w = *state;
	struct delivery_plan pay = plan_of(1), search = plan_of(1), nobody = plan_of(1);
	struct queue_sink items[] = {
		{.name = "team-slack",
	         .kind = "slack",
	         .per_team = true,
	         .team = "pay",
	         .destination = "slack 03"},
		{.name = "team-slack",
	         .kind = "slack",
	         .per_team = true,
	         .team = "search",
	         .destination = "slack 04"},
	};
	const struct queue_sinks sinks = {items, COUNT(items)};
	char id[32];

	put_incident(w, "inc_1", true);
	pay.team = "pay";
	search.team = "search";
	nobody.team = NULL;
	search.notification_id = "ntf_2";
	nobody.notification_id = "ntf_3";
	add(w, pay, T0);
	add(w, nobody, T0);
	add(w, search, T0 + 1);
	assert_int_equal(queue_follow(w->db, &sinks, T0, &w->err), 2);
	assert_int_equal(queue_follow(w->db, &sinks, T0, &w->err), 0);
	expect(w, "slack 03", T0, 1, "opened", id);
	expect(w, "slack 04", T0 + 1, 1, "opened", id);
	expect(w, SLACK, T0, 1, "opened", id);
}

static void
what_ended_meanwhile_is_not_opened_at_the_new_address(void **state)
{
	struct world *w = *state;

	put_incident(w, "inc_1", false);
	add(w, plan_of(1), T0);
	follow(w, 0);
	expect_nothing(w, SLACK_NEW, T0 + HOUR_MS);
}

static void
what_the_new_address_knows_is_not_said_again(void **state)
{
	struct world *w = *state;
	struct delivery_plan known = plan_of(1), waits = plan_of(1), newer = plan_of(2);
	char id[32];

	known.destination = SLACK_NEW;
	add(w, known, T0);
	expect(w, SLACK_NEW, T0, 1, "opened", id);
	settle(w, id, SETTLE_SENT, T0);
	add(w, plan_of(1), T0); /* told already */
	waits.notification_id = newer.notification_id = "ntf_2";
	add(w, waits, T0); /* owed already, and newer */
	newer.destination = SLACK_NEW;
	add(w, newer, T0);
	follow(w, 0);
	expect(w, SLACK_NEW, T0 + 1, 2, "opened", id);
	expect_nothing(w, SLACK_NEW, T0 + HOUR_MS);
	expect_nothing(w, SLACK, T0 + HOUR_MS);
	assert_int_equal(queue_pending(w->db, &w->err), 0);
}

static void
collect(const char *destination, void *arg)
{
	strcat(arg, destination);
	strcat(arg, ";");
}

static void
destinations_that_are_owed_something_are_told_once_each(void **state)
{
	struct world *w = *state;
	struct delivery_plan other = plan_of(1);
	char seen[128] = "";

	assert_int_equal(queue_destinations_pending(w->db, collect, seen, &w->err), 0);
	assert_string_equal(seen, "");
	add(w, plan_of(1), T0);
	add(w, hook_plan(1), T0);
	other.notification_id = "ntf_2";
	add(w, other, T0);
	assert_int_equal(queue_destinations_pending(w->db, collect, seen, &w->err), 0);
	assert_string_equal(seen, SLACK ";" HOOK ";");
}

static void
every_attempt_is_kept(void **state)
{
	struct world *w = *state;
	char id[32];

	add(w, plan_of(1), T0);
	expect(w, SLACK, T0, 1, "opened", id);
	settle_until(w, id, SETTLE_RETRY, T0, T0 + 5000);
	expect(w, SLACK, T0 + 5000, 1, "opened", id);
	settle(w, id, SETTLE_WAIT, T0 + 5000);
	expect(w, SLACK, T0 + 5001, 1, "opened", id);
	const struct settlement untried = {.delivery_id = id, .settle = SETTLE_WAIT};
	assert_int_equal(queue_settle(w->db, &untried, T0, &w->err), 0);
	expect(w, SLACK, T0 + 5001, 1, "opened", id);
	settle(w, id, SETTLE_SENT, T0 + 5001);
	struct db_row *row = db_bind(w->db, ST_QUERY_ATTEMPTS, "ti", id, INT64_C(10));
	int count = 0;
	while (db_step(row, &w->err) == 1)
		assert_int_equal(db_int(row, 0), 3 - count++);
	db_end(row);
	assert_int_equal(count, 3);
}

static void
a_task_callback_brings_its_token_and_lives_an_hour(void **state)
{
	struct world *w = *state;
	const struct new_event event = {
		.id = "evt_1",
		.key = "0123456789abcdef0123456789abcdef",
		.source = "task",
		.source_kind = "hcp_run_task",
		.body = "{}",
		.body_len = 2,
		.sealed = "sealed-token",
		.received_at = T0,
	};
	struct delivery_plan plan = {
		.notification_id = "taskrs-1",
		.revision = 1,
		.document = "{\"status\":\"passed\"}",
		.destination = "task_callback app.example.com",
		.sink_kind = "task_callback",
		.every_revision = true,
		.not_before = T0,
		.target = "https://app.example.com/cb",
		.event_id = "evt_1",
	};
	struct expired_callback expired;
	struct claimed got;
	char first[32], *sealed;

	assert_int_equal(event_insert(w->db, &event, first, &w->err), 1);
	add(w, plan, T0 + 1); /* planned after it was received */
	assert_int_equal(claim(w, plan.destination, 1, T0 + 1, &got), 1);
	assert_string_equal(got.sealed, "sealed-token");
	assert_string_equal(got.target, "https://app.example.com/cb");
	assert_null(json_object_get(got.document, "reason")); /* it has none */
	settle_until(w, got.id, SETTLE_RETRY, T0, T0 + 5000);
	claimed_fini(&got);
	assert_int_equal(queue_expire_callback(w->db, T0 + HOUR_MS, &expired, &w->err), 0);
	assert_int_equal(queue_expire(w->db, T0 + HOUR_MS, &w->err), 0);
	sealed = event_sealed(w->db, "evt_1", &w->err);
	assert_non_null(sealed); /* it is still needed */
	free(sealed);
	assert_int_equal(queue_expire_callback(w->db, T0 + HOUR_MS + 1, &expired, &w->err), 1);
	assert_string_equal(expired.destination, plan.destination);
	assert_string_equal(json_string_value(json_object_get(expired.document, "status")),
	                    "passed");
	expired_callback_fini(&expired);
	assert_null(event_sealed(w->db, "evt_1", &w->err));
	assert_int_equal(queue_expire_callback(w->db, T0 + HOUR_MS + 1, &expired, &w->err), 0);
}

static struct delivery_plan
callback(int64_t revision, const char *document)
{
	return (struct delivery_plan){
		.notification_id = "taskrs-1",
		.revision = revision,
		.document = document,
		.destination = "task_callback app.example.com",
		.sink_kind = "task_callback",
		.every_revision = true,
		.target = "https://app.example.com/cb",
	};
}

static void
claim_callback(struct world *w, int64_t at, int64_t revision, struct claimed *got)
{
	assert_int_equal(claim(w, "task_callback app.example.com", 1, at, got), 1);
	assert_int_equal(got->revision, revision);
}

static void
the_final_callback_replaces_one_that_was_not_sent(void **state)
{
	struct world *w = *state;
	struct claimed got;

	add(w, callback(1, "{\"status\":\"running\"}"), T0);
	add(w, callback(2, "{\"status\":\"passed\"}"), T0 + 1);
	claim_callback(w, T0 + 2, 2, &got);
	claimed_fini(&got);
}

static void
the_final_callback_follows_one_that_was_sent_or_given_up(void **state)
{
	struct world *w = *state;
	struct claimed got;

	for (int dead = 0; dead < 2; dead++) {
		struct delivery_plan first = callback(1, "{}"), last = callback(2, "{}");

		first.notification_id = last.notification_id = dead ? "taskrs-2" : "taskrs-1";
		add(w, first, T0);
		claim_callback(w, T0, 1, &got);
		settle_until(w, got.id, dead ? SETTLE_DEAD : SETTLE_SENT, T0, 0);
		claimed_fini(&got);
		add(w, last, T0 + 1);
		claim_callback(w, T0 + 2000, 2, &got);
		settle_until(w, got.id, SETTLE_SENT, T0 + 2000, 0);
		claimed_fini(&got);
	}
}

static void
a_token_without_a_callback_goes_after_an_hour(void **state)
{
	struct world *w = *state;
	struct new_event refused = {
		.id = "evt_1",
		.key = "1123456789abcdef0123456789abcdef",
		.source = "task",
		.source_kind = "hcp_run_task",
		.body = "{}",
		.body_len = 2,
		.sealed = "sealed-token",
		.received_at = T0,
	};
	char first[32];

	assert_int_equal(event_insert(w->db, &refused, first, &w->err), 1);
	assert_int_equal(event_move(w->db, "evt_1", EVENT_STATE_IGNORED, NULL, "refused", &w->err),
	                 0);
	assert_int_equal(queue_expire(w->db, T0 + HOUR_MS - 1, &w->err), 0);
	char *sealed = event_sealed(w->db, "evt_1", &w->err);
	assert_non_null(sealed);
	free(sealed);
	assert_int_equal(queue_expire(w->db, T0 + HOUR_MS, &w->err), 0);
	assert_null(event_sealed(w->db, "evt_1", &w->err));
}

static void
a_delivery_moves_only_as_it_may(void **state)
{
	struct world *w = *state;
	const struct settlement again = {
		.delivery_id = "dlv_none", .settle = SETTLE_SENT, .outcome = "sent"};
	char id[32];

	assert_int_equal(queue_settle(w->db, &again, T0, &w->err), -1);
	add(w, plan_of(1), T0);
	expect(w, SLACK, T0, 1, "opened", id);
	settle(w, id, SETTLE_SENT, T0);
	const struct settlement twice = {
		.delivery_id = id, .settle = SETTLE_DEAD, .outcome = "sent"};
	assert_int_equal(queue_settle(w->db, &twice, T0, &w->err), -1);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(collects_before_the_first_message),
		WORLD_TEST(an_unsent_opened_stays_opened_in_its_newer_revision),
		WORLD_TEST(one_at_a_time_and_the_newest_next),
		WORLD_TEST(only_new_messages_reach_a_chat),
		WORLD_TEST(what_went_and_came_back_is_no_news),
		WORLD_TEST(opened_and_resolved_before_anything_was_sent_says_nothing),
		WORLD_TEST(a_critical_one_says_once_that_it_resolved),
		WORLD_TEST(resolved_while_the_opened_was_under_way),
		WORLD_TEST(kinds_that_close_at_once_are_told_once_as_opened),
		WORLD_TEST(a_webhook_gets_every_revision_one_a_second),
		WORLD_TEST(the_same_revision_is_owed_once),
		WORLD_TEST(oldest_first_and_no_more_than_asked_for),
		WORLD_TEST(a_retry_keeps_its_turn_whatever_comes_after),
		WORLD_TEST(a_rejected_one_goes_again_as_plain_text),
		WORLD_TEST(a_paused_destination_gets_nothing_before_its_time),
		WORLD_TEST(a_blocked_destination_gets_one_probe_an_hour),
		WORLD_TEST(what_is_owed_too_long_dies_and_can_be_retried_by_hand),
		WORLD_TEST(news_does_not_die_with_what_it_replaced),
		WORLD_TEST(what_went_on_without_a_word_is_not_retried_by_hand),
		WORLD_TEST(the_newest_is_retried_by_hand),
		WORLD_TEST(old_news_is_not_retried_by_hand),
		WORLD_TEST(what_was_under_way_at_a_crash_goes_out_again),
		WORLD_TEST(what_may_have_arrived_at_a_crash_is_told_to_its_end),
		WORLD_TEST(what_nobody_answered_is_told_to_its_end),
		WORLD_TEST(what_waits_follows_its_sink_to_its_new_address),
		WORLD_TEST(what_was_told_of_an_open_incident_follows_too),
		WORLD_TEST(what_a_team_was_owed_follows_to_the_address_of_that_team),
		WORLD_TEST(what_ended_meanwhile_is_not_opened_at_the_new_address),
		WORLD_TEST(what_the_new_address_knows_is_not_said_again),
		WORLD_TEST(destinations_that_are_owed_something_are_told_once_each),
		WORLD_TEST(every_attempt_is_kept),
		WORLD_TEST(a_task_callback_brings_its_token_and_lives_an_hour),
		WORLD_TEST(the_final_callback_replaces_one_that_was_not_sent),
		WORLD_TEST(the_final_callback_follows_one_that_was_sent_or_given_up),
		WORLD_TEST(a_token_without_a_callback_goes_after_an_hour),
		WORLD_TEST(a_delivery_moves_only_as_it_may),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
