/*
 * render_parts.h - what the files of `driftbell render` share.
 *
 *	render.c            the command, and the templates it loads
 *	render_list.c       what there is to render
 *	render_document.c   FILE as notification documents
 *	render_message.c    TEMPLATE on one of them
 */
#ifndef RELAY_COMMAND_RENDER_PARTS_H
#define RELAY_COMMAND_RENDER_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/command/input.h"

struct rendering {
	const struct loaded *loaded;       /* the config, and the templates as they are */
	const struct templates *templates; /* with the one that is tried */
	const struct conf_sink *sink;      /* NULL: --sink was not given */
	const char *source;                /* NULL: guessed */
	bool fresh;
	const char *kind; /* the template is for this kind alone; NULL: for all */
	const char *file; /* its name without a folder: "notification.html" */
	const char *stub; /* what a partial is rendered through; NULL: it is none */
};

/* ---- render_list.c ---- */

enum { RENDER_LIST = 1, RENDER_SAMPLES = 2, RENDER_PRINT = 4 };

/* One of them, to stdout; name: the template to print.  Returns the exit code,
 * 2 for several. */
int render_list(const struct command_context *, int list, const char *name);

/* ---- render_document.c ---- */

struct subject {
	const char *name; /* of the sink it would go to; NULL: of none */
	const json_t *document;
};

struct subjects {
	struct subject *items;
	size_t count;
	json_t *memory;
	int64_t now_ms; /* of the reader */
};

/* "sample:NAME", a notification document, or a webhook payload: every
 * notification it gives, each once; with a sink what that one gets. */
int subjects_read(struct subjects *, const struct rendering *, const char *path,
                  struct err *) MUST_CHECK;
void subjects_fini(struct subjects *);

/* ---- render_message.c ---- */

/* To stdout.  -1: it failed, and err says why. */
int render_message(const struct rendering *, const json_t *document, int64_t now_ms,
                   struct err *) MUST_CHECK;

/* Does the file's name say what a template of it makes?  (A partial's does not.) */
bool render_has_ending(const char *file);

/* Why --sink and this template do not fit; NULL when they do.  The caller frees. */
char *render_misfit(const struct conf_sink *, const char *file);

#endif
