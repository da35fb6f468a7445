#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/config/cross.h"
#include "relay/config/lookup.h"

#define NAME_MAX_BYTES 128
#define NEAREST_AMONG 64 /* no suggestion out of more: time must stay linear */
#define DROP "drop"

/* The names of one list of the file, sorted, so that looking one up costs
 * little however long a hostile list is. */
struct names {
	struct entry {
		const char *name;
		size_t i; /* in the list */
	} * items;
	size_t count;
};

static int
by_name(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	if (order != 0)
		return order;
	return a->i < b->i ? -1 : a->i > b->i;
}

/* The name is at the head of each struct of the list. */
static void
names_init(struct names *names, const struct key_list *list, size_t size)
{
	names->items = mem_array(list->count, sizeof(*names->items));
	names->count = 0;
	for (size_t i = 0; i < list->count; i++) {
		const char *name =
			*(char *const *)(const void *)((const char *)list->items + i * size);

		if (name != NULL)
			names->items[names->count++] = (struct entry){.name = name, .i = i};
	}
	if (names->count > 1)
		qsort(names->items, names->count, sizeof(*names->items), by_name);
}

static bool
names_has(const struct names *names, const char *name)
{
	size_t low = 0, high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, names->items[middle].name);

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

static void
check_duplicates(const struct cross *x, const struct names *names, const char *list)
{
	for (size_t i = 1; i < names->count; i++) {
		const struct entry *first = &names->items[i - 1], *again = &names->items[i];
		const struct node *at = cross_place(x, cross_item(x, list, again->i), "name");
		char *quoted;

		if (strcmp(first->name, again->name) != 0)
			continue;
		quoted = faults_quote(again->name);
		faults_add(x->faults, at->line, at->column,
		           "duplicate name %s in %s: it stands on line %d already", quoted, list,
		           cross_place(x, cross_item(x, list, first->i), "name")->line);
		free(quoted);
	}
}

static void
check_lengths(const struct cross *x, const struct names *names, const char *list)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct node *at =
			cross_place(x, cross_item(x, list, names->items[i].i), "name");

		if (strlen(names->items[i].name) > NAME_MAX_BYTES)
			faults_add(x->faults, at->line, at->column, "name is longer than %d bytes",
			           NAME_MAX_BYTES);
	}
}

static void
check_source_names(const struct cross *x)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	for (size_t i = 0; i < x->conf->sources.count; i++) {
		const char *name = conf_item(x->conf->sources, struct conf_source, i)->name;
		const struct node *at = cross_place(x, cross_item(x, "sources", i), "name");

		if (name != NULL &&
		    (!isalnum((unsigned char)*name) || name[strspn(name, allowed)] != '\0'))
			faults_add(
				x->faults, at->line, at->column,
				"name is part of a URL: letters, digits, \".\", \"_\" and \"-\", "
				"beginning with a letter or digit");
	}
}

static void
check_sink_names(const struct cross *x)
{
	for (size_t i = 0; i < x->conf->sinks.count; i++) {
		const char *name = conf_item(x->conf->sinks, struct conf_sink, i)->name;
		const struct node *at = cross_place(x, cross_item(x, "sinks", i), "name");

		if (name != NULL && strcmp(name, DROP) == 0)
			faults_add(x->faults, at->line, at->column,
			           "name cannot be \"" DROP "\": unowned uses that word");
	}
}

static void
check_known(const struct cross *x, const struct names *names, const char *what, const char *name,
            const struct node *at)
{
	const char *candidates[NEAREST_AMONG], *nearest = NULL;
	char *quoted;

	if (name == NULL || names_has(names, name))
		return;
	if (names->count <= NEAREST_AMONG && x->faults->count < FAULTS_MAX) {
		for (size_t i = 0; i < names->count; i++)
			candidates[i] = names->items[i].name;
		nearest = lookup_nearest(name, candidates, names->count);
	}
	quoted = faults_quote(name);
	if (nearest != NULL)
		faults_add(x->faults, at->line, at->column,
		           "there is no %s %s: did you mean \"%s\"?", what, quoted, nearest);
	else
		faults_add(x->faults, at->line, at->column, "there is no %s %s", what, quoted);
	free(quoted);
}

static void
check_all_known(const struct cross *x, const struct names *names, const char *what,
                const struct key_texts *texts, const struct node *list)
{
	for (size_t i = 0; i < texts->count; i++)
		check_known(x, names, what, texts->items[i], yaml_item(list, i));
}

static void
check_kinds(const struct cross *x, const struct key_texts *kinds, const struct node *list)
{
	for (size_t i = 0; i < kinds->count; i++) {
		const struct node *at = yaml_item(list, i);
		char *quoted;

		if (kinds->items[i] == NULL || cross_kind_exists(x, kinds->items[i]))
			continue;
		quoted = faults_quote(kinds->items[i]);
		faults_add(x->faults, at->line, at->column, "kinds: %s matches no incident kind",
		           quoted);
		free(quoted);
	}
}

void
cross_match(const struct cross *x, const struct conf_match *match, const struct node *node)
{
	check_kinds(x, &match->kinds, yaml_get(node, "kinds"));
}

static void
check_route(const struct cross *x, size_t i, const struct names *sinks, const struct names *teams)
{
	const struct conf_route *route = conf_item(x->conf->routes, struct conf_route, i);
	const struct node *map = cross_item(x, "routes", i);
	const struct node *unowned = yaml_get(map, "unowned");

	cross_match(x, &route->match, yaml_get(map, "match"));
	check_all_known(x, sinks, "sink", &route->to, yaml_get(map, "to"));
	check_all_known(x, teams, "team", &route->teams, yaml_get(map, "teams"));
	if (unowned != NULL && route->unowned != NULL && strcmp(route->unowned, DROP) != 0)
		check_known(x, sinks, "sink", route->unowned, unowned);
}

void
cross_names(const struct cross *x)
{
	struct names sources, teams, sinks, routes, silences;
	const struct {
		struct names *names;
		const char *list;
		const struct key_list *items;
		size_t size;
	} lists[] = {
		{&sources, "sources", &x->conf->sources, sizeof(struct conf_source)},
		{&teams, "teams", &x->conf->teams, sizeof(struct conf_team)},
		{&sinks, "sinks", &x->conf->sinks, sizeof(struct conf_sink)},
		{&routes, "routes", &x->conf->routes, sizeof(struct conf_route)},
		{&silences, "silences", &x->conf->silences, sizeof(struct conf_silence)},
	};

	for (size_t i = 0; i < COUNT(lists); i++) {
		names_init(lists[i].names, lists[i].items, lists[i].size);
		check_duplicates(x, lists[i].names, lists[i].list);
		check_lengths(x, lists[i].names, lists[i].list);
	}
	check_source_names(x);
	check_sink_names(x);
	for (size_t i = 0; i < x->conf->routes.count; i++)
		check_route(x, i, &sinks, &teams);
	check_known(x, &sinks, "sink", x->conf->fallback, cross_place(x, x->root, "fallback"));
	for (size_t i = 0; i < COUNT(lists); i++)
		free(lists[i].names->items);
}
