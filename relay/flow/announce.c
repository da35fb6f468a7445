#include "relay/flow/plan.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/addresses.h"
#include "relay/message/document.h"
#include "relay/model/key.h"
#include "relay/model/route.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"
#include "relay/store/queue.h"
#include "sinks/sink.h"

/* One audience of an incident, and the destinations that are to hear of it. */
struct hearing {
	enum audience audience;
	char *name; /* "everyone", "unowned", "team NAME": the notification's identity */
	char *team;
	struct hearer {
		const struct conf_sink *sink;
		const struct conf_route
			*route; /* NULL: it was told before and hears it to its end */
		char *destination;
	} * hearers;
	size_t count;
};

struct hearings {
	struct hearing *items;
	size_t count;
};

static void
hearings_fini(struct hearings *all)
{
	for (size_t i = 0; i < all->count; i++) {
		for (size_t k = 0; k < all->items[i].count; k++)
			free(all->items[i].hearers[k].destination);
		free(all->items[i].hearers);
		free(all->items[i].name);
		free(all->items[i].team);
	}
	free(all->items);
}

static char *
audience_name(enum audience audience, const char *team)
{
	return audience == AUDIENCE_TEAM      ? mem_fmt("team %s", team)
	       : audience == AUDIENCE_UNOWNED ? mem_str("unowned")
	                                      : mem_str("everyone");
}

static enum audience
audience_from(const char *name)
{
	return strcmp(name, "everyone") == 0  ? AUDIENCE_EVERYONE
	       : strcmp(name, "unowned") == 0 ? AUDIENCE_UNOWNED
	                                      : AUDIENCE_TEAM;
}

static struct hearing *
hearing_named(struct hearings *all, const char *name, const char *team)
{
	struct hearing *h;

	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->items[i].name, name) == 0)
			return &all->items[i];
	all->items = mem_grow(all->items, all->count + 1, sizeof(*all->items));
	h = &all->items[all->count++];
	*h = (struct hearing){
		.audience = audience_from(name), .name = mem_str(name), .team = mem_str(team)};
	return h;
}

/* Takes destination.  Two routes that reach one destination for one audience send once. */
static void
add_hearer(struct hearing *h, const struct conf_sink *sink, const struct conf_route *route,
           char *destination)
{
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->hearers[i].destination, destination) == 0) {
			free(destination);
			return;
		}
	h->hearers = mem_grow(h->hearers, h->count + 1, sizeof(*h->hearers));
	h->hearers[h->count++] = (struct hearer){sink, route, destination};
}

static bool
routes_ask_channels(const struct conf *conf)
{
	for (size_t i = 0; i < conf->routes.count; i++)
		if (conf_item(conf->routes, struct conf_route, i)->match.channels.count > 0)
			return true;
	return false;
}

static bool
points_at(const struct assignment *a, const struct incident *incident)
{
	char *key = a->fingerprint != NULL ? key_image(incident->bucket_key, a->fingerprint) : NULL;
	bool same = key != NULL && strcmp(key, incident->image_key) == 0;

	free(key);
	return same;
}

/* Those that point at the incident's image now; names are borrowed from history. */
static int
load_channels(struct plan *plan, const struct incident *incident, struct history *history,
              struct key_texts *out, struct err *err)
{
	if (incident->image_key == NULL || incident->bucket_key == NULL ||
	    !routes_ask_channels(plan->conf))
		return 0;
	if (catalog_history(plan->db, incident->bucket_key, history, err) != 0)
		return -1;
	out->items = mem_array(history->count + 1, sizeof(*out->items));
	for (size_t i = 0; i < history->count; i++) {
		const struct assignment *a = &history->items[i];
		bool current = history_is_current(history, a);

		if (current && points_at(a, incident))
			out->items[out->count++] = a->channel;
	}
	return 0;
}

static int
add_routed(struct plan *plan, const struct incident *incident, const struct incident_rows *rows,
           struct hearings *all, struct err *err)
{
	struct history history = {0};
	char *memory;
	struct bucket_name bucket = bucket_name_of(incident->bucket_key, &memory);
	struct route_facts facts = {
		.kind = incident->kind,
		.severity = incident->severity,
		.bucket = bucket.bucket,
		.organization_id = bucket.organization_id,
		.channel = incident->channel,
		.rows = rows,
	};
	struct told_list told = {0};
	int rc = load_channels(plan, incident, &history, &facts.image_channels, err);

	if (rc == 0)
		route_select(plan->conf, &facts, &told);
	if (rc == 0 && plan->watch != NULL)
		plan->watch->routed(plan->watch->arg, incident, &facts);
	for (size_t i = 0; i < told.count; i++) {
		const struct told *t = &told.items[i];
		char *name = audience_name(t->audience, t->team);

		char *destination = address_of_sink(t->sink, t->team);

		/* NULL: it needs a team, and there is none; the others are told. */
		if (destination != NULL)
			add_hearer(hearing_named(all, name, t->team), t->sink, t->route,
			           destination);
		free(name);
	}
	free(told.items);
	free(facts.image_channels.items);
	history_fini(&history);
	free(memory);
	return rc;
}

static bool
team_configured(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->teams.count; i++)
		if (strcmp(conf_item(conf->teams, struct conf_team, i)->name, name) == 0)
			return true;
	return false;
}

