#include "relay/flow/learn_api.h"

#include <stdio.h>
#include <stdlib.h>

#include "relay/base/mem.h"
#include "relay/flow/apis.h"
#include "relay/source/api.h"

struct api_learning *
learn_api_begin(struct learning *learning)
{
	const struct conf_source *source = conf_source_named(learning->conf, learning->owed.source);
	const struct api_options *options = source != NULL ? source_api(source) : NULL;
	struct api_learning *state;

	if (options == NULL || learning->owed.url == NULL) {
		learning_fails(learning, LEARNT_NOTHING, "its source has no API any more");
		return NULL;
	}
	state = mem_alloc(sizeof(*state));
	state->options = options;
	state->allow_private = source_allows_private(source);
	state->client = apis_client(learning->learn->api, source);
	learning->state = state;
	return state;
}

static void
tell(struct api_learning *state, const struct api_headers *came)
{
	if (state->fetching)
		(void)api_turned_out(state->client, came);
	state->fetching = false;
}

void
learn_api_cancel(struct learning *learning)
{
	struct api_learning *state = learning->state;

	if (state == NULL)
		return;
	if (state->call != NULL)
		api_cancel(state->call);
	tell(state, &(struct api_headers){.status = 0}); /* its helper never answered */
	api_client_release(state->client);
	free(state);
	learning->state = NULL;
}

void
learn_api_fetched(struct learning *learning, const struct fetch_result *result,
                  struct learnt *learnt)
{
	bool refused = result->end == FETCH_UNAUTHORIZED;

	/* Some tokens are good for all else, so this does not speak for the token; and
	 * another may be put into its file. */
	tell(learning->state, &(struct api_headers){.status = refused ? 403 : result->status,
	                                            .retry_after_ms = result->retry_after_ms});
	if (refused) {
		learnt->end = LEARNT_LATER;
		learnt->wait_ms = API_PROBE_MS;
	}
}

void
learn_api_fails(struct learning *learning, const struct api_answer *answer, const char *rights)
{
	struct learnt learnt = {.end = LEARNT_NOTHING};

	if (answer->end == API_AGAIN || answer->end == API_BAD_TOKEN) {
		learnt.end = LEARNT_LATER;
		learnt.wait_ms = answer->again_ms;
	}
	snprintf(learnt.why, sizeof(learnt.why), "%s%s%s", answer->text,
	         answer->end == API_NO_RIGHTS ? ": " : "",
	         answer->end == API_NO_RIGHTS ? rights : "");
	learning_end(learning, &learnt);
}
