#include "relay/flow/hearing.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/addresses.h"
#include "relay/flow/announce_facts.h"
#include "relay/model/key.h"
#include "relay/model/team.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"
#include "sinks/sink.h"

void
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
	h->hearers[h->count++] =
		(struct hearer){.sink = sink, .route = route, .destination = destination};
}

static void
own_rows(const struct plan *plan, const struct incident *incident, struct incident_rows *rows)
{
	char *memory;
	struct bucket_name bucket = bucket_name_of(incident->bucket_key, &memory);
	const char *owner = team_of_bucket(plan->conf, bucket.bucket);

	team_of_rows(plan->conf, rows);
	for (size_t i = 0; i < rows->count; i++)
		rows->items[i].owner = owner;
	free(memory);
}

/* The destination whose trouble this is, which cannot tell of it itself; NULL. */
static const char *
in_trouble(const struct incident *incident)
{
	if (incident->kind != KIND_RELAY_SINK_FAILING && incident->kind != KIND_RELAY_DEAD_LETTER)
		return NULL;
	return json_text_at(incident->detail, "destination");
}

/* Takes destination.  False: it is the one in trouble. */
static bool
add_other(struct hearings *all, const struct conf_sink *sink, char *destination,
          const char *trouble)
{
	bool other = destination != NULL && strcmp(destination, trouble) != 0;

	if (other)
		add_hearer(hearing_named(all, "everyone", NULL), sink, NULL, destination);
	else
		free(destination);
	return other;
}

/* No route takes it: the fallback sink does, else the first other one, else
 * the one that it is about, once that works again. */
static void
add_fallback(const struct conf *conf, const char *trouble, struct hearings *all)
{
	const struct conf_sink *sink =
		conf->fallback != NULL ? conf_sink_named(conf, conf->fallback) : NULL;

	if (sink != NULL && add_other(all, sink, address_of_sink(sink, NULL), trouble))
		return;
	for (size_t i = 0; i < conf->sinks.count; i++) {
		sink = conf_item(conf->sinks, struct conf_sink, i);
		if (add_other(all, sink, address_of_sink(sink, NULL), trouble))
			return;
	}
	for (size_t i = 0; i < conf->sinks.count; i++) {
		sink = conf_item(conf->sinks, struct conf_sink, i);
		if (add_other(all, sink, address_of_sink(sink, NULL), ""))
			return;
	}
}

/* By the routes that tell it at once, or (digest) by this one alone. */
static bool
is_asked(const struct told *told, const struct conf_route *digest)
{
	return digest != NULL ? told->route == digest : told->route->digest.every == 0;
}

static int
add_routed(struct plan *plan, const struct incident *incident, struct incident_rows *rows,
           const struct conf_route *digest, struct hearings *all, struct err *err)
{
	struct announce_facts facts = {0};
	struct told_list told = {0};
	const char *trouble = in_trouble(incident);
	int rc = announce_facts(&facts, plan, incident, rows, false, err);

	own_rows(plan, incident, rows);
	if (rc == 0)
		route_select(plan->conf, &facts.routed, &told);
	if (rc == 0 && plan->watch != NULL)
		plan->watch->routed(plan->watch->arg, incident, &facts.routed);
	for (size_t i = 0; i < told.count; i++) {
		const struct told *t = &told.items[i];

		if (!is_asked(t, digest))
			continue;
		char *name = audience_name(t->audience, t->team);

		char *destination = address_of_sink(t->sink, t->team);

		/* NULL: it needs a team, and there is none; the others are told. */
		if (destination == NULL || (trouble != NULL && strcmp(destination, trouble) == 0))
			free(destination);
		else
			add_hearer(hearing_named(all, name, t->team), t->sink, t->route,
			           destination);
		free(name);
	}
	if (rc == 0 && trouble != NULL && digest == NULL && all->count == 0)
		add_fallback(plan->conf, trouble, all);
	free(told.items);
	announce_facts_fini(&facts);
	return rc;
}

int
hearings_add_routed(struct plan *plan, const struct incident *incident, struct incident_rows *rows,
                    struct hearings *all, struct err *err)
{
	return add_routed(plan, incident, rows, NULL, all, err);
}

int
hearings_add_digest(struct plan *plan, const struct incident *incident, struct incident_rows *rows,
                    const struct conf_route *route, struct hearings *all, struct err *err)
{
	return add_routed(plan, incident, rows, route, all, err);
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

int
hearings_add_told(struct plan *plan, const struct incident *incident, struct hearings *all,
                  struct err *err)
{
	if (take_over(plan, incident, all, err) != 0)
		return -1;
	return add_told_before(plan, incident, all, err);
}

size_t
hearing_sees(const struct incident_rows *rows, const struct hearing *h,
             const struct incident_row **seen)
{
	size_t count = 0;

	for (size_t i = 0; i < rows->count; i++)
		if (audience_sees(h->audience, h->team, rows->items[i].owner, &rows->items[i]))
			seen[count++] = &rows->items[i];
	return count;
}

enum asks
hearing_asks(const struct incident *incident, const struct incident_rows *rows,
             const struct hearing *h)
{
	const struct incident_row **seen = mem_array(rows->count + 1, sizeof(*seen));
	size_t count = hearing_sees(rows, h, seen), affected = 0;

	for (size_t i = 0; i < count; i++)
		affected += seen[i]->state == ROW_AFFECTED;
	free(seen);
	if (affected > 0)
		return ASKS_TO_ACT;
	if (count > 0)
		return ASKS_NOTHING;
	switch (incident->kind) {
	case KIND_IMAGE_REVOCATION:
		return ASKS_TO_KNOW;
	case KIND_IMAGE_SUPERSEDED: /* a revocation asks it of them now */
		return ASKS_NOTHING;
	default:
		return ASKS_TO_ACT;
	}
}
