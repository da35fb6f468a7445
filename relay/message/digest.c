#include "relay/message/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"

#define SEVERITIES (SEVERITY_CRITICAL + 1)

bool
is_digest(const json_t *document)
{
	const char *schema = json_text_at(document, "schema");

	return schema != NULL && strcmp(schema, DIGEST_SCHEMA) == 0;
}

struct digest_entry *
digest_add(struct digest_entries *digest)
{
	if (digest->count == digest->cap) {
		digest->cap = digest->cap > 0 ? 2 * digest->cap : 64;
		digest->items = mem_grow(digest->items, digest->cap, sizeof(*digest->items));
	}
	digest->items[digest->count] = (struct digest_entry){0};
	return &digest->items[digest->count++];
}

void
digest_fini(struct digest_entries *digest)
{
	for (size_t i = 0; i < digest->count; i++)
		json_decref(digest->items[i].item);
	free(digest->items);
	*digest = (struct digest_entries){0};
}

json_t *
digest_item(const json_t *document, const char *reason)
{
	static const char *const members[] = {"title", "url", "incident", "image",
	                                      "workspace_counts"};
	json_t *item = json_object();

	for (size_t i = 0; i < COUNT(members); i++) {
		json_t *value = json_object_get(document, members[i]);

		json_object_set(item, members[i], value != NULL ? value : json_null());
	}
	json_object_set_new(item, "reason", json_text_or_null(reason));
	return item;
}

static bool
says(const json_t *document, const char *path, const char *word)
{
	const char *text = json_text_at(document, path);

	return text != NULL && strcmp(text, word) == 0;
}

void
digest_add_document(struct digest_entries *digest, const json_t *document)
{
	struct digest_entry *entry = digest_add(digest);
	const char *id = json_text_at(document, "incident.id");
	int kind = name_index(incident_kind_names, KIND_COUNT,
	                      json_text_at(document, "incident.kind"));
	int severity =
		name_index(severity_names, SEVERITIES, json_text_at(document, "incident.severity"));

	snprintf(entry->id, sizeof(entry->id), "%s", id != NULL ? id : "");
	entry->kind = kind < 0 ? KIND_COUNT : (enum incident_kind)kind;
	entry->severity = severity < 0 ? SEVERITY_INFO : (enum severity)severity;
	entry->open = says(document, "incident.status", "open");
	entry->opened = says(document, "reason", "opened");
	entry->resolved = !entry->open && !entry->opened;
	entry->opened_at = json_time_at(document, "incident.opened_at");
	entry->affected = json_int_at(document, "workspace_counts.affected", 0);
	entry->item = digest_item(document, json_text_at(document, "reason"));
}

static int
compare(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int
by_weight(const void *left, const void *right)
{
	const struct digest_entry *a = left, *b = right;
	int order = compare(b->open, a->open);

	if (order == 0)
		order = compare(b->severity, a->severity);
	if (order == 0)
		order = compare(b->affected, a->affected);
	if (order == 0)
		order = compare(b->opened_at, a->opened_at);
	return order != 0 ? order : strcmp(b->id, a->id); /* ids rise with time */
}

void
digest_sort(struct digest_entries *digest)
{
	if (digest->count > 0)
		qsort(digest->items, digest->count, sizeof(*digest->items), by_weight);
}

/* What a digest counts. */
struct totals {
	size_t incidents, open, opened, resolved;
	size_t severities[SEVERITIES]; /* of those that are open */
	size_t kinds[KIND_COUNT];
};

static struct totals
count_all(const struct digest_entries *digest)
{
	struct totals totals = {.incidents = digest->count};

	for (size_t i = 0; i < digest->count; i++) {
		const struct digest_entry *entry = &digest->items[i];

		totals.open += entry->open;
		totals.opened += entry->opened;
		totals.resolved += entry->resolved;
		totals.severities[entry->severity] += entry->open;
		if (entry->kind < KIND_COUNT)
			totals.kinds[entry->kind]++;
	}
	return totals;
}

static json_t *
totals_json(const struct totals *totals)
{
	json_t *severities = json_object(), *kinds = json_array();

	for (int i = SEVERITY_CRITICAL; i >= SEVERITY_INFO; i--)
		json_object_set_new(severities, severity_names[i],
		                    json_integer((json_int_t)totals->severities[i]));
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (totals->kinds[i] > 0)
			json_array_append_new(kinds, json_pack("{s:s, s:I}", "kind",
			                                       incident_kind_names[i], "count",
			                                       (json_int_t)totals->kinds[i]));
	return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}", "incidents",
	                 (json_int_t)totals->incidents, "open", (json_int_t)totals->open, "opened",
	                 (json_int_t)totals->opened, "resolved", (json_int_t)totals->resolved,
	                 "by_severity", severities, "by_kind", kinds);
}

