#include "relay/store/wakes.h"

#include <stdlib.h>

#include "relay/base/mem.h"

static int
drop(struct db *db, const char *kind, const char *subject, struct err *err)
{
	return db_run(db, err, ST_WAKE_DROP, "tt", kind, subject) < 0 ? -1 : 0;
}

int
wake_set(struct db *db, const char *kind, const char *subject, int64_t at, struct err *err)
{
	if (at == 0)
		return drop(db, kind, subject, err);
	return db_run(db, err, ST_WAKE_SET, "tti", kind, subject, at) < 0 ? -1 : 0;
}

int
wake_by(struct db *db, const char *kind, const char *subject, int64_t at, struct err *err)
{
	return db_run(db, err, ST_WAKE_BY, "tti", kind, subject, at) < 0 ? -1 : 0;
}

int
wake_later(struct db *db, const char *kind, const char *subject, int64_t now_ms, int64_t at,
           struct err *err)
{
	return db_run(db, err, ST_WAKE_LATER, "ttii", kind, subject, now_ms, at) < 0 ? -1 : 0;
}

/* 1, 0, -1. */
static int
first(struct db *db, struct wake *out, struct err *err)
{
	struct db_row *row = db_bind(db, ST_WAKE_FIRST, "");
	int rc = db_step(row, err);

	*out = (struct wake){0};
	if (rc == 1)
		*out = (struct wake){
			.kind = mem_str(db_text(row, 0)),
			.subject = mem_str(db_text(row, 1)),
			.at = db_int(row, 2),
		};
	db_end(row);
	return rc;
}

int
wake_take(struct db *db, int64_t now_ms, struct wake *out, struct err *err)
{
	int rc = first(db, out, err);

	if (rc == 1 && out->at > now_ms)
		rc = 0;
	if (rc == 1 && drop(db, out->kind, out->subject, err) != 0)
		rc = -1;
	if (rc != 1)
		wake_fini(out);
	return rc;
}

void
wake_fini(struct wake *wake)
{
	free(wake->kind);
	free(wake->subject);
	*wake = (struct wake){0};
}

int64_t
wakes_next(struct db *db, struct err *err)
{
	struct wake wake;
	int rc = first(db, &wake, err);
	int64_t at = rc < 0 ? -1 : wake.at;

	wake_fini(&wake);
	return at;
}
