#include "world.h"

/* The ids of the items, in order, each behind a space. */
static char *
ids_of(const char *path)
{
	struct answer answer = rig_get(rig, path);
	struct buf ids = {0};
	json_t *item;
	size_t i;

	if (answer.status != 200)
		fail_msg("%d for %s: %s", answer.status, path, answer.body);
	json_array_foreach(must_have(answer.json, "items"), i, item)
		buf_printf(&ids, " %s", json_string_value(json_object_get(item, "id")));
	answer_fini(&answer);
	buf_puts(&ids, "");
	return buf_take(&ids);
}

static void
must_list(const char *path, const char *first, const char *second, const char *third)
{
	char *ids = ids_of(path);
	char *want =
		mem_fmt("%s%s%s%s%s%s", first ? " " : "", first ? first : "", second ? " " : "",
	                second ? second : "", third ? " " : "", third ? third : "");

	if (strcmp(ids, want) != 0)
		fail_msg("%s lists%s, not%s", path, ids, want);
	free(ids);
	free(want);
}

static void
the_newest_comes_first(void **state)
{
	(void)state;
	must_list("/api/v1/incidents", world.closed, world.drift, world.revocation);
}

static void
every_filter_narrows(void **state)
{
	(void)state;
	must_list("/api/v1/incidents?status=open", world.drift, world.revocation, NULL);
	must_list("/api/v1/incidents?status=resolved", world.closed, NULL, NULL);
	must_list("/api/v1/incidents?kind=workspace.drift", world.drift, NULL, NULL);
	must_list("/api/v1/incidents?kind=image.deleted", NULL, NULL, NULL);
	must_list("/api/v1/incidents?bucket=base-os", world.revocation, NULL, NULL);
	must_list("/api/v1/incidents?bucket=shop-web", world.closed, world.revocation, NULL);
	must_list("/api/v1/incidents?workspace=bank-core", world.drift, NULL, NULL);
	must_list("/api/v1/incidents?workspace=ws-test", world.revocation, NULL, NULL);
	must_list("/api/v1/incidents?team=bank", world.drift, NULL, NULL);
	must_list("/api/v1/incidents?team=shop&status=open", world.drift, world.revocation, NULL);
	must_list("/api/v1/incidents?team=nobody", NULL, NULL, NULL);
	must_list("/api/v1/incidents?bucket=%27%20OR%201=1--", NULL, NULL, NULL);
}

static void
pages_follow_their_cursor(void **state)
{
	struct answer answer = rig_get(rig, "/api/v1/incidents?limit=2");
	char *path;

	(void)state;
	assert_int_equal(json_array_size(must_have(answer.json, "items")), 2);
	path = mem_fmt("/api/v1/incidents?limit=2&after=%s",
	               json_string_value(must_have(answer.json, "next")));
	answer_fini(&answer);
	answer = rig_get(rig, path);
	must_say(answer.json, "items.0.id", world.revocation);
	must_say(answer.json, "next", NULL);
	answer_fini(&answer);
	free(path);
}

static void
a_full_last_page_has_no_next(void **state)
{
	struct answer answer = rig_get(rig, "/api/v1/incidents?limit=3");

	(void)state;
	assert_int_equal(json_array_size(must_have(answer.json, "items")), 3);
	must_say(answer.json, "next", NULL);
	answer_fini(&answer);
}

