/* What is said anew and what is only edited, where messages are edited in place. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/store/incidents.h"
#include "relay/store/queue.h"
#include "world.h"

#define T0 INT64_C(1700000000000)
#define CHANNEL "slack 01"
#define OTHER_CHANNEL "slack 02"
#define POSTED "{\"channel\":\"C01\",\"ts\":\"1700000000.000100\"}"

/* An open warning for a channel whose messages are edited in place. */
static struct delivery_plan
edited(int64_t revision)
{
	return (struct delivery_plan){
		.notification_id = "ntf_1",
		.revision = revision,
		.document = "{\"reason\":null,\"id\":\"ntf_1\"}",
		.destination = CHANNEL,
		.sink = "team-slack",
		.sink_kind = "slack",
		.edits = true,
		.severity = SEVERITY_WARNING,
		.phase = PHASE_SCHEDULED,
		.not_before = T0,
		.incident_id = "inc_1",
	};
}

static void
add(struct world *w, struct delivery_plan plan, int64_t now_ms)
{
	if (queue_add(w->db, &plan, now_ms, &w->err) < 0)
		fail_msg("%s", w->err.text);
}

static void
expect_nothing(struct world *w, const char *destination)
{
	const struct claim_want want = {destination, 1, MINUTE_MS};
	struct claimed got;
	int64_t next;

	assert_int_equal(queue_claim(w->db, &want, T0 + DAY_MS, &got, &next, &w->err), 0);
}

enum voice { EDITS, SPEAKS };

/* Claims the next one, checks it, and leaves its id. */
static void
claim(struct world *w, const char *destination, int64_t revision, const char *reason,
      enum voice voice, char id[32])
{
	const struct claim_want want = {destination, 1, MINUTE_MS};
	struct claimed got;
	int64_t next;

	if (queue_claim(w->db, &want, T0 + DAY_MS, &got, &next, &w->err) != 1)
		fail_msg("nothing was claimed: %s", w->err.text);
	assert_int_equal(got.revision, revision);
	assert_string_equal(json_text_at(got.document, "reason"), reason);
	assert_int_equal(got.speaks, voice == SPEAKS);
	memcpy(id, got.id, 32);
	claimed_fini(&got);
}

static void
settle(struct world *w, const char *id, enum settle what, const char *reference, int64_t now_ms)
{
	const struct settlement settlement = {
		.delivery_id = id, .settle = what, .outcome = "sent", .reference = reference};

	if (queue_settle(w->db, &settlement, now_ms, &w->err) < 0)
		fail_msg("%s", w->err.text);
}

static void
expect_sent(struct world *w, int64_t revision, const char *reason, enum voice voice, int64_t now_ms)
{
	char id[32];

	claim(w, CHANNEL, revision, reason, voice, id);
	settle(w, id, SETTLE_SENT, NULL, now_ms);
}

/* A message was posted for revision 1. */
static void
posted(struct world *w)
{
	char id[32];

	add(w, edited(1), T0);
	claim(w, CHANNEL, 1, "opened", SPEAKS, id);
	settle(w, id, SETTLE_SENT, POSTED, T0);
}

static int64_t
spoken_at(struct world *w, const char *destination)
{
	struct db_row *row = db_bind(w->db, ST_QUEUE_TOLD, "tt", "ntf_1", destination);

	assert_int_equal(db_step(row, &w->err), 1);
	int64_t at = db_int(row, 6);
	db_end(row);
	return at;
}

static void
every_revision_is_an_edit_and_only_news_is_said_anew(void **state)
{
	struct world *w = *state;
	struct delivery_plan plan = edited(2);

	posted(w);
	add(w, plan, T0 + 1000);
	expect_sent(w, 2, "changed", EDITS, T0 + 1000);
	assert_int_equal(spoken_at(w, CHANNEL), T0);
	plan.revision = 3;
	plan.severity = SEVERITY_CRITICAL;
	add(w, plan, T0 + 2000);
	expect_sent(w, 3, "changed", SPEAKS, T0 + 2000);
	assert_int_equal(spoken_at(w, CHANNEL), T0 + 2000);
	plan.revision = 4;
	plan.phase = PHASE_REVOKED;
	add(w, plan, T0 + 3000);
	expect_sent(w, 4, "changed", SPEAKS, T0 + 3000);
	plan.revision = 5;
	plan.resolved = true;
	add(w, plan, T0 + 4000);
	expect_sent(w, 5, "resolved", SPEAKS, T0 + 4000);
	plan.revision = 6; /* after the end there is nothing more */
	add(w, plan, T0 + 5000);
	expect_nothing(w, CHANNEL);
}

