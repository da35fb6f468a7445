/*
 * statements.h - every SQL text of the relay, by id.
 *
 * Rules, so that SQLite 3.40 and PostgreSQL 15 run the same text: parameters
 * $1, $2, ... each used with one type; ON CONFLICT and RETURNING; no
 * autoincrement, no booleans, no JSON functions; casts as CAST($1 AS BIGINT);
 * explicit NULLS order; INSERT ... SELECT ... ON CONFLICT with WHERE true.
 * A test PREPAREs all of them on a real PostgreSQL.
 *
 * Each topic keeps its texts in its own sql_*.h as X(ID, "text") rows.
 */
#ifndef RELAY_STORE_STATEMENTS_H
#define RELAY_STORE_STATEMENTS_H

#include "relay/store/sql_carry.h"
#include "relay/store/sql_catalog.h"
#include "relay/store/sql_events.h"
#include "relay/store/sql_incidents.h"
#include "relay/store/sql_prune.h"
#include "relay/store/sql_query.h"
#include "relay/store/sql_queue.h"
#include "relay/store/sql_readings.h"
#include "relay/store/sql_runs.h"
#include "relay/store/sql_silences.h"
#include "relay/store/sql_sinks.h"
#include "relay/store/sql_store.h"
#include "relay/store/sql_sweeps.h"
#include "relay/store/sql_usages.h"
#include "relay/store/sql_wakes.h"

#define STATEMENTS(X)    \
	SQL_STORE(X)     \
	SQL_PRUNE(X)     \
	SQL_EVENTS(X)    \
	SQL_CATALOG(X)   \
	SQL_INCIDENTS(X) \
	SQL_QUEUE(X)     \
	SQL_RUNS(X)      \
	SQL_READINGS(X)  \
	SQL_USAGES(X)    \
	SQL_SWEEPS(X)    \
	SQL_CARRY(X)     \
	SQL_WAKES(X)     \
	SQL_SINKS(X)     \
	SQL_SILENCES(X)  \
	SQL_QUERY(X)

enum statement {
#define STATEMENT_ID(id, text) ST_##id,
	STATEMENTS(STATEMENT_ID)
#undef STATEMENT_ID
		ST_COUNT
};

extern const char *const statement_texts[ST_COUNT];
extern const char *const statement_names[ST_COUNT];

#endif
