#include "relay/message/html_context.h"

#include <string.h>
#include <strings.h>

#include "relay/base/mem.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* Names, in lower case.  One that is too long to be kept matches nothing. */

static void
name_begin(struct html_context *c)
{
	c->name_len = 0;
	c->name[0] = '\0';
}

static void
name_add(struct html_context *c, char byte)
{
	if (c->name_len < HTML_NAME_MAX) {
		c->name[c->name_len] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
		c->name[c->name_len + 1] = '\0';
	}
	c->name_len++;
}

static bool
name_is_one_of(const struct html_context *c, const char *const *names)
{
	return c->name_len <= HTML_NAME_MAX && is_one_of(c->name, names);
}

/* Tags */

static void
tag_begin(struct html_context *c, bool closing, char first)
{
	c->state = HTML_TAG_NAME;
	c->closing = closing;
	c->tags++;
	name_begin(c);
	name_add(c, first);
}

static void
tag_named(struct html_context *c)
{
	if (c->name_len <= HTML_NAME_MAX)
		memcpy(c->element, c->name, sizeof(c->element));
	else
		c->element[0] = '\0';
}

static void
tag_end(struct html_context *c)
{
	static const char *const raw[] = {"script",   "style",    "xmp",       "iframe", "noembed",
	                                  "noframes", "noscript", "plaintext", NULL};
	static const char *const titles[] = {"title", "textarea", NULL};
	static const char *const foreign[] = {"svg", "math", NULL};

	c->state = HTML_TEXT;
	if (c->closing) {
		if (c->foreign[0] != '\0' && strcmp(c->element, c->foreign) == 0 &&
		    --c->foreign_depth == 0)
			c->foreign[0] = '\0';
		return;
	}
	if (is_one_of(c->element, foreign) && c->foreign[0] == '\0')
		memcpy(c->foreign, c->element, sizeof(c->foreign));
	if (c->foreign[0] != '\0' && strcmp(c->element, c->foreign) == 0)
		c->foreign_depth++;
	else if (is_one_of(c->element, raw))
		c->state = HTML_RAW;
	else if (is_one_of(c->element, titles))
		c->state = HTML_TITLE;
	name_begin(c);
}

static void
in_tag_open(struct html_context *c, char byte)
{
	if (is_letter(byte))
		tag_begin(c, false, byte);
	else if (byte == '/')
		c->state = HTML_END_TAG_OPEN;
	else if (byte == '!')
		c->state = HTML_DECLARATION;
	else if (byte == '?')
		c->state = HTML_BOGUS;
	else if (byte != '<')
		c->state = HTML_TEXT;
}

static void
in_end_tag_open(struct html_context *c, char byte)
{
	if (is_letter(byte))
		tag_begin(c, true, byte);
	else
		c->state = byte == '>' ? HTML_TEXT : HTML_BOGUS;
}

static void
in_tag_name(struct html_context *c, char byte)
{
	if (!is_blank(byte) && byte != '/' && byte != '>') {
		name_add(c, byte);
		return;
	}
	tag_named(c);
	c->state = HTML_IN_TAG;
	if (byte == '>')
		tag_end(c);
}

/* Attributes */

/* What is fetched from there is run, framed, or decides how the rest is read. */
static bool
is_address_of_code(const struct html_context *c)
{
	static const char *const elements[] = {"script", "link",  "base",   "embed", "object",
	                                       "applet", "frame", "iframe", NULL};

	return is_one_of(c->element, elements);
}

static enum html_attribute
attribute_kind(const struct html_context *c)
{
	static const char *const code[] = {"style",      "srcdoc",  "srcset",
	                                   "ping",       "classid", "imagesrcset",
	                                   "http-equiv", "archive", NULL};
	static const char *const urls[] = {"href",       "src",      "action",   "formaction",
	                                   "background", "cite",     "poster",   "xlink:href",
	                                   "data",       "longdesc", "codebase", "manifest",
	                                   "dynsrc",     "lowsrc",   "icon",     NULL};

	if (strncmp(c->name, "on", 2) == 0)
		return HTML_EVENT;
	if (name_is_one_of(c, code))
		return HTML_CODE;
	/* <meta http-equiv="refresh" content="0; url=..."> */
	if (strcmp(c->element, "meta") == 0 && strcmp(c->name, "content") == 0)
		return HTML_CODE;
	if (!name_is_one_of(c, urls))
		return HTML_PLAIN;
	return is_address_of_code(c) ? HTML_CODE : HTML_URL;
}

