/*
 * mustache.h - a template with its partials, compiled, linked and rendered
 * as a loader would do it.
 */
#ifndef TESTS_UNIT_MESSAGE_MUSTACHE_H
#define TESTS_UNIT_MESSAGE_MUSTACHE_H

#include "relay/message/template.h"

/* 2026-03-01T12:00:00Z, which `ago` counts from here. */
#define MUSTACHE_NOW_MS INT64_C(1772366400000)

struct mustache {
	struct template *main;
	const char *names[16]; /* of the partials; borrowed from what they were compiled from */
	struct template *partials[16];
	size_t count;
};

/* partials: an object of texts, or NULL.  -1, and all freed, when one has a fault. */
int mustache_compile(struct mustache *, const char *text, const json_t *partials,
                     const struct template_options *, struct faults *);
void mustache_free(struct mustache *);
int mustache_render(const struct mustache *, const json_t *data, struct buf *out, struct err *);

/* All in one go, which must not fail; the caller frees. */
char *mustache(const char *text, const char *data_json, enum escape, bool strict);
/* "LINE:COL: text\n" for each fault of the text; "" without any.  The caller frees. */
char *mustache_faults(const char *text, enum escape, bool strict);

#endif
