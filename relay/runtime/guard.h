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

#endif