static void
in_tag(struct html_context *c, char byte)
{
	if (byte == '>') {
		tag_end(c);
	} else if (!is_blank(byte) && byte != '/') {
		c->state = HTML_ATTRIBUTE_NAME;
		name_begin(c);
		name_add(c, byte);
	}
}

static void
in_attribute_name(struct html_context *c, char byte)
{
	if (byte == '=') {
		c->state = HTML_BEFORE_VALUE;
		c->attribute = attribute_kind(c);
	} else if (is_blank(byte)) {
		c->state = HTML_AFTER_NAME;
	} else if (byte == '/' || byte == '>') {
		c->state = HTML_IN_TAG;
		in_tag(c, byte);
	} else {
		name_add(c, byte);
	}
}

static void
in_after_name(struct html_context *c, char byte)
{
	if (byte == '=') {
		in_attribute_name(c, byte);
	} else if (!is_blank(byte)) {
		c->state = HTML_IN_TAG; /* also behind a /: a = there begins a name */
		in_tag(c, byte);
	}
}

static void
in_before_value(struct html_context *c, char byte)
{
	if (is_blank(byte))
		return;
	c->values++;
	c->scheme = HTML_EMPTY;
	c->prefix_len = 0;
	if (byte == '"' || byte == '\'') {
		c->state = HTML_QUOTED;
		c->quote = byte;
	} else if (byte == '>') {
		tag_end(c);
	} else {
		c->state = HTML_UNQUOTED;
	}
}

/* The beginning of an address: one that settles what it is, or part of one. */
static void
scheme_add(struct html_context *c, char byte)
{
	static const char *const settled[] = {"http://", "https://", "mailto:", "#"};

	if (c->scheme == HTML_SETTLED || c->scheme == HTML_OTHER)
		return;
	if (c->scheme == HTML_EMPTY && is_blank(byte))
		return; /* passed over by browsers, too */
	if (c->scheme == HTML_MAYBE || c->prefix_len == sizeof(c->prefix)) {
		c->scheme = HTML_OTHER;
		return;
	}
	c->prefix[c->prefix_len++] = byte;
	c->scheme = HTML_OTHER;
	for (size_t i = 0; i < COUNT(settled); i++) {
		if (strncasecmp(settled[i], c->prefix, c->prefix_len) != 0)
			continue;
		c->scheme = strlen(settled[i]) == c->prefix_len ? HTML_SETTLED : HTML_UNDECIDED;
		return;
	}
}

static void
in_quoted(struct html_context *c, char byte)
{
	if (byte == c->quote)
		c->state = HTML_IN_TAG;
	else
		scheme_add(c, byte);
}

static void
in_unquoted(struct html_context *c, char byte)
{
	if (is_blank(byte))
		c->state = HTML_IN_TAG;
	else if (byte == '>')
		tag_end(c);
}

static void
in_cut(struct html_context *c, char byte)
{
	if (byte == '>')
		tag_end(c);
	else if (is_blank(byte))
		c->state = HTML_IN_TAG;
	else if (byte != '/')
		c->state = HTML_BROKEN;
}

/* What is no tag */

static void
in_text(struct html_context *c, char byte)
{
	if (byte == '<')
		c->state = HTML_TAG_OPEN;
}

static void
in_declaration(struct html_context *c, char byte)
{
	if (byte == '[' && c->foreign[0] != '\0')
		c->state = HTML_BROKEN; /* <![CDATA[ ends with ]]> there, and with > elsewhere */
	else
		c->state = byte == '-'   ? HTML_DECLARATION_DASH
		           : byte == '>' ? HTML_TEXT
		                         : HTML_BOGUS;
}

