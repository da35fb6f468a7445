/*
 * query_part.h - what the query_*.c files share.
 */
#ifndef RELAY_STORE_QUERY_PART_H
#define RELAY_STORE_QUERY_PART_H

#include "relay/model/workspace.h"
#include "relay/store/query.h"

/* Set a member: NULL and 0 become null.  Text that is not UTF-8 is null too. */
void put_text(json_t *object, const char *key, const char *text);
void put_time(json_t *object, const char *key, int64_t ms);
void put_number(json_t *object, const char *key, int64_t);

/* A filter as its statement wants it: NULL is "". */
const char *any(const char *filter);

/* *item stays NULL for a row that is not to be shown; on -1 the caller
 * releases what it holds. */
typedef int query_item_fn(struct db *, struct db_row *, const void *arg, json_t **item,
                          struct err *);

/*
 * One page out of a bound statement, which it ends.  Column 0 is the cursor
 * of a row.  Stops after `limit` items or `scan` rows; the statement must be
 * able to give one row more than that, which tells that there is a next page.
 */
int query_list(struct db *, struct db_row *, int64_t limit, int64_t scan, query_item_fn *,
               const void *arg, json_t **out, struct err *) MUST_CHECK;
/* All rows as a plain array, appended to `array`. */
int query_append(struct db *, struct db_row *, query_item_fn *, const void *arg, json_t *array,
                 struct err *) MUST_CHECK;

/* The image object of contract section 7, as image_with_surroundings(); *out is
 * NULL when the key is unknown. */
int query_image(struct db *, const char *key, const json_t *replacement, json_t **out,
                struct err *) MUST_CHECK;
/* The same object with everything unknown. */
json_t *image_unknown(void);

/* A workspace's own members: id, name, organization, url, team. */
void put_workspace(json_t *object, const struct conf *, const struct workspace *);

#endif
