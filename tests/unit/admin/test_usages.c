/* Who runs this, and what does this run: by plan and state, by rule, and by both. */
#include "rig.h"

#include "relay/base/buf.h"
#include "relay/model/key.h"
#include "relay/store/artifacts.h"
#include "relay/store/catalog.h"
#include "relay/store/usages.h"

#define T0 INT64_C(1772323200000) /* 2026-03-01T00:00:00Z */

static struct rig *rig;
static char *web;

static void
add_image(struct db *db, const char *fingerprint, const char *version, const char *identifiers[2])
{
	struct image image = {
		.key = key_image(web, fingerprint),
		.bucket_key = web,
		.fingerprint = (char *)fingerprint,
		.version = (char *)version,
		.status = IMAGE_ACTIVE,
		.as_of = T0,
		.completed_at = T0,
		.artifacts = json_pack("[{s:s, s:s}, {s:s, s:s}]", "region", "us-east-1",
	                               "external_identifier", identifiers[0], "region", "eu-west-1",
	                               "external_identifier", identifiers[1]),
	};
	struct err err = {""};

	FILL_OK(catalog_image_put(db, &image, &err));
	for (int i = 0; i < 2; i++)
		assert_int_equal(artifact_put(db, identifiers[i], web, fingerprint, &err), 1);
	json_decref(image.artifacts);
	free(image.key);
}

static void
assign(struct db *db, const char *fingerprint, const char *version, int64_t at)
{
	const struct assignment a = {
		.channel = (char *)"production",
		.at = at,
		.fingerprint = (char *)fingerprint,
		.version = (char *)version,
	};
	struct err err = {""};

	FILL_OK(catalog_assign(db, web, version, &a, &err));
}

struct heard {
	const char *name;
	bool linked;
	int64_t applied_at, exact_as_of; /* 0 = not */
	bool gaps;
	int64_t notified_at, tasked_at, assessed_at;
	int health;
	const char *project, *tags;
};

/* An id that sorts as the name does, which has at most 13 bytes. */
static char *
key_of(const char *name)
{
	struct buf key = {0};

	buf_puts(&key, "wks_");
	for (size_t i = 0; i < strlen(name); i++)
		buf_printf(&key, "%02X", (unsigned)name[i]);
	while (key.len < strlen("wks_") + 26)
		buf_putc(&key, '0');
	return buf_take(&key);
}

static void
add_workspace(struct db *db, const struct heard *heard)
{
	struct workspace workspace = {
		.key = key_of(heard->name),
		.host = (char *)"tf.example.com",
		.id = mem_fmt("ws-%s", heard->name),
		.organization = (char *)"example-org",
		.name = (char *)heard->name,
		.seen_at = T0,
		.first_heard_at = T0,
		.applied = {heard->applied_at, heard->applied_at},
		.exact = {heard->exact_as_of, heard->gaps},
		.notified_at = heard->notified_at,
		.tasked_at = heard->tasked_at,
		.assessed_at = heard->assessed_at,
		.assessment_heard_at = heard->assessed_at,
		.project = (char *)heard->project,
		.tags = (char *)heard->tags,
	};
	struct err err = {""};

	workspace.health = heard->health;
	FILL_OK(catalog_workspace_put(db, &workspace, &err));
	if (heard->linked)
		FILL_OK(catalog_link_add(db, workspace.key, web, "production", T0, &err));
	free(workspace.key);
	free(workspace.id);
}

/* run, bucket, fingerprint, external_identifier, channel */
static void
add_usage(struct db *db, const char *name, const char *const texts[5], enum evidence evidence)
{
	const struct usage usage = {
		.run = (char *)texts[0],
		.bucket_key = (char *)texts[1],
		.fingerprint = (char *)texts[2],
		.external_identifier = (char *)texts[3],
		.evidence = evidence,
		.certain = true,
		.channel = (char *)texts[4],
		.platform = (char *)"aws",
		.region = (char *)"us-east-1",
		.address = (char *)"module.web.aws_instance.web[0]",
		.instances = 3,
		.seen_at = T0 + HOUR_MS,
	};
	char *key = key_of(name);
	struct err err = {""};

	FILL_OK(usages_put(db, key, &usage, &err));
	free(key);
}

#define AZURE "/subscriptions/S/resourceGroups/R/providers/Microsoft.Compute/images/Web"

