#include "relay/model/team.h"

#include <stdlib.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"

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
		if (glob_match_any(team->workspaces.items, team->workspaces.count, marks->name) ||
		    glob_match_any(team->projects.items, team->projects.count, marks->project) ||
		    any_tag(&team->tags, tags))
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

		if (glob_match_any(team->buckets.items, team->buckets.count, bucket))
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
team_of_rows(const struct conf *conf, struct incident_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		rows->items[i].team = team_of_row(conf, &rows->items[i]);
}
