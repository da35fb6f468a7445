/*
 * lookup.h - which row a key of the file belongs to, and what to say when it
 * belongs to none.
 */
#ifndef RELAY_CONFIG_LOOKUP_H
#define RELAY_CONFIG_LOOKUP_H

#include "relay/config/walk.h"

enum secret_form { SECRET_FILE, SECRET_ENV };
extern const char *const secret_suffixes[]; /* "_file", "_env" */

struct found {
	const struct key *row;       /* NULL: unknown, and told */
	const struct key_kind *kind; /* of a KEY_KIND row */
	enum secret_form form;       /* of a KEY_SECRET row */
	bool refused;                /* a secret's value stood in the config: told */
};

struct found lookup_key(const struct walk *, const struct node *key, const struct key *rows,
                        const char *where);

/* The nearest of `count` names to a misspelt one, or NULL when none is near;
 * NULL names are passed over. */
const char *lookup_nearest(const char *word, const char *const *names, size_t count);

#endif
