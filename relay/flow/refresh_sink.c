/*
 * Destinations that do not take what they are sent, and deliveries given up.
 *
 * What is told of one goes by way of another (hearing.c).  A message about a
 * destination that is given up at this very destination opens nothing: it
 * would be told for ever.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/addresses.h"
#include "relay/flow/refresh.h"
#include "relay/flow/task_verdict.h"
#include "relay/model/key.h"
#include "relay/store/incidents.h"
#include "relay/store/queue.h"
#include "relay/store/wakes.h"

#define TASK_CALLBACK "task_callback"

static bool
delivers_to(const struct address_list *addresses, const char *destination)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (strcmp(addresses->items[i].destination, destination) == 0)
			return true;
	return strncmp(destination, TASK_CALLBACK, strlen(TASK_CALLBACK)) == 0;
}

/* What one was owed whose sink is in the config no more concerns nobody. */
static bool
is_used(const struct plan *plan, const char *destination)
{
	struct address_list addresses;
	bool used;

	addresses_of(plan->conf, &addresses);
	used = delivers_to(&addresses, destination);
	address_list_fini(&addresses);
	return used;
}

/* A destination is a digest of its address: it can stand in a key. */
static int
find(struct plan *plan, enum incident_kind kind, const char *destination, struct incident *out,
     struct err *err)
{
	char *subject = key_join(destination, NULL);
	int found = refresh_find(plan, kind, subject, out, err);

	free(subject);
	return found;
}

static int
settle(struct plan *plan, struct incident *incident, bool open, bool changed, const char *what,
       struct err *err)
{
	struct incident_rows nobody = {0};

	return settle_incident(plan, incident, &nobody,
	                       (struct judgement){.open = open, .severity = SEVERITY_CRITICAL},
	                       changed, what, err);
}

/* Whose address of the sink this is; NULL: everyone's, or nobody's any more. */
static const char *
team_at(const struct conf *conf, const char *sink_name, const char *destination)
{
	const struct conf_sink *sink = sink_name != NULL ? conf_sink_named(conf, sink_name) : NULL;
	bool found = sink == NULL;
	const char *team = NULL;

	for (size_t i = 0; !found && i <= conf->teams.count; i++) {
		/* First the address without a team: it is the same for all, where there is one. */
		const char *name =
			i > 0 ? conf_item(conf->teams, struct conf_team, i - 1)->name : NULL;
		char *address = address_of_sink(sink, name);

		found = address != NULL && strcmp(address, destination) == 0;
		team = found ? name : NULL;
		free(address);
	}
	return team;
}

static void
describe(const struct conf *conf, struct incident *incident, const char *destination,
         const char *sink, const char *kind, const char *reason)
{
	json_object_set_new(incident->detail, "sink_team",
	                    json_text_or_null(team_at(conf, sink, destination)));
	json_object_set_new(incident->detail, "destination", json_string(destination));
	json_object_set_new(incident->detail, "sink", json_text_or_null(sink));
	json_object_set_new(incident->detail, "sink_kind", json_text_or_null(kind));
	json_object_set_new(incident->detail, "reason", json_text_or_null(reason));
}

/* ---- failing ---- */

static int
open_failing(struct plan *plan, struct incident *incident, const char *destination, bool blocked,
             struct err *err)
{
	struct destination_wait wait;
	int rc = queue_destination_wait(plan->db, destination, &wait, err);

	/* With nothing left to send there is nothing that anybody misses. */
	if (rc == 1 && strcmp(wait.sink_kind, TASK_CALLBACK) != 0 && is_used(plan, destination)) {
		describe(plan->conf, incident, destination, wait.sink, wait.sink_kind, wait.text);
		json_object_set_new(incident->detail, "blocked", json_boolean(blocked));
		rc = settle(plan, incident, true, false, blocked ? "blocked" : "failing", err);
	}
	destination_wait_fini(&wait);
	return rc < 0 ? -1 : 0;
}

int
refresh_sink(struct plan *plan, const char *destination, struct err *err)
{
	struct destination_state state;
	struct incident incident = {0};
	int found = find(plan, KIND_RELAY_SINK_FAILING, destination, &incident, err), rc = -1;
	int64_t told_at;

	if (found < 0 || queue_destination_get(plan->db, destination, &state, err) < 0)
		goto out;
	told_at = state.failing_since + SINK_FAILING_MS;
	rc = 0;
	if (!state.blocked && state.failing_since == 0)
		rc = found == 1 ? settle(plan, &incident, false, false, "it works again", err) : 0;
	else if (found == 0 && (state.blocked || told_at <= plan->now_ms))
		rc = open_failing(plan, &incident, destination, state.blocked, err);
	else if (found == 0)
		rc = wake_set(plan->db, WAKE_SINK, destination, told_at, err);
out:
	incident_fini(&incident);
	return rc;
}

/* ---- given up ---- */

#define RUNS_MOST 20 /* named in the incident, the last ones */

/* The run that this callback was for, of which nobody will hear there. */
static void
add_run(struct incident *incident, const json_t *callback)
{
	json_t *runs = json_object_get(incident->detail, "runs");

	if (runs == NULL) {
		runs = json_array();
		json_object_set_new(incident->detail, "runs", runs);
	}
	json_array_append_new(runs, json_pack("{s:O?, s:O?, s:O?, s:O?}", "id",
	                                      json_at(callback, "run.id"), "url",
	                                      json_at(callback, "run.url"), "workspace",
	                                      json_at(callback, "workspace"), "organization",
	                                      json_at(callback, "organization")));
	if (json_array_size(runs) > RUNS_MOST)
		json_array_remove(runs, 0);
}

