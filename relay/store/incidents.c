#include "relay/store/incidents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

#define CAUSE_MS (5 * INT64_C(60000)) /* so far from the first of a cause */

void
incident_list_fini(struct incident_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		incident_fini(&list->items[i]);
	free(list->items);
	*list = (struct incident_list){0};
}

static char *
text(struct db_row *row, int column)
{
	return mem_str(db_text(row, column));
}

/* A word of a closed enum; a store that holds another was written by someone else. */
static int
word(const char *const *names, int count, const char *value)
{
	int i = name_index(names, count, value);

	return i >= 0 ? i : 0;
}

static void
read_incident(struct db_row *row, struct incident *incident)
{
	const char *detail = db_text(row, 15), *status = db_text(row, 4);

	*incident = (struct incident){
		.key = text(row, 1),
		.kind = (enum incident_kind)word(incident_kind_names, KIND_COUNT, db_text(row, 2)),
		.phase = (enum phase)word(phase_names, PHASE_COUNT, db_text(row, 3)),
		.open = status != NULL && strcmp(status, "open") == 0,
		.severity =
			(enum severity)word(severity_names, SEVERITY_CRITICAL + 1, db_text(row, 5)),
		.title = text(row, 6),
		.revision = db_int(row, 7),
		.opened_at = db_int(row, 8),
		.updated_at = db_int(row, 9),
		.resolved_at = db_int(row, 10),
		.bucket_key = text(row, 11),
		.image_key = text(row, 12),
		.channel = text(row, 13),
		.workspace_key = text(row, 14),
		.ack_by = text(row, 16),
		.ack_comment = text(row, 17),
		.ack_until = db_int(row, 18),
		.detail = detail != NULL ? json_loads(detail, 0, NULL) : NULL,
	};
	snprintf(incident->id, sizeof(incident->id), "%s", db_text(row, 0));
	if (db_text(row, 19) != NULL)
		snprintf(incident->lead_id, sizeof(incident->lead_id), "%s", db_text(row, 19));
	if (incident->detail == NULL)
		incident->detail = json_object();
}

static int
read_one(struct db_row *row, struct incident *incident, struct err *err)
{
	int rc = db_step(row, err);

	*incident = (struct incident){0};
	if (rc == 1)
		read_incident(row, incident);
	db_end(row);
	return rc;
}

int
incidents_open(struct db *db, const char *key, struct incident *incident, struct err *err)
{
	return read_one(db_bind(db, ST_INCIDENT_OPEN, "t", key), incident, err);
}

int
incidents_by_id(struct db *db, const char *id, struct incident *incident, struct err *err)
{
	return read_one(db_bind(db, ST_INCIDENT_BY_ID, "t", id), incident, err);
}

int
incidents_last(struct db *db, const char *key, struct incident *incident, struct err *err)
{
	return read_one(db_bind(db, ST_INCIDENT_LAST, "t", key), incident, err);
}

static int
read_list(struct db_row *row, struct incident_list *list, struct err *err)
{
	int rc;

	*list = (struct incident_list){0};
	while ((rc = db_step(row, err)) == 1) {
		list->items = mem_grow(list->items, list->count + 1, sizeof(*list->items));
		read_incident(row, &list->items[list->count++]);
	}
	db_end(row);
	return rc;
}

int
incidents_all_open(struct db *db, const char *after, int limit, struct incident_list *list,
                   struct err *err)
{
	return read_list(db_bind(db, ST_INCIDENTS_ALL_OPEN, "ti", after, (int64_t)limit), list,
	                 err);
}

int
incidents_resolved_since(struct db *db, int64_t since, struct incident_list *list, struct err *err)
{
	return read_list(db_bind(db, ST_INCIDENTS_RESOLVED_SINCE, "i", since), list, err);
}

int
incidents_of_bucket(struct db *db, const char *bucket_key, enum incident_kind kind,
                    struct incident_list *list, struct err *err)
{
	return read_list(
		db_bind(db, ST_INCIDENTS_OF_BUCKET, "tt", bucket_key, incident_kind_names[kind]),
		list, err);
}

int
incidents_open_of(struct db *db, enum incident_kind kind, struct incident_list *list,
                  struct err *err)
{
	return read_list(db_bind(db, ST_INCIDENTS_OPEN_KIND, "t", incident_kind_names[kind]), list,
	                 err);
}

