/*
 * api.h - the options of a source that may also ask the HCP Terraform API, for
 * what no webhook tells: `api: {url, token_file, organization}`.
 */
#ifndef RELAY_SOURCE_API_H
#define RELAY_SOURCE_API_H

#include <stdbool.h>

#include "relay/config/conf.h"
#include "relay/config/key.h"
#include "relay/config/section.h"

struct api_options {
	char *url;           /* default https://app.terraform.io */
	struct secret token; /* count 0: there is no API */
	char *organization;  /* whose workspaces are listed at start; NULL: nobody's */
	char *ca_file;       /* NULL = the system's certificates */
};

extern const struct key api_keys[]; /* over struct api_options */

/* What is wrong with them, of a kind that has them under `api` beside its own `allow_private`. */
void api_check(const struct api_options *, bool allow_private, const struct section *);

/* Of a configured source, of whatever kind; NULL: it has none. */
const struct api_options *source_api(const struct conf_source *);
/* Whether it may call loopback and private addresses; of one that has an API. */
bool source_allows_private(const struct conf_source *);

#endif
