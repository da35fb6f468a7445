#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/config/cross.h"

static bool
route_takes(const struct conf_route *route, const char *kind)
{
	const struct key_texts *kinds = &route->match.kinds;

	for (size_t i = 0; i < kinds->count; i++)
		if (glob_match(kinds->items[i], kind))
			return true;
	return kinds->count == 0;
}

static void
warn_kinds(const struct cross *x)
{
	const struct node *at = cross_place(x, x->root, "routes");
	struct buf lost = {0};

	for (const char *const *kind = x->kinds->incident_kinds; *kind != NULL; kind++) {
		bool taken = false;

		for (size_t i = 0; i < x->conf->routes.count && !taken; i++)
			taken = route_takes(conf_item(x->conf->routes, struct conf_route, i),
			                    *kind);
		if (!taken)
			buf_printf(&lost, "%s%s", lost.len > 0 ? ", " : "", *kind);
	}
	if (lost.len > 0)
		faults_warn(x->faults, at->line, at->column, "no route takes %s", buf_text(&lost));
	buf_fini(&lost);
}

/* Every name of a sink in a route, sorted: as many look-ups as there are sinks
 * must stay cheap. */
struct used {
	const char **names;
	size_t count;
};

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
used_init(struct used *used, const struct key_list *routes)
{
	size_t room = 0;

	for (size_t i = 0; i < routes->count; i++)
		room += conf_item(*routes, struct conf_route, i)->to.count + 1;
	*used = (struct used){.names = mem_array(room, sizeof(*used->names))};
	for (size_t i = 0; i < routes->count; i++) {
		const struct conf_route *route = conf_item(*routes, struct conf_route, i);

		for (size_t k = 0; k < route->to.count; k++)
			used->names[used->count++] = route->to.items[k];
		if (route->unowned != NULL)
			used->names[used->count++] = route->unowned;
	}
	if (used->count > 1)
		qsort(used->names, used->count, sizeof(*used->names), by_text);
}

static bool
used_has(const struct used *used, const char *name)
{
	return used->count > 0 &&
	       bsearch(&name, used->names, used->count, sizeof(*used->names), by_text) != NULL;
}

static void
warn_sinks(const struct cross *x)
{
	const struct key_list *sinks = &x->conf->sinks;
	struct used used;

	used_init(&used, &x->conf->routes);
	for (size_t i = 0; i < sinks->count; i++) {
		const char *name = conf_item(*sinks, struct conf_sink, i)->name;
		const struct node *at = cross_place(x, cross_item(x, "sinks", i), "name");
		char *quoted = faults_quote(name);

		if (!used_has(&used, name))
			faults_warn(x->faults, at->line, at->column, "no route names the sink %s",
			            quoted);
		if (sinks->count == 1)
			faults_warn(x->faults, at->line, at->column,
			            "%s is the only sink: when it fails, no other one can say so",
			            quoted);
		free(quoted);
	}
	free(used.names);
}

/* A key, and whether the file sets it. */
struct set_key {
	const char *name;
	bool is_set;
};

static void
warn_set(const struct cross *x, const struct node *map, const struct set_key *keys, size_t count,
         const char *words)
{
	for (size_t i = 0; i < count; i++) {
		const struct node *at = cross_place(x, map, keys[i].name);

		if (keys[i].is_set)
			faults_warn(x->faults, at->line, at->column, "%s %s", keys[i].name, words);
	}
}

/* The default of `per` is incident: somebody who gives teams meant the other. */
static void
warn_per(const struct cross *x)
{
	for (size_t i = 0; i < x->conf->routes.count; i++) {
		const struct conf_route *route = conf_item(x->conf->routes, struct conf_route, i);
		const struct set_key keys[] = {{"teams", route->teams.count > 0},
		                               {"unowned", route->unowned != NULL}};

		if (route->per == PER_INCIDENT)
			warn_set(x, cross_item(x, "routes", i), keys, COUNT(keys),
			         "has no effect without \"per: team\"");
	}
}