int
incidents_listing(struct db *db, const char *workspace_key, struct incident_list *list,
                  struct err *err)
{
	return read_list(db_bind(db, ST_INCIDENTS_OF_ROW, "t", workspace_key), list, err);
}

int
incidents_about(struct db *db, const char *workspace_key, struct incident_list *list,
                struct err *err)
{
	return read_list(db_bind(db, ST_INCIDENTS_OF_WORKSPACE, "t", workspace_key), list, err);
}

int
incidents_add(struct db *db, const struct incident *i, struct err *err)
{
	char *detail = json_dumps(i->detail, JSON_COMPACT);
	int64_t n = db_run(db, err, ST_INCIDENT_ADD, "tttttttiiiztttttttz", i->id, i->key,
	                   incident_kind_names[i->kind], phase_names[i->phase],
	                   i->open ? "open" : "resolved", severity_names[i->severity], i->title,
	                   i->revision, i->opened_at, i->updated_at, i->resolved_at, i->bucket_key,
	                   i->image_key, i->channel, i->workspace_key, detail,
	                   i->lead_id[0] != '\0' ? i->lead_id : NULL, i->cause, i->cause_at);

	free(detail);
	return n < 0 ? -1 : 0;
}

int
incidents_lead(struct db *db, const char *cause, int64_t at, char id[ID_SIZE], struct err *err)
{
	struct db_row *row =
		db_bind(db, ST_INCIDENT_LEAD, "tii", cause, at - CAUSE_MS, at + CAUSE_MS);
	int rc = db_step(row, err);

	if (rc == 1)
		snprintf(id, ID_SIZE, "%s", db_text(row, 0));
	db_end(row);
	return rc;
}

int64_t
incidents_led_count(struct db *db, const char *lead_id, int64_t max, struct err *err)
{
	return db_number(db, err, 0, ST_INCIDENTS_LED_COUNT, "ti", lead_id, max);
}

int
incidents_led(struct db *db, const char *lead_id, struct incident_list *list, struct err *err)
{
	return read_list(db_bind(db, ST_INCIDENTS_LED, "t", lead_id), list, err);
}

int
incidents_update(struct db *db, const struct incident *i, struct err *err)
{
	char *detail = json_dumps(i->detail, JSON_COMPACT);
	int64_t n = db_run(db, err, ST_INCIDENT_SET, "tttttiiztt", i->id, phase_names[i->phase],
	                   i->open ? "open" : "resolved", severity_names[i->severity], i->title,
	                   i->revision, i->updated_at, i->resolved_at, i->image_key, detail);

	free(detail);
	return n < 0 ? -1 : 0;
}

int
incidents_acknowledge(struct db *db, const struct incident *i, struct err *err)
{
	return db_run(db, err, ST_INCIDENT_ACK, "tttz", i->id, i->ack_by, i->ack_comment,
	              i->ack_until) < 0
	               ? -1
	               : 0;
}

static int
read_rows(struct db_row *row, bool of_several, struct incident_rows *rows, struct err *err)
{
	int rc;

	*rows = (struct incident_rows){0};
	while ((rc = db_step(row, err)) == 1) {
		const char *certainty = db_text(row, 6);

		rows->items = mem_grow(rows->items, rows->count + 1, sizeof(*rows->items));
		rows->items[rows->count++] = (struct incident_row){
			.workspace_key = text(row, 0),
			.bucket_key = text(row, 1),
			.fingerprint = text(row, 2),
			.version = text(row, 3),
			.channel = text(row, 4),
			.state = (enum row_state)word(row_state_names, ROW_GONE + 1,
		                                      db_text(row, 5)),
			.known = certainty != NULL && strcmp(certainty, "known") == 0,
			.evidence = (enum evidence)word(evidence_names, EVIDENCE_STATE + 1,
		                                        db_text(row, 7)),
			.workspace_id = text(row, 8),
			.name = text(row, 9),
			.organization = text(row, 10),
			.url = text(row, 11),
			.drifted = db_int(row, 12) != 0,
			.project = text(row, 13),
			.tags = text(row, 14),
			.planned = db_int(row, 15) != 0,
		};
		if (of_several)
			snprintf(rows->items[rows->count - 1].incident_id, ID_SIZE, "%s",
			         db_text(row, 16));
	}
	db_end(row);
	return rc;
}

