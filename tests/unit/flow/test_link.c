/* Links of workspaces to buckets: correlated anew, only what differs is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/mem.h"
#include "relay/flow/plan.h"
#include "relay/store/catalog.h"

struct world {
	char folder[32];
	char *file;
	struct db *db;
	sqlite3 *other; /* another connection: sees whether something was written */
};

static int64_t
number(struct world *w, const char *query)
{
	sqlite3_stmt *stmt = NULL;
	int64_t n;

	assert_int_equal(sqlite3_prepare_v2(w->other, query, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return n;
}

static int
make_world(void **state)
{
	static const char *const buckets[] = {"api", "api-base", "web"};
	struct world *w = mem_alloc(sizeof(*w));
	struct err err = {""};
	char *url;

	snprintf(w->folder, sizeof(w->folder), "/tmp/link-test-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	w->file = mem_fmt("%s/store.db", w->folder);
	url = mem_fmt("sqlite:%s", w->file);
	assert_int_equal(db_open(&w->db, url, DB_WRITE, &err), 0);
	free(url);
	assert_int_equal(sqlite3_open(w->file, &w->other), SQLITE_OK);
	assert_int_equal(db_begin(w->db, &err), 0);
	for (size_t i = 0; i < COUNT(buckets); i++) {
		char *key = mem_fmt("o/p/%s", buckets[i]);
		struct bucket bucket = {key, "o", "p", (char *)buckets[i]};

		assert_int_equal(catalog_bucket_add(w->db, &bucket, NULL, &err), 1);
		free(key);
	}
	assert_int_equal(db_commit(w->db, &err), 0);
	*state = w;
	return 0;
}

static int
end_world(void **state)
{
	struct world *w = *state;
	char *command = mem_fmt("rm -r %s", w->folder);

	sqlite3_close(w->other);
	db_close(w->db);
	assert_int_equal(system(command), 0);
	free(command);
	free(w->file);
	free(w);
	return 0;
}

static void
link_under(struct world *w, struct conf_rule *rules, size_t count, int64_t now_ms)
{
	struct conf conf = {.correlate = {rules, count}};
	struct plan plan = {.db = w->db, .conf = &conf, .now_ms = now_ms};
	struct workspace workspace = {.key = "wks_1", .organization = "acme", .name = "api-prod"};
	struct err err = {""};

	assert_int_equal(db_begin(w->db, &err), 0);
	assert_int_equal(plan_link_workspace(&plan, &workspace, &err), 0);
	assert_int_equal(db_commit(w->db, &err), 0);
}

#define RULE(b, w, c)                                                                          \
	{                                                                                      \
		.bucket = b, .workspace = w, .channel = c, .project = "*", .organization = "*" \
	}

static void
a_relink_that_changes_nothing_writes_nothing(void **state)
{
	struct world *w = *state;
	struct conf_rule rules[] = {RULE("{app}", "{app}-*", "production"),
	                            RULE("web", "api-*", NULL)};
	int64_t before;

	link_under(w, rules, 2, 1000);
	assert_int_equal(number(w, "SELECT COUNT(*) FROM links"), 2);
	before = number(w, "PRAGMA data_version");
	link_under(w, rules, 2, 2000);
	assert_int_equal(number(w, "PRAGMA data_version"), before);
	assert_int_equal(number(w, "SELECT MAX(seen_at) FROM links"), 1000);
}

static void
a_link_that_stays_keeps_the_time_it_was_first_seen(void **state)
{
	struct world *w = *state;
	struct conf_rule first[] = {RULE("{app}", "{app}-*", "production"),
	                            RULE("web", "api-*", NULL)};
	struct conf_rule then[] = {RULE("{app}", "{app}-*", "staging"),
	                           RULE("api-base", "api-*", NULL)};

	link_under(w, first, 2, 1000);
	link_under(w, then, 2, 2000);
	assert_int_equal(number(w, "SELECT COUNT(*) FROM links"), 2);
	assert_int_equal(number(w, "SELECT seen_at FROM links WHERE bucket_key = 'o/p/api' "
	                           "AND channel = 'staging'"),
	                 1000);
	assert_int_equal(number(w, "SELECT seen_at FROM links WHERE bucket_key = 'o/p/api-base' "
	                           "AND channel IS NULL"),
	                 2000);
}

static void
of_two_rules_for_one_pair_the_first_gives_the_channel(void **state)
{
	struct world *w = *state;
	struct conf_rule rules[] = {RULE("{app}", "{app}-*", "production"),
	                            RULE("api", "api-*", "staging")};

	link_under(w, rules, 2, 1000);
	assert_int_equal(number(w, "SELECT COUNT(*) FROM links WHERE channel = 'production'"), 1);
	link_under(w, rules + 1, 1, 2000);
	assert_int_equal(number(w, "SELECT COUNT(*) FROM links WHERE channel = 'staging'"), 1);
	assert_int_equal(number(w, "SELECT COUNT(*) FROM links"), 1);
}

static void
what_no_rule_gives_any_more_is_gone(void **state)
{
	struct world *w = *state;
	struct conf_rule rules[] = {RULE("{app}", "{app}-*", "production")};

	link_under(w, rules, 1, 1000);
	link_under(w, NULL, 0, 2000);
	assert_int_equal(number(w, "SELECT COUNT(*) FROM links"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_relink_that_changes_nothing_writes_nothing,
	                                        make_world, end_world),
		cmocka_unit_test_setup_teardown(a_link_that_stays_keeps_the_time_it_was_first_seen,
	                                        make_world, end_world),
		cmocka_unit_test_setup_teardown(
			of_two_rules_for_one_pair_the_first_gives_the_channel, make_world,
			end_world),
		cmocka_unit_test_setup_teardown(what_no_rule_gives_any_more_is_gone, make_world,
	                                        end_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
