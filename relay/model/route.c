#include "relay/model/route.h"

#include <stddef.h>
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

/* HCP Terraform writes a tag with a value in either way. */
static char *
with_colons(const char *text)
{
	char *copy = mem_str(text);

	for (char *c = copy; *c != '\0'; c++)
		if (*c == '=')
			*c = ':';
	return copy;
}

static bool
tag_matches(const char *glob, const char *tag)
{
	char *g = with_colons(glob), *t = with_colons(tag);
	bool matches = glob_match(g, t);

	free(g);
	free(t);
	return matches;
}

static bool
any_tag(const struct key_texts *globs, const json_t *tags)
{
	const json_t *tag;
	size_t at;

	for (size_t i = 0; i < globs->count; i++)
		json_array_foreach(tags, at, tag)
		{
			if (json_is_string(tag) &&
			    tag_matches(globs->items[i], json_string_value(tag)))
				return true;
		}
	return false;
}

const char *
team_of_workspace(const struct conf *conf, const struct workspace_marks *marks)
{
	json_t *tags = NULL;
	const char *owner = NULL;

	for (size_t i = 0; owner == NULL && i < conf->teams.count; i++) {
		const struct conf_team *team = conf_item(conf->teams, struct conf_team, i);

		/* Most configurations have no tags in them, and few workspaces either. */
		if (tags == NULL && team->tags.count > 0 && marks->tags != NULL)
			tags = json_loads(marks->tags, 0, NULL);
		if (any_glob(&team->workspaces, marks->name) ||
		    any_glob(&team->projects, marks->project) || any_tag(&team->tags, tags))
			owner = team->name;
	}
	json_decref(tags);
	return owner;
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

const char *
team_of_row(const struct conf *conf, const struct incident_row *row)
{
	return team_of_workspace(conf,
	                         &(struct workspace_marks){row->name, row->project, row->tags});
}

void
route_own(const struct conf *conf, struct incident_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		rows->items[i].team = team_of_row(conf, &rows->items[i]);
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
	if (any_glob(globs, own))
		return true;
	for (size_t i = 0; i < rows->count; i++)
		if (any_glob(globs, of(&rows->items[i])))
			return true;
	return false;
}

/* What one key of `match` looks at, with patterns that are not empty. */
typedef bool wants_fn(const struct conf *, const struct key_texts *globs,
                      const struct route_facts *);

static bool
wants_kind(const struct conf *conf, const struct key_texts *globs, const struct route_facts *facts)
{
	(void)conf;
	return any_glob(globs, incident_kind_names[facts->kind]);
}

static bool
wants_severity(const struct conf *conf, const struct key_texts *globs,
               const struct route_facts *facts)
{
	(void)conf;
	return any_glob(globs, severity_names[facts->severity]);
}

static bool
wants_bucket(const struct conf *conf, const struct key_texts *globs,
             const struct route_facts *facts)
{
	(void)conf;
	if (any_glob(globs, facts->bucket))
		return true;
	for (size_t i = 0; i < facts->rows->count; i++) {
		const char *name = strrchr(facts->rows->items[i].bucket_key, '/');

		if (name != NULL && any_glob(globs, name + 1))
			return true;
	}
	return false;
}

static bool
wants_team(const struct conf *conf, const struct key_texts *globs, const struct route_facts *facts)
{
	return wanted(globs, team_of_bucket(conf, facts->bucket), facts->rows, row_team);
}

static bool
wants_workspace(const struct conf *conf, const struct key_texts *globs,
                const struct route_facts *facts)
{
	(void)conf;
	return wanted(globs, NULL, facts->rows, row_name);
}

static bool
wants_organization(const struct conf *conf, const struct key_texts *globs,
                   const struct route_facts *facts)
{
	(void)conf;
	return wanted(globs, facts->organization_id, facts->rows, row_organization);
}

/* A workspace on "any channel" names none in its row: the image's own count too. */
static bool
wants_channel(const struct conf *conf, const struct key_texts *globs,
              const struct route_facts *facts)
{
	(void)conf;
	for (size_t i = 0; i < facts->image_channels.count; i++)
		if (any_glob(globs, facts->image_channels.items[i]))
			return true;
	return wanted(globs, facts->channel, facts->rows, row_channel);
}

static const struct {
	const char *key;
	size_t globs; /* where in struct conf_match */
	wants_fn *wants;
} match_keys[] = {
	{"kinds", offsetof(struct conf_match, kinds), wants_kind},
	{"severities", offsetof(struct conf_match, severities), wants_severity},
	{"buckets", offsetof(struct conf_match, buckets), wants_bucket},
	{"teams", offsetof(struct conf_match, teams), wants_team},
	{"workspaces", offsetof(struct conf_match, workspaces), wants_workspace},
	{"organizations", offsetof(struct conf_match, organizations), wants_organization},
	{"channels", offsetof(struct conf_match, channels), wants_channel},
};

const char *
route_refusal(const struct conf *conf, const struct conf_match *match,
              const struct route_facts *facts)
{
	for (size_t i = 0; i < COUNT(match_keys); i++) {
		const struct key_texts *globs =
			(const void *)((const char *)match + match_keys[i].globs);

		if (globs->count > 0 && !match_keys[i].wants(conf, globs, facts))
			return match_keys[i].key;
	}
	return NULL;
}

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
