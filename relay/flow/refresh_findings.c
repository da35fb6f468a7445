/*
 * workspace.untracked_image and workspace.wrong_channel.  Judged by the usages that
 * are known, those that a run plans included: whatever made them so, and in
 * whatever order.
 */
#include "relay/flow/findings.h"
#include "relay/flow/refresh_workspace.h"
#include "relay/store/usages.h"

/* What the timeline says of it. */
static const char *const opened[KIND_COUNT] = {
	[KIND_WORKSPACE_UNTRACKED_IMAGE] = "an image that no bucket knows",
	[KIND_WORKSPACE_WRONG_CHANNEL] = "an image of a wrong channel",
};
static const char *const ended[KIND_COUNT] = {
	[KIND_WORKSPACE_UNTRACKED_IMAGE] = "no such image is left",
	[KIND_WORKSPACE_WRONG_CHANNEL] = "no image of a wrong channel is left",
};

static const char *
what(const struct trouble *t, bool was_open)
{
	if (!t->facts.wrong)
		return t->workspace->gone_at != 0 ? "the workspace is gone"
		                                  : ended[t->incident.kind];
	return was_open ? "what was found has changed" : opened[t->incident.kind];
}

static int
refresh_kind(struct plan *plan, const struct workspace *workspace, enum incident_kind kind,
             json_t *found, struct err *err)
{
	struct trouble t;
	int was_open = trouble_load(&t, plan, workspace, kind, workspace->key, err),
	    rc = was_open < 0 ? -1 : 0;

	t.facts.wrong = json_array_size(found) > 0;
	if (rc == 0 && (was_open == 1 || t.facts.wrong)) {
		t.changed = was_open == 1 &&
		            !json_equal(json_object_get(t.incident.detail, "findings"), found);
		t.what = what(&t, was_open == 1);
		json_object_set(t.incident.detail, "findings", found);
		rc = trouble_settle(&t, err);
	}
	trouble_fini(&t);
	return rc;
}

int
refresh_findings(struct plan *plan, const struct workspace *workspace, struct err *err)
{
	struct usage_list usages = {.items = NULL};
	struct findings found;
	/* What is heard of one after it was destroyed says that it is back. */
	int rc = workspace->gone_at == 0 ? usages_of(plan->db, workspace->key, &usages, err) : 0;

	if (rc != 0)
		return -1;
	rc = findings_of(plan, workspace, &usages, &found, err);
	if (rc == 0)
		rc = refresh_kind(plan, workspace, KIND_WORKSPACE_UNTRACKED_IMAGE, found.untracked,
		                  err);
	if (rc == 0)
		rc = refresh_kind(plan, workspace, KIND_WORKSPACE_WRONG_CHANNEL,
		                  found.wrong_channel, err);
	findings_fini(&found);
	usage_list_fini(&usages);
	return rc;
}

/* From no channel that is known: what a channel holds decides. */
static bool
rests_on_history(const struct bucket_use *use)
{
	for (size_t i = 0; i < use->usages.count; i++)
		if (use->usages.items[i].channel == NULL)
			return true;
	return false;
}

int
refresh_findings_of_bucket(struct plan *plan, const char *bucket_key, struct err *err)
{
	struct user_list users;
	int rc;

	if (plan->conf->policy.count == 0)
		return 0;
	rc = users_of_bucket(plan->db, bucket_key, &users, err);
	for (size_t i = 0; rc == 0 && i < users.count; i++)
		if (rests_on_history(&users.items[i].use))
			rc = refresh_findings(plan, &users.items[i].workspace, err);
	user_list_fini(&users);
	return rc;
}
