/* Why no incident follows from an event, in words. */
#include <stdbool.h>
#include <stddef.h>

#include "relay/flow/dryrun_parts.h"
#include "relay/model/workspace.h"
#include "relay/store/catalog.h"

#define KNOWN_ALREADY "it is known already, or newer news is: nothing of what is told changes"

static const char *
version_words(const struct packer_news *news)
{
	switch (news->action) {
	case VERSION_CREATE:
		return "a version is news when it is complete, not when it is created";
	case VERSION_COMPLETE:
		return "that this version is complete was told before";
	case VERSION_REVOKE:
	case VERSION_SCHEDULE:
		return KNOWN_ALREADY;
	case VERSION_CANCEL:
	case VERSION_RESTORE:
		return "no incident about a revocation of it is open, or newer news is known";
	case VERSION_DELETE:
		return "no incident about it is open";
	}
	return NULL;
}

static const char *
run_words(const struct event *event)
{
	bool failed = false, succeeded = false, waits = false;

	if (event->workspace.id == NULL && event->workspace.name == NULL)
		return "it names no workspace";
	for (size_t i = 0; i < event->run_count; i++) {
		enum run_meaning meaning = run_meaning(event->runs[i].status);

		failed |= meaning == RUN_FAILED;
		succeeded |= meaning == RUN_APPLIED || meaning == RUN_FINISHED;
		waits |= run_waits(&event->runs[i]);
	}
	if (failed || waits)
		return KNOWN_ALREADY;
	return succeeded ? "a run that succeeds opens no incident, and none is open that ends "
	                   "with it"
	                 : "a run in this state has neither failed nor does it wait for a person, "
	                   "and none is open that ends with it";
}

static const char *
assessment_words(const struct event *event)
{
	const struct assessment_news *news = &event->assessment;

	if (event->workspace.id == NULL && event->workspace.name == NULL)
		return "it names no workspace";
	if (news->drifted || news->check_failed || !news->succeeded)
		return KNOWN_ALREADY;
	return "nothing drifted and no check failed, and no incident is open that ends with it";
}

static const char *
auto_destroy_words(const struct auto_destroy_news *news)
{
	return news->results ? "no incident is open that ends with it"
	                     : "it was told before, or the workspace has been destroyed since";
}

/* 1 when workspaces are known, 0, -1. */
static int
any_workspace(struct db *db, struct err *err)
{
	struct link_list page = {0};
	int rc = catalog_workspaces(db, "", 1, &page, err);

	if (rc == 0)
		rc = page.count > 0;
	link_list_fini(&page);
	return rc;
}

static const char *
assign_words(const struct packer_news *news, bool workspaces)
{
	if (news->version.name == NULL && news->version.fingerprint == NULL &&
	    news->version.id == NULL)
		return "a channel that points to nothing asks nobody to move";
	if (!workspaces)
		return "no workspace is known, so nobody is known to stay behind";
	return "no workspace is known that follows the channel and stays behind, or nobody is "
	       "asked to move to this version";
}

static const char *
words(const struct event *event, bool workspaces)
{
	switch (event->type) {
	case EVENT_IGNORED:
		return "it is another service's event";
	case EVENT_UNKNOWN:
		return "the incident about such events counts it; so many are told only now and "
		       "then";
	case EVENT_VERSION:
		return version_words(&event->packer);
	case EVENT_ASSIGN:
		return assign_words(&event->packer, workspaces);
	case EVENT_RUN:
		return run_words(event);
	case EVENT_ASSESSMENT:
		return assessment_words(event);
	case EVENT_AUTO_DESTROY:
		return auto_destroy_words(&event->auto_destroy);
	case EVENT_WORKSPACE_DELETED:
		return "no incident is open that ends with the workspace";
	case EVENT_RUN_TASK:
		return "a run task is answered, and opens no incident";
	case EVENT_CHANGE_REQUEST:
		return "that this change is requested was told before";
	case EVENT_NOTED:
		return "this version opens no incident for it";
	}
	return NULL;
}

int
dryrun_nothing(struct dryrun *d, json_t *tree, const struct source_kind *kind, json_t *report,
               struct err *err)
{
	/* What is no tree is kept as one that nobody knows. */
	struct event event = {.type = EVENT_UNKNOWN};
	int workspaces = any_workspace(d->db, err);

	if (workspaces < 0)
		return -1;
	if (tree != NULL)
		kind->normalize(tree, &event);
	json_object_set_new(report, "nothing", json_string(words(&event, workspaces == 1)));
	event_fini(&event);
	return 0;
}
