#include "relay/message/document.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/message/words.h"
#include "relay/model/team.h"

/* A fingerprint that is not known is "" in the store. */
static json_t *
filled_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? json_text_or_null(text) : json_null();
}

/* At most `max` of a list; the full length goes into `cut` when there are more. */
static json_t *
cut_list(const json_t *list, size_t max, const char *name, json_t *cut)
{
	json_t *out = json_array();
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n && i < max; i++)
		json_array_append(out, json_array_get(list, i));
	if (n > max && cut != NULL)
		json_object_set_new(cut, name, json_integer((json_int_t)n));
	return out;
}

static json_t *
channels_of(const struct image *image, const struct history *history)
{
	json_t *out = json_array();

	for (size_t i = 0; history != NULL && i < history->count; i++) {
		const struct assignment *a = &history->items[i];
		bool current = history_is_current(history, a);

		if (current && a->fingerprint != NULL &&
		    strcmp(a->fingerprint, image->fingerprint) == 0)
			json_array_append_new(out, json_string(a->channel));
	}
	return out;
}

/* {bucket, version, ...}: how one image names another. */
static json_t *
image_name(const struct image *image)
{
	char *memory;
	struct bucket_name name = bucket_name_of(image->bucket_key, &memory);
	json_t *out = json_object();

	json_object_set_new(out, "bucket", json_text_or_null(name.bucket));
	json_object_set_new(out, "version", json_text_or_null(image->version));
	free(memory);
	return out;
}

json_t *
document_descendant(const struct image *image)
{
	json_t *item = image_name(image);

	json_object_set_new(item, "fingerprint", json_text_or_null(image->fingerprint));
	json_object_set_new(item, "status",
	                    json_string(image_status_names[image_shown_status(image)]));
	return item;
}

static json_t *
descendants_of(const struct image_surroundings *around)
{
	json_t *out = json_array();

	for (size_t i = 0; i < around->descendant_count; i++)
		json_array_append_new(out, document_descendant(&around->descendants[i]));
	return out;
}

json_t *
document_image(const struct image *image, const struct image_surroundings *around, json_t *cut)
{
	static const struct image_surroundings nothing;
	char *memory;
	struct bucket_name name = bucket_name_of(image->bucket_key, &memory);
	json_t *out = json_object(), *descendants;

	if (around == NULL)
		around = &nothing;
	descendants = descendants_of(around);
	json_object_set_new(out, "organization_id", json_text_or_null(name.organization_id));
	json_object_set_new(out, "project_id", json_text_or_null(name.project_id));
	json_object_set_new(out, "bucket", json_text_or_null(name.bucket));
	json_object_set_new(out, "version", json_text_or_null(image->version));
	json_object_set_new(out, "version_id", json_text_or_null(image->id));
	json_object_set_new(out, "fingerprint", filled_or_null(image->fingerprint));
	json_object_set_new(out, "status",
	                    json_string(image_status_names[image_shown_status(image)]));
	json_object_set_new(out, "revoke_at", json_time_or_null(image->revoke_at));
	json_object_set_new(out, "revoked_by", json_text_or_null(image->revoked_by));
	json_object_set_new(out, "reason", json_text_or_null(image->reason));
	json_object_set_new(out, "url", json_null());
	json_object_set_new(out, "channels", channels_of(image, around->history));
	json_object_set_new(out, "artifacts",
	                    cut_list(image->artifacts, DOCUMENT_IMAGES_MAX, "artifacts", cut));
	json_object_set_new(out, "inherited_from",
	                    around->ancestor != NULL ? image_name(around->ancestor) : json_null());
	json_object_set_new(out, "descendants",
	                    cut_list(descendants, DOCUMENT_IMAGES_MAX, "descendants", cut));
	json_object_set_new(out, "replacement",
	                    around->replacement != NULL ? json_deep_copy(around->replacement)
	                                                : json_null());
	json_decref(descendants);
	free(memory);
	return out;
}

