#include "relay/model/route.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"

static bool
any_glob(const struct key_texts *globs, const char *text)
{
	for (size_t i = 0; text != NULL && i < globs->count; i++)
		if (glob_match(globs->items[i], text))
			return true;
	return false;
}

const char *
team_of_workspace(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->teams.count; i++) {
		const struct conf_team *team = conf_item(conf->teams, struct conf_team, i);

		if (any_glob(&team->workspaces, name))
			return team->name;
	}
	return NULL;
}

const char *
team_of_bucket(const struct conf *conf, const char *bucket)
{
	for (size_t i = 0; i < conf->teams.count; i++) {
		const struct conf_team *team = conf_item(conf->teams, struct conf_team, i);

		if (any_glob(&team->buckets, bucket))
			return team->name;
	}
	return NULL;
}

void
route_own(const struct conf *conf, struct incident_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		rows->items[i].team = team_of_workspace(conf, rows->items[i].name);
}

/* Does any row have a text, picked by `of`, that one of the globs matches? */
typedef const char *row_text_fn(const struct incident_row *);

static const char *
row_name(const struct incident_row *row)
{
	return row->name;
}

static const char *
row_organization(const struct incident_row *row)
{
	return row->organization;
}

static const char *
row_channel(const struct incident_row *row)
{
	return row->channel;
}

static const char *
row_team(const struct incident_row *row)
{
	return row->team;
}

static bool
wanted(const struct key_texts *globs, const char *own, const struct incident_rows *rows,
       row_text_fn *of)
{
	if (globs->count == 0 || any_glob(globs, own))
		return true;
	for (size_t i = 0; i < rows->count; i++)
		if (any_glob(globs, of(&rows->items[i])))
			return true;
	return false;
}

static bool
bucket_wanted(const struct key_texts *globs, const struct route_facts *facts)
{
	if (globs->count == 0 || any_glob(globs, facts->bucket))
		return true;
	for (size_t i = 0; i < facts->rows->count; i++) {
		const char *name = strrchr(facts->rows->items[i].bucket_key, '/');

		if (name != NULL && any_glob(globs, name + 1))
			return true;
	}
	return false;
}

/* A workspace on "any channel" names none in its row: the image's own count too. */
static bool
channel_wanted(const struct key_texts *globs, const struct route_facts *facts)
{
	for (size_t i = 0; i < facts->image_channels.count; i++)
		if (any_glob(globs, facts->image_channels.items[i]))
			return true;
	return wanted(globs, facts->channel, facts->rows, row_channel);
}

static bool
route_matches(const struct conf *conf, const struct conf_match *match,
              const struct route_facts *facts)
{
	if (match->kinds.count > 0 && !any_glob(&match->kinds, incident_kind_names[facts->kind]))
		return false;
	if (match->severities.count > 0 &&
	    !any_glob(&match->severities, severity_names[facts->severity]))
		return false;
	return bucket_wanted(&match->buckets, facts) &&
	       wanted(&match->teams, team_of_bucket(conf, facts->bucket), facts->rows, row_team) &&
	       wanted(&match->workspaces, NULL, facts->rows, row_name) &&
	       wanted(&match->organizations, facts->organization_id, facts->rows,
	              row_organization) &&
	       channel_wanted(&match->channels, facts);
}

struct selection {
	const struct conf *conf;
	const struct route_facts *facts;
	struct told_list *out;
	struct told *stopped; /* audiences a route with `stop` told */
	size_t stopped_count;
};

static bool
same_audience(const struct told *a, enum audience audience, const char *team)
{
	return a->audience == audience && (team == NULL || strcmp(a->team, team) == 0);
}

static bool
search_ended(const struct selection *s, enum audience audience, const char *team)
{
	for (size_t i = 0; i < s->stopped_count; i++)
		if (s->stopped[i].audience == AUDIENCE_EVERYONE ||
		    same_audience(&s->stopped[i], audience, team))
			return true;
	return false;
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
	told.sink = conf_sink_named(s->conf, sink_name);
	for (size_t i = 0; i < s->out->count; i++)
		if (s->out->items[i].sink == told.sink &&
		    same_audience(&s->out->items[i], told.audience, told.team))
			return;
	append(&s->out->items, &s->out->count, told);
}

static void
tell(struct selection *s, const struct conf_route *route, enum audience audience, const char *team)
{
	struct told told = {.audience = audience, .team = team, .route = route};
	bool one_sink = audience == AUDIENCE_UNOWNED && route->unowned != NULL;

	if (search_ended(s, audience, team))
		return;
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
tell_teams(struct selection *s, const struct conf_route *route)
{
	const struct incident_rows *rows = s->facts->rows;
	const char *owner = team_of_bucket(s->conf, s->facts->bucket);
	bool unowned = rows->count == 0 && owner == NULL;

	if (owner != NULL && team_listed(route, owner))
		tell(s, route, AUDIENCE_TEAM, owner);
	for (size_t i = 0; i < rows->count; i++) {
		const char *team = rows->items[i].team;

		if (team == NULL)
			unowned = true;
		else if (team_listed(route, team))
			tell(s, route, AUDIENCE_TEAM, team);
	}
	if (unowned && tells_unowned(route))
		tell(s, route, AUDIENCE_UNOWNED, NULL);
}

void
route_select(const struct conf *conf, const struct route_facts *facts, struct told_list *out)
{
	struct selection s = {.conf = conf, .facts = facts, .out = out};

	*out = (struct told_list){0};
	for (size_t i = 0; i < conf->routes.count; i++) {
		const struct conf_route *route = conf_item(conf->routes, struct conf_route, i);

		if (!route_matches(conf, &route->match, facts))
			continue;
		if (route->per == PER_TEAM)
			tell_teams(&s, route);
		else
			tell(&s, route, AUDIENCE_EVERYONE, NULL);
	}
	free(s.stopped);
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
