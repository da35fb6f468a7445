/*
 * html_context.h - where in an HTML document a value of others would stand.
 *
 * Escaping makes a value harmless in body text and in a quoted attribute, and
 * nowhere else.  This follows the text of a template as a browser's tokenizer
 * would (WHATWG HTML, 13.2.5), as far as that takes, and says for each value
 * what may be done there.
 *
 * Sections are followed as if they were rendered once.  html_context_join()
 * refuses one for which it would matter that it is left out: it must end in
 * the same text, tag or attribute value that it began in.  It refuses one, too,
 * that is safe once and not twice: <td {{#l}}title="{{x}}" class=a{{/l}}>.
 */
#ifndef RELAY_MESSAGE_HTML_CONTEXT_H
#define RELAY_MESSAGE_HTML_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#define HTML_NAME_MAX 15 /* of what is kept of a name; a longer one is none that matters */

enum html_state {
	HTML_TEXT,
	HTML_TAG_OPEN, /* behind < */
	HTML_END_TAG_OPEN,
	HTML_DECLARATION, /* behind <! */
	HTML_DECLARATION_DASH,
	HTML_COMMENT,
	HTML_BOGUS, /* <!doctype ...>, <?xml ...> */
	HTML_TAG_NAME,
	HTML_IN_TAG, /* between attributes */
	HTML_CUT,    /* a section ended or began within a tag: a blank or > must follow */
	HTML_ATTRIBUTE_NAME,
	HTML_AFTER_NAME,
	HTML_BEFORE_VALUE,
	HTML_QUOTED,
	HTML_UNQUOTED,
	HTML_RAW,   /* in <script>, <style> and the like */
	HTML_TITLE, /* in <title>, <textarea>: tags are text */
	HTML_BROKEN /* it depends on a section what is here; stays so */
};

enum html_attribute { HTML_PLAIN, HTML_URL, HTML_EVENT, HTML_CODE };

/* How the value of a URL attribute begins. */
enum html_scheme {
	HTML_EMPTY,     /* nothing yet */
	HTML_UNDECIDED, /* "htt" */
	HTML_SETTLED,   /* "https://", or a value that was checked */
	HTML_MAYBE,     /* a section decides whether it is settled or empty */
	HTML_OTHER
};

struct html_context {
	enum html_state state;
	bool closing; /* a tag: </ */
	char element[HTML_NAME_MAX + 1];
	char name[HTML_NAME_MAX + 1]; /* what is being read: of a tag, an attribute, an end tag */
	char foreign[HTML_NAME_MAX + 1]; /* "svg", "math": we are inside; else "" */
	unsigned foreign_depth;          /* how many of it are open */
	size_t name_len;
	/* A comment: */
	unsigned dashes; /* seen last */
	bool bang;       /* behind --! */
	bool fresh;      /* nothing but dashes since <!-- */
	bool torn;       /* a section decides what is before the dashes: > may end it */
	enum html_attribute attribute;
	char quote;
	enum html_scheme scheme;
	char prefix[8]; /* while HTML_UNDECIDED */
	size_t prefix_len;
	size_t tags, values; /* seen so far: tells one from another */
	size_t shown;        /* values of others so far */
};

/* All zero: body text.  Text of the template: */
void html_context_text(struct html_context *, const char *text, size_t len);

/* A value here: HTML_VALUE_ESCAPED, HTML_VALUE_URL (only an http(s) URL may be
 * shown), or HTML_VALUE_REFUSED and why ("in a script"). */
enum html_value { HTML_VALUE_ESCAPED, HTML_VALUE_URL, HTML_VALUE_REFUSED };
enum html_value html_context_value(struct html_context *, const char **why);

/* Whether whole elements may stand here: links, partials, the end of a file. */
bool html_context_is_text(const struct html_context *);
/* The same, or in a <title>. */
bool html_context_takes_partial(const struct html_context *);

/* A section begins here: keep a copy of the context from behind this call. */
void html_context_section(struct html_context *);
/* It ends here.  False when it may not: then the context is where the section began. */
bool html_context_join(struct html_context *, const struct html_context *began);

#endif
