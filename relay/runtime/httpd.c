#include "relay/runtime/httpd.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/runtime/httpd_internal.h"

#define ACCEPT_PAUSE_MS 200

/* Those that accept, for on_accept_error(): libevent hands it evhttp's argument. */
static struct httpd *listening;

static enum httpd_method
method_of(enum evhttp_cmd_type type)
{
	switch (type) {
	case EVHTTP_REQ_GET:
		return HTTPD_GET;
	case EVHTTP_REQ_HEAD:
		return HTTPD_HEAD;
	case EVHTTP_REQ_POST:
		return HTTPD_POST;
	case EVHTTP_REQ_DELETE:
		return HTTPD_DELETE;
	default:
		return HTTPD_OTHER;
	}
}

/* Most paths hold nothing to decode and are used as they are. */
const char *
request_decode_path(struct httpd_request *r)
{
	const char *raw = evhttp_uri_get_path(r->uri);
	size_t len;

	r->path = raw;
	if (!strchr(raw, '%'))
		return NULL;
	r->path_decoded = evhttp_uridecode(raw, 0, &len);
	if (r->path_decoded && strlen(r->path_decoded) == len) {
		r->path = r->path_decoded;
		return NULL;
	}
	r->path = ""; /* nobody's */
	return "the path holds a NUL byte";
}

void
request_hand_over(struct httpd_request *r)
{
	struct httpd *httpd = r->conn->httpd;

	httpd->handled = r;
	httpd->fn(r, httpd->arg);
	if (httpd->handled) /* else r may be gone with its connection */
		request_forget(r);
	httpd->handled = NULL;
}

static void
on_request(struct evhttp_request *ev, void *arg)
{
	struct httpd *httpd = arg;
	struct httpd_conn *conn = conn_of(httpd, ev);
	struct httpd_request *r = &conn->request;
	const char *path_fault;

	conn_set_state(conn, CONN_ASKED);
	r->ev = ev;
	r->method = method_of(ev->type);
	r->uri = ev->uri_elems;
	ev->uri_elems = NULL;
	httpd->open_requests++;
	r->fault_code = 400;
	r->fault = request_fault(r);
	path_fault = request_decode_path(r);
	if (!r->fault)
		r->fault = path_fault;
	r->close |= r->fault != NULL;
	request_hand_over(r);
}

static void
accept_again(void *arg)
{
	struct httpd *httpd = arg;

	if (httpd->bound)
		evconnlistener_enable(evhttp_bound_socket_get_listener(httpd->bound));
}

/* Out of descriptors: the connection stays in the backlog, and asking again
 * at once would only burn the processor. */
static void
on_accept_error(struct evconnlistener *listener, void *http)
{
	int reason = errno;

	for (struct httpd *h = listening; h; h = h->next_listening) {
		if (h->http != http)
			continue;
		log_warn("cannot accept", "listen", h->address, "reason", strerror(reason),
		         LOG_END);
		evconnlistener_disable(listener);
		timer_in(h->accept_again, ACCEPT_PAUSE_MS);
	}
}

void
httpd_limit(struct httpd *httpd, const struct httpd_options *o)
{
	/* A body waits in the input until it is whole; the rest is slack for chunk heads. */
	httpd->input_max = o->body_max + o->header_max + 65536;
	httpd->request_ms = o->request_ms;
	httpd->idle_ms = o->idle_ms;
	httpd->connections_max = o->connections_max;
	evhttp_set_max_body_size(httpd->http, (ev_ssize_t)o->body_max);
	evhttp_set_max_headers_size(httpd->http, (ev_ssize_t)o->header_max);
}

static struct httpd *
httpd_make(struct loop *loop, const struct httpd_options *o, httpd_fn *fn, void *arg)
{
	struct httpd *httpd = mem_alloc(sizeof(*httpd));

	httpd->loop = loop;
	httpd->fn = fn;
	httpd->arg = arg;
	httpd->adopt = event_new(loop_base(loop), -1, 0, conn_on_adopt, httpd);
	httpd->accept_again = timer_new(loop, accept_again, httpd);

	httpd->http = evhttp_new(loop_base(loop));
	httpd_limit(httpd, o);
	evhttp_set_allowed_methods(httpd->http,
	                           0xffff); /* unknown ones too: the handler answers 405 */
	evhttp_set_bevcb(httpd->http, conn_on_accept, httpd);
	evhttp_set_gencb(httpd->http, on_request, httpd);
	return httpd;
}

int
httpd_new(struct httpd **out, struct loop *loop, const struct httpd_options *options, httpd_fn *fn,
          void *arg, struct err *err)
{
	struct httpd *httpd = httpd_make(loop, options, fn, arg);
	int fd;

	if (options->certificate_file && httpd_tls_new(&httpd->tls, options, err) != 0)
		goto fail;
	fd = httpd_listen(httpd, options->address, err);
	if (fd < 0)
		goto fail;
	httpd->bound = evhttp_accept_socket_with_handle(httpd->http, fd);
	if (!httpd->bound) {
		close(fd);
		err_set(err, "listen on %s: out of memory", options->address);
		goto fail;
	}
	evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(httpd->bound),
	                            on_accept_error);
	httpd->next_listening = listening;
	listening = httpd;
	*out = httpd;
	return 0;
fail:
	httpd_free(httpd);
	return -1;
}

static void
stop_listening(struct httpd *httpd)
{
	if (!httpd->bound)
		return;
	for (struct httpd **at = &listening; *at; at = &(*at)->next_listening) {
		if (*at == httpd) {
			*at = httpd->next_listening;
			break;
		}
	}
	evhttp_del_accept_socket(httpd->http, httpd->bound);
	httpd->bound = NULL;
	timer_off(httpd->accept_again);
}

void
httpd_drain(struct httpd *httpd)
{
	struct httpd_conn *conn, *next;

	stop_listening(httpd);
	conn_on_adopt(-1, 0, httpd);
	for (conn = LIST_FIRST(&httpd->conns); conn; conn = next) {
		next = LIST_NEXT(conn, link);
		if (!conn->begun && (conn->state == CONN_IDLE || conn->state == CONN_READING))
			conn_close(conn);
	}
}

unsigned
httpd_open_requests(const struct httpd *httpd)
{
	return httpd->open_requests;
}

unsigned
httpd_connections(const struct httpd *httpd)
{
	return httpd->connections;
}

void
httpd_free(struct httpd *httpd)
{
	struct httpd_conn *conn;

	if (!httpd)
		return;
	stop_listening(httpd);
	conn_on_adopt(-1, 0, httpd);
	evhttp_free(httpd->http);
	/* Requests not answered yet belong to their handlers from here on. */
	while ((conn = LIST_FIRST(&httpd->left))) {
		LIST_REMOVE(conn, link);
		conn->httpd = NULL;
	}
	linger_stop_all(httpd);
	httpd_unlink(httpd);
	event_free(httpd->adopt);
	timer_free(httpd->accept_again);
	SSL_CTX_free(httpd->tls);
	buf_fini(&httpd->answer);
	free(httpd->by_fd);
	free(httpd->address);
	free(httpd->socket_path);
	free(httpd);
}

const char *
httpd_address(const struct httpd *httpd)
{
	return httpd->address;
}
