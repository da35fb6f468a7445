/*
 * mail_address.h - addresses that can do no harm in an SMTP command or header.
 */
#ifndef SINKS_MAIL_ADDRESS_H
#define SINKS_MAIL_ADDRESS_H

#include <stdbool.h>

#define MAIL_ADDRESS_MAX 254 /* RFC 5321 4.5.3.1.3, without < and > */

/* local@domain: dot-atom and domain or [address literal], ASCII (RFC 5321
 * 4.1.2 without quoted strings: no relay needs them and every injection does). */
bool mail_address_valid(const char *);

/* A host name of letters, digits and inner dashes (RFC 1123), or an address
 * literal: what stands behind the @, and in EHLO. */
bool mail_domain_valid(const char *);

/* "Name <local@domain>", the name in double quotes or not, or "local@domain".
 * False when it is neither.  *name may come out NULL; the caller frees both. */
bool mail_mailbox_parse(const char *text, char **name, char **address);

/* The domain of a valid address; borrowed. */
const char *mail_address_domain(const char *);

#endif
