/*
 * addresses.h - where the sinks of a config deliver.
 *
 * A sink is one destination, or (sinks/address.h) one for each team of the
 * config, and one more for what no team is told where its address needs none.
 */
#ifndef RELAY_FLOW_ADDRESSES_H
#define RELAY_FLOW_ADDRESSES_H

#include "relay/config/conf.h"
#include "relay/store/queue.h"

struct address {
	const struct conf_sink *sink;
	const char *team;  /* NULL: a sink that is one destination, or nobody's */
	char *destination; /* sink_kind.destination() */
};

/* In the order of the config; a sink's follow each other.  Borrow from it. */
struct address_list {
	struct address *items;
	size_t count;
};
void addresses_of(const struct conf *, struct address_list *);
void address_list_fini(struct address_list *);

/* Where this sink delivers what this team (NULL: no team) is told; NULL where
 * it has no address for it.  The caller frees. */
char *address_of_sink(const struct conf_sink *, const char *team);

/* Every sink and where it delivers, for queue_follow(); names borrow from the config. */
struct queue_sinks sinks_of_config(const struct conf *);
void queue_sinks_fini(struct queue_sinks *);

#endif
