/*
 * json_stream.h - JSON of any size, read as a stream of events (yajl).
 *
 * Memory is bounded whatever the document: texts are clipped (clip.h), numbers
 * and the depth of nesting have a limit.  Texts are not checked for being
 * UTF-8, which would halve the speed: whoever keeps one checks it.
 */
#ifndef RELAY_HCP_JSON_STREAM_H
#define RELAY_HCP_JSON_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/base/err.h"

#define JSON_STREAM_DEPTH_MAX 512

/* Keys, texts and numbers (as they are written) are not terminated and the
 * stream's own: they last until the call returns. */
struct json_events {
	void (*open)(void *arg, bool array);
	void (*close)(void *arg);
	void (*key)(void *arg, const char *, size_t);
	void (*text)(void *arg, const char *, size_t);
	void (*number)(void *arg, const char *, size_t);
	void (*literal)(void *arg, char); /* 't', 'f' or 'n' */
};

struct json_stream;

struct json_stream *json_stream_new(const struct json_events *, void *arg);
void json_stream_free(struct json_stream *);

/* -1 where it is no JSON: err says why and at which byte, with nothing of the
 * document in it.  After that only json_stream_free() may be called. */
int json_stream_feed(struct json_stream *, const char *, size_t, struct err *) MUST_CHECK;
/* -1 where the document is not whole. */
int json_stream_end(struct json_stream *, struct err *) MUST_CHECK;

#endif
