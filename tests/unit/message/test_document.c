#include "tests/unit/message/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/document.h"
#include "relay/model/key.h"

#define AT INT64_C(1800000000000) /* 2027-01-15T08:00:00Z */

static struct conf_team team = {.name = "payments", .workspaces = {(char *[]){"fin-*"}, 1}};
static struct conf_runbook runbooks[] = {{"image.*", "https://wiki.example.com/r"},
                                         {"workspace.drift", "ftp://wiki.example.com/"}};
static const struct conf conf = {
	.teams = {&team, 1},
	.links = {.base_url = "https://relay.example.com", .runbooks = {runbooks, COUNT(runbooks)}},
};

static struct incident_row
row(char *name)
{
	return (struct incident_row){
		.workspace_key = "wks_1",
		.bucket_key = "org/prj/base",
		.fingerprint = "f3",
		.version = "v3",
		.channel = "production",
		.workspace_id = "ws-1",
		.name = name,
		.organization = "acme",
		.url = "https://app.example.com/w",
	};
}

/* A revocation with one row, and what a document is made of. */
struct stage {
	struct image image;
	struct incident incident;
	struct incident_row row;
	const struct incident_row *rows[1];
	struct document_facts facts;
	json_t *object;
};

static void
set_stage(struct stage *s)
{
	memset(s, 0, sizeof(*s));
	s->image = (struct image){.key = "org/prj/base/f3",
	                          .bucket_key = "org/prj/base",
	                          .fingerprint = "f3",
	                          .id = "01J",
	                          .version = "v3",
	                          .status = IMAGE_REVOKED,
	                          .revoke_at = AT,
	                          .revoked_by = "jane.doe@example.com",
	                          .reason = "CVE"};
	s->incident = (struct incident){.id = "inc_1",
	                                .key = "image.revocation/org/prj/base/f3",
	                                .phase = PHASE_REVOKED,
	                                .severity = SEVERITY_CRITICAL,
	                                .open = true,
	                                .title = "Image revoked: base v3",
	                                .opened_at = AT,
	                                .updated_at = AT + 250,
	                                .detail = json_object()};
	s->row = row("fin-web");
	s->rows[0] = &s->row;
	s->object = document_image(&s->image, NULL, NULL);
	s->facts = (struct document_facts){.conf = &conf,
	                                   .incident = &s->incident,
	                                   .notification_id = "ntf_1",
	                                   .revision = 2,
	                                   .route = "owners",
	                                   .team = "payments",
	                                   .image = s->object,
	                                   .rows = s->rows,
	                                   .row_count = 1};
}

static void
strike_stage(struct stage *s)
{
	json_decref(s->object);
	json_decref(s->incident.detail);
}

static void
assert_keys(const json_t *object, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (json_object_get(object, keys[i]) == NULL)
			fail_msg("%s is missing", keys[i]);
	assert_int_equal(json_object_size(object), count);
}

static void
assert_text(const json_t *document, const char *path, const char *expected)
{
	if (expected == NULL)
		assert_true(json_is_null(json_at(document, path)));
	else
		assert_string_equal(json_text_at(document, path), expected);
}

static void
every_key_is_there_in_every_kind(void **state)
{
	static const char *const top[] = {
		"schema",  "id",  "revision", "reason",   "route", "team",       "title",
		"summary", "url", "runbook",  "incident", "image", "workspaces", "workspace_counts",
		"drift",   "run", "events",   "truncated"};
	static const char *const incident[] = {
		"id",       "key",       "kind",       "phase",       "status",
		"severity", "opened_at", "updated_at", "resolved_at", "acknowledged"};
	static const char *const image[] = {
		"organization_id", "project_id",     "bucket",      "version",
		"version_id",      "fingerprint",    "status",      "revoke_at",
		"revoked_by",      "reason",         "url",         "channels",
		"artifacts",       "inherited_from", "descendants", "replacement"};
	static const char *const member[] = {"id",     "name",    "organization", "url",
	                                     "team",   "state",   "certainty",    "evidence",
	                                     "bucket", "channel", "version",      "fingerprint",
	                                     "drifted"};
	static const char *const counts[] = {"affected", "possible", "moved", "gone", "total"};
	struct stage s;

	(void)state;
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		json_t *document;

		set_stage(&s);
		s.incident.kind = kind;
		document = document_build(&s.facts);
		assert_keys(document, top, COUNT(top));
		assert_keys(json_at(document, "incident"), incident, COUNT(incident));
		assert_keys(json_at(document, "image"), image, COUNT(image));
		assert_keys(json_at(document, "workspaces.0"), member, COUNT(member));
		assert_keys(json_at(document, "workspace_counts"), counts, COUNT(counts));
		json_decref(document);
		/* And of an incident that has nothing. */
		json_decref(s.incident.detail);
		s.incident.detail = NULL;
		s.facts = (struct document_facts){
			.conf = &conf, .incident = &s.incident, .notification_id = "ntf_1"};
		document = document_build(&s.facts);
		assert_keys(document, top, COUNT(top));
		assert_text(document, "image", NULL);
		assert_text(document, "route", NULL);
		assert_int_equal(json_array_size(json_at(document, "workspaces")), 0);
		assert_int_equal(json_array_size(json_at(document, "events")), 0);
		json_decref(document);
		strike_stage(&s);
	}
}

