/*
 * terraform_client_parts.h - what the files of terraform_client.h share.
 *
 *	terraform_client.c   one request on its way, and when the next may go
 *	terraform_answer.c   its answer read
 *	terraform_clients.c  which clients there are
 */
#ifndef RELAY_HCP_TERRAFORM_CLIENT_PARTS_H
#define RELAY_HCP_TERRAFORM_CLIENT_PARTS_H

#include <sys/queue.h>

#include "relay/base/clock.h"
#include "relay/hcp/terraform_client.h"

#define API_AGAIN_MS MINUTE_MS

TAILQ_HEAD(call_list, api_call);

struct api_call {
	TAILQ_ENTRY(api_call) link; /* of its client's waiting or going */
	struct api_client *client;
	char *path; /* NULL: a place only */
	api_done_fn *done;
	void *arg;
	struct httpc_call *http;     /* while it is on its way */
	struct api_reading *reading; /* while its answer is read elsewhere */
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
	api_elsewhere_fn *elsewhere;
	void *elsewhere_arg;
	SLIST_HEAD(, api_client) all;
	struct timer *tidy; /* soon: clients may have to go, which none does in its own callback */
};

/* terraform_clients.c: tells the metrics how all of them stand. */
void api_clients_count(const struct api_clients *);

/* terraform_client.c */
void api_call_stop(struct api_call *); /* whatever it is at, and frees it */
void api_finish(struct api_call *, const struct api_answer *);
void api_go_on(struct api_client *); /* what waits goes when it may */
void api_client_due(void *client);   /* of its timer */

/* terraform_answer.c: finishes the call, at once or when its answer was read elsewhere;
 * then it also goes on. */
void api_read(struct api_call *, const char *body, size_t len);
void api_reading_forget(struct api_reading *); /* its call is cancelled */

#endif
