/*
 * filter_internal.h - a filter is a row in a table: private to filters.c and
 * the filter_*.c files it gathers.
 */
#ifndef RELAY_MESSAGE_FILTER_INTERNAL_H
#define RELAY_MESSAGE_FILTER_INTERNAL_H

#include "relay/message/filters.h"

struct filter_call {
	const struct filter_kind *kind;
	char *args[FILTER_ARGS_MAX];
	size_t count;
	size_t number; /* the first argument, where it is one */
};

/* A new reference for a value that is not null, or NULL and err. */
typedef json_t *filter_fn(const struct filter_call *, const json_t *value,
                          const struct template_env *, struct err *);

struct filter_kind {
	const char *name;
	size_t min, max;                                  /* arguments */
	int (*check)(struct filter_call *, struct err *); /* of the arguments; may be NULL */
	filter_fn *apply;
};

/* filter_time.c */
int filter_date_check(struct filter_call *, struct err *);
int filter_when_check(struct filter_call *, struct err *);
filter_fn filter_date, filter_when, filter_ago, filter_duration;

/* A new string; the buffer is emptied. */
json_t *filter_text_take(struct buf *);

#endif
