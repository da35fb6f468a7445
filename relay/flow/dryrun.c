#include "relay/flow/dryrun.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/addresses.h"
#include "relay/flow/dryrun_parts.h"
#include "relay/flow/scratch.h"
#include "relay/store/events.h"
#include "relay/store/query.h"
#include "relay/store/unplanned.h"

#define RELINK_AT_ONCE 500

/* ---- the scratch store ---- */

/* As the relay does when it starts with this config: what was told at an
 * address that a sink no longer has goes on at its new one. */
static int
follow(struct dryrun *d, int64_t now_ms, struct err *err)
{
	struct queue_sinks sinks = sinks_of_config(d->conf);
	int64_t moved = queue_follow(d->db, &sinks, now_ms, err);

	queue_sinks_fini(&sinks);
	return moved < 0 ? -1 : 0;
}

/* The rules of this config may be others than those the store was written under. */
static int
relink(struct dryrun *d, int64_t now_ms, struct err *err)
{
	char after[ID_SIZE] = "";
	int more;

	do {
		more = plan_relink(d->desk, d->db, after, RELINK_AT_ONCE, now_ms, err);
	} while (more == 1);
	return more;
}

static int
settle_in(struct dryrun *d, int64_t now_ms, struct err *err)
{
	if (db_begin(d->db, err) != 0)
		return -1;
	d->waiting = (int64_t)db_unplanned(d->db)->count;
	if (queue_release_all(d->db, err) != 0 || follow(d, now_ms, err) != 0 ||
	    relink(d, now_ms, err) != 0) {
		db_rollback(d->db);
		return -1;
	}
	return db_commit(d->db, err);
}

static int
open_scratch(struct dryrun *d, bool fresh, int64_t now_ms, struct err *err)
{
	int copied = 0;

	if (scratch_make(err) != 0)
		return -1;
	if (!fresh)
		copied = db_copy(d->conf->store.url, scratch_store(), err);
	if (copied < 0)
		return -1;
	d->copied = copied == 1;
	if (db_open(&d->db, scratch_store(), DB_WRITE, err) != 0)
		return err_prefix(err, d->copied ? "the copy of the store" : "the scratch store");
	return settle_in(d, now_ms, err);
}

int
dryrun_new(struct dryrun **out, const struct loaded *loaded, bool fresh, int64_t now_ms,
           struct err *err)
{
	struct dryrun *d = mem_alloc(sizeof(*d));

	*out = NULL;
	d->conf = loaded->conf;
	d->templates = loaded->templates;
	d->desk = plan_desk_new(loaded->conf);
	d->announced = json_object();
	if (open_scratch(d, fresh, now_ms, err) != 0) {
		dryrun_free(d);
		return -1;
	}
	d->watch = (struct plan_watch){.routed = dryrun_routed, .arg = d};
	plan_desk_watch(d->desk, &d->watch);
	*out = d;
	return 0;
}

void
dryrun_free(struct dryrun *d)
{
	if (d == NULL)
		return;
	db_close(d->db);
	scratch_remove();
	plan_desk_free(d->desk);
	json_decref(d->announced);
	free(d);
}

json_t *
dryrun_basis(const struct dryrun *d)
{
	return json_pack("{s:s, s:I}", "store", d->copied ? "copy" : "empty", "events_waiting",
	                 (json_int_t)d->waiting);
}

/* ---- one body ---- */

struct play {
	struct dryrun *d;
	const struct conf_source *source;
	const struct source_kind *kind;
	json_t *tree;
	const struct json_picks *picks; /* of the tree; NULL where there is none */
	const char *body;               /* as it came */
	size_t len;
	char *kept; /* what is stored of it */
	size_t kept_len;
	char id[ID_SIZE], key[EVENT_KEY_SIZE], first_id[ID_SIZE];
	int64_t now_ms;
	json_t *report;
};

static void
answer(json_t *report, const char *word)
{
	json_object_set_new(report, "answer", json_string(word));
}

/* A run task's bearer is not stored, here neither. */
static void
keep_body(struct play *play)
{
	char *token = NULL;

	if (!play->kind->bearer) {
		play->kept = mem_strn(play->body, play->len);
		play->kept_len = play->len;
		return;
	}
	play->kept = run_task_cut_token(play->body, play->len, &play->kept_len, &token);
	if (token != NULL)
		mem_wipe_free(token, strlen(token));
}

/* 1 new, 0 a duplicate, -1. */
static int
insert(struct play *play, struct err *err)
{
	const struct new_event event = {
		.id = play->id,
		.key = play->key,
		.source = play->source->name,
		.source_kind = play->kind->conf.name,
		.body = play->kept,
		.body_len = play->kept_len,
		.received_at = play->now_ms,
		.state = EVENT_ACCEPTED,
	};

	return event_insert(play->d->db, &event, play->first_id, err);
}

