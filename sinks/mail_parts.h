/*
 * mail_parts.h - what the files of mail_message.h share, and nobody else.
 *
 *	mail_message.c   the whole: headers in their order, MIME parts, size
 *	mail_header.c    header fields: folding, encoded words, phrases
 *	mail_quoted.c    quoted-printable
 */
#ifndef SINKS_MAIL_PARTS_H
#define SINKS_MAIL_PARTS_H

#include "sinks/mail_message.h"

/* Each of these appends one whole field, "Name: value" and CRLF.  Without a
 * value (NULL, or no items) it appends nothing. */

/* Text for people, of which at most MAIL_VALUE_MAX characters are taken.  A name
 * that no header can have is left out with its value. */
void mail_field_text(struct buf *, const char *name, const char *text);
/* phrase (NULL is fine) <what>: a mailbox, a list id. */
void mail_field_angle(struct buf *, const char *name, const char *phrase, const char *what);
/* Addresses, separated by commas. */
void mail_field_addresses(struct buf *, const char *name, const char *const *, size_t count);
/* <message-id> ... */
void mail_field_ids(struct buf *, const char *name, const char *const *, size_t count);
void mail_field_date(struct buf *, const char *name, int64_t ms);

/*
 * How many bytes of a text may be encoded into `max` bytes; where that is not
 * all of it, it ends behind a line, or behind a code point when that would
 * leave nothing.
 */
size_t mail_quoted_fit(const char *text, size_t max);

#endif
