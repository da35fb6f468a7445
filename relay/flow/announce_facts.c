#include "relay/flow/announce_facts.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/model/key.h"

static bool
routes_ask_channels(const struct conf *conf)
{
	for (size_t i = 0; i < conf->routes.count; i++)
		if (conf_item(conf->routes, struct conf_route, i)->match.channels.count > 0)
			return true;
	return false;
}

static bool
points_at(const struct assignment *a, const struct incident *incident)
{
	char *key = a->fingerprint != NULL ? key_image(incident->bucket_key, a->fingerprint) : NULL;
	bool same = key != NULL && strcmp(key, incident->image_key) == 0;

	free(key);
	return same;
}

/* Those that point at the incident's image now; names are borrowed from history. */
static int
load_channels(struct plan *plan, const struct incident *incident, struct history *history,
              struct key_texts *out, struct err *err)
{
	if (incident->image_key == NULL || incident->bucket_key == NULL)
		return 0;
	if (catalog_history(plan->db, incident->bucket_key, history, err) != 0)
		return -1;
	out->items = mem_array(history->count + 1, sizeof(*out->items));
	for (size_t i = 0; i < history->count; i++) {
		const struct assignment *a = &history->items[i];
		bool current = history_is_current(history, a);

		if (current && points_at(a, incident))
			out->items[out->count++] = a->channel;
	}
	return 0;
}

int
announce_facts(struct announce_facts *facts, struct plan *plan, const struct incident *incident,
               const struct incident_rows *rows, bool channels, struct err *err)
{
	struct bucket_name bucket = bucket_name_of(incident->bucket_key, &facts->memory);

	facts->routed = (struct route_facts){
		.kind = incident->kind,
		.severity = incident->severity,
		.bucket = bucket.bucket,
		.organization_id = bucket.organization_id,
		.channel = incident->channel,
		.rows = rows,
	};
	if (!channels && !routes_ask_channels(plan->conf))
		return 0;
	return load_channels(plan, incident, &facts->history, &facts->routed.image_channels, err);
}

void
announce_facts_fini(struct announce_facts *facts)
{
	free(facts->routed.image_channels.items);
	history_fini(&facts->history);
	free(facts->memory);
}
