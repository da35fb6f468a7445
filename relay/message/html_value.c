/* The part of html_context.h that judges: values, and sections. */
#include <string.h>

#include "relay/message/html_context.h"

static enum html_value
quoted_value(struct html_context *c, const char **why)
{
	static const char *const refusals[] = {
		[HTML_EVENT] = "in an attribute that is a script",
		[HTML_CODE] = "in an attribute that is more than a text",
	};

	if (c->attribute == HTML_PLAIN)
		return HTML_VALUE_ESCAPED;
	if (c->attribute != HTML_URL) {
		*why = refusals[c->attribute];
		return HTML_VALUE_REFUSED;
	}
	if (c->scheme == HTML_SETTLED)
		return HTML_VALUE_ESCAPED;
	if (c->scheme == HTML_EMPTY || c->scheme == HTML_MAYBE) {
		c->scheme = HTML_SETTLED;
		return HTML_VALUE_URL;
	}
	*why = "in an address that does not begin with http://, https://, mailto: or #";
	return HTML_VALUE_REFUSED;
}

enum html_value
html_context_value(struct html_context *c, const char **why)
{
	static const char *const refusals[] = {
		[HTML_TAG_OPEN] = "in the name of a tag",
		[HTML_END_TAG_OPEN] = "in the name of a tag",
		[HTML_DECLARATION] = "in a declaration",
		[HTML_DECLARATION_DASH] = "in a declaration",
		[HTML_COMMENT] = "in a comment",
		[HTML_BOGUS] = "in a declaration",
		[HTML_TAG_NAME] = "in the name of a tag",
		[HTML_IN_TAG] = "where an attribute's name would stand",
		[HTML_CUT] = "where an attribute's name would stand",
		[HTML_ATTRIBUTE_NAME] = "in the name of an attribute",
		[HTML_AFTER_NAME] = "where an attribute's name would stand",
		[HTML_BEFORE_VALUE] = "in an attribute without quotes",
		[HTML_UNQUOTED] = "in an attribute without quotes",
		[HTML_RAW] = "in a script, a style sheet or the like",
		[HTML_BROKEN] = "behind a section that cuts a tag in two",
	};

	c->shown++;
	if (c->foreign[0] != '\0') {
		*why = "in an image or a formula";
		return HTML_VALUE_REFUSED;
	}
	if (c->state == HTML_QUOTED)
		return quoted_value(c, why);
	c->name_len = 0; /* in a title it ends what could have become an end tag */
	if (c->state == HTML_TEXT || c->state == HTML_TITLE)
		return HTML_VALUE_ESCAPED;
	*why = refusals[c->state];
	return HTML_VALUE_REFUSED;
}

/* Sections */

/* Where it does not matter which: between the attributes of one tag. */
static bool
is_between(enum html_state state)
{
	return state == HTML_TAG_NAME || state == HTML_IN_TAG || state == HTML_CUT ||
	       state == HTML_ATTRIBUTE_NAME || state == HTML_AFTER_NAME || state == HTML_UNQUOTED;
}

/* What was seen of the end of a comment need not be what stands there. */
static void
tear_comment(struct html_context *c)
{
	c->torn = c->torn || c->fresh || c->bang || c->dashes > 0;
	c->fresh = c->bang = false;
	c->dashes = 0;
}

/* A name that a section cuts would be another without it. */
void
html_context_section(struct html_context *c)
{
	if (c->state == HTML_TAG_NAME) {
		html_context_text(c, " ", 1); /* as a blank would: the name is known then */
		c->state = HTML_CUT;
	} else if (is_between(c->state) && c->state != HTML_IN_TAG)
		c->state = HTML_CUT;
	else if (c->state == HTML_TAG_OPEN || c->state == HTML_END_TAG_OPEN ||
	         c->state == HTML_DECLARATION || c->state == HTML_DECLARATION_DASH)
		c->state = HTML_BROKEN;
	else if ((c->state == HTML_RAW || c->state == HTML_TITLE) && c->name_len > 0)
		c->state = HTML_BROKEN;
	else if (c->state == HTML_COMMENT)
		tear_comment(c);
	else if (c->scheme == HTML_UNDECIDED)
		c->scheme = HTML_OTHER;
}

static enum html_scheme
join_schemes(enum html_scheme left_out, enum html_scheme rendered)
{
	if (left_out == rendered)
		return rendered;
	if (left_out == HTML_OTHER || rendered == HTML_OTHER || left_out == HTML_UNDECIDED ||
	    rendered == HTML_UNDECIDED)
		return HTML_OTHER;
	return left_out == HTML_SETTLED ? HTML_SETTLED : HTML_MAYBE;
}

static bool
is_same_place(const struct html_context *a, const struct html_context *b)
{
	if (strcmp(a->foreign, b->foreign) != 0 || a->foreign_depth != b->foreign_depth)
		return false;
	if (is_between(a->state) && is_between(b->state))
		return a->tags == b->tags;
	if (a->state != b->state)
		return false;
	if (a->state == HTML_QUOTED || a->state == HTML_BEFORE_VALUE)
		return a->tags == b->tags && a->values == b->values;
	return (a->state != HTML_RAW && a->state != HTML_TITLE) || a->tags == b->tags;
}

/* Rendered once more it would begin where it ends: right behind the name or
 * the value without quotes that it ends with, or behind what is no address. */
static bool
is_safe_again(const struct html_context *ends, const struct html_context *began)
{
	if (ends->shown == began->shown)
		return true;
	if (is_between(ends->state))
		return began->state != HTML_IN_TAG || ends->state == HTML_IN_TAG;
	return ends->state != HTML_QUOTED || ends->attribute != HTML_URL ||
	       ends->scheme == began->scheme || ends->scheme != HTML_OTHER;
}

bool
html_context_join(struct html_context *c, const struct html_context *began)
{
	html_context_section(c);
	if (!is_same_place(c, began) || !is_safe_again(c, began)) {
		*c = *began;
		return false;
	}
	if (is_between(c->state) && (c->state != HTML_IN_TAG || began->state != HTML_IN_TAG))
		c->state = HTML_CUT;
	if (c->state == HTML_QUOTED)
		c->scheme = join_schemes(began->scheme, c->scheme);
	c->torn = c->torn || began->torn;
	return true;
}
