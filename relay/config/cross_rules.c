#include <string.h>

#include "relay/config/cross.h"
#include "relay/config/pattern.h"
#include "relay/config/value.h"

/* False when the pattern is no use to go on with. */
static bool
check_pattern(const struct cross *x, const struct node *map, const char *key, const char *pattern,
              struct pattern_names *names)
{
	const struct node *at = cross_place(x, map, key);
	const char *fault;

	if (pattern == NULL)
		return false;
	fault = strlen(pattern) > PATTERN_LENGTH_MAX ? "is longer than 256 bytes"
	                                             : pattern_names_add(names, pattern);
	if (fault != NULL)
		faults_add(x->faults, at->line, at->column, "%s %s", key, fault);
	return fault == NULL;
}

static void
check_rule(const struct cross *x, const struct conf_rule *rule, const struct node *map)
{
	struct pattern_names bucket = {0}, workspace = {0}, both = {0};
	const struct node *at = cross_place(x, map, "workspace");
	bool fine;

	cross_glob(x, map, "organization", rule->organization);
	cross_glob(x, map, "project", rule->project);
	cross_glob(x, map, "channel", rule->channel);
	fine = check_pattern(x, map, "bucket", rule->bucket, &bucket);
	fine = check_pattern(x, map, "workspace", rule->workspace, &workspace) && fine;
	if (!fine)
		return;
	if (pattern_names_add(&both, rule->bucket) != NULL ||
	    pattern_names_add(&both, rule->workspace) != NULL)
		faults_add(x->faults, at->line, at->column,
		           "workspace and bucket together have more than %d different {name}s",
		           PATTERN_NAMES_MAX);
	/* Allowed: one family of images for a family of workspaces.  Mostly a slip. */
	else if (bucket.count > 0 && !pattern_names_share(&bucket, &workspace))
		faults_warn(x->faults, at->line, at->column,
		            "workspace has none of the bucket's {name}s: "
		            "every workspace it matches is taken to run every bucket that matches");
}

void
cross_rules(const struct cross *x)
{
	for (size_t i = 0; i < x->conf->correlate.count; i++) {
		const struct node *map = cross_item(x, "correlate", i);

		if (map->type == NODE_MAP)
			check_rule(x, conf_item(x->conf->correlate, struct conf_rule, i), map);
	}
}
