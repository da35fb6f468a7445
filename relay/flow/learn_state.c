/*
 * learn_state.c - the current state of a workspace: where it is, asked of the API,
 * and what it says, read by a helper.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/flow/learn_api.h"
#include "relay/flow/plan_reading.h"
#include "relay/hcp/image_types.h"
#include "relay/source/api.h"
#include "relay/store/catalog.h"

#define SLOTS 2 /* fewer than there are helpers: a plan is waited for, a state is not */
#define PACE_MOST_MS HOUR_MS
#define STATE_BYTES_MAX (INT64_C(1) << 30)
#define PROCESSED_TRIES 6 /* then it is read without knowing what is in it */

static bool
is_image_type(const char *type, const void *arg)
{
	const struct conf *conf = arg;

	for (size_t i = 0; i < image_types_known.count; i++)
		if (strcmp(image_types_known.rows[i].type, type) == 0)
			return true;
	for (size_t i = 0; i < conf->image_attributes.count; i++)
		if (strcmp(conf_item(conf->image_attributes, struct conf_image_attribute, i)->type,
		           type) == 0)
			return true;
	return false;
}

/* The token goes to the API's own host, and there only to what is not a blob: the URL
 * of one is enough by itself. */
static bool
wants_token(const struct api_options *api, const char *url)
{
	char *its = url_authority(url), *ours = url_authority(api->url);
	const char *path = strchr(strstr(url, "://") + 3, '/');
	bool same = its != NULL && ours != NULL && strcmp(its, ours) == 0;

	free(its);
	free(ours);
	return same && path != NULL && strncmp(path, "/api/", 5) == 0;
}

static void
read_state(struct learning *learning, const char *url)
{
	struct api_learning *state = learning->state;
	char *host = url_host(state->options->url);
	const struct key_texts hosts = {.items = &host, .count = 1};
	bool token = wants_token(state->options, url);

	state->fetching = token;
	learning_read(learning, &(struct fetch_request){
					.url = url,
					.bearer = token ? state->options->token.values[0] : NULL,
					.hosts = &hosts,
					.allow_private = state->allow_private,
					.ca_file = state->options->ca_file,
					.max_bytes = STATE_BYTES_MAX,
					.deadline_ms = READ_DEADLINE_MS,
				});
	free(host);
}

/* Nothing in it runs an image: that is known without reading it. */
static void
end_without_images(struct learning *learning)
{
	struct learnt learnt = {
		.end = LEARNT_READ,
		.read = json_pack("{s:s, s:b, s:b, s:i, s:[], s:n, s:n}", "format", "state",
	                          "errored", false, "partial", false, "bytes", 0, "uses", "drift",
	                          "checks"),
	};

	learning_end(learning, &learnt);
}

static void
on_version(const struct api_answer *answer, void *arg)
{
	struct learning *learning = arg;
	struct api_learning *state = learning->state;
	struct api_state found;
	const char *url;

	state->call = NULL;
	if (answer->end != API_READ) {
		learn_api_fails(learning, answer,
		                "there is no state, or the token may not read it");
		return;
	}
	if (!api_state_read(answer->document, is_image_type, learning->conf, &found)) {
		learning_fails(learning, LEARNT_NOTHING, "the answer is no state version");
		return;
	}
	state->run_created_at = found.run_created_at != 0 ? found.run_created_at : found.created_at;
	url = found.json_url != NULL ? found.json_url : found.raw_url;
	if (!found.finalized || (!found.processed && learning->owed.attempts < PROCESSED_TRIES))
		learning_fails(learning, LEARNT_NOT_YET, "the state is not processed yet");
	else if (found.processed && !found.worth_reading)
		end_without_images(learning);
	else if (url == NULL)
		learning_fails(learning, LEARNT_NOTHING,
		               "it tells no place of the state: the token may not read states");
	else
		read_state(learning, url);
}

static void
begin(struct learning *learning)
{
	struct api_learning *state = learn_api_begin(learning);

	if (state != NULL)
		state->call = api_get(state->client, learning->owed.url, on_version, learning);
}

/* It is what the workspace runs as of the run it was owed for, or of a later one
 * that the API knows of. */
static int
take(struct plan *plan, const struct learning *learning, struct err *err)
{
	const struct api_learning *state = learning->state;
	struct owed_reading owed = learning->owed;
	struct reading reading;
	int rc = learning_reading(learning, false, &reading, err);

	if (owed.run_created_at < state->run_created_at)
		owed.run_created_at = state->run_created_at;
	if (rc == 0)
		rc = plan_reading(plan, &owed, &reading, err);
	reading_fini(&reading);
	return rc;
}

/* What was put off until its state would tell: it may run what the rules say. */
static int
give_up(struct plan *plan, const struct learning *learning, const char *why, struct err *err)
{
	struct workspace workspace;
	int rc = catalog_workspace(plan->db, learning->owed.workspace_key, &workspace, err);

	(void)why;
	if (rc == 1)
		rc = refresh_workspace_images(plan, &workspace, false, err);
	workspace_fini(&workspace);
	return rc;
}

const struct learn_step learn_state = {
	.slots = SLOTS,
	.pace_most_ms = PACE_MOST_MS,
	.begin = begin,
	.fetched = learn_api_fetched,
	.cancel = learn_api_cancel,
	.take = take,
	.give_up = give_up,
};
