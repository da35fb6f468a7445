#include "relay/store/workspace_row.h"

#include "relay/base/mem.h"

char *
row_text(struct db_row *row, int column)
{
	return mem_str(db_text(row, column));
}

void
workspace_row(struct db_row *row, int c, struct workspace *workspace)
{
	*workspace = (struct workspace){
		.key = row_text(row, c),
		.host = row_text(row, c + 1),
		.id = row_text(row, c + 2),
		.organization = row_text(row, c + 3),
		.name = row_text(row, c + 4),
		.url = row_text(row, c + 5),
		.seen_at = db_int(row, c + 6),
		.applied_run = row_text(row, c + 7),
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
		.project = row_text(row, c + 22),
		.tags = row_text(row, c + 23),
		.notified_at = db_int(row, c + 24),
		.tasked_at = db_int(row, c + 25),
		.health = (int)db_int(row, c + 26),
	};
}
