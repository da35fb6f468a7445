/*
 * run.h - what the status of a run means, and the newest that is known of one.
 */
#ifndef RELAY_MODEL_RUN_H
#define RELAY_MODEL_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/model/event.h"

enum run_meaning {
	RUN_NOTHING,
	RUN_APPLIED,
	RUN_FINISHED /* planned, nothing to apply */,
	RUN_FAILED
};
/* By its status (OpenAPI of HCP Terraform); unknown ones mean nothing. */
enum run_meaning run_meaning(const char *status);
bool run_status_known(const char *status);

/* Has a run of this status come to its end, and changed what it was to change? */
enum run_end { RUN_GOES_ON, RUN_END_APPLIED, RUN_END_NOT_APPLIED };
enum run_end run_end(const char *status);

/*
 * Whether it waits for a person: to confirm it, to override a policy, to decide
 * on a run task.  Some statuses say so alone.  Others are passed through where
 * runs go on by themselves, and wait only when HCP asks for attention; so does a
 * status that is not known yet.
 */
bool run_waits(const struct run_news *);

/* One run as it was last heard of. */
struct run {
	char *host, *id, *workspace_key;
	char *status; /* as sent; "" when none was */
	int64_t updated_at;
	bool waits;
	bool applying; /* it was seen to begin: what it planned may be there in part */
};
void run_fini(struct run *);

/* What has no host, id and workspace_key yet is new.  False when something
 * newer is known, by its own time; at one time the later of two statuses counts. */
bool run_told(struct run *, const struct run_news *, int64_t received_at);

#endif
