#include "relay/flow/refresh_details.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "relay/flow/refresh_workspace.h"
#include "relay/message/document.h"
#include "relay/store/catalog.h"

#define MESSAGES_MAX 5 /* of one check */

/* ---- lists as the document has them ---- */

static json_t *
cut_messages(const json_t *messages)
{
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(messages) && i < MESSAGES_MAX; i++)
		json_array_append(out, json_array_get(messages, i));
	return out;
}

static json_t *
resource_of(const json_t *item)
{
	const json_t *attributes = json_at(item, "attributes");

	return json_pack("{s:o, s:o, s:o, s:o}", "address",
	                 json_text_or_null(json_text_at(item, "address")), "type",
	                 json_text_or_null(json_text_at(item, "type")), "action",
	                 json_text_or_null(json_text_at(item, "action")), "attributes",
	                 json_is_array(attributes) ? json_deep_copy(attributes) : json_array());
}

static json_t *
check_of(const json_t *item)
{
	return json_pack("{s:o, s:o, s:o}", "address",
	                 json_text_or_null(json_text_at(item, "address")), "status",
	                 json_text_or_null(json_text_at(item, "status")), "messages",
	                 cut_messages(json_at(item, "messages")));
}

static json_t *
list_of(const json_t *items, json_t *make(const json_t *))
{
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(items) && i < DOCUMENT_IMAGES_MAX; i++)
		json_array_append_new(out, make(json_array_get(items, i)));
	return out;
}

/* What tells one list from another, whatever its order: of each item some texts. */
static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static json_t *
digest_of(const json_t *items, int64_t total, const char *second)
{
	size_t n = json_array_size(items);
	char **lines = mem_array(n + 1, sizeof(*lines)), digest[SHA256_HEX_SIZE];
	struct buf text = {0};

	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(items, i);
		const char *address = json_text_at(item, "address"),
			   *word = json_text_at(item, second);

		lines[i] = mem_fmt("%s %s\n", address != NULL ? address : "",
		                   word != NULL ? word : "");
	}
	qsort(lines, n, sizeof(*lines), by_text);
	buf_printf(&text, "%lld\n", (long long)total);
	for (size_t i = 0; i < n; i++) {
		buf_puts(&text, lines[i]);
		free(lines[i]);
	}
	sha256_hex(text.data, text.len, digest);
	buf_fini(&text);
	free(lines);
	return json_string(digest);
}

/* ---- assessments ---- */

/* One of the two lists: under which name, and what tells its items apart. */
struct details {
	enum incident_kind kind;
	const char *list, *digest, *second, *what;
};
static const struct details drifted = {KIND_WORKSPACE_DRIFT, "resources", "resources_digest",
                                       "action", "other resources drifted"};
static const struct details failed = {KIND_WORKSPACE_CHECK_FAILED, "checks", "checks_digest",
                                      "status", "other checks failed"};

static void
put_list(json_t *detail, const struct details *d, const json_t *part, const char *items,
         json_t *make(const json_t *))
{
	json_t *drift = json_object_get(detail, "drift"),
	       *cut = json_object_get(detail, "truncated");
	const json_t *list = json_at(part, items);
	int64_t total = json_int_at(part, "total", (int64_t)json_array_size(list));

	if (cut == NULL) {
		cut = json_object();
		json_object_set_new(detail, "truncated", cut);
	}
	json_object_set_new(drift, d->list, list_of(list, make));
	if (total > DOCUMENT_IMAGES_MAX)
		json_object_set_new(cut, d->list, json_integer(total));
	else
		json_object_del(cut, d->list);
	json_object_set_new(detail, d->digest, digest_of(list, total, d->second));
}

/* What an incident of this kind has to say anew, if anything. */
static bool
put_details(json_t *detail, const struct details *own, const struct reading *reading,
            const char **what)
{
	json_t *before = json_incref(json_object_get(detail, own->digest));
	const json_t *now;
	bool changed;

	put_list(detail, &drifted, reading->drift, "resources", resource_of);
	put_list(detail, &failed, reading->checks, "items", check_of);
	now = json_object_get(detail, own->digest);
	changed = before == NULL || !json_equal(before, now);
	*what = before != NULL && changed ? own->what : NULL;
	json_decref(before);
	return changed;
}

static int
refresh_one(struct plan *plan, const struct workspace *workspace, const struct details *own,
            const char *assessment_id, const struct reading *reading, struct err *err)
{
	struct trouble t;
	int found = trouble_load(&t, plan, workspace, own->kind, workspace->key, err),
	    rc = found < 0 ? -1 : 0;
	const char *id = json_text_at(t.incident.detail, "drift.assessment_id");

	if (found == 1 && id != NULL && strcmp(id, assessment_id) == 0) {
		t.facts.wrong = true;
		t.wake_at = workspace->assessment_heard_at + ASSESSMENT_LIFE_MS;
		t.changed = put_details(t.incident.detail, own, reading, &t.what);
		rc = trouble_settle(&t, err);
	}
	trouble_fini(&t);
	return rc;
}

int
refresh_assessment_details(struct plan *plan, const char *workspace_key, const char *assessment_id,
                           const struct reading *reading, struct err *err)
{
	struct workspace workspace;
	int rc = catalog_workspace(plan->db, workspace_key, &workspace, err);

	if (rc == 1) {
		rc = 0;
		if (workspace.drifted)
			rc = refresh_one(plan, &workspace, &drifted, assessment_id, reading, err);
		if (rc == 0 && workspace.checks_failed)
			rc = refresh_one(plan, &workspace, &failed, assessment_id, reading, err);
	}
	workspace_fini(&workspace);
	return rc;
}

void
details_keep(json_t *drift, const json_t *before)
{
	static const char *const lists[] = {"resources", "checks"};

	for (size_t i = 0; i < COUNT(lists); i++) {
		json_t *list = json_object_get(before, lists[i]);

		if (list != NULL)
			json_object_set(drift, lists[i], list);
	}
}

/* ---- runs ---- */

int
refresh_failed_task(struct plan *plan, const char *workspace_key, const char *run_id,
                    const json_t *task, struct err *err)
{
	struct workspace workspace;
	struct trouble t = {.plan = plan};
	int found = catalog_workspace(plan->db, workspace_key, &workspace, err), rc;

	if (found == 1)
		found = trouble_load(&t, plan, &workspace, KIND_WORKSPACE_RUN_FAILED, workspace.key,
		                     err);
	rc = found < 0 ? -1 : 0;
	if (found == 1 && task != NULL) {
		json_t *run = json_object_get(t.incident.detail, "run");
		const char *id = json_text_at(run, "id");

		if (id != NULL && strcmp(id, run_id) == 0) {
			t.facts.wrong = true;
			t.changed = true;
			t.what = "HCP Packer's run task failed";
			json_object_set_new(run, "task", json_deep_copy(task));
			rc = trouble_settle(&t, err);
		}
	}
	trouble_fini(&t);
	workspace_fini(&workspace);
	return rc;
}