/* A destination of its own goes with its team: nobody delivers there any more. */
static const struct conf_sink *
sink_at(const struct conf *conf, const char *destination, const char *team)
{
	const char *known = team != NULL && team_configured(conf, team) ? team : NULL;

	for (size_t i = 0; i < conf->sinks.count; i++) {
		const struct conf_sink *sink = conf_item(conf->sinks, struct conf_sink, i);
		char *own = address_of_sink(sink, known);
		bool same = own != NULL && strcmp(own, destination) == 0;

		free(own);
		if (same)
			return sink;
	}
	return NULL;
}

static bool
reaches(const struct hearing *h, const char *destination)
{
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->hearers[i].destination, destination) == 0)
			return true;
	return false;
}

/*
 * A team that is no longer configured was renamed when one that is to hear
 * reaches where it was told: the messages there go on under the new name.
 */
static int
take_over(struct plan *plan, const struct incident *incident, struct hearings *all, struct err *err)
{
	struct told_before_list before;
	int rc = notifications_told(plan->db, incident->id, &before, err);

	for (size_t i = 0; rc == 0 && i < before.count; i++) {
		const struct told_before *b = &before.items[i];
		int taken = 0;

		if (b->team == NULL || team_configured(plan->conf, b->team))
			continue;
		for (size_t k = 0; taken == 0 && k < all->count; k++)
			if (all->items[k].audience == AUDIENCE_TEAM &&
			    reaches(&all->items[k], b->destination))
				taken = notification_take_over(plan->db, incident->id, b->audience,
				                               all->items[k].name,
				                               all->items[k].team, err);
		rc = taken < 0 ? -1 : 0;
	}
	told_before_list_fini(&before);
	return rc;
}

/* A destination that was told hears the incident to its end, whatever routes became. */
static int
add_told_before(struct plan *plan, const struct incident *incident, struct hearings *all,
                struct err *err)
{
	struct told_before_list before;
	int rc = notifications_told(plan->db, incident->id, &before, err);

	for (size_t i = 0; rc == 0 && i < before.count; i++) {
		const struct told_before *b = &before.items[i];
		const struct conf_sink *sink = sink_at(plan->conf, b->destination, b->team);

		if (sink != NULL)
			add_hearer(hearing_named(all, b->audience, b->team), sink, NULL,
			           mem_str(b->destination));
	}
	told_before_list_fini(&before);
	return rc;
}

static int
owe(struct plan *plan, const struct incident *incident, const struct hearing *h,
    const struct hearer *to, const struct notification *n, json_t *document, struct err *err)
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
		.at_once = incident_kind_closes_at_once(incident->kind),
		.resolved = !incident->open,
		.severity = incident->severity,
		.phase = incident->phase,
		.not_before = incident->opened_at + (to->route != NULL ? to->route->wait : 0),
		.incident_id = incident->id,
	};
	char *text;
	int rc;

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
	char *memory;
	struct bucket_name bucket = bucket_name_of(incident->bucket_key, &memory);
	const char *owner = team_of_bucket(plan->conf, bucket.bucket);
	json_t *document;

	for (size_t i = 0; i < rows->count; i++)
		if (audience_sees(h->audience, h->team, owner, &rows->items[i]))
			seen[facts.row_count++] = &rows->items[i];
	document = document_build(&facts);
	free(memory);
	free(seen);
	return document;
}

static int
announce_to(struct plan *plan, const struct incident *incident, const struct incident_rows *rows,
            const struct hearing *h, const struct shared *shared, struct err *err)
{
	struct notification n;
	char digest[SHA256_HEX_SIZE];
	int known = notification_get(plan->db, incident->id, h->name, &n, err), rc = -1;
	json_t *document;

	if (known < 0)
		return -1;
	if (known == 0)
		id_make("ntf", plan->now_ms, n.id);
	n.revision++;
	document = document_for(plan, incident, rows, h, &n, shared);
	document_digest(document, digest);
	if (known == 1 && strcmp(digest, n.digest) == 0) {
		json_decref(document); /* nothing new for this audience */
		return 0;
	}
	memcpy(n.digest, digest, sizeof(n.digest));
	if (known == 1 ? notification_set(plan->db, &n, err) != 0
	               : notification_add(plan->db, incident->id, h->name, h->team, &n, err) != 0)
		goto out;
	for (size_t i = 0; i < h->count; i++)
		if (owe(plan, incident, h, &h->hearers[i], &n, document, err) != 0)
			goto out;
	rc = 0;
out:
	json_decref(document);
	return rc;
}

int
announce_incident(struct plan *plan, const struct incident *incident, struct incident_rows *rows,
                  struct err *err)
{
	struct hearings all = {0};
	struct shared shared = {0};
	int rc = -1;

	route_own(plan->conf, rows);
	if (add_routed(plan, incident, rows, &all, err) != 0)
		goto out;
	if (take_over(plan, incident, &all, err) != 0 ||
	    add_told_before(plan, incident, &all, err) != 0)
		goto out;
	rc = 0;
	if (all.count == 0)
		goto out;
	rc = -1;
	if (announce_image(plan, incident, &shared.image, &shared.image_cut, err) != 0 ||
	    incidents_events(plan->db, incident->id, DOCUMENT_EVENTS_MAX, &shared.events,
	                     &shared.event_count, err) != 0)
		goto out;
	for (size_t i = 0; i < all.count; i++)
		if (announce_to(plan, incident, rows, &all.items[i], &shared, err) != 0)
			goto out;
	rc = 0;
out:
	hearings_fini(&all);
	json_decref(shared.image);
	json_decref(shared.image_cut);
	json_decref(shared.events);
	return rc;
}
