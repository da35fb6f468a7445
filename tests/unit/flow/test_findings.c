/*
 * Untracked images and wrong channels, from readings to incidents: opened by what a
 * plan or a state shows, changed by another image, closed by what shows it no more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/findings.h"
#include "relay/flow/plan_reading.h"
#include "relay/flow/plan_run_end.h"
#include "relay/message/words_finding_task.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"
#include "relay/store/usages.h"

#define BUCKET "o/p/base"

static const char rules[] = "policy:\n- {workspace: '*-prod', channel: production}\n"
			    "untracked_images:\n  providers: [aws]\n"
			    "  ignore: [{type: aws_launch_template}]\n";

struct world {
	char folder[32];
	struct db *db;
	struct conf *conf;
	int64_t now_ms;
};

static struct conf *
conf_of(const char *text)
{
	static const char *const words[] = {"image.revocation", NULL};
	static const struct key_kind *const none[] = {NULL};
	const struct conf_kinds kinds = {none, none, words};
	struct buf report = {0};
	struct conf *conf;

	if (conf_parse(&conf, "/c.yaml", text, strlen(text), &kinds, &report) != 0)
		fail_msg("%s", buf_text(&report));
	buf_fini(&report);
	return conf;
}

static struct plan
plan_of(const struct world *w)
{
	return (struct plan){.db = w->db,
	                     .conf = w->conf,
	                     .source = "terraform",
	                     .received_at = w->now_ms,
	                     .now_ms = w->now_ms};
}

static int
make_world(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));
	struct workspace workspace = {.key = (char *)"wks_1",
	                              .host = (char *)"app.terraform.io",
	                              .id = (char *)"ws-1",
	                              .organization = (char *)"acme",
	                              .name = (char *)"web-prod"};
	struct bucket bucket = {(char *)BUCKET, (char *)"o", (char *)"p", (char *)"base"};
	struct err err = {""};
	char *url;

	snprintf(w->folder, sizeof(w->folder), "/tmp/find-test-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	url = mem_fmt("sqlite:%s/store.db", w->folder);
	assert_int_equal(db_open(&w->db, url, DB_WRITE, &err), 0);
	free(url);
	w->conf = conf_of(rules);
	w->now_ms = 1000;
	assert_int_equal(db_begin(w->db, &err), 0);
	assert_int_equal(catalog_workspace_put(w->db, &workspace, &err), 0);
	assert_int_equal(catalog_bucket_add(w->db, &bucket, NULL, &err), 1);
	*state = w;
	return 0;
}

static int
end_world(void **state)
{
	struct world *w = *state;
	char *command = mem_fmt("rm -r %s", w->folder);
	struct err err = {""};

	assert_int_equal(db_commit(w->db, &err), 0);
	db_close(w->db);
	conf_release(w->conf);
	assert_int_equal(system(command), 0);
	free(command);
	free(w);
	return 0;
}

/* ---- what happens ---- */

/* It is known to have been read: the run's end says something. */
static void
settle_reading(struct world *w, const struct owed_reading *owed)
{
	struct owed_reading claimed;
	int64_t next_at;
	struct err err = {""};

	assert_int_equal(readings_owe(w->db, owed, w->now_ms, w->now_ms, &err), 0);
	assert_int_equal(
		readings_claim(w->db, owed->kind, 1, 1, w->now_ms, &claimed, &next_at, &err), 1);
	assert_int_equal(readings_done(w->db, claimed.id, READING_READ, &err), 0);
	owed_reading_fini(&claimed);
}

/* A plan of this run, or with NULL a state, whose reading has these uses. */
static void
reads(struct world *w, const char *run, const char *uses)
{
	char *text = mem_fmt("{\"format\": \"%s\", \"uses\": [%s]}", run != NULL ? "plan" : "state",
	                     uses);
	struct owed_reading owed = {
		.kind = run != NULL ? READING_PLAN : READING_STATE,
		.subject = (char *)(run != NULL ? run : "state"),
		.source = (char *)"terraform",
		.workspace_key = (char *)"wks_1",
		.run_id = (char *)run,
		.run_created_at = w->now_ms,
		.until_at = INT64_MAX,
	};
	struct plan plan = plan_of(w);
	struct reading reading;
	struct err err = {""};

	w->now_ms += 1000;
	if (run != NULL)
		settle_reading(w, &owed);
	assert_int_equal(reading_take(json_loads(text, 0, NULL), &reading, &err), 0);
	if (plan_reading(&plan, &owed, &reading, &err) != 0)
		fail_msg("%s", err.text);
	reading_fini(&reading);
	free(text);
}

