/*
 * api_status.c - GET /api/v1/status: what `driftbell status` shows.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/admin/api.h"
#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "sinks/sink.h"

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

/* Several sinks may share one destination; each is shown with its state. */
static int
add_sink(const struct conf_sink *sink, struct db *db, int64_t now_ms, json_t *sinks,
         struct err *err)
{
	const struct sink_kind *kind = sink_kind_named(sink->kind->name);
	json_t *destination = NULL, *item;
	char *key = kind ? kind->destination(sink->options) : NULL;
	int rc = key ? query_destination(db, key, &destination, err) : 0;

	free(key);
	if (rc < 0)
		return -1;
	item = json_pack("{s:s, s:s, s:s}", "name", sink->name, "kind", sink->kind->name, "state",
	                 sink_state(destination, now_ms));
	copy(item, "failing_since", destination);
	copy(item, "paused_until", destination);
	copy(item, "text", destination);
	json_array_append_new(sinks, item);
	json_decref(destination);
	return 0;
}

int
api_status(const struct api_ask *ask, struct db *db, struct api_answer *answer, struct err *err)
{
	const struct conf *conf = ask->conf;
	json_t *sinks;

	if (query_status(db, conf, &answer->body, err) < 0)
		return -1;
	sinks = json_array();
	json_object_set_new(answer->body, "sinks", sinks);
	json_object_set_new(answer->body, "version", json_string(DRIFTBELL_VERSION));
	for (size_t i = 0; i < conf->sinks.count; i++)
		if (add_sink(conf_item(conf->sinks, struct conf_sink, i), db, ask->now_ms, sinks,
		             err) < 0)
			return -1;
	return 0;
}
