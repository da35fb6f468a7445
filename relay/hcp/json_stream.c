#include "relay/hcp/json_stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "relay/base/mem.h"
#include "relay/hcp/clip.h"

struct json_stream {
	const struct json_events *events;
	void *arg;
	yajl_handle yajl;
	struct clip clip;
	size_t depth;
};

static int
on_open(void *arg, bool array)
{
	struct json_stream *stream = arg;

	if (++stream->depth > JSON_STREAM_DEPTH_MAX)
		return 0;
	stream->events->open(stream->arg, array);
	return 1;
}

static int
on_object(void *arg)
{
	return on_open(arg, false);
}

static int
on_array(void *arg)
{
	return on_open(arg, true);
}

static int
on_close(void *arg)
{
	struct json_stream *stream = arg;

	stream->depth--;
	stream->events->close(stream->arg);
	return 1;
}

static int
on_key(void *arg, const unsigned char *key, size_t len)
{
	struct json_stream *stream = arg;

	stream->events->key(stream->arg, (const char *)key, len);
	return 1;
}

static int
on_text(void *arg, const unsigned char *text, size_t len)
{
	struct json_stream *stream = arg;

	stream->events->text(stream->arg, (const char *)text, len);
	return 1;
}

static int
on_number(void *arg, const char *number, size_t len)
{
	struct json_stream *stream = arg;

	stream->events->number(stream->arg, number, len);
	return 1;
}

static int
on_boolean(void *arg, int value)
{
	struct json_stream *stream = arg;

	stream->events->literal(stream->arg, value ? 't' : 'f');
	return 1;
}

static int
on_null(void *arg)
{
	struct json_stream *stream = arg;

	stream->events->literal(stream->arg, 'n');
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_text,
	.yajl_start_map = on_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_close,
	.yajl_start_array = on_array,
	.yajl_end_array = on_close,
};

struct json_stream *
json_stream_new(const struct json_events *events, void *arg)
{
	struct json_stream *stream = mem_alloc(sizeof(*stream));

	stream->events = events;
	stream->arg = arg;
	stream->yajl = yajl_alloc(&callbacks, NULL, stream);
	if (stream->yajl == NULL)
		mem_die("no memory for a JSON parser");
	yajl_config(stream->yajl, yajl_dont_validate_strings, 1);
	return stream;
}

void
json_stream_free(struct json_stream *stream)
{
	if (stream == NULL)
		return;
	yajl_free(stream->yajl);
	free(stream);
}

/* yajl's words, without the document's text that it can add. */
static int
explain(struct json_stream *stream, uint64_t at, struct err *err)
{
	unsigned char *why = yajl_get_error(stream->yajl, 0, NULL, 0);
	const char *words = why != NULL ? (const char *)why : "not JSON";
	size_t len = strcspn(words, "\n");

	while (len > 0 && (words[len - 1] == '.' || words[len - 1] == ' '))
		len--; /* it stands within sentences */

	if (stream->depth > JSON_STREAM_DEPTH_MAX)
		err_set(err, "byte %" PRIu64 ": nested more than %d deep", at,
		        JSON_STREAM_DEPTH_MAX);
	else
		err_set(err, "byte %" PRIu64 ": %.*s", at, (int)len, words);
	if (why != NULL)
		yajl_free_error(stream->yajl, why);
	return -1;
}

static int
parse(void *arg, const char *data, size_t len, struct err *err)
{
	struct json_stream *stream = arg;

	if (yajl_parse(stream->yajl, (const unsigned char *)data, len) != yajl_status_ok)
		return explain(stream, stream->clip.handed + yajl_get_bytes_consumed(stream->yajl),
		               err);
	return 0;
}

int
json_stream_feed(struct json_stream *stream, const char *data, size_t len, struct err *err)
{
	return clip_feed(&stream->clip, data, len, parse, stream, err);
}

int
json_stream_end(struct json_stream *stream, struct err *err)
{
	if (yajl_complete_parse(stream->yajl) != yajl_status_ok)
		return explain(stream, stream->clip.offset, err);
	return 0;
}