static void
workspace_of(struct world *w, struct workspace *workspace)
{
	struct err err = {""};

	assert_int_equal(catalog_workspace(w->db, "wks_1", workspace, &err), 1);
}

static void
ends(struct world *w, const char *run_id, const char *status)
{
	struct run run = {
		.id = (char *)run_id, .status = (char *)status, .updated_at = w->now_ms + 500};
	struct plan plan = plan_of(w);
	struct workspace workspace;
	struct err err = {""};

	w->now_ms += 1000;
	workspace_of(w, &workspace);
	assert_int_equal(plan_run_ended(&plan, &workspace, &run, w->now_ms, &err), 1);
	assert_int_equal(catalog_workspace_put(w->db, &workspace, &err), 0);
	assert_int_equal(refresh_about(&plan, &workspace, &err), 0);
	workspace_fini(&workspace);
}

/* What of it is said: "-" nothing was ever; else the summary, with "closed: " before
 * that of a closed one. */
static void
assert_said(struct world *w, const char *kind, const char *said)
{
	char *key = mem_fmt("%s/wks_1", kind), *shown;
	struct incident incident;
	struct err err = {""};
	int found = incidents_last(w->db, key, &incident, &err);
	const json_t *findings = json_object_get(incident.detail, "findings");
	struct buf list = {0};

	assert_true(found >= 0);
	for (size_t i = 0; i < json_array_size(findings); i++) {
		const json_t *f = json_array_get(findings, i);
		const char *channel = json_filled_at(f, "channel");

		buf_printf(&list, "%s%s%s%s%s", i > 0 ? ", " : "",
		           json_filled_at(f, "external_identifier"), channel != NULL ? " of " : "",
		           channel != NULL ? channel : "",
		           json_filled_at(f, "planned_by") != NULL ? " planned" : "");
	}
	shown = found == 0 ? mem_str("-")
	                   : mem_fmt("%s%s", incident.open ? "" : "closed", buf_text(&list));
	assert_string_equal(shown, said);
	if (found == 1)
		assert_int_equal(incident.severity, SEVERITY_WARNING);
	buf_fini(&list);
	incident_fini(&incident);
	free(shown);
	free(key);
}

#define UNTRACKED "workspace.untracked_image"
#define CHANNEL "workspace.wrong_channel"

#define BARE(when, ami)                                                                         \
	"{\"when\": \"" when "\", \"by\": \"resource\", \"external_identifier\": \"" ami "\", " \
	"\"provider\": \"aws\", \"type\": \"aws_instance\", \"address\": \"aws_instance.a\"}"
#define OF(when, ami, fp, channel)                                                              \
	"{\"when\": \"" when "\", \"by\": \"resource\", \"external_identifier\": \"" ami "\", " \
	"\"provider\": \"aws\", \"type\": \"aws_instance\", \"address\": \"aws_instance.b\", "  \
	"\"bucket\": \"base\", \"organization_id\": \"o\", \"project_id\": \"p\", "             \
	"\"version\": \"v\", \"fingerprint\": \"" fp "\", \"channel\": " channel "}"

/* ---- stories ---- */

static void
a_plan_opens_it_another_image_changes_it_and_the_next_plan_closes_it(void **state)
{
	struct world *w = *state;

	reads(w, "run-1", OF("planned", "ami-9", "f9", "\"production\""));
	assert_said(w, UNTRACKED, "-");
	reads(w, "run-2", BARE("planned", "ami-1"));
	assert_said(w, UNTRACKED, "ami-1 planned");
	ends(w, "run-2", "applied");
	assert_said(w, UNTRACKED, "ami-1");
	reads(w, "run-3",
	      BARE("now", "ami-1") ", " BARE("planned", "ami-1") ", " BARE("planned", "ami-2"));
	assert_said(w, UNTRACKED, "ami-1, ami-2 planned");
	/* The old one runs until this one is applied. */
	reads(w, "run-4", BARE("now", "ami-1") ", " OF("planned", "ami-9", "f9", "\"production\""));
	assert_said(w, UNTRACKED, "ami-1");
	ends(w, "run-4", "applied");
	assert_said(w, UNTRACKED, "closed");
	assert_said(w, CHANNEL, "-");
}