json_t *
document_row(const struct conf *conf, const struct incident_row *row)
{
	char *memory;
	struct bucket_name name = bucket_name_of(row->bucket_key, &memory);
	bool runs_image = name.bucket != NULL;
	json_t *out = json_object();

	json_object_set_new(out, "id", json_text_or_null(row->workspace_id));
	json_object_set_new(out, "name", json_text_or_null(row->name));
	json_object_set_new(out, "organization", json_text_or_null(row->organization));
	json_object_set_new(out, "url", json_http_url_or_null(row->url));
	json_object_set_new(out, "team", json_text_or_null(team_of_row(conf, row)));
	json_object_set_new(out, "state", json_string(row_state_names[row->state]));
	json_object_set_new(out, "certainty", json_string(row->known ? "known" : "possible"));
	json_object_set_new(out, "evidence",
	                    runs_image ? json_string(evidence_names[row->evidence]) : json_null());
	json_object_set_new(out, "bucket", json_text_or_null(name.bucket));
	json_object_set_new(out, "channel", json_text_or_null(row->channel));
	json_object_set_new(out, "version", json_text_or_null(row->version));
	json_object_set_new(out, "fingerprint", filled_or_null(row->fingerprint));
	json_object_set_new(out, "drifted", json_boolean(row->drifted));
	if (row->planned && row->state == ROW_AFFECTED)
		json_object_set_new(out, "planned", json_true());
	free(memory);
	return out;
}

json_t *
document_acknowledged(const char *by, const char *comment, int64_t until)
{
	return until == 0
	               ? json_null()
	               : json_pack("{s:o, s:o, s:o}", "by", json_text_or_null(by), "comment",
	                           json_text_or_null(comment), "until", json_time_or_null(until));
}

json_t *
document_incident(const struct incident *incident)
{
	json_t *out = json_object();

	json_object_set_new(out, "id", json_string(incident->id));
	json_object_set_new(out, "key", json_text_or_null(incident->key));
	json_object_set_new(out, "kind", json_string(incident_kind_names[incident->kind]));
	json_object_set_new(out, "phase", json_text_or_null(phase_names[incident->phase]));
	json_object_set_new(out, "status", json_string(incident->open ? "open" : "resolved"));
	json_object_set_new(out, "severity", json_string(severity_names[incident->severity]));
	json_object_set_new(out, "opened_at", json_time_or_null(incident->opened_at));
	json_object_set_new(out, "updated_at", json_time_or_null(incident->updated_at));
	json_object_set_new(out, "resolved_at", json_time_or_null(incident->resolved_at));
	json_object_set_new(out, "acknowledged",
	                    document_acknowledged(incident->ack_by, incident->ack_comment,
	                                          incident->ack_until));
	return out;
}

json_t *
document_counts(const struct incident_counts *counts)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "affected", (json_int_t)counts->affected,
	                 "possible", (json_int_t)counts->possible, "moved",
	                 (json_int_t)counts->moved, "gone", (json_int_t)counts->gone, "total",
	                 (json_int_t)counts->total);
}

static const char *
runbook_for(const struct conf *conf, enum incident_kind kind)
{
	for (size_t i = 0; i < conf->links.runbooks.count; i++) {
		const struct conf_runbook *runbook =
			conf_item(conf->links.runbooks, struct conf_runbook, i);

		if (glob_match(runbook->kind, incident_kind_names[kind]))
			return runbook->url;
	}
	return NULL;
}

static json_t *
incident_url(const struct document_facts *facts)
{
	const char *base = facts->conf->links.base_url;
	char *url = base != NULL ? mem_fmt("%s/incidents/%s", base, facts->incident->id) : NULL;
	json_t *out = json_http_url_or_null(url);

	free(url);
	return out;
}

