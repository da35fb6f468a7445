/*
 * reply.h - the answers of the admin side: never cached, never sniffed.
 */
#ifndef RELAY_ADMIN_REPLY_H
#define RELAY_ADMIN_REPLY_H

#include <jansson.h>
#include <stddef.h>

#include "relay/base/err.h"
#include "relay/runtime/httpd.h"

void reply_text(struct httpd_request *, int code, const char *type, const char *text, size_t len);
/* Takes the document; NULL is an answer of 500. */
void reply_json(struct httpd_request *, int code, json_t *);
/* {"error": "..."} */
void reply_error(struct httpd_request *, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
