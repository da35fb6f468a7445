/*
 * story.h - a story, read from its file: one thing that happens on each line.
 *
 *	# what it shows
 *	at 2026-03-01T10:00:00Z
 *	packer revoke debian-12 v3 message="a known hole"
 *	+5m
 *	run fin-api-prod applied created=-1m
 *	expect-none
 *
 * A line is words, and options NAME=VALUE; either may stand in double quotes,
 * whole or in part.  `raw SOURCE` takes the rest of its line as it is.
 *
 *	at TIME, +DURATION        the clock; what falls due meanwhile is delivered then
 *	packer ACTION BUCKET VERSION   payload_packer.c tells the options
 *	run, assessment, reminder, destroyed, deleted, change_request WORKSPACE ...
 *	                          payload_terraform.c
 *	plan, state WORKSPACE ... what was read of one: reading.c
 *	owner WORKSPACE ...       what the API tells of one: owner.c
 *	details, stopped-by WORKSPACE ...  what the API tells of its incidents: details.c
 *	raw SOURCE {JSON} or FILE of the story
 *	parked PACKER-EVENT...    stored, and planning it failed for good
 *	replay evt#N              by hand
 *	ack inc#N or KIND by=NAME until=TIME comment=TEXT   over the API
 *	config FILE               a reload
 *	restart                   killed, and started again
 *	stopped +DURATION         the same, and so much later
 *	down SINK, up SINK        a sink that cannot deliver for a while
 *	blocks SINK, fails SINK, rejects SINK
 *	                          what it answers with until it is up again
 *	silence {JSON}            made now, as posted to the API; the rest of the line
 *	unsilence                 the one made last is taken back
 *	expect N, expect-none     that many messages since the last such line
 *	since-start               what it tells is counted from a start, so a kill changes it
 *	shown                           its messages are also kept as they are sent (shown.h)
 *	any-order                 shuffle.h holds of its events
 */
#ifndef TESTS_FLOW_STORY_H
#define TESTS_FLOW_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/base/err.h"

struct story_line {
	const char *path;
	int number;
	char *text;   /* the line as written, without the newline */
	char **words; /* options included, unquoted, in order */
	size_t count;
};

struct story {
	char *path;
	struct story_line *lines; /* blank ones and comments are left out */
	size_t count;
};

void story_read(struct story *, const char *directory);
void story_fini(struct story *);

/* "PATH:LINE: message" and the end: a story that is wrong is a failed test. */
_Noreturn void line_fail(const struct story_line *, const char *fmt, ...) PRINTF_LIKE(2, 3);

const char *line_word(const struct story_line *, size_t i); /* fails when it is not there */
const char *line_option(const struct story_line *,
                        const char *name); /* NULL when it is not there */
const char *line_option_or(const struct story_line *, const char *name, const char *fallback);
bool line_flag(const struct story_line *, const char *word);
int64_t line_number(const struct story_line *, const char *text);
/* A time: whole, or "+30d" and "-5m" from `now_ms`, or "none" (0). */
int64_t line_time(const struct story_line *, const char *text, int64_t now_ms);
/* The same of an option. */
int64_t line_time_or(const struct story_line *, const char *name, int64_t now_ms, int64_t fallback);

/* A whole file of a story; fails when it cannot be read.  The caller frees. */
char *story_file(const char *directory, const char *name, size_t *len);

#endif
