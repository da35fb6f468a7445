/*
 * learn_details.c - what an event about a workspace left out: which resources
 * drifted and which checks failed, and which task made a run fail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/flow/learn_api.h"
#include "relay/flow/refresh_details.h"
#include "relay/source/api.h"

#define PACE_MOST_MS (10 * MINUTE_MS)
#define OUTPUT_BYTES_MAX (INT64_C(1) << 30)

/* ---- an assessment's own plan ---- */

static void
on_turn(const struct api_answer *answer, void *arg)
{
	struct learning *learning = arg;
	struct api_learning *state = learning->state;
	char *url, *host;
	size_t len;

	state->call = NULL;
	if (answer->end != API_READ) {
		learn_api_fails(learning, answer, "");
		return;
	}
	len = strlen(state->options->url);
	while (len > 0 && state->options->url[len - 1] == '/')
		len--;
	url = mem_fmt("%.*s%s", (int)len, state->options->url, learning->owed.url);
	host = url_host(state->options->url);
	state->fetching = true;
	learning_read(learning,
	              &(struct fetch_request){
			      .url = url,
			      .bearer = state->options->token.values[0],
			      .hosts = &(const struct key_texts){.items = &host, .count = 1},
			      .allow_private = state->allow_private,
			      .ca_file = state->options->ca_file,
			      .max_bytes = OUTPUT_BYTES_MAX,
			      .deadline_ms = READ_DEADLINE_MS,
		      });
	free(url);
	free(host);
}

static void
begin_assessment(struct learning *learning)
{
	struct api_learning *state = learn_api_begin(learning);

	if (state != NULL)
		state->call = api_turn(state->client, on_turn, learning);
}

static void
assessment_fetched(struct learning *learning, const struct fetch_result *result,
                   struct learnt *learnt)
{
	learn_api_fetched(learning, result, learnt);
	if (result->end == FETCH_FORBIDDEN || result->end == FETCH_MISSING ||
	    result->end == FETCH_UNAUTHORIZED)
		snprintf(learnt->why, sizeof(learnt->why),
		         "%.160s: the token must be a user's or a team's with admin rights on the "
		         "workspace",
		         result->text);
}

static int
take_assessment(struct plan *plan, const struct learning *learning, struct err *err)
{
	struct reading reading;
	int rc = learning_reading(learning, true, &reading, err);

	if (rc == 0)
		rc = refresh_assessment_details(plan, learning->owed.workspace_key,
		                                learning->owed.subject, &reading, err);
	reading_fini(&reading);
	return rc;
}

const struct learn_step learn_assessment = {
	.slots = 1,
	.pace_most_ms = PACE_MOST_MS,
	.begin = begin_assessment,
	.fetched = assessment_fetched,
	.cancel = learn_api_cancel,
	.take = take_assessment,
};

/* ---- the tasks of a run ---- */

static void
on_stages(const struct api_answer *answer, void *arg)
{
	struct learning *learning = arg;
	struct api_learning *state = learning->state;
	struct learnt learnt = {.end = LEARNT_READ};
	struct api_task task;

	state->call = NULL;
	if (answer->end != API_READ) {
		learn_api_fails(learning, answer,
		                "the token may not read the runs of the workspace");
		return;
	}
	if (api_failed_packer_task(answer->document, &task))
		learnt.read = json_pack("{s:o, s:o, s:o}", "name", json_text_or_null(task.name),
		                        "message", json_text_or_null(task.message), "url",
		                        json_text_or_null(task.url));
	learning_end(learning, &learnt);
}

static void
begin_tasks(struct learning *learning)
{
	struct api_learning *state = learn_api_begin(learning);

	if (state != NULL)
		state->call = api_get(state->client, learning->owed.url, on_stages, learning);
}

static int
take_tasks(struct plan *plan, const struct learning *learning, struct err *err)
{
	return refresh_failed_task(plan, learning->owed.workspace_key, learning->owed.subject,
	                           learning->learnt.read, err);
}

const struct learn_step learn_tasks = {
	.slots = 2,
	.pace_most_ms = PACE_MOST_MS,
	.begin = begin_tasks,
	.cancel = learn_api_cancel,
	.take = take_tasks,
};
