/* route_match.c - which incidents a route is for. */
#include <stddef.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/model/route.h"
#include "relay/model/team.h"

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
	if (glob_match_any(globs->items, globs->count, own))
		return true;
	for (size_t i = 0; i < rows->count; i++)
		if (glob_match_any(globs->items, globs->count, of(&rows->items[i])))
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
	return glob_match_any(globs->items, globs->count, incident_kind_names[facts->kind]);
}

static bool
wants_severity(const struct conf *conf, const struct key_texts *globs,
               const struct route_facts *facts)
{
	(void)conf;
	return glob_match_any(globs->items, globs->count, severity_names[facts->severity]);
}

static bool
wants_bucket(const struct conf *conf, const struct key_texts *globs,
             const struct route_facts *facts)
{
	(void)conf;
	if (glob_match_any(globs->items, globs->count, facts->bucket))
		return true;
	for (size_t i = 0; i < facts->rows->count; i++) {
		const char *name = strrchr(facts->rows->items[i].bucket_key, '/');

		if (name != NULL && glob_match_any(globs->items, globs->count, name + 1))
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
		if (glob_match_any(globs->items, globs->count, facts->image_channels.items[i]))
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
