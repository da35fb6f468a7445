#include "relay/model/workspace.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

void
workspace_fini(struct workspace *workspace)
{
	free(workspace->key);
	free(workspace->host);
	free(workspace->id);
	free(workspace->organization);
	free(workspace->name);
	free(workspace->url);
	free(workspace->applied_run);
	free(workspace->project);
	free(workspace->tags);
	memset(workspace, 0, sizeof(*workspace));
}

/* What its last assessment told counts no more. */
static void
forget_assessed(struct workspace *workspace)
{
	workspace->drifted = false;
	workspace->checks_failed = false;
}

static bool
run_applied(struct workspace *workspace, const struct run_news *run, int64_t at)
{
	if (at < workspace->applied.to)
		return false;
	workspace->applied.from = run->created_at != 0 ? run->created_at : at;
	workspace->applied.to = at;
	free(workspace->applied_run);
	workspace->applied_run = mem_str(run->id);
	if (workspace->applied.from > workspace->assessed_at)
		forget_assessed(workspace);
	/* Not by the very run that destroyed it. */
	if (workspace->applied.from > workspace->gone_at)
		workspace->gone_at = 0;
	return true;
}

static bool
run_succeeded(struct workspace *workspace, int64_t at)
{
	if (at < workspace->run_ok_at)
		return false;
	workspace->run_ok_at = at;
	return true;
}

bool
workspace_run(struct workspace *workspace, const struct run_news *run, int64_t received_at)
{
	int64_t at = run->updated_at != 0 ? run->updated_at : received_at;
	enum run_meaning meaning = run_meaning(run->status);
	bool applied = meaning == RUN_APPLIED && run_applied(workspace, run, at);

	if (meaning == RUN_APPLIED || meaning == RUN_FINISHED)
		return run_succeeded(workspace, at) || applied;
	if (meaning != RUN_FAILED || at < workspace->run_ok_at || at < workspace->run_failed_at)
		return false;
	workspace->run_failed_at = at;
	return true;
}

bool
workspace_assessed(struct workspace *workspace, const struct assessment_news *news,
                   int64_t received_at)
{
	int64_t at = news->created_at != 0 ? news->created_at : received_at;
	bool counts;

	if (at < (news->succeeded ? workspace->assessed_at : workspace->assessment_failed_at))
		return false;
	if (received_at > workspace->assessment_heard_at)
		workspace->assessment_heard_at = received_at;
	if (!news->succeeded) {
		workspace->assessment_failed_at = at;
		return true;
	}
	counts = workspace->applied.from <= at && workspace->gone_at < at;
	workspace->assessed_at = at;
	workspace->drifted = news->drifted && counts;
	workspace->checks_failed = news->check_failed && counts;
	return true;
}

bool
workspace_is_unassessed(const struct workspace *workspace)
{
	return workspace->assessment_failed_at > workspace->ended_at &&
	       workspace->assessment_failed_at >= workspace->assessed_at;
}

bool
workspace_is_stale(const struct workspace *workspace, int64_t now_ms)
{
	return workspace->assessment_heard_at + ASSESSMENT_LIFE_MS <= now_ms;
}

bool
workspace_forget(struct workspace *workspace, int64_t now_ms)
{
	if (!workspace_is_stale(workspace, now_ms) ||
	    !(workspace->drifted || workspace->checks_failed))
		return false;
	forget_assessed(workspace);
	return true;
}

bool
workspace_is_gone(struct workspace *workspace, int64_t at)
{
	bool later = at > workspace->ended_at;

	if (later)
		workspace->ended_at = at;
	/* What was applied since came back: then only what was before that end is over. */
	if (at < workspace->applied.from || at < workspace->gone_at)
		return later;
	workspace->gone_at = at;
	if (workspace->assessed_at <= at)
		forget_assessed(workspace);
	return true;
}
