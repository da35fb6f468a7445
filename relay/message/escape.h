/*
 * escape.h - values of others made harmless for the output they go into.
 *
 * The output decides, never the author of a template.  ESCAPE_TEXT takes all
 * but NUL, which becomes a blank.  The others also take away what can forge
 * lines or turn the order of text:
 *
 *	control characters    become blanks (html keeps tab and line feed)
 *	U+061C, U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069
 *	                      go: marks, overrides and isolates of direction,
 *	                      and separators of lines
 *	bytes not of UTF-8    become U+FFFD each
 */
#ifndef RELAY_MESSAGE_ESCAPE_H
#define RELAY_MESSAGE_ESCAPE_H

#include <stddef.h>

#include "relay/base/buf.h"

enum escape {
	ESCAPE_TEXT,  /* nothing is special */
	ESCAPE_HTML,  /* & < > " ' */
	ESCAPE_SLACK, /* & < >; ``` and @channel and its like are broken up by U+200B */
	ESCAPE_HEADER /* nothing is special; one line */
};

void escape_add(struct buf *, enum escape, const char *text, size_t len);

#endif
