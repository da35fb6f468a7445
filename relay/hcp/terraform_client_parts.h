/*
 * terraform_client_parts.h - what the files of terraform_client.h share.
 *
 *	terraform_client.c   one request on its way, and when the next may go
 *	terraform_clients.c  which clients there are
 */
#ifndef RELAY_HCP_TERRAFORM_CLIENT_PARTS_H
#define RELAY_HCP_TERRAFORM_CLIENT_PARTS_H

#include <sys/queue.h>

#include "relay/hcp/terraform_client.h"

TAILQ_HEAD(call_list, api_call);

struct api_call {
	TAILQ_ENTRY(api_call) link; /* of its client's waiting or going */
	struct api_client *client;
	char *path; /* NULL: a place only */
	api_done_fn *done;
	void *arg;
	struct httpc_call *http; /* while it is on its way */
	int tries;
	int64_t asked_at, not_before; /* monotonic */
};

struct api_client {
	SLIST_ENTRY(api_client) link;
	struct api_clients *clients;
	char *url, *token, *ca_file;
	bool allow_private;
	struct api_pace pace; /* in monotonic time */
	struct call_list waiting, going;
	int in_flight;
	bool probing; /* the one request that finds out whether the token is accepted again */
	bool answered;
	bool kept; /* it is in the configuration */
	int users;
	struct timer *timer;
};

struct api_clients {
	struct httpc *httpc;
	SLIST_HEAD(, api_client) all;
	struct timer *tidy; /* soon: clients may have to go, which none does in its own callback */
};

/* terraform_clients.c: tells the metrics how all of them stand. */
void api_clients_count(const struct api_clients *);

/* terraform_client.c */
void api_call_free(struct api_call *);
void api_client_due(void *client); /* of its timer */

#endif