static void
fill(struct db *db)
{
	static const struct heard all[] = {
		{"by-data", .exact_as_of = T0 + 3 * HOUR_MS, .tags = "[\"team=data\", \"x\"]"},
		{"by-rule", true, T0 + 3 * HOUR_MS, .notified_at = T0, .tasked_at = T0},
		{"by-state", true, T0 + 3 * HOUR_MS, T0 + 3 * HOUR_MS, .notified_at = T0,
	         .assessed_at = T0, .tasked_at = T0, .project = "Payments"},
		{"deferred", .notified_at = T0, .health = HEALTH_ON, .tasked_at = T0},
		{"has-gaps", true, T0 + 3 * HOUR_MS, T0 + 3 * HOUR_MS, true, .notified_at = T0,
	         .assessed_at = T0, .health = HEALTH_OFF, .tasked_at = T0},
		{.name = "idle"},
		{"later-apply", true, T0 + 3 * HOUR_MS, T0 + HOUR_MS, .tasked_at = T0},
		{"no-more", true, T0 + 3 * HOUR_MS, .exact_as_of = T0 + 3 * HOUR_MS},
		{"planning", true, T0 + 3 * HOUR_MS, .notified_at = T0, .assessed_at = T0},
		{"stray", .applied_at = T0 + 3 * HOUR_MS, .exact_as_of = T0 + HOUR_MS},
	};
	const struct bucket bucket = {web = key_bucket("org-1", "prj-1", "web"), (char *)"org-1",
	                              (char *)"prj-1", (char *)"web"};
	struct err err = {""};

	FILL_OK(catalog_bucket_add(db, &bucket, NULL, &err));
	add_image(db, "fp-1", "v1", (const char *[]){"ami-1", "ami-2"});
	add_image(db, "fp-2", "v2", (const char *[]){"ami-3", "ami-4"});
	assign(db, "fp-1", "v1", T0 + 2 * HOUR_MS);
	assign(db, "fp-2", "v2", T0 + 5 * HOUR_MS);
	for (size_t i = 0; i < COUNT(all); i++)
		add_workspace(db, &all[i]);
	add_usage(db, "by-data", (const char *[]){"", web, "fp-1", "", "staging"}, EVIDENCE_STATE);
	add_usage(db, "by-state", (const char *[]){"", web, "fp-1", "ami-1", "production"},
	          EVIDENCE_STATE);
	add_usage(db, "deferred", (const char *[]){"run-8", web, "", "", "production"},
	          EVIDENCE_PLAN);
	add_usage(db, "has-gaps", (const char *[]){"", "", "", "ami-9", NULL}, EVIDENCE_PLAN);
	add_usage(db, "later-apply", (const char *[]){"", web, "fp-2", "ami-3", "production"},
	          EVIDENCE_STATE);
	add_usage(db, "planning", (const char *[]){"run-7", web, "fp-2", "ami-3", "production"},
	          EVIDENCE_PLAN);
	add_usage(db, "stray", (const char *[]){"", "", "", AZURE, NULL}, EVIDENCE_STATE);
	free(web);
}

static int
start(void **state)
{
	(void)state;
	rig = rig_start("127.0.0.1:0", "", fill);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	rig_stop(rig);
	return 0;
}

/* "NAME:EVIDENCE/CERTAINTY/VERSION" of each usage of an answer, or "NAME" of a
 * workspace without any; the caller frees. */
static char *
told(const json_t *answer)
{
	struct buf out = {0};
	const json_t *workspace, *usage;
	size_t i, k;

	json_array_foreach(must_have(answer, "items"), i, workspace)
	{
		const char *name = json_string_value(must_have(workspace, "name"));
		const json_t *usages = must_have(workspace, "usages");

		json_array_foreach(usages, k, usage)
		{
			const char *version = json_string_value(json_object_get(usage, "version"));

			buf_printf(&out, "%s%s:%s/%s/%s", out.len ? " " : "", name,
			           json_string_value(must_have(usage, "evidence")),
			           json_string_value(must_have(usage, "certainty")),
			           version ? version : "-");
		}
		if (json_array_size(usages) == 0)
			buf_printf(&out, "%s%s", out.len ? " " : "", name);
	}
	return buf_take(&out);
}

static void
must_tell(const char *query, const char *expected)
{
	char *path = mem_fmt("/api/v1/workspaces%s", query), *found;
	struct answer answer = rig_get(rig, path);

	assert_int_equal(answer.status, 200);
	found = told(answer.json);
	assert_string_equal(found ? found : "", expected);
	free(found);
	free(path);
	answer_fini(&answer);
}

