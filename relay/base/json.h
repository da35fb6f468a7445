/*
 * json.h - reading JSON that others wrote, over jansson.
 *
 * Three answers to a body: a tree; "this is not JSON" (RFC 8259, and nested
 * no deeper than JSON_DEPTH_MAX); or "JSON that our parser cannot take
 * whole" (duplicate names, numbers out of range, U+0000, lone surrogates).
 * The last kind is kept by the relay as it is, so the two must not be mixed up.
 */
#ifndef RELAY_BASE_JSON_H
#define RELAY_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/base/err.h"

#define JSON_DEPTH_MAX 64

enum json_answer {
	JSON_TREE,      /* *out is a new reference */
	JSON_NOT_WHOLE, /* valid, but *out is NULL; err says what */
	JSON_NOT_JSON   /* err says what and where: "line 1 column 17: ..." */
};

enum json_answer json_read(const char *data, size_t len, json_t **out, struct err *);

/*
 * Walk by a dotted path ("event_payload.version.name"; "notifications.0.x"
 * walks into arrays).  Borrowed; NULL when anything on the way is missing or
 * of another type.
 */
json_t *json_at(const json_t *, const char *path);
const char *json_text_at(const json_t *, const char *path);   /* strings only, "" included */
const char *json_filled_at(const json_t *, const char *path); /* "" counts as missing */
bool json_true_at(const json_t *, const char *path);          /* true only for JSON true */
int64_t json_time_at(const json_t *, const char *path);       /* time_or_none() */
/* Integers, and strings that are one. */
int64_t json_int_at(const json_t *, const char *path, int64_t fallback);

/* New references for building documents: NULL or 0 become null. */
json_t *json_text_or_null(const char *);
json_t *json_time_or_null(int64_t ms);
json_t *json_http_url_or_null(const char *); /* anything but http(s) is null */

#endif
