/*
 * call.h - an API request on its way to the store and back.
 */
#ifndef RELAY_ADMIN_CALL_H
#define RELAY_ADMIN_CALL_H

#include "relay/admin/admin.h"
#include "relay/admin/api.h"
#include "relay/runtime/httpd.h"

/* What outlives the admin while calls are out; freed with the last of them. */
struct call_home {
	struct admin_env env;
	int references;
	bool closed; /* the admin is gone: env.arg is not to be used */
};

struct call_home *call_home_new(const struct admin_env *);
void call_home_close(struct call_home *); /* drops the reference of the admin */

struct call_want {
	api_work_fn *work;
	unsigned flags;                   /* enum api_flag */
	const struct api_filter *filters; /* NULL = none */
	api_cursor_fn *cursor;            /* NULL: it is no list */
	const char *id;                   /* copied; may be NULL */
};

/* Reads the query, answers 400, or moves the call to the store. */
void call_start(struct call_home *, struct httpd_request *, const struct call_want *);

#endif
