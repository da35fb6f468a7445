/* sql_sweeps.h - SQL of sweeps.h, and of readings.h what asks for one workspace or
 * source; rules in statements.h. */
#ifndef RELAY_STORE_SQL_SWEEPS_H
#define RELAY_STORE_SQL_SWEEPS_H

#define SQL_SWEEPS(X)                                                                                    \
	X(SWEEP_GET, "SELECT place, step, page, shortlisted, seen, total, started_at, ended_at, "        \
	             "problem FROM sweeps WHERE source = $1")                                            \
	X(SWEEP_PUT,                                                                                     \
	  "INSERT INTO sweeps (source, place, step, page, shortlisted, seen, total, started_at, "        \
	  "ended_at, problem) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "                         \
	  "ON CONFLICT (source) DO UPDATE SET place = excluded.place, step = excluded.step, "            \
	  "page = excluded.page, shortlisted = excluded.shortlisted, seen = excluded.seen, "             \
	  "total = excluded.total, started_at = excluded.started_at, "                                   \
	  "ended_at = excluded.ended_at, problem = excluded.problem")                                    \
	X(READING_WAITS,                                                                                 \
	  "SELECT COUNT(*) FROM readings WHERE workspace_key = $1 AND kind = $2 AND state <> 'done' "    \
	  "AND state = 'pending'")                                                                       \
	X(READING_NEWER_RUN,                                                                             \
	  "UPDATE readings SET run_id = $3, run_created_at = $4 WHERE workspace_key = $1 AND kind = $2 " \
	  "AND state <> 'done' AND state = 'pending' AND COALESCE(run_created_at, 0) < $4")              \
	X(READINGS_WAITING,                                                                              \
	  "SELECT COUNT(*) FROM readings WHERE source = $1 AND kind = $2 AND state <> 'done' "           \
	  "AND (state = 'claimed' OR due_at <= $3)")

#endif
