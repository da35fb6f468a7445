/*
 * api_pace.h - when the HCP Terraform API may be asked next.  Pure.
 *
 * It allows 30 requests a second for each user, whatever tokens that user has,
 * and says so with 429 and X-RateLimit-Reset: seconds until more are allowed, as
 * a decimal fraction (developer.hashicorp.com, "API docs", rate limiting).  So
 * requests are spread evenly, and all of a token wait when one was refused.
 */
#ifndef RELAY_HCP_API_PACE_H
#define RELAY_HCP_API_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define API_SPACING_MS 34 /* 29 a second, so that others may ask as well */
#define API_PROBE_MS (60 * 60 * INT64_C(1000))

struct api_pace {
	int64_t next_at;       /* no request before; 0 = at once */
	int64_t refused_until; /* the token is not accepted: it is tried again then; 0 = it is */
};

/* How long the next request has to wait, from now. */
int64_t pace_wait(const struct api_pace *, int64_t now_ms);
/* It goes. */
void pace_went(struct api_pace *, int64_t now_ms);

/* What came of a request, as far as the pace goes. */
struct api_headers {
	int status;             /* 0: no answer */
	int64_t retry_after_ms; /* 0: not told */
	const char *reset;      /* X-RateLimit-Reset, or NULL */
	const char *remaining;  /* X-RateLimit-Remaining, or NULL */
};
enum api_meaning {
	API_MEANS_OK,
	API_MEANS_LATER,     /* asked too often: the same again when the pace allows it */
	API_MEANS_FAILED,    /* worth trying again: no answer, 5xx */
	API_MEANS_BAD_TOKEN, /* nothing is asked until refused_until, and then once */
	API_MEANS_NO_RIGHTS, /* it is not there, or this token may not see it: 404 says both */
	API_MEANS_REFUSED    /* anything else */
};
enum api_meaning pace_came(struct api_pace *, const struct api_headers *, int64_t now_ms);

/* How long to wait after so many failures: 1 s, doubled up to a minute. */
int64_t pace_backoff(int failures);

#endif
