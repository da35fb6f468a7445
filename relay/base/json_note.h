/*
 * json_note.h - what the check of json_check.c tells json_pick.c on its way.
 * For these two files.
 */
#ifndef RELAY_BASE_JSON_NOTE_H
#define RELAY_BASE_JSON_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/base/err.h"
#include "relay/base/json.h"
#include "relay/base/json_pick.h"

#define NO_ROW (-2)
#define NAMES_MAX 256 /* of all objects that are open at a time */

struct json_notes {
	const struct json_want *wants;
	struct json_picks *picks;
	bool unsure; /* only jansson can tell whether it takes the text, or what a text reads */
	int next;    /* the row that the value to come is */
	int depth;
	struct {
		int row;
		int first_in;      /* the first row in it, or NO_ROW */
		int elements;      /* of an array, so far */
		size_t first_name; /* of an object, in names */
	} open[JSON_DEPTH_MAX];
	uint32_t names[NAMES_MAX]; /* hashes */
	size_t name_count;
};

/* As json_check(). */
int json_check_noting(const char *data, size_t len, struct json_notes *, struct err *) MUST_CHECK;

/* Slices begin at their first byte (a name: behind its quote) and end before `behind`;
 * an escaped string has a backslash. */
void note_name(struct json_notes *, const char *from, const char *behind, bool escaped);
void note_element(struct json_notes *); /* the value to come is one */
void note_value(struct json_notes *, const char *from, const char *behind, bool escaped);
void note_open(struct json_notes *, const char *from);
void note_close(struct json_notes *, const char *behind);

#endif
