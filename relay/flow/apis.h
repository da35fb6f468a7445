/*
 * apis.h - the HCP Terraform APIs that a configuration's sources may ask, and how
 * it is with each.  Loop thread only.
 */
#ifndef RELAY_FLOW_APIS_H
#define RELAY_FLOW_APIS_H

#include <jansson.h>

#include "relay/config/conf.h"
#include "relay/hcp/terraform_client.h"

/* The client of a source that has an API; api_client_release() when done with it. */
struct api_client *apis_client(struct api_clients *, const struct conf_source *);
/* At start and after each reload: those of this config, and no others, are kept. */
void apis_keep(struct api_clients *, const struct conf *);
/*
 * For those who look: {SOURCE: {"state", "until"}, ...} of each source that has an
 * API.  state is "ok", "paused", "refused", or null where nothing was answered yet;
 * until is when it is asked again, null for the others.  The caller's reference.
 */
json_t *apis_show(const struct api_clients *, const struct conf *, int64_t now_ms);

#endif
