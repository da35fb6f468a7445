/* Whose a workspace is, as HCP Terraform's projects and tags tell it. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/flow/plan.h"
#include "relay/flow/refresh.h"
#include "relay/model/team.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"

/* Borrowed from the config. */
static const char *
owner_of(const struct plan *plan, const struct workspace *workspace)
{
	return team_of_workspace(
		plan->conf,
		&(struct workspace_marks){workspace->name, workspace->project, workspace->tags});
}

static bool
same_team(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Nothing is new of them but to whom they are told. */
static int
announce_again(struct plan *plan, const struct incident_list *incidents, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < incidents->count; i++) {
		const struct incident *incident = &incidents->items[i];
		struct incident_rows rows = {0};

		if (i > 0 && strcmp(incident->id, incidents->items[i - 1].id) == 0)
			continue; /* it lists the workspace for two buckets */
		rc = refresh_rows(plan->db, incident->id, &rows, err);
		if (rc == 0)
			rc = announce_incident(plan, incident, &rows, err);
		incident_rows_fini(&rows);
	}
	return rc;
}

int
plan_owner(struct plan *plan, struct workspace *workspace, const char *project, const char *tags,
           struct err *err)
{
	const char *before = owner_of(plan, workspace);
	bool project_differs = mem_update(&workspace->project, project);
	bool tags_differ = mem_update(&workspace->tags, tags);
	struct incident_list listing = {0}, about = {0};
	int rc;

	if (!project_differs && !tags_differ)
		return 0;
	rc = catalog_workspace_put(plan->db, workspace, err);
	if (rc == 0 && !same_team(before, owner_of(plan, workspace))) {
		rc = incidents_listing(plan->db, workspace->key, &listing, err);
		if (rc == 0)
			rc = announce_again(plan, &listing, err);
		if (rc == 0)
			rc = incidents_about(plan->db, workspace->key, &about, err);
		if (rc == 0)
			rc = announce_again(plan, &about, err);
	}
	incident_list_fini(&listing);
	incident_list_fini(&about);
	return rc;
}