static void
a_document_says_what_the_facts_say(void **state)
{
	struct stage s;
	json_t *document;

	(void)state;
	set_stage(&s);
	document = document_build(&s.facts);
	assert_text(document, "schema", "driftbell.notification.v1");
	assert_text(document, "id", "ntf_1");
	assert_int_equal(json_int_at(document, "revision", 0), 2);
	assert_text(document, "reason", NULL);
	assert_text(document, "team", "payments");
	assert_text(document, "title", "Image revoked: base v3");
	assert_text(document, "summary",
	            "jane.doe@example.com revoked base v3: CVE. 1 workspace may run it.");
	assert_text(document, "url", "https://relay.example.com/incidents/inc_1");
	assert_text(document, "runbook", "https://wiki.example.com/r");
	assert_text(document, "incident.kind", "image.revocation");
	assert_text(document, "incident.phase", "revoked");
	assert_text(document, "incident.status", "open");
	assert_text(document, "incident.severity", "critical");
	assert_text(document, "incident.opened_at", "2027-01-15T08:00:00Z");
	assert_text(document, "incident.updated_at", "2027-01-15T08:00:00.250Z");
	assert_text(document, "incident.resolved_at", NULL);
	assert_text(document, "image.organization_id", "org");
	assert_text(document, "image.project_id", "prj");
	assert_text(document, "image.bucket", "base");
	assert_text(document, "image.version_id", "01J");
	assert_text(document, "image.status", "revoked");
	assert_text(document, "image.revoke_at", "2027-01-15T08:00:00Z");
	assert_text(document, "workspaces.0.id", "ws-1");
	assert_text(document, "workspaces.0.team", "payments");
	assert_text(document, "workspaces.0.state", "affected");
	assert_text(document, "workspaces.0.certainty", "possible");
	assert_text(document, "workspaces.0.evidence", "rule");
	assert_int_equal(json_int_at(document, "workspace_counts.possible", -1), 1);
	assert_int_equal(json_object_size(json_at(document, "truncated")), 0);
	json_decref(document);
	strike_stage(&s);
}

static void
urls_that_are_not_http_become_null(void **state)
{
	static char *const bad[] = {
		"javascript:alert(1)", "ftp://example.com/", "",
		"example.com",         "https://",           "https://u:p@example.com/"};
	struct stage s;

	(void)state;
	set_stage(&s);
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct conf odd = conf;
		json_t *document;

		odd.links.base_url = bad[i];
		s.facts.conf = &odd;
		s.row.url = bad[i];
		s.incident.kind = KIND_WORKSPACE_DRIFT; /* whose runbook is ftp */
		document = document_build(&s.facts);
		assert_text(document, "workspaces.0.url", NULL);
		assert_text(document, "runbook", NULL);
		assert_text(document, "url", NULL);
		json_decref(document);
	}
	strike_stage(&s);
}

static void
a_row_without_an_image_says_so(void **state)
{
	struct incident_row bare = {.workspace_key = "wks_1",
	                            .bucket_key = "",
	                            .fingerprint = "",
	                            .known = true,
	                            .state = ROW_GONE};
	json_t *out = document_row(&conf, &bare);

	(void)state;
	assert_text(out, "name", NULL);
	assert_text(out, "url", NULL);
	assert_text(out, "team", NULL);
	assert_text(out, "bucket", NULL);
	assert_text(out, "fingerprint", NULL);
	assert_text(out, "evidence", NULL);
	assert_text(out, "state", "gone");
	assert_text(out, "certainty", "known");
	json_decref(out);
}

