/*
 * query_status.c - the relay at a glance: what is open, what waits, what no
 * rule matches.
 */
#include "relay/base/mem.h"
#include "relay/source/api.h"
#include "relay/store/query_part.h"
#include "relay/store/readings.h"
#include "relay/store/sweeps.h"

/* Sets object[name] to the number of a count(*) statement. */
static int
put_count(struct db *db, json_t *object, const char *name, enum statement statement,
          struct err *err)
{
	struct db_row *row = db_bind(db, statement, "");
	int rc = db_step(row, err);

	if (rc == 1)
		put_number(object, name, db_int(row, 0));
	db_end(row);
	return rc < 0 ? -1 : 0;
}

static int
open_incidents(struct db *db, json_t *status, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUERY_OPEN_KINDS, "");
	json_t *incidents = json_object(), *kinds = json_object();
	int64_t open = 0;
	int rc;

	json_object_set_new(status, "incidents", incidents);
	while ((rc = db_step(row, err)) == 1) {
		put_number(kinds, db_text(row, 0), db_int(row, 1));
		open += db_int(row, 1);
	}
	db_end(row);
	put_number(incidents, "open", open);
	json_object_set_new(incidents, "kinds", kinds);
	return rc;
}

static int
count_state(struct db *db, const char *state, int64_t *count, struct err *err)
{
	*count = db_number(db, err, 0, ST_QUERY_QUEUE_COUNT, "t", state);
	return *count < 0 ? -1 : 0;
}

static int
queue_depth(struct db *db, json_t *status, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUERY_QUEUE_PENDING, "");
	json_t *queue = json_object();
	int64_t pending = 0, blocked = 0, claimed, dead;
	int rc;

	json_object_set_new(status, "queue", queue);
	while ((rc = db_step(row, err)) == 1)
		*(db_int(row, 0) ? &blocked : &pending) += db_int(row, 1);
	db_end(row);
	if (rc < 0 || count_state(db, "claimed", &claimed, err) < 0 ||
	    count_state(db, "dead", &dead, err) < 0)
		return -1;
	put_number(queue, "pending", pending + claimed);
	put_number(queue, "blocked", blocked);
	put_number(queue, "dead", dead);
	return 0;
}

static int
odd_events(struct db *db, json_t *status, struct err *err)
{
	json_t *events = json_object();
	struct db_row *row;
	int rc;

	json_object_set_new(status, "events", events);
	put_number(events, "pending", metric_get(METRIC_EVENTS_PENDING)); /* some have no row */
	put_number(events, "unknown", 0);
	put_number(events, "parked", 0);
	row = db_bind(db, ST_QUERY_EVENTS_ODD_COUNT, "");
	while ((rc = db_step(row, err)) == 1)
		put_number(events, db_text(row, 0), db_int(row, 1));
	db_end(row);
	return rc;
}

/* How far the listing of its organization's workspaces has come.  Those of which
 * the state is still to be read are not done with. */
static int
put_sweep(struct db *db, json_t *item, const struct conf_source *source, struct err *err)
{
	struct sweep sweep;
	int found = sweep_get(db, source->name, &sweep, err);
	int64_t left =
		found == 1 ? readings_waiting(db, READING_STATE, source->name, INT64_MAX, err) : 0;
	json_t *out = found == 1 ? json_object() : json_null();

	if (found == 1) {
		put_text(out, "step", sweep_step_names[sweep.step]);
		put_number(out, "workspaces", sweep.seen > left ? sweep.seen - left : 0);
		json_object_set_new(out, "total",
		                    sweep.total >= 0 ? json_integer(sweep.total) : json_null());
		put_time(out, "started_at", sweep.started_at);
		put_time(out, "ended_at", sweep.ended_at);
		put_text(out, "problem", sweep.problem);
	}
	json_object_set_new(item, "sweep", out);
	sweep_fini(&sweep);
	return found < 0 || left < 0 ? -1 : 0;
}

static int
put_api(struct db *db, json_t *item, const struct conf_source *source, struct err *err)
{
	const struct api_options *options = source_api(source);
	json_t *api = options != NULL ? json_object() : json_null();

	json_object_set_new(item, "api", api);
	if (options == NULL)
		return 0;
	put_text(api, "url", options->url);
	put_text(api, "organization", options->organization);
	return put_sweep(db, api, source, err);
}

