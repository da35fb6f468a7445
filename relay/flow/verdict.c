/*
 * What an outcome means for the delivery and for its destination: contract
 * section 8, as a function without side effects.
 */
#include "relay/flow/backoff.h"
#include "relay/flow/deliver_parts.h"

#define BACKOFF_MAX_MS HOUR_MS
/*
 * A destination as a whole is asked at least this often while it fails, so
 * that a new message need not wait out the backoff of old ones; each of those
 * keeps its own.
 */
#define PAUSE_MAX_MS MINUTE_MS
/* Longer than this nobody can mean to be left alone about what is owed now. */
#define RETRY_AFTER_MAX_MS DAY_MS

/* It took a message, or looked at one: whatever was wrong is mended.  A pause
 * it asked for stands. */
static void
works(struct destination_state *state)
{
	if (state->blocked)
		state->paused_until = 0;
	state->blocked = false;
	state->failures = 0;
	state->failing_since = 0;
}

static void
pause_until(struct destination_state *state, int64_t until)
{
	if (state->paused_until < until)
		state->paused_until = until;
}

static void
fails(const struct verdict_facts *facts, struct destination_state *state)
{
	/* Several were under way when it failed: that is one failure. */
	bool again = facts->started_at >= state->paused_until;

	if (again)
		state->failures++;
	if (!state->failing_since)
		state->failing_since = facts->now_ms;
	if (facts->retry_after_ms) {
		pause_until(state, facts->now_ms + facts->retry_after_ms);
	} else if (again) {
		int64_t delay = backoff_ms(state->failures, BACKOFF_MAX_MS, facts->random);
		pause_until(state, facts->now_ms + (delay < PAUSE_MAX_MS ? delay : PAUSE_MAX_MS));
	}
}

static struct verdict
retry(const struct verdict_facts *facts, struct destination_state *state)
{
	struct verdict_facts bounded = *facts;

	if (bounded.retry_after_ms > RETRY_AFTER_MAX_MS)
		bounded.retry_after_ms = RETRY_AFTER_MAX_MS;
	/* A recipient whose mailbox is full says nothing of the others: their
	 * news must not wait for it. */
	if (facts->serves)
		works(state);
	else if (!facts->half_told)
		fails(&bounded, state);
	int64_t delay = bounded.retry_after_ms
	                        ? bounded.retry_after_ms
	                        : backoff_ms(facts->attempts, BACKOFF_MAX_MS, facts->random);
	struct verdict verdict = {SETTLE_RETRY, facts->now_ms + delay};
	if (verdict.due_at >= facts->created_at + delivery_life_ms(facts->kind->conf.name))
		verdict.settle = SETTLE_DEAD;
	return verdict;
}

struct verdict
verdict_of(const struct verdict_facts *facts, struct destination_state *state)
{
	switch (facts->outcome) {
	case OUTCOME_SENT:
		works(state);
		return (struct verdict){SETTLE_SENT, 0};
	case OUTCOME_REJECTED:
		works(state);
		return (struct verdict){facts->kind->has_plain && !facts->plain &&
		                                        !facts->all_answered
		                                ? SETTLE_PLAIN
		                                : SETTLE_DEAD,
		                        0};
	case OUTCOME_BLOCKED:
		state->blocked = true;
		state->paused_until = facts->now_ms + QUEUE_PROBE_MS;
		if (!state->failing_since)
			state->failing_since = facts->now_ms;
		return (struct verdict){SETTLE_WAIT, 0};
	case OUTCOME_RETRY:
		break;
	}
	return retry(facts, state);
}
