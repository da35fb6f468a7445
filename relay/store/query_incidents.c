/*
 * query_incidents.c - incidents, with their image, rows, timeline and
 * notifications.
 */
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/document.h"
#include "relay/model/kind.h"
#include "relay/model/team.h"
#include "relay/store/catalog.h"
#include "relay/store/query_part.h"

/* The columns of QUERY_INCIDENT_FROM. */
enum {
	COL_ID,
	COL_KEY,
	COL_KIND,
	COL_PHASE,
	COL_STATUS,
	COL_SEVERITY,
	COL_TITLE,
	COL_OPENED_AT,
	COL_UPDATED_AT,
	COL_RESOLVED_AT,
	COL_IMAGE_KEY,
	COL_WORKSPACE_KEY,
	COL_DETAIL,
	COL_BUCKET,
	COL_WORKSPACE,
	COL_ACK_BY,
	COL_ACK_COMMENT,
	COL_ACK_UNTIL,
	COL_PROJECT,
	COL_TAGS
};

/* A word of a closed enum; another one counts as the first. */
static int
word(const char *const *names, int count, const char *value)
{
	int known = name_index(names, count, value);

	return known < 0 ? 0 : known;
}

struct incident_want {
	const struct conf *conf;
	const char *team; /* NULL = any */
};

/* What the catalog does not know is taken from what the incident kept. */
static void
add_hints(json_t *image, const json_t *hints)
{
	const char *name;
	json_t *known, *value;

	json_object_foreach(image, name, known)
	{
		value = json_object_get(hints, name);
		if (value &&
		    (json_is_null(known) ||
		     (json_is_array(known) && json_array_size(known) == 0 && json_is_array(value))))
			json_object_set(image, name, value);
	}
}

static int
image_of(struct db *db, struct db_row *row, json_t **out, struct err *err)
{
	const char *key = db_text(row, COL_IMAGE_KEY), *text = db_text(row, COL_DETAIL);
	json_t *detail = text ? json_loads(text, 0, NULL) : NULL;
	json_t *hints = json_object_get(detail, "image"),
	       *replacement = json_object_get(detail, "replacement");
	int rc = 0;

	*out = NULL;
	if (key)
		rc = query_image(db, key, replacement, out, err);
	if (rc == 0 && !*out && json_is_object(hints)) {
		*out = image_unknown();
		if (replacement)
			json_object_set(*out, "replacement", replacement);
	}
	if (*out && json_is_object(hints))
		add_hints(*out, hints);
	json_decref(detail);
	return rc;
}

static int
counts_of(struct db *db, const char *incident, json_t **out, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUERY_INCIDENT_COUNTS, "t", incident);
	struct incident_counts counts = {.total = 0};
	int64_t *const states[] = {
		[ROW_AFFECTED] = &counts.affected,
		[ROW_MOVED] = &counts.moved,
		[ROW_GONE] = &counts.gone,
	};
	int rc, state;

	while ((rc = db_step(row, err)) == 1) {
		state = name_index(row_state_names, COUNT(states), db_text(row, 0));
		if (state < 0)
			continue;
		*states[state] += db_int(row, 2);
		counts.total += db_int(row, 2);
		if (state == ROW_AFFECTED && strcmp(db_text(row, 1), "possible") == 0)
			counts.possible += db_int(row, 2);
	}
	db_end(row);
	*out = rc < 0 ? NULL : document_counts(&counts);
	return rc < 0 ? -1 : 0;
}

/* workspace_key, bucket_key, fingerprint, version, channel, state, certainty,
 * evidence, id, name, organization, url, drifted, project, tags, planned */
static int
row_item(struct db *db, struct db_row *row, const void *arg, json_t **item, struct err *err)
{
	/* A document only reads: the text may stay the row's. */
	const struct incident_row borrowed = {
		.workspace_key = (char *)db_text(row, 0),
		.bucket_key = (char *)db_text(row, 1),
		.fingerprint = (char *)any(db_text(row, 2)),
		.version = (char *)db_text(row, 3),
		.channel = (char *)db_text(row, 4),
		.state = (enum row_state)word(row_state_names, ROW_GONE + 1, db_text(row, 5)),
		.known = strcmp(db_text(row, 6), "known") == 0,
		.evidence =
			(enum evidence)word(evidence_names, EVIDENCE_STATE + 1, db_text(row, 7)),
		.workspace_id = (char *)db_text(row, 8),
		.name = (char *)db_text(row, 9),
		.organization = (char *)db_text(row, 10),
		.url = (char *)db_text(row, 11),
		.drifted = db_int(row, 12) != 0,
		.project = (char *)db_text(row, 13),
		.tags = (char *)db_text(row, 14),
		.planned = db_int(row, 15) != 0,
	};

	(void)db;
	(void)err;
	*item = document_row(arg, &borrowed);
	return 0;
}

