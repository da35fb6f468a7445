/*
 * learn_api.h - what the kinds of readings that ask the HCP Terraform API share.
 * Loop thread, but for the take functions of their rows.
 */
#ifndef RELAY_FLOW_LEARN_API_H
#define RELAY_FLOW_LEARN_API_H

#include "relay/flow/learn_parts.h"
#include "relay/hcp/terraform_api.h"
#include "relay/hcp/terraform_client.h"

/* learning->state of these kinds. */
struct api_learning {
	const struct api_options *options; /* of the learning's config */
	bool allow_private;
	struct api_client *client;
	struct api_call *call;  /* while it is on its way */
	bool fetching;          /* a helper asks the API, and what comes of it is to be told */
	int64_t run_created_at; /* of the state that is read; 0 = not known */
};

/* Sets learning->state; NULL, and the learning has ended, where the config has no
 * such API any more. */
struct api_learning *learn_api_begin(struct learning *);
/* Row functions: the same for all of them. */
void learn_api_cancel(struct learning *);
void learn_api_fetched(struct learning *, const struct fetch_result *, struct learnt *);

/* Ends the learning with what is wrong; `rights`, said in words: what the token lacks
 * where it is not allowed to see this. */
void learn_api_fails(struct learning *, const struct api_answer *, const char *rights);

#endif
