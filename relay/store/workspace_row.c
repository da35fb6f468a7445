#include "relay/store/workspace_row.h"

#include "relay/base/mem.h"

static char *
text_at(struct db_row *row, int column)
{
	return mem_str(db_text(row, column));
}

void
workspace_row(struct db_row *row, int c, struct workspace *workspace)
{
	*workspace = (struct workspace){
		.key = text_at(row, c),
		.host = text_at(row, c + 1),
		.id = text_at(row, c + 2),
		.organization = text_at(row, c + 3),
		.name = text_at(row, c + 4),
		.url = text_at(row, c + 5),
		.seen_at = db_int(row, c + 6),
		.applied_run = text_at(row, c + 7),
		.applied = {db_int(row, c + 8), db_int(row, c + 9)},
		.run_ok_at = db_int(row, c + 10),
		.run_failed_at = db_int(row, c + 11),
		.assessed_at = db_int(row, c + 12),
		.drifted = db_int(row, c + 13) != 0,
		.gone_at = db_int(row, c + 14),
		.checks_failed = db_int(row, c + 15) != 0,
		.assessment_failed_at = db_int(row, c + 16),
		.assessment_heard_at = db_int(row, c + 17),
		.ended_at = db_int(row, c + 18),
		.first_heard_at = db_int(row, c + 19),
		.exact = {db_int(row, c + 20), (db_int(row, c + 21) & 1) != 0,
	                  (db_int(row, c + 21) & 2) != 0},
		.project = text_at(row, c + 22),
		.tags = text_at(row, c + 23),
		.notified_at = db_int(row, c + 24),
		.tasked_at = db_int(row, c + 25),
		.health = (int)db_int(row, c + 26),
	};
}
