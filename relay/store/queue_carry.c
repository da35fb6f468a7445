#include "relay/store/queue_carry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/message/digest.h"
#include "relay/store/baseline.h"

/* Deliveries by id. */
struct members {
	struct member {
		char id[ID_SIZE];
		const char *reason; /* of news_names[] */
	} * items;
	size_t count;
};

/* Consumes the row. */
static int
take_ids(struct db_row *row, struct members *out, struct err *err)
{
	size_t cap = 0;
	int rc;

	*out = (struct members){0};
	while ((rc = db_step(row, err)) == 1) {
		if (out->count == cap) {
			cap = cap > 0 ? 2 * cap : 64;
			out->items = mem_grow(out->items, cap, sizeof(*out->items));
		}
		out->items[out->count] = (struct member){.reason = NULL};
		snprintf(out->items[out->count++].id, ID_SIZE, "%s", db_text(row, 0));
	}
	db_end(row);
	return rc;
}

/* ---- what a carrier says ---- */

/* What its members add up to.  A route or team that they do not share is "". */
struct load {
	struct digest_entries digest;
	char *destination, *sink, *sink_kind, *route, *team;
	const char *title; /* its first words; NULL = none */
	int64_t from, created_at;
	enum severity severity;
};

static void
load_fini(struct load *load)
{
	digest_fini(&load->digest);
	free(load->destination);
	free(load->sink);
	free(load->sink_kind);
	free(load->route);
	free(load->team);
}

static void
share(char **shared, const char *text, bool first)
{
	if (first) {
		*shared = mem_str(text ? text : "");
	} else if (strcmp(*shared, text ? text : "") != 0) {
		**shared = '\0';
	}
}

static const char *
or_null(const char *text)
{
	return text && *text ? text : NULL;
}

/* 1; 0: its document cannot be read; -1. */
static int
load_add(struct db *db, struct load *load, const struct owed *owed, const char *reason,
         struct err *err)
{
	struct db_row *row = db_bind(db, ST_CARRY_CONTENT, "t", owed->id);
	bool first = load->digest.count == 0;
	int rc = db_step(row, err);
	const char *text = rc == 1 ? db_text(row, 0) : NULL;
	json_t *document = text ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL;

	if (json_is_object(document)) {
		int64_t at = json_time_at(document, "incident.updated_at");

		json_object_set_new(document, "reason", json_text_or_null(reason));
		digest_add_document(&load->digest, document);
		if (first) {
			load->sink = mem_str(db_text(row, 1));
			load->sink_kind = mem_str(owed->sink_kind);
			load->destination = mem_str(owed->destination);
		}
		share(&load->route, db_text(row, 2), first);
		share(&load->team, db_text(row, 3), first);
		if (at && (!load->from || at < load->from))
			load->from = at;
		/* The life of the youngest: none is given up before its time. */
		if (owed_since(owed) > load->created_at)
			load->created_at = owed_since(owed);
		if (owed->severity > load->severity)
			load->severity = owed->severity;
	} else if (rc == 1) {
		rc = 0;
	}
	db_end(row);
	json_decref(document);
	return rc;
}

/* The caller frees. */
static char *
load_document(struct load *load, const char *notification_id, int64_t now_ms)
{
	const struct digest_facts facts = {
		.notification_id = notification_id,
		.route = or_null(load->route),
		.team = or_null(load->team),
		.title = load->title,
		.from = load->from ? load->from : now_ms,
		.to = now_ms,
	};

	digest_sort(&load->digest);
	json_t *document = digest_document(&load->digest, &facts);
	char *text = json_dumps(document, JSON_COMPACT);
	json_decref(document);
	return text;
}

/* ---- making one ---- */

/* 1: it is to be carried, with *reason; 0: it is owed no longer; -1. */
static int
consider(struct db *db, struct load *load, const struct member *member, const char **reason,
         struct err *err)
{
	struct owed owed;
	struct told told;
	int rc = owed_load(db, member->id, &owed, err);

