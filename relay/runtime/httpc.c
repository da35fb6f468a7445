#include "relay/runtime/httpc.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "relay/base/mem.h"
#include "relay/runtime/httpc_internal.h"

/* More wait inside libcurl, with their timeout running. */
#define HOST_CONNECTIONS 16L
#define TOTAL_CONNECTIONS 128L

struct watch {
	LIST_ENTRY(watch) link;
	struct pool *pool;
	struct event *event;
};

static void
init_curl(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		fprintf(stderr, "driftbell: libcurl cannot be set up\n");
		abort();
	}
}

/* Never from a callback of libcurl's: done may send the next request. */
static void
collect(struct pool *pool)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(pool->multi, &left))) {
		struct httpc_call *call = NULL;
		CURLcode code = msg->data.result;

		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &call);
		/* The message is gone with this. */
		curl_multi_remove_handle(pool->multi, call->easy);
		call->pool = NULL;
		call_finish(call, code);
		call_free(call);
	}
}

static void
on_socket_ready(int fd, short what, void *arg)
{
	struct watch *w = arg;
	struct pool *pool = w->pool; /* the watch may be freed in here */
	int flags =
		(what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
	int running;

	curl_multi_socket_action(pool->multi, fd, flags, &running);
	collect(pool);
}

static void
on_pool_timer(void *arg)
{
	struct pool *pool = arg;
	int running;

	curl_multi_socket_action(pool->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(pool);
}

static void
watch_free(struct watch *w)
{
	LIST_REMOVE(w, link);
	event_free(w->event);
	free(w);
}

static struct watch *
watch_new(struct pool *pool, int fd)
{
	struct watch *w = mem_alloc(sizeof(*w));

	w->pool = pool;
	w->event = event_new(loop_base(pool->loop), fd, 0, on_socket_ready, w);
	LIST_INSERT_HEAD(&pool->watches, w, link);
	return w;
}

/* libcurl: what to wait for on this socket from now on. */
static int
on_interest(CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned)
{
	struct pool *pool = arg;
	struct watch *w = assigned;
	short events = EV_PERSIST;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w)
			watch_free(w);
		curl_multi_assign(pool->multi, fd, NULL);
		return 0;
	}
	if (!w) {
		w = watch_new(pool, fd);
		curl_multi_assign(pool->multi, fd, w);
	}
	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	event_del(w->event);
	event_assign(w->event, loop_base(pool->loop), fd, events, on_socket_ready, w);
	event_add(w->event, NULL);
	return 0;
}

/* libcurl: when to call it next.  0 too only arms the timer. */
static int
on_timeout_wish(CURLM *multi, long ms, void *arg)
{
	struct pool *pool = arg;

	(void)multi;
	if (ms < 0)
		timer_off(pool->timer);
	else
		timer_in(pool->timer, ms);
	return 0;
}

static void
pool_init(struct pool *pool, struct loop *loop)
{
	pool->loop = loop;
	pool->timer = timer_new(loop, on_pool_timer, pool);
	pool->multi = curl_multi_init();
	if (!pool->multi) {
		fprintf(stderr, "driftbell: libcurl cannot be set up\n");
		abort();
	}
	curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, on_interest);
	curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
	curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, on_timeout_wish);
	curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
	curl_multi_setopt(pool->multi, CURLMOPT_MAX_HOST_CONNECTIONS, HOST_CONNECTIONS);
	curl_multi_setopt(pool->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, TOTAL_CONNECTIONS);
}

static void
pool_fini(struct pool *pool)
{
	struct watch *w;

	curl_multi_cleanup(pool->multi);
	while ((w = LIST_FIRST(&pool->watches)))
		watch_free(w);
	timer_free(pool->timer);
}

struct loop *
httpc_loop(const struct httpc *httpc)
{
	return httpc->loop;
}

struct httpc *
httpc_new(struct loop *loop)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct httpc *httpc = mem_alloc(sizeof(*httpc));

	pthread_once(&once, init_curl);
	httpc->loop = loop;
	pool_init(&httpc->guarded, loop);
	pool_init(&httpc->open, loop);
	return httpc;
}

void
httpc_free(struct httpc *httpc)
{
	struct httpc_call *call;

	if (!httpc)
		return;
	while ((call = LIST_FIRST(&httpc->calls)))
		httpc_cancel(call);
	pool_fini(&httpc->guarded);
	pool_fini(&httpc->open);
	free(httpc);
}

static void
on_fault(void *arg)
{
	struct httpc_call *call = arg;

	call_finish(call, CURLE_OK);
	call_free(call);
}

struct httpc_call *
httpc_send(struct httpc *httpc, const struct httpc_request *request, httpc_done_fn *done, void *arg)
{
	struct pool *pool = request->allow_private ? &httpc->open : &httpc->guarded;
	struct httpc_call *call = call_new(request, done, arg);

	LIST_INSERT_HEAD(&httpc->calls, call, link);
	if (!call->fault && curl_multi_add_handle(pool->multi, call->easy) == CURLM_OK) {
		call->pool = pool;
		return call;
	}
	if (!call->fault)
		call->fault = "the request cannot be set up";
	/* Told later all the same: done never comes before we return. */
	call->fault_timer = timer_new(httpc->loop, on_fault, call);
	timer_in(call->fault_timer, 0);
	return call;
}

void
httpc_cancel(struct httpc_call *call)
{
	if (call->pool)
		curl_multi_remove_handle(call->pool->multi, call->easy);
	call_free(call);
}
