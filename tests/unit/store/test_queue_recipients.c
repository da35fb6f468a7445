/* A delivery with several recipients: one is neither lost nor asked twice
 * because of another. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/store/queue.h"
#include "relay/store/store.h"
#include "world.h"

#define T0 INT64_C(1700000000000)
#define LIST "email 01"
#define ONE_WAITS \
	"[{\"address\":\"a@x.test\",\"state\":\"sent\"},{\"address\":\"b@x.test\",\"state\":\"retry\"}]"
#define NONE_YET                                           \
	"[{\"address\":\"a@x.test\",\"state\":\"retry\"}," \
	"{\"address\":\"b@x.test\",\"state\":\"retry\"}]"
#define ONE_REFUSED                                       \
	"[{\"address\":\"a@x.test\",\"state\":\"sent\"}," \
	"{\"address\":\"b@x.test\",\"state\":\"rejected\"}]"

static void
owe(struct world *w, int64_t revision, enum phase phase, int64_t now_ms)
{
	const struct delivery_plan plan = {
		.notification_id = "ntf_1",
		.revision = revision,
		.document = "{\"reason\":null,\"id\":\"ntf_1\"}",
		.destination = LIST,
		.sink = "security-list",
		.route = "security",
		.sink_kind = "email",
		.severity = SEVERITY_WARNING,
		.phase = phase,
		.not_before = T0,
		.incident_id = "inc_1",
	};

	if (queue_add(w->db, &plan, now_ms, &w->err) < 0)
		fail_msg("%s", w->err.text);
}

static int
claim(struct world *w, int64_t now_ms, struct claimed *out)
{
	const struct claim_want want = {LIST, 1, MINUTE_MS};
	int64_t next_due;
	int count = queue_claim(w->db, &want, now_ms, out, &next_due, &w->err);

	if (count < 0)
		fail_msg("%s", w->err.text);
	return count;
}

/* Claims one, checks it, and settles it with these recipients. */
static void
attempt(struct world *w, int64_t now_ms, int64_t revision, const char *reason, enum settle settle,
        const char *recipients, char id[32])
{
	struct claimed got;

	assert_int_equal(claim(w, now_ms, &got), 1);
	assert_int_equal(got.revision, revision);
	assert_string_equal(json_text_at(got.document, "reason"), reason);
	const struct settlement settlement = {
		.delivery_id = got.id,
		.settle = settle,
		.outcome = "retry",
		.text = "",
		.due_at = now_ms + 5 * SECOND_MS,
		.recipients = recipients,
		.some_told = recipients && strstr(recipients, "\"sent\""),
		.reference = "{\"subject\":\"first\"}",
	};
	if (queue_settle(w->db, &settlement, now_ms, &w->err) < 0)
		fail_msg("%s", w->err.text);
	memcpy(id, got.id, 32);
	claimed_fini(&got);
}

static void
expect_nothing(struct world *w, int64_t now_ms)
{
	struct claimed got;

	assert_int_equal(claim(w, now_ms, &got), 0);
}

static void
the_rest_is_asked_again_as_what_it_was(void **state)
{
	struct world *w = *state;
	struct claimed got;
	char id[32];

	owe(w, 1, PHASE_SCHEDULED, T0);
	attempt(w, T0, 1, "opened", SETTLE_RETRY, ONE_WAITS, id);
	expect_nothing(w, T0 + SECOND_MS);
	assert_int_equal(claim(w, T0 + 5 * SECOND_MS, &got), 1);
	assert_string_equal(got.id, id);
	assert_string_equal(json_text_at(got.document, "reason"), "opened");
	assert_string_equal(json_text_at(got.recipients, "0.state"), "sent");
	assert_string_equal(json_text_at(got.recipients, "1.state"), "retry");
	assert_string_equal(json_text_at(got.reference, "subject"), "first");
	claimed_fini(&got);
}

static void
what_is_no_news_to_the_first_costs_the_others_nothing(void **state)
{
	struct world *w = *state;
	char id[32], again[32];

	owe(w, 1, PHASE_SCHEDULED, T0);
	attempt(w, T0, 1, "opened", SETTLE_RETRY, ONE_WAITS, id);
	owe(w, 2, PHASE_SCHEDULED, T0 + SECOND_MS);
	attempt(w, T0 + MINUTE_MS, 1, "opened", SETTLE_SENT, ONE_WAITS, again);
	assert_string_equal(again, id);
	expect_nothing(w, T0 + HOUR_MS);
}

