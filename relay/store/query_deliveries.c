/*
 * query_deliveries.c - what each destination was told and is owed.
 *
 * Inside, a delivery is pending, claimed, sent, dead or dropped.  Outside,
 * claimed is pending too, a pending one of a blocked destination is blocked,
 * and dropped ones (replaced by newer news) are not shown.
 */
#include <string.h>

#include "relay/base/mem.h"
#include "relay/model/kind.h"
#include "relay/store/query_part.h"

const char *const query_delivery_states[] = {"pending", "sent", "dead", "blocked", NULL};

static const char *
shown_state(const char *state, bool blocked)
{
	int known;

	if (blocked && strcmp(state, "pending") == 0)
		return "blocked";
	if (strcmp(state, "claimed") == 0)
		return "pending";
	known = name_index(query_delivery_states, COUNT(query_delivery_states) - 1, state);
	return known < 0 ? "dead" : query_delivery_states[known];
}

/* seq, at, outcome, code, text, ms; the newest comes first and is put last */
static int
attempts_of(struct db *db, const char *delivery, json_t *attempts, struct err *err)
{
	struct db_row *row =
		db_bind(db, ST_QUERY_ATTEMPTS, "ti", delivery, (int64_t)QUERY_WORKSPACES_MAX);
	json_t *attempt;
	int rc;

	while ((rc = db_step(row, err)) == 1) {
		attempt = json_object();
		put_time(attempt, "at", db_int(row, 1));
		put_text(attempt, "outcome", db_text(row, 2));
		json_object_set_new(attempt, "code",
		                    db_int(row, 3) ? json_integer(db_int(row, 3)) : json_null());
		put_text(attempt, "text", db_text(row, 4));
		put_number(attempt, "ms", db_int(row, 5));
		json_array_insert_new(attempts, 0, attempt);
	}
	db_end(row);
	return rc;
}

/* Only mail has several; for all others there is nothing to tell apart. */
static json_t *
recipients_of(const char *text)
{
	json_t *recipients = text ? json_loads(text, 0, NULL) : NULL;

	return recipients ? recipients : json_array();
}

static bool
wanted(const struct delivery_filter *want, const char *state, struct db_row *row)
{
	const char *sink = db_text(row, 3), *incident = db_text(row, 5);

	return strcmp(db_text(row, 1), "dropped") != 0 &&
	       (!want->state || strcmp(want->state, state) == 0) &&
	       (!want->sink || (sink && strcmp(want->sink, sink) == 0)) &&
	       (!want->incident || (incident && strcmp(want->incident, incident) == 0));
}

/* cursor = id, state, blocked, sink, team, incident, notification, revision,
 * reason, due_at, paused_until, recipients, carrier, held_until, held_by */
static int
delivery_item(struct db *db, struct db_row *row, const void *arg, json_t **item, struct err *err)
{
	const char *state = shown_state(db_text(row, 1), db_int(row, 2) != 0);
	bool waits = strcmp(state, "pending") == 0 || strcmp(state, "blocked") == 0;
	int64_t due_at = db_int(row, 9), paused_until = db_int(row, 10);
	json_t *delivery, *attempts;

	if (!wanted(arg, state, row))
		return 0;
	delivery = json_object();
	attempts = json_array();
	put_text(delivery, "id", db_text(row, 0));
	put_text(delivery, "state", state);
	put_text(delivery, "sink", db_text(row, 3));
	put_text(delivery, "team", db_text(row, 4));
	put_text(delivery, "incident", db_text(row, 5));
	put_text(delivery, "notification", db_text(row, 6));
	put_number(delivery, "revision", db_int(row, 7));
	put_text(delivery, "reason", db_text(row, 8));
	put_text(delivery, "carrier", db_text(row, 12));
	json_object_set_new(delivery, "recipients", recipients_of(db_text(row, 11)));
	json_object_set_new(delivery, "attempts", attempts);
	put_time(delivery, "next_at", !waits ? 0 : due_at > paused_until ? due_at : paused_until);
	put_time(delivery, "held_until", waits ? db_int(row, 13) : 0);
	put_text(delivery, "held_by", waits ? db_text(row, 14) : NULL);
	if (attempts_of(db, db_text(row, 0), attempts, err) < 0) {
		json_decref(delivery);
		return -1;
	}
	*item = delivery;
	return 0;
}

static struct db_row *
bind_deliveries(struct db *db, const struct delivery_filter *want, const char *below, int64_t rows)
{
	if (want->incident)
		return db_bind(db, ST_QUERY_DELIVERIES_INCIDENT, "tit", below, rows,
		               want->incident);
	if (!want->state)
		return db_bind(db, ST_QUERY_DELIVERIES, "ti", below, rows);
	if (strcmp(want->state, "pending") == 0)
		return db_bind(db, ST_QUERY_DELIVERIES_WAITING, "ti", below, rows);
	return db_bind(db, ST_QUERY_DELIVERIES_STATE, "tit", below, rows,
	               strcmp(want->state, "blocked") == 0 ? "pending" : want->state);
}

int
query_deliveries(struct db *db, const struct delivery_filter *filter, const struct query_page *page,
                 json_t **out, struct err *err)
{
	*out = NULL;
	if (filter->state &&
	    name_index(query_delivery_states, COUNT(query_delivery_states) - 1, filter->state) < 0)
		return err_set(err, "no state of a delivery: %s", filter->state);
	return query_list(
		db,
		bind_deliveries(db, filter, page->after ? page->after : "~", QUERY_SCAN_MAX + 1),
		page->limit, QUERY_SCAN_MAX, delivery_item, filter, out, err);
}

int
query_delivery_state(struct db *db, const char *id, const char **state, struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUERY_DELIVERY_STATE, "t", id);
	int rc = db_step(row, err);

	*state = NULL;
	if (rc == 1 && strcmp(db_text(row, 0), "dropped") != 0)
		*state = shown_state(db_text(row, 0), db_int(row, 1) != 0);
	db_end(row);
	return rc < 0 ? -1 : 0;
}
