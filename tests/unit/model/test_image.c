#include "tests/unit/model/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/model/image.h"

#define NOW INT64_C(1800000000000)
#define AHEAD (NOW + REVOKE_AHEAD_MS + 1)

static struct image
blank(void)
{
	return (struct image){
		.key = mem_str("o/p/base/f1"),
		.bucket_key = mem_str("o/p/base"),
		.fingerprint = mem_str("f1"),
		.status = IMAGE_INCOMPLETE,
	};
}

static struct event
news(enum version_action action, int64_t at)
{
	return (struct event){
		.type = EVENT_VERSION,
		.at = at,
		.packer = {.action = action,
	                   .version = {.id = "01J", .name = "v3", .fingerprint = "f1"}},
	};
}

static struct event
assignment(int64_t at)
{
	struct event event = news(VERSION_CREATE, at);

	event.type = EVENT_ASSIGN;
	event.packer.actor = "bob@example.com";
	return event;
}

/* Folds at the time of the event, or at NOW. */
static bool
fold(struct image *image, struct event event)
{
	return image_fold(image, &event, event.at != 0 ? event.at : NOW,
	                  event.packer.inherited ? "o/p/parent/f0" : NULL);
}

static void
every_action_leads_to_its_status(void **state)
{
	static const struct {
		enum version_action action;
		const char *says;
		enum image_status status;
		bool changes;
	} cases[] = {
		{VERSION_CREATE, NULL, IMAGE_INCOMPLETE, false},
		{VERSION_CREATE, "VERSION_RUNNING", IMAGE_INCOMPLETE, false},
		{VERSION_CREATE, "VERSION_REVOKED", IMAGE_REVOKED, true},
		{VERSION_COMPLETE, "VERSION_ACTIVE", IMAGE_ACTIVE, true},
		{VERSION_COMPLETE, NULL, IMAGE_ACTIVE, true},
		{VERSION_COMPLETE, "VERSION_REVOKED", IMAGE_REVOKED, true},
		{VERSION_REVOKE, NULL, IMAGE_REVOKED, true},
		{VERSION_REVOKE, "VERSION_REVOKED", IMAGE_REVOKED, true},
		{VERSION_SCHEDULE, "VERSION_REVOCATION_SCHEDULED", IMAGE_SCHEDULED, true},
		{VERSION_CANCEL, "VERSION_ACTIVE", IMAGE_ACTIVE, true},
		{VERSION_RESTORE, "VERSION_ACTIVE", IMAGE_ACTIVE, true},
		{VERSION_DELETE, NULL, IMAGE_DELETED, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct image image = blank();
		struct event event = news(cases[i].action, 1000);

		event.packer.status = cases[i].says;
		assert_int_equal(fold(&image, event), cases[i].changes);
		assert_int_equal(image_shown_status(&image), cases[i].status);
		assert_string_equal(image.version, "v3");
		image_fini(&image);
	}
}

static void
a_revocation_tells_who_when_and_why_until_it_is_lifted(void **state)
{
	struct image image = blank();
	struct event revoke = news(VERSION_REVOKE, 1000);

	(void)state;
	revoke.packer.reason = "CVE-2024-3094";
	revoke.packer.revoke_at = 900;
	revoke.packer.actor = "jane.doe@example.com";
	assert_true(fold(&image, revoke));
	assert_string_equal(image.reason, "CVE-2024-3094");
	assert_string_equal(image.revoked_by, "jane.doe@example.com");
	assert_int_equal(image.revoke_at, 900);
	assert_false(fold(&image, revoke)); /* the same again is no news */
	assert_true(fold(&image, news(VERSION_RESTORE, 2000)));
	assert_null(image.reason);
	assert_null(image.revoked_by);
	assert_int_equal(image.revoke_at, 0);
	assert_false(fold(&image, news(VERSION_CANCEL, 3000)));
	image_fini(&image);
}

static void
who_completed_or_assigned_a_version_did_not_revoke_it(void **state)
{
	struct image completed = blank(), assigned = blank();
	struct event complete = news(VERSION_COMPLETE, 1000), assign = assignment(NOW);

	(void)state;
	complete.packer.status = "VERSION_REVOKED";
	complete.packer.actor = "ci@example.com";
	fold(&completed, complete);
	assert_int_equal(completed.status, IMAGE_REVOKED);
	assert_null(completed.revoked_by);
	assign.packer.revoke_at = AHEAD;
	fold(&assigned, assign);
	assert_int_equal(assigned.status, IMAGE_SCHEDULED);
	assert_null(assigned.revoked_by);
	image_fini(&completed);
	image_fini(&assigned);
}

static void
a_revocation_ahead_is_a_schedule_whatever_the_action_says(void **state)
{
	static const enum version_action actions[] = {VERSION_CREATE, VERSION_COMPLETE,
	                                              VERSION_REVOKE, VERSION_SCHEDULE};

	(void)state;
	for (size_t i = 0; i < COUNT(actions); i++)
		for (int ahead = 0; ahead < 2; ahead++) {
			struct image image = blank();
			struct event event = news(actions[i], NOW);

			event.packer.revoke_at = NOW + REVOKE_AHEAD_MS + ahead;
			event.packer.status = "VERSION_REVOKED";
			fold(&image, event);
			assert_int_equal(image.status, ahead ? IMAGE_SCHEDULED : IMAGE_REVOKED);
			image_fini(&image);
		}
}

static void
a_reschedule_is_a_change(void **state)
{
	struct image image = blank();
	struct event schedule = news(VERSION_SCHEDULE, NOW), assign = assignment(NOW + 5);

	(void)state;
	schedule.packer.revoke_at = AHEAD;
	assert_true(fold(&image, schedule));
	schedule.at++;
	assert_false(fold(&image, schedule));
	schedule.packer.revoke_at += 1000;
	assert_true(fold(&image, schedule));
	assign.packer.revoke_at = AHEAD + 2000;
	assert_true(fold(&image, assign)); /* the webhook of a third schedule was lost */
	assert_int_equal(image.revoke_at, AHEAD + 2000);
	image_fini(&image);
}

static void
older_news_fills_gaps_and_changes_nothing_else(void **state)
{
	struct image image = blank();
	struct event revoke = news(VERSION_REVOKE, 5000), complete = news(VERSION_COMPLETE, 1000);

	(void)state;
	revoke.packer.version.id = NULL;
	revoke.packer.version.name = NULL;
	revoke.packer.reason = "bad";
	fold(&image, revoke);
	complete.packer.created_at = 500;
	complete.packer.artifacts = json_pack("[{s:s}]", "platform", "aws");
	assert_false(fold(&image, complete));
	assert_int_equal(image.status, IMAGE_REVOKED);
	assert_string_equal(image.reason, "bad");
	assert_string_equal(image.version, "v3");
	assert_string_equal(image.id, "01J");
	assert_int_equal(image.created_at, 500);
	assert_int_equal(image.completed_at, 1000);
	assert_int_equal(json_array_size(image.artifacts), 1);
	assert_int_equal(image.as_of, 5000);

	complete.packer.version.id = "another";
	assert_false(fold(&image, complete));
	assert_string_equal(image.id, "01J");
	json_decref(complete.packer.artifacts);
	image_fini(&image);
}

static void
a_name_is_never_taken_back(void **state)
{
	struct image image = blank();
	struct event create = news(VERSION_CREATE, 1000);

	(void)state;
	create.packer.version.name = "v0";
	fold(&image, create);
	assert_string_equal(image.version, "v0");
	fold(&image, news(VERSION_COMPLETE, 2000));
	create.at = 3000;
	fold(&image, create);
	assert_string_equal(image.version, "v3");
	create.packer.version.name = "";
	fold(&image, create);
	assert_string_equal(image.version, "v3");
	image_fini(&image);
}

static void
creation_never_makes_a_version_incomplete_again(void **state)
{
	struct image completed = blank(), assigned = blank();

	(void)state;
	fold(&completed, news(VERSION_COMPLETE, 1000));
	assert_false(fold(&completed,
	                  news(VERSION_CREATE, 1000))); /* the same second, the other way round */
	assert_int_equal(completed.status, IMAGE_ACTIVE);
	fold(&assigned, assignment(2000));
	assert_int_equal(assigned.status, IMAGE_ACTIVE);
	fold(&assigned, news(VERSION_CREATE, 1000));
	assert_int_equal(assigned.status, IMAGE_ACTIVE);
	image_fini(&completed);
	image_fini(&assigned);
}

static void
events_without_a_time_count_in_order_of_arrival(void **state)
{
	struct image image = blank();

	(void)state;
	fold(&image, news(VERSION_REVOKE, 0));
	assert_int_equal(image.status, IMAGE_REVOKED);
	assert_int_equal(image.as_of, NOW);
	fold(&image, news(VERSION_RESTORE, 0));
	assert_int_equal(image.status, IMAGE_ACTIVE);
	assert_false(fold(&image, news(VERSION_REVOKE, NOW - 1)));
	assert_int_equal(image.status, IMAGE_ACTIVE);
	image_fini(&image);
}

static void
an_inherited_revocation_keeps_its_ancestor(void **state)
{
	struct image image = blank();
	struct event revoke = news(VERSION_REVOKE, 1000);

	(void)state;
	assert_true(fold(&image, revoke));
	assert_null(image.inherited_from);
	revoke.packer.inherited = true;
	revoke.at = 1001;
	assert_true(fold(&image, revoke));
	assert_string_equal(image.inherited_from, "o/p/parent/f0");
	/* Its own key as the argument, as callers that pass it on do. */
	assert_false(image_fold(&image, &revoke, NOW, image.inherited_from));
	assert_string_equal(image.inherited_from, "o/p/parent/f0");
	assert_true(fold(&image, news(VERSION_DELETE, 2000)));
	assert_string_equal(image.inherited_from, "o/p/parent/f0");
	assert_false(fold(&image, news(VERSION_DELETE, 2001)));
	assert_true(fold(&image, news(VERSION_RESTORE, 3000)));
	assert_null(image.inherited_from);
	image_fini(&image);
}

static void
deletion_and_revocation_are_told_apart_in_every_order(void **state)
{
	const struct event deleted = news(VERSION_DELETE, 3000);
	const struct event revoked = news(VERSION_REVOKE, 2000);
	struct image image = blank();

	(void)state;
	assert_true(fold(&image, deleted));
	assert_int_equal(image.status, IMAGE_ACTIVE); /* it had a name, so it was complete */
	assert_true(fold(&image, revoked));
	assert_int_equal(image.status, IMAGE_REVOKED);
	assert_int_equal(image_shown_status(&image), IMAGE_DELETED);
	assert_true(image_is_revoked(&image));
	assert_true(fold(&image, news(VERSION_RESTORE, 2500)));
	assert_false(image_is_revoked(&image));
	assert_true(image_is_deleted(&image));
	assert_false(fold(&image, news(VERSION_DELETE, 2900)));
	assert_int_equal(image.deleted_at, 3000);
	/* Built again under the same fingerprint. */
	assert_true(fold(&image, news(VERSION_COMPLETE, 4000)));
	assert_int_equal(image_shown_status(&image), IMAGE_ACTIVE);
	assert_false(fold(&image, deleted));
	image_fini(&image);
}

static void
nobody_ran_what_was_deleted_before_it_was_complete(void **state)
{
	struct image image = blank();
	struct event deleted = news(VERSION_DELETE, 3000);

	(void)state;
	deleted.packer.version.name = "v0";
	assert_true(fold(&image, deleted));
	assert_int_equal(image.status, IMAGE_INCOMPLETE);
	assert_true(image_is_deleted(&image));
	image_fini(&image);
}

static void
an_assignment_tells_only_what_nothing_else_told(void **state)
{
	struct image image = blank();
	struct event assign = assignment(9000);

	(void)state;
	assert_true(fold(&image, assign));
	assert_int_equal(image.status, IMAGE_ACTIVE);
	/* News older than the assignment still counts: it said nothing of the status. */
	assert_true(fold(&image, news(VERSION_REVOKE, 5000)));
	assert_false(fold(&image, assign));
	assert_int_equal(image.status, IMAGE_REVOKED);
	fold(&image, news(VERSION_RESTORE, 6000));
	assign.packer.status = "VERSION_REVOKED";
	assert_false(fold(&image, assign));
	assert_int_equal(image.status, IMAGE_ACTIVE);
	image_fini(&image);
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
assert_same_image(const struct image *a, const struct image *b)
{
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->revoke_at, b->revoke_at);
	assert_int_equal(a->created_at, b->created_at);
	assert_int_equal(a->completed_at, b->completed_at);
	assert_true(same(a->id, b->id));
	assert_true(same(a->version, b->version));
	assert_true(same(a->reason, b->reason));
	assert_true(same(a->revoked_by, b->revoked_by));
	assert_true(same(a->inherited_from, b->inherited_from));
	assert_true(json_equal(a->artifacts, b->artifacts) || a->artifacts == b->artifacts);
}

/* Folds the events in every order; `order` is filled up to `n`. */
static void
permute(const struct event *events, size_t count, size_t *order, size_t n,
        const struct image *expected)
{
	struct image image;

	for (size_t i = 0; n < count && i < count; i++) {
		bool taken = false;

		for (size_t k = 0; k < n; k++)
			taken |= order[k] == i;
		if (taken)
			continue;
		order[n] = i;
		permute(events, count, order, n + 1, expected);
	}
	if (n < count)
		return;
	image = blank();
	for (size_t i = 0; i < count; i++)
		image_fold(&image, &events[order[i]], NOW + (int64_t)i,
		           events[order[i]].packer.inherited ? "o/p/parent/f0" : NULL);
	assert_same_image(&image, expected);
	image_fini(&image);
}

/* A life of a version: every action, some told again, one lost and seen in an assignment only. */
static void
the_same_events_end_in_the_same_state_in_every_order(void **state)
{
	json_t *artifacts = json_pack("[{s:s}]", "platform", "aws");
	struct event life[] = {
		news(VERSION_CREATE, NOW - 9000),
		news(VERSION_COMPLETE, NOW - 8000),
		assignment(NOW - 7000),
		news(VERSION_SCHEDULE, NOW - 6000),
		news(VERSION_CANCEL, NOW - 5000),
		news(VERSION_REVOKE, NOW - 4000),
		news(VERSION_RESTORE, NOW - 3000),
	};

	(void)state;
	life[0].packer.version.name = "v0";
	life[0].packer.created_at = life[1].packer.created_at = NOW - 9000;
	life[1].packer.artifacts = artifacts;
	life[3].packer.revoke_at = NOW + DAY_MS;
	life[3].packer.reason = "old";
	life[5].packer.reason = "CVE";
	life[5].packer.actor = "jane.doe@example.com";
	life[5].packer.inherited = true;
	for (size_t length = 1; length <= COUNT(life); length++) {
		struct image expected = blank();
		size_t order[COUNT(life)];

		for (size_t i = 0; i < length; i++)
			image_fold(&expected, &life[i], NOW,
			           life[i].packer.inherited ? "o/p/parent/f0" : NULL);
		permute(life, length, order, 0, &expected);
		image_fini(&expected);
	}
	json_decref(artifacts);
}

static void
a_schedule_seen_in_an_assignment_only_holds_in_every_order(void **state)
{
	struct event events[] = {news(VERSION_COMPLETE, NOW - 9000),
	                         news(VERSION_CANCEL, NOW - 8000), assignment(NOW - 7000),
	                         assignment(NOW - 6000), news(VERSION_REVOKE, NOW - 10000)};
	struct image expected = blank();
	size_t order[COUNT(events)];

	(void)state;
	events[3].packer.revoke_at = NOW + DAY_MS;
	expected.status = IMAGE_SCHEDULED;
	expected.revoke_at = NOW + DAY_MS;
	expected.completed_at = NOW - 9000;
	expected.version = mem_str("v3");
	expected.id = mem_str("01J");
	permute(events, COUNT(events), order, 0, &expected);
	image_fini(&expected);
}

static void
the_greater_number_is_newer_else_the_later_birth(void **state)
{
	struct image a = {.version = "v10", .created_at = 1},
		     b = {.version = "v9", .created_at = 2};
	struct image odd = {.version = "v9-rc", .completed_at = 5, .created_at = 1},
		     none = {.created_at = 3};

	(void)state;
	assert_true(image_newer(&a, &b));
	assert_false(image_newer(&b, &a));
	assert_false(image_newer(&a, &a));
	assert_true(image_newer(&odd, &a));
	assert_false(image_newer(&a, &odd));
	assert_true(image_newer(&none, &b));
	assert_true(image_newer(&odd, &none));
	a.version = "v99999999999999999999999999";
	assert_true(image_newer(&a, &b));
	a.version = "v";
	assert_false(image_newer(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_action_leads_to_its_status),
		cmocka_unit_test(a_revocation_tells_who_when_and_why_until_it_is_lifted),
		cmocka_unit_test(who_completed_or_assigned_a_version_did_not_revoke_it),
		cmocka_unit_test(a_revocation_ahead_is_a_schedule_whatever_the_action_says),
		cmocka_unit_test(a_reschedule_is_a_change),
		cmocka_unit_test(older_news_fills_gaps_and_changes_nothing_else),
		cmocka_unit_test(a_name_is_never_taken_back),
		cmocka_unit_test(creation_never_makes_a_version_incomplete_again),
		cmocka_unit_test(events_without_a_time_count_in_order_of_arrival),
		cmocka_unit_test(an_inherited_revocation_keeps_its_ancestor),
		cmocka_unit_test(deletion_and_revocation_are_told_apart_in_every_order),
		cmocka_unit_test(nobody_ran_what_was_deleted_before_it_was_complete),
		cmocka_unit_test(an_assignment_tells_only_what_nothing_else_told),
		cmocka_unit_test(the_same_events_end_in_the_same_state_in_every_order),
		cmocka_unit_test(a_schedule_seen_in_an_assignment_only_holds_in_every_order),
		cmocka_unit_test(the_greater_number_is_newer_else_the_later_birth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
