/*
 * pattern.h - the syntax of `correlate` patterns: globs with {name}s.
 */
#ifndef RELAY_CONFIG_PATTERN_H
#define RELAY_CONFIG_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#define PATTERN_NAMES_MAX 8 /* different {name}s in one rule: all splits of them are tried */

/* The different names of one or more patterns, borrowed from these. */
struct pattern_names {
	struct pattern_name {
		const char *text; /* in the pattern, `len` bytes */
		size_t len;
	} items[PATTERN_NAMES_MAX];
	size_t count;
};

/* Adds the names of a pattern.  NULL when fine, else what is wrong, to follow
 * the key's name; static text. */
const char *pattern_names_add(struct pattern_names *, const char *pattern);

/* Is there a name that both have? */
bool pattern_names_share(const struct pattern_names *, const struct pattern_names *);

#endif
