/*
 * access.h - who may talk to the admin side (contract section 5).
 *
 * Host must name us, so that no web site can re-bind its own name to our
 * address; Origin and Sec-Fetch-Site keep a browser from acting for another
 * site; a bearer token keeps everybody else out, where one is set.
 */
#ifndef RELAY_ADMIN_ACCESS_H
#define RELAY_ADMIN_ACCESS_H

#include <stdbool.h>

#include "relay/config/conf.h"
#include "relay/runtime/httpd.h"

struct refusal {
	int code;        /* 0 = may pass */
	const char *why; /* static */
};

/* Host, Origin and Sec-Fetch-Site.  address: httpd_address() of the listener. */
struct refusal access_site(const struct conf *, const char *address, const struct httpd_request *);
/* The bearer token: 401, or pass where none is set. */
struct refusal access_token(const struct conf *, const struct httpd_request *);
/* A write's Content-Type: 415. */
struct refusal access_content(const struct httpd_request *);

#endif
