#include "relay/model/rule.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "relay/config/pattern.h"

/* Names are short (HCP allows 90 characters); a longer one matches nothing. */
#define NAME_BYTES_MAX 256
/* A hostile pair of pattern and name could still be tried in millions of ways:
 * past this many steps what was found so far stands. */
#define STEPS_MAX 200000

struct capture {
	const char *name; /* in a pattern, name_len bytes */
	size_t name_len;
	const char *text; /* in a bucket or workspace name; NULL while unbound */
	size_t len;
};

struct attempt {
	struct capture captures[PATTERN_NAMES_MAX];
	size_t count;
	const char *workspace_pattern, *workspace; /* what follows when the bucket is through */
	bool on_workspace;
	size_t best; /* of the splits found, as rule_match() returns it */
	unsigned steps;
};

static bool match(struct attempt *, const char *pattern, const char *start, const char *text);

static struct capture *
capture_named(struct attempt *at, const char *name, size_t len)
{
	struct capture *c = at->captures;

	for (size_t i = 0; i < at->count; i++, c++)
		if (c->name_len == len && memcmp(c->name, name, len) == 0)
			return c;
	if (at->count == PATTERN_NAMES_MAX)
		return NULL;
	at->count++;
	*c = (struct capture){.name = name, .name_len = len};
	return c;
}

/* A capture is whole words: it begins at a word's begin and ends at a word's
 * end, unless the pattern itself has a literal there ("img{n}x"). */
static bool
begins_word(const char *start, const char *text, bool after_literal)
{
	return text == start || text[-1] == '-' || after_literal;
}

static bool
ends_word(const char *end, const char *rest_of_pattern)
{
	return *end == '\0' || *end == '-' ||
	       (*rest_of_pattern != '\0' && strchr("*?{", *rest_of_pattern) == NULL);
}

static bool
match_bound(struct attempt *at, const struct capture *c, const char *rest, const char *start,
            const char *text)
{
	return strncasecmp(text, c->text, c->len) == 0 && ends_word(text + c->len, rest) &&
	       match(at, rest, start, text + c->len);
}

static bool
match_capture(struct attempt *at, const char *pattern, const char *start, const char *text,
              bool after_literal)
{
	const char *close = strchr(pattern, '}');
	struct capture *c;

	if (close == NULL || !begins_word(start, text, after_literal))
		return false;
	c = capture_named(at, pattern + 1, (size_t)(close - pattern - 1));
	if (c == NULL)
		return false;
	if (c->text != NULL)
		return match_bound(at, c, close + 1, start, text);
	for (size_t len = 1; text[len - 1] != '\0'; len++) {
		bool found;

		if (text[len - 1] == '-') {
			if (len == 1 || text[len - 2] == '-')
				return false; /* a word without a byte is none */
			continue;
		}
		if (!ends_word(text + len, close + 1))
			continue;
		c->text = text;
		c->len = len;
		found = match(at, close + 1, start, text + len);
		c->text = NULL;
		if (found)
			return true;
	}
	return false;
}

/* 1 + the bytes captured so far. */
static size_t
captured(const struct attempt *at)
{
	size_t bytes = 1;

	for (size_t i = 0; i < at->count; i++)
		if (at->captures[i].text != NULL)
			bytes += at->captures[i].len;
	return bytes;
}

/* One split of the workspace is enough; of the bucket's that agree with one the
 * longest counts, so there the search goes on. */
static bool
match_end(struct attempt *at, const char *text)
{
	if (*text != '\0')
		return false;
	if (at->on_workspace)
		return true;
	at->on_workspace = true;
	if (captured(at) > at->best &&
	    match(at, at->workspace_pattern, at->workspace, at->workspace))
		at->best = captured(at);
	at->on_workspace = false;
	return false;
}

/* Each level of recursion but a `*` takes a byte of a name: NAME_BYTES_MAX bounds it. */
static bool
match(struct attempt *at, const char *pattern, const char *start, const char *text)
{
	bool after_literal = false;

	if (++at->steps > STEPS_MAX)
		return false;
	for (;; pattern++, text++) {
		if (*pattern == '\0')
			return match_end(at, text);
		if (*pattern == '{')
			return match_capture(at, pattern, start, text, after_literal);
		if (*pattern == '*') {
			pattern += strspn(pattern, "*") - 1;
			do
				if (match(at, pattern + 1, start, text))
					return true;
			while (*text++ != '\0');
			return false;
		}
		if (*text == '\0')
			return false;
		if (*pattern != '?' &&
		    tolower((unsigned char)*pattern) != tolower((unsigned char)*text))
			return false;
		after_literal = *pattern != '?';
	}
}

size_t
rule_match(const struct conf_rule *rule, const char *bucket, const char *workspace)
{
	struct attempt at = {.workspace_pattern = rule->workspace, .workspace = workspace};

	if (strlen(bucket) <= NAME_BYTES_MAX && strlen(workspace) <= NAME_BYTES_MAX)
		match(&at, rule->bucket, bucket, bucket);
	return at.best;
}
