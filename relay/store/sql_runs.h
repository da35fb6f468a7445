/* sql_runs.h - SQL of runs.h; rules in statements.h. */
#ifndef RELAY_STORE_SQL_RUNS_H
#define RELAY_STORE_SQL_RUNS_H

#define SQL_RUNS(X)                                                                         \
	X(RUN_GET, "SELECT workspace_key, status, updated_at, waits, applying FROM runs"    \
	           " WHERE host = $1 AND id = $2")                                          \
	X(RUN_PUT,                                                                          \
	  "INSERT INTO runs (host, id, workspace_key, status, updated_at, waits, applying)" \
	  " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (host, id) DO UPDATE SET"       \
	  " workspace_key = excluded.workspace_key, status = excluded.status,"              \
	  " updated_at = excluded.updated_at, waits = excluded.waits, applying = excluded.applying")

#endif
