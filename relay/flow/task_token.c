#include "relay/flow/task_token.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "relay/base/text.h"
#include "relay/hcp/read_job.h"

static char *
open_with(const struct run_task_options *options, const char *sealed)
{
	for (size_t i = 0; i < options->base.hmac_key.count; i++) {
		char *token = seal_open(options->base.hmac_key.values[i], "run task token", sealed);
		if (token && read_bearer_is_fine(token))
			return token;
		if (token)
			mem_wipe_free(token, strlen(token));
	}
	return NULL;
}

char *
task_token_open(const struct conf *conf, const char *sealed,
                const struct run_task_options **options)
{
	for (size_t i = 0; sealed && i < conf->sources.count; i++) {
		const struct conf_source *source = conf_item(conf->sources, struct conf_source, i);
		if (strcmp(source->kind->name, "hcp_run_task") != 0)
			continue;
		char *token = open_with(source->options, sealed);
		if (token) {
			*options = source->options;
			return token;
		}
	}
	return NULL;
}

const char *
task_url_refusal(const struct run_task_options *options, const char *url)
{
	char *host = url ? url_host(url) : NULL;
	bool allowed = false;

	for (size_t i = 0; host && i < options->allowed_hosts.count; i++)
		allowed |= strcasecmp(options->allowed_hosts.items[i], host) == 0;
	bool is_url = host != NULL;
	free(host);
	if (!is_url)
		return "it is not an http(s) URL";
	return allowed ? NULL : "its host is not in allowed_hosts";
}
