#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <stdlib.h>
#include <string.h>

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
httpd_header(const struct httpd_request *r, const char *name)
{
	return evhttp_find_header(r->ev->input_headers, name);
}

const char *
httpd_body(struct httpd_request *r, size_t *len)
{
	struct evbuffer *input = r->ev->input_buffer;

	*len = evbuffer_get_length(input);
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

const char *
httpd_query(struct httpd_request *r, const char *name)
{
	const struct evhttp_uri *uri = r->ev->uri_elems; /* NULL when forgotten */
	const char *at = uri ? evhttp_uri_get_query(uri) : NULL;
	size_t name_len = strlen(name);

	while (at && *at) {
		size_t len = strcspn(at, "&");

		if (len >= name_len && strncmp(at, name, name_len) == 0) {
			if (len == name_len)
				return "";
			if (at[name_len] == '=')
				return keep_value(r, at + name_len + 1, len - name_len - 1);
		}
		at += len;
		at += strspn(at, "&");
	}
	return NULL;
}