static void
a_rise_back_to_what_was_said_is_only_an_edit(void **state)
{
	struct world *w = *state;
	struct delivery_plan up = edited(2), down = edited(3), again = edited(4);

	up.severity = again.severity = SEVERITY_CRITICAL;
	posted(w);
	add(w, up, T0 + 1);
	expect_sent(w, 2, "changed", SPEAKS, T0 + 1);
	add(w, down, T0 + 2);
	expect_sent(w, 3, "changed", EDITS, T0 + 2);
	add(w, again, T0 + 3);
	expect_sent(w, 4, "changed", EDITS, T0 + 3);
}

static void
news_that_waits_is_said_by_the_edit_that_replaces_it(void **state)
{
	struct world *w = *state;
	struct delivery_plan rise = edited(2), more = edited(3);

	rise.phase = more.phase = PHASE_DUE;
	posted(w);
	add(w, rise, T0 + 1);
	add(w, more, T0 + 2);
	expect_sent(w, 3, "changed", SPEAKS, T0 + 3);
	expect_nothing(w, CHANNEL);
}

static void
a_failed_edit_is_made_up_for(void **state)
{
	struct world *w = *state;
	struct delivery_plan rise = edited(2);
	char id[32];

	rise.severity = SEVERITY_CRITICAL;
	posted(w);
	add(w, rise, T0 + 1);
	claim(w, CHANNEL, 2, "changed", SPEAKS, id);
	settle(w, id, SETTLE_DEAD, NULL, T0 + 2);
	rise.revision = 3;
	add(w, rise, T0 + 3);
	expect_sent(w, 3, "changed", SPEAKS, T0 + 3); /* nobody heard of the rise yet */
}

static void
without_a_message_to_edit_only_news_is_sent(void **state)
{
	struct world *w = *state;
	struct delivery_plan rise = edited(3);
	char id[32];

	add(w, edited(1), T0);
	claim(w, CHANNEL, 1, "opened", SPEAKS, id);
	settle(w, id, SETTLE_SENT, NULL, T0); /* by a message that leaves nothing to edit */
	add(w, edited(2), T0 + 1);
	expect_nothing(w, CHANNEL);
	rise.phase = PHASE_REVOKED;
	add(w, rise, T0 + 2);
	expect_sent(w, 3, "changed", SPEAKS, T0 + 2);
}

static void
a_message_to_edit_stays_where_it_was_posted(void **state)
{
	struct world *w = *state;
	struct queue_sink moved = {.name = "team-slack",
	                           .kind = "slack",
	                           .destination = (char *)OTHER_CHANNEL,
	                           .edits = true};
	const struct queue_sinks sinks = {&moved, 1};
	struct delivery_plan rise = edited(2), edit = edited(3);
	const struct claim_want want = {OTHER_CHANNEL, 1, MINUTE_MS};
	struct claimed got;
	int64_t next;

	posted(w);
	rise.phase = edit.phase = PHASE_REVOKED;
	rise.edits = false; /* as planned for the sink it was before */
	add(w, rise, T0 + 1);
	assert_int_equal(queue_follow(w->db, &sinks, T0 + 2, &w->err), 1);
	assert_int_equal(queue_claim(w->db, &want, T0 + DAY_MS, &got, &next, &w->err), 1);
	assert_string_equal(json_text_at(got.document, "reason"), "changed"); /* not opened anew */
	assert_true(got.speaks);
	assert_null(got.reference);
	settle(w, got.id, SETTLE_SENT, POSTED, T0 + 3);
	claimed_fini(&got);
	edit.destination = OTHER_CHANNEL;
	add(w, edit, T0 + 4);
	assert_int_equal(queue_claim(w->db, &want, T0 + DAY_MS, &got, &next, &w->err), 1);
	assert_false(got.speaks);
	assert_non_null(got.reference);
	claimed_fini(&got);
}

