/*
 * The answer.  It goes straight to the socket in one call: evhttp's own way
 * (a list of headers, a buffer, another turn of the loop until the socket is
 * seen writable) costs more than all the rest of a small request.  evhttp only
 * learns that the request is over.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "relay/base/mem.h"
#include "relay/runtime/httpd_internal.h"

#define ANSWER_KEPT ((size_t)64 * 1024) /* of the memory that answers are written in */

static const struct {
	int code;
	const char *text;
} reasons[] = {
	{200, "OK"},
	{201, "Created"},
	{202, "Accepted"},
	{204, "No Content"},
	{302, "Found"},
	{303, "See Other"},
	{304, "Not Modified"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{409, "Conflict"},
	{413, "Content Too Large"},
	{415, "Unsupported Media Type"},
	{421, "Misdirected Request"},
	{422, "Unprocessable Content"},
	{429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{501, "Not Implemented"},
	{503, "Service Unavailable"},
};

static const char *
reason_of(int code)
{
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (reasons[i].code == code)
			return reasons[i].text;
	return "Answer";
}

void
httpd_reply_header(struct httpd_request *r, const char *name, const char *value)
{
	/* A line break would let a value write headers of its own. */
	if (!value[strcspn(value, "\r\n")])
		buf_printf(&r->headers, "%s: %s\r\n", name, value);
}

static void
write_answer(struct buf *out, const struct httpd_request *r, int code, const char *type,
             const char *body, size_t len)
{
	bool bodiless = code == 204 || code == 304;

	buf_reset(out);
	buf_puts(out, "HTTP/1.1 ");
	buf_number(out, (size_t)code);
	buf_putc(out, ' ');
	buf_puts(out, reason_of(code));
	if (!bodiless) {
		if (type) {
			buf_puts(out, "\r\nContent-Type: ");
			buf_puts(out, type);
		}
		buf_puts(out, "\r\nContent-Length: ");
		buf_number(out, len);
	}
	buf_puts(out, "\r\n");
	buf_add(out, r->headers.data, r->headers.len);
	if (r->close)
		buf_puts(out, "Connection: close\r\n");
	else if (r->keep_alive_asked)
		buf_puts(out, "Connection: keep-alive\r\n");
	buf_puts(out, "\r\n");
	if (!bodiless && r->method != HTTPD_HEAD)
		buf_add(out, body, len);
}

void
request_forget(struct httpd_request *r)
{
	struct httpd_query *q;

	while ((q = r->queries)) {
		r->queries = q->next;
		free(q->value);
		free(q);
	}
	free(r->path_decoded);
	r->path_decoded = NULL;
	r->path = "";
	if (r->uri)
		evhttp_uri_free(r->uri);
	r->uri = NULL;
	if (!r->ev)
		return;
	evbuffer_drain(r->ev->input_buffer, evbuffer_get_length(r->ev->input_buffer));
	if (!r->keep_alive_asked) /* evhttp looks for it behind the answer */
		evhttp_clear_headers(r->ev->input_headers);
}

/* How much went out at once; -1 when the peer is gone. */
static ssize_t
send_now(struct httpd_conn *conn, const struct buf *answer)
{
	ssize_t n;

	/* TLS has its own way, and nothing may overtake a "100 Continue". */
	if (conn->httpd->tls || evbuffer_get_length(bufferevent_get_output(conn->bev)) > 0)
		return 0;
	n = send(conn->fd, answer->data, answer->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
}

static void
send_later(struct httpd_conn *conn, const char *rest, size_t len)
{
	conn_set_state(conn, CONN_WRITING);
	bufferevent_write(conn->bev, rest, len);
	bufferevent_enable(conn->bev, EV_WRITE);
}

/* The answer is out: evhttp waits for the next request, or closes. */
static void
on_answered(struct evhttp_request *ev, void *arg)
{
	struct httpd_conn *conn = arg;

	(void)ev;
	conn_set_state(conn, CONN_IDLE);
	socket_again(conn);
	if (evbuffer_get_length(bufferevent_get_input(conn->bev)) > 0)
		conn_begin(conn);
}

static void
answer(struct httpd_conn *conn, struct evhttp_request *ev, bool close)
{
	struct httpd *httpd = conn->httpd;
	const struct buf *out = &httpd->answer;
	ssize_t sent = send_now(conn, out);

	if (sent < 0) {
		conn_close(conn);
		return;
	}
	if ((size_t)sent < out->len)
		send_later(conn, out->data + sent, out->len - (size_t)sent);
	if (close) {
		evhttp_add_header(ev->output_headers, "Connection", "close");
		ev->type = EVHTTP_REQ_GET; /* of CONNECT it would keep the connection */
	}
	if (httpd->answer.cap > ANSWER_KEPT)
		buf_fini(&httpd->answer);
	ev->chunked = 0; /* the request's; evhttp would close our answer with a chunk */
	evhttp_request_set_on_complete_cb(ev, on_answered, conn);
	evhttp_send_reply_end(ev);
}

void
httpd_reply(struct httpd_request *r, int code, const char *type, const char *body, size_t len)
{
	struct httpd_conn *conn = r->conn;
	struct httpd *httpd = conn->httpd;
	struct evhttp_request *ev = r->ev;

	if (conn->evcon) {
		r->close |= !httpd->bound;
		conn->linger = r->unread;
		write_answer(&httpd->answer, r, code, type, body, len);
	}
	request_forget(r);
	buf_reset(&r->headers);
	r->ev = NULL;
	if (httpd) {
		httpd->open_requests--;
		if (httpd->handled == r)
			httpd->handled = NULL;
	}
	if (!conn->evcon) {
		conn_free(conn);
		evhttp_request_free(ev);
	} else if (ev) {
		answer(conn, ev, r->close);
	} else {
		conn_end(conn, &httpd->answer);
	}
}
