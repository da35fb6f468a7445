#include "relay/flow/addresses.h"

#include <stdlib.h>

#include "relay/base/mem.h"
#include "sinks/sink.h"

static bool
is_per_team(const struct conf_sink *sink)
{
	const struct sink_kind *kind = sink_kind_named(sink->kind->name);

	return kind->per_team != NULL && kind->per_team(sink->options);
}

char *
address_of_sink(const struct conf_sink *sink, const char *team)
{
	return sink_kind_named(sink->kind->name)->destination(sink->options, team);
}

static void
add(struct address_list *list, const struct conf_sink *sink, const char *team)
{
	char *destination = address_of_sink(sink, team);

	if (destination == NULL)
		return;
	list->items = mem_grow(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = (struct address){sink, team, destination};
}

void
addresses_of(const struct conf *conf, struct address_list *list)
{
	*list = (struct address_list){0};
	for (size_t i = 0; i < conf->sinks.count; i++) {
		const struct conf_sink *sink = conf_item(conf->sinks, struct conf_sink, i);

		add(list, sink, NULL);
		for (size_t k = 0; is_per_team(sink) && k < conf->teams.count; k++)
			add(list, sink, conf_item(conf->teams, struct conf_team, k)->name);
	}
}

void
address_list_fini(struct address_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].destination);
	free(list->items);
	*list = (struct address_list){0};
}

struct queue_sinks
sinks_of_config(const struct conf *conf)
{
	struct address_list list;
	struct queue_sinks sinks = {0};

	addresses_of(conf, &list);
	sinks.items = mem_array(list.count + 1, sizeof(*sinks.items));
	for (; sinks.count < list.count; sinks.count++) {
		struct address *from = &list.items[sinks.count];
		const struct sink_kind *kind = sink_kind_named(from->sink->kind->name);

		sinks.items[sinks.count] = (struct queue_sink){
			.name = from->sink->name,
			.kind = from->sink->kind->name,
			.per_team = is_per_team(from->sink),
			.team = from->team,
			.destination = from->destination,
			.edits = kind->edits != NULL && kind->edits(from->sink->options),
		};
		from->destination = NULL;
	}
	address_list_fini(&list);
	return sinks;
}

void
queue_sinks_fini(struct queue_sinks *sinks)
{
	for (size_t i = 0; i < sinks->count; i++)
		free(sinks->items[i].destination);
	free(sinks->items);
	*sinks = (struct queue_sinks){0};
}
