/*
 * templates.h - the set of all templates: shipped ones, and an operator's own.
 *
 * The shipped ones (templates/ of the source) are in the binary.  A folder of
 * the operator (`templates: {folder: PATH}`) adds to them and replaces those of
 * the same name.  The ending of a file's name says what it makes:
 *
 *	NAME.slack.json   a structural template, escaped for Slack
 *	NAME.json         a structural template, for webhooks
 *	NAME.html         HTML
 *	NAME.txt          plain text
 *	NAME.line         one line: a subject, a short summary
 *	NAME.mustache     a partial, for any of these
 *
 * For an incident of kind K a template or partial is looked for in this order:
 * K/NAME of the operator, K/NAME shipped, NAME of the operator, NAME shipped.
 * So a kind brings its own words (image.revocation/todo.mustache) and all
 * share one layout (notification.slack.json).
 *
 * A digest (digest.h) is of no kind: it is rendered with files of its own, "digest"
 * and "NAME-digest" with an ending, which are for nothing else.
 *
 * A set is immutable and ref-counted.  Loading compiles every template for
 * every kind and renders it on samples (samples.h) of that kind.
 */
#ifndef RELAY_MESSAGE_TEMPLATES_H
#define RELAY_MESSAGE_TEMPLATES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/base/buf.h"
#include "relay/base/err.h"

struct templates;

/*
 * folder: absolute, or NULL for the shipped ones alone.  0 and a set with one
 * reference; or -1 and *out NULL.  `report` gets every fault and warning, one a
 * line, as "FILE:LINE:COL: [warning: ]message"; shipped files are called
 * "templates/NAME".
 */
int templates_load(struct templates **out, const char *folder, struct buf *report) MUST_CHECK;
/*
 * The same with a few more files, each before all others of its name: what an
 * author tries before it is in the folder.  Exactly one of path and text.
 */
struct templates_draft {
	const char *name; /* "notification.html", "image.revocation/todo.mustache" */
	const char *path; /* read from there, and called so */
	const char *text;
};
int templates_load_drafts(struct templates **out, const char *folder,
                          const struct templates_draft *, size_t count,
                          struct buf *report) MUST_CHECK;
struct templates *templates_hold(struct templates *);
void templates_release(struct templates *); /* NULL is fine */

/* Is there such a file ("notification.html"), for any kind? */
bool templates_have(const struct templates *, const char *file);

/*
 * The file that this document is rendered with by a sink whose template is NAME:
 * NAME and the ending; of a digest "NAME-digest" where there is one, else
 * "digest".  NULL: a digest, and there is neither.  The caller frees.
 */
char *templates_file_for(const struct templates *, const json_t *document, const char *name,
                         const char *ending);

/*
 * Render FILE for a view (view.h), whose incident.kind chooses.  -1: there is
 * no such file, or it failed on this data; err names the file.
 */
int templates_text(const struct templates *, const char *file, const json_t *view, int64_t now_ms,
                   struct buf *out, struct err *) MUST_CHECK;
int templates_json(const struct templates *, const char *file, const json_t *view, int64_t now_ms,
                   json_t **out, struct err *) MUST_CHECK;

/* Every file's name with where it comes from, sorted, through fn: for `render --list`. */
void templates_list(const struct templates *,
                    void (*fn)(const char *file, const char *path, void *), void *arg);

#endif
