#include "tests/unit/model/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/model/rule.h"

static size_t
matches(char *bucket_pattern, char *workspace_pattern, const char *bucket, const char *workspace)
{
	struct conf_rule rule = {.bucket = bucket_pattern, .workspace = workspace_pattern};

	return rule_match(&rule, bucket, workspace);
}

struct pair {
	const char *bucket, *workspace;
	size_t score; /* 1 + the bytes captured from the bucket */
};

static void
check(char *bucket_pattern, char *workspace_pattern, const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t score = matches(bucket_pattern, workspace_pattern, pairs[i].bucket,
		                       pairs[i].workspace);

		if (score != pairs[i].score)
			fail_msg("%s against %s: %zu, not %zu", pairs[i].bucket, pairs[i].workspace,
			         score, pairs[i].score);
	}
}

static void
names_capture_one_or_more_whole_words(void **state)
{
	static const struct pair pairs[] = {
		{"fin-payments-images", "fin-payments-prod", 12},
		{"fin-payments-images", "fin-payments-", 12},
		{"fin-payments-images", "fin-payments-prod-eu-2", 12},
		{"fin-card-auth-images", "fin-card-auth-prod", 13},
		{"fin-payments-images", "fin-payments", 0},
		{"fin-payments-images", "fin-paymentsprod", 0},
		{"fin-payments-images", "fin-pay-prod", 0},
		{"fin-payments-images", "hr-payments-prod", 0},
		{"fin-pay-images", "fin-payments-prod", 0},
		{"fin-payments-image", "fin-payments-prod", 0},
		{"payments-images", "fin-payments-prod", 0},
		{"fin--images", "fin--prod", 0},
		{"-payments-images", "-payments-prod", 0},
		{"fin-payments--images", "fin-payments--prod", 0},
		{"", "fin-payments-prod", 0},
		{"fin-payments-images", "", 0},
		{"-", "-", 0},
		{"---", "---", 0},
	};

	(void)state;
	check("{bu}-{app}-images", "{bu}-{app}-*", pairs, COUNT(pairs));
}

static void
all_splits_are_tried_on_both_sides(void **state)
{
	(void)state;
	/* Only bu=a-b, app=c agrees; then only bu=a, app=b-c. */
	assert_int_equal(matches("{bu}-{app}-images", "{app}-of-{bu}", "a-b-c-images", "c-of-a-b"),
	                 5);
	assert_int_equal(matches("{bu}-{app}-images", "{app}-of-{bu}", "a-b-c-images", "b-c-of-a"),
	                 5);
	assert_int_equal(matches("{bu}-{app}-images", "{app}-of-{bu}", "a-b-c-images", "a-b-of-c"),
	                 0);
	/* A name may stand twice on one side. */
	assert_int_equal(matches("{x}-{x}", "{x}", "ab-cd-ab-cd", "ab-cd"), 6);
	assert_int_equal(matches("{x}-{x}", "{x}", "ab-cd-ab-ce", "ab-cd"), 0);
	/* And the words of a bound one end where words end. */
	assert_int_equal(matches("{x}-images", "{x}*", "pay-images", "payments"), 0);
	assert_int_equal(matches("{x}-images", "*-{x}", "pay-images", "repay"), 0);
	assert_int_equal(matches("{x}-images", "*{x}", "pay-images", "repay"), 0);
	assert_int_equal(matches("{x}-images", "*{x}", "pay-images", "re-pay"), 4);
}

static void
case_does_not_matter(void **state)
{
	(void)state;
	assert_int_equal(matches("{BU}-Images", "{BU}-*", "Fin-IMAGES", "fIN-prod"), 4);
	assert_int_equal(matches("BASE-*", "APP", "base-x", "app"), 1);
	/* Names of captures are as they are written. */
	assert_int_equal(matches("{BU}-images", "{bu}-x", "fin-images", "hr-x"), 4);
}

static void
stars_and_question_marks_take_any_text(void **state)
{
	(void)state;
	assert_int_equal(matches("*", "*", "", ""), 1);
	assert_int_equal(matches("*", "*", "any", "thing"), 1);
	assert_int_equal(matches("", "", "", ""), 1);
	assert_int_equal(matches("", "*", "a", "b"), 0);
	assert_int_equal(matches("base-??", "*-prod", "base-22", "web-prod"), 1);
	assert_int_equal(matches("base-??", "*-prod", "base-2", "web-prod"), 0);
	assert_int_equal(matches("base-??", "*-prod", "base-222", "web-prod"), 0);
	assert_int_equal(matches("?", "*", "", "x"), 0);
	assert_int_equal(matches("**-x", "***", "a-x", ""), 1);
	assert_int_equal(matches("img{n}x", "{n}", "img7x", "7"), 2);
}

