/*
 * post.h - what sinks over HTTP share: one request out, one result back.
 *
 * An http_sink is the beginning of such a sink's own struct.  It keeps a list
 * of its requests under way, so that a sink closed early (the end of the
 * process) cancels them: their done is not called then.
 */
#ifndef SINKS_POST_H
#define SINKS_POST_H

#include "relay/base/buf.h"
#include "sinks/sink.h"

struct post;

struct http_sink {
	const struct sink_kind *kind;
	const struct sink_env *env;
	struct post *posts; /* under way */
};

void http_sink_init(struct http_sink *, const struct sink_kind *, const struct sink_env *);
void http_sink_fini(struct http_sink *);

/* What an answer means to this kind of sink. */
typedef enum outcome judge_fn(const struct httpc_response *);

struct http_terms {
	judge_fn *judge;
	bool quiet; /* the result tells nothing of the answer's body, which may repeat a token */
	/* No result tells a body that holds one of these; ended by NULL, kept by the sink; NULL. */
	const char *const *unsaid;
	const char *template_fault; /* for the result; copied; NULL */
	/* Sees the answer itself, right before done and with done's arg; NULL. */
	void (*look)(const struct httpc_response *, void *arg);
};

/* The request is copied.  done as sink_kind.send promises. */
void http_sink_send(struct http_sink *, const struct httpc_request *, const struct http_terms *,
                    sink_done_fn *, void *arg);

/*
 * "sha256 of what addresses it" with the kind's name in front: how
 * destinations are called everywhere outside the sink.  Caller frees.
 */
char *http_destination(const char *kind, const char *url);

/* A copy without blanks around it; the caller wipes and frees. */
char *url_trimmed(const char *);

/*
 * An answer in words for people: the status and the beginning of the body in
 * one printable line.  A body that repeats a part of the URL's path or query
 * (some servers do in their 404 page) is left out, since that part may be the
 * credential.  Without a URL the body is always left out.
 */
void answer_text(struct buf *out, const struct httpc_response *, const char *url);

/* The same text in one line: control bytes become blanks, runs of blanks one;
 * at most `max` code points. */
void text_line(struct buf *out, const char *text, size_t max);

#endif
