/*
 * template_internal.h - a compiled template: private to the template_*.c files.
 * template_compile.c builds it (template_tag.c what stands between delimiters,
 * template_section.c what is open), template_render.c renders it.
 *
 * Nodes lie flat in the order of the source; a section knows where it ends.
 * So nothing recurses but rendering, as deep as sections and partials nest.
 */
#ifndef RELAY_MESSAGE_TEMPLATE_INTERNAL_H
#define RELAY_MESSAGE_TEMPLATE_INTERNAL_H

#include "relay/message/filters.h"
#include "relay/message/html_context.h"
#include "relay/message/template.h"

#define TEMPLATE_NAME_MAX 255     /* bytes of a name: a look-up reads it each time */
#define TEMPLATE_DELIMITER_MAX 16 /* bytes */
#define TEMPLATE_PARTIALS_MAX 64  /* different ones in one file */
#define TEMPLATE_FILTERS_MAX 8    /* in one tag */

/* A part of the source. */
struct span {
	const char *text;
	size_t len;
};

enum template_node_type {
	TEMPLATE_TEXT,
	TEMPLATE_VALUE,
	TEMPLATE_SECTION,
	TEMPLATE_INVERTED,
	TEMPLATE_PARTIAL
};

struct template_node {
	enum template_node_type type;
	/* It begins a line of the source: the indentation of a partial goes
	 * before it. */
	bool begins_line;
	bool stands_alone; /* TEMPLATE_PARTIAL: on its line */
	bool raw;          /* TEMPLATE_VALUE: not escaped */
	bool url;          /* TEMPLATE_VALUE: an http(s) URL, or "#" */
	struct span
		span; /* TEMPLATE_TEXT: the text; TEMPLATE_PARTIAL: its indentation; else the name */
	size_t end;   /* sections: the node behind the last inside */
	size_t partial; /* TEMPLATE_PARTIAL: which */
	struct filter_call **filters;
	size_t filter_count;
	struct template_place place; /* of its tag */
};

struct partial {
	struct template_partial shown;
	char *name;
	const struct template *linked;
};

struct template
{
	struct template_options options;
	char *source; /* what spans point into */
	struct template_node *nodes;
	size_t node_count, node_cap;
	struct partial *partials;
	size_t partial_count, partial_cap;
};

/* While compiling */

struct open_section {
	size_t node;
	struct html_context html; /* where it began */
};

struct parser {
	struct template *t;
	struct faults *faults;
	size_t faults_before; /* errors that are not ours */
	const char *at, *end;
	struct span open, close;     /* the delimiters */
	bool begins_line;            /* `at` does */
	const char *counted;         /* how far `place` was counted */
	struct template_place place; /* of `counted` */
	struct open_section *sections;
	size_t depth, depth_cap;
	struct html_context html;
};

/* A tag, cut out of the source. */
struct tag {
	char sigil;              /* one of # ^ / > ! = & {, or NUL */
	struct span body;        /* without sigil, delimiters and blanks around */
	const char *begin, *end; /* with the delimiters */
};

/* Where a byte of the source stands; never before a place asked for earlier. */
struct template_place parser_place(struct parser *, const char *);
/* A fault at a byte of the source that is at or behind the last such place. */
void parser_fault(struct parser *, const char *at, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Cut out the tag that begins at p->at; false, and told, when it has no end. */
bool tag_cut(struct parser *, struct tag *);
/* {{=<% %>=}}: change the delimiters. */
void tag_delimiters(struct parser *, const struct tag *);
/* Name and filters of an interpolation. */
void tag_value(struct parser *, const struct tag *, struct template_node *);
/* Whether the body is a name; told when not. */
bool tag_name(struct parser *, struct span name);

/* {{#a}} and {{^a}}, {{/a}}; what is still open at the end is told. */
void section_begin(struct parser *, const struct tag *, bool begins_line);
void section_end(struct parser *, const struct tag *);
void sections_end(struct parser *);

struct template_node *template_add(struct template *, enum template_node_type, bool begins_line);
/* Whether p->html is of use: it is for strict HTML alone. */
bool parser_checks_html(const struct parser *);

struct span span_trim(struct span);
bool span_equal(struct span, struct span);
char *span_quote(struct span); /* faults_quote() of it */

/* While rendering */

/* Appends a value as text: what a tag without filters shows. */
void value_add_text(struct buf *, const json_t *);

#endif
