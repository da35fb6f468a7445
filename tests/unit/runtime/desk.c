#include "desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

static void
note(struct desk *d, struct httpd_request *r)
{
	const char *body = httpd_body(r, &d->body_len);
	const char *q = httpd_query(r, "q");

	d->requests++;
	snprintf(d->path, sizeof(d->path), "%s", httpd_path(r));
	snprintf(d->query, sizeof(d->query), "%s", q ? q : "(none)");
	memcpy(d->body, body, d->body_len);
	d->body[d->body_len] = '\0';
}

static void
answer_large(struct httpd_request *r)
{
	char *body = mem_alloc(LARGE_SIZE);

	memset(body, 'x', LARGE_SIZE);
	httpd_reply(r, 200, "text/plain", body, LARGE_SIZE);
	free(body);
}

static void
refuse(struct desk *d, struct httpd_request *r, int code, const char *fault)
{
	d->faults++;
	snprintf(d->path, sizeof(d->path), "%s", httpd_path(r));
	if (strcmp(d->path, "/nowhere") == 0)
		code = 404;
	httpd_reply(r, code, "text/plain", fault, strlen(fault));
}

static void
on_request(struct httpd_request *r, void *arg)
{
	struct desk *d = arg;
	const char *fault;
	char text[32];
	int code;

	fault = httpd_fault(r, &code);
	if (fault) {
		refuse(d, r, code, fault);
		return;
	}
	note(d, r);
	if (httpd_method(r) == HTTPD_OTHER || httpd_method(r) == HTTPD_DELETE) {
		httpd_reply_header(r, "Allow", "GET, HEAD, POST");
		httpd_reply_header(r, "X-Bad", "a\r\nX-Forged: b");
		httpd_reply(r, 405, "text/plain", "no\n", 3);
	} else if (strcmp(d->path, "/later") == 0) {
		d->later = r;
	} else if (strcmp(d->path, "/large") == 0) {
		answer_large(r);
	} else {
		snprintf(text, sizeof(text), "%zu bytes\n", d->body_len);
		httpd_reply(r, httpd_method(r) == HTTPD_POST ? 202 : 200, "text/plain", text,
		            strlen(text));
	}
	sem_post(&d->asked);
}

static void
start(void *arg)
{
	struct desk *d = arg;

	if (httpd_new(&d->httpd, d->stand->loop, &d->options, on_request, d, &d->err) != 0)
		d->httpd = NULL;
}

struct desk *
desk_open(const struct httpd_options *options)
{
	struct desk *d = mem_alloc(sizeof(*d));

	d->options = *options;
	if (!d->options.address)
		d->options.address = "127.0.0.1:0";
	if (!d->options.request_ms)
		d->options.request_ms = NET_WAIT_MS;
	if (!d->options.idle_ms)
		d->options.idle_ms = NET_WAIT_MS;
	if (!d->options.connections_max)
		d->options.connections_max = 100;
	d->options.body_max = BODY_MAX;
	d->options.header_max = HEADER_MAX;
	sem_init(&d->asked, 0, 0);
	d->stand = stand_new();
	stand_call(d->stand, start, d);
	return d;
}

static void
stop(void *arg)
{
	struct desk *d = arg;

	httpd_free(d->httpd);
	d->httpd = NULL;
}

void
desk_free_httpd(struct desk *d)
{
	stand_call(d->stand, stop, d);
}

void
desk_close(struct desk *d)
{
	desk_free_httpd(d);
	stand_free(d->stand);
	sem_destroy(&d->asked);
	free(d);
}

int
desk_setup(void **state)
{
	*state = desk_open(&(struct httpd_options){0});
	return 0;
}

int
desk_teardown(void **state)
{
	desk_close(*state);
	return 0;
}

const char *
desk_address(const struct desk *d)
{
	return httpd_address(d->httpd);
}

void
desk_wait_asked(struct desk *d)
{
	while (sem_wait(&d->asked) != 0)
		;
}

static void
answer_later(void *arg)
{
	struct desk *d = arg;

	note(d, d->later); /* what is there of it now */
	httpd_reply(d->later, 200, "text/plain", "at last\n", 8);
	d->later = NULL;
}

void
desk_answer_later(struct desk *d)
{
	stand_call(d->stand, answer_later, d);
}

static void
drain(void *arg)
{
	struct desk *d = arg;

	httpd_drain(d->httpd);
}

void
desk_drain(struct desk *d)
{
	stand_call(d->stand, drain, d);
}

struct question {
	struct desk *desk;
	unsigned open_requests, connections;
};

static void
look(void *arg)
{
	struct question *q = arg;

	q->open_requests = httpd_open_requests(q->desk->httpd);
	q->connections = httpd_connections(q->desk->httpd);
}

unsigned
desk_open_requests(struct desk *d)
{
	struct question q = {.desk = d};

	stand_call(d->stand, look, &q);
	return q.open_requests;
}

unsigned
desk_connections(struct desk *d)
{
	struct question q = {.desk = d};

	stand_call(d->stand, look, &q);
	return q.connections;
}
