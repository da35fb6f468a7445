/*
 * json_places.h - where things stand in a JSON text.
 *
 * jansson gives a tree without places.  Names and values stand in the text in
 * the order a walk over the tree meets them (an object keeps the order of its
 * names, and none is there twice), so the n-th thing of the walk is the n-th
 * thing of the text.
 */
#ifndef RELAY_MESSAGE_JSON_PLACES_H
#define RELAY_MESSAGE_JSON_PLACES_H

#include <stddef.h>

#include "relay/message/template.h"

struct json_places;

/* text must be JSON (it was parsed) and outlive this. */
struct json_places *json_places_new(const char *text, size_t len);
void json_places_free(struct json_places *);

/* The next name or value, in the order of the text: a list or an object is
 * one when it begins, then comes what is in it.  Borrowed. */
struct json_thing {
	struct template_place place; /* of its first character */
	const char *text;            /* there */
};
const struct json_thing *json_places_next(struct json_places *);

/* Where a character of a string's value stands in the text.  `in` is its place
 * in the value, from 1:1, as template_compile() counts. */
struct template_place json_places_inside(const struct json_thing *, struct template_place in);

#endif