	if (rc == 1 && told_load(db, owed.notification_id, owed.destination, &told, err) < 0)
		rc = -1;
	if (rc == 1) {
		enum news news = news_of(&told, &owed);
		*reason = news_names[news];
		rc = news == NEWS_NONE ? 0 : load_add(db, load, &owed, *reason, err);
		if (rc == 0) {
			if (news != NEWS_NONE)
				log_error("delivery without a readable document given up",
				          "delivery", owed.id, LOG_END);
			rc = delivery_move(db, owed.id, DELIVERY_PENDING,
			                   news == NEWS_NONE ? DELIVERY_DROPPED : DELIVERY_DEAD,
			                   err);
		}
	}
	owed_fini(&owed);
	return rc;
}

/* Leaves those that are to be carried in `members`. */
static int
consider_all(struct db *db, struct load *load, struct members *members, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < members->count; i++) {
		const char *reason = NULL;
		int rc = consider(db, load, &members->items[i], &reason, err);
		if (rc < 0)
			return -1;
		if (rc == 1) {
			members->items[kept] = members->items[i];
			members->items[kept++].reason = reason;
		}
	}
	members->count = kept;
	return 0;
}

static int
make(struct db *db, struct load *load, const struct members *members, int64_t now_ms,
     char id[ID_SIZE], struct err *err)
{
	char notification_id[ID_SIZE];

	id_make("dlv", now_ms, id);
	id_make("ntf", now_ms, notification_id);
	char *document = load_document(load, notification_id, now_ms);
	int rc = db_run(db, err, ST_CARRY_INSERT, "tttttttttii", id, notification_id,
	                load->destination, load->sink, load->sink_kind, or_null(load->route),
	                or_null(load->team), document, severity_names[load->severity],
	                load->created_at, now_ms) < 0
	                 ? -1
	                 : 1;

	free(document);
	for (size_t i = 0; rc == 1 && i < members->count; i++) {
		const struct member *member = &members->items[i];
		if (delivery_move(db, member->id, DELIVERY_PENDING, DELIVERY_CLAIMED, err) < 0 ||
		    db_run(db, err, ST_CARRY_JOIN, "ttt", member->id, member->reason, id) < 0)
			rc = -1;
	}
	return rc;
}

/* Which of them, and when they are many. */
struct carry_rule {
	enum statement statement; /* at a destination, up to or at a time, so many */
	size_t over, at_most;
	const char *title;
};

static const struct carry_rule in_flood = {ST_CARRY_DUE, CARRY_OVER, CARRY_AT_MOST, NULL};
static const struct carry_rule at_baseline = {ST_CARRY_DUE_AT, 0, CARRY_BASELINE_AT_MOST,
                                              "Baseline"};

static int
may_carry(struct db *db, const struct carry_rule *rule, const char *destination, int64_t at,
          size_t limit, struct members *out, struct err *err)
{
	return take_ids(db_bind(db, rule->statement, "tii", destination, at, (int64_t)limit), out,
	                err);
}

static int
carry(struct db *db, const struct carry_rule *rule, const char *destination, int64_t at,
      int64_t now_ms, char id[ID_SIZE], struct err *err)
{
	struct members members;
	struct load load = {.title = rule->title};
	int rc = may_carry(db, rule, destination, at, rule->over + 1, &members, err);

	if (rc == 0 && members.count > rule->over) {
		free(members.items);
		rc = may_carry(db, rule, destination, at, rule->at_most, &members, err);
		if (rc == 0)
			rc = consider_all(db, &load, &members, err);
		if (rc == 0 && members.count > rule->over)
			rc = make(db, &load, &members, now_ms, id, err);
	}
	load_fini(&load);
	free(members.items);
	return rc;
}

int
carry_due(struct db *db, const char *destination, int64_t now_ms, char id[ID_SIZE], struct err *err)
{
	int64_t end = baseline_end(db, err);
	int rc = end < 0 ? -1 : 0;

	if (end > 0 && end <= now_ms)
		rc = carry(db, &at_baseline, destination, end, now_ms, id, err);
	return rc != 0 ? rc : carry(db, &in_flood, destination, now_ms, now_ms, id, err);
}