static void
the_same_while_it_is_under_way(void **state)
{
	struct world *w = *state;
	struct claimed got;
	char id[32];

	owe(w, 1, PHASE_SCHEDULED, T0);
	assert_int_equal(claim(w, T0, &got), 1);
	owe(w, 2, PHASE_SCHEDULED, T0);
	const struct settlement settlement = {
		.delivery_id = got.id,
		.settle = SETTLE_RETRY,
		.outcome = "retry",
		.text = "",
		.due_at = T0 + 5 * SECOND_MS,
		.recipients = ONE_WAITS,
		.some_told = true,
	};
	assert_int_equal(queue_settle(w->db, &settlement, T0, &w->err), 0);
	claimed_fini(&got);
	attempt(w, T0 + MINUTE_MS, 1, "opened", SETTLE_SENT, ONE_WAITS, id);
	expect_nothing(w, T0 + HOUR_MS);
}

static void
real_news_goes_to_all(void **state)
{
	struct world *w = *state;
	struct claimed got;
	char id[32];

	owe(w, 1, PHASE_SCHEDULED, T0);
	attempt(w, T0, 1, "opened", SETTLE_RETRY, ONE_WAITS, id);
	owe(w, 2, PHASE_REVOKED, T0 + SECOND_MS);
	assert_int_equal(claim(w, T0 + MINUTE_MS, &got), 1);
	assert_int_equal(got.revision, 2);
	assert_string_equal(json_text_at(got.document, "reason"), "changed");
	assert_null(got.recipients);
	assert_string_equal(json_text_at(got.reference, "subject"), "first");
	claimed_fini(&got);
}

static void
nobody_had_it_so_the_newer_one_opens(void **state)
{
	struct world *w = *state;
	char id[32];

	owe(w, 1, PHASE_SCHEDULED, T0);
	attempt(w, T0, 1, "opened", SETTLE_RETRY, NONE_YET, id);
	owe(w, 2, PHASE_REVOKED, T0 + SECOND_MS);
	attempt(w, T0 + MINUTE_MS, 2, "opened", SETTLE_SENT, NULL, id);
	expect_nothing(w, T0 + HOUR_MS);
}

static void
greylisted_for_ever_it_is_given_up_and_knows_whom_it_owes(void **state)
{
	struct world *w = *state;
	struct claimed got;
	char id[32];

	owe(w, 1, PHASE_REVOKED, T0);
	for (int64_t now = T0; now < T0 + DELIVERY_LIFE_MS; now += HOUR_MS) {
		assert_int_equal(queue_expire(w->db, now, &w->err), 0);
		attempt(w, now, 1, "opened", SETTLE_RETRY, ONE_WAITS, id);
	}
	int64_t end = T0 + DELIVERY_LIFE_MS;
	assert_int_equal(queue_expire(w->db, end, &w->err), 1);
	assert_int_equal(claim(w, end, &got), 0);
	assert_int_equal(queue_retry(w->db, id, end, &w->err), 1);
	assert_int_equal(claim(w, end, &got), 1);
	assert_int_equal(got.attempts, 1);
	assert_string_equal(json_text_at(got.recipients, "0.state"), "sent");
	assert_string_equal(json_text_at(got.recipients, "1.state"), "retry");
	claimed_fini(&got);
}

static void
by_hand_only_the_refused_one_is_asked(void **state)
{
	struct world *w = *state;
	struct claimed got;
	char id[32];

	owe(w, 1, PHASE_SCHEDULED, T0);
	attempt(w, T0, 1, "opened", SETTLE_DEAD, ONE_REFUSED, id);
	expect_nothing(w, T0 + HOUR_MS);
	assert_int_equal(queue_retry(w->db, id, T0 + HOUR_MS, &w->err), 1);
	assert_int_equal(claim(w, T0 + HOUR_MS, &got), 1);
	assert_string_equal(json_text_at(got.recipients, "0.state"), "sent");
	assert_string_equal(json_text_at(got.recipients, "1.state"), "retry");
	claimed_fini(&got);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
	const struct CMUnitTest tests[] = {
		TEST(the_rest_is_asked_again_as_what_it_was),
		TEST(what_is_no_news_to_the_first_costs_the_others_nothing),
		TEST(the_same_while_it_is_under_way),
		TEST(real_news_goes_to_all),
		TEST(nobody_had_it_so_the_newer_one_opens),
		TEST(greylisted_for_ever_it_is_given_up_and_knows_whom_it_owes),
		TEST(by_hand_only_the_refused_one_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
