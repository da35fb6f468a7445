#include "relay/flow/plan_sweep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/flow/plan_owe.h"
#include "relay/flow/plan_reading.h"
#include "relay/hcp/terraform_api.h"
#include "relay/source/source.h"
#include "relay/store/catalog.h"

/* What only the API tells of a workspace. */
static int
set_listed(struct plan *plan, struct workspace *workspace, const struct api_workspace *listed,
           struct err *err)
{
	char *tags = json_dumps(listed->tags, JSON_COMPACT);
	int rc = plan_owner(plan, workspace, listed->project, tags, err);

	free(tags);
	if (rc != 0 || !listed->health_told ||
	    workspace->health == (listed->health ? HEALTH_ON : HEALTH_OFF))
		return rc;
	workspace->health = listed->health ? HEALTH_ON : HEALTH_OFF;
	return catalog_workspace_put(plan->db, workspace, err);
}

/* As an event that tells of it does, of now: 1 it is correlated anew, 0, -1. */
static int
learn(struct plan *plan, const struct sweep *sweep, const struct api_workspace *listed,
      struct workspace *workspace, struct err *err)
{
	const char *slash = strchr(sweep->place, '/');
	char *host = mem_strn(sweep->place, (size_t)(slash - sweep->place));
	struct event event = {.workspace = {
				      .host = host,
				      .id = listed->id,
				      .organization = listed->organization != NULL
	                                                      ? listed->organization
	                                                      : slash + 1,
				      .name = listed->name,
			      }};
	int learnt;

	event.workspace.url = workspace_url(&event.workspace);
	plan->event = &event;
	learnt = plan_learn_workspace(plan, workspace, err);
	plan->event = NULL;
	free((char *)event.workspace.url);
	free(host);
	if (learnt < 0 || set_listed(plan, workspace, listed, err) != 0)
		return -1;
	return learnt == 2;
}

/*
 * The Explorer's are worth a look.  Of the others, where it has told us, only those
 * that a rule brings together with a bucket and of which nothing is known; else
 * all of them.
 */
static int
is_worth_reading(struct plan *plan, const struct sweep *sweep, const struct workspace *workspace,
                 struct err *err)
{
	struct link_list links;
	int rc;

	if (sweep->step == SWEEP_EXPLORER || !sweep->shortlisted)
		return 1;
	if (workspace->exact.as_of != 0)
		return 0;
	rc = catalog_links_of_workspace(plan->db, workspace->key, &links, err);
	if (rc == 0)
		rc = links.count > 0;
	link_list_fini(&links);
	return rc;
}

/* What is said of it waits for what its state says, which is better than a guess
 * by its name. */
static int
owe(struct plan *plan, const struct sweep *sweep, const struct workspace *workspace,
    struct err *err)
{
	char *subject = mem_fmt("sweep %" PRId64 " %s", sweep->started_at, workspace->key);
	int rc = plan_owe_state(plan, workspace, subject, workspace->applied_run,
	                        workspace->applied.from, err);

	free(subject);
	return rc;
}

/* Nothing was ever applied: whatever its name says, it runs no image. */
static int
runs_nothing(struct plan *plan, const struct workspace *workspace, struct err *err)
{
	const struct owed_reading owed = {
		.kind = READING_STATE, .workspace_key = workspace->key, .created_at = plan->now_ms};
	const struct reading nothing = {.is_plan = false};

	return workspace->exact.as_of == 0 ? plan_reading(plan, &owed, &nothing, err) : 0;
}

static int
take(struct plan *plan, const struct sweep *sweep, const struct api_workspace *listed,
     struct err *err)
{
	struct workspace workspace = {0};
	int fresh = learn(plan, sweep, listed, &workspace, err), rc = fresh < 0 ? -1 : 0, worth;

	worth = rc == 0 && listed->has_state ? is_worth_reading(plan, sweep, &workspace, err) : 0;
	if (worth < 0)
		rc = -1;
	else if (rc == 0 && worth == 1)
		rc = owe(plan, sweep, &workspace, err);
	else if (rc == 0 && !listed->has_state)
		rc = runs_nothing(plan, &workspace, err);
	else if (rc == 0 && fresh == 1)
		rc = refresh_workspace_images(plan, &workspace, false, err);
	workspace_fini(&workspace);
	return rc;
}

int
plan_listed(struct plan *plan, const struct sweep *sweep, const json_t *document,
            const json_t *item, struct err *err)
{
	struct api_workspace listed;
	int rc = 0;

	if (api_workspace_read(document, item, &listed))
		rc = take(plan, sweep, &listed, err);
	api_workspace_fini(&listed);
	return rc;
}
