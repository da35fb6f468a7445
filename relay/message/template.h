/*
 * template.h - Mustache (mustache(5), the specification's core) with filters.
 *
 * A template is compiled once, for one output, and is then immutable; any
 * thread may render it.  The syntax is the specification's: interpolation,
 * sections, inverted sections, comments, partials, set delimiters; no lambdas.
 * 0 and "" do not hold in a section, as in mustache.js.  A list or an object that
 * is interpolated shows as its JSON.
 * An interpolation tag may carry filters (filters.h):
 *
 *	{{image.revoke_at | date "%F %H:%M" "Europe/Berlin" | default "soon"}}
 *
 * Lenient is what the specification wants: unknown partials render nothing,
 * {{{raw}}} is raw.  Strict is what a file of an operator gets: every mistake
 * is a fault with its line and column, and raw tags are refused where the
 * output has an escaper, because what they would let through is never the
 * template author's own.
 */
#ifndef RELAY_MESSAGE_TEMPLATE_H
#define RELAY_MESSAGE_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/base/buf.h"
#include "relay/base/err.h"
#include "relay/config/faults.h"
#include "relay/message/escape.h"

#define TEMPLATE_SIZE_MAX (64 * 1024)    /* of one file */
#define TEMPLATE_DEPTH_MAX 32            /* of sections in sections */
#define TEMPLATE_PARTIAL_DEPTH_MAX 16    /* of partials in partials, at run time */
#define TEMPLATE_OUTPUT_MAX (256 * 1024) /* of one rendering */
#define TEMPLATE_STEPS_MAX \
	200000 /* nodes visited in one rendering; long values
                                            and deep look-ups count as several */

struct template;

struct template_options {
	enum escape escape;
	bool strict;
};

/*
 * Compile.  0 and a template, or -1, *out NULL and at least one fault (all of
 * them: compiling goes on behind a fault where it can).  Lines and columns are
 * from 1; a caller whose text is a part of a file gives where it begins.
 */
struct template_place {
	int line, column;
};
int template_compile(struct template **out, const char *text, size_t len,
                     const struct template_options *, struct template_place begins,
                     struct faults *) MUST_CHECK;
void template_free(struct template *); /* NULL is fine; partials are not its own */

/* The partials it names, each once.  Linking one says what to render there;
 * one that is not linked renders nothing.  A template may be linked to itself. */
struct template_partial {
	const char *name;
	struct template_place place; /* of its first tag */
};
size_t template_partial_count(const struct template *);
const struct template_partial *template_partial_at(const struct template *, size_t);
void template_link(struct template *, size_t, const struct template *partial);

/* Every name it looks up, as often as it stands there; not NUL-terminated. */
typedef void template_name_fn(const char *name, size_t len, struct template_place, void *arg);
void template_each_name(const struct template *, template_name_fn *, void *arg);

/* What a rendering may know besides its data. */
struct template_env {
	int64_t now_ms;   /* for `ago` and `when` */
	const char *zone; /* for `date` without a zone; NULL = UTC */
};

/*
 * Appends to out.  data is any JSON value; names are looked up as the
 * specification says.  -1 when a limit above was reached or a filter cannot
 * take its value; what was appended till then stays.
 */
int template_render(const struct template *, const json_t *data, const struct template_env *,
                    struct buf *out, struct err *) MUST_CHECK;

/*
 * The same for a template that is a part of something larger (json_template.h):
 * names are looked up in a stack of contexts, stack[0] the outermost, and
 * what is left of the limits is shared with the other parts.
 */
struct template_budget {
	size_t steps, output; /* left: at first TEMPLATE_STEPS_MAX, TEMPLATE_OUTPUT_MAX */
};
int template_render_in(const struct template *, const json_t *const *stack, size_t depth,
                       const struct template_env *, struct template_budget *, struct buf *out,
                       struct err *) MUST_CHECK;

/* A name ("a.b", ".") as a tag would look it up: borrowed, NULL when missing. */
const json_t *template_lookup(const char *name, const json_t *const *stack, size_t depth);
/* Whether a section over the value is rendered: not for NULL, null, false, [],
 * and, as in mustache.js, not for 0 and "". */
bool template_holds(const json_t *);

#endif
