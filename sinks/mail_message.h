/*
 * mail_message.h - a whole mail as bytes: RFC 5322, MIME (RFC 2045 to 2047),
 * multipart/alternative with the text first, quoted-printable.
 *
 * Lines end in CRLF and have at most 78 bytes (an unbreakable one at most
 * 998), everything is 7-bit, so nothing on the way needs to change it.  The
 * same input gives the same bytes, boundary and Message-ID included: a retry
 * is the same mail.  Texts may hold anything: a header value stays in its
 * header, a body in its body.
 */
#ifndef SINKS_MAIL_MESSAGE_H
#define SINKS_MAIL_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "relay/base/buf.h"

#define MAIL_SIZE_MAX (256 * 1024) /* above this libesmtp may lose bytes */
#define MAIL_REFERENCES_MAX 10
#define MAIL_VALUE_MAX 500 /* characters of a subject, a name, an extra header; the rest is cut */

struct mail {
	const char *from_name, *from; /* name may be NULL; address is valid */
	const char *const *to;        /* valid addresses, for the header */
	size_t to_count;
	const char *reply_to; /* NULL */
	const char *subject;
	int64_t date_ms;
	const char *message_id; /* without < and > */
	const char *const
		*references; /* oldest first, the thread's root first of all; without <> */
	size_t reference_count;
	const char *list_name, *list_id; /* "Driftbell alerts", "alerts.example.com" */
	const struct mail_header { /* extra ones, ended by a NULL name: X-Driftbell-Kind ... */
		const char *name, *value;
	} * extra;
	const char *text; /* text/plain; LF */
	const char *html; /* NULL: the mail is text/plain alone */
};

/* Appends.  Parts that would make it larger than MAIL_SIZE_MAX are cut: html
 * goes first, then the text is shortened at a line, and says so. */
void mail_build(const struct mail *, struct buf *out);

/*
 * RFC 2047 where needed, folded to 76 columns; `column` is where the value
 * begins in its line.  Control bytes become blanks, each one, but for a tab,
 * and what is not UTF-8 becomes U+FFFD.  Whatever else is in it comes out of a
 * reader as it went in: double blanks, "=?" and the like are encoded.
 */
void mail_header_text(struct buf *, const char *text, size_t column);

/* RFC 2045 6.7.  Line ends of every kind become CRLF. */
void mail_quoted_printable(struct buf *, const char *text);

#endif
