#include "relay/store/runs.h"

#include "relay/base/mem.h"

int
runs_get(struct db *db, const char *host, const char *id, struct run *out, struct err *err)
{
	struct db_row *row = db_bind(db, ST_RUN_GET, "tt", host, id);
	int rc = db_step(row, err);

	*out = (struct run){.host = mem_str(host), .id = mem_str(id)};
	if (rc == 1) {
		out->workspace_key = mem_str(db_text(row, 0));
		out->status = mem_str(db_text(row, 1));
		out->updated_at = db_int(row, 2);
		out->waits = db_int(row, 3) != 0;
		out->applying = db_int(row, 4) != 0;
	}
	db_end(row);
	return rc;
}

int
runs_put(struct db *db, const struct run *run, struct err *err)
{
	int64_t n =
		db_run(db, err, ST_RUN_PUT, "ttttiii", run->host, run->id, run->workspace_key,
	               run->status, run->updated_at, (int64_t)run->waits, (int64_t)run->applying);

	return n < 0 ? -1 : 0;
}
