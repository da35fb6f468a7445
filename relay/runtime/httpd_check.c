/*
 * What evhttp lets pass and a proxy in front may read in another way: two
 * readings of where a request ends are how one request is smuggled inside
 * another (RFC 9112, 6.1 and 11.2).  One walk over the headers.
 */
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <string.h>
#include <strings.h>

#include "relay/base/mem.h"
#include "relay/runtime/httpd_internal.h"

struct seen {
	const char *length;   /* Content-Length */
	const char *encoding; /* Transfer-Encoding */
	unsigned hosts;
	bool close, keep_alive;
};

static bool
is_token(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if (*name <= ' ' || *name == 0x7f)
			return false;
	return true;
}

static const char *
see_length(struct seen *seen, const char *value)
{
	if (!*value || value[strspn(value, "0123456789")])
		return "Content-Length is not a number";
	if (seen->length && strcmp(seen->length, value) != 0)
		return "two differing Content-Length headers";
	seen->length = value;
	return NULL;
}

static const char *
see_encoding(struct seen *seen, const char *value)
{
	if (seen->encoding || strcasecmp(value, "chunked") != 0)
		return "this Transfer-Encoding is not supported";
	seen->encoding = value;
	return NULL;
}

static const char *
see_host(struct seen *seen, const char *value)
{
	/* A folded line ends up here, behind a space. */
	if (value[strcspn(value, " \t")])
		return "malformed Host header";
	return ++seen->hosts > 1 ? "more than one Host header" : NULL;
}

static const char *
see_connection(struct seen *seen, const char *value)
{
	while (*value) {
		size_t len = strcspn(value, ", \t");

		if (len == 5 && strncasecmp(value, "close", len) == 0)
			seen->close = true;
		if (len == 10 && strncasecmp(value, "keep-alive", len) == 0)
			seen->keep_alive = true;
		value += len;
		value += strspn(value, ", \t");
	}
	return NULL;
}

static const struct watched {
	const char *name;
	size_t len;
	const char *(*see)(struct seen *, const char *value);
} watched[] = {
	{"Host", 4, see_host},
	{"Connection", 10, see_connection},
	{"Content-Length", 14, see_length},
	{"Transfer-Encoding", 17, see_encoding},
};

static const char *
see(struct seen *seen, const struct evkeyval *header)
{
	size_t len = strlen(header->key);

	if (!is_token(header->key))
		return "malformed header name";
	for (size_t i = 0; i < COUNT(watched); i++)
		if (watched[i].len == len && strcasecmp(watched[i].name, header->key) == 0)
			return watched[i].see(seen, header->value);
	return NULL;
}

/* evhttp takes the head of these for the whole request. */
static bool
body_is_not_read(enum evhttp_cmd_type type)
{
	switch (type) {
	case EVHTTP_REQ_GET:
	case EVHTTP_REQ_POST:
	case EVHTTP_REQ_PUT:
	case EVHTTP_REQ_DELETE:
	case EVHTTP_REQ_OPTIONS:
	case EVHTTP_REQ_CONNECT:
	case EVHTTP_REQ_PATCH:
		return false;
	default:
		return true;
	}
}

const char *
request_fault(struct httpd_request *r)
{
	struct seen seen = {0};
	const struct evkeyval *header;
	const char *fault = NULL;
	bool old = r->ev->major < 1 || (r->ev->major == 1 && r->ev->minor < 1);

	for (header = r->ev->input_headers->tqh_first; header && !fault;
	     header = header->next.tqe_next)
		fault = see(&seen, header);
	if (!fault && seen.encoding && (seen.length || old))
		fault = "Transfer-Encoding with Content-Length or HTTP/1.0";

	r->keep_alive_asked = old && seen.keep_alive;
	r->unread = fault || (body_is_not_read(r->ev->type) && (seen.length || seen.encoding));
	r->close = r->unread || seen.close || (old && !seen.keep_alive) ||
	           (r->ev->flags & EVHTTP_PROXY_REQUEST) != 0;
	return fault;
}
