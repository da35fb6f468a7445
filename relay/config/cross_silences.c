#include <string.h>

#include "relay/config/cross.h"
#include "relay/config/silence.h"

/* Part of an id and of a line of the timeline. */
static const char name_bytes[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

static void
check_silence(const struct cross *x, const struct conf_silence *silence, const struct node *map)
{
	const struct node *name = cross_place(x, map, "name");
	const struct node *weekly = yaml_get(map, "weekly");

	if (silence->name != NULL && silence->name[strspn(silence->name, name_bytes)] != '\0')
		faults_add(x->faults, name->line, name->column,
		           "name is part of an id: letters, digits, \".\", \"_\" and \"-\"");
	cross_match(x, &silence->match, yaml_get(map, "match"));
	if (weekly == NULL || weekly->type == NODE_EMPTY)
		faults_add(
			x->faults, map->line, map->column,
			"weekly is missing in silences: one that is not is made through the API");
	else if (weekly->type == NODE_MAP)
		weekly_check(x->faults, weekly, &silence->weekly);
}

void
cross_silences(const struct cross *x)
{
	for (size_t i = 0; i < x->conf->silences.count; i++) {
		const struct node *map = cross_item(x, "silences", i);

		if (map->type == NODE_MAP)
			check_silence(x, conf_item(x->conf->silences, struct conf_silence, i), map);
	}
}
