/* What a dry run tells of how it is known who runs an image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/dryrun.h"
#include "relay/model/key.h"
#include "relay/model/kind.h"
#include "relay/source/source.h"
#include "relay/store/catalog.h"
#include "relay/store/usages.h"
#include "sinks/sink.h"

#define T0 INT64_C(1772323200000) /* 2026-03-01T00:00:00Z */

/* Of tests/data/hcp_packer/revoke */
#define ORGANIZATION_ID "2d6f0a8e-7c31-4b5a-9e42-1f0c8b7a6d53"
#define PROJECT_ID "b83e5c17-40d9-4f6b-8a2c-9d7e6f5a4b31"
#define FINGERPRINT "deb12-5f4e3d2c"

static const char config[] = "store: {url: \"sqlite:store.db\"}\n"
			     "sources: [{name: packer, hcp_packer: {hmac_key_file: key}}]\n"
			     "correlate: [{bucket: debian-12, workspace: by-rule}]\n";

struct world {
	char folder[40];
	struct loaded loaded;
};

static void
write_file(const struct world *w, const char *name, const char *text)
{
	char *path = mem_fmt("%s/%s", w->folder, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
	free(path);
}

static void
add_workspace(struct db *db, const char *name, int64_t exact_as_of)
{
	struct workspace workspace = {
		.key = mem_fmt("wks_%s", name),
		.host = "app.terraform.io",
		.organization = "example-org",
		.name = (char *)name,
		.seen_at = T0,
		.exact = {exact_as_of, false},
	};
	struct err err = {""};

	assert_int_equal(catalog_workspace_put(db, &workspace, &err), 0);
	free(workspace.key);
}

static void
add_usage(struct db *db, char *run, char *identifier, char *region)
{
	const struct usage usage = {
		.run = run,
		.bucket_key = key_bucket(ORGANIZATION_ID, PROJECT_ID, "debian-12"),
		.fingerprint = FINGERPRINT,
		.external_identifier = identifier,
		.evidence = *run != '\0' ? EVIDENCE_PLAN : EVIDENCE_STATE,
		.certain = true,
		.region = region,
		.address = "aws_instance.web[0]",
		.instances = 3,
		.seen_at = T0,
	};
	struct err err = {""};

	assert_int_equal(usages_put(db, "wks_by-state", &usage, &err), 0);
	free(usage.bucket_key);
}

static void
fill_store(const struct world *w)
{
	struct err err = {""};
	struct db *db;

	assert_int_equal(db_open(&db, w->loaded.conf->store.url, DB_WRITE, &err), 0);
	assert_int_equal(db_begin(db, &err), 0);
	add_workspace(db, "by-rule", 0);
	add_workspace(db, "by-state", T0);
	add_usage(db, "", "ami-01234567890abcdef", "eu-central-1");
	add_usage(db, "run-7", "ami-0fedcba9876543210", "us-west-2");
	assert_int_equal(db_commit(db, &err), 0);
	db_close(db);
}

static int
make_world(void **state)
{
	static const struct conf_kinds kinds = {source_conf_kinds, sink_conf_kinds,
	                                        incident_kind_names};
	struct world *w = mem_alloc(sizeof(*w));
	struct buf report = {0};
	char *path;

	snprintf(w->folder, sizeof(w->folder), "/tmp/dryrun-test-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	write_file(w, "key", "a-key-for-tests-only\n");
	write_file(w, "config.yaml", config);
	path = mem_fmt("%s/config.yaml", w->folder);
	if (relay_load(&w->loaded, path, &kinds, &report) != 0)
		fail_msg("%s", buf_text(&report));
	free(path);
	buf_fini(&report);
	fill_store(w);
	*state = w;
	return 0;
}

static int
end_world(void **state)
{
	static const char *const names[] = {"key", "config.yaml", "store.db", "store.db-wal",
	                                    "store.db-shm"};
	struct world *w = *state;

	loaded_release(&w->loaded);
	for (size_t i = 0; i < COUNT(names); i++) {
		char *path = mem_fmt("%s/%s", w->folder, names[i]);

		unlink(path);
		free(path);
	}
	rmdir(w->folder);
	free(w);
	return 0;
}

static json_t *
play(const struct world *w, const char *path)
{
	json_t *body = json_load_file(path, 0, NULL), *report;
	char *text = json_dumps(body, JSON_COMPACT);
	struct dryrun *dryrun;
	struct err err = {""};

	assert_non_null(text);
	assert_int_equal(dryrun_new(&dryrun, &w->loaded, false, T0, &err), 0);
	report = dryrun_play(dryrun, NULL, text, strlen(text), T0, &err);
	assert_non_null(report);
	dryrun_free(dryrun);
	free(text);
	json_decref(body);
	return report;
}

static const json_t *
row_named(const json_t *report, const char *name)
{
	const json_t *rows = json_at(report, "incidents.0.workspaces"), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (strcmp(json_text_at(row, "name"), name) == 0)
			return row;
	}
	fail_msg("%s is not told", name);
	return NULL;
}

static void
rows_tell_what_a_state_named_and_which_rule(void **state)
{
	json_t *report = play(*state, TEST_DATA_DIR "/hcp_packer/revoke/input.json");
	const json_t *known = row_named(report, "by-state"),
		     *possible = row_named(report, "by-rule");

	assert_string_equal(json_text_at(known, "certainty"), "known");
	assert_string_equal(json_text_at(known, "evidence"), "state");
	assert_true(json_is_null(json_at(known, "rule")));
	assert_int_equal(json_array_size(json_at(known, "usages")), 2);
	assert_string_equal(json_text_at(known, "usages.0.external_identifier"),
	                    "ami-01234567890abcdef");
	assert_string_equal(json_text_at(known, "usages.0.region"), "eu-central-1");
	assert_string_equal(json_text_at(known, "usages.0.address"), "aws_instance.web[0]");
	assert_int_equal(json_int_at(known, "usages.0.instances", 0), 3);
	assert_true(json_is_null(json_at(known, "usages.0.planned_by")));
	assert_string_equal(json_text_at(known, "usages.1.planned_by"), "run-7");
	assert_int_equal(json_array_size(json_at(possible, "usages")), 0);
	assert_int_equal(json_int_at(possible, "rule.number", 0), 1);
	json_decref(report);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rows_tell_what_a_state_named_and_which_rule,
	                                        make_world, end_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
