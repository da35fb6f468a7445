/*
 * workspace.h - an HCP Terraform workspace, as far as it is known, and how
 * news changes it.  Older news, by its own time, never undoes newer.
 */
#ifndef RELAY_MODEL_WORKSPACE_H
#define RELAY_MODEL_WORKSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/model/event.h"
#include "relay/model/usage.h"

struct workspace {
	char *key; /* ours: stays when a workspace is renamed or its id becomes known */
	char *host, *id, *organization, *name, *url;
	struct applied applied; /* the last applied run */
	char *applied_run;
	int64_t run_ok_at, run_failed_at; /* the newest of each */
	int64_t assessed_at;              /* the newest successful assessment */
	bool drifted;    /* it says so, and nothing was applied or destroyed since */
	int64_t gone_at; /* deleted or destroyed; 0 = is there */
	int64_t seen_at;
};

void workspace_fini(struct workspace *);

enum run_meaning {
	RUN_NOTHING,
	RUN_APPLIED,
	RUN_FINISHED /* planned, nothing to apply */,
	RUN_FAILED
};
/* By its status (OpenAPI of HCP Terraform); unknown ones mean nothing. */
enum run_meaning run_meaning(const char *status);

/* Each returns whether the news counts: false when something newer is known. */
bool workspace_run(struct workspace *, const struct run_news *, int64_t received_at);
bool workspace_assessed(struct workspace *, const struct assessment_news *, int64_t received_at);
bool workspace_is_gone(struct workspace *, int64_t at);

#endif