static void
a_mail_goes_on_in_its_thread_at_another_address(void **state)
{
	struct world *w = *state;
	struct queue_sink moved = {.name = "team-mail",
	                           .kind = "email",
	                           .destination = (char *)"email 02",
	                           .edits = false};
	const struct queue_sinks sinks = {&moved, 1};
	struct delivery_plan first = edited(1), rise = edited(2);
	const struct claim_want want = {"email 02", 1, MINUTE_MS};
	struct claimed got;
	int64_t next;
	char id[32];

	first.destination = rise.destination = "email 01";
	first.sink = rise.sink = "team-mail";
	first.sink_kind = rise.sink_kind = "email";
	first.edits = rise.edits = false;
	add(w, first, T0);
	claim(w, "email 01", 1, "opened", SPEAKS, id);
	settle(w, id, SETTLE_SENT, "{\"ids\":[]}", T0);
	rise.severity = SEVERITY_CRITICAL;
	add(w, rise, T0 + 1);
	assert_int_equal(queue_follow(w->db, &sinks, T0 + 2, &w->err), 1);
	assert_int_equal(queue_claim(w->db, &want, T0 + DAY_MS, &got, &next, &w->err), 1);
	assert_true(got.speaks);
	assert_non_null(got.reference);
	claimed_fini(&got);
}

/* ---- reminders ---- */

static struct delivery_plan
reminder(int64_t revision)
{
	struct delivery_plan plan = edited(revision);

	plan.reminder = true;
	return plan;
}

static void
a_reminder_is_said_anew_although_nothing_changed(void **state)
{
	struct world *w = *state;

	posted(w);
	add(w, reminder(2), T0 + 1000);
	expect_sent(w, 2, "reminder", SPEAKS, T0 + 1000);
	assert_int_equal(spoken_at(w, CHANNEL), T0 + 1000);
	add(w, edited(3), T0 + 2000);
	expect_sent(w, 3, "changed", EDITS, T0 + 2000);
}

static void
plain_sinks_and_webhooks_hear_it_too(void **state)
{
	struct world *w = *state;
	struct delivery_plan plan;
	char id[32];

	for (int every = 0; every <= 1; every++) {
		const char *destination = every ? "webhook 01" : "email 01";
		for (int64_t revision = 1; revision <= 2; revision++) {
			plan = revision == 1 ? edited(1) : reminder(2);
			plan.destination = destination;
			plan.edits = false;
			plan.every_revision = every;
			add(w, plan, T0);
			claim(w, destination, revision, revision == 1 ? "opened" : "reminder",
			      SPEAKS, id);
			settle(w, id, SETTLE_SENT, NULL, T0);
		}
	}
}

static void
an_unsent_opened_stays_opened_when_it_is_reminded_of(void **state)
{
	struct world *w = *state;

	add(w, edited(1), T0);
	add(w, reminder(2), T0 + 1);
	expect_sent(w, 2, "opened", SPEAKS, T0 + 2);
	expect_nothing(w, CHANNEL);
}

static void
a_reminder_is_not_lost_in_what_replaces_it(void **state)
{
	struct world *w = *state;
	char id[32];

	posted(w);
	add(w, reminder(2), T0 + 1);
	add(w, edited(3), T0 + 2);
	claim(w, CHANNEL, 3, "reminder", SPEAKS, id);
	add(w, edited(4), T0 + 3); /* while it is under way, and then it fails */
	settle(w, id, SETTLE_RETRY, NULL, T0 + 4);
	expect_sent(w, 4, "reminder", SPEAKS, T0 + 5);
	expect_nothing(w, CHANNEL);
}

static void
a_reminder_that_tells_something_new_is_a_change(void **state)
{
	struct world *w = *state;
	struct delivery_plan due = edited(3), end = edited(5);

	posted(w);
	add(w, reminder(2), T0 + 1);
	due.phase = PHASE_DUE;
	add(w, due, T0 + 2);
	expect_sent(w, 3, "changed", SPEAKS, T0 + 3);
	due = reminder(4);
	due.phase = PHASE_DUE;
	add(w, due, T0 + 4);
	end.phase = PHASE_LIFTED;
	end.resolved = true;
	add(w, end, T0 + 5);
	expect_sent(w, 5, "resolved", SPEAKS, T0 + 6);
}

static int64_t
heard_at(struct world *w, int64_t now_ms)
{
	return queue_heard_at(w->db, "ntf_1", CHANNEL, now_ms, &w->err);
}

static void
when_it_was_last_heard_of_is_known(void **state)
{
	struct world *w = *state;
	struct delivery_plan rise = edited(3);
	char id[32];

	assert_int_equal(heard_at(w, T0), 0);
	add(w, edited(1), T0);
	assert_int_equal(heard_at(w, T0 + 10), T0 + 10); /* it is about to */
	claim(w, CHANNEL, 1, "opened", SPEAKS, id);
	assert_int_equal(heard_at(w, T0 + 20), T0 + 20);
	settle(w, id, SETTLE_SENT, POSTED, T0 + 30);
	assert_int_equal(heard_at(w, T0 + HOUR_MS), T0 + 30);
	add(w, edited(2), T0 + 40); /* an edit is heard by nobody */
	assert_int_equal(heard_at(w, T0 + HOUR_MS), T0 + 30);
	rise.severity = SEVERITY_CRITICAL;
	add(w, rise, T0 + 50);
	assert_int_equal(heard_at(w, T0 + HOUR_MS), T0 + HOUR_MS);
}

