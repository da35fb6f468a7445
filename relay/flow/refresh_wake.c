/* What time alone makes of an open incident, by its kind. */
#include "relay/flow/plan.h"
#include "relay/store/incidents.h"

/* Its due time may have passed without a word from HCP, or a month without
 * anybody affected. */
static int
wake_revocation(struct plan *plan, const struct incident *incident, struct err *err)
{
	return refresh_revocation(plan, incident->image_key, REFRESH_OPEN_ONLY, NULL, false, NULL,
	                          err);
}

/* It may be that nobody has told anything for too long. */
static int
wake_workspace(struct plan *plan, const struct incident *incident, struct err *err)
{
	return plan_workspace_woken(plan, incident->workspace_key, err);
}

typedef int wake_fn(struct plan *, const struct incident *, struct err *);

static wake_fn *const by_kind[KIND_COUNT] = {
	[KIND_IMAGE_REVOCATION] = wake_revocation,
	[KIND_WORKSPACE_DRIFT] = wake_workspace,
	[KIND_WORKSPACE_CHECK_FAILED] = wake_workspace,
	[KIND_WORKSPACE_AUTO_DESTROY] = wake_workspace,
};

int
refresh_woken(struct plan *plan, const char *incident_id, struct err *err)
{
	struct incident incident;
	int rc = incidents_by_id(plan->db, incident_id, &incident, err);

	if (rc == 1 && incident.open && by_kind[incident.kind] != NULL)
		rc = by_kind[incident.kind](plan, &incident, err);
	incident_fini(&incident);
	return rc < 0 ? -1 : 0;
}
