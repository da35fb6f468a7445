/*
 * query_coverage.c - workspaces that use images of HCP Packer and of which not
 * everything is heard that could be, as far as is known.
 *
 * What lacks is told by the statements, so that pages and counts agree.
 */
#include "relay/base/mem.h"
#include "relay/store/query_part.h"
#include "relay/store/workspace_row.h"

const char *const query_coverage_words[] = {"notification", "assessment", "run_task", NULL};
#define WORDS (COUNT(query_coverage_words) - 1)

/* key, one number for each word, WORKSPACE_COLUMNS */
static int
coverage_item(struct db *db, struct db_row *row, const void *arg, json_t **item, struct err *err)
{
	struct workspace workspace;
	json_t *object = json_object(), *missing = json_array();

	(void)db;
	(void)err;
	workspace_row(row, 1 + WORDS, &workspace);
	put_workspace(object, arg, &workspace);
	for (size_t i = 0; i < WORDS; i++)
		if (db_int(row, (int)i + 1) != 0)
			json_array_append_new(missing, json_string(query_coverage_words[i]));
	*item = json_object();
	json_object_set_new(*item, "workspace", object);
	json_object_set_new(*item, "missing", missing);
	put_time(*item, "since", workspace.first_heard_at);
	workspace_fini(&workspace);
	return 0;
}

int
query_coverage(struct db *db, const struct conf *conf, const char *missing,
               const struct query_page *page, json_t **out, struct err *err)
{
	return query_list(db,
	                  db_bind(db, ST_QUERY_COVERAGE, "tti", any(page->after), any(missing),
	                          page->limit + 1),
	                  page->limit, page->limit, coverage_item, conf, out, err);
}

int
query_coverage_counts(struct db *db, const struct conf *conf, json_t **out, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUERY_COVERAGE_COUNTS, "");
	json_t *counts = json_object(), *missing = json_object(), *items = json_array();
	int rc = db_step(row, err);

	if (rc == 1) {
		put_number(counts, "workspaces", db_int(row, 0));
		put_number(counts, "count", db_int(row, 1));
		for (size_t i = 0; i < WORDS; i++)
			put_number(missing, query_coverage_words[i], db_int(row, (int)i + 2));
	}
	db_end(row);
	json_object_set_new(counts, "missing", missing);
	json_object_set_new(counts, "items", items);
	if (rc == 1)
		rc = query_append(
			db,
			db_bind(db, ST_QUERY_COVERAGE, "tti", "", "", (int64_t)QUERY_UNCOVERED_MAX),
			coverage_item, conf, items, err);
	if (rc == 0)
		*out = counts;
	else
		json_decref(counts);
	return rc;
}