int
incidents_rows(struct db *db, const char *incident_id, struct incident_rows *rows, struct err *err)
{
	return read_rows(db_bind(db, ST_INCIDENT_ROWS, "t", incident_id), false, rows, err);
}

int
incidents_rows_led(struct db *db, const char *lead_id, struct incident_rows *rows, struct err *err)
{
	return read_rows(db_bind(db, ST_INCIDENT_ROWS_LED, "t", lead_id), true, rows, err);
}

int
incidents_rows_of(struct db *db, const char *incident_id, const char *workspace_key,
                  struct incident_rows *rows, struct err *err)
{
	return read_rows(db_bind(db, ST_INCIDENT_ROWS_OF, "tt", incident_id, workspace_key), false,
	                 rows, err);
}

int
incidents_row_put(struct db *db, const char *incident_id, const struct incident_row *row,
                  struct err *err)
{
	return db_run(db, err, ST_INCIDENT_ROW_PUT, "ttttttttti", incident_id, row->workspace_key,
	              row->bucket_key, row->fingerprint, row->version, row->channel,
	              row_state_names[row->state], row->known ? "known" : "possible",
	              evidence_names[row->evidence], (int64_t)row->planned) < 0
	               ? -1
	               : 0;
}

int
incidents_row_drop(struct db *db, const char *incident_id, const struct incident_row *row,
                   struct err *err)
{
	return db_run(db, err, ST_INCIDENT_ROW_DROP, "ttt", incident_id, row->workspace_key,
	              row->bucket_key) < 0
	               ? -1
	               : 0;
}

int
incidents_rows_drop(struct db *db, const char *incident_id, struct err *err)
{
	return db_run(db, err, ST_INCIDENT_ROWS_DROP, "t", incident_id) < 0 ? -1 : 0;
}

int
incidents_revoked_image(struct db *db, const char *workspace_key, const char *bucket_key,
                        char **image_key, struct err *err)
{
	struct db_row *row = db_bind(db, ST_REVOKED_ROW, "tt", workspace_key, bucket_key);
	int rc = db_step(row, err);

	*image_key = rc == 1 ? text(row, 0) : NULL;
	db_end(row);
	return rc;
}

int
incidents_runs_revoked(struct db *db, const char *workspace_key, struct err *err)
{
	int64_t n = db_number(db, err, 0, ST_REVOKED_NOW, "t", workspace_key);

	return n < 0 ? -1 : n > 0;
}

int
incidents_note(struct db *db, const char *incident_id, int64_t at, const char *what,
               const char *event_id, struct err *err)
{
	int64_t seq = db_number(db, err, 1, ST_TIMELINE_NEXT, "t", incident_id);

	if (seq < 0)
		return -1;
	return db_run(db, err, ST_TIMELINE_ADD, "tiitt", incident_id, at, seq, what, event_id) < 0
	               ? -1
	               : 0;
}

static bool
listed(const json_t *list, const char *id)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), id) == 0)
			return true;
	return false;
}

int
incidents_events(struct db *db, const char *incident_id, bool led, size_t max, json_t **out,
                 size_t *total, struct err *err)
{
	struct db_row *row =
		db_bind(db, led ? ST_TIMELINE_EVENTS_LED : ST_TIMELINE_EVENTS, "t", incident_id);
	int64_t count;
	int rc = 0;

	*out = json_array();
	*total = 0;
	/* One event may leave several lines. */
	while (json_array_size(*out) < max && (rc = db_step(row, err)) == 1)
		if (!listed(*out, db_text(row, 0)))
			json_array_append_new(*out, json_string(db_text(row, 0)));
	db_end(row);
	if (rc < 0)
		return -1;
	count = db_number(db, err, 0, led ? ST_TIMELINE_EVENTS_LED_COUNT : ST_TIMELINE_EVENTS_COUNT,
	                  "t", incident_id);
	*total = count > 0 ? (size_t)count : 0;
	return count < 0 ? -1 : 0;
}

int64_t
incidents_odd_events(struct db *db, const char *source, const char *kind, int64_t max,
                     struct err *err)
{
	return db_number(db, err, 0, ST_ODD_EVENTS_LEFT, "tti", source, kind, max);
}
