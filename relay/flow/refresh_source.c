/*
 * Sources that say nothing for longer than is expected of them.  What counts is
 * when the last event came, and when the relay started: nothing reaches one
 * that is stopped.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/flow/refresh.h"
#include "relay/model/key.h"
#include "relay/store/incidents.h"
#include "relay/store/wakes.h"

static int
find(struct plan *plan, const char *source, struct incident *out, struct err *err)
{
	char *subject = key_join(source, NULL);
	int found = refresh_find(plan, KIND_RELAY_SOURCE_SILENT, subject, out, err);

	free(subject);
	return found;
}

static int
settle(struct plan *plan, struct incident *incident, bool open, const char *what, struct err *err)
{
	struct incident_rows nobody = {0};

	return settle_incident(plan, incident, &nobody,
	                       (struct judgement){.open = open, .severity = SEVERITY_WARNING},
	                       false, what, err);
}

static int64_t
expected_every(const struct plan *plan, const char *source)
{
	const struct conf_source *conf = conf_source_named(plan->conf, source);

	return conf != NULL ? conf->expect_every : 0;
}

static int
tell_silent(struct plan *plan, struct incident *incident, const char *source, int64_t every,
            int64_t last, struct err *err)
{
	json_object_set_new(incident->detail, "source", json_string(source));
	json_object_set_new(incident->detail, "expect_every_ms", json_integer(every));
	json_object_set_new(incident->detail, "last_event_at", json_time_or_null(last));
	return settle(plan, incident, true, "silent", err);
}

int
refresh_source(struct plan *plan, const char *source, struct err *err)
{
	int64_t every = expected_every(plan, source);
	int64_t last = db_number(plan->db, err, 0, ST_QUERY_SOURCE_LAST, "t", source);
	int64_t since = last > plan->started_at ? last : plan->started_at;
	struct incident incident = {0};
	int found = last < 0 ? -1 : find(plan, source, &incident, err), rc = found < 0 ? -1 : 0;

	if (found == 1 && (every == 0 || last + every > plan->now_ms)) {
		rc = settle(plan, &incident, false,
		            every == 0 ? "nothing is expected any more" : "an event came", err);
		found = 0;
	} else if (found == 0 && every > 0 && since + every <= plan->now_ms) {
		rc = tell_silent(plan, &incident, source, every, last, err);
		found = 1;
	}
	/* An open one is closed by an event. */
	if (rc == 0)
		rc = wake_set(plan->db, WAKE_SOURCE, source,
		              found == 0 && every > 0 ? since + every : 0, err);
	incident_fini(&incident);
	return rc;
}

int
plan_sources(struct plan *plan, struct err *err)
{
	struct incident_list open = {0};
	int rc = incidents_open_of(plan->db, KIND_RELAY_SOURCE_SILENT, &open, err);

	for (size_t i = 0; rc == 0 && i < open.count; i++) {
		const char *source = json_text_at(open.items[i].detail, "source");

		rc = source != NULL ? refresh_source(plan, source, err) : 0;
	}
	for (size_t i = 0; rc == 0 && i < plan->conf->sources.count; i++) {
		const struct conf_source *source =
			conf_item(plan->conf->sources, struct conf_source, i);

		rc = refresh_source(plan, source->name, err);
	}
	incident_list_fini(&open);
	return rc;
}

int
plan_heard(struct plan *plan, struct err *err)
{
	struct incident incident = {0};
	int found = 0;

	if (plan->source == NULL || expected_every(plan, plan->source) == 0)
		return 0;
	found = find(plan, plan->source, &incident, err);
	incident_fini(&incident);
	return found == 1 ? refresh_source(plan, plan->source, err) : found;
}
