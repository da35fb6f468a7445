/*
 * guard.h - which addresses the relay refuses to dial.
 *
 * Loopback, private, link-local (cloud metadata), documentation, multicast
 * and every IPv6 form that embeds such an IPv4 address.  The list: IANA
 * special-purpose registries (RFC 6890 and its successors).
 */
#ifndef RELAY_RUNTIME_GUARD_H
#define RELAY_RUNTIME_GUARD_H

#include <stdbool.h>

struct sockaddr;
bool
guard_is_public(const struct sockaddr *); /* false also for families other than IPv4 and IPv6 */

/*
 * Why a call there is refused without allow_private, as far as the URL alone
 * tells: "is plain http", or an address that is not public stands for its host.
 * A sentence's end; NULL: what the name leads to is seen when it is dialled.
 */
const char *guard_url_fault(const char *url);

#endif
