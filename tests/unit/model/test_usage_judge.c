/* What is known of a workspace, against what a rule has it do; times in seconds. */
#include "tests/unit/model/unit.h"

#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/model/usage.h"

#define S(n) ((n)*SECOND_MS)
#define NOW S(1000)

/* v2 on production from 100 on, v3 from 200 on; v3 on canary from 150 on. */
static struct assignment assigned[] = {
	{.channel = "canary", .at = S(150), .fingerprint = "f3", .previous_fingerprint = "f2"},
	{.channel = "production", .at = S(100), .fingerprint = "f2", .previous_fingerprint = "f1"},
	{.channel = "production", .at = S(200), .fingerprint = "f3", .previous_fingerprint = "f2"},
};
static const struct history history = {assigned, COUNT(assigned)};

static struct usage
usage(char *run, char *fingerprint, char *identifier, char *channel)
{
	return (struct usage){
		.run = run,
		.bucket_key = "web",
		.fingerprint = fingerprint,
		.external_identifier = identifier,
		.evidence = run[0] == '\0' ? EVIDENCE_STATE : EVIDENCE_PLAN,
		.certain = true,
		.channel = channel,
		.seen_at = S(110),
	};
}

/* Linked by a rule to production. */
static struct bucket_use
linked(struct usage *usages, size_t count)
{
	return (struct bucket_use){.bucket_key = "web",
	                           .linked = true,
	                           .channel = "production",
	                           .usages = {usages, count}};
}

static struct bucket_use
unlinked(struct usage *usages, size_t count)
{
	return (struct bucket_use){.bucket_key = "web", .usages = {usages, count}};
}

/* The last apply was created at 120 and ended at 130, unless said otherwise. */
static const struct applied applied = {S(120), S(130)}, never;
static const struct exact exact = {.as_of = S(120)}, unread;

static struct image
version(char *fingerprint)
{
	return (struct image){.fingerprint = fingerprint, .completed_at = S(10)};
}

static const char *
words(bool is, const struct usage_found *found)
{
	static char text[64];

	if (!is)
		return "no";
	snprintf(text, sizeof(text), "%s by %s from %s", found->known ? "known" : "may",
	         evidence_names[found->evidence], found->channel != NULL ? found->channel : "any");
	return text;
}

static const char *
judge(const struct bucket_use *use, struct applied run, struct exact known, char *fingerprint)
{
	struct image image = version(fingerprint);
	struct usage_found found;
	bool is = usage_judge(use, &history, run, known, &image, NOW, &found);

	return words(is, &found);
}

static const char *
judge_on(const struct bucket_use *use, const char *channel, char *fingerprint)
{
	struct image image = version(fingerprint);
	struct usage_found found;
	bool is = usage_judge_on(use, channel, &history, applied, exact, &image, NOW, &found);

	return words(is, &found);
}

static void
what_is_known_overrules_the_rule(void **state)
{
	struct usage own = usage("", "f1", "ami-1", "staging");
	struct bucket_use use = linked(&own, 1);

	(void)state;
	assert_string_equal(judge(&use, applied, exact, "f1"), "known by state from staging");
	assert_string_equal(judge(&use, applied, exact, "f2"), "no");
}

static void
that_it_uses_no_image_of_a_bucket_is_known_too(void **state)
{
	struct bucket_use use = linked(NULL, 0);
	struct exact gaps = exact, partial = exact;

	(void)state;
	gaps.gaps = partial.partial = true;
	assert_string_equal(judge(&use, applied, exact, "f2"), "no");
	assert_string_equal(judge(&use, applied, unread, "f2"), "may by rule from production");
	/* An image that no bucket is known to have may be this one's. */
	assert_string_equal(judge(&use, applied, gaps, "f2"), "may by rule from production");
	assert_string_equal(judge(&use, applied, partial, "f2"), "may by rule from production");
	assert_string_equal(judge(&use, applied, gaps, "f3"), "no");
}

static void
a_gap_is_nothing_to_a_bucket_of_which_it_is_known_what_runs(void **state)
{
	struct usage own = usage("", "f1", "ami-1", NULL), planned = usage("run-1", "f1", "", NULL);
	struct bucket_use use = linked(&own, 1), waits = linked(&planned, 1);
	struct exact gaps = exact;

	(void)state;
	gaps.gaps = true;
	assert_string_equal(judge(&use, applied, gaps, "f2"), "no");
	/* What is planned is not what runs. */
	assert_string_equal(judge(&waits, applied, gaps, "f2"), "may by rule from production");
}

static void
after_an_apply_of_which_nothing_was_read_the_rule_counts(void **state)
{
	struct usage own = usage("", "f1", "ami-1", NULL);
	struct bucket_use by_rule = linked(&own, 1), alone = unlinked(&own, 1);
	struct applied later = {S(121), S(130)};

	(void)state;
	assert_string_equal(judge(&by_rule, later, exact, "f1"), "no");
	assert_string_equal(judge(&by_rule, later, exact, "f2"), "may by rule from production");
	/* Without a rule it may still be so. */
	assert_string_equal(judge(&alone, later, exact, "f1"), "may by state from any");
	assert_string_equal(judge(&alone, later, exact, "f2"), "no");
}