static void
what_was_given_up_is_tried_again_in_its_time(void **state)
{
	struct world *w = *state;
	char id[32];

	for (int64_t revision = 1; revision <= 2; revision++) {
		add(w, reminder(revision), T0 + revision);
		claim(w, CHANNEL, revision, "opened", SPEAKS, id);
		settle(w, id, SETTLE_DEAD, NULL, T0 + 100);
	}
	assert_int_equal(heard_at(w, T0 + HOUR_MS), T0 + 2);
}

static void
a_reminder_to_others_stands_in_the_way_of_no_retry(void **state)
{
	struct world *w = *state;
	struct notification n = {.id = "ntf_1", .revision = 1, .news = 1};
	char id[32];

	add(w, edited(1), T0);
	assert_int_equal(notification_add(w->db, "inc_1", "everyone", NULL, &n, &w->err), 0);
	claim(w, CHANNEL, 1, "opened", SPEAKS, id);
	settle(w, id, SETTLE_DEAD, NULL, T0 + 1);
	n.revision = 2; /* it says the same */
	assert_int_equal(notification_set(w->db, &n, &w->err), 0);
	assert_int_equal(queue_retry(w->db, id, T0 + 2, &w->err), 1);
	n.revision = n.news = 3;
	assert_int_equal(notification_set(w->db, &n, &w->err), 0);
	assert_int_equal(queue_retry(w->db, id, T0 + 2, &w->err), 2);
}

/* ---- who has nothing to do any more ---- */

static void
whoever_has_moved_hears_the_end_only(void **state)
{
	struct world *w = *state;
	struct delivery_plan worse = edited(2), back = edited(4), end = edited(6);
	char id[32];

	posted(w);
	worse.phase = PHASE_REVOKED;
	worse.severity = SEVERITY_CRITICAL;
	worse.quiet = true;
	add(w, worse, T0 + 1);
	expect_sent(w, 2, "changed", EDITS, T0 + 1);
	worse.revision = 3;
	worse.edits = false;
	add(w, worse, T0 + 2);
	expect_nothing(w, CHANNEL);
	back.phase = PHASE_REVOKED; /* and is back on it */
	add(w, back, T0 + 3);
	claim(w, CHANNEL, 4, "changed", SPEAKS, id);
	worse.revision = 5; /* while that is under way */
	add(w, worse, T0 + 4);
	settle(w, id, SETTLE_SENT, NULL, T0 + 5);
	expect_nothing(w, CHANNEL);
	end.phase = PHASE_CLEARED;
	end.resolved = end.quiet = true;
	add(w, end, T0 + 6);
	expect_sent(w, 6, "resolved", SPEAKS, T0 + 6);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(every_revision_is_an_edit_and_only_news_is_said_anew),
		WORLD_TEST(a_rise_back_to_what_was_said_is_only_an_edit),
		WORLD_TEST(news_that_waits_is_said_by_the_edit_that_replaces_it),
		WORLD_TEST(a_failed_edit_is_made_up_for),
		WORLD_TEST(without_a_message_to_edit_only_news_is_sent),
		WORLD_TEST(a_message_to_edit_stays_where_it_was_posted),
		WORLD_TEST(a_mail_goes_on_in_its_thread_at_another_address),
		WORLD_TEST(a_reminder_is_said_anew_although_nothing_changed),
		WORLD_TEST(plain_sinks_and_webhooks_hear_it_too),
		WORLD_TEST(an_unsent_opened_stays_opened_when_it_is_reminded_of),
		WORLD_TEST(a_reminder_is_not_lost_in_what_replaces_it),
		WORLD_TEST(a_reminder_that_tells_something_new_is_a_change),
		WORLD_TEST(when_it_was_last_heard_of_is_known),
		WORLD_TEST(what_was_given_up_is_tried_again_in_its_time),
		WORLD_TEST(a_reminder_to_others_stands_in_the_way_of_no_retry),
		WORLD_TEST(whoever_has_moved_hears_the_end_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
