/*
 * api_status.c - GET /api/v1/status: what `driftbell status` shows.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/admin/api.h"
#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/addresses.h"

static const char *
sink_state(const json_t *destination, int64_t now_ms)
{
	if (json_is_true(json_object_get(destination, "blocked")))
		return "blocked";
	if (json_time_at(destination, "failing_since"))
		return "failing";
	return json_time_at(destination, "paused_until") > now_ms ? "paused" : "ok";
}

static void
copy(json_t *to, const char *name, const json_t *from)
{
	json_t *value = json_object_get(from, name);

	json_object_set(to, name, value ? value : json_null());
}

/* Several sinks may share one destination; each is shown with its state, and
 * one with a destination for each team as often. */
static int
add_sink(const struct address *address, struct db *db, int64_t now_ms, json_t *sinks,
         struct err *err)
{
	json_t *destination, *item;

	if (query_destination(db, address->destination, &destination, err) < 0)
		return -1;
	item = json_pack("{s:s, s:s?, s:s, s:s}", "name", address->sink->name, "team",
	                 address->team, "kind", address->sink->kind->name, "state",
	                 sink_state(destination, now_ms));
	copy(item, "failing_since", destination);
	copy(item, "paused_until", destination);
	copy(item, "text", destination);
	json_array_append_new(sinks, item);
	json_decref(destination);
	return 0;
}

/* What only the loop knew, when it was asked. */
static void
add_apis(json_t *sources, const json_t *apis)
{
	json_t *item;
	size_t i;

	json_array_foreach(sources, i, item)
	{
		const json_t *known = json_object_get(apis, json_text_at(item, "name"));
		json_t *api = json_object_get(item, "api");

		if (!json_is_object(api))
			continue;
		copy(api, "state", known);
		copy(api, "until", known);
	}
}

int
api_status(const struct api_ask *ask, struct db *db, struct api_answer *answer, struct err *err)
{
	const struct conf *conf = ask->conf;
	struct address_list list;
	json_t *sinks;
	int rc = 0;

	if (query_status(db, conf, &answer->body, err) < 0)
		return -1;
	add_apis(json_object_get(answer->body, "sources"), ask->apis);
	sinks = json_array();
	json_object_set_new(answer->body, "sinks", sinks);
	json_object_set_new(answer->body, "version", json_string(DRIFTBELL_VERSION));
	addresses_of(conf, &list);
	for (size_t i = 0; rc == 0 && i < list.count; i++)
		rc = add_sink(&list.items[i], db, ask->now_ms, sinks, err);
	address_list_fini(&list);
	return rc;
}
