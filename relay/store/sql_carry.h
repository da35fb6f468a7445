/* sql_carry.h - SQL of queue_carry.h; rules in statements.h. */
#ifndef RELAY_STORE_SQL_CARRY_H
#define RELAY_STORE_SQL_CARRY_H

/*
 * What a digest may carry: news of an incident for people, that nobody has had
 * yet, and that has no message of its own to be edited.  What may have arrived
 * without an answer goes out again as it was: who has it knows it by its id.
 */
#define CARRY_MAY                                                                        \
	"SELECT d.id FROM deliveries d WHERE d.destination = $1 AND d.state = 'pending'" \
	" AND d.every_revision = 0 AND d.incident_id IS NOT NULL"                        \
	" AND d.target IS NULL AND d.recipients IS NULL AND " QUEUE_LANE_IS_FREE         \
	" AND NOT EXISTS (SELECT 1 FROM lanes l"                                         \
	" WHERE l.notification_id = d.notification_id AND l.destination = d.destination" \
	" AND (l.maybe_told = 1 OR (d.edits = 1 AND l.reference IS NOT NULL)))"

#define SQL_CARRY(X)                                                                         \
	X(CARRY_DUE, CARRY_MAY " AND d.due_at <= $2 ORDER BY d.due_at, d.id"                 \
	                       " LIMIT CAST($3 AS BIGINT)")                                  \
	X(CARRY_DUE_AT, CARRY_MAY " AND d.due_at = $2 ORDER BY d.id"                         \
	                          " LIMIT CAST($3 AS BIGINT)")                               \
	X(CARRY_CONTENT, "SELECT document, sink, route, team FROM deliveries WHERE id = $1") \
	X(CARRY_MEMBERS, "SELECT id FROM deliveries WHERE carrier = $1"                      \
	                 " AND " QUEUE_STATE " = $2 ORDER BY id")                            \
	X(CARRY_COUNT, "SELECT count(*) FROM deliveries WHERE carrier = $1")                 \
	X(CARRY_JOIN, "UPDATE deliveries SET reason = $2, carrier = $3 WHERE id = $1")       \
	X(CARRY_LEAVE, "UPDATE deliveries SET carrier = NULL WHERE id = $1")                 \
	X(CARRIERS_OF, "SELECT DISTINCT carrier FROM deliveries WHERE incident_id = $1"      \
	               " AND carrier IS NOT NULL AND coalesce(state, '') = 'claimed'")       \
	/* What may have arrived is marked in the lanes of what it carries. */               \
	X(CARRY_HELD, "SELECT count(*) FROM deliveries d WHERE d.id = $1"                    \
	              " AND coalesce(d.state, '') = 'pending' AND d.recipients IS NULL"      \
	              " AND EXISTS (SELECT 1 FROM deliveries c WHERE c.carrier = d.id"       \
	              " AND c.held_until > $2) AND NOT EXISTS (SELECT 1 FROM deliveries c"   \
	              " JOIN lanes l ON l.notification_id = c.notification_id"               \
	              " AND l.destination = c.destination WHERE c.carrier = d.id"            \
	              " AND l.maybe_told = 1)")                                              \
	X(CARRY_INSERT,                                                                      \
	  "INSERT INTO deliveries (id, notification_id, destination, sink, sink_kind,"       \
	  " route, team, revision, reason, document, severity, every_revision, at_once,"     \
	  " state, plain, attempts, created_at, due_at)"                                     \
	  " VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 'digest', $8, $9, 0, 1, 'pending', 0,"    \
	  " 0, $10, $11)")                                                                   \
	X(CARRY_REWRITE, "UPDATE deliveries SET document = $2, severity = $3 WHERE id = $1") \
	/* Of a sink: those that carry something, and that nobody has had yet. */            \
	X(CARRY_ELSEWHERE, "SELECT d.id, d.destination FROM deliveries d"                    \
	                   " WHERE d.state = 'pending' AND d.sink = $1 AND d.sink_kind = $2" \
	                   " AND d.reason = 'digest' AND d.recipients IS NULL AND EXISTS"    \
	                   " (SELECT 1 FROM deliveries c WHERE c.carrier = d.id)")           \
	X(CARRY_READDRESS, "UPDATE deliveries SET destination = $2 WHERE carrier = $1")      \
	X(CARRY_DEAD, "UPDATE deliveries SET state = 'dead' WHERE state = 'claimed'"         \
	              " AND carrier IS NOT NULL AND EXISTS (SELECT 1 FROM deliveries c"      \
	              " WHERE c.id = deliveries.carrier AND coalesce(c.state, '') = 'dead')")

#endif
