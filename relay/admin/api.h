/*
 * api.h - one API request as a store job.
 *
 * The dispatcher (admin.c) checks who asks and what, fills an api_call and
 * moves it to the store.  `work` runs there, on the reader thread, or inside
 * a transaction of the writer thread for a route with API_WRITE: it reads
 * from the call and sets the answer.  The call comes home to the loop, is
 * answered and freed.
 */
#ifndef RELAY_ADMIN_API_H
#define RELAY_ADMIN_API_H

#include <jansson.h>

#include "relay/base/err.h"
#include "relay/config/conf.h"
#include "relay/store/query.h"

#define API_FILTERS_MAX 5
#define API_VALUE_MAX 1024 /* bytes of one query parameter */

struct api_filter {
	const char *name;
	const char *const *choices; /* ended by NULL; NULL = any text */
};

enum api_flag {
	API_WRITE = 1, /* runs on the writer; needs Content-Type */
	API_BODY = 2,  /* needs a JSON object as the body */
	API_APIS = 4   /* wants to know how it is with the APIs of the sources */
};

/* Could a page have given that as its `next`?  What it names may be gone. */
typedef bool api_cursor_fn(const char *after);

struct api_ask {
	const struct conf *conf; /* held while the call lives */
	const char *id;          /* {id} of the path; NULL where it has none */
	const json_t *body;      /* API_BODY */
	const json_t *apis;      /* API_APIS: as apis_show() (flow/apis.h) has it */
	struct query_page page;  /* of a list */
	const char *values
		[API_FILTERS_MAX]; /* of the route's filters, in their order; NULL = not given */
	int64_t now_ms;
};

struct api_answer {
	int code;     /* 200 unless set */
	json_t *body; /* a new reference */
	bool wake;    /* there is something to do now */
};

/* {"error": "..."} with this code.  Returns 0, to `return` it. */
int api_refuse(struct api_answer *, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* -1: the store failed; why in err. */
typedef int api_work_fn(const struct api_ask *, struct db *, struct api_answer *, struct err *);

/* The filters of each list, ended by a NULL name; values[] has their order. */
extern const struct api_filter api_incident_filters[], api_image_filters[], api_workspace_filters[],
	api_coverage_filters[], api_delivery_filters[], api_event_filters[];

api_cursor_fn api_incident_cursor, api_image_cursor, api_workspace_cursor, api_delivery_cursor,
	api_silence_cursor, api_event_cursor;

api_work_fn api_incident_list, api_incident_show, api_incident_ack; /* api_incidents.c */
api_work_fn api_image_list, api_coverage_list;                      /* api_catalog.c */
api_work_fn api_workspace_list, api_workspace_show;                 /* api_catalog.c */
api_work_fn api_delivery_list, api_delivery_retry;                  /* api_deliveries.c */
api_work_fn api_event_list, api_event_show, api_event_replay;       /* api_events.c */
api_work_fn api_silence_list, api_silence_add, api_silence_drop;    /* api_silences.c */
api_work_fn api_status;                                             /* api_status.c */

#endif
