/*
 * stand_in.h - an HTTP receiver on loopback for unit tests: it answers as it
 * was told, path by path, and keeps what it got.  On the loop of the test.
 */
#ifndef TESTS_UNIT_STAND_IN_H
#define TESTS_UNIT_STAND_IN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/runtime/httpd.h"
#include "relay/runtime/loop.h"

struct stand_in_answer {
	const char *path; /* of the requests it is for */
	int code;
	const char *body, *retry_after;
	bool hold; /* no answer before stand_in_let_go() */
};

struct stand_in_request {
	char *path, *body;
	char *id, *timestamp, *signature, *authorization, *content_type, *user_agent;
};

struct stand_in {
	struct loop *loop;
	struct httpd *httpd;
	struct stand_in_answer answers[32]; /* each used once, in order; then 200 "ok" */
	size_t answer_count;
	struct stand_in_request got[256];
	size_t got_count;
	struct httpd_request *held[32];
	size_t held_count;
	const char *reset;     /* X-RateLimit-Reset of each 429, or with remaining of each */
	const char *remaining; /* X-RateLimit-Remaining of each */
	size_t awaited;        /* the loop stops when so many came; 0 = never */
};

static char *
stand_in_copy(const struct httpd_request *request, const char *name)
{
	return mem_str(httpd_header(request, name));
}

static bool
stand_in_scripted(struct stand_in *in, const char *path, struct stand_in_answer *out)
{
	for (size_t i = 0; i < in->answer_count; i++) {
		if (strcmp(in->answers[i].path, path) != 0)
			continue;
		*out = in->answers[i];
		in->answer_count--;
		memmove(&in->answers[i], &in->answers[i + 1],
		        (in->answer_count - i) * sizeof(*in->answers));
		return true;
	}
	return false;
}

static void
stand_in_on_request(struct httpd_request *request, void *arg)
{
	struct stand_in *in = arg;
	struct stand_in_answer answer = {.code = 200, .body = "ok"};
	size_t len;
	const char *body = httpd_body(request, &len);

	assert_true(in->got_count < COUNT(in->got));
	in->got[in->got_count++] = (struct stand_in_request){
		.path = mem_str(httpd_path(request)),
		.body = mem_strn(body ? body : "", body ? len : 0),
		.id = stand_in_copy(request, "webhook-id"),
		.timestamp = stand_in_copy(request, "webhook-timestamp"),
		.signature = stand_in_copy(request, "webhook-signature"),
		.authorization = stand_in_copy(request, "Authorization"),
		.content_type = stand_in_copy(request, "Content-Type"),
		.user_agent = stand_in_copy(request, "User-Agent"),
	};
	stand_in_scripted(in, httpd_path(request), &answer);
	if (answer.hold) {
		in->held[in->held_count++] = request;
	} else {
		if (answer.retry_after)
			httpd_reply_header(request, "Retry-After", answer.retry_after);
		if (in->remaining)
			httpd_reply_header(request, "X-RateLimit-Remaining", in->remaining);
		if (in->reset && (answer.code == 429 || in->remaining))
			httpd_reply_header(request, "X-RateLimit-Reset", in->reset);
		const char *text = answer.body ? answer.body : "";
		httpd_reply(request, answer.code, "text/plain", text, strlen(text));
	}
	if (in->awaited && in->got_count >= in->awaited)
		loop_stop(in->loop);
}

static void
stand_in_open(struct stand_in *in, struct loop *loop)
{
	const struct httpd_options options = {
		.address = "127.0.0.1:0",
		.body_max = 1 << 20,
		.header_max = 1 << 15,
		.request_ms = 10000,
		.idle_ms = 60000,
		.connections_max = 64,
	};
	struct err err = {0};

	memset(in, 0, sizeof(*in));
	in->loop = loop;
	if (httpd_new(&in->httpd, loop, &options, stand_in_on_request, in, &err) < 0)
		fail_msg("%s", err.text);
}

static inline void
stand_in_script(struct stand_in *in, struct stand_in_answer answer)
{
	assert_true(in->answer_count < COUNT(in->answers));
	in->answers[in->answer_count++] = answer;
}

static inline void
stand_in_let_go(struct stand_in *in)
{
	for (size_t i = 0; i < in->held_count; i++)
		httpd_reply(in->held[i], 200, "text/plain", "ok", 2);
	in->held_count = 0;
}

/* Caller frees. */
static inline char *
stand_in_url(const struct stand_in *in, const char *path)
{
	return mem_fmt("http://%s%s", httpd_address(in->httpd), path);
}

static inline size_t
stand_in_count(const struct stand_in *in, const char *path)
{
	size_t count = 0;

	for (size_t i = 0; i < in->got_count; i++)
		count += strcmp(in->got[i].path, path) == 0;
	return count;
}

static void
stand_in_close(struct stand_in *in)
{
	stand_in_let_go(in);
	httpd_free(in->httpd);
	for (size_t i = 0; i < in->got_count; i++) {
		char *const texts[] = {in->got[i].path,         in->got[i].body,
		                       in->got[i].id,           in->got[i].timestamp,
		                       in->got[i].signature,    in->got[i].authorization,
		                       in->got[i].content_type, in->got[i].user_agent};
		for (size_t j = 0; j < COUNT(texts); j++)
			free(texts[j]);
	}
}

#endif
