/* What is said to each audience of an incident, and owed to its destinations. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/hush.h"
#include "relay/flow/hearing.h"
#include "relay/message/document.h"
#include "relay/store/baseline.h"
#include "relay/store/incidents.h"
#include "relay/store/queue.h"
#include "sinks/sink.h"

/* Not before this time: it collects, and at first the store's baseline does; -1. */
static int64_t
not_before(struct plan *plan, const struct incident *incident, const struct conf_route *route,
           struct err *err)
{
	int64_t at = incident->opened_at + (route != NULL ? route->wait : 0);
	int64_t end = baseline_end_of(plan->db, incident->kind, err);

	return end < 0 ? -1 : end > at ? end : at;
}

static int
owe(struct plan *plan, const struct incident *incident, const struct hearing *h,
    const struct hearer *to, bool quiet, const struct notification *n, const struct held *held,
    json_t *document, struct err *err)
{
	const struct sink_kind *kind = sink_kind_named(to->sink->kind->name);
	struct delivery_plan d = {
		.notification_id = n->id,
		.revision = n->revision,
		.destination = to->destination,
		.sink = to->sink->name,
		.route = to->route != NULL ? to->route->name : NULL,
		.team = h->team,
		.sink_kind = kind->conf.name,
		.every_revision = kind->every_revision,
		.edits = kind->edits != NULL && kind->edits(to->sink->options),
		.reminder = to->remind,
		.quiet = quiet,
		.at_once = incident_kind_closes_at_once(incident->kind),
		.resolved = !incident->open,
		.severity = incident->severity,
		.phase = incident->phase,
		.not_before = not_before(plan, incident, to->route, err),
		.held_until = held->until,
		.held_by = held->until > 0 ? held->by : NULL,
		.incident_id = incident->id,
	};
	char *text;
	int rc;

	if (d.not_before < 0)
		return -1;
	json_object_set_new(document, "route", json_text_or_null(d.route));
	text = json_dumps(document, JSON_COMPACT);
	d.document = text;
	rc = queue_add(plan->db, &d, plan->now_ms, err);
	free(text);
	return rc;
}

/* What every audience's document shares. */
struct shared {
	json_t *image, *image_cut, *events;
	size_t event_count;
	struct held held;
};

static json_t *
document_for(struct plan *plan, const struct incident *incident, const struct incident_rows *rows,
             const struct hearing *h, const struct notification *n, const struct shared *shared)
{
	const struct incident_row **seen = mem_array(rows->count + 1, sizeof(*seen));
	struct document_facts facts = {
		.conf = plan->conf,
		.incident = incident,
		.notification_id = n->id,
		.revision = n->revision,
		.team = h->team,
		.image = shared->image,
		.image_cut = shared->image_cut,
		.rows = seen,
		.events = shared->events,
		.event_count = shared->event_count,
	};
	json_t *document;

	facts.row_count = hearing_sees(rows, h, seen);
	document = document_build(&facts);
	free(seen);
	return document;
}

static bool
reminds_anybody(const struct hearing *h)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->hearers[i].remind)
			return true;
	return false;
}

static int
announce_to(struct plan *plan, const struct incident *incident, const struct incident_rows *rows,
            const struct hearing *h, const struct shared *shared, struct err *err)
{
	struct notification n;
	char digest[SHA256_HEX_SIZE];
	int known = notification_get(plan->db, incident->id, h->name, &n, err), rc = -1;
	json_t *document;
	bool quiet = hearing_asks(incident, rows, h) == ASKS_NOTHING, same;

	if (known < 0)
		return -1;
	if (known == 0)
		id_make("ntf", plan->now_ms, n.id);
	n.revision++;
	document = document_for(plan, incident, rows, h, &n, shared);
	document_digest(document, digest);
	same = known == 1 && strcmp(digest, n.digest) == 0;
	if (same && !reminds_anybody(h)) {
		json_decref(document); /* nothing new for this audience */
		return 0;
	}
	memcpy(n.digest, digest, sizeof(n.digest));
	n.news = same ? n.news : n.revision;
	if (known == 1 ? notification_set(plan->db, &n, err) != 0
	               : notification_add(plan->db, incident->id, h->name, h->team, &n, err) != 0)
		goto out;
	for (size_t i = 0; i < h->count; i++)
		if ((!same || h->hearers[i].remind) && owe(plan, incident, h, &h->hearers[i], quiet,
		                                           &n, &shared->held, document, err) != 0)
			goto out;
	rc = 0;
out:
	json_decref(document);
	return rc;
}

int
announce_to_hearings(struct plan *plan, const struct incident *incident,
                     const struct incident_rows *rows, const struct hearings *all, struct err *err)
{
	struct shared shared = {0};
	int rc = 0;

	if (all->count > 0 &&
	    (hush_of(plan, incident, rows, &shared.held, err) != 0 ||
	     announce_image(plan, incident, &shared.image, &shared.image_cut, err) != 0 ||
	     incidents_events(plan->db, incident->id, incident->leads, DOCUMENT_EVENTS_MAX,
	                      &shared.events, &shared.event_count, err) != 0))
		rc = -1;
	for (size_t i = 0; rc == 0 && i < all->count; i++)
		rc = announce_to(plan, incident, rows, &all->items[i], &shared, err);
	if (rc == 0)
		rc = hush_note(plan, incident->id, &shared.held, err);
	json_decref(shared.image);
	json_decref(shared.image_cut);
	json_decref(shared.events);
	return rc;
}
