#include "relay/store/query.h"

#include <stdlib.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/model/team.h"
#include "relay/store/query_part.h"

void
put_text(json_t *object, const char *key, const char *text)
{
	json_t *value = text ? json_string(text) : NULL;

	json_object_set_new(object, key, value ? value : json_null());
}

void
put_time(json_t *object, const char *key, int64_t ms)
{
	json_object_set_new(object, key, json_time_or_null(ms));
}

void
put_number(json_t *object, const char *key, int64_t number)
{
	json_object_set_new(object, key, json_integer(number));
}

void
put_workspace(json_t *object, const struct conf *conf, const struct workspace *workspace)
{
	const struct workspace_marks marks = {workspace->name, workspace->project, workspace->tags};

	put_text(object, "id", workspace->id);
	put_text(object, "name", workspace->name);
	put_text(object, "organization", workspace->organization);
	json_object_set_new(object, "url", json_http_url_or_null(workspace->url));
	put_text(object, "team", team_of_workspace(conf, &marks));
}

const char *
any(const char *filter)
{
	return filter ? filter : "";
}

static json_t *
page_document(json_t *items, const char *next)
{
	json_t *page = json_object();

	json_object_set_new(page, "items", items);
	put_text(page, "next", next);
	return page;
}

int
query_list(struct db *db, struct db_row *row, int64_t limit, int64_t scan, query_item_fn *make,
           const void *arg, json_t **out, struct err *err)
{
	json_t *items = json_array(), *item;
	char *last = NULL;
	bool more = false;
	int64_t seen = 0;
	int rc;

	*out = NULL;
	while ((rc = db_step(row, err)) == 1) {
		more = (int64_t)json_array_size(items) >= limit || seen >= scan;
		if (more)
			break;
		item = NULL;
		rc = make(db, row, arg, &item, err);
		if (rc < 0) {
			json_decref(item);
			break;
		}
		seen++;
		free(last);
		last = mem_str(db_text(row, 0));
		if (item)
			json_array_append_new(items, item);
	}
	db_end(row);
	if (rc < 0)
		json_decref(items);
	else
		*out = page_document(items, more ? last : NULL);
	free(last);
	return rc < 0 ? -1 : 0;
}

int
query_append(struct db *db, struct db_row *row, query_item_fn *make, const void *arg, json_t *array,
             struct err *err)
{
	json_t *item;
	int rc;

	while ((rc = db_step(row, err)) == 1) {
		item = NULL;
		rc = make(db, row, arg, &item, err);
		if (rc < 0) {
			json_decref(item);
			break;
		}
		if (item)
			json_array_append_new(array, item);
	}
	db_end(row);
	return rc < 0 ? -1 : 0;
}
