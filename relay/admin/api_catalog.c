#include "relay/admin/api.h"

#include <string.h>

#include "relay/base/ulid.h"

const struct api_filter api_image_filters[] = {{"bucket", NULL}, {NULL, NULL}};
const struct api_filter api_workspace_filters[] = {
	{"bucket", NULL}, {"image", NULL}, {"workspace", NULL}, {NULL, NULL}};

/* The key of a bucket: organization, project and name. */
bool
api_image_cursor(const char *after)
{
	const char *project = strchr(after, '/'), *name = project ? strchr(project + 1, '/') : NULL;

	return name && !strchr(name + 1, '/');
}

bool
api_workspace_cursor(const char *after)
{
	return id_is("wks", after);
}

int
api_image_list(const struct api_ask *ask, struct db *db, struct api_answer *answer, struct err *err)
{
	return query_images(db, ask->values[0], &ask->page, &answer->body, err);
}

const struct api_filter api_coverage_filters[] = {{"missing", query_coverage_words}, {NULL, NULL}};

int
api_coverage_list(const struct api_ask *ask, struct db *db, struct api_answer *answer,
                  struct err *err)
{
	return query_coverage(db, ask->conf, ask->values[0], &ask->page, &answer->body, err);
}

int
api_workspace_list(const struct api_ask *ask, struct db *db, struct api_answer *answer,
                   struct err *err)
{
	const struct workspace_filter filter = {
		.bucket = ask->values[0],
		.image = ask->values[1],
		.workspace = ask->values[2],
	};

	return query_workspaces(db, ask->conf, &filter, &ask->page, &answer->body, err);
}

int
api_workspace_show(const struct api_ask *ask, struct db *db, struct api_answer *answer,
                   struct err *err)
{
	const struct workspace_filter filter = {.workspace = ask->id};
	const struct query_page first = {.limit = 1};
	json_t *page = NULL;

	if (query_workspaces(db, ask->conf, &filter, &first, &page, err) < 0)
		return -1;
	answer->body = json_incref(json_array_get(json_object_get(page, "items"), 0));
	json_decref(page);
	return answer->body != NULL ? 0 : api_refuse(answer, 404, "there is no such workspace");
}