/* " (2 critical, 9 warning)", without those there are none of. */
static void
add_severities(struct buf *out, const struct totals *totals)
{
	const char *between = " (";

	for (int i = SEVERITY_CRITICAL; i >= SEVERITY_INFO; i--) {
		if (totals->severities[i] == 0)
			continue;
		buf_printf(out, "%s%zu %s", between, totals->severities[i], severity_names[i]);
		between = ", ";
	}
	buf_puts(out, totals->open > 0 ? ")" : "");
}

/* "Digest: 12 incidents, 2 critical" */
static char *
title_of(const struct totals *totals, const char *begin)
{
	struct buf out = {0};

	if (begin != NULL)
		buf_printf(&out, "%s: ", begin);
	buf_printf(&out, "%zu incident%s", totals->incidents, totals->incidents == 1 ? "" : "s");
	if (totals->severities[SEVERITY_CRITICAL] > 0)
		buf_printf(&out, ", %zu critical", totals->severities[SEVERITY_CRITICAL]);
	return buf_take(&out);
}

static char *
summary_of(const struct totals *totals, size_t listed)
{
	struct buf out = {0};

	buf_printf(&out, "%zu incident%s: %zu open", totals->incidents,
	           totals->incidents == 1 ? "" : "s", totals->open);
	add_severities(&out, totals);
	buf_printf(&out, ", %zu newly opened, %zu resolved.", totals->opened, totals->resolved);
	if (listed < totals->incidents)
		buf_printf(&out, " Here are the worst %zu.", listed);
	return buf_take(&out);
}

/* Where all incidents are: the incidents' links begin with it. */
static json_t *
page_url(const json_t *incidents)
{
	const char *url = json_text_at(json_array_get(incidents, 0), "url");
	const char *end = url != NULL ? strstr(url, "/incidents/") : NULL;
	char *page = end != NULL ? mem_strn(url, (size_t)(end - url) + strlen("/incidents")) : NULL;
	json_t *out = json_http_url_or_null(page);

	free(page);
	return out;
}

json_t *
digest_document(const struct digest_entries *digest, const struct digest_facts *facts)
{
	const struct totals totals = count_all(digest);
	json_t *out = json_object(), *incidents = json_array();
	size_t listed = 0;
	char *title = title_of(&totals, facts->title), *summary;

	while (listed < digest->count && listed < DIGEST_INCIDENTS_MAX)
		json_array_append(incidents, digest->items[listed++].item);
	summary = summary_of(&totals, listed);
	json_object_set_new(out, "schema", json_string(DIGEST_SCHEMA));
	json_object_set_new(out, "id", json_string(facts->notification_id));
	json_object_set_new(out, "revision", json_integer(1));
	json_object_set_new(out, "reason", json_string("digest"));
	json_object_set_new(out, "route", json_text_or_null(facts->route));
	json_object_set_new(out, "team", json_text_or_null(facts->team));
	json_object_set_new(out, "title", json_text_or_null(title));
	json_object_set_new(out, "summary", json_text_or_null(summary));
	json_object_set_new(out, "url", page_url(incidents));
	json_object_set_new(out, "period",
	                    json_pack("{s:o, s:o}", "from", json_time_or_null(facts->from), "to",
	                              json_time_or_null(facts->to)));
	json_object_set_new(out, "totals", totals_json(&totals));
	json_object_set_new(out, "incidents", incidents);
	json_object_set_new(out, "more", json_integer((json_int_t)(totals.incidents - listed)));
	free(summary);
	free(title);
	return out;
}