static void
what_is_known_overrules_the_rule_until_a_later_apply(void **state)
{
	(void)state;
	must_tell("", "by-data:state/known/v1 by-rule:rule/possible/v1 by-state:state/known/v1 "
	              "deferred:plan/possible/v2 has-gaps:rule/possible/v1 has-gaps:plan/known/- "
	              "idle later-apply:rule/possible/v1 no-more planning:plan/known/v2 "
	              "planning:rule/possible/v1 stray:state/possible/-");
}

static void
all_that_is_known_of_a_usage_is_told(void **state)
{
	struct answer answer = rig_get(rig, "/api/v1/workspaces?workspace=ws-by-state");

	(void)state;
	must_say(answer.json, "items.0.project", "Payments");
	must_say(answer.json, "items.0.usages.0.bucket", "web");
	must_say(answer.json, "items.0.usages.0.project_id", "prj-1");
	must_say(answer.json, "items.0.usages.0.channel", "production");
	must_say(answer.json, "items.0.usages.0.fingerprint", "fp-1");
	must_say(answer.json, "items.0.usages.0.external_identifier", "ami-1");
	must_say(answer.json, "items.0.usages.0.platform", "aws");
	must_say(answer.json, "items.0.usages.0.region", "us-east-1");
	must_say(answer.json, "items.0.usages.0.address", "module.web.aws_instance.web[0]");
	must_count(answer.json, "items.0.usages.0.instances", 3);
	must_say(answer.json, "items.0.usages.0.planned_by", NULL);
	must_say(answer.json, "items.0.usages.0.seen_at", "2026-03-01T01:00:00Z");
	must_say(answer.json, "items.0.usages.0.as_of", "2026-03-01T03:00:00Z");
	answer_fini(&answer);
	answer = rig_get(rig, "/api/v1/workspaces?workspace=planning");
	must_say(answer.json, "items.0.usages.0.planned_by", "run-7");
	must_say(answer.json, "items.0.usages.0.as_of", NULL);
	must_say(answer.json, "items.0.usages.1.planned_by", NULL);
	must_say(answer.json, "items.0.usages.1.seen_at", "2026-03-01T00:00:00Z");
	must_say(answer.json, "items.0.usages.1.as_of", "2026-03-01T03:00:00Z");
	answer_fini(&answer);
	answer = rig_get(rig, "/api/v1/workspaces?workspace=stray");
	must_say(answer.json, "items.0.usages.0.bucket", NULL);
	must_say(answer.json, "items.0.usages.0.project_id", NULL);
	must_say(answer.json, "items.0.usages.0.fingerprint", NULL);
	must_say(answer.json, "items.0.usages.0.external_identifier", AZURE);
	answer_fini(&answer);
	answer = rig_get(rig, "/api/v1/workspaces?workspace=by-data");
	must_say(answer.json, "items.0.tags.0", "team=data");
	answer_fini(&answer);
}

static void
an_image_is_asked_for_in_any_of_its_names(void **state)
{
	static const char v1[] =
		"by-data:state/known/v1 by-rule:rule/possible/v1 by-state:state/known/v1 "
		"deferred:plan/possible/v1 has-gaps:rule/possible/v1 later-apply:rule/possible/v1 planning:rule/possible/v1";

	(void)state;
	must_tell("?image=fp-1", v1);
	must_tell("?image=web@v1", v1);
	/* One artifact of it: whoever has another one does not run this. */
	must_tell("?image=ami-1", v1);
	must_tell(
		"?image=ami-2",
		"by-data:state/known/v1 by-rule:rule/possible/v1 "
		"deferred:plan/possible/v1 has-gaps:rule/possible/v1 later-apply:rule/possible/v1 "
		"planning:rule/possible/v1");
	must_tell("?image=ami-3", "deferred:plan/possible/v2 planning:plan/known/v2");
	must_tell("?image=web@v2", "deferred:plan/possible/v2 planning:plan/known/v2");
	must_tell("?image=ami-9", "has-gaps:plan/known/-");
	must_tell(
		"?image=/SUBSCRIPTIONS/s/resourcegroups/R/providers/Microsoft.Compute/images/web/",
		"stray:state/possible/-");
	must_tell("?image=fp-9", "");
	must_tell("?image=web@v9", "");
	must_tell("?image=@", "");
}

static void
filters_must_all_hold(void **state)
{
	(void)state;
	must_tell("?bucket=web&workspace=planning",
	          "planning:plan/known/v2 planning:rule/possible/v1");
	must_tell("?image=fp-1&workspace=example-org/planning", "planning:rule/possible/v1");
	must_tell("?image=fp-1&bucket=web&workspace=by-state", "by-state:state/known/v1");
	must_tell("?image=fp-1&bucket=other", "");
	must_tell("?workspace=other-org/planning", "");
	must_tell("?workspace=idle", "idle");
	must_tell("?workspace=idle&bucket=web", "");
	must_tell("?bucket=web&workspace=has-gaps", "has-gaps:rule/possible/v1");
}