/* A route with a digest tells nothing at once, so there is nothing to say again. */
static void
warn_digest(const struct cross *x)
{
	for (size_t i = 0; i < x->conf->routes.count; i++) {
		const struct conf_route *route = conf_item(x->conf->routes, struct conf_route, i);
		const struct set_key keys[] = {{"repeat", route->repeat > 0},
		                               {"reminders", route->reminders.count > 0}};

		if (route->digest.every != 0)
			warn_set(x, cross_item(x, "routes", i), keys, COUNT(keys),
			         "has no effect with a digest, which tells each time what is open");
	}
}

static void
warn_untracked(const struct cross *x)
{
	const struct conf_untracked *untracked = &x->conf->untracked_images;
	const struct node *at = cross_place(x, yaml_get(x->root, "untracked_images"), "ignore");

	if (untracked->ignore.count > 0 && untracked->providers.count == 0)
		faults_warn(x->faults, at->line, at->column,
		            "ignore has no effect without providers");
}

static const struct conf_source *
source_at(const struct cross *x, size_t i)
{
	return conf_item(x->conf->sources, struct conf_source, i);
}

/* What stands under its kind's name. */
static const struct node *
source_map(const struct cross *x, size_t i)
{
	return yaml_get(cross_item(x, "sources", i), source_at(x, i)->kind->name);
}

static bool
asks_api(const struct cross *x)
{
	for (size_t i = 0; i < x->conf->sources.count; i++)
		if (yaml_get(source_map(x, i), "api") != NULL)
			return true;
	return false;
}

static bool
reads_plans(const struct cross *x)
{
	for (size_t i = 0; i < x->conf->sources.count; i++)
		if (source_at(x, i)->kind->brings_plans)
			return true;
	return asks_api(x);
}

/* What names suggest tells neither a resource's image nor its channel. */
static void
warn_unread(const struct cross *x)
{
	const struct conf *conf = x->conf;
	const struct set_key keys[] = {
		{"policy", conf->policy.count > 0},
		{"untracked_images", conf->untracked_images.providers.count > 0},
		{"image_attributes", conf->image_attributes.count > 0},
	};

	if (!reads_plans(x))
		warn_set(x, x->root, keys, COUNT(keys),
		         "has no effect: no source reads plans (a run task's) or states (one with "
		         "\"api\")");
}

static void
warn_enforced(const struct cross *x)
{
	for (size_t i = 0; i < x->conf->sources.count; i++) {
		const struct node *map = source_map(x, i), *enforce = yaml_get(map, "enforce"),
				  *within = yaml_get(map, "enforce_within");

		if (within != NULL && (enforce == NULL || strcmp(enforce->text, "scheduled") != 0))
			faults_warn(x->faults, within->line, within->column,
			            "enforce_within has no effect without \"enforce: "
			            "scheduled\"");
	}
}

/* No webhook tells of projects and tags. */
static void
warn_unlearnt(const struct cross *x, const struct conf_team *team, const struct node *map)
{
	const struct set_key keys[] = {{"projects", team->projects.count > 0},
	                               {"tags", team->tags.count > 0}};

	warn_set(x, map, keys, COUNT(keys),
	         "are learnt from the API of HCP Terraform, and no source has \"api\"");
}

static void
warn_teams(const struct cross *x)
{
	bool learnt = asks_api(x);

	for (size_t i = 0; i < x->conf->teams.count; i++) {
		const struct conf_team *team = conf_item(x->conf->teams, struct conf_team, i);
		const struct node *map = cross_item(x, "teams", i),
				  *at = cross_place(x, map, "name");

		if (!learnt)
			warn_unlearnt(x, team, map);
		if (team->workspaces.count + team->projects.count + team->tags.count +
		            team->buckets.count ==
		    0)
			faults_warn(x->faults, at->line, at->column,
			            "the team owns nothing without workspaces, projects, tags or "
			            "buckets");
	}
}

void
cross_warn(const struct cross *x)
{
	warn_kinds(x);
	warn_sinks(x);
	warn_per(x);
	warn_digest(x);
	warn_untracked(x);
	warn_unread(x);
	warn_enforced(x);
	warn_teams(x);
}
