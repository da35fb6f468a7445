/* sql_queue.h - SQL of queue.h; rules in statements.h. */
#ifndef RELAY_STORE_SQL_QUEUE_H
#define RELAY_STORE_SQL_QUEUE_H

/* One unfinished delivery, as lane.c reads it. */
#define QUEUE_OWED                                                             \
	"SELECT id, notification_id, destination, sink_kind, state, revision," \
	" status, phase, severity, every_revision, at_once, plain, attempts,"  \
	" created_at, due_at, event_id, reason,"                               \
	" CASE WHEN recipients IS NULL THEN 0 ELSE 1 END, edits, reminder,"    \
	" carrier, held_until FROM deliveries "

/*
 * A lane is small and a state may be large, which no planner knows without
 * statistics: the coalesce keeps it from looking a state up in its index.
 */
#define QUEUE_STATE "coalesce(state, '')"

/* Of the deliveries d: no other one of the same lane is under way. */
#define QUEUE_LANE_IS_FREE                             \
	"NOT EXISTS (SELECT 1 FROM deliveries c"       \
	" WHERE c.notification_id = d.notification_id" \
	" AND c.destination = d.destination AND coalesce(c.state, '') = 'claimed')"

#define SQL_QUEUE(X)                                                                              \
	X(QUEUE_TOLD, "SELECT told_revision, told_status, spoken_phase, spoken_severity,"         \
	              " told_at, maybe_told, spoken_at,"                                          \
	              " CASE WHEN reference IS NULL THEN 0 ELSE 1 END FROM lanes"                 \
	              " WHERE notification_id = $1 AND destination = $2")                         \
	X(QUEUE_TELL, "INSERT INTO lanes (notification_id, destination, told_revision,"           \
	              " told_status, spoken_phase, spoken_severity, told_at, spoken_at,"          \
	              " reference) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"                   \
	              " ON CONFLICT (notification_id, destination) DO UPDATE SET"                 \
	              " told_revision = excluded.told_revision,"                                  \
	              " told_status = excluded.told_status,"                                      \
	              " spoken_phase = excluded.spoken_phase,"                                    \
	              " spoken_severity = excluded.spoken_severity,"                              \
	              " told_at = excluded.told_at, spoken_at = excluded.spoken_at,"              \
	              " maybe_told = NULL,"                                                       \
	              " reference = coalesce(excluded.reference, lanes.reference)")               \
	X(QUEUE_MAYBE_TOLD, "INSERT INTO lanes (notification_id, destination, maybe_told)"        \
	                    " VALUES ($1, $2, 1)"                                                 \
	                    " ON CONFLICT (notification_id, destination) DO UPDATE SET"           \
	                    " maybe_told = 1")                                                    \
	X(QUEUE_IN_LANE, QUEUE_OWED "WHERE notification_id = $1 AND destination = $2"             \
	                            " AND " QUEUE_STATE " = $3 ORDER BY revision DESC LIMIT 1")   \
	X(QUEUE_BY_ID, QUEUE_OWED "WHERE id = $1")                                                \
	X(QUEUE_ANY_CLAIMED, QUEUE_OWED "WHERE state = 'claimed' AND carrier IS NULL LIMIT 1")    \
	X(QUEUE_NEXT, "SELECT d.id FROM deliveries d WHERE d.destination = $1"                    \
	              " AND d.state = 'pending' AND d.due_at <= $2 AND " QUEUE_LANE_IS_FREE       \
	              " ORDER BY d.due_at, d.id LIMIT 1")                                         \
	X(QUEUE_NEXT_DUE,                                                                         \
	  "SELECT d.due_at FROM deliveries d WHERE d.destination = $1"                            \
	  " AND d.state = 'pending' AND " QUEUE_LANE_IS_FREE " ORDER BY d.due_at LIMIT 1")        \
	X(QUEUE_CONTENT, "SELECT sink, target, document, recipients, held_by FROM deliveries"     \
	                 " WHERE id = $1")                                                        \
	X(QUEUE_REFERENCE, "SELECT reference FROM lanes"                                          \
	                   " WHERE notification_id = $1 AND destination = $2")                    \
	X(QUEUE_REFER, "UPDATE lanes SET reference = $3 WHERE notification_id = $1"               \
	               " AND destination = $2")                                                   \
	X(QUEUE_RECIPIENTS, "SELECT recipients FROM deliveries WHERE id = $1")                    \
	X(QUEUE_RECIPIENTS_PUT, "UPDATE deliveries SET recipients = $2 WHERE id = $1")            \
	X(QUEUE_INSERT, "INSERT INTO deliveries (id, notification_id, incident_id,"               \
	                " destination, sink, sink_kind, route, team, revision, document,"         \
	                " status, phase, severity, every_revision, at_once, state, plain,"        \
	                " attempts, created_at, due_at, target, event_id, edits, reminder,"       \
	                " held_until, held_by)"                                                   \
	                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"        \
	                " $14, $15, 'pending', 0, $16, $17, $18, $19, $20, $21, $22, $23, $24)")  \
	X(QUEUE_MOVE, "UPDATE deliveries SET state = $3, lease_until = NULL"                      \
	              " WHERE id = $1 AND state = $2")                                            \
	X(QUEUE_CLAIM, "UPDATE deliveries SET reason = $2, attempts = attempts + 1,"              \
	               " lease_until = $3 WHERE id = $1")                                         \
	X(QUEUE_RESCHEDULE, "UPDATE deliveries SET due_at = $2, created_at = $3, attempts = $4,"  \
	                    " plain = $5, severity = $6, reminder = $7 WHERE id = $1")            \
	X(QUEUE_NOT_BEFORE, "UPDATE deliveries SET due_at = $4 WHERE notification_id = $1"        \
	                    " AND destination = $2 AND " QUEUE_STATE " = $3 AND due_at < $4")     \
	X(QUEUE_NEWEST_NEWS, "SELECT coalesce(max(news), 0)"                                      \
	                     " FROM notifications WHERE id = $1")                                 \
	X(QUEUE_NEWER_IN_LANE, "SELECT count(*) FROM deliveries WHERE notification_id = $1"       \
	                       " AND destination = $2 AND id <> $3 AND (state = 'claimed'"        \
	                       " OR (revision > $4 AND state IN ('pending', 'sent', 'dead')))")   \
	X(QUEUE_ATTEMPT, "INSERT INTO attempts (delivery_id, seq, at, outcome, code, text, ms)"   \
	                 " SELECT $1, coalesce(max(seq), 0) + 1, CAST($2 AS BIGINT), $3,"         \
	                 " CAST($4 AS BIGINT), $5, CAST($6 AS BIGINT)"                            \
	                 " FROM attempts WHERE delivery_id = $1")                                 \
	X(QUEUE_EXPIRED_CALLBACK,                                                                 \
	  QUEUE_OWED "WHERE state = 'pending' AND sink_kind = 'task_callback'"                    \
	             " AND created_at <= $1 LIMIT 1")                                             \
	X(QUEUE_EXPIRE, "UPDATE deliveries SET state = 'dead' WHERE state = 'pending'"            \
	                " AND created_at <= $1 AND coalesce(held_until, 0) <= $1")                \
	X(QUEUE_DESTINATION, "SELECT blocked, paused_until, failures, failing_since"              \
	                     " FROM destinations WHERE key = $1")                                 \
	X(QUEUE_DESTINATION_PUT, "INSERT INTO destinations (key, kind, blocked, paused_until,"    \
	                         " failures, failing_since, text, updated_at)"                    \
	                         " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"                       \
	                         " ON CONFLICT (key) DO UPDATE SET blocked = excluded.blocked,"   \
	                         " paused_until = excluded.paused_until,"                         \
	                         " failures = excluded.failures,"                                 \
	                         " failing_since = excluded.failing_since, text = excluded.text," \
	                         " updated_at = excluded.updated_at")                             \
	/* Of $1, a sink of kind $2, what is elsewhere than $3. */                                \
	X(QUEUE_DESTINATIONS_MET, "SELECT key FROM destinations WHERE kind <> 'task_callback'")   \
	X(QUEUE_OWED_ELSEWHERE,                                                                   \
	  "SELECT d.id, d.destination, d.team FROM deliveries d"                                  \
	  " WHERE d.state = 'pending' AND d.sink = $1 AND d.sink_kind = $2"                       \
	  " AND d.destination <> $3 AND (d.status = 'resolved' OR NOT EXISTS"                     \
	  " (SELECT 1 FROM incidents i WHERE i.id = d.incident_id"                                \
	  " AND i.status = 'resolved')) ORDER BY d.id")                                           \
	X(QUEUE_TOLD_ELSEWHERE,                                                                   \
	  "SELECT DISTINCT l.notification_id, l.destination, d.team"                              \
	  " FROM incidents i JOIN deliveries d ON d.incident_id = i.id"                           \
	  " JOIN lanes l ON l.notification_id = d.notification_id"                                \
	  " AND l.destination = d.destination WHERE i.status = 'open'"                            \
	  " AND coalesce(d.state, '') = 'sent' AND d.sink = $1 AND d.sink_kind = $2"              \
	  " AND d.destination <> $3")                                                             \
	X(QUEUE_READDRESS, "UPDATE deliveries SET destination = $2, edits = $3 WHERE id = $1")    \
	/* Where the new destination has a lane of its own, that one counts. */                   \
	X(QUEUE_MOVE_LANE, "UPDATE lanes SET destination = $3,"                                   \
	                   " reference = CASE WHEN $4 = 1 THEN NULL ELSE reference END"           \
	                   " WHERE notification_id = $1"                                          \
	                   " AND destination = $2 AND NOT EXISTS (SELECT 1 FROM lanes o"          \
	                   " WHERE o.notification_id = $1 AND o.destination = $3)")               \
	X(QUEUE_PAUSE, "UPDATE destinations SET paused_until = $2 WHERE key = $1")                \
	X(QUEUE_PROBE, "UPDATE destinations SET paused_until = NULL WHERE blocked = 1"            \
	               " AND ($1 = '' OR key = $1)")                                              \
	X(QUEUE_DESTINATION_MET,                                                                  \
	  "INSERT INTO destinations (key, kind, blocked, failures, updated_at)"                   \
	  " VALUES ($1, $2, 0, 0, $3) ON CONFLICT (key) DO NOTHING")                              \
	/* Ordered, so that it is one look at the index for each. */                              \
	X(QUEUE_DESTINATIONS_PENDING,                                                             \
	  "SELECT t.key FROM destinations t WHERE (SELECT d.due_at"                               \
	  " FROM deliveries d WHERE d.destination = t.key"                                        \
	  " AND d.state = 'pending' ORDER BY d.due_at LIMIT 1) IS NOT NULL"                       \
	  " ORDER BY t.key")                                                                      \
	X(QUEUE_PENDING_IDS, "SELECT id FROM deliveries WHERE state = 'pending' ORDER BY id")     \
	X(QUEUE_PENDING_COUNT, "SELECT count(*) FROM deliveries WHERE state = 'pending'")

#endif
