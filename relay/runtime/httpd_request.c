#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "relay/base/mem.h"
#include "relay/runtime/httpd_internal.h"

enum httpd_method
httpd_method(const struct httpd_request *r)
{
	return r->method;
}

const char *
httpd_path(const struct httpd_request *r)
{
	return r->path;
}

const char *
httpd_fault(const struct httpd_request *r, int *code)
{
	*code = r->fault_code;
	return r->fault;
}

const char *
httpd_header(const struct httpd_request *r, const char *name)
{
	return r->ev ? evhttp_find_header(r->ev->input_headers, name) : NULL;
}

/* An IPv4 connection to a listener on [::] has its address inside an IPv6 one. */
static void
write_ipv6(const struct in6_addr *address, char out[HTTPD_HOST_SIZE])
{
	char text[INET6_ADDRSTRLEN];

	if (IN6_IS_ADDR_V4MAPPED(address)) {
		inet_ntop(AF_INET, &address->s6_addr[12], out, HTTPD_HOST_SIZE);
	} else {
		inet_ntop(AF_INET6, address, text, sizeof(text));
		snprintf(out, HTTPD_HOST_SIZE, "[%s]", text);
	}
}

void
httpd_arrived_at(const struct httpd_request *r, char out[HTTPD_HOST_SIZE])
{
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
		struct sockaddr_storage room;
	} at;
	socklen_t len = sizeof(at);

	out[0] = '\0';
	if (getsockname(r->conn->fd, &at.any, &len) != 0)
		return;
	if (at.any.sa_family == AF_INET)
		inet_ntop(AF_INET, &at.four.sin_addr, out, HTTPD_HOST_SIZE);
	else if (at.any.sa_family == AF_INET6)
		write_ipv6(&at.six.sin6_addr, out);
	else
		strcpy(out, "localhost");
}

const char *
httpd_body(struct httpd_request *r, size_t *len)
{
	struct evbuffer *input = r->ev ? r->ev->input_buffer : NULL;

	*len = input ? evbuffer_get_length(input) : 0;
	return *len ? (const char *)evbuffer_pullup(input, -1) : "";
}

/* The decoded value is kept with the request, which frees it. */
static const char *
keep_value(struct httpd_request *r, const char *raw, size_t len)
{
	struct httpd_query *q = mem_alloc(sizeof(*q));
	char *copy = mem_strn(raw, len);

	q->value = evhttp_uridecode(copy, 1, NULL);
	free(copy);
	q->next = r->queries;
	r->queries = q;
	return q->value;
}

bool
httpd_query_next(const struct httpd_request *r, const char **name, size_t *len)
{
	const char *at = *name;

	if (at)
		at += strcspn(at, "&");
	else
		at = r->uri ? evhttp_uri_get_query(r->uri) : NULL;
	if (!at)
		return false;
	at += strspn(at, "&");
	*name = at;
	*len = strcspn(at, "&=");
	return *at != '\0';
}

const char *
httpd_query(struct httpd_request *r, const char *name)
{
	const char *at = NULL;
	size_t len;

	while (httpd_query_next(r, &at, &len))
		if (len == strlen(name) && strncmp(at, name, len) == 0)
			return at[len] == '='
			               ? keep_value(r, at + len + 1, strcspn(at + len + 1, "&"))
			               : "";
	return NULL;
}