static void
what_a_discarded_run_planned_is_forgotten(void **state)
{
	struct world *w = *state;

	reads(w, "run-1", BARE("planned", "ami-1") ", " OF("planned", "ami-2", "f2", "\"dev\""));
	assert_said(w, UNTRACKED, "ami-1 planned");
	assert_said(w, CHANNEL, "ami-2 of dev planned");
	ends(w, "run-1", "discarded");
	assert_said(w, UNTRACKED, "closed");
	assert_said(w, CHANNEL, "closed");
}

static void
a_state_opens_changes_and_closes_a_wrong_channel(void **state)
{
	struct world *w = *state;

	reads(w, NULL, OF("now", "ami-2", "f2", "\"dev\""));
	assert_said(w, CHANNEL, "ami-2 of dev");
	reads(w, NULL,
	      OF("now", "ami-2", "f2", "\"dev\"") ", " OF("now", "ami-3", "f3", "\"edge\""));
	assert_said(w, CHANNEL, "ami-2 of dev, ami-3 of edge");
	reads(w, NULL, OF("now", "ami-9", "f9", "\"production\""));
	assert_said(w, CHANNEL, "closed");
}

static void
a_reload_judges_by_the_new_rules(void **state)
{
	struct world *w = *state;
	static const char *const texts[] = {
		"policy: [{workspace: web-prod, bucket: base, channel: [production, dev]}]\n"
		"untracked_images: {providers: [google]}\n",
		rules, "baseline: 0\n"};
	static const char *const said[][2] = {
		{"closed", "closed"}, {"ami-1", "ami-2 of dev"}, {"closed", "closed"}};
	char after[ID_SIZE];
	struct err err = {""};

	reads(w, NULL, BARE("now", "ami-1") ", " OF("now", "ami-2", "f2", "\"dev\""));
	assert_said(w, UNTRACKED, "ami-1");
	assert_said(w, CHANNEL, "ami-2 of dev");
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct conf *conf = conf_of(texts[i]);
		struct plan_desk *desk = plan_desk_new(conf);

		after[0] = '\0';
		assert_int_equal(plan_relink(desk, w->db, after, 10, w->now_ms, &err), 0);
		plan_desk_free(desk);
		conf_release(conf);
		assert_said(w, UNTRACKED, said[i][0]);
		assert_said(w, CHANNEL, said[i][1]);
	}
}

static void
artifacts_that_are_learnt_later_make_it_known(void **state)
{
	struct world *w = *state;
	struct plan plan = plan_of(w);
	struct image image = {.key = (char *)BUCKET "/f1",
	                      .bucket_key = (char *)BUCKET,
	                      .fingerprint = (char *)"f1",
	                      .version = (char *)"v1",
	                      .artifacts = json_pack("[{s:s}]", "external_identifier", "ami-1")};
	struct err err = {""};

	reads(w, NULL, BARE("now", "ami-1"));
	assert_said(w, UNTRACKED, "ami-1");
	assert_int_equal(catalog_image_put(w->db, &image, &err), 0);
	assert_int_equal(plan_resolve(&plan, &image, &err), 0);
	assert_said(w, UNTRACKED, "closed");
	json_decref(image.artifacts);
}

static void
a_workspace_that_is_gone_has_none(void **state)
{
	struct world *w = *state;
	struct plan plan = plan_of(w);
	struct workspace workspace;
	struct err err = {""};

	reads(w, NULL, BARE("now", "ami-1") ", " OF("now", "ami-2", "f2", "\"dev\""));
	workspace_of(w, &workspace);
	workspace.gone_at = w->now_ms;
	assert_int_equal(catalog_workspace_put(w->db, &workspace, &err), 0);
	assert_int_equal(refresh_about(&plan, &workspace, &err), 0);
	workspace_fini(&workspace);
	assert_said(w, UNTRACKED, "closed");
	assert_said(w, CHANNEL, "closed");
}

