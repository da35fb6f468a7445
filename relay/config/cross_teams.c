/* Addresses that name the team: each team's must be one, and where no team is
 * told, there must be one without. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/config/cross.h"
#include "relay/config/section.h"

static void
check_sink(const struct cross *x, const struct conf_sink *sink, const struct node *map)
{
	struct section section = {
		.faults = x->faults, .name = sink->kind->name, .map = map, .at = map};

	sink->kind->check_team(sink->options, NULL, &section);
	for (size_t i = 0; i < x->conf->teams.count; i++) {
		section.team = conf_item(x->conf->teams, struct conf_team, i)->name;
		if (section.team != NULL)
			sink->kind->check_team(sink->options, section.team, &section);
	}
}

static void
check_sinks(const struct cross *x)
{
	for (size_t i = 0; i < x->conf->sinks.count; i++) {
		const struct conf_sink *sink = conf_item(x->conf->sinks, struct conf_sink, i);

		if (sink->kind != NULL && sink->kind->check_team != NULL)
			check_sink(x, sink,
			           cross_place(x, cross_item(x, "sinks", i), sink->kind->name));
	}
}

/* Why this sink cannot be told where no team is; NULL: it can, or is not there. */
static const char *
teamless(const struct cross *x, const char *sink_name)
{
	const struct conf_sink *sink =
		sink_name != NULL ? conf_sink_named(x->conf, sink_name) : NULL;

	if (sink == NULL || sink->kind == NULL || sink->kind->needs_team == NULL)
		return NULL;
	return sink->kind->needs_team(sink->options);
}

static void
check_everyone(const struct cross *x, const struct conf_route *route, const struct node *to)
{
	for (size_t i = 0; i < route->to.count; i++) {
		const char *fault = teamless(x, route->to.items[i]);
		const struct node *at = yaml_item(to, i);

		if (fault != NULL && at != NULL)
			faults_add(x->faults, at->line, at->column,
			           "%s, and a route without \"per: team\" tells no team: give it "
			           "\"per: team\", or the address a default",
			           fault);
	}
}

static void
check_unowned_sink(const struct cross *x, const struct conf_route *route, const struct node *at)
{
	const char *fault = teamless(x, route->unowned);

	if (fault != NULL && at != NULL)
		faults_add(x->faults, at->line, at->column,
		           "%s, and what no team owns has none: give the address a default, or "
		           "name another sink",
		           fault);
}

/* What no team owns is told to those of the route's sinks that need none. */
static void
check_unowned(const struct cross *x, const struct conf_route *route, const struct node *to)
{
	size_t deaf = 0;

	for (size_t i = 0; i < route->to.count; i++)
		deaf += teamless(x, route->to.items[i]) != NULL;
	if (to == NULL || deaf == 0)
		return;
	if (deaf == route->to.count)
		faults_add(x->faults, to->line, to->column,
		           "nobody would hear of what no team owns, since every address here needs "
		           "a team: give one a default, or the route \"unowned\": a sink, or drop");
	else
		faults_warn(x->faults, to->line, to->column,
		            "what no team owns is told only to those sinks whose address needs no "
		            "team");
}

/* What is told of a failing sink is told to everyone. */
static void
check_fallback(const struct cross *x)
{
	const char *fault = teamless(x, x->conf->fallback);
	const struct node *at = cross_place(x, x->root, "fallback");

	if (fault != NULL)
		faults_add(x->faults, at->line, at->column,
		           "%s, and the fallback is told without one: give the address a default, "
		           "or name another sink",
		           fault);
}

void
cross_teams(const struct cross *x)
{
	check_fallback(x);
	check_sinks(x);
	for (size_t i = 0; i < x->conf->routes.count; i++) {
		const struct conf_route *route = conf_item(x->conf->routes, struct conf_route, i);
		const struct node *map = cross_item(x, "routes", i), *to = yaml_get(map, "to");

		if (route->per == PER_INCIDENT)
			check_everyone(x, route, to);
		else if (route->unowned != NULL)
			check_unowned_sink(x, route, yaml_get(map, "unowned"));
		else if (route->teams.count == 0)
			check_unowned(x, route, to);
	}
}
