#include "relay/base/text.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

/* ASCII only, whatever the locale. */
static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
glob_match(const char *pattern, const char *text)
{
	const char *star = NULL;   /* the last `*` passed ... */
	const char *resume = NULL; /* ... and where its match ends so far */

	while (*text != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			resume = text;
		} else if (*pattern != '\0' &&
		           (*pattern == '?' || lower(*pattern) == lower(*text))) {
			pattern++;
			text++;
		} else if (star != NULL) {
			/* Growing the last star is enough. */
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

bool
glob_match_any(char *const *patterns, size_t count, const char *text)
{
	for (size_t i = 0; text != NULL && i < count; i++)
		if (glob_match(patterns[i], text))
			return true;
	return false;
}

size_t
edit_distance(const char *a, const char *b)
{
	size_t na = strlen(a);
	size_t nb = strlen(b);
	size_t *row = mem_array(nb + 1, sizeof(*row));

	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}

	size_t distance = row[nb];
	free(row);
	return distance;
}

/* What may stand behind a lead byte: how many bytes, and the range of the
 * first of them, which rules out overlong forms, surrogates and the unassigned. */
static const struct lead {
	unsigned char from, to;
	unsigned char more;
	unsigned char low, high;
} leads[] = {
	{0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf}, {0xe1, 0xec, 2, 0x80, 0xbf},
	{0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf}, {0xf0, 0xf0, 3, 0x90, 0xbf},
	{0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

size_t
utf8_next(const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text;

	if (len == 0)
		return 0;
	if (at[0] < 0x80)
		return 1;
	for (size_t i = 0; i < COUNT(leads); i++) {
		const struct lead *l = &leads[i];

		if (at[0] < l->from || at[0] > l->to)
			continue;
		if (len <= l->more || at[1] < l->low || at[1] > l->high)
			return 0;
		for (size_t n = 2; n <= l->more; n++)
			if ((at[n] & 0xc0) != 0x80)
				return 0;
		return 1u + l->more;
	}
	return 0;
}

bool
utf8_valid(const char *text, size_t len)
{
	while (len > 0) {
		size_t n = utf8_next(text, len);

		if (n == 0)
			return false;
		text += n;
		len -= n;
	}
	return true;
}

static bool
starts_code_point(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

size_t
utf8_count(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += starts_code_point(*text);
	return count;
}

size_t
utf8_prefix(const char *text, size_t chars)
{
	size_t at = 0;

	for (; text[at] != '\0'; at++) {
		if (!starts_code_point(text[at]))
			continue;
		if (chars-- == 0)
			break;
	}
	return at;
}
