#include "world.h"

static void
images_are_listed_by_bucket(void **state)
{
	struct answer answer = rig_get(rig, "/api/v1/images");
	const json_t *web = json_array_get(must_have(answer.json, "items"), 1);

	(void)state;
	must_say(answer.json, "items.0.bucket", "base-os");
	must_say(answer.json, "items.0.ancestry.children.0", "shop-web");
	must_say(web, "bucket", "shop-web");
	must_say(web, "project_id", "prj-1");
	must_say(web, "ancestry.parents.0", "base-os");
	must_say(web, "channels.0.channel", "production");
	must_say(web, "channels.0.version", "v2");
	must_say(web, "channels.0.assigned_at", "2026-03-01T05:00:00Z");
	assert_int_equal(json_array_size(must_have(web, "channels")), 1);
	must_say(web, "versions.0.version", "v2");
	must_say(web, "versions.0.channels.0", "production");
	must_say(web, "versions.1.version", "v1");
	must_say(web, "versions.1.status", "revoked");
	must_say(web, "versions.1.inherited_from.bucket", "base-os");
	must_say(web, "versions.1.inherited_from.version", "v7");
	must_say(answer.json, "next", NULL);
	answer_fini(&answer);
}

static void
one_bucket_can_be_asked_for(void **state)
{
	struct answer answer = rig_get(rig, "/api/v1/images?bucket=shop-web");

	(void)state;
	assert_int_equal(json_array_size(must_have(answer.json, "items")), 1);
	must_say(answer.json, "items.0.bucket", "shop-web");
	answer_fini(&answer);
}

static void
a_page_of_buckets_leads_to_the_next(void **state)
{
	struct answer answer = rig_get(rig, "/api/v1/images?limit=1");
	char *path = mem_fmt("/api/v1/images?limit=1&after=%s",
	                     json_string_value(must_have(answer.json, "next")));

	(void)state;
	must_say(answer.json, "items.0.bucket", "base-os");
	answer_fini(&answer);
	answer = rig_get(rig, path);
	must_say(answer.json, "items.0.bucket", "shop-web");
	must_say(answer.json, "next", NULL);
	answer_fini(&answer);
	free(path);
}

static void
workspaces_show_what_they_may_run(void **state)
{
	struct answer answer = rig_get(rig, "/api/v1/workspaces?bucket=shop-web");
	const json_t *one = json_array_get(must_have(answer.json, "items"), 0);

	(void)state;
	assert_int_equal(json_array_size(must_have(answer.json, "items")), 2);
	must_say(one, "id", "ws-prod");
	must_say(one, "name", "shop-web-prod");
	must_say(one, "organization", "example-org");
	must_say(one, "team", "shop");
	must_say(one, "url", "https://tf.example.com/app/example-org");
	must_say(one, "usages.0.bucket", "shop-web");
	must_say(one, "usages.0.project_id", "prj-1");
	must_say(one, "usages.0.channel", "production");
	must_say(one, "usages.0.evidence", "rule");
	must_say(one, "usages.0.certainty", "possible");
	must_say(one, "usages.0.version", "v1"); /* what the channel held at the last applied run */
	must_say(one, "usages.0.fingerprint", "fp-web-1");
	must_say(one, "usages.0.external_identifier", NULL);
	must_say(one, "usages.0.seen_at", "2026-03-01T00:00:00Z");
	answer_fini(&answer);
}

static void
workspaces_without_an_image_are_listed_too(void **state)
{
	struct answer answer = rig_get(rig, "/api/v1/workspaces");

	(void)state;
	assert_int_equal(json_array_size(must_have(answer.json, "items")), 4);
	must_say(answer.json, "items.1.name", "lonely");
	must_say(answer.json, "items.1.id", NULL);
	must_say(answer.json, "items.1.team", NULL);
	assert_int_equal(json_array_size(must_have(answer.json, "items.1.usages")), 0);
	answer_fini(&answer);
}

static void
an_image_finds_those_that_may_run_it(void **state)
{
	static const struct {
		const char *image;
		size_t count;
	} rows[] = {
		{"fp-web-1", 2}, /* on production when they were last applied */
		{"fp-web-2", 0}, /* assigned later */
		{"fp-base-7", 0},
		{"fp-nothing", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *path = mem_fmt("/api/v1/workspaces?image=%s", rows[i].image);
		struct answer answer = rig_get(rig, path);

		assert_int_equal(json_array_size(must_have(answer.json, "items")), rows[i].count);
		answer_fini(&answer);
		free(path);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(images_are_listed_by_bucket),
		cmocka_unit_test(one_bucket_can_be_asked_for),
		cmocka_unit_test(a_page_of_buckets_leads_to_the_next),
		cmocka_unit_test(workspaces_show_what_they_may_run),
		cmocka_unit_test(workspaces_without_an_image_are_listed_too),
		cmocka_unit_test(an_image_finds_those_that_may_run_it),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