/* Fills `workspaces`, `workspace_counts` and the words that need the counts. */
static void
add_workspaces(json_t *out, const struct document_facts *facts, json_t *cut)
{
	struct incident_counts counts = {0};
	json_t *list = json_array();
	const char *name = facts->row_count > 0 ? facts->rows[0]->name : NULL;
	char *summary;

	for (size_t i = 0; i < facts->row_count; i++) {
		incident_count(&counts, facts->rows[i]);
		if (i < DOCUMENT_WORKSPACES_MAX)
			json_array_append_new(list, document_row(facts->conf, facts->rows[i]));
	}
	if (facts->row_count > DOCUMENT_WORKSPACES_MAX)
		json_object_set_new(cut, "workspaces", json_integer((json_int_t)facts->row_count));
	summary = words_summary(facts->incident, facts->image, name, &counts);
	json_object_set_new(out, "summary", json_text_or_null(summary));
	json_object_set_new(out, "workspaces", list);
	json_object_set_new(out, "workspace_counts", document_counts(&counts));
	free(summary);
}

static json_t *
detail_or_null(const struct incident *incident, const char *name)
{
	json_t *value = json_object_get(incident->detail, name);

	return value != NULL ? json_deep_copy(value) : json_null();
}

/* Only of the kinds that have some: the images that are not as they are to be. */
static void
add_findings(json_t *out, const struct incident *incident, json_t *cut)
{
	const json_t *findings = json_object_get(incident->detail, "findings");

	if (findings != NULL)
		json_object_set_new(out, "findings",
		                    cut_list(findings, DOCUMENT_FINDINGS_MAX, "findings", cut));
}

json_t *
document_build(const struct document_facts *facts)
{
	const struct incident *incident = facts->incident;
	json_t *out = json_object(), *cut = json_object();

	if (facts->image_cut != NULL)
		json_object_update(cut, (json_t *)facts->image_cut);
	json_object_update(cut, json_object_get(incident->detail, "truncated"));
	json_object_set_new(out, "schema", json_string("driftbell.notification.v1"));
	json_object_set_new(out, "id", json_string(facts->notification_id));
	json_object_set_new(out, "revision", json_integer(facts->revision));
	json_object_set_new(out, "reason", json_null());
	json_object_set_new(out, "route", json_text_or_null(facts->route));
	json_object_set_new(out, "team", json_text_or_null(facts->team));
	json_object_set_new(out, "title", json_text_or_null(incident->title));
	json_object_set_new(out, "summary", json_null()); /* add_workspaces(): keeps its place */
	json_object_set_new(out, "url", incident_url(facts));
	json_object_set_new(out, "runbook",
	                    json_http_url_or_null(runbook_for(facts->conf, incident->kind)));
	json_object_set_new(out, "incident", document_incident(incident));
	json_object_set(out, "image", facts->image != NULL ? facts->image : json_null());
	add_workspaces(out, facts, cut);
	json_object_set_new(out, "drift", detail_or_null(incident, "drift"));
	json_object_set_new(out, "run", detail_or_null(incident, "run"));
	add_findings(out, incident, cut);
	json_object_set_new(out, "events",
	                    facts->events != NULL ? json_incref(facts->events) : json_array());
	if (facts->event_count > json_array_size(facts->events))
		json_object_set_new(cut, "events", json_integer((json_int_t)facts->event_count));
	json_object_set_new(out, "truncated", cut);
	return out;
}

void
document_digest(const json_t *document, char out[SHA256_HEX_SIZE])
{
	static const char *const silent[] = {"id", "revision", "reason", "route", "events"};
	json_t *said = json_copy((json_t *)document);
	json_t *incident = json_copy(json_object_get(document, "incident"));
	json_t *truncated = json_copy(json_object_get(document, "truncated"));
	char *text;

	for (size_t i = 0; i < COUNT(silent); i++)
		json_object_del(said, silent[i]);
	json_object_del(incident, "updated_at");
	json_object_del(truncated, "events");
	json_object_set_new(said, "incident", incident);
	json_object_set_new(said, "truncated", truncated);
	text = json_dumps(said, JSON_COMPACT | JSON_SORT_KEYS);
	sha256_hex(text, strlen(text), out);
	free(text);
	json_decref(said);
}
