/*
 * json_pick.h - the few values somebody wants of a text, without its tree.
 *
 * The check of json_check.h notes in its one pass where the wanted values
 * stand.  Whether jansson takes the text whole is told in the same pass where
 * that is certain, which it is for what senders send.  What is not certain (a
 * name or a wanted text with escapes, a surrogate, a long number, a name that
 * may stand twice) is left to jansson: a tree is made, and the same values are
 * read from it.  The answer and the picks are those of json_read() and
 * json_at() either way.
 */
#ifndef RELAY_BASE_JSON_PICK_H
#define RELAY_BASE_JSON_PICK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "relay/base/err.h"
#include "relay/base/json.h"

#define JSON_TOP (-1) /* the document itself */
#define JSON_WANTS_MAX 32

/* A row of a table that ends with a row without a name; the rows in one other stand together. */
struct json_want {
	const char *name; /* of a member; "0" to "9" also of an array's element */
	int in;           /* the row, before this one, of what it is in; or JSON_TOP */
};

/* What was found; by the rows of the table. */
struct json_picks {
	struct json_pick {
		const char *text; /* NULL when missing or no string */
		const char *raw;  /* in the checked text; NULL when missing or from a tree */
		size_t raw_len;
		const json_t *node; /* from a tree */
	} at[JSON_WANTS_MAX];
	char *memory; /* of the texts, or NULL */
	json_t *tree; /* a reference, or NULL */
};

/* As json_read(), with picks where that gives a tree; they borrow data.  json_picks_fini()
 * whatever the answer. */
enum json_answer json_pick(const char *data, size_t len, const struct json_want *,
                           struct json_picks *, struct err *);
/* The same picks, borrowed from a tree; nothing to free. */
void json_pick_tree(const json_t *tree, const struct json_want *, struct json_picks *);
void json_picks_fini(struct json_picks *);

/* By row.  Borrowed from the picks (texts of a tree: from the tree); NULL when missing. */
const char *json_picked(const struct json_picks *, int row);        /* strings only, "" included */
const char *json_picked_filled(const struct json_picks *, int row); /* "" counts as missing */
bool json_picked_any(const struct json_picks *, int row);           /* of whatever type */
bool json_picked_array(const struct json_picks *, int row);
/* The value as a tree, a new reference; NULL when missing. */
json_t *json_picked_tree(const struct json_picks *, int row);

#endif