static int
sources_of(struct db *db, const struct conf *conf, json_t *status, struct err *err)
{
	json_t *sources = json_array(), *item;

	json_object_set_new(status, "sources", sources);
	for (size_t i = 0; i < conf->sources.count; i++) {
		const struct conf_source *source = conf_item(conf->sources, struct conf_source, i);
		struct db_row *row = db_bind(db, ST_QUERY_SOURCE_LAST, "t", source->name);
		int rc = db_step(row, err);

		item = json_object();
		put_text(item, "name", source->name);
		put_text(item, "kind", source->kind->name);
		put_time(item, "last_event_at", rc == 1 ? db_int(row, 0) : 0);
		json_array_append_new(sources, item);
		db_end(row);
		if (rc < 0 || put_api(db, item, source, err) < 0)
			return -1;
	}
	return 0;
}

static int
loose_bucket(struct db *db, struct db_row *row, const void *arg, json_t **item, struct err *err)
{
	(void)db;
	(void)arg;
	(void)err;
	*item = json_object();
	put_text(*item, "organization_id", db_text(row, 1));
	put_text(*item, "project_id", db_text(row, 2));
	put_text(*item, "bucket", db_text(row, 3));
	return 0;
}

static int
loose_workspace(struct db *db, struct db_row *row, const void *arg, json_t **item, struct err *err)
{
	(void)db;
	(void)arg;
	(void)err;
	*item = json_object();
	put_text(*item, "organization", db_text(row, 1));
	put_text(*item, "name", db_text(row, 2));
	put_text(*item, "id", db_text(row, 3));
	return 0;
}

static const struct {
	const char *name;
	enum statement list, count;
	query_item_fn *make;
} loose_kinds[] = {
	{"buckets", ST_QUERY_LOOSE_BUCKETS, ST_QUERY_LOOSE_BUCKETS_COUNT, loose_bucket},
	{"workspaces", ST_QUERY_LOOSE_WORKSPACES, ST_QUERY_LOOSE_WORKSPACES_COUNT, loose_workspace},
};

static int
unmatched(struct db *db, json_t *status, struct err *err)
{
	json_t *all = json_object(), *part, *items;

	json_object_set_new(status, "unmatched", all);
	for (size_t i = 0; i < COUNT(loose_kinds); i++) {
		part = json_object();
		items = json_array();
		json_object_set_new(all, loose_kinds[i].name, part);
		if (put_count(db, part, "count", loose_kinds[i].count, err) < 0) {
			json_decref(items);
			return -1;
		}
		json_object_set_new(part, "items", items);
		if (query_append(
			    db, db_bind(db, loose_kinds[i].list, "i", (int64_t)QUERY_UNMATCHED_MAX),
			    loose_kinds[i].make, NULL, items, err) < 0)
			return -1;
	}
	return 0;
}

static int
coverage(struct db *db, const struct conf *conf, json_t *status, struct err *err)
{
	json_t *counts;

	if (query_coverage_counts(db, conf, &counts, err) < 0)
		return -1;
	json_object_set_new(status, "coverage", counts);
	return 0;
}

int
query_status(struct db *db, const struct conf *conf, json_t **out, struct err *err)
{
	json_t *status = json_object();

	*out = NULL;
	if (open_incidents(db, status, err) < 0 || queue_depth(db, status, err) < 0 ||
	    odd_events(db, status, err) < 0 || sources_of(db, conf, status, err) < 0 ||
	    unmatched(db, status, err) < 0 || coverage(db, conf, status, err) < 0) {
		json_decref(status);
		return -1;
	}
	*out = status;
	return 0;
}

int
query_destination(struct db *db, const char *destination, json_t **out, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUERY_DESTINATION, "t", destination);
	int rc = db_step(row, err);

	*out = NULL;
	if (rc == 1) {
		*out = json_object();
		json_object_set_new(*out, "blocked", json_boolean(db_int(row, 0) != 0));
		put_time(*out, "paused_until", db_int(row, 1));
		put_time(*out, "failing_since", db_int(row, 2));
		put_text(*out, "text", db_text(row, 3));
	}
	db_end(row);
	return rc < 0 ? -1 : 0;
}
