#include "relay/model/run.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

enum waiting { GOES_ON, WAITS_WHEN_ASKED, WAITS };

/* In the order a run goes through them. */
static const struct {
	const char *status;
	enum run_meaning meaning;
	enum waiting waiting;
} statuses[] = {
	{"pending", RUN_NOTHING, GOES_ON},
	{"fetching", RUN_NOTHING, GOES_ON},
	{"fetching_completed", RUN_NOTHING, GOES_ON},
	{"pre_plan_running", RUN_NOTHING, GOES_ON},
	{"pre_plan_awaiting_decision", RUN_NOTHING, WAITS},
	{"pre_plan_completed", RUN_NOTHING, GOES_ON},
	{"queuing", RUN_NOTHING, GOES_ON},
	{"plan_queued", RUN_NOTHING, GOES_ON},
	{"planning", RUN_NOTHING, GOES_ON},
	{"planned", RUN_NOTHING, WAITS_WHEN_ASKED},
	{"tf_policy_checked", RUN_NOTHING, WAITS_WHEN_ASKED},
	{"tf_policy_override", RUN_NOTHING, WAITS},
	{"post_plan_running", RUN_NOTHING, GOES_ON},
	{"post_plan_awaiting_decision", RUN_NOTHING, WAITS},
	{"post_plan_completed", RUN_NOTHING, WAITS_WHEN_ASKED},
	{"cost_estimating", RUN_NOTHING, GOES_ON},
	{"cost_estimated", RUN_NOTHING, WAITS_WHEN_ASKED},
	{"policy_checking", RUN_NOTHING, GOES_ON},
	{"policy_override", RUN_NOTHING, WAITS},
	{"policy_checked", RUN_NOTHING, WAITS_WHEN_ASKED},
	{"planned_and_saved", RUN_NOTHING, WAITS_WHEN_ASKED},
	{"confirmed", RUN_NOTHING, GOES_ON},
	{"pre_apply_running", RUN_NOTHING, GOES_ON},
	{"pre_apply_completed", RUN_NOTHING, GOES_ON},
	{"queuing_apply", RUN_NOTHING, GOES_ON},
	{"apply_queued", RUN_NOTHING, GOES_ON},
	{"applying", RUN_NOTHING, GOES_ON},
	{"post_apply_running", RUN_NOTHING, GOES_ON},
	{"post_apply_completed", RUN_NOTHING, GOES_ON},
	{"assessing", RUN_NOTHING, GOES_ON},
	{"assessed", RUN_NOTHING, GOES_ON},
	{"policy_soft_failed", RUN_FAILED, GOES_ON},
	{"planned_and_finished", RUN_FINISHED, GOES_ON},
	{"applied", RUN_APPLIED, GOES_ON},
	{"discarded", RUN_NOTHING, GOES_ON},
	{"canceled", RUN_NOTHING, GOES_ON},
	{"force_canceled", RUN_NOTHING, GOES_ON},
	{"errored", RUN_FAILED, GOES_ON},
};

/* Where in the list; -1 when it is none of them. */
static int
place_of(const char *status)
{
	for (size_t i = 0; status != NULL && i < COUNT(statuses); i++)
		if (strcmp(status, statuses[i].status) == 0)
			return (int)i;
	return -1;
}

enum run_meaning
run_meaning(const char *status)
{
	int place = place_of(status);

	return place >= 0 ? statuses[place].meaning : RUN_NOTHING;
}

/* Those of `statuses` that nothing comes after. */
static const struct {
	const char *status;
	enum run_end end;
} ends[] = {
	{"applied", RUN_END_APPLIED},
	{"planned_and_finished", RUN_END_NOT_APPLIED},
	{"errored", RUN_END_NOT_APPLIED},
	{"discarded", RUN_END_NOT_APPLIED},
	{"canceled", RUN_END_NOT_APPLIED},
	{"force_canceled", RUN_END_NOT_APPLIED},
	{"policy_soft_failed", RUN_END_NOT_APPLIED},
};

enum run_end
run_end(const char *status)
{
	for (size_t i = 0; status != NULL && i < COUNT(ends); i++)
		if (strcmp(status, ends[i].status) == 0)
			return ends[i].end;
	return RUN_GOES_ON;
}

bool
run_status_known(const char *status)
{
	return place_of(status) >= 0;
}

bool
run_waits(const struct run_news *news)
{
	int place = place_of(news->status);
	enum waiting waiting = place >= 0 ? statuses[place].waiting : WAITS_WHEN_ASKED;

	return waiting == WAITS || (waiting == WAITS_WHEN_ASKED && news->needs_attention);
}

void
run_fini(struct run *run)
{
	free(run->host);
	free(run->id);
	free(run->workspace_key);
	free(run->status);
	memset(run, 0, sizeof(*run));
}

/* Of two statuses at one time. */
static bool
is_earlier(const char *status, const char *known)
{
	int place = place_of(status), known_place = place_of(known);

	return place != known_place ? place < known_place : strcmp(status, known) < 0;
}

bool
run_told(struct run *run, const struct run_news *news, int64_t received_at)
{
	int64_t at = news->updated_at != 0 ? news->updated_at : received_at;
	const char *status = news->status != NULL ? news->status : "";
	bool waits = run_waits(news);

	run->applying |= news->status != NULL && strcmp(news->status, "applying") == 0;
	if (run->status != NULL && at == run->updated_at && strcmp(status, run->status) == 0) {
		/* The same step, told under several triggers: one of them may ask. */
		run->waits = run->waits || waits;
		return true;
	}
	if (run->status != NULL &&
	    (at < run->updated_at || (at == run->updated_at && is_earlier(status, run->status))))
		return false;
	free(run->status);
	run->status = mem_str(status);
	run->updated_at = at;
	run->waits = waits;
	return true;
}
