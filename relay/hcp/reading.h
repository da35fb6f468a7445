/*
 * reading.h - what a plan or a state said, as the reader's helper process
 * answers it: the columns of usages and nothing else of the document.
 *
 * JSON, one object:
 *
 *	format             "plan" or "state"
 *	terraform_version
 *	errored, partial   booleans
 *	bytes              read
 *	uses               [{when, by, bucket, organization_id, project_id, channel,
 *	                   version, version_id, fingerprint, external_identifier, platform, region,
 *	                   revoke_at, provider, type, address, count, fresh}]
 *	drift              {total, resources: [{address, type, action, attributes: [name]}]}
 *	checks             {total, items: [{address, kind, status, messages: [text]}]}
 */
#ifndef RELAY_HCP_READING_H
#define RELAY_HCP_READING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/base/err.h"
#include "relay/model/usage.h"

#define READING_COUNT_MAX INT64_C(1000000000)

/* One image, however many instances run it.  Text is borrowed from the
 * reading; absent is NULL. */
struct reading_use {
	bool planned; /* once the plan is applied; else as things are */
	enum usage_basis basis;
	const char *bucket, *organization_id,
		*project_id; /* bucket NULL: no data source explains it */
	const char *channel, *version, *version_id, *fingerprint;
	const char *external_identifier, *platform, *region;
	int64_t revoke_at; /* ms; 0 = none */
	const char *provider, *type, *address;
	int64_t count; /* of instances: 1 to READING_COUNT_MAX, so that any sum of them is a number */
	bool fresh;    /* planned, and an instance is created or replaced to run it */
};

struct reading {
	bool is_plan, errored;
	bool partial; /* too large to keep all ties between instances and data sources */
	int64_t bytes;
	struct reading_use *uses;
	size_t count;                 /* as many as a reader lists (hcp/uses.h), and no more */
	const json_t *drift, *checks; /* borrowed; NULL: none */
	json_t *json;                 /* owned: everything above borrows from it */
};

/* Takes over the reference, also when it fails.  -1: it is not what a reader answers. */
int reading_take(json_t *, struct reading *out, struct err *) MUST_CHECK;
void reading_fini(struct reading *);

#endif
