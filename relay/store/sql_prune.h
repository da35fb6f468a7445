/* sql_prune.h - SQL of prune.h; rules in statements.h.  $2 is how many at most. */
#ifndef RELAY_STORE_SQL_PRUNE_H
#define RELAY_STORE_SQL_PRUNE_H

#define PRUNE_LIMIT " LIMIT CAST($2 AS BIGINT))"

#define SQL_PRUNE(X)                                                                                   \
	X(PRUNE_EVENTS, "DELETE FROM events WHERE id IN (SELECT id FROM events"                        \
	                " WHERE state IN ('processed', 'ignored') AND received_at < $1"                \
	                " ORDER BY received_at" PRUNE_LIMIT)                                           \
	X(PRUNE_ODD_EVENTS,                                                                            \
	  "DELETE FROM events WHERE id IN (SELECT id FROM events"                                      \
	  " WHERE state IN ('unknown', 'parked') AND received_at < $1" PRUNE_LIMIT)                    \
	X(PRUNE_KEYS, "DELETE FROM event_keys WHERE key IN (SELECT key FROM event_keys"                \
	              " WHERE seen_at < $1 ORDER BY seen_at" PRUNE_LIMIT)                              \
	X(PRUNE_RUNS,                                                                                  \
	  "DELETE FROM runs WHERE updated_at < $1 AND (host, id) IN"                                   \
	  " (SELECT host, id FROM runs WHERE updated_at < $1 ORDER BY updated_at" PRUNE_LIMIT)         \
	/* The last one before then tells what ran until the one after it. */                          \
	X(PRUNE_APPLIES,                                                                               \
	  "DELETE FROM applies WHERE (workspace_key, applied_to) IN"                                   \
	  " (SELECT a.workspace_key, a.applied_to FROM applies a WHERE a.applied_to < $1 AND EXISTS"   \
	  " (SELECT 1 FROM applies n WHERE n.workspace_key = a.workspace_key"                          \
	  " AND n.applied_to > a.applied_to AND n.applied_to < $1) ORDER BY a.applied_to" PRUNE_LIMIT) \
	X(PRUNE_FORMER_USAGES,                                                                         \
	  "DELETE FROM former_usages WHERE (workspace_key, bucket_key, fingerprint) IN"                \
	  " (SELECT workspace_key, bucket_key, fingerprint FROM former_usages WHERE until_at < $1"     \
	  " ORDER BY until_at" PRUNE_LIMIT)                                                            \
	X(PRUNE_READINGS,                                                                              \
	  "DELETE FROM readings WHERE id IN (SELECT id FROM readings"                                  \
	  " WHERE state = 'done' AND created_at < $1 ORDER BY created_at" PRUNE_LIMIT)                 \
	X(PRUNE_NEXT_DELIVERY,                                                                         \
	  "SELECT id, notification_id, destination FROM deliveries"                                    \
	  " WHERE state IN ('sent', 'dead', 'dropped') AND created_at < $1 LIMIT 1")                   \
	X(PRUNE_NEXT_INCIDENT,                                                                         \
	  "SELECT i.id FROM incidents i"                                                               \
	  " WHERE i.status = 'resolved' AND i.resolved_at < $1 AND NOT EXISTS"                         \
	  " (SELECT 1 FROM incidents m WHERE m.lead_id = i.id AND m.status = 'open') AND NOT EXISTS"   \
	  " (SELECT 1 FROM deliveries d WHERE d.incident_id = i.id"                                    \
	  " AND d.state IN ('pending', 'claimed')) ORDER BY i.resolved_at LIMIT 1")                    \
	X(PRUNE_ROWS, "DELETE FROM incident_rows WHERE incident_id = $1 AND workspace_key IN"          \
	              " (SELECT workspace_key FROM incident_rows WHERE incident_id = $1"               \
	              " ORDER BY workspace_key" PRUNE_LIMIT)                                           \
	X(PRUNE_TIMELINE,                                                                              \
	  "DELETE FROM timeline WHERE incident_id = $1 AND seq IN"                                     \
	  " (SELECT seq FROM timeline WHERE incident_id = $1 ORDER BY seq" PRUNE_LIMIT)                \
	X(PRUNE_DELIVERY_OF, "SELECT id, notification_id, destination FROM deliveries"                 \
	                     " WHERE incident_id = $1 LIMIT 1")                                        \
	X(PRUNE_ATTEMPTS, "DELETE FROM attempts WHERE delivery_id = $1")                               \
	X(PRUNE_DELIVERY, "DELETE FROM deliveries WHERE id = $1")                                      \
	X(PRUNE_LANE, "DELETE FROM lanes WHERE notification_id = $1 AND destination = $2"              \
	              " AND NOT EXISTS (SELECT 1 FROM notifications n WHERE n.id = $1)"                \
	              " AND NOT EXISTS (SELECT 1 FROM deliveries d"                                    \
	              " WHERE d.notification_id = $1 AND d.destination = $2)")                         \
	X(PRUNE_LANES_OF, "DELETE FROM lanes WHERE notification_id IN"                                 \
	                  " (SELECT id FROM notifications WHERE incident_id = $1)")                    \
	X(PRUNE_NOTIFICATIONS, "DELETE FROM notifications WHERE incident_id = $1")                     \
	X(PRUNE_INCIDENT, "DELETE FROM incidents WHERE id = $1")                                       \
	X(PRUNE_DESTINATIONS,                                                                          \
	  "SELECT t.key FROM destinations t WHERE t.updated_at < $1"                                   \
	  " AND NOT EXISTS (SELECT 1 FROM lanes l WHERE l.destination = t.key)"                        \
	  " AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE"                                          \
	  " d.destination = t.key AND d.state = 'pending')"                                            \
	  " AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE"                                          \
	  " d.destination = t.key AND d.state = 'claimed')")                                           \
	X(PRUNE_DESTINATION, "DELETE FROM destinations WHERE key = $1")

#endif
