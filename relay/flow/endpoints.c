#include <stdlib.h>
#include <string.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/flow/addresses.h"
#include "relay/flow/deliver_parts.h"
#include "relay/message/templates.h"

struct outlet *
outlet_new(const struct deliver *d, const struct sink_kind *kind, const void *options,
           const char *team, bool own)
{
	struct outlet *outlet = mem_alloc(sizeof(*outlet));
	struct err err = {0};

	outlet->env = (struct sink_env){
		.httpc = d->httpc,
		.helpers = d->helpers,
		.templates = own ? NULL : d->templates,
	};
	if (kind->open(&outlet->sink, options, team, &outlet->env, &err) < 0) {
		log_error("cannot open sink", "kind", kind->conf.name, "reason", err.text, LOG_END);
		free(outlet);
		return NULL;
	}
	outlet->kind = kind;
	outlet->conf = own ? NULL : conf_hold(d->conf);
	outlet->templates = own || !d->templates ? NULL : templates_hold(d->templates);
	outlet->users = 1;
	return outlet;
}

void
outlet_release(struct outlet *outlet)
{
	if (!outlet || --outlet->users)
		return;
	outlet->kind->close(outlet->sink);
	conf_release(outlet->conf);
	templates_release(outlet->templates);
	free(outlet);
}

static bool
is_callback(const char *destination)
{
	return strncmp(destination, TASK_CALLBACK_DESTINATION, strlen(TASK_CALLBACK_DESTINATION)) ==
	       0;
}

struct endpoint *
endpoint_named(const struct deliver *d, const char *destination)
{
	struct endpoint *endpoint = d->endpoints;

	while (endpoint && strcmp(endpoint->destination, destination) != 0)
		endpoint = endpoint->next;
	return endpoint;
}

static struct endpoint *
endpoint_add(struct deliver *d, const char *destination, const struct sink_kind *kind)
{
	struct endpoint *endpoint = mem_alloc(sizeof(*endpoint));

	endpoint->destination = mem_str(destination);
	endpoint->kind = kind;
	endpoint->next = d->endpoints;
	d->endpoints = endpoint;
	return endpoint;
}

bool
endpoint_is_open(const struct endpoint *endpoint)
{
	return endpoint->outlet || is_callback(endpoint->destination);
}

struct endpoint *
endpoint_for(struct deliver *d, const char *destination)
{
	struct endpoint *endpoint = endpoint_named(d, destination);

	if (is_callback(destination))
		return endpoint ? endpoint
		                : endpoint_add(d, destination, sink_kind_named("task_callback"));
	return endpoint && endpoint_is_open(endpoint) ? endpoint : NULL;
}

/* Frees those that nobody configures and nothing uses: task callbacks come
 * and go with their hosts, sinks with reloads. */
static void
reap(struct deliver *d)
{
	struct endpoint **link = &d->endpoints;

	while (*link) {
		struct endpoint *endpoint = *link;
		if (endpoint->outlet || endpoint->in_flight) {
			link = &endpoint->next;
			continue;
		}
		*link = endpoint->next;
		free(endpoint->destination);
		free(endpoint);
	}
}

void
endpoint_leave(struct deliver *d, struct endpoint *endpoint)
{
	endpoint->in_flight--;
	reap(d);
}

/* Two sinks with one address are one destination: the first speaks for it. */
static void
open_address(struct deliver *d, const struct address *address)
{
	const struct sink_kind *kind = sink_kind_named(address->sink->kind->name);
	struct endpoint *endpoint = endpoint_named(d, address->destination);

	if (!endpoint)
		endpoint = endpoint_add(d, address->destination, kind);
	if (!endpoint->outlet)
		endpoint->outlet =
			outlet_new(d, kind, address->sink->options, address->team, false);
}

static void
close_outlets(struct deliver *d)
{
	for (struct endpoint *endpoint = d->endpoints; endpoint; endpoint = endpoint->next) {
		outlet_release(endpoint->outlet);
		endpoint->outlet = NULL;
	}
}

void
endpoints_configure(struct deliver *d)
{
	static const struct task_callback_options callback_options[2] = {{false}, {true}};

	struct address_list list;

	close_outlets(d);
	addresses_of(d->conf, &list);
	for (size_t i = 0; i < list.count; i++)
		open_address(d, &list.items[i]);
	address_list_fini(&list);
	for (int i = 0; i < 2; i++)
		if (!d->callbacks[i])
			d->callbacks[i] = outlet_new(d, sink_kind_named("task_callback"),
			                             &callback_options[i], NULL, true);
	reap(d);
}

void
endpoints_free(struct deliver *d)
{
	close_outlets(d);
	outlet_release(d->callbacks[0]);
	outlet_release(d->callbacks[1]);
	for (struct endpoint *endpoint = d->endpoints; endpoint; endpoint = endpoint->next)
		endpoint->in_flight = 0; /* cancelled */
	reap(d);
}