static void
runs_are_told_apart_by_the_second(void **state)
{
	struct usage own = usage("", "f1", "ami-1", NULL);
	struct bucket_use use = linked(&own, 1);
	struct applied precise = {S(120) + 913, S(130)};

	(void)state;
	assert_int_equal(exact_with(S(120) + 913), S(120));
	assert_int_equal(exact_before(S(120) + 913), S(120) - 1);
	assert_true(exact_holds(exact, precise));
	assert_string_equal(judge(&use, precise, exact, "f1"), "known by state from any");
	/* Before it was applied, the run's own plan does not tell what that made of it. */
	assert_false(exact_holds((struct exact){.as_of = exact_before(S(120))}, applied));
	assert_false(exact_holds(unread, never));
}

static void
what_is_planned_counts_whatever_else_is_known(void **state)
{
	struct usage planned = usage("run-1", "f3", "ami-3", "canary");
	struct bucket_use use = linked(&planned, 1);

	(void)state;
	assert_string_equal(judge(&use, applied, exact, "f3"), "known by plan from canary");
	assert_string_equal(judge(&use, applied, unread, "f3"), "known by plan from canary");
	assert_string_equal(judge(&use, applied, unread, "f2"), "may by rule from production");
	planned.certain = false;
	assert_string_equal(judge(&use, applied, exact, "f3"), "may by plan from canary");
}

static void
what_a_run_may_have_left_counts_until_the_next_apply(void **state)
{
	struct usage left = usage("", "f3", "ami-3", "canary");
	struct bucket_use use = linked(&left, 1);

	(void)state;
	left.certain = false;
	left.seen_at = S(140);
	assert_string_equal(judge(&use, applied, exact, "f3"), "may by state from canary");
	assert_string_equal(judge(&use, applied, unread, "f3"), "may by state from canary");
	left.seen_at = S(129);
	assert_string_equal(judge(&use, applied, unread, "f3"), "no");
}

static void
the_better_of_two_counts(void **state)
{
	struct usage two[] = {usage("", "f2", "ami-2", "staging"),
	                      usage("run-1", "f2", "ami-2", "canary")};
	struct bucket_use use = linked(two, 2);

	(void)state;
	assert_string_equal(judge(&use, applied, exact, "f2"), "known by state from staging");
	two[0].certain = false;
	assert_string_equal(judge(&use, applied, exact, "f2"), "known by plan from canary");
	two[1].certain = false;
	assert_string_equal(judge(&use, applied, exact, "f2"), "may by state from staging");
}

static void
a_version_that_is_read_while_applying_is_one_its_channel_held(void **state)
{
	struct usage deferred = usage("", "", "", "production");
	struct bucket_use use = unlinked(&deferred, 1);

	(void)state;
	assert_string_equal(judge(&use, applied, exact, "f2"), "may by state from production");
	assert_string_equal(judge(&use, applied, exact, "f1"), "no");
	assert_string_equal(judge(&use, applied, exact, "f3"), "no");
	/* Of one that waits to be applied, since it was planned. */
	deferred = usage("run-1", "", "", "production");
	deferred.seen_at = S(150);
	assert_string_equal(judge(&use, applied, exact, "f2"), "may by plan from production");
	assert_string_equal(judge(&use, applied, exact, "f3"), "may by plan from production");
	assert_string_equal(judge(&use, applied, exact, "f1"), "no");
}

static void
an_image_of_the_bucket_may_be_any_version_whose_artifacts_are_not_known(void **state)
{
	struct usage bare = usage("", "", "ami-9", "production");
	struct bucket_use use = linked(&bare, 1);
	struct image image = version("f3");
	struct usage_found found;

	(void)state;
	assert_string_equal(judge(&use, applied, exact, "f3"), "may by state from production");
	image.artifacts = json_pack("[{s:s}]", "external_identifier", "ami-3");
	assert_false(usage_judge(&use, &history, applied, exact, &image, NOW, &found));
	json_decref(image.artifacts);
	image = version("f3");
	image.status = IMAGE_INCOMPLETE;
	assert_false(usage_judge(&use, &history, applied, exact, &image, NOW, &found));
}

static void
nothing_ties_it_to_the_bucket(void **state)
{
	struct bucket_use use = unlinked(NULL, 0);

	(void)state;
	assert_string_equal(judge(&use, applied, exact, "f2"), "no");
	assert_string_equal(judge(&use, never, unread, "f2"), "no");
}

