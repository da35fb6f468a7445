/*
 * filters.h - what an interpolation tag may do to its value.
 *
 *	date [FORMAT] [ZONE]   an RFC 3339 time by strftime(3); "%F %H:%M %Z"
 *	when [ZONE]            the same as people write it: "Mon 09 Mar 14:00 UTC", with the
 *	                       year where it is not this one
 *	ago                    "5 minutes ago", "in 3 days"
 *	duration               seconds in words: "2 h 5 min"
 *	trunc N                at most N characters, an ellipsis included
 *	default TEXT           for what is missing, null, false or ""
 *	join [TEXT]            the members of a list, ", " between them
 *	plural ONE MANY        ONE when the number is 1, else MANY
 *	upper, lower           ASCII letters
 *	link [LABEL]           the value as a link, where it is an http(s) URL;
 *	                       else the label alone.  Last in its tag.
 *	json                   the value as JSON text
 *
 * What is null goes through every filter unchanged but `default`.
 */
#ifndef RELAY_MESSAGE_FILTERS_H
#define RELAY_MESSAGE_FILTERS_H

#include <jansson.h>

#include "relay/message/template.h"

#define FILTER_ARGS_MAX 2

struct filter_call; /* a filter with its arguments, checked at compile time */

/* NULL and a text in err when there is no such filter, or its arguments are
 * wrong.  args are borrowed strings, numbers among them as text. */
struct filter_call *filter_call_new(const char *name, const char *const *args, size_t count,
                                    struct err *);
void filter_call_free(struct filter_call *);
bool filter_call_is_last(const struct filter_call *); /* link */
/* What it costs in steps of a rendering, beside the length of its value. */
size_t filter_steps(const struct filter_call *);

/* The value behind the filter: a new reference, NULL and err when it cannot
 * take it.  For `link` see filter_link(). */
json_t *filter_apply(const struct filter_call *, const json_t *value, const struct template_env *,
                     struct err *);
/* Writes the link as the output has it, all of it escaped. */
void filter_link(const struct filter_call *, const json_t *value, enum escape, struct buf *out);

/* Names of all filters, ended by NULL: for suggestions and the manual's test. */
extern const char *const filter_names[];

#endif
