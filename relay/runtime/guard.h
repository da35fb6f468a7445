/*
 * guard.h - which addresses the relay refuses to dial.
 *
 * Loopback, private, link-local (cloud metadata), documentation, multicast
 * and every IPv6 form that embeds such an IPv4 address.  The list: IANA
 * special-purpose registries (RFC 6890 and its successors).
 *
 * With allow_private all of them may be dialled but for link-local ones and
 * those at which a cloud hands its metadata, and with it credentials, to whoever
 * asks: nobody has a sink or an API there.
 */
#ifndef RELAY_RUNTIME_GUARD_H
#define RELAY_RUNTIME_GUARD_H

#include <stdbool.h>

struct sockaddr;
/* May it be dialled?  Families other than IPv4 and IPv6 may not. */
bool guard_admits(const struct sockaddr *, bool allow_private);

/*
 * Why a call there is refused, as far as the URL alone tells: "is plain http", or
 * an address that may not be dialled stands for its host.  A sentence's end;
 * NULL: what the name leads to is seen when it is dialled.
 */
const char *guard_url_fault(const char *url, bool allow_private);

#endif
