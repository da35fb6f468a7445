#include "relay/flow/plan_owe.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/hcp/terraform_api.h"
#include "relay/source/source.h"
#include "relay/store/readings.h"

/* Then one that never went well is given up; a message waits for none of them. */
#define STATE_LIFE_MS (3 * DAY_MS)
#define DETAILS_LIFE_MS DAY_MS

/* Has the event's source an API that knows this workspace? */
static bool
has_api(const struct plan *plan, const struct workspace *workspace)
{
	const struct conf_source *source = conf_source_named(plan->conf, plan->source);
	const struct api_options *api = source != NULL ? source_api(source) : NULL;
	char *host = api != NULL ? url_authority(api->url) : NULL;
	bool knows = host != NULL && strcmp(host, workspace->host) == 0;

	free(host);
	return knows;
}

int
plan_owe_state(struct plan *plan, const struct workspace *workspace, const char *subject,
               const char *run_id, int64_t run_created_at, struct err *err)
{
	struct owed_reading owed = {
		.kind = READING_STATE,
		.subject = (char *)subject,
		.source = (char *)plan->source,
		.workspace_key = workspace->key,
		.run_id = (char *)run_id,
		.run_created_at = run_created_at,
		.until_at = plan->now_ms + STATE_LIFE_MS,
	};
	int rc;

	if (workspace->id == NULL || !has_api(plan, workspace))
		return 0;
	rc = readings_newer_run(plan->db, READING_STATE, workspace->key, run_id, run_created_at,
	                        err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	owed.url = api_path_state(workspace->id);
	rc = readings_owe(plan->db, &owed, plan->now_ms, plan->now_ms, err);
	free(owed.url);
	return rc;
}

/* `path` is taken over. */
static int
owe_details(struct plan *plan, const struct workspace *workspace, enum reading_kind kind,
            const char *subject, char *path, struct err *err)
{
	const struct owed_reading owed = {
		.kind = kind,
		.subject = (char *)subject,
		.source = (char *)plan->source,
		.workspace_key = workspace->key,
		.event_id = (char *)plan->event_id,
		.url = path,
		.until_at = plan->now_ms + DETAILS_LIFE_MS,
	};
	int rc = 0;

	if (has_api(plan, workspace))
		rc = readings_owe(plan->db, &owed, plan->now_ms, plan->now_ms, err);
	free(path);
	return rc;
}

int
plan_owe_assessment(struct plan *plan, const struct workspace *workspace,
                    const struct assessment_news *news, struct err *err)
{
	bool wrong = workspace->drifted || workspace->checks_failed;

	if (news->id == NULL || !news->succeeded || !wrong)
		return 0;
	return owe_details(plan, workspace, READING_ASSESSMENT, news->id,
	                   api_path_assessment_output(news->id), err);
}

int
plan_owe_tasks(struct plan *plan, const struct workspace *workspace, const struct run_news *run,
               struct err *err)
{
	if (run->id == NULL)
		return 0;
	return owe_details(plan, workspace, READING_TASKS, run->id, api_path_task_stages(run->id),
	                   err);
}
