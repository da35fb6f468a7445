/*
 * silence.h - is an incident silenced, and how long?  Pure.
 *
 * While one of them is in force, what is said of the incidents it matches is
 * held back; it matches like a route.
 */
#ifndef RELAY_MODEL_SILENCE_H
#define RELAY_MODEL_SILENCE_H

#include "relay/base/tz.h"
#include "relay/config/conf.h"
#include "relay/model/route.h"

struct silence { /* all borrowed */
	const char *id;
	const struct conf_match *match;
	int64_t starts_at, until; /* 0: always was, never ends */
	struct tz_week week;      /* zone NULL: all the time in between */
};

/* The relay's own troubles are not silenced by "everything": its kinds must be
 * named, by a pattern that begins with "relay.". */
bool silence_matches(const struct silence *, const struct conf *, const struct route_facts *);

/* True: it is in force at `at` and until *next, 0 = for ever.  False: it begins
 * at *next, 0 = never again. */
bool silence_at(const struct silence *, int64_t at, int64_t *next);

/*
 * When it is over with all of them that match, those that follow each other
 * without a gap taken together: 0 = none is in force at `now`.  *last: the one
 * that ends last.
 */
int64_t silence_end(const struct silence *, size_t count, const struct conf *,
                    const struct route_facts *, int64_t now, const struct silence **last);

#endif
