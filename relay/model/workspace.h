/*
 * workspace.h - an HCP Terraform workspace, as far as it is known, and how
 * news changes it.  Older news, by its own time, never undoes newer.
 */
#ifndef RELAY_MODEL_WORKSPACE_H
#define RELAY_MODEL_WORKSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/base/clock.h"
#include "relay/model/event.h"
#include "relay/model/run.h"
#include "relay/model/usage.h"

struct workspace {
	char *key; /* ours: stays when a workspace is renamed or its id becomes known */
	char *host, *id, *organization, *name, *url;
	struct applied applied; /* the last applied run */
	char *applied_run;
	int64_t run_ok_at, run_failed_at; /* the newest of each */
	int64_t assessed_at;              /* the newest successful assessment */
	/* It says so, nothing was applied or destroyed since, and it is not stale. */
	bool drifted, checks_failed;
	int64_t assessment_failed_at; /* the newest that did not succeed */
	int64_t assessment_heard_at;  /* when the last of either arrived */
	int64_t gone_at;              /* deleted or destroyed; 0 = is there */
	int64_t ended_at;             /* the last time it was, also of one that came back */
	int64_t seen_at;
	int64_t first_heard_at; /* the time of the oldest event that tells of it */
	struct exact exact;     /* as plans and states told it */
	/* HCP Terraform's, by its API: the project's name, and a JSON array of tags. */
	char *project, *tags;
	int64_t notified_at; /* the last run notification came, and the last run task */
	int64_t tasked_at;
	enum { HEALTH_UNKNOWN, HEALTH_OFF, HEALTH_ON } health; /* are assessments enabled? */
};

void workspace_fini(struct workspace *);

/* Each returns whether the news counts: false when something newer is known. */
bool workspace_run(struct workspace *, const struct run_news *, int64_t received_at);
bool workspace_assessed(struct workspace *, const struct assessment_news *, int64_t received_at);
bool workspace_is_gone(struct workspace *, int64_t at);

/* Its newest assessment did not succeed. */
bool workspace_is_unassessed(const struct workspace *);

/*
 * HCP tells of no clean assessment, only of what is wrong: when it tells nothing
 * for so long, what it told is nothing to go by.
 */
#define ASSESSMENT_LIFE_MS (7 * DAY_MS)
bool workspace_is_stale(const struct workspace *, int64_t now_ms);
/* What it told counts no more once it is stale; whether anything did. */
bool workspace_forget(struct workspace *, int64_t now_ms);

#endif
