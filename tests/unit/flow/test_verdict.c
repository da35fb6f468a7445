#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "relay/base/clock.h"
#include "relay/flow/backoff.h"
#include "relay/flow/deliver_parts.h"

#define NOW INT64_C(1700000000000)

static struct verdict_facts
facts_of(const char *kind, enum outcome outcome)
{
	return (struct verdict_facts){
		.kind = sink_kind_named(kind),
		.outcome = outcome,
		.attempts = 1,
		.created_at = NOW - SECOND_MS,
		.started_at = NOW - 20,
		.now_ms = NOW,
	};
}

static void
the_backoff_doubles_from_5_s_to_an_hour(void **state)
{
	(void)state;
	static const int64_t expected[] = {5,   10,  20,   40,   80,   160,
	                                   320, 640, 1280, 2560, 3600, 3600};

	for (int i = 0; i < 12; i++) {
		int64_t delay = expected[i] * SECOND_MS;
		int64_t least = delay * 2, most = 0;
		for (uint32_t random = 0; random < 4000000; random += 997) {
			int64_t got = backoff_ms(i + 1, HOUR_MS, random * 1021);
			least = got < least ? got : least;
			most = got > most ? got : most;
		}
		assert_in_range(least, delay * 8 / 10, delay * 82 / 100);
		assert_in_range(most, delay * 118 / 100, delay * 12 / 10);
	}
	assert_in_range(backoff_ms(1000000, HOUR_MS, 0), 2880 * SECOND_MS, 4320 * SECOND_MS);
	assert_in_range(backoff_ms(0, HOUR_MS, 0), 4 * SECOND_MS, 6 * SECOND_MS);
}

static void
sent_mends_everything_but_a_pause_asked_for(void **state)
{
	(void)state;
	struct verdict_facts facts = facts_of("webhook", OUTCOME_SENT);
	struct destination_state paused = {
		.paused_until = NOW + 7000, .failures = 3, .failing_since = NOW - 1};
	struct destination_state blocked = {
		.blocked = true, .paused_until = NOW + HOUR_MS, .failing_since = 1};

	assert_int_equal(verdict_of(&facts, &paused).settle, SETTLE_SENT);
	assert_int_equal(paused.failures, 0);
	assert_int_equal(paused.failing_since, 0);
	assert_int_equal(paused.paused_until, NOW + 7000);
	assert_int_equal(verdict_of(&facts, &blocked).settle, SETTLE_SENT);
	assert_false(blocked.blocked);
	assert_int_equal(blocked.paused_until, 0);
}

static void
rejected_goes_once_more_as_plain_text_where_there_is_one(void **state)
{
	(void)state;
	struct verdict_facts slack = facts_of("slack", OUTCOME_REJECTED),
			     hook = facts_of("webhook", OUTCOME_REJECTED);
	struct destination_state destination = {0};

	assert_int_equal(verdict_of(&slack, &destination).settle, SETTLE_PLAIN);
	slack.plain = true;
	assert_int_equal(verdict_of(&slack, &destination).settle, SETTLE_DEAD);
	assert_int_equal(verdict_of(&hook, &destination).settle, SETTLE_DEAD);
}

static void
blocked_waits_for_the_probe(void **state)
{
	(void)state;
	struct verdict_facts facts = facts_of("webhook", OUTCOME_BLOCKED);
	struct destination_state destination = {0};

	assert_int_equal(verdict_of(&facts, &destination).settle, SETTLE_WAIT);
	assert_true(destination.blocked);
	assert_int_equal(destination.paused_until, NOW + HOUR_MS);
	assert_int_equal(destination.failing_since, NOW);
	/* The probe got no answer: still blocked, and no sooner. */
	facts.outcome = OUTCOME_RETRY;
	assert_int_equal(verdict_of(&facts, &destination).settle, SETTLE_RETRY);
	assert_true(destination.blocked);
	assert_int_equal(destination.paused_until, NOW + HOUR_MS);
}

static void
retry_after_is_obeyed_to_the_second_and_pauses_the_destination(void **state)
{
	(void)state;
	struct verdict_facts facts = facts_of("webhook", OUTCOME_RETRY);
	struct destination_state destination = {0};

	facts.retry_after_ms = 2000;
	struct verdict verdict = verdict_of(&facts, &destination);
	assert_int_equal(verdict.settle, SETTLE_RETRY);
	assert_int_equal(verdict.due_at, NOW + 2000);
	assert_int_equal(destination.paused_until, NOW + 2000);
	facts.retry_after_ms = 1000; /* one that was under way too */
	verdict_of(&facts, &destination);
	assert_int_equal(destination.paused_until, NOW + 2000);
	assert_int_equal(destination.failures, 1);
}