/* The first is told, and then whenever they are twice as many as were told.  `callback`:
 * what a run was to be told, which is told of each; NULL. */
static int
given_up(struct plan *plan, const char *destination, const char *sink, const char *kind,
         const char *reason, int64_t more, const json_t *callback, struct err *err)
{
	struct incident incident = {0};
	int found = find(plan, KIND_RELAY_DEAD_LETTER, destination, &incident, err), rc = -1;
	int64_t count = json_int_at(incident.detail, "count", 0) + more;
	int64_t told = json_int_at(incident.detail, "told", 0);
	bool tell = callback != NULL || count >= 2 * told;

	if (found < 0)
		goto out;
	rc = 0;
	if (!is_used(plan, destination))
		goto out;
	describe(plan->conf, &incident, destination, sink, kind, reason);
	if (callback != NULL)
		add_run(&incident, callback);
	json_object_set_new(incident.detail, "count", json_integer(count));
	json_object_set_new(incident.detail, "told", json_integer(tell ? count : told));
	rc = tell ? settle(plan, &incident, true, true, "a delivery was given up", err)
	          : incidents_update(plan->db, &incident, err);
out:
	incident_fini(&incident);
	return rc;
}

static int
got_through(struct plan *plan, const char *destination, struct err *err)
{
	struct incident incident = {0};
	int rc = find(plan, KIND_RELAY_DEAD_LETTER, destination, &incident, err);

	if (rc == 1)
		rc = settle(plan, &incident, false, false, "a later one was sent", err);
	incident_fini(&incident);
	return rc;
}

/* Is this message about the trouble of the destination it was sent to? */
static bool
is_about_itself(const struct delivered *delivered)
{
	static const enum incident_kind kinds[] = {KIND_RELAY_SINK_FAILING, KIND_RELAY_DEAD_LETTER};
	const char *about = json_text_at(delivered->document, "incident.key");
	char *subject = key_join(delivered->destination, NULL);
	bool is = false;

	for (size_t i = 0; about != NULL && i < COUNT(kinds); i++) {
		char *key = key_incident(incident_kind_names[kinds[i]], subject);

		is |= strcmp(about, key) == 0;
		free(key);
	}
	free(subject);
	return is;
}

int
plan_delivered(struct plan *plan, const struct delivered *delivered, struct err *err)
{
	const char *to = delivered->destination;

	if (delivered->troubled && refresh_sink(plan, to, err) != 0)
		return -1;
	bool callback = strcmp(delivered->sink_kind, TASK_CALLBACK) == 0;
	/* That a plan is being read nobody misses: the final one follows. */
	if (callback && delivered->given_up && !task_is_final(delivered->document))
		return 0;
	if (delivered->given_up && !is_about_itself(delivered))
		return given_up(plan, to, delivered->sink, delivered->sink_kind, delivered->reason,
		                1, callback ? delivered->document : NULL, err);
	return delivered->sent ? got_through(plan, to, err) : 0;
}

/* Of each it is told which run it was. */
static int64_t
expire_callbacks(struct plan *plan, struct err *err)
{
	struct expired_callback callback;
	int64_t count = 0;
	int rc;

	while ((rc = queue_expire_callback(plan->db, plan->now_ms, &callback, err)) == 1) {
		if (task_is_final(callback.document))
			rc = given_up(plan, callback.destination, NULL, TASK_CALLBACK,
			              "the run's hour was over before it could be answered", 1,
			              callback.document, err);
		expired_callback_fini(&callback);
		if (rc < 0)
			return -1;
		count++;
	}
	return rc < 0 ? -1 : count;
}

int64_t
plan_expire(struct plan *plan, struct err *err)
{
	struct expiring_list list;
	int rc = queue_expiring(plan->db, plan->now_ms, &list, err);

	for (size_t i = 0; rc == 0 && i < list.count; i++) {
		const struct expiring *e = &list.items[i];

		rc = given_up(plan, e->destination, e->sink, e->sink_kind,
		              "it was owed for too long", e->count, NULL, err);
	}
	expiring_list_fini(&list);
	int64_t callbacks = rc < 0 ? -1 : expire_callbacks(plan, err);
	int64_t others = callbacks < 0 ? -1 : queue_expire(plan->db, plan->now_ms, err);
	return others < 0 ? -1 : callbacks + others;
}

/* ---- what the config says of them ---- */

static int
close_strays(struct plan *plan, enum incident_kind kind, const struct address_list *addresses,
             struct err *err)
{
	struct incident_list list = {0};
	int rc = incidents_open_of(plan->db, kind, &list, err);

	for (size_t i = 0; rc == 0 && i < list.count; i++) {
		const char *destination = json_text_at(list.items[i].detail, "destination");

		if (destination != NULL && !delivers_to(addresses, destination))
			rc = settle(plan, &list.items[i], false, false,
			            "no sink delivers there any more", err);
	}
	incident_list_fini(&list);
	return rc;
}

int
plan_sinks(struct plan *plan, struct err *err)
{
	struct address_list addresses;
	int rc;

	addresses_of(plan->conf, &addresses);
	rc = close_strays(plan, KIND_RELAY_SINK_FAILING, &addresses, err);
	if (rc == 0)
		rc = close_strays(plan, KIND_RELAY_DEAD_LETTER, &addresses, err);
	address_list_fini(&addresses);
	return rc;
}