static void
it_follows_the_channel_of_its_own_usage_before_the_rules(void **state)
{
	struct usage own[] = {usage("", "f3", "ami-3", "canary"), usage("", "f2", "ami-2", NULL)};
	struct bucket_use both = linked(own, 2), unknown = linked(own + 1, 1);
	struct bucket_use any = {.linked = true}, alone = unlinked(own + 1, 1);
	struct applied later = {S(121), S(130)};

	(void)state;
	assert_true(usage_follows(&both, applied, exact, "canary"));
	assert_false(usage_follows(&both, applied, exact, "production"));
	/* From a channel that is not known: the rule's. */
	assert_true(usage_follows(&unknown, applied, exact, "production"));
	assert_false(usage_follows(&unknown, applied, exact, "canary"));
	assert_false(usage_follows(&alone, applied, exact, "production"));
	assert_true(usage_follows(&any, applied, unread, "production"));
	assert_false(usage_follows(&any, applied, unread, "canary"));
	/* What was known before the last apply gives way to the rule. */
	assert_true(usage_follows(&both, later, exact, "production"));
	assert_false(usage_follows(&both, later, exact, "canary"));
}

static void
each_channel_tells_of_what_is_from_it(void **state)
{
	struct usage own[] = {usage("", "f3", "ami-3", "canary"),
	                      usage("", "f2", "ami-2", "production"),
	                      usage("", "f1", "ami-1", NULL)};
	struct bucket_use use = linked(own, 3);

	(void)state;
	assert_string_equal(judge_on(&use, "canary", "f3"), "known by state from canary");
	assert_string_equal(judge_on(&use, "canary", "f2"), "no");
	assert_string_equal(judge_on(&use, "production", "f2"), "known by state from production");
	assert_string_equal(judge_on(&use, "staging", "f2"), "no");
	/* From a channel that is not known: it may be from each. */
	assert_string_equal(judge_on(&use, "canary", "f1"), "known by state from any");
	use = linked(NULL, 0);
	assert_string_equal(judge_on(&use, "canary", "f3"), "no");
}

static bool
was_possible(const struct applied_list *applies, int64_t heard_at, char *fingerprint, int64_t since)
{
	struct image image = version(fingerprint);

	return usage_was_possible(&history, "production", applies, heard_at, &image, since);
}

static void
what_it_may_have_run_since_then_is_what_was_there_before_the_next_apply(void **state)
{
	struct applied runs[] = {{S(20), S(30)}, {S(120), S(130)}, {S(220), S(230)}};
	struct applied_list applies = {runs, COUNT(runs)};

	(void)state;
	/* v2 from 130 to 230. */
	assert_true(was_possible(&applies, 0, "f2", S(140)));
	assert_true(was_possible(&applies, 0, "f2", S(229)));
	assert_false(was_possible(&applies, 0, "f2", S(230)));
	assert_false(was_possible(&applies, 0, "f1", S(130)));
	assert_true(was_possible(&applies, 0, "f1", S(129)));
	/* What the last brought it runs still: it has not moved. */
	assert_false(was_possible(&applies, 0, "f3", S(235)));
}

static void
before_its_first_apply_it_may_have_run_everything_from_when_it_was_heard_of(void **state)
{
	struct applied runs[] = {{S(220), S(230)}};
	struct applied_list one = {runs, 1}, none = {NULL, 0};

	(void)state;
	assert_true(was_possible(&one, S(50), "f1", S(60)));
	assert_false(was_possible(&one, S(50), "f1", S(40)));
	assert_false(was_possible(&one, S(50), "f1", S(230)));
	assert_false(was_possible(&one, 0, "f1", S(60)));
	assert_false(was_possible(&none, S(50), "f1", S(60)));
	/* It was not there yet. */
	assert_false(was_possible(&one, S(5), "f1", S(9)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_known_overrules_the_rule),
		cmocka_unit_test(that_it_uses_no_image_of_a_bucket_is_known_too),
		cmocka_unit_test(a_gap_is_nothing_to_a_bucket_of_which_it_is_known_what_runs),
		cmocka_unit_test(after_an_apply_of_which_nothing_was_read_the_rule_counts),
		cmocka_unit_test(runs_are_told_apart_by_the_second),
		cmocka_unit_test(what_is_planned_counts_whatever_else_is_known),
		cmocka_unit_test(what_a_run_may_have_left_counts_until_the_next_apply),
		cmocka_unit_test(the_better_of_two_counts),
		cmocka_unit_test(a_version_that_is_read_while_applying_is_one_its_channel_held),
		cmocka_unit_test(
			an_image_of_the_bucket_may_be_any_version_whose_artifacts_are_not_known),
		cmocka_unit_test(nothing_ties_it_to_the_bucket),
		cmocka_unit_test(it_follows_the_channel_of_its_own_usage_before_the_rules),
		cmocka_unit_test(each_channel_tells_of_what_is_from_it),
		cmocka_unit_test(
			what_it_may_have_run_since_then_is_what_was_there_before_the_next_apply),
		cmocka_unit_test(
			before_its_first_apply_it_may_have_run_everything_from_when_it_was_heard_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
