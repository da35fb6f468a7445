/* sql_readings.h - SQL of readings.h; rules in statements.h. */
#ifndef RELAY_STORE_SQL_READINGS_H
#define RELAY_STORE_SQL_READINGS_H

#define SQL_READINGS(X)                                                                               \
	X(READING_OWE,                                                                                \
	  "INSERT INTO readings (id, kind, subject, source, workspace_key, run_id, "                  \
	  "run_created_at, event_id, url, state, attempts, created_at, due_at, until_at) "            \
	  "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', 0, $10, $11, $12) "                 \
	  "ON CONFLICT (kind, subject) DO NOTHING")                                                   \
	X(READING_DUE,                                                                                \
	  "SELECT r.id, r.kind, r.subject, r.source, r.workspace_key, r.run_id, "                     \
	  "r.run_created_at, r.event_id, r.url, r.attempts, r.created_at, r.until_at, e.sealed "      \
	  "FROM readings r LEFT JOIN events e ON e.id = r.event_id "                                  \
	  "WHERE r.state = 'pending' AND r.due_at <= $1 ORDER BY r.due_at, r.id LIMIT 1")             \
	X(READING_CLAIM,                                                                              \
	  "UPDATE readings SET state = 'claimed', attempts = attempts + 1 WHERE id = $1")             \
	X(READING_NEXT, "SELECT MIN(due_at) FROM readings WHERE state = 'pending'")                   \
	X(READING_AGAIN,                                                                              \
	  "UPDATE readings SET state = 'pending', due_at = $2, outcome = $3 WHERE id = $1")           \
	X(READING_DONE,                                                                               \
	  "UPDATE readings SET state = 'done', outcome = $2, url = NULL WHERE id = $1")               \
	X(READING_OF_RUN,                                                                             \
	  "SELECT COUNT(*) FROM readings WHERE kind = 'plan' AND workspace_key = $1 AND run_id = $2 " \
	  "AND outcome = 'read'")                                                                     \
	X(READINGS_RELEASE, "UPDATE readings SET state = 'pending' WHERE state = 'claimed'")          \
	X(READINGS_PENDING, "SELECT COUNT(*) FROM readings WHERE kind = $1 AND state <> 'done'")

#endif
