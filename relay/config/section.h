/*
 * section.h - what stands under the name of a kind ("slack: {...}"), for the
 * kind's own check: it names keys, and each fault is told where its key is.
 *
 * A value that a fault was told of is none (NULL, 0 or false) in the options.
 * What would be told of such a value again is not: a check need not ask
 * whether a key was refused or is only not there.
 */
#ifndef RELAY_CONFIG_SECTION_H
#define RELAY_CONFIG_SECTION_H

#include "relay/base/err.h"
#include "relay/config/faults.h"
#include "relay/config/yaml.h"

struct section {
	struct faults *faults;
	const char *name;       /* the kind's: in front of each fault */
	const char *team;       /* for whose address it is asked, or NULL: there, too */
	const struct node *map; /* NULL: there is none, as for options that no file gave */
	const struct node *at;  /* where it is told what belongs to no key that is there */
};

/*
 * `keys` are the names of those whose values the fault follows from, separated
 * by blanks: "ca_file security".  It is told at the first of them that is
 * there, and not at all where one was refused.  "api.url" is a key of a map
 * within; "token" stands for token_file and token_env as well.
 */
void section_fault(const struct section *, const char *keys, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* The i-th item of a list under `key`. */
struct section section_item(const struct section *, const char *key, size_t i);

#endif
