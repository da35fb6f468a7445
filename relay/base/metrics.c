#include "relay/base/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

enum series_type { COUNTER, GAUGE };

struct series {
	const char *name;
	const char *label; /* what stands between the braces; NULL for none */
	enum series_type type;
	const char *help; /* of the name; the first row of a name gives it */
};

#define INGEST "driftbell_ingest_requests_total"
#define INGEST_HELP "Requests to /hooks by how they were answered."
#define EVENTS "driftbell_events_total"
#define EVENTS_HELP "Events by the state they ended in."
#define DELIVERIES "driftbell_deliveries_total"
#define DELIVERIES_HELP "Attempts to deliver by outcome; dead counts deliveries given up."
#define RELOADS "driftbell_config_reloads_total"
#define RELOADS_HELP "Reloads of the configuration by result."
#define API "driftbell_api_requests_total"
#define API_HELP "Requests to the HCP Terraform API by what came of them."

/* One row for each constant of enum metric; rows of one name stand together. */
static const struct series table[METRIC_COUNT] = {
	[METRIC_INGEST_ACCEPTED] = {INGEST, "answer=\"accepted\"", COUNTER, INGEST_HELP},
	[METRIC_INGEST_DUPLICATE] = {INGEST, "answer=\"duplicate\"", COUNTER, INGEST_HELP},
	[METRIC_INGEST_VERIFIED] = {INGEST, "answer=\"verified\"", COUNTER, INGEST_HELP},
	[METRIC_INGEST_BAD_SIGNATURE] = {INGEST, "answer=\"bad_signature\"", COUNTER, INGEST_HELP},
	[METRIC_INGEST_BAD_REQUEST] = {INGEST, "answer=\"bad_request\"", COUNTER, INGEST_HELP},
	[METRIC_INGEST_UNAVAILABLE] = {INGEST, "answer=\"unavailable\"", COUNTER, INGEST_HELP},
	[METRIC_INGEST_OTHER] = {INGEST, "answer=\"other\"", COUNTER, INGEST_HELP},
	[METRIC_INGEST_CONNECTIONS] = {"driftbell_ingest_connections", NULL, GAUGE,
                                       "Connections open at the ingest listener."},
	[METRIC_EVENTS_PROCESSED] = {EVENTS, "state=\"processed\"", COUNTER, EVENTS_HELP},
	[METRIC_EVENTS_IGNORED] = {EVENTS, "state=\"ignored\"", COUNTER, EVENTS_HELP},
	[METRIC_EVENTS_UNKNOWN] = {EVENTS, "state=\"unknown\"", COUNTER, EVENTS_HELP},
	[METRIC_EVENTS_PARKED] = {EVENTS, "state=\"parked\"", COUNTER, EVENTS_HELP},
	[METRIC_EVENTS_PENDING] = {"driftbell_events_pending", NULL, GAUGE,
                                   "Events accepted and not planned yet."},
	[METRIC_INCIDENTS_OPENED] = {"driftbell_incidents_opened_total", NULL, COUNTER,
                                     "Incidents opened."},
	[METRIC_INCIDENTS_RESOLVED] = {"driftbell_incidents_resolved_total", NULL, COUNTER,
                                       "Incidents resolved."},
	[METRIC_DELIVERIES_SENT] = {DELIVERIES, "outcome=\"sent\"", COUNTER, DELIVERIES_HELP},
	[METRIC_DELIVERIES_RETRY] = {DELIVERIES, "outcome=\"retry\"", COUNTER, DELIVERIES_HELP},
	[METRIC_DELIVERIES_REJECTED] = {DELIVERIES, "outcome=\"rejected\"", COUNTER,
                                        DELIVERIES_HELP},
	[METRIC_DELIVERIES_BLOCKED] = {DELIVERIES, "outcome=\"blocked\"", COUNTER, DELIVERIES_HELP},
	[METRIC_DELIVERIES_DEAD] = {DELIVERIES, "outcome=\"dead\"", COUNTER, DELIVERIES_HELP},
	[METRIC_DELIVERIES_PENDING] = {"driftbell_deliveries_pending", NULL, GAUGE,
                                       "Deliveries not finished yet."},
	[METRIC_TEMPLATE_FAILURES] =
		{"driftbell_template_failures_total", NULL, COUNTER,
                 "Messages whose template failed, so that the built-in one was sent."},
	[METRIC_STORE_COMMITS] = {"driftbell_store_commits_total", NULL, COUNTER,
                                  "Transactions committed."},
	[METRIC_STORE_COMMIT_FAILURES] = {"driftbell_store_commit_failures_total", NULL, COUNTER,
                                          "Transactions that could not be committed."},
	[METRIC_CONFIG_RELOADS] = {RELOADS, "result=\"ok\"", COUNTER, RELOADS_HELP},
	[METRIC_CONFIG_RELOAD_FAILURES] = {RELOADS, "result=\"failed\"", COUNTER, RELOADS_HELP},
	[METRIC_API_OK] = {API, "outcome=\"ok\"", COUNTER, API_HELP},
	[METRIC_API_LIMITED] = {API, "outcome=\"limited\"", COUNTER, API_HELP},
	[METRIC_API_FAILED] = {API, "outcome=\"failed\"", COUNTER, API_HELP},
	[METRIC_API_BAD_TOKEN] = {API, "outcome=\"bad_token\"", COUNTER, API_HELP},
	[METRIC_API_NO_RIGHTS] = {API, "outcome=\"no_rights\"", COUNTER, API_HELP},
	[METRIC_API_REFUSED] = {API, "outcome=\"refused\"", COUNTER, API_HELP},
	[METRIC_API_TOKENS_REFUSED] = {"driftbell_api_tokens_refused", NULL, GAUGE,
                                       "Tokens that the HCP Terraform API does not accept now."},
	[METRIC_API_PAUSED_UNTIL] = {"driftbell_api_paused_until_seconds", NULL, GAUGE,
                                     "Until when the HCP Terraform API asks to wait, in seconds "
                                     "since 1970; it is past, or 0, where it does not."},
};

static _Atomic int64_t values[METRIC_COUNT];

void
metric_add(enum metric m, int64_t n)
{
	atomic_fetch_add_explicit(&values[m], n, memory_order_relaxed);
}

void
metric_set(enum metric m, int64_t value)
{
	atomic_store_explicit(&values[m], value, memory_order_relaxed);
}

int64_t
metric_get(enum metric m)
{
	return atomic_load_explicit(&values[m], memory_order_relaxed);
}

void
metrics_text(struct buf *out)
{
	const char *name = "";

	for (int m = 0; m < METRIC_COUNT; m++) {
		const struct series *s = &table[m];

		if (strcmp(s->name, name) != 0) {
			buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", s->name, s->help, s->name,
			           s->type == COUNTER ? "counter" : "gauge");
			name = s->name;
		}
		if (s->label != NULL)
			buf_printf(out, "%s{%s} %" PRId64 "\n", s->name, s->label, metric_get(m));
		else
			buf_printf(out, "%s %" PRId64 "\n", s->name, metric_get(m));
	}
}
