/* What became of incidents, who is affected and by which rule, and which
 * routes took them or why not. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/dryrun_parts.h"
#include "relay/message/document.h"
#include "relay/model/route.h"
#include "relay/model/team.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"
#include "relay/store/query.h"
#include "relay/store/usages.h"

/* ---- routes ---- */

static const char *const fate_names[] = {
	[ROUTE_REFUSED] = "refused",
	[ROUTE_TELLS] = "tells",
	[ROUTE_DIGESTS] = "digests",
	[ROUTE_TOLD_ALREADY] = "told_already",
	[ROUTE_STOPPED] = "stopped",
	[ROUTE_TEAM_LEFT_OUT] = "team_left_out",
	[ROUTE_UNOWNED_LEFT_OUT] = "unowned_left_out",
};

static const char *const audience_names[] = {
	[AUDIENCE_EVERYONE] = "everyone",
	[AUDIENCE_TEAM] = "team",
	[AUDIENCE_UNOWNED] = "unowned",
};

static json_t *
step_of(const struct route_step *step)
{
	bool has_audience = step->fate != ROUTE_REFUSED;

	return json_pack("{s:s, s:s?, s:s?, s:s?, s:s?, s:s?}", "fate", fate_names[step->fate],
	                 "key", step->key, "audience",
	                 has_audience ? audience_names[step->audience] : NULL, "team", step->team,
	                 "sink", step->sink != NULL ? step->sink->name : NULL, "by",
	                 step->by != NULL ? step->by->name : NULL);
}

static bool
holds(const json_t *steps, const json_t *step)
{
	const json_t *one;
	size_t i;

	json_array_foreach(steps, i, one) if (json_equal(one, step)) return true;
	return false;
}

/* [{route, matches, steps: [...]}], in the order of the config. */
static void
on_step(const struct route_step *step, void *routes)
{
	json_t *last = json_array_get(routes, json_array_size(routes) - 1);
	const char *name = json_text_at(last, "route");
	json_t *one = step_of(step), *steps;

	if (name == NULL || strcmp(name, step->route->name) != 0) {
		last = json_pack("{s:s, s:b, s:[]}", "route", step->route->name, "matches",
		                 step->fate != ROUTE_REFUSED, "steps");
		json_array_append_new(routes, last);
	}
	steps = json_object_get(last, "steps");
	if (!holds(steps, one))
		json_array_append(steps, one);
	json_decref(one);
}

void
dryrun_routed(void *arg, const struct incident *incident, const struct route_facts *facts)
{
	struct dryrun *d = arg;
	json_t *before = json_object_get(d->announced, incident->id);
	int64_t revision = before != NULL ? json_int_at(before, "revision", 0) : incident->revision;
	json_t *routes = json_array();

	route_trace(d->conf, facts, on_step, routes);
	json_object_set_new(
		d->announced, incident->id,
		json_pack("{s:I, s:o}", "revision", (json_int_t)revision, "routes", routes));
}

/* ---- workspaces ---- */

/* The rule that links them, where nothing but a rule says so; a new reference. */
static json_t *
rule_of(const struct conf *conf, const struct bucket_list *buckets, const struct incident_row *row)
{
	const struct workspace workspace = {
		.key = row->workspace_key, .name = row->name, .organization = row->organization};
	const struct conf_rule *rule = NULL;

	if (row->bucket_key != NULL && row->name != NULL && row->organization != NULL &&
	    row->evidence == EVIDENCE_RULE)
		rule = plan_rule_between(conf, buckets, row->bucket_key, &workspace);
	if (rule == NULL)
		return json_null();
	return json_pack("{s:I, s:s, s:s, s:s?}", "number",
	                 (json_int_t)(rule - conf_item(conf->correlate, struct conf_rule, 0)) + 1,
	                 "bucket", rule->bucket, "workspace", rule->workspace, "channel",
	                 rule->channel);
}

static json_t *
usage_document(const struct usage *usage)
{
	json_t *out = json_object();

	json_object_set_new(out, "external_identifier",
	                    json_text_or_null(usage->external_identifier[0] != '\0'
	                                              ? usage->external_identifier
	                                              : NULL));
	json_object_set_new(out, "region", json_text_or_null(usage->region));
	json_object_set_new(out, "address", json_text_or_null(usage->address));
	json_object_set_new(out, "instances", json_integer(usage->instances));
	json_object_set_new(out, "planned_by",
	                    json_text_or_null(usage->run[0] != '\0' ? usage->run : NULL));
	json_object_set_new(out, "seen_at", json_time_or_null(usage->seen_at));
	return out;
}