static void
in_declaration_dash(struct html_context *c, char byte)
{
	c->dashes = 0;
	c->bang = c->torn = false;
	c->fresh = true;
	c->state = byte == '-' ? HTML_COMMENT : byte == '>' ? HTML_TEXT : HTML_BOGUS;
}

/* Ends with --> or --!>; "<!-->" and "<!--->" are whole ones. */
static void
in_comment(struct html_context *c, char byte)
{
	if (byte == '-') {
		c->dashes++;
		c->bang = false;
		return;
	}
	if (byte == '>' && (c->dashes >= 2 || c->bang || c->fresh))
		c->state = HTML_TEXT;
	else if (byte == '>' && c->torn)
		c->state = HTML_BROKEN;
	c->bang = byte == '!' && c->dashes >= 2;
	c->torn = c->torn && byte == '!';
	c->fresh = false;
	c->dashes = 0;
}

static void
in_bogus(struct html_context *c, char byte)
{
	if (byte == '>')
		c->state = HTML_TEXT;
}

/* "<", "</", "</sty"; "<!", "<!-". */
static bool
may_go_on(const struct html_context *c, char byte)
{
	if (c->name_len == 1)
		return byte == '/' || byte == '!';
	return c->name[1] == '/' ? is_letter(byte) : byte == '-';
}

/*
 * Only the element's own end tag ends it; `name` gathers what could be one, < included.
 * Behind <!-- not even that need end a script (13.2.5.26, the double escaped
 * state): nothing does then.
 */
static void
in_raw(struct html_context *c, char byte)
{
	if (byte == '<') {
		name_begin(c);
		name_add(c, byte);
		return;
	}
	if (c->name_len == 0)
		return;
	if (c->name_len > 2 && (is_blank(byte) || byte == '/' || byte == '>') &&
	    c->name_len - 2 <= HTML_NAME_MAX - 2 && strcmp(c->name + 2, c->element) == 0) {
		c->state = HTML_IN_TAG;
		c->closing = true;
		c->tags++;
		in_tag(c, byte);
		return;
	}
	if (!may_go_on(c, byte)) {
		name_begin(c);
		return;
	}
	name_add(c, byte);
	if (strcmp(c->name, "<!--") == 0) {
		if (strcmp(c->element, "script") == 0)
			c->element[0] = '\0';
		name_begin(c);
	}
}

static void
in_broken(struct html_context *c, char byte)
{
	(void)c;
	(void)byte;
}

typedef void state_fn(struct html_context *, char byte);

static state_fn *const states[] = {
	[HTML_TEXT] = in_text,
	[HTML_TAG_OPEN] = in_tag_open,
	[HTML_END_TAG_OPEN] = in_end_tag_open,
	[HTML_DECLARATION] = in_declaration,
	[HTML_DECLARATION_DASH] = in_declaration_dash,
	[HTML_COMMENT] = in_comment,
	[HTML_BOGUS] = in_bogus,
	[HTML_TAG_NAME] = in_tag_name,
	[HTML_IN_TAG] = in_tag,
	[HTML_CUT] = in_cut,
	[HTML_ATTRIBUTE_NAME] = in_attribute_name,
	[HTML_AFTER_NAME] = in_after_name,
	[HTML_BEFORE_VALUE] = in_before_value,
	[HTML_QUOTED] = in_quoted,
	[HTML_UNQUOTED] = in_unquoted,
	[HTML_RAW] = in_raw,
	[HTML_TITLE] = in_raw,
	[HTML_BROKEN] = in_broken,
};

void
html_context_text(struct html_context *c, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		states[c->state](c, text[i]);
}

bool
html_context_is_text(const struct html_context *c)
{
	return c->state == HTML_TEXT && c->foreign[0] == '\0';
}

bool
html_context_takes_partial(const struct html_context *c)
{
	/* In a title it must not end what could become the end tag. */
	return html_context_is_text(c) || (c->state == HTML_TITLE && c->name_len == 0);
}
