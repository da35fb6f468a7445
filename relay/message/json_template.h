/*
 * json_template.h - structural templates: a JSON document whose strings are
 * templates, so that the result is always valid JSON.
 *
 *	{"$each": "PATH", "$do": X}              a list: X once for each member, the member
 *	                                         being the context; inside a list it is spliced in
 *	{"$if": "PATH", "$then": X, "$else": Y}  X when PATH holds (as a section would), else Y;
 *	                                         without $else the member or item is left out
 *	{"$json": "PATH"}                        the value itself, with its type; null when missing
 *	{..., "$omit_empty": true, ...}          members that came out null, "", [] or {} are left out
 *
 * PATH is a name as in a tag ("image.version", "."), looked up in the data and
 * in the members of the $each around it, the innermost first.  What is not a
 * list is a list of one, as for a section.  Directives may stand in each
 * other: an $each right in the $do of another makes one list of both.  A
 * directive stands alone in its object; other names that begin with $ pass
 * through.  Member names are no templates.
 *
 * Limits are template.h's, over the whole document: directives in directives,
 * things visited, size of what comes out.
 */
#ifndef RELAY_MESSAGE_JSON_TEMPLATE_H
#define RELAY_MESSAGE_JSON_TEMPLATE_H

#include "relay/message/template.h"

struct json_template;

/* As template_compile(); also faults of the JSON itself and of directives that
 * are not as above, each at its place in the file. */
int json_template_compile(struct json_template **, const char *text, size_t len,
                          const struct template_options *, struct faults *) MUST_CHECK;
void json_template_free(struct json_template *);

/* The templates in it, for linking partials; where in the file one of them
 * begins, and names its n-th partial, which the template itself cannot know. */
size_t json_template_count(const struct json_template *);
struct template *json_template_at(const struct json_template *, size_t);
struct template_place json_template_place(const struct json_template *, size_t);
struct template_place json_template_partial_place(const struct json_template *, size_t, size_t n);

/* 0 and a new reference, or -1. */
int json_template_render(const struct json_template *, const json_t *data,
                         const struct template_env *, json_t **out, struct err *) MUST_CHECK;

#endif
