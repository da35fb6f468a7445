/*
 * learn_plan.c - the plan of a run task, fetched with the task's own token.
 */
#include <string.h>

#include "relay/base/mem.h"
#include "relay/flow/learn_parts.h"
#include "relay/flow/plan_task.h"
#include "relay/flow/task_token.h"

/* HCP Terraform gives a run ten minutes: no try is to wait for long. */
#define PACE_MOST_MS (30 * SECOND_MS)
#define SLOTS 3

static void
begin(struct learning *learning)
{
	const struct owed_reading *owed = &learning->owed;
	const struct run_task_options *options = NULL;
	char *token = task_token_open(learning->conf, owed->sealed, &options);
	const char *refusal = token ? task_url_refusal(options, owed->url) : NULL;
	int64_t left_ms = owed->until_at - learning->started_at;

	if (!token) {
		learning_fails(learning, LEARNT_NOTHING,
		               "the run task sent no token, or the key that sealed it is gone");
		return;
	}
	if (refusal) {
		learning_fails(learning, LEARNT_NOTHING, refusal);
	} else {
		learning_read(learning,
		              &(struct fetch_request){
				      .url = owed->url,
				      .bearer = token,
				      .hosts = &options->allowed_hosts,
				      .allow_private = options->allow_private,
				      .ca_file = options->ca_file,
				      .max_bytes = options->plan_size,
				      .deadline_ms = left_ms < READ_DEADLINE_MS ? left_ms
		                                                                : READ_DEADLINE_MS,
			      });
	}
	mem_wipe_free(token, strlen(token));
}

static int
take(struct plan *plan, const struct learning *learning, struct err *err)
{
	struct reading reading;
	int rc = learning_reading(learning, true, &reading, err);

	if (rc == 0)
		rc = plan_task_read(plan, &learning->owed, &reading, err);
	reading_fini(&reading);
	return rc;
}

static int
give_up(struct plan *plan, const struct learning *learning, const char *why, struct err *err)
{
	return plan_task_unread(plan, &learning->owed, why, err);
}

const struct learn_step learn_plan = {
	.slots = SLOTS,
	.pace_most_ms = PACE_MOST_MS,
	.begin = begin,
	.take = take,
	.give_up = give_up,
};
