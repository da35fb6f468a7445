/*
 * clip.h - JSON bytes on their way to the parser, made safe to buffer.
 *
 * yajl keeps a text or a number that is not yet whole in memory, and
 * somebody's `user_data` may be 200 MB.  What a text has beyond CLIP_TEXT_MAX
 * bytes is taken out here and replaced by a hash of it, so that two long texts
 * that differ only at the end still differ.  The cut is never inside an escape
 * or a UTF-8 sequence.  Everything else passes as it is and is not copied.
 */
#ifndef RELAY_HCP_CLIP_H
#define RELAY_HCP_CLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/base/err.h"

#define CLIP_TEXT_MAX 65536 /* bytes of a text as written, escapes and all */
#define CLIP_WORD_MAX 1024  /* bytes of a number; Terraform's have 155 digits at most */

typedef int clip_emit_fn(void *arg, const char *, size_t, struct err *);

struct clip {
	bool in_text, dropping;
	uint8_t escape;  /* bytes of an escape still to come */
	size_t len;      /* of the text, or of the number or literal, so far */
	uint64_t hash;   /* of what was dropped */
	uint64_t offset; /* of the next chunk in the document */
	uint64_t handed; /* where in the document the bytes handed on last begin */
};

/* Hands the bytes on, in one call or several.  -1 where emit said so, or where
 * a number is too long. */
int clip_feed(struct clip *, const char *data, size_t len, clip_emit_fn *, void *arg, struct err *);

#endif
