/*
 * A request that is not taken: too large, too slow, malformed.
 *
 * evhttp answers what it refuses with a page of its own and shows the request
 * to nobody.  But 404 and 405 come first, and only the handler knows which
 * paths there are.  So the first line of each request is kept as its bytes
 * come; when evhttp begins to answer, or the deadline is over, the handler
 * gets what that line says, and its answer is the last thing the peer hears.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/runtime/httpd_internal.h"

/* A longer first line names no path of ours. */
#define LINE_MAX_KEPT 4096

static const struct {
	int code;
	const char *fault;
} faults[] = {
	{408, "the request was not complete in time"},
	{413, "the body is too large, or its chunks cannot be read"},
	{417, "this Expect is not supported"},
	{400, "the request is malformed, or its headers are too large"}, /* and any other */
};

static const struct {
	const char *word;
	enum httpd_method method;
} methods[] = {
	{"GET", HTTPD_GET},
	{"HEAD", HTTPD_HEAD},
	{"POST", HTTPD_POST},
	{"DELETE", HTTPD_DELETE},
};

void
refuse_note_line(struct httpd_conn *conn)
{
	struct evbuffer *input = bufferevent_get_input(conn->bev);
	size_t len = evbuffer_get_length(input);
	const char *line, *end;

	if (conn->line_seen)
		return;
	if (len > LINE_MAX_KEPT)
		len = LINE_MAX_KEPT;
	line = (const char *)evbuffer_pullup(input, (ssize_t)len);
	end = line ? memchr(line, '\n', len) : NULL;
	conn->line_seen = end || len == LINE_MAX_KEPT;
	if (!end)
		return;
	if (end > line && end[-1] == '\r')
		end--;
	buf_add(&conn->line, line, (size_t)(end - line));
}

/* evhttp says something before the request is whole: "HTTP/1.1 413 ..." */
void
refuse_on_output(struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg)
{
	struct httpd_conn *conn = arg;
	struct evbuffer_ptr at;
	char status[sizeof("HTTP/1.1 413")] = "";
	int code;

	if (info->n_added == 0 || conn->state != CONN_READING || conn->refused_with)
		return;
	evbuffer_ptr_set(output, &at, info->orig_size, EVBUFFER_PTR_SET);
	evbuffer_copyout_from(output, &at, status, sizeof(status) - 1);
	code = atoi(status + strlen("HTTP/1.1 "));
	if (code < 400)
		return; /* "100 Continue" */
	conn->refused_with = code;
	event_active(conn->timer, EV_TIMEOUT, 0); /* evhttp is not through with it */
}

static enum httpd_method
method_named(const char *word)
{
	for (size_t i = 0; i < COUNT(methods); i++)
		if (strcmp(methods[i].word, word) == 0)
			return methods[i].method;
	return HTTPD_OTHER;
}

/* "POST /hooks/x HTTP/1.1", cut where evhttp cuts it; false when it is not that. */
static bool
read_line(struct httpd_request *r, struct buf *line)
{
	char *target, *version;

	buf_putc(line, '\0');
	target = strchr(line->data, ' ');
	version = strrchr(line->data, ' ');
	if (!target || target == version || strncmp(version, " HTTP/", strlen(" HTTP/")) != 0)
		return false;
	*target++ = *version = '\0';
	r->method = method_named(line->data);
	r->uri = evhttp_uri_parse_with_flags(target, EVHTTP_URI_NONCONFORMANT);
	if (r->uri)
		request_decode_path(r);
	return r->uri != NULL;
}

static const char *
fault_of(int code)
{
	size_t i = 0;

	while (i + 1 < COUNT(faults) && faults[i].code != code)
		i++;
	return faults[i].fault;
}

static void
answer_fault(struct httpd_request *r)
{
	char *body = mem_fmt("{\"error\":\"%s\"}\n", r->fault);

	httpd_reply(r, r->fault_code, "application/json", body, strlen(body));
	free(body);
}

void
conn_refuse(struct httpd_conn *conn, int code)
{
	struct httpd_request *r = &conn->request;

	conn_set_state(conn, CONN_ASKED);
	conn->httpd->open_requests++;
	r->method = HTTPD_OTHER;
	r->fault = fault_of(code);
	r->fault_code = code;
	r->close = r->unread = true;
	if (conn->line.len > 0 && read_line(r, &conn->line))
		request_hand_over(r);
	else
		answer_fault(r);
}