static void
assigns(struct world *w, const char *fingerprint)
{
	struct assignment a = {.channel = (char *)"production",
	                       .at = w->now_ms,
	                       .fingerprint = (char *)fingerprint,
	                       .version = (char *)fingerprint};
	struct plan plan = plan_of(w);
	struct err err = {""};

	assert_int_equal(catalog_assign(w->db, BUCKET, fingerprint, &a, &err), 0);
	assert_int_equal(refresh_findings_of_bucket(&plan, BUCKET, &err), 0);
	w->now_ms += 1000;
}

static void
a_pinned_version_is_wrong_once_its_channel_has_moved_on(void **state)
{
	struct world *w = *state;

	reads(w, NULL, OF("now", "ami-2", "f2", "null"));
	assert_said(w, CHANNEL, "ami-2");
	assigns(w, "f2");
	assert_said(w, CHANNEL, "closed");
	assigns(w, "f3");
	assert_said(w, CHANNEL, "ami-2");
	/* The same version, now from the channel. */
	reads(w, NULL, OF("now", "ami-2", "f2", "\"production\""));
	assert_said(w, CHANNEL, "closed");
	reads(w, NULL, OF("now", "ami-2", "f2", "null"));
	assert_said(w, CHANNEL, "ami-2");
}

static void
what_is_ignored_or_elsewhere_is_not_found(void **state)
{
	struct world *w = *state;

	reads(w, NULL,
	      "{\"when\": \"now\", \"by\": \"resource\", \"external_identifier\": \"ami-1\", "
	      "\"provider\": \"aws\", \"type\": \"aws_launch_template\"}, "
	      "{\"when\": \"now\", \"by\": \"resource\", \"external_identifier\": \"img\", "
	      "\"provider\": \"google\", \"type\": \"google_compute_instance\"}");
	assert_said(w, UNTRACKED, "-");
}

static void
a_run_task_gets_them_as_outcomes(void **state)
{
	struct world *w = *state;
	struct plan plan = plan_of(w);
	struct workspace workspace;
	struct usage_list usages;
	struct findings found;
	json_t *outcomes = json_array();
	struct err err = {""};

	reads(w, "run-1",
	      BARE("planned", "ami-1") ", " OF("planned", "ami-2", "f2", "\"dev\"") ", " OF(
		      "planned", "ami-3", "f3", "\"edge\""));
	workspace_of(w, &workspace);
	assert_int_equal(usages_of(w->db, "wks_1", &usages, &err), 0);
	assert_int_equal(findings_of(&plan, &workspace, &usages, &found, &err), 0);
	words_finding_outcomes(found.untracked, found.wrong_channel, outcomes);
	assert_int_equal(json_array_size(outcomes), 2);
	assert_string_equal(json_text_at(outcomes, "0.id"), "wrong-channel");
	assert_string_equal(json_text_at(outcomes, "0.status"), "Wrong channel");
	assert_string_equal(json_text_at(outcomes, "0.level"), "warning");
	assert_string_equal(json_text_at(outcomes, "0.description"),
	                    "2 images are not from a channel that the policy takes");
	assert_string_equal(json_text_at(outcomes, "0.body"),
	                    "- `base` `v` from channel `dev` instead of `production`: "
	                    "`aws_instance.b`\n"
	                    "- `base` `v` from channel `edge` instead of `production`: "
	                    "`aws_instance.b`\n");
	assert_string_equal(json_text_at(outcomes, "1.description"),
	                    "1 image is known by no bucket");
	assert_string_equal(json_text_at(outcomes, "1.body"), "- `ami-1`: `aws_instance.a`\n");
	json_decref(outcomes);
	findings_fini(&found);
	usage_list_fini(&usages);
	workspace_fini(&workspace);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, end_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_plan_opens_it_another_image_changes_it_and_the_next_plan_closes_it),
		TEST(what_a_discarded_run_planned_is_forgotten),
		TEST(a_state_opens_changes_and_closes_a_wrong_channel),
		TEST(a_reload_judges_by_the_new_rules),
		TEST(artifacts_that_are_learnt_later_make_it_known),
		TEST(a_workspace_that_is_gone_has_none),
		TEST(a_pinned_version_is_wrong_once_its_channel_has_moved_on),
		TEST(what_is_ignored_or_elsewhere_is_not_found),
		TEST(a_run_task_gets_them_as_outcomes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
