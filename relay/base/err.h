/*
 * err.h - what went wrong, in words for people.
 *
 * Every function that can fail returns 0 or -1 and takes a `struct err *` as
 * its last parameter.  The leaf that meets the fault fills it, callers may
 * put a few words in front, and the edge (a command, the loop) logs it once.
 *
 * Never NULL.  Never holds a secret: whoever fills it leaves out keys,
 * tokens and the path and query of secret URLs.
 */
#ifndef RELAY_BASE_ERR_H
#define RELAY_BASE_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

struct err {
	char text[512]; /* always terminated; "" while nothing failed */
};

/* Fill with a message; cut when too long.  Returns -1, to `return` it. */
int err_set(struct err *, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same, with ": " and the text of errno behind it. */
int err_errno(struct err *, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Put "words: " in front of what is there.  Returns -1. */
int err_prefix(struct err *, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
