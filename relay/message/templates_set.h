/*
 * templates_set.h - the set of all templates from inside: private to the
 * templates_*.c files.
 *
 *	templates_files.c    what there is: shipped, and in the operator's folder
 *	templates_compile.c  each file compiled and linked, for every kind
 *	templates_try.c      rendered on samples
 *	templates_names.c    names that nothing has
 *	templates.c          the set as others use it
 */
#ifndef RELAY_MESSAGE_TEMPLATES_SET_H
#define RELAY_MESSAGE_TEMPLATES_SET_H

#include "relay/config/faults.h"
#include "relay/message/json_template.h"
#include "relay/message/template.h"
#include "relay/message/templates.h"

/* Stands beside the kinds of incidents: what digests are rendered with. */
#define SET_DIGEST "digest"

#define TEMPLATES_FILES_MAX 1000 /* in the operator's folder */

/* What the ending of a file's name says. */
struct set_output {
	const char *ending;
	enum escape escape;
	bool json;
	bool slack; /* must be something to post */
	bool line;
};

enum set_origin { SET_OWN, SET_SHIPPED };

struct set_file {
	char *name; /* "notification.html", "image.revocation/todo.mustache" */
	char *path; /* for people */
	enum set_origin origin;
	const struct set_output *output; /* NULL: a partial */
	const char *text;
	size_t len;
	char *memory; /* the text, where it was read from the folder */

	/* While loading: */
	struct faults faults;
	char **partials; /* that it names; known once it was compiled for any output */
	size_t partial_count;
	bool compiled, broken;
	bool tried, spoke; /* on samples; something came out of it */
	const char *kind;  /* that it was last asked for, and what it is for that kind */
	struct set_unit *units[ESCAPE_HEADER + 1];
};

/* A file compiled for an output and linked as one or several kinds have it. */
struct set_unit {
	const struct set_file *file;
	enum escape escape;
	struct template *text; /* or */
	struct json_template *json;

	bool linked;
	bool whole;         /* nothing in it was broken or missing */
	struct buf closure; /* which files its partials are, and theirs */
};

struct set_slot {
	const char *file; /* its name without a folder */
	struct set_unit *unit;
};

struct set_kind {
	const char *kind;
	struct set_slot *slots; /* sorted */
	size_t count;
};

struct templates {
	int references; /* atomic; templates_hold() and templates_release() only */
	struct set_file *files;
	size_t file_count, file_cap; /* sorted by name, an own one before a shipped one */
	struct set_unit **units;
	size_t unit_count, unit_cap;
	struct set_kind *kinds;
	size_t kind_count;
};

/* templates_files.c */

/* Faults of the folder itself go into the report, those of a file to the file. */
int set_gather(struct templates *, const char *folder, const struct templates_draft *drafts,
               size_t draft_count, struct buf *report) MUST_CHECK;
/* NAME for a kind in the order of templates.h; NULL when there is none. */
struct set_file *set_find(const struct templates *, const char *kind, const char *name);
/* The name without a folder. */
const char *set_base(const struct set_file *);

/* "digest" or "NAME-digest" with an ending: for digests, and for nothing else. */
bool set_is_for_digests(const struct set_file *);

/* templates_compile.c: fills units and kinds. */
void set_compile(struct templates *);
void set_unit_free(struct set_unit *);

/* templates_try.c */
void set_try(struct templates *);

/* templates_names.c: warns of names in the operator's files that no notification has. */
void set_check_names(struct templates *);

/* templates.c: err says what, but not where. */
int set_render_text(const struct set_unit *, const json_t *view, int64_t now_ms, struct buf *out,
                    struct err *) MUST_CHECK;
int set_render_json(const struct set_unit *, const json_t *view, int64_t now_ms, json_t **out,
                    struct err *) MUST_CHECK;

#endif
