#include "relay/config/section.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/config/lookup.h"

/* The value of a key, in whichever form a secret's is given; NULL: it is not there. */
static const struct node *
value_of(const struct node *map, const char *key)
{
	const struct node *value = yaml_get(map, key);

	for (int form = SECRET_FILE; value == NULL && form <= SECRET_ENV; form++) {
		char *name = mem_fmt("%s%s", key, secret_suffixes[form]);

		value = yaml_get(map, name);
		free(name);
	}
	return value;
}

/* Down through the maps, or to the first on the way that was refused.  Cuts the path. */
static const struct node *
find(const struct node *node, char *path)
{
	char *save = NULL;

	for (char *key = strtok_r(path, ".", &save); key != NULL; key = strtok_r(NULL, ".", &save))
		if (node == NULL || node->type != NODE_BAD)
			node = value_of(node, key);
	return node;
}

/* Where to tell it; NULL: nowhere, one of them was refused. */
static const struct node *
place_of(const struct section *section, const char *keys)
{
	const struct node *first = NULL;
	bool refused = section->at->type == NODE_BAD;
	char *copy = mem_str(keys), *save = NULL;

	for (char *key = strtok_r(copy, " ", &save); key != NULL;
	     key = strtok_r(NULL, " ", &save)) {
		const struct node *value = find(section->map, key);

		first = first != NULL ? first : value;
		refused = refused || (value != NULL && value->type == NODE_BAD);
	}
	free(copy);
	if (refused)
		return NULL;
	return first != NULL ? first : section->at;
}

void
section_fault(const struct section *section, const char *keys, const char *fmt, ...)
{
	const struct node *at = place_of(section, keys);
	char *text, *team;
	va_list args;

	if (at == NULL)
		return;
	va_start(args, fmt);
	text = mem_vfmt(fmt, args);
	va_end(args);
	team = section->team != NULL ? faults_quote(section->team) : NULL;
	faults_add(section->faults, at->line, at->column, "%s: %s%s%s%s", section->name,
	           team != NULL ? "for the team " : "", team != NULL ? team : "",
	           team != NULL ? ": " : "", text);
	free(team);
	free(text);
}

struct section
section_item(const struct section *section, const char *key, size_t i)
{
	const struct node *list = value_of(section->map, key);
	struct section item = *section;

	item.map = yaml_item(list, i);
	item.at = item.map != NULL ? item.map : list != NULL ? list : section->at;
	return item;
}
