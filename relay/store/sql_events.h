/* sql_events.h - SQL of events.h and planning.h; rules in statements.h. */
#ifndef RELAY_STORE_SQL_EVENTS_H
#define RELAY_STORE_SQL_EVENTS_H

#define SQL_EVENTS(X)                                                                          \
	X(EVENT_KEY_ADD, "INSERT INTO event_keys (key, event_id, seen_at) VALUES ($1, $2, $3)" \
	                 " ON CONFLICT (key) DO NOTHING")                                      \
	X(EVENT_KEY_GET, "SELECT event_id FROM event_keys WHERE key = $1")                     \
	X(EVENT_KEYS, "SELECT key FROM event_keys")                                            \
	X(EVENT_KEYS_COUNT, "SELECT COUNT(*) FROM event_keys")                                 \
	X(EVENT_ADD, "INSERT INTO events (id, key, source, source_kind, received_at, state,"   \
	             " tries, sealed, body) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)")       \
	X(ARRIVALS_ADD, "INSERT INTO arrivals (number, events) VALUES ($1, $2)")               \
	X(ARRIVALS_FIRST, "SELECT events FROM arrivals WHERE number = $1")                     \
	X(ARRIVALS_DROP, "DELETE FROM arrivals WHERE number = $1")                             \
	X(ARRIVALS_ALL, "SELECT number, events FROM arrivals ORDER BY number")                 \
	X(EVENT_MOVE, "UPDATE events SET state = $2, kind = COALESCE($3, kind), reason = $4"   \
	              " WHERE id = $1 AND state = 'accepted' RETURNING key, received_at")      \
	X(EVENTS_UNPLANNED, "SELECT key, id FROM events WHERE state = 'accepted'")             \
	X(EVENT_REPLAY, "UPDATE events SET state = 'accepted', tries = 0, reason = NULL"       \
	                " WHERE id = $1 AND state IN ('unknown', 'parked')")                   \
	X(EVENT_SEALED, "SELECT sealed FROM events WHERE id = $1")                             \
	X(EVENT_DROP_SEALED,                                                                   \
	  "UPDATE events SET sealed = NULL WHERE id = $1 AND sealed IS NOT NULL")              \
	X(EVENTS_DROP_SEALED,                                                                  \
	  "UPDATE events SET sealed = NULL WHERE sealed IS NOT NULL AND received_at <= $1"     \
	  " AND id NOT IN (SELECT d.event_id FROM deliveries d"                                \
	  " WHERE d.state IN ('pending', 'claimed') AND d.event_id IS NOT NULL)")              \
	X(EVENT_LOAD, "SELECT source, source_kind, received_at, tries, body FROM events"       \
	              " WHERE id = $1 AND state = 'accepted'")                                 \
	X(EVENT_BODY, "SELECT source_kind, body FROM events WHERE id = $1")                    \
	X(EVENT_STATE, "SELECT state FROM events WHERE id = $1")                               \
	X(EVENT_TRY, "UPDATE events SET tries = tries + 1 WHERE id = $1")                      \
	X(EVENTS_NEXT,                                                                         \
	  "SELECT id, tries FROM events WHERE state = 'accepted' AND id > $1 AND id <= $2"     \
	  " ORDER BY id LIMIT CAST($3 AS BIGINT)")                                             \
	X(EVENTS_LAST, "SELECT id FROM events WHERE state = 'accepted' ORDER BY id DESC LIMIT 1")

#endif