/* ---- what becomes of those carried ---- */

typedef int carried_fn(struct db *, const struct owed *, void *arg, struct err *);

static int
each_carried(struct db *db, const char *carrier, enum delivery_state state, carried_fn *fn,
             void *arg, struct err *err)
{
	struct members members;
	int rc = take_ids(db_bind(db, ST_CARRY_MEMBERS, "tt", carrier, delivery_state_names[state]),
	                  &members, err);

	for (size_t i = 0; rc == 0 && i < members.count; i++) {
		struct owed owed;
		rc = owed_load(db, members.items[i].id, &owed, err);
		if (rc == 1)
			rc = fn(db, &owed, arg, err);
		owed_fini(&owed);
	}
	free(members.items);
	return rc;
}

static int
tell_one(struct db *db, const struct owed *owed, void *arg, struct err *err)
{
	return told_put(db, owed, NULL, *(int64_t *)arg, err);
}

int
carried_told(struct db *db, const char *carrier, int64_t now_ms, struct err *err)
{
	return each_carried(db, carrier, DELIVERY_CLAIMED, tell_one, &now_ms, err);
}

static int
maybe_tell_one(struct db *db, const struct owed *owed, void *arg, struct err *err)
{
	(void)arg;
	return told_maybe(db, owed, err);
}

int
carried_maybe_told(struct db *db, const char *carrier, struct err *err)
{
	return each_carried(db, carrier, DELIVERY_CLAIMED, maybe_tell_one, NULL, err);
}

struct carried_way {
	enum delivery_state from, to;
};

static int
move_one(struct db *db, const struct owed *owed, void *arg, struct err *err)
{
	const struct carried_way *way = arg;

	return delivery_move(db, owed->id, way->from, way->to, err);
}

int
carried_move(struct db *db, const char *carrier, enum delivery_state from, enum delivery_state to,
             struct err *err)
{
	struct carried_way way = {from, to};

	return each_carried(db, carrier, from, move_one, &way, err);
}

/* ---- again, and no more ---- */

struct revival {
	struct load load;
	bool partial; /* of the carrier: a part of its list had what it says */
};

static int
revive_one(struct db *db, const struct owed *owed, void *arg, struct err *err)
{
	struct revival *revival = arg;
	struct owed as_told = *owed;

	as_told.partial = revival->partial;
	int outdated = is_outdated(db, &as_told, err);
	if (outdated)
		return outdated < 0 ? -1 : 0;
	int rc = load_add(db, &revival->load, owed, owed->reason, err);
	return rc == 1 ? delivery_move(db, owed->id, DELIVERY_DEAD, DELIVERY_CLAIMED, err) : rc;
}

int
carried_revive(struct db *db, const struct owed *carrier, int64_t now_ms, struct err *err)
{
	struct revival revival = {.partial = carrier->partial};
	struct load *load = &revival.load;
	int rc = each_carried(db, carrier->id, DELIVERY_DEAD, revive_one, &revival, err);
	int count = rc < 0 ? -1 : (int)load->digest.count;

	if (count > 0) {
		char *document = load_document(load, carrier->notification_id, now_ms);
		if (db_run(db, err, ST_CARRY_REWRITE, "ttt", carrier->id, document,
		           severity_names[load->severity]) < 0)
			count = -1;
		free(document);
	}
	load_fini(load);
	return count;
}

static int
let_go(struct db *db, const struct owed *owed, void *arg, struct err *err)
{
	(void)arg;
	return db_run(db, err, ST_CARRY_LEAVE, "t", owed->id) < 0 ? -1
	                                                          : lane_put_back(db, owed, err);
}

int
carrier_dissolve(struct db *db, const struct owed *carrier, struct err *err)
{
	if (each_carried(db, carrier->id, DELIVERY_CLAIMED, let_go, NULL, err) < 0)
		return -1;
	return delivery_move(db, carrier->id, DELIVERY_PENDING, DELIVERY_DROPPED, err);
}