static void
several_under_way_fail_as_one_and_the_whole_destination_backs_off(void **state)
{
	(void)state;
	struct verdict_facts facts = facts_of("webhook", OUTCOME_RETRY);
	struct destination_state destination = {0};

	for (int i = 0; i < 4; i++) {
		struct verdict verdict = verdict_of(&facts, &destination);
		assert_in_range(verdict.due_at, NOW + 4000, NOW + 6000);
	}
	assert_int_equal(destination.failures, 1);
	assert_in_range(destination.paused_until, NOW + 4000, NOW + 6000);
	for (int round = 2; round < 20; round++) {
		facts.started_at = facts.now_ms = destination.paused_until;
		verdict_of(&facts, &destination);
		assert_int_equal(destination.failures, round);
		assert_in_range(destination.paused_until, facts.now_ms + 4000,
		                facts.now_ms + MINUTE_MS);
	}
	assert_int_equal(destination.failing_since, NOW);
}

static void
one_recipient_that_makes_it_wait_does_not_stop_the_destination(void **state)
{
	(void)state;
	struct verdict_facts facts = facts_of("email", OUTCOME_RETRY);
	struct destination_state destination = {
		.blocked = true, .paused_until = NOW + HOUR_MS, .failing_since = NOW - 1};

	/* Others of its list had it just now: whatever was wrong is mended. */
	facts.serves = facts.half_told = true;
	struct verdict verdict = verdict_of(&facts, &destination);
	assert_int_equal(verdict.settle, SETTLE_RETRY);
	assert_in_range(verdict.due_at, NOW + 4000, NOW + 6000);
	assert_false(destination.blocked);
	assert_int_equal(destination.paused_until, 0);
	assert_int_equal(destination.failing_since, 0);
	/* Had it long ago: the attempt for the last one says nothing. */
	facts.serves = false;
	assert_int_equal(verdict_of(&facts, &destination).settle, SETTLE_RETRY);
	assert_int_equal(destination.paused_until, 0);
	assert_int_equal(destination.failures, 0);
	/* Nobody ever had it. */
	facts.half_told = false;
	assert_int_equal(verdict_of(&facts, &destination).settle, SETTLE_RETRY);
	assert_int_equal(destination.failures, 1);
	assert_int_equal(destination.failing_since, NOW);
}

static void
what_would_outlive_its_life_is_given_up(void **state)
{
	(void)state;
	struct verdict_facts hook = facts_of("webhook", OUTCOME_RETRY),
			     callback = facts_of("task_callback", OUTCOME_RETRY);
	struct destination_state destination = {0};

	hook.created_at = callback.created_at = NOW - HOUR_MS + 1000;
	assert_int_equal(verdict_of(&hook, &destination).settle, SETTLE_RETRY);
	assert_int_equal(verdict_of(&callback, &destination).settle, SETTLE_DEAD);
	hook.created_at = NOW - 3 * DAY_MS + 1000;
	assert_int_equal(verdict_of(&hook, &destination).settle, SETTLE_DEAD);
	hook.created_at = NOW;
	hook.retry_after_ms = INT64_MAX; /* hostile: a day is the most */
	assert_int_equal(verdict_of(&hook, &destination).settle, SETTLE_RETRY);
	assert_int_equal(destination.paused_until, NOW + DAY_MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_backoff_doubles_from_5_s_to_an_hour),
		cmocka_unit_test(sent_mends_everything_but_a_pause_asked_for),
		cmocka_unit_test(rejected_goes_once_more_as_plain_text_where_there_is_one),
		cmocka_unit_test(blocked_waits_for_the_probe),
		cmocka_unit_test(retry_after_is_obeyed_to_the_second_and_pauses_the_destination),
		cmocka_unit_test(several_under_way_fail_as_one_and_the_whole_destination_backs_off),
		cmocka_unit_test(one_recipient_that_makes_it_wait_does_not_stop_the_destination),
		cmocka_unit_test(what_would_outlive_its_life_is_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
