/* Which images are not as the operator wants them. */
#include "tests/unit/model/unit.h"

#include <string.h>

#include "relay/base/mem.h"
#include "relay/model/finding.h"

static char *aws_only[] = {(char *)"aws"};
static char *production[] = {(char *)"production"};
static char *either[] = {(char *)"staging", (char *)"dev"};

static const struct workspace web = {.name = (char *)"web-prod", .organization = (char *)"acme"};

/* An instance's own image, of which nothing is known. */
static const struct usage bare = {.run = (char *)"",
                                  .bucket_key = (char *)"",
                                  .fingerprint = (char *)"",
                                  .external_identifier = (char *)"ami-1",
                                  .basis = USAGE_BY_RESOURCE,
                                  .provider = (char *)"aws",
                                  .type = (char *)"aws_instance",
                                  .address = (char *)"module.eks.aws_instance.node"};

static void
an_image_is_untracked_where_a_bucket_should_know_it(void **state)
{
	struct conf conf = {.untracked_images.providers = {aws_only, 1}}, nobody = {0};
	struct usage usage = bare;

	(void)state;
	assert_true(finding_untracked(&conf, &web, &usage));
	assert_false(finding_untracked(&nobody, &web, &usage));
	usage.provider = (char *)"google";
	assert_false(finding_untracked(&conf, &web, &usage));
	usage.provider = NULL;
	assert_false(finding_untracked(&conf, &web, &usage));
	usage = bare;
	usage.bucket_key = (char *)"o/p/base";
	assert_false(finding_untracked(&conf, &web, &usage));
	usage = bare;
	usage.external_identifier = (char *)"";
	assert_false(finding_untracked(&conf, &web, &usage));
	usage = bare;
	usage.basis = USAGE_BY_DATA;
	assert_false(finding_untracked(&conf, &web, &usage));
}

static void
all_patterns_of_an_ignored_item_must_match(void **state)
{
	char any[] = "*";
	static const struct {
		const char *workspace, *image, *type, *address;
		bool ignored;
	} cases[] = {
		{"*", "*", "*", "module.eks.*", true},
		{"*", "AMI-?", "*", "*", true},
		{"*", "*", "aws_launch_template", "*", false},
		{"*-dev", "*", "aws_instance", "module.eks.*", false},
		{"*-prod", "*", "aws_instance", "module.eks.*", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct conf_ignored items[] = {{any, any, (char *)"never", any},
		                               {(char *)cases[i].workspace, (char *)cases[i].image,
		                                (char *)cases[i].type, (char *)cases[i].address}};
		struct conf conf = {
			.untracked_images = {{aws_only, 1}, {items, COUNT(items)}},
		};

		assert_int_equal(finding_untracked(&conf, &web, &bare), !cases[i].ignored);
	}
}

static void
the_first_policy_that_matches_counts(void **state)
{
	char any[] = "*";
	struct conf_policy items[] = {
		{(char *)"*-prod", (char *)"other", any, {production, 1}},
		{(char *)"*-prod", any, (char *)"base-*", {production, 1}},
		{(char *)"WEB-*", any, any, {either, 2}},
	};
	struct conf conf = {.policy = {items, COUNT(items)}};
	const struct workspace batch = {.name = (char *)"batch"};

	(void)state;
	assert_ptr_equal(finding_policy(&conf, &web, "base-ubuntu"), &items[1]);
	assert_ptr_equal(finding_policy(&conf, &web, "edge"), &items[2]);
	assert_null(finding_policy(&conf, &batch, "base-ubuntu"));
}

static struct usage
of_version(const char *fingerprint, const char *channel, bool pinned)
{
	struct usage usage = bare;

	usage.bucket_key = (char *)"o/p/base";
	usage.fingerprint = (char *)fingerprint;
	usage.channel = (char *)channel;
	usage.pinned = pinned;
	return usage;
}

static const struct conf_policy prod = {.channel = {production, 1}};
static const struct conf_policy staged = {.channel = {either, 2}};

static void
a_channel_is_right_or_wrong_by_its_name(void **state)
{
	const struct history unheard = {0};
	struct usage usage = of_version("f2", "production", false);

	(void)state;
	assert_false(finding_wrong_channel(&prod, &usage, &unheard, NULL));
	assert_true(finding_wrong_channel(&staged, &usage, &unheard, NULL));
	usage.channel = (char *)"dev";
	assert_true(finding_wrong_channel(&prod, &usage, &unheard, NULL));
	assert_false(finding_wrong_channel(&staged, &usage, &unheard, NULL));
	/* Which version is not known, and neither is the channel. */
	usage = of_version("", NULL, false);
	assert_false(finding_wrong_channel(&prod, &usage, &unheard, NULL));
}

/* dev: f3; production: f1, then f2. */
static struct assignment assigned[] = {
	{.channel = (char *)"dev", .at = 50, .fingerprint = (char *)"f3"},
	{.channel = (char *)"production",
         .at = 10,
         .fingerprint = (char *)"f1",
         .previous_version = (char *)"v0"},
	{.channel = (char *)"production", .at = 40, .fingerprint = (char *)"f2"},
};
static const struct history history = {assigned, COUNT(assigned)};

static void
a_pinned_version_will_do_while_the_channel_holds_it(void **state)
{
	const struct history unheard = {0};
	struct usage now = of_version("f2", NULL, true), before = of_version("f1", NULL, true),
		     dev = of_version("f3", NULL, true);

	(void)state;
	assert_false(finding_wrong_channel(&prod, &now, &history, NULL));
	assert_true(finding_wrong_channel(&prod, &before, &history, NULL));
	assert_true(finding_wrong_channel(&prod, &dev, &history, NULL));
	assert_false(finding_wrong_channel(&staged, &dev, &history, NULL));
	assert_true(finding_wrong_channel(&prod, &now, &unheard, NULL));
}

static void
an_id_alone_will_do_unless_the_channel_surely_never_held_it(void **state)
{
	static const struct {
		const char *fingerprint, *version;
		int64_t completed_at;
		bool wrong;
	} cases[] = {
		{"f1", "v1", 5, false},  /* once held */
		{"f2", "v2", 30, false}, /* held now */
		{"f3", "v3", 45, true},  /* on dev only, and production was watched since before */
		{"f3", "v3", 10, true},  {"f3", "v3", 9, false}, /* before production was watched */
		{"f3", "v3", 0, false},  /* nobody knows since when it is there */
		{"f0", "v0", 20, false}, /* what was there before the first that was seen */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct usage usage = of_version(cases[i].fingerprint, NULL, false);
		struct image image = {.fingerprint = (char *)cases[i].fingerprint,
		                      .version = (char *)cases[i].version,
		                      .completed_at = cases[i].completed_at};

		assert_int_equal(finding_wrong_channel(&prod, &usage, &history, &image),
		                 cases[i].wrong);
		assert_false(finding_wrong_channel(&prod, &usage, &history, NULL));
		/* staging was never heard of: it may have held it. */
		assert_false(finding_wrong_channel(&staged, &usage, &history, &image));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_is_untracked_where_a_bucket_should_know_it),
		cmocka_unit_test(all_patterns_of_an_ignored_item_must_match),
		cmocka_unit_test(the_first_policy_that_matches_counts),
		cmocka_unit_test(a_channel_is_right_or_wrong_by_its_name),
		cmocka_unit_test(a_pinned_version_will_do_while_the_channel_holds_it),
		cmocka_unit_test(an_id_alone_will_do_unless_the_channel_surely_never_held_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
