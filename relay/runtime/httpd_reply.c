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
#include <sys/uio.h>

#include "relay/base/mem.h"
#include "relay/runtime/httpd_internal.h"

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
write_head(struct buf *head, const struct httpd_request *r, int code, const char *type, size_t len)
{
	buf_reset(head);
	buf_puts(head, "HTTP/1.1 ");
	buf_number(head, (size_t)code);
	buf_putc(head, ' ');
	buf_puts(head, reason_of(code));
	if (code != 204 && code != 304) {
		if (type) {
			buf_puts(head, "\r\nContent-Type: ");
			buf_puts(head, type);
		}
		buf_puts(head, "\r\nContent-Length: ");
		buf_number(head, len);
	}
	buf_puts(head, "\r\n");
	buf_add(head, r->headers.data, r->headers.len);
	if (r->close)
		buf_puts(head, "Connection: close\r\n");
	else if (r->keep_alive_asked)
		buf_puts(head, "Connection: keep-alive\r\n");
	buf_puts(head, "\r\n");
}

static void
request_reset(struct httpd_request *r)
{
	struct httpd_query *q;

	while ((q = r->queries)) {
		r->queries = q->next;
		free(q->value);
		free(q);
	}
	free(r->path_decoded);
	r->path_decoded = NULL;
	r->path = NULL;
	buf_reset(&r->headers);
	r->ev = NULL;
}

/* How much went out at once; -1 when the peer is gone. */
static ssize_t
send_now(struct httpd_conn *conn, const struct buf *head, const char *body, size_t len)
{
	struct iovec parts[] = {{head->data, head->len}, {(void *)(uintptr_t)body, len}};
	struct msghdr msg = {.msg_iov = parts, .msg_iovlen = len ? 2 : 1};
	ssize_t n;

	/* TLS has its own way, and nothing may overtake a "100 Continue". */
	if (conn->httpd->tls || evbuffer_get_length(bufferevent_get_output(conn->bev)) > 0)
		return 0;
	n = sendmsg(conn->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
}

static void
send_later(struct httpd_conn *conn, const struct buf *head, const char *body, size_t len,
           size_t sent)
{
	size_t of_head = sent < head->len ? sent : head->len;
	size_t of_body = sent - of_head;

	bufferevent_write(conn->bev, head->data + of_head, head->len - of_head);
	if (len > of_body)
		bufferevent_write(conn->bev, body + of_body, len - of_body);
	bufferevent_enable(conn->bev, EV_WRITE);
}

/* The answer is out: evhttp waits for the next request, or closes. */
static void
on_answered(struct evhttp_request *ev, void *arg)
{
	struct httpd_conn *conn = arg;

	(void)ev;
	conn_set_state(conn, CONN_IDLE);
	hold_again(conn);
	if (evbuffer_get_length(bufferevent_get_input(conn->bev)) > 0) {
		conn_set_state(conn, CONN_READING);
		conn->begun = true;
	}
}

static void
answer(struct httpd_conn *conn, struct evhttp_request *ev, const char *body, size_t len, bool close)
{
	const struct buf *head = &conn->httpd->head;
	ssize_t sent = send_now(conn, head, body, len);

	if (sent < 0) {
		conn_close(conn);
		return;
	}
	if ((size_t)sent < head->len + len)
		send_later(conn, head, body, len, (size_t)sent);
	if (close) {
		evhttp_add_header(ev->output_headers, "Connection", "close");
		ev->type = EVHTTP_REQ_GET; /* of CONNECT it would keep the connection */
	}
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
	bool bodiless = r->method == HTTPD_HEAD || code == 204 || code == 304;

	if (httpd)
		httpd->open_requests--;
	if (!conn->evcon) {
		request_reset(r);
		conn_free(conn);
		evhttp_request_free(ev);
		return;
	}
	r->close |= !httpd->bound;
	conn->linger = r->unread;
	write_head(&httpd->head, r, code, type, len);
	request_reset(r);
	conn_set_state(conn, CONN_WRITING);
	answer(conn, ev, body, bodiless ? 0 : len, r->close);
}
