#include "relay/model/route.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/model/team.h"

struct selection {
	const struct conf *conf;
	const struct route_facts *facts;
	struct told_list *out;
	struct told *stopped; /* audiences a route with `stop` told */
	size_t stopped_count;
	route_step_fn *step; /* NULL: nobody asks why */
	void *step_arg;
};

static void
report(const struct selection *s, struct route_step step)
{
	if (s->step != NULL)
		s->step(&step, s->step_arg);
}

static bool
same_audience(const struct told *a, enum audience audience, const char *team)
{
	return a->audience == audience && (team == NULL || strcmp(a->team, team) == 0);
}

/* Who ended the search for this audience, or NULL. */
static const struct told *
stopped_by(const struct selection *s, enum audience audience, const char *team)
{
	for (size_t i = 0; i < s->stopped_count; i++)
		if (s->stopped[i].audience == AUDIENCE_EVERYONE ||
		    same_audience(&s->stopped[i], audience, team))
			return &s->stopped[i];
	return NULL;
}

static void
append(struct told **list, size_t *count, struct told told)
{
	*list = mem_grow(*list, *count + 1, sizeof(**list));
	(*list)[(*count)++] = told;
}

static void
tell_sink(struct selection *s, struct told told, const char *sink_name)
{
	struct route_step step = {.route = told.route,
	                          .fate = told.route->digest.every ? ROUTE_DIGESTS : ROUTE_TELLS,
	                          .audience = told.audience,
	                          .team = told.team};

	step.sink = told.sink = conf_sink_named(s->conf, sink_name);
	for (size_t i = 0; i < s->out->count; i++) {
		const struct told *before = &s->out->items[i];

		if (before->sink != told.sink || !same_audience(before, told.audience, told.team))
			continue;
		/* A digest says it at another time, and each says all of its own. */
		if (before->route != told.route &&
		    (before->route->digest.every > 0 || told.route->digest.every > 0))
			continue;
		step.fate = ROUTE_TOLD_ALREADY;
		step.by = before->route;
		if (before->route != told.route)
			report(s, step);
		return;
	}
	append(&s->out->items, &s->out->count, told);
	report(s, step);
}

static void
tell(struct selection *s, const struct conf_route *route, enum audience audience, const char *team)
{
	struct told told = {.audience = audience, .team = team, .route = route};
	const struct told *stopped = stopped_by(s, audience, team);
	bool one_sink = audience == AUDIENCE_UNOWNED && route->unowned != NULL;

	if (stopped != NULL) {
		if (stopped->route != route)
			report(s, (struct route_step){.route = route,
			                              .fate = ROUTE_STOPPED,
			                              .audience = audience,
			                              .team = team,
			                              .by = stopped->route});
		return;
	}
	if (one_sink)
		tell_sink(s, told, route->unowned);
	for (size_t i = 0; !one_sink && i < route->to.count; i++)
		tell_sink(s, told, route->to.items[i]);
	/* Also when an earlier route told the same sinks already. */
	if (route->stop)
		append(&s->stopped, &s->stopped_count, told);
}

static bool
team_listed(const struct conf_route *route, const char *team)
{
	if (route->teams.count == 0)
		return true;
	for (size_t i = 0; i < route->teams.count; i++)
		if (strcmp(route->teams.items[i], team) == 0)
			return true;
	return false;
}

/* Rows nobody owns go to `unowned`; a route that names its teams means only
 * those, unless it also names a sink for the rest. */
static bool
tells_unowned(const struct conf_route *route)
{
	if (route->unowned == NULL)
		return route->teams.count == 0;
	return strcmp(route->unowned, "drop") != 0;
}

static void
tell_team(struct selection *s, const struct conf_route *route, const char *team)
{
	if (team_listed(route, team))
		tell(s, route, AUDIENCE_TEAM, team);
	else
		report(s, (struct route_step){.route = route,
		                              .fate = ROUTE_TEAM_LEFT_OUT,
		                              .audience = AUDIENCE_TEAM,
		                              .team = team});
}

static void
tell_teams(struct selection *s, const struct conf_route *route)
{
	const struct incident_rows *rows = s->facts->rows;
	const char *owner = team_of_bucket(s->conf, s->facts->bucket);
	bool unowned = rows->count == 0 && owner == NULL;

	if (owner != NULL)
		tell_team(s, route, owner);
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->items[i].team == NULL)
			unowned = true;
		else
			tell_team(s, route, rows->items[i].team);
	}
	if (unowned && tells_unowned(route))
		tell(s, route, AUDIENCE_UNOWNED, NULL);
	else if (unowned)
		report(s, (struct route_step){.route = route,
		                              .fate = ROUTE_UNOWNED_LEFT_OUT,
		                              .audience = AUDIENCE_UNOWNED});
}

static void
select_all(struct selection *s)
{
	for (size_t i = 0; i < s->conf->routes.count; i++) {
		const struct conf_route *route = conf_item(s->conf->routes, struct conf_route, i);
		const char *key = route_refusal(s->conf, &route->match, s->facts);

		if (key != NULL)
			report(s, (struct route_step){
					  .route = route, .fate = ROUTE_REFUSED, .key = key});
		else if (route->per == PER_TEAM)
			tell_teams(s, route);
		else
			tell(s, route, AUDIENCE_EVERYONE, NULL);
	}
	free(s->stopped);
}

void
route_select(const struct conf *conf, const struct route_facts *facts, struct told_list *out)
{
	*out = (struct told_list){0};
	select_all(&(struct selection){.conf = conf, .facts = facts, .out = out});
}

void
route_trace(const struct conf *conf, const struct route_facts *facts, route_step_fn *step,
            void *arg)
{
	struct told_list told = {0};

	select_all(&(struct selection){
		.conf = conf, .facts = facts, .out = &told, .step = step, .step_arg = arg});
	free(told.items);
}

bool
audience_sees(enum audience audience, const char *team, const char *owner,
              const struct incident_row *row)
{
	if (audience == AUDIENCE_EVERYONE)
		return true;
	if (audience == AUDIENCE_UNOWNED)
		return row->team == NULL;
	return (owner != NULL && strcmp(owner, team) == 0) ||
	       (row->team != NULL && strcmp(row->team, team) == 0);
}