/* Of each page the names, over all pages. */
static char *
paged(const char *what, const char *query, const char *name)
{
	struct buf out = {0};
	char *after = NULL;

	do {
		char *path = mem_fmt("/api/v1/%s?limit=2%s%s%s", what, query,
		                     after ? "&after=" : "", after ? after : "");
		struct answer answer = rig_get(rig, path);
		const json_t *item;
		size_t i;

		assert_int_equal(answer.status, 200);
		json_array_foreach(must_have(answer.json, "items"), i, item)
		{
			buf_printf(&out, "%s%s", out.len ? " " : "",
			           json_string_value(must_have(item, name)));
		}
		free(after);
		after = mem_str(json_string_value(json_object_get(answer.json, "next")));
		answer_fini(&answer);
		free(path);
	} while (after);
	return buf_take(&out);
}

static void
pages_hold_everything_once(void **state)
{
	static const struct {
		const char *what, *query, *name, *found;
	} rows[] = {
		{"workspaces", "", "name",
	         "by-data by-rule by-state deferred has-gaps idle later-apply no-more planning stray"},
		{"workspaces", "&bucket=web", "name",
	         "by-data by-rule by-state deferred has-gaps later-apply planning"},
		{"workspaces", "&image=fp-1", "name",
	         "by-data by-rule by-state deferred has-gaps later-apply planning"},
		{"coverage", "", "workspace.name", "by-data by-rule has-gaps later-apply planning"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *found = paged(rows[i].what, rows[i].query, rows[i].name);

		assert_string_equal(found, rows[i].found);
		free(found);
	}
}

static void
what_lacks_is_told_of_those_with_images(void **state)
{
	static const struct {
		const char *name, *missing;
	} rows[] = {
		{"by-data", "notification assessment run_task"},
		{"by-rule", "assessment"},
		{"has-gaps", "assessment"},
		{"later-apply", "notification assessment"},
		{"planning", "run_task"},
	};
	struct answer answer = rig_get(rig, "/api/v1/coverage");

	(void)state;
	assert_int_equal(json_array_size(must_have(answer.json, "items")), COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const json_t *item = json_array_get(must_have(answer.json, "items"), i), *word;
		struct buf words = {0};
		size_t k;

		must_say(item, "workspace.name", rows[i].name);
		must_say(item, "since", "2026-03-01T00:00:00Z");
		json_array_foreach(must_have(item, "missing"), k, word)
		{
			buf_printf(&words, "%s%s", k ? " " : "", json_string_value(word));
		}
		assert_string_equal(buf_text(&words), rows[i].missing);
		buf_fini(&words);
	}
	answer_fini(&answer);
	answer = rig_get(rig, "/api/v1/coverage?missing=run_task");
	assert_int_equal(json_array_size(must_have(answer.json, "items")), 2);
	answer_fini(&answer);
	answer = rig_get(rig, "/api/v1/coverage?missing=nothing");
	assert_int_equal(answer.status, 400);
	answer_fini(&answer);
}

static void
the_status_counts_what_lacks(void **state)
{
	struct answer answer = rig_get(rig, "/api/v1/status");

	(void)state;
	must_count(answer.json, "coverage.workspaces", 7);
	must_count(answer.json, "coverage.count", 5);
	must_count(answer.json, "coverage.missing.notification", 2);
	must_count(answer.json, "coverage.missing.assessment", 4);
	must_count(answer.json, "coverage.missing.run_task", 2);
	must_say(answer.json, "coverage.items.0.workspace.name", "by-data");
	/* By neither a rule nor a plan or state; no-more has a rule that is overruled. */
	must_count(answer.json, "unmatched.buckets.count", 0);
	must_count(answer.json, "unmatched.workspaces.count", 2);
	answer_fini(&answer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_known_overrules_the_rule_until_a_later_apply),
		cmocka_unit_test(all_that_is_known_of_a_usage_is_told),
		cmocka_unit_test(an_image_is_asked_for_in_any_of_its_names),
		cmocka_unit_test(filters_must_all_hold),
		cmocka_unit_test(pages_hold_everything_once),
		cmocka_unit_test(what_lacks_is_told_of_those_with_images),
		cmocka_unit_test(the_status_counts_what_lacks),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