static void
names_on_one_side_only_bind_nothing(void **state)
{
	(void)state;
	assert_int_equal(matches("{os}-base", "web-{env}", "ubuntu-22-base", "web-prod"), 10);
	assert_int_equal(matches("golden", "{app}-{env}", "golden", "web-prod"), 1);
	assert_int_equal(matches("golden", "{app}-{env}", "golden", "web"), 0);
	assert_int_equal(
		matches("{app}-images", "{app}-{env}-{region}", "web-images", "web-prod-eu"), 4);
	assert_int_equal(matches("{app}-images", "{app}-{env}-{region}", "web-images", "web-prod"),
	                 0);
}

static void
longer_captures_score_higher(void **state)
{
	(void)state;
	assert_true(matches("{app}-images", "{app}-*", "fin-payments-images", "fin-payments-prod") >
	            matches("{app}-images", "{app}-*", "fin-images", "fin-payments-prod"));
	assert_int_equal(matches("{app}-a", "{app}-*", "web-a", "web-x"),
	                 matches("{app}-b*", "{app}-*", "web-b2", "web-x"));
}

static void
of_several_splits_the_longest_counts(void **state)
{
	(void)state;
	/* a=p, b=rrrrr-s captures more than a=p-q, b=s. */
	assert_int_equal(matches("{a}-*-{b}", "*", "p-q-rrrrr-s", "w"), 9);
	/* But only where the workspace agrees. */
	assert_int_equal(matches("{a}-*-{b}", "{b}-w", "p-q-rrrrr-s", "s-w"), 1 + 3 + 1);
	assert_int_equal(matches("*{a}", "{a}-*", "x-y-z", "y-z-1"), 4);
	assert_int_equal(matches("*{a}", "{a}-*", "x-y-z", "z-1"), 2);
}

static void
hostile_pairs_end_fast(void **state)
{
	static char *const patterns[][2] = {
		{"{a}-{b}-{c}-{d}-{e}-{f}-{g}-{h}", "{h}-{g}-{f}-{e}-{d}-{c}-{b}-{a}-x"},
		{"*a*a*a*a*a*a*a*a*a*a*a*b", "*"},
		{"{a}*{b}*{c}*{d}*{e}*{f}*{g}*{h}", "{h}*{g}*{f}*{e}*{d}*{c}*{b}*{a}x"},
		{"*", "*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*!"},
	};
	static const size_t lengths[] = {90, 256, 257, 4096, 1 << 20};
	char *stars = mem_alloc(100001), *name = mem_alloc((1 << 20) + 1);
	int64_t start = clock_mono_ms();

	(void)state;
	memset(stars, '*', 100000);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		for (size_t k = 0; k < lengths[i]; k++)
			name[k] = k % 2 == 0 ? 'a' : '-';
		name[lengths[i]] = '\0';
		for (size_t k = 0; k < COUNT(patterns); k++)
			assert_int_equal(matches(patterns[k][0], patterns[k][1], name, name), 0);
		assert_int_equal(matches(stars, stars, name, name), lengths[i] <= 256 ? 1 : 0);
		memset(name, 'a', lengths[i]);
		for (size_t k = 0; k < COUNT(patterns); k++)
			assert_int_equal(matches(patterns[k][0], patterns[k][1], name, name), 0);
	}
	/* Seconds where it is slow under a sanitizer; without bounds it would be hours. */
	assert_true(clock_mono_ms() - start < 20000);
	free(stars);
	free(name);
}

static void
a_ninth_name_or_an_open_brace_matches_nothing(void **state)
{
	(void)state;
	assert_int_equal(
		matches("{a}-{b}-{c}-{d}-{e}-{f}-{g}-{h}-{i}", "*", "1-2-3-4-5-6-7-8-9", "w"), 0);
	assert_int_equal(matches("{a}-{b}-{c}-{d}-{e}-{f}-{g}-{h}", "*", "1-2-3-4-5-6-7-8", "w"),
	                 9);
	assert_int_equal(matches("{a", "*", "1", "w"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_capture_one_or_more_whole_words),
		cmocka_unit_test(all_splits_are_tried_on_both_sides),
		cmocka_unit_test(case_does_not_matter),
		cmocka_unit_test(stars_and_question_marks_take_any_text),
		cmocka_unit_test(names_on_one_side_only_bind_nothing),
		cmocka_unit_test(longer_captures_score_higher),
		cmocka_unit_test(of_several_splits_the_longest_counts),
		cmocka_unit_test(hostile_pairs_end_fast),
		cmocka_unit_test(a_ninth_name_or_an_open_brace_matches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
