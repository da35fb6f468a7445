/*
 * httpc_internal.h - what the files of httpc share.
 *
 * httpc.c drives libcurl from the loop: it tells curl about ready sockets and
 * expired timers and then collects what has finished.  httpc_call.c knows one
 * request: how it is set up and what its end means.
 *
 * There are two pools of connections, because libcurl checks the address
 * only when it opens a connection: one that was opened by a request that
 * may go to private addresses must not be used again by one that may not.
 */
#ifndef RELAY_RUNTIME_HTTPC_INTERNAL_H
#define RELAY_RUNTIME_HTTPC_INTERNAL_H

#include <curl/curl.h>
#include <sys/queue.h>

#include "relay/base/buf.h"
#include "relay/runtime/httpc.h"

struct watch;
LIST_HEAD(watch_list, watch);
LIST_HEAD(call_list, httpc_call);

struct pool {
	struct loop *loop;
	CURLM *multi;
	struct timer *timer;       /* libcurl's one timer */
	struct watch_list watches; /* one for each socket libcurl waits for */
};

struct httpc {
	struct loop *loop;
	struct pool guarded;
	struct pool open; /* private addresses and plain http allowed */
	struct call_list calls;
};

struct httpc_call {
	LIST_ENTRY(httpc_call) link;
	struct pool *pool;
	CURL *easy;
	struct curl_slist *headers;
	char *url;
	httpc_done_fn *done;
	void *arg;
	int64_t started_ms; /* monotonic */
	bool guarded;
	bool refused;      /* the guard turned an address down */
	bool dialled;      /* and let one pass */
	const char *fault; /* of the request itself: it is never sent */
	struct timer *fault_timer;
	struct buf body;
	size_t body_max;
	size_t dropped; /* bytes behind the part of the body we keep */
	char text[CURL_ERROR_SIZE];
};

/* httpc_call.c */
struct httpc_call *call_new(const struct httpc_request *, httpc_done_fn *, void *arg);
void call_free(struct httpc_call *); /* no longer in a pool */
/* Tells the caller how it ended, from libcurl's result. */
void call_finish(struct httpc_call *, CURLcode);

#endif