/* `project` is that column; the tags' follows it. */
static const char *
team_of_marks(const struct conf *conf, struct db_row *row, int name, int project)
{
	return team_of_workspace(conf, &(struct workspace_marks){db_text(row, name),
	                                                         db_text(row, project),
	                                                         db_text(row, project + 1)});
}

/* Is one of the affected workspaces, or their bucket, the team's? */
static int
rows_owned(struct db *db, const struct incident_want *want, const char *incident, bool *owned,
           struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUERY_INCIDENT_OWNERS, "t", incident);
	const char *team;
	int rc = 0;

	while (!*owned && (rc = db_step(row, err)) == 1) {
		team = team_of_marks(want->conf, row, 0, 1);
		*owned = team && strcmp(team, want->team) == 0;
		team = db_text(row, 3) ? team_of_bucket(want->conf, db_text(row, 3)) : NULL;
		*owned |= team && strcmp(team, want->team) == 0;
	}
	db_end(row);
	return *owned || rc == 0 ? 0 : -1;
}

static int
of_team(struct db *db, struct db_row *row, const struct incident_want *want, bool *is,
        struct err *err)
{
	const char *bucket = db_text(row, COL_BUCKET);
	const char *team = bucket ? team_of_bucket(want->conf, bucket) : NULL;
	int64_t told;

	*is = !want->team || (team && strcmp(team, want->team) == 0);
	team = team_of_marks(want->conf, row, COL_WORKSPACE, COL_PROJECT);
	if (*is || (team && strcmp(team, want->team) == 0)) {
		*is = true;
		return 0;
	}
	told = db_number(db, err, 0, ST_QUERY_INCIDENT_TOLD, "tt", db_text(row, COL_ID),
	                 want->team);
	if (told < 0)
		return -1;
	*is = told > 0;
	return rows_owned(db, want, db_text(row, COL_ID), is, err);
}

static int
incident_item(struct db *db, struct db_row *row, const void *arg, json_t **item, struct err *err)
{
	static const struct {
		const char *name;
		int column;
	} texts[] = {
		{"id", COL_ID},       {"key", COL_KEY},       {"kind", COL_KIND},
		{"phase", COL_PHASE}, {"status", COL_STATUS}, {"severity", COL_SEVERITY},
		{"title", COL_TITLE},
	};
	json_t *incident, *image = NULL, *counts = NULL;
	bool wanted;

	if (of_team(db, row, arg, &wanted, err) < 0)
		return -1;
	if (!wanted)
		return 0;
	if (image_of(db, row, &image, err) < 0 ||
	    counts_of(db, db_text(row, COL_ID), &counts, err) < 0) {
		json_decref(image);
		return -1;
	}
	incident = json_object();
	for (size_t i = 0; i < COUNT(texts); i++)
		put_text(incident, texts[i].name, db_text(row, texts[i].column));
	put_time(incident, "opened_at", db_int(row, COL_OPENED_AT));
	put_time(incident, "updated_at", db_int(row, COL_UPDATED_AT));
	put_time(incident, "resolved_at", db_int(row, COL_RESOLVED_AT));
	json_object_set_new(incident, "acknowledged",
	                    document_acknowledged(db_text(row, COL_ACK_BY),
	                                          db_text(row, COL_ACK_COMMENT),
	                                          db_int(row, COL_ACK_UNTIL)));
	json_object_set_new(incident, "image", image ? image : json_null());
	json_object_set_new(incident, "workspace_counts", counts);
	*item = incident;
	return 0;
}

