#include "relay/store/sweeps.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/model/kind.h"

const char *const sweep_step_names[] = {"explorer", "list", "reading", "done", NULL};

void
sweep_fini(struct sweep *sweep)
{
	free(sweep->source);
	free(sweep->place);
	free(sweep->problem);
	memset(sweep, 0, sizeof(*sweep));
}

int
sweep_get(struct db *db, const char *source, struct sweep *out, struct err *err)
{
	struct db_row *row = db_bind(db, ST_SWEEP_GET, "t", source);
	int rc = db_step(row, err);

	*out = (struct sweep){.source = NULL};
	if (rc == 1) {
		int step = name_index(sweep_step_names, SWEEP_STEP_COUNT, db_text(row, 1));

		*out = (struct sweep){
			.source = mem_str(source),
			.place = mem_str(db_text(row, 0)),
			.step = step >= 0 ? (enum sweep_step)step : SWEEP_EXPLORER,
			.page = db_int(row, 2),
			.shortlisted = db_int(row, 3) != 0,
			.seen = db_int(row, 4),
			.total = db_int(row, 5),
			.started_at = db_int(row, 6),
			.ended_at = db_int(row, 7),
			.problem = mem_str(db_text(row, 8)),
		};
	}
	db_end(row);
	return rc;
}

int
sweep_put(struct db *db, const struct sweep *s, struct err *err)
{
	return db_run(db, err, ST_SWEEP_PUT, "tttiiiizzt", s->source, s->place,
	              sweep_step_names[s->step], s->page, (int64_t)s->shortlisted, s->seen,
	              s->total, s->started_at, s->ended_at, s->problem) < 0
	               ? -1
	               : 0;
}
