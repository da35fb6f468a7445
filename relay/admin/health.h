/*
 * health.h - what a supervisor and a monitoring system ask: answered by the
 * loop itself, without the store's threads.
 */
#ifndef RELAY_ADMIN_HEALTH_H
#define RELAY_ADMIN_HEALTH_H

#include "relay/admin/admin.h"
#include "relay/runtime/httpd.h"

typedef void health_fn(const struct admin_env *, struct httpd_request *);

health_fn health_alive;   /* GET /healthz: this loop turns */
health_fn health_ready;   /* GET /readyz: 503 with the reason otherwise */
health_fn health_metrics; /* GET /metrics */

#endif
