#include "relay/message/json_places.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"

struct json_places {
	const char *at, *end;
	int line, column; /* of `at` */
	struct json_thing thing;
};

struct json_places *
json_places_new(const char *text, size_t len)
{
	struct json_places *places = mem_alloc(sizeof(*places));

	places->at = text;
	places->end = text + len;
	places->line = places->column = 1;
	return places;
}

void
json_places_free(struct json_places *places)
{
	free(places);
}

static void
step(struct json_places *places)
{
	size_t len = utf8_next(places->at, (size_t)(places->end - places->at));

	if (*places->at == '\n') {
		places->line++;
		places->column = 1;
	} else {
		places->column++;
	}
	places->at += len > 0 ? len : 1;
}

static void
step_over_string(struct json_places *places)
{
	step(places);
	while (places->at < places->end && *places->at != '"') {
		if (*places->at == '\\')
			step(places);
		if (places->at < places->end)
			step(places);
	}
	if (places->at < places->end)
		step(places);
}

/* Between two things: blanks, punctuation, ends of lists and objects. */
static bool
is_between(char c)
{
	return c == '\0' || strchr(" \t\r\n,:]}", c) != NULL;
}

const struct json_thing *
json_places_next(struct json_places *places)
{
	while (places->at < places->end && is_between(*places->at))
		step(places);
	places->thing.place = (struct template_place){places->line, places->column};
	places->thing.text = places->at;
	if (places->at == places->end)
		return &places->thing;
	if (*places->at == '"')
		step_over_string(places);
	else if (*places->at == '[' || *places->at == '{')
		step(places);
	else
		while (places->at < places->end && !is_between(*places->at))
			step(places);
	return &places->thing;
}

/* How many characters of the text make the next one of the value. */
static int
width(const char *at)
{
	static const int unit = 6; /* \uXXXX */

	if (at[0] != '\\')
		return 1;
	if (at[1] != 'u')
		return 2;
	/* A pair of surrogates; the text is JSON, so the second one is there. */
	return (at[2] == 'd' || at[2] == 'D') && strchr("89abAB", at[3]) != NULL ? 2 * unit : unit;
}

/* \n and \u000a */
static bool
is_line_feed(const char *at)
{
	return at[0] == '\\' && (at[1] == 'n' || strncasecmp(at + 1, "u000a", 5) == 0);
}

struct template_place
json_places_inside(const struct json_thing *string, struct template_place in)
{
	const char *at = string->text + 1;
	struct template_place place = {string->place.line, string->place.column + 1};
	int line = 1, column = 1;

	/* The value's line feeds are escapes: the string itself stands on one line. */
	while (*at != '"' && (line < in.line || (line == in.line && column < in.column))) {
		int wide = width(at);

		column++;
		if (is_line_feed(at)) {
			line++;
			column = 1;
		}
		place.column += wide;
		for (; wide > 0; wide--) {
			size_t len = utf8_next(at, 4);

			at += len > 0 ? len : 1;
		}
	}
	return place;
}
