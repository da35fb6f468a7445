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

/* How each outside state is asked for; the rows of query_delivery_states. */
static const struct {
	const char *state, *also, *destination;
} delivery_wants[] = {
	{"pending", "claimed", "free"},
	{"sent", "sent", ""},
	{"dead", "dead", ""},
	{"pending", "pending", "blocked"},
};

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

/* cursor = id, state, blocked, sink, team, incident, notification, revision,
 * reason, due_at, paused_until */
static int
delivery_item(struct db *db, struct db_row *row, const void *arg, json_t **item, struct err *err)
{
	const char *state = shown_state(db_text(row, 1), db_int(row, 2) != 0);
	bool waits = strcmp(state, "pending") == 0 || strcmp(state, "blocked") == 0;
	int64_t due_at = db_int(row, 9), paused_until = db_int(row, 10);
	json_t *delivery = json_object(), *attempts = json_array();

	(void)arg;
	put_text(delivery, "id", db_text(row, 0));
	put_text(delivery, "state", state);
	put_text(delivery, "sink", db_text(row, 3));
	put_text(delivery, "team", db_text(row, 4));
	put_text(delivery, "incident", db_text(row, 5));
	put_text(delivery, "notification", db_text(row, 6));
	put_number(delivery, "revision", db_int(row, 7));
	put_text(delivery, "reason", db_text(row, 8));
	json_object_set_new(delivery, "recipients", json_array());
	json_object_set_new(delivery, "attempts", attempts);
	put_time(delivery, "next_at", !waits ? 0 : due_at > paused_until ? due_at : paused_until);
	if (attempts_of(db, db_text(row, 0), attempts, err) < 0) {
		json_decref(delivery);
		return -1;
	}
	*item = delivery;
	return 0;
}

int
query_deliveries(struct db *db, const struct delivery_filter *filter, const struct query_page *page,
                 json_t **out, struct err *err)
{
	const char *state = "", *also = "", *destination = "";
	enum statement statement = ST_QUERY_DELIVERIES;
	struct db_row *row;

	if (filter->state) {
		int want = name_index(query_delivery_states, COUNT(delivery_wants), filter->state);

		*out = NULL;
		if (want < 0)
			return err_set(err, "no state of a delivery: %s", filter->state);
		state = delivery_wants[want].state;
		also = delivery_wants[want].also;
		destination = delivery_wants[want].destination;
		/* One state alone comes out of its index in order. */
		statement = strcmp(state, also) == 0 ? ST_QUERY_DELIVERIES_ONE_STATE
		                                     : ST_QUERY_DELIVERIES_TWO_STATES;
	}
	if (filter->incident)
		statement = ST_QUERY_DELIVERIES_INCIDENT;
	row = db_bind(db, statement, "tttttti", page->after ? page->after : "~", state, also,
	              destination, any(filter->sink), any(filter->incident), page->limit + 1);
	return query_list(db, row, page->limit, page->limit, delivery_item, NULL, out, err);
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