static void
an_image_tells_what_stands_around_it(void **state)
{
	struct assignment assignments[] = {
		{.channel = "latest", .fingerprint = "f3"},
		{.channel = "production", .fingerprint = "f3"},
		{.channel = "production", .fingerprint = "f4"},
		{.channel = "staging", .fingerprint = NULL},
		{.channel = "testing", .fingerprint = "f1"},
		{.channel = "testing", .fingerprint = "f3"},
	};
	struct history history = {assignments, COUNT(assignments)};
	struct image ancestor = {.bucket_key = "org/prj/root", .version = "v9"};
	struct image child = {.bucket_key = "org/prj/app",
	                      .version = "v1",
	                      .fingerprint = "fc",
	                      .status = IMAGE_REVOKED};
	json_t *replacement = json_pack("{s:s}", "version", "v4");
	struct image_surroundings around = {&history, &ancestor, &child, 1, replacement};
	struct stage s;
	json_t *out;

	(void)state;
	set_stage(&s);
	out = document_image(&s.image, &around, NULL);
	assert_int_equal(json_array_size(json_at(out, "channels")), 2);
	assert_text(out, "channels.0", "latest");
	assert_text(out, "channels.1", "testing");
	assert_text(out, "inherited_from.bucket", "root");
	assert_text(out, "inherited_from.version", "v9");
	assert_text(out, "descendants.0.bucket", "app");
	assert_text(out, "descendants.0.fingerprint", "fc");
	assert_text(out, "descendants.0.status", "revoked");
	assert_text(out, "replacement.version", "v4");
	json_decref(out);
	json_decref(replacement);
	strike_stage(&s);
}

static void
findings_are_there_where_the_kind_has_some_and_are_cut(void **state)
{
	json_t *findings = json_array(), *document;
	struct stage s;

	(void)state;
	set_stage(&s);
	document = document_build(&s.facts);
	assert_null(json_object_get(document, "findings"));
	json_decref(document);
	for (size_t i = 0; i < DOCUMENT_FINDINGS_MAX + 1; i++)
		json_array_append_new(findings, json_object());
	json_object_set_new(s.incident.detail, "findings", findings);
	document = document_build(&s.facts);
	assert_int_equal(json_array_size(json_at(document, "findings")), DOCUMENT_FINDINGS_MAX);
	assert_int_equal(json_int_at(document, "truncated.findings", 0), DOCUMENT_FINDINGS_MAX + 1);
	json_decref(document);
	strike_stage(&s);
}

static void
lists_are_cut_and_truncated_tells_the_full_length(void **state)
{
	struct image *children = mem_array(51, sizeof(*children));
	const struct incident_row **rows = mem_array(101, sizeof(*rows));
	json_t *artifacts = json_array(), *events = json_array(), *cut = json_object(), *document;
	struct image_surroundings around = {.descendants = children, .descendant_count = 51};
	struct stage s;

	(void)state;
	set_stage(&s);
	for (size_t i = 0; i < 51; i++) {
		children[i] = s.image;
		json_array_append_new(artifacts, json_object());
	}
	for (size_t i = 0; i < 101; i++)
		rows[i] = &s.row;
	for (size_t i = 0; i < 20; i++)
		json_array_append_new(events, json_string("evt_1"));
	s.image.artifacts = artifacts;
	json_decref(s.object);
	s.facts.image = s.object = document_image(&s.image, &around, cut);
	s.facts.image_cut = cut;
	s.facts.rows = rows;
	s.facts.row_count = 101;
	s.facts.events = events;
	s.facts.event_count = 21;
	document = document_build(&s.facts);
	assert_int_equal(json_array_size(json_at(document, "workspaces")), 100);
	assert_int_equal(json_array_size(json_at(document, "image.descendants")), 50);
	assert_int_equal(json_array_size(json_at(document, "image.artifacts")), 50);
	assert_int_equal(json_array_size(json_at(document, "events")), 20);
	assert_int_equal(json_int_at(document, "truncated.workspaces", 0), 101);
	assert_int_equal(json_int_at(document, "truncated.descendants", 0), 51);
	assert_int_equal(json_int_at(document, "truncated.artifacts", 0), 51);
	assert_int_equal(json_int_at(document, "truncated.events", 0), 21);
	assert_int_equal(json_int_at(document, "workspace_counts.total", 0), 101);
	assert_non_null(strstr(json_text_at(document, "summary"), "101 workspaces may run it."));
	json_decref(document);

	/* Just full is not cut. */
	s.facts.row_count = 100;
	s.facts.event_count = 20;
	s.facts.image_cut = NULL;
	document = document_build(&s.facts);
	assert_int_equal(json_object_size(json_at(document, "truncated")), 0);
	json_decref(document);
	json_decref(artifacts);
	json_decref(events);
	json_decref(cut);
	free(children);
	free(rows);
	strike_stage(&s);
}

