/*
 * text.h - globs, UTF-8, URLs: small things done to text.
 */
#ifndef RELAY_BASE_TEXT_H
#define RELAY_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* `*` and `?`, without case (ASCII), the whole text.  Linear in practice: no
 * recursion, whatever the pattern. */
bool glob_match(const char *pattern, const char *text);
bool glob_match_any(char *const *patterns, size_t count, const char *text); /* NULL: none does */

/* The length of the code point that text begins with; 0 when it is not UTF-8
 * (overlong, a surrogate, cut off) or len is 0. */
size_t utf8_next(const char *text, size_t len);
bool utf8_valid(const char *, size_t len);
/* Code points of valid text. */
size_t utf8_count(const char *);
/* The byte length of the first `chars` code points (all of it when shorter). */
size_t utf8_prefix(const char *, size_t chars);

/* How far apart two words are (Levenshtein); for "did you mean". */
size_t edit_distance(const char *, const char *);

/* A URL with scheme http or https, a host, no user info and no control
 * bytes or spaces. */
bool url_is_http(const char *);
/*
 * The host of an http(s) URL in lower case, with ":port" when one is given
 * that is not the scheme's own.  The caller frees; NULL when not such a URL.
 */
char *url_authority(const char *);
/* The same without any port. */
char *url_host(const char *);
/* Could that be a URL's host: a name, or an address, of IPv6 in brackets? */
bool url_may_have_host(const char *);

#endif