/* What a plan or a state said of the image that the row is about: how it is known. */
static int
usages_of_row(struct dryrun *d, const struct incident_row *row, json_t **out, struct err *err)
{
	struct usage_list usages = {0};
	int rc = 0;

	*out = json_array();
	if (row->evidence != EVIDENCE_RULE && row->workspace_key != NULL)
		rc = usages_of(d->db, row->workspace_key, &usages, err);
	for (size_t i = 0; i < usages.count && json_array_size(*out) < DOCUMENT_IMAGES_MAX; i++) {
		const struct usage *usage = &usages.items[i];

		if (*row->bucket_key != '\0' && strcmp(usage->bucket_key, row->bucket_key) == 0 &&
		    (usage->fingerprint[0] == '\0' ||
		     strcmp(usage->fingerprint, row->fingerprint) == 0))
			json_array_append_new(*out, usage_document(usage));
	}
	usage_list_fini(&usages);
	return rc;
}

/* Fills workspaces and more. */
static int
add_workspaces(struct dryrun *d, const char *id, json_t *out, struct err *err)
{
	struct bucket_list buckets = {0};
	struct incident_rows rows = {0};
	json_t *list = json_array();
	int rc = incidents_rows(d->db, id, &rows, err);

	if (rc == 0)
		rc = catalog_buckets(d->db, &buckets, err);
	team_of_rows(d->conf, &rows);
	for (size_t i = 0; rc == 0 && i < rows.count && i < DOCUMENT_WORKSPACES_MAX; i++) {
		json_t *row = document_row(d->conf, &rows.items[i]), *usages;

		rc = usages_of_row(d, &rows.items[i], &usages, err);
		json_object_set_new(row, "usages", usages);
		json_object_set_new(row, "rule", rule_of(d->conf, &buckets, &rows.items[i]));
		json_array_append_new(list, row);
	}
	json_object_set_new(out, "more",
	                    json_integer((json_int_t)(rows.count - json_array_size(list))));
	json_object_set_new(out, "workspaces", list);
	bucket_list_fini(&buckets);
	incident_rows_fini(&rows);
	return rc;
}

/* ---- the incident ---- */

/* The lines that this event wrote. */
static json_t *
reasons(const json_t *timeline, const char *event_id)
{
	json_t *out = json_array();
	const json_t *line;
	size_t i;

	json_array_foreach(timeline, i, line)
	{
		const char *event = json_text_at(line, "event");

		if (event != NULL && strcmp(event, event_id) == 0)
			json_array_append(out, json_object_get(line, "what"));
	}
	return out;
}

static const char *
change_of(const json_t *incident, int64_t revision)
{
	const char *status = json_text_at(incident, "status");

	if (revision == 1)
		return "opened";
	return status != NULL && strcmp(status, "resolved") == 0 ? "resolved" : "changed";
}

static int
add_incident(struct dryrun *d, const char *id, const json_t *announced, const char *event_id,
             json_t *list, struct err *err)
{
	json_t *incident, *one = json_object();

	if (query_incident(d->db, d->conf, id, &incident, err) != 0 ||
	    add_workspaces(d, id, one, err) != 0) {
		json_decref(one);
		return -1;
	}
	json_object_set_new(
		one, "change",
		json_string(change_of(incident, json_int_at(announced, "revision", 0))));
	json_object_set_new(one, "why", reasons(json_object_get(incident, "timeline"), event_id));
	json_object_set(one, "title", json_object_get(incident, "title"));
	json_object_set(one, "routes", json_object_get(announced, "routes"));
	json_object_del(incident, "timeline");
	json_object_del(incident, "notifications");
	json_object_del(incident, "workspaces");
	json_object_set_new(one, "incident", incident);
	json_array_append_new(list, one);
	return 0;
}

int
dryrun_incidents(struct dryrun *d, const char *event_id, json_t **out, struct err *err)
{
	const char *id;
	json_t *announced;

	*out = json_array();
	json_object_foreach(d->announced, id, announced)
	{
		if (add_incident(d, id, announced, event_id, *out, err) != 0) {
			json_decref(*out);
			*out = NULL;
			return -1;
		}
	}
	return 0;
}
