#include "relay/flow/apis.h"

#include <stdlib.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/source/api.h"

static struct api_access
access_of(const struct conf_source *source, const struct api_options *api)
{
	return (struct api_access){.url = api->url,
	                           .token = api->token.values[0],
	                           .allow_private = source_allows_private(source),
	                           .ca_file = api->ca_file};
}

struct api_client *
apis_client(struct api_clients *clients, const struct conf_source *source)
{
	const struct api_access access = access_of(source, source_api(source));

	return api_client_for(clients, &access);
}

void
apis_keep(struct api_clients *clients, const struct conf *conf)
{
	struct api_access *all = mem_array(conf->sources.count + 1, sizeof(*all));
	size_t count = 0;

	for (size_t i = 0; i < conf->sources.count; i++) {
		const struct conf_source *source = conf_item(conf->sources, struct conf_source, i);
		const struct api_options *api = source_api(source);

		if (api != NULL)
			all[count++] = access_of(source, api);
	}
	api_clients_keep(clients, all, count);
	free(all);
}

static json_t *
show(const struct api_standing *standing, int64_t now_ms)
{
	static const char *const words[] = {[API_UNASKED] = NULL,
	                                    [API_FINE] = "ok",
	                                    [API_PAUSED] = "paused",
	                                    [API_REFUSED] = "refused"};
	bool waits = standing->condition == API_PAUSED || standing->condition == API_REFUSED;

	return json_pack("{s:s?, s:o}", "state", words[standing->condition], "until",
	                 json_time_or_null(waits ? now_ms + standing->wait_ms : 0));
}

json_t *
apis_show(const struct api_clients *clients, const struct conf *conf, int64_t now_ms)
{
	json_t *out = json_object();

	for (size_t i = 0; i < conf->sources.count; i++) {
		const struct conf_source *source = conf_item(conf->sources, struct conf_source, i);
		const struct api_options *api = source_api(source);

		if (api != NULL) {
			const struct api_access access = access_of(source, api);
			struct api_standing standing = api_standing_of(clients, &access);

			json_object_set_new(out, source->name, show(&standing, now_ms));
		}
	}
	return out;
}