int
query_incidents(struct db *db, const struct conf *conf, const struct incident_filter *filter,
                const struct query_page *page, json_t **out, struct err *err)
{
	const struct incident_want want = {.conf = conf, .team = filter->team};
	int64_t scan = filter->team ? QUERY_SCAN_MAX : page->limit;
	struct db_row *row =
		db_bind(db, filter->status ? ST_QUERY_INCIDENTS_STATUS : ST_QUERY_INCIDENTS,
	                "ttttti", page->after ? page->after : "~", any(filter->status),
	                any(filter->kind), any(filter->bucket), any(filter->workspace), scan + 1);

	return query_list(db, row, page->limit, scan, incident_item, &want, out, err);
}

/* seq, at, what, event: the newest comes first and is put last */
static int
timeline_of(struct db *db, const char *incident, json_t *timeline, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUERY_INCIDENT_TIMELINE, "ti", incident,
	                             (int64_t)QUERY_TIMELINE_MAX);
	json_t *item;
	int rc;

	while ((rc = db_step(row, err)) == 1) {
		item = json_object();
		put_time(item, "at", db_int(row, 1));
		put_text(item, "what", db_text(row, 2));
		put_text(item, "event", db_text(row, 3));
		json_array_insert_new(timeline, 0, item);
	}
	db_end(row);
	return rc;
}

static int
notification_item(struct db *db, struct db_row *row, const void *arg, json_t **item,
                  struct err *err)
{
	(void)db;
	(void)arg;
	(void)err;
	*item = json_object();
	put_text(*item, "id", db_text(row, 0));
	put_text(*item, "team", db_text(row, 1));
	put_number(*item, "revision", db_int(row, 2));
	return 0;
}

/* The one row of kinds that are about a workspace and list no affected ones. */
static int
own_workspace(struct db *db, const struct conf *conf, const char *key, json_t *rows,
              struct err *err)
{
	struct workspace workspace;
	int rc = catalog_workspace(db, key, &workspace, err);

	if (rc == 1) {
		const struct incident_row row = {
			.fingerprint = (char *)"",
			.state = workspace.gone_at ? ROW_GONE : ROW_AFFECTED,
			.known = true,
			.workspace_id = workspace.id,
			.name = workspace.name,
			.organization = workspace.organization,
			.url = workspace.url,
			.project = workspace.project,
			.tags = workspace.tags,
			.drifted = workspace.drifted,
		};

		json_array_append_new(rows, document_row(conf, &row));
	}
	workspace_fini(&workspace);
	return rc < 0 ? -1 : 0;
}

static int
add_parts(struct db *db, const struct conf *conf, struct db_row *row, json_t *incident,
          struct err *err)
{
	const char *id = db_text(row, COL_ID), *workspace = db_text(row, COL_WORKSPACE_KEY);
	json_t *rows = json_array(), *timeline = json_array(), *notifications = json_array();

	json_object_set_new(incident, "workspaces", rows);
	json_object_set_new(incident, "timeline", timeline);
	json_object_set_new(incident, "notifications", notifications);
	if (query_append(
		    db,
		    db_bind(db, ST_QUERY_INCIDENT_ROWS, "ti", id, (int64_t)QUERY_WORKSPACES_MAX),
		    row_item, conf, rows, err) < 0)
		return -1;
	if (json_array_size(rows) == 0 && workspace &&
	    own_workspace(db, conf, workspace, rows, err) < 0)
		return -1;
	if (timeline_of(db, id, timeline, err) < 0)
		return -1;
	return query_append(
		db,
		db_bind(db, ST_QUERY_INCIDENT_NOTIFICATIONS, "ti", id, (int64_t)QUERY_LIMIT_MAX),
		notification_item, NULL, notifications, err);
}

int
query_incident(struct db *db, const struct conf *conf, const char *id, json_t **out,
               struct err *err)
{
	const struct incident_want want = {.conf = conf};
	struct db_row *row = db_bind(db, ST_QUERY_INCIDENT, "t", id);
	json_t *incident = NULL;
	int rc = db_step(row, err);

	*out = NULL;
	if (rc == 1) {
		rc = incident_item(db, row, &want, &incident, err);
		if (rc == 0)
			rc = add_parts(db, conf, row, incident, err);
	}
	db_end(row);
	if (rc < 0)
		json_decref(incident);
	else
		*out = incident;
	return rc;
}