static void
bad_values_are_named(void **state)
{
	static const struct {
		const char *query, *error;
	} rows[] = {
		{"limit=0", "limit must be a number from 1 to 500"},
		{"limit=501", "limit must be a number from 1 to 500"},
		{"limit=", "limit must be a number from 1 to 500"},
		{"limit=5x", "limit must be a number from 1 to 500"},
		{"limit=99999999999999999999", "limit must be a number from 1 to 500"},
		{"status=closed", "status must be one of open, resolved"},
		{"status=", "status has no value"},
		{"bucket", "bucket has no value"},
		{"after=", "after has no value"},
		{"after=nope", "after must be the next of a page of this list"},
		{"after=evt_01KJ0000000000000000000000",
	         "after must be the next of a page of this list"},
		{"status=open&state=open",
	         "\"state\" is none of limit, after, status, kind, bucket, workspace, team"},
		{"st%61tus=open",
	         "\"st%61tus\" is none of limit, after, status, kind, bucket, workspace, team"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *path = mem_fmt("/api/v1/incidents?%s", rows[i].query);
		struct answer answer = rig_get(rig, path);

		assert_int_equal(answer.status, 400);
		must_say(answer.json, "error", rows[i].error);
		answer_fini(&answer);
		free(path);
	}
}

static void
every_list_refuses_what_it_does_not_know(void **state)
{
	static const char *const lists[] = {"incidents",  "images",   "workspaces", "coverage",
	                                    "deliveries", "silences", "events"};
	static const struct {
		const char *query, *error;
	} rows[] = {
		{"foo=bar", "\"foo\" is none of limit, after"},
		{"limit=1&=", "\"\" is none of limit, after"},
		{"after=nope", "after must be the next of a page of this list"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lists) * COUNT(rows); i++) {
		char *path = mem_fmt("/api/v1/%s?%s", lists[i / COUNT(rows)],
		                     rows[i % COUNT(rows)].query);
		struct answer answer = rig_get(rig, path);
		const char *error = json_string_value(must_have(answer.json, "error"));

		assert_int_equal(answer.status, 400);
		if (strstr(error, rows[i % COUNT(rows)].error) != error)
			fail_msg("%s: %s", path, error);
		answer_fini(&answer);
		free(path);
	}
}

static void
an_incident_tells_all(void **state)
{
	char *path = mem_fmt("/api/v1/incidents/%s", world.revocation);
	struct answer answer = rig_get(rig, path);
	const json_t *one = answer.json;

	(void)state;
	assert_int_equal(answer.status, 200);
	must_say(one, "id", world.revocation);
	must_say(one, "kind", "image.revocation");
	must_say(one, "phase", "revoked");
	must_say(one, "status", "open");
	must_say(one, "severity", "critical");
	must_say(one, "opened_at", "2026-03-01T00:00:00Z");
	must_say(one, "resolved_at", NULL);
	must_say(one, "acknowledged", NULL);
	must_say(one, "title", "Image revoked: base-os v7");
	must_say(one, "image.bucket", "base-os");
	must_say(one, "image.organization_id", "org-1");
	must_say(one, "image.version", "v7");
	must_say(one, "image.status", "revoked");
	must_say(one, "image.revoke_at", "2026-03-02T00:00:00Z");
	must_say(one, "image.url", NULL);
	must_say(one, "image.artifacts.0.external_identifier", "ami-0a");
	must_say(one, "image.descendants.0.bucket", "shop-web");
	must_say(one, "image.descendants.0.status", "revoked");
	must_say(one, "image.replacement.version", "v8");
	must_say(one, "image.replacement.fingerprint", "fp-base-8");
	must_say(one, "image.replacement.channel", "production");
	must_count(one, "workspace_counts.affected", 1);
	must_count(one, "workspace_counts.possible", 1);
	must_count(one, "workspace_counts.moved", 1);
	must_count(one, "workspace_counts.gone", 0);
	must_count(one, "workspace_counts.total", 2);
	must_say(one, "workspaces.0.id", "ws-test");
	must_say(one, "workspaces.0.team", "shop");
	must_say(one, "workspaces.0.state", "affected");
	must_say(one, "workspaces.0.certainty", "possible");
	must_say(one, "workspaces.0.evidence", "rule");
	must_say(one, "workspaces.0.bucket", "shop-web");
	assert_true(json_is_true(must_have(one, "workspaces.0.drifted")));
	must_say(one, "workspaces.1.name", "shop-web-prod");
	must_say(one, "timeline.0.what", "revoked by kim@example.com");
	must_say(one, "timeline.0.event", "evt_first");
	must_say(one, "timeline.1.at", "2026-03-01T01:00:00Z");
	must_say(one, "timeline.1.event", NULL);
	must_say(one, "notifications.0.team", "shop");
	must_count(one, "notifications.0.revision", 1);
	answer_fini(&answer);
	free(path);
}

static void
an_incident_of_a_workspace_shows_it_and_what_it_knows_of_the_image(void **state)
{
	char *path = mem_fmt("/api/v1/incidents/%s", world.drift);
	struct answer answer = rig_get(rig, path);

	(void)state;
	must_say(answer.json, "workspaces.0.name", "bank-core");
	must_say(answer.json, "workspaces.0.evidence", NULL);
	must_say(answer.json, "image.bucket", "bank-images");
	must_say(answer.json, "image.version", "v3");
	must_say(answer.json, "image.status", NULL);
	answer_fini(&answer);
	free(path);
	path = mem_fmt("/api/v1/incidents/%s", world.closed);
	answer = rig_get(rig, path);
	must_say(answer.json, "image", NULL);
	assert_int_equal(json_array_size(must_have(answer.json, "workspaces")), 0);
	answer_fini(&answer);
	free(path);
}

static void
the_link_in_a_message_answers_the_same(void **state)
{
	char *link = mem_fmt("/incidents/%s", world.revocation);
	char *path = mem_fmt("/api/v1/incidents/%s", world.revocation);
	struct answer linked = rig_get(rig, link), answer = rig_get(rig, path);

	(void)state;
	assert_int_equal(linked.status, 200);
	assert_true(json_equal(linked.json, answer.json));
	answer_fini(&linked);
	answer_fini(&answer);
	free(link);
	free(path);
}

static void
an_unknown_incident_is_404(void **state)
{
	static const char *const paths[] = {"/api/v1/incidents/inc_nothing",
	                                    "/incidents/inc_nothing"};

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct answer answer = rig_get(rig, paths[i]);

		assert_int_equal(answer.status, 404);
		assert_non_null(json_object_get(answer.json, "error"));
		answer_fini(&answer);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_comes_first),
		cmocka_unit_test(every_filter_narrows),
		cmocka_unit_test(pages_follow_their_cursor),
		cmocka_unit_test(a_full_last_page_has_no_next),
		cmocka_unit_test(bad_values_are_named),
		cmocka_unit_test(every_list_refuses_what_it_does_not_know),
		cmocka_unit_test(an_incident_tells_all),
		cmocka_unit_test(
			an_incident_of_a_workspace_shows_it_and_what_it_knows_of_the_image),
		cmocka_unit_test(the_link_in_a_message_answers_the_same),
		cmocka_unit_test(an_unknown_incident_is_404),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