/* What the store says of it now: its state, and the reason for an odd one. */
static int
add_state(struct play *play, json_t *event, struct err *err)
{
	json_t *stored;

	if (query_event(play->d->db, play->id, &stored, err) != 0)
		return -1;
	json_object_set(event, "state", json_object_get(stored, "state"));
	if (json_filled_at(stored, "reason") != NULL)
		json_object_set(event, "reason", json_object_get(stored, "reason"));
	json_decref(stored);
	return 0;
}

static json_t *
event_of(const struct play *play)
{
	struct buf identity = {0};
	bool told = play->picks != NULL && play->kind->identity(play->picks, &identity);
	json_t *event = json_pack("{s:s, s:n, s:n, s:n, s:s, s:s?, s:n, s:{}}", "id", play->id,
	                          "kind", "state", "reason", "key", play->key, "identity",
	                          told ? buf_text(&identity) : NULL, "type", "facts");

	if (play->tree != NULL)
		dryrun_event(play->tree, play->kind, event);
	buf_fini(&identity);
	return event;
}

/* Inside a transaction. */
static int
plan(struct play *play, struct err *err)
{
	const struct stored_event stored = {
		.id = play->id,
		.source = play->source->name,
		.source_kind = play->kind->conf.name,
		.body = play->kept,
		.body_len = play->kept_len,
		.received_at = play->now_ms,
	};
	struct dryrun *d = play->d;
	struct pending_ids before;
	json_t *incidents = NULL;
	int rc = queue_pending_ids(d->db, &before, err);

	json_object_clear(d->announced);
	if (rc == 0)
		rc = plan_event(d->desk, d->db, &stored, play->now_ms, err);
	if (rc == 0)
		rc = add_state(play, json_object_get(play->report, "event"), err);
	if (rc == 0)
		rc = dryrun_incidents(d, play->id, &incidents, err);
	if (rc == 0)
		rc = dryrun_deliveries(d, &before, incidents, play->now_ms, play->report, err);
	if (rc == 0)
		json_object_set(play->report, "incidents", incidents);
	if (rc == 0 && json_array_size(incidents) == 0)
		rc = dryrun_nothing(d, play->tree, play->kind, play->report, err);
	json_decref(incidents);
	free(before.items);
	return rc;
}

static int
accept_and_plan(struct play *play, struct err *err)
{
	struct db *db = play->d->db;
	int rc;

	if (db_begin(db, err) != 0)
		return -1;
	rc = insert(play, err);
	if (rc == 1) {
		answer(play->report, "accepted");
		rc = plan(play, err);
	} else if (rc == 0) {
		answer(play->report, "duplicate");
		json_object_set_new(play->report, "duplicate_of", json_string(play->first_id));
	}
	if (rc < 0) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, err);
}

static void
refuse(json_t *report, const char *why)
{
	int line, column, begin = 0;

	answer(report, "refused");
	if (sscanf(why, "line %d column %d: %n", &line, &column, &begin) == 2) {
		json_object_set_new(report, "line", json_integer(line));
		json_object_set_new(report, "column", json_integer(column));
	}
	json_object_set_new(report, "fault", json_string(why + begin));
}

static int
play_read(struct play *play, const char *source, struct err *err)
{
	struct json_picks picks;
	int rc;

	play->source = dryrun_source(play->d->conf, source, play->tree, play->report);
	if (play->source == NULL)
		return 0;
	play->kind = source_kind_named(play->source->kind->name);
	if (play->tree != NULL) {
		json_pick_tree(play->tree, play->kind->wants, &picks);
		play->picks = &picks;
	}
	if (play->picks != NULL && play->kind->is_verification(play->picks)) {
		answer(play->report, "verified");
		return 0;
	}
	id_make("evt", play->now_ms, play->id);
	event_key(play->kind, play->picks, play->body, play->len, play->key);
	keep_body(play);
	json_object_set_new(play->report, "event", event_of(play));
	rc = accept_and_plan(play, err);
	free(play->kept);
	return rc;
}

static json_t *
empty_report(void)
{
	return json_pack("{s:n, s:n, s:n, s:n, s:n, s:[], s:n, s:n, s:[], s:n, s:[], s:[]}",
	                 "answer", "fault", "line", "column", "source", "candidates", "event",
	                 "duplicate_of", "incidents", "nothing", "deliveries", "quiet");
}

json_t *
dryrun_play(struct dryrun *d, const char *source, const char *body, size_t len, int64_t now_ms,
            struct err *err)
{
	struct play play = {
		.d = d, .body = body, .len = len, .now_ms = now_ms, .report = empty_report()};
	struct err why = {""};
	int rc = 0;

	if (len > (size_t)d->conf->limits.body) {
		err_set(&why, "larger than limits.body, which is %" PRId64 " bytes",
		        d->conf->limits.body);
		refuse(play.report, why.text);
	} else if (json_read(body, len, &play.tree, &why) == JSON_NOT_JSON) {
		refuse(play.report, why.text);
	} else {
		rc = play_read(&play, source, err);
	}
	json_decref(play.tree);
	if (rc != 0) {
		json_decref(play.report);
		return NULL;
	}
	return play.report;
}