static void
keys_come_apart_as_they_were_joined(void **state)
{
	static const char *const names[][3] = {
		{"org", "prj", "base"}, {"o/r", "p%2Fj", "b%a%25se/"}, {NULL, NULL, "base"}};
	struct bucket_name name;
	char *memory;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		char *key = key_bucket(names[i][0] != NULL ? names[i][0] : "",
		                       names[i][1] != NULL ? names[i][1] : "", names[i][2]);

		name = bucket_name_of(key, &memory);
		if (names[i][0] != NULL) {
			assert_string_equal(name.organization_id, names[i][0]);
			assert_string_equal(name.project_id, names[i][1]);
		} else {
			assert_null(name.organization_id);
			assert_null(name.project_id);
		}
		assert_string_equal(name.bucket, names[i][2]);
		free(memory);
		free(key);
	}
	name = bucket_name_of(NULL, &memory);
	assert_null(name.bucket);
	free(memory);
	name = bucket_name_of("odd%", &memory);
	assert_string_equal(name.organization_id, "odd%");
	assert_null(name.bucket);
	free(memory);
}

static void
set_at(json_t *document, const char *parent, const char *name)
{
	json_t *object = parent[0] != '\0' ? json_at(document, parent) : document;

	assert_non_null(object);
	assert_int_equal(json_object_set_new(object, name, json_string("another")), 0);
}

static bool
digest_changes(const char *parent, const char *name)
{
	char before[SHA256_HEX_SIZE], after[SHA256_HEX_SIZE];
	struct stage s;
	json_t *document, *changed;

	set_stage(&s);
	document = document_build(&s.facts);
	document_digest(document, before);
	changed = json_deep_copy(document);
	set_at(changed, parent, name);
	document_digest(changed, after);
	json_decref(changed);
	json_decref(document);
	strike_stage(&s);
	return strcmp(before, after) != 0;
}

static void
the_digest_ignores_what_changes_although_nothing_was_said(void **state)
{
	static const char *const silent[][2] = {
		{"", "id"},     {"", "revision"},           {"", "reason"},         {"", "route"},
		{"", "events"}, {"incident", "updated_at"}, {"truncated", "events"}};
	static const char *const said[][2] = {{"", "title"},
	                                      {"", "summary"},
	                                      {"", "team"},
	                                      {"", "drift"},
	                                      {"", "run"},
	                                      {"", "image"},
	                                      {"incident", "phase"},
	                                      {"incident", "severity"},
	                                      {"incident", "status"},
	                                      {"incident", "acknowledged"},
	                                      {"image", "revoke_at"},
	                                      {"image", "channels"},
	                                      {"workspaces.0", "state"},
	                                      {"workspaces.0", "drifted"},
	                                      {"workspace_counts", "moved"},
	                                      {"truncated", "descendants"}};

	(void)state;
	for (size_t i = 0; i < COUNT(silent); i++)
		if (digest_changes(silent[i][0], silent[i][1]))
			fail_msg("%s %s changes the digest", silent[i][0], silent[i][1]);
	for (size_t i = 0; i < COUNT(said); i++)
		if (!digest_changes(said[i][0], said[i][1]))
			fail_msg("%s %s does not change the digest", said[i][0], said[i][1]);
}

static void
the_digest_leaves_the_document_alone(void **state)
{
	char digest[SHA256_HEX_SIZE];
	struct stage s;
	json_t *document, *copy;

	(void)state;
	set_stage(&s);
	document = document_build(&s.facts);
	copy = json_deep_copy(document);
	document_digest(document, digest);
	assert_true(json_equal(document, copy));
	assert_int_equal(strlen(digest), SHA256_HEX_SIZE - 1);
	json_decref(document);
	json_decref(copy);
	strike_stage(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_there_in_every_kind),
		cmocka_unit_test(a_document_says_what_the_facts_say),
		cmocka_unit_test(urls_that_are_not_http_become_null),
		cmocka_unit_test(a_row_without_an_image_says_so),
		cmocka_unit_test(an_image_tells_what_stands_around_it),
		cmocka_unit_test(findings_are_there_where_the_kind_has_some_and_are_cut),
		cmocka_unit_test(lists_are_cut_and_truncated_tells_the_full_length),
		cmocka_unit_test(keys_come_apart_as_they_were_joined),
		cmocka_unit_test(the_digest_ignores_what_changes_although_nothing_was_said),
		cmocka_unit_test(the_digest_leaves_the_document_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
