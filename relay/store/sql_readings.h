/* sql_readings.h - SQL of readings.h; rules in statements.h. */
#ifndef RELAY_STORE_SQL_READINGS_H
#define RELAY_STORE_SQL_READINGS_H

/* One of them, as readings.c reads it, with the token of its event. */
#define READING_OWED                                                                           \
	"SELECT r.id, r.kind, r.subject, r.source, r.workspace_key, r.run_id, "                \
	"r.run_created_at, r.event_id, r.url, r.attempts, r.created_at, r.until_at, e.sealed " \
	"FROM readings r LEFT JOIN events e ON e.id = r.event_id "

#define SQL_READINGS(X)                                                                           \
	X(READING_OWE,                                                                            \
	  "INSERT INTO readings (id, kind, subject, source, workspace_key, run_id, "              \
	  "run_created_at, event_id, url, state, attempts, created_at, due_at, until_at) "        \
	  "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', 0, $10, $11, $12) "             \
	  "ON CONFLICT (kind, subject) DO NOTHING")                                               \
	X(READING_DUE,                                                                            \
	  READING_OWED "WHERE r.state = 'pending' AND r.kind = $1 AND r.due_at <= $2 "            \
	               "ORDER BY r.due_at, r.id LIMIT 1")                                         \
	X(READING_OVER,                                                                           \
	  READING_OWED "WHERE r.state = 'pending' AND r.kind = $1 AND r.until_at <= $2 "          \
	               "ORDER BY r.until_at LIMIT 1")                                             \
	X(READING_CLAIM,                                                                          \
	  "UPDATE readings SET state = 'claimed', attempts = attempts + 1 WHERE id = $1")         \
	X(READING_NEXT, "SELECT MIN(due_at) FROM readings WHERE state = 'pending' AND kind = $1") \
	X(READING_NEXT_OVER,                                                                      \
	  "SELECT MIN(until_at) FROM readings WHERE state = 'pending' AND kind = $1")             \
	X(READING_AGAIN,                                                                          \
	  "UPDATE readings SET state = 'pending', due_at = $2, outcome = $3 WHERE id = $1")       \
	X(READING_DONE,                                                                           \
	  "UPDATE readings SET state = 'done', outcome = $2, url = NULL WHERE id = $1")           \
	X(READING_OF_RUN,                                                                         \
	  "SELECT MAX(COALESCE(run_created_at, created_at)) FROM readings "                       \
	  "WHERE run_id = $2 AND kind = 'plan' AND workspace_key = $1 AND outcome = 'read'")      \
	X(READINGS_RELEASE, "UPDATE readings SET state = 'pending' WHERE state = 'claimed'")      \
	X(READINGS_HURRY,                                                                         \
	  "UPDATE readings SET due_at = $1 WHERE state = 'pending' AND attempts > 0 "             \
	  "AND due_at > $1")                                                                      \
	X(READINGS_PENDING, "SELECT COUNT(*) FROM readings WHERE kind = $1 AND state <> 'done'")

#endif
