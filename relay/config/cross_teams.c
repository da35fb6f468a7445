/* Addresses that name the team: each team's must be one, and where no team is
 * told, there must be one without. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/config/cross.h"

/* A fault the caller frees, or NULL. */
static char *
fault_for(const struct conf_sink *sink, const char *team)
{
	if (sink == NULL || sink->kind == NULL || sink->kind->check_team == NULL)
		return NULL;
	return sink->kind->check_team(sink->options, team);
}

static void
check_sink(const struct cross *x, size_t i)
{
	const struct conf_sink *sink = conf_item(x->conf->sinks, struct conf_sink, i);

	for (size_t k = 0; k < x->conf->teams.count; k++) {
		const char *team = conf_item(x->conf->teams, struct conf_team, k)->name;
		char *fault = team != NULL ? fault_for(sink, team) : NULL;
		const struct node *at;
		char *quoted;

		if (fault == NULL)
			continue;
		at = cross_place(x, cross_item(x, "sinks", i), sink->kind->name);
		quoted = faults_quote(team);
		faults_add(x->faults, at->line, at->column, "%s: for the team %s: %s",
		           sink->kind->name, quoted, fault);
		free(quoted);
		free(fault);
	}
}

/* Why this sink cannot be told where no team is; NULL: it can, or is not there. */
static char *
teamless(const struct cross *x, const char *sink_name)
{
	return sink_name != NULL ? fault_for(conf_sink_named(x->conf, sink_name), NULL) : NULL;
}

static void
check_everyone(const struct cross *x, const struct conf_route *route, const struct node *to)
{
	for (size_t i = 0; i < route->to.count; i++) {
		char *fault = teamless(x, route->to.items[i]);
		const struct node *at = yaml_item(to, i);

		if (fault != NULL && at != NULL)
			faults_add(x->faults, at->line, at->column,
			           "%s, and a route without \"per: team\" tells no team: give it "
			           "\"per: team\", or the address a default",
			           fault);
		free(fault);
	}
}

static void
check_unowned_sink(const struct cross *x, const struct conf_route *route, const struct node *at)
{
	char *fault = teamless(x, route->unowned);

	if (fault != NULL && at != NULL)
		faults_add(x->faults, at->line, at->column,
		           "%s, and what no team owns has none: give the address a default, or "
		           "name another sink",
		           fault);
	free(fault);
}

/* What no team owns is told to those of the route's sinks that need none. */
static void
check_unowned(const struct cross *x, const struct conf_route *route, const struct node *to)
{
	size_t deaf = 0;

	for (size_t i = 0; i < route->to.count; i++) {
		char *fault = teamless(x, route->to.items[i]);

		deaf += fault != NULL;
		free(fault);
	}
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
	char *fault = teamless(x, x->conf->fallback);
	const struct node *at = cross_place(x, x->root, "fallback");

	if (fault != NULL)
		faults_add(x->faults, at->line, at->column,
		           "%s, and the fallback is told without one: give the address a default, "
		           "or name another sink",
		           fault);
	free(fault);
}

void
cross_teams(const struct cross *x)
{
	check_fallback(x);
	for (size_t i = 0; i < x->conf->sinks.count; i++)
		check_sink(x, i);
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
