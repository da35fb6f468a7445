/*
 * metrics.h - the numbers behind GET /metrics.
 *
 * One table of series in metrics.c: name, label text, type, help.  Adding one
 * is a row there and an enum constant here, in the same order.  Counters and gauges are relaxed
 * atomics: any thread may count, the admin side reads.
 */
#ifndef RELAY_BASE_METRICS_H
#define RELAY_BASE_METRICS_H

#include <stdint.h>

#include "relay/base/buf.h"

enum metric {
	/* driftbell_ingest_requests_total{answer="..."} */
	METRIC_INGEST_ACCEPTED,
	METRIC_INGEST_DUPLICATE,
	METRIC_INGEST_VERIFIED,
	METRIC_INGEST_BAD_SIGNATURE,
	METRIC_INGEST_BAD_REQUEST,
	METRIC_INGEST_UNAVAILABLE,
	METRIC_INGEST_OTHER,       /* 404, 405, 413, 400 for headers, 408 */
	METRIC_INGEST_CONNECTIONS, /* gauge */
	/* driftbell_events_total{state="..."} */
	METRIC_EVENTS_PROCESSED,
	METRIC_EVENTS_IGNORED,
	METRIC_EVENTS_UNKNOWN,
	METRIC_EVENTS_PARKED,
	METRIC_EVENTS_PENDING, /* gauge: accepted, not planned yet */
	METRIC_INCIDENTS_OPENED,
	METRIC_INCIDENTS_RESOLVED,
	/* driftbell_deliveries_total{outcome="..."} */
	METRIC_DELIVERIES_SENT,
	METRIC_DELIVERIES_RETRY,
	METRIC_DELIVERIES_REJECTED,
	METRIC_DELIVERIES_BLOCKED,
	METRIC_DELIVERIES_DEAD,
	METRIC_DELIVERIES_PENDING, /* gauge */
	METRIC_TEMPLATE_FAILURES,  /* the built-in message went out instead */
	METRIC_STORE_COMMITS,
	METRIC_STORE_COMMIT_FAILURES,
	METRIC_CONFIG_RELOADS,
	METRIC_CONFIG_RELOAD_FAILURES,
	/* driftbell_api_requests_total{outcome="..."} */
	METRIC_API_OK,
	METRIC_API_LIMITED,
	METRIC_API_FAILED,
	METRIC_API_BAD_TOKEN,
	METRIC_API_NO_RIGHTS,
	METRIC_API_REFUSED,
	METRIC_API_TOKENS_REFUSED, /* gauge */
	METRIC_API_PAUSED_UNTIL,   /* gauge, seconds since the epoch; 0 = never yet */
	METRIC_COUNT
};

void metric_add(enum metric, int64_t);
void metric_set(enum metric, int64_t); /* gauges */
int64_t metric_get(enum metric);

/* Prometheus text exposition 0.0.4 of all of them, HELP and TYPE once a name. */
void metrics_text(struct buf *);

#endif
