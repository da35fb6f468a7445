#include "relay/store/baseline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY "baseline_until"

/* 1, 0: it was not fixed yet; -1. */
static int
read_end(struct db *db, int64_t *end, struct err *err)
{
	struct db_row *row = db_bind(db, ST_META_GET, "t", KEY);
	int rc = db_step(row, err);

	*end = rc == 1 ? strtoll(db_text(row, 0), NULL, 10) : 0;
	db_end(row);
	return rc;
}

int64_t
baseline_end(struct db *db, struct err *err)
{
	int64_t end;

	return read_end(db, &end, err) < 0 ? -1 : end;
}

/* What may have been so for long when it is heard of. */
static const bool collected[KIND_COUNT] = {
	[KIND_WORKSPACE_DRIFT] = true,
	[KIND_WORKSPACE_CHECK_FAILED] = true,
	[KIND_WORKSPACE_ASSESSMENT_FAILED] = true,
	[KIND_WORKSPACE_RUN_FAILED] = true,
	[KIND_WORKSPACE_UNTRACKED_IMAGE] = true,
	[KIND_WORKSPACE_WRONG_CHANNEL] = true,
};

int64_t
baseline_end_of(struct db *db, enum incident_kind kind, struct err *err)
{
	return collected[kind] ? baseline_end(db, err) : 0;
}

int
baseline_fix(struct db *db, int64_t end_ms, struct err *err)
{
	int64_t known;
	int rc = read_end(db, &known, err);
	char text[24];

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	snprintf(text, sizeof(text), "%" PRId64, end_ms);
	return db_run(db, err, ST_META_PUT, "tt", KEY, text) < 0 ? -1 : 0;
}
