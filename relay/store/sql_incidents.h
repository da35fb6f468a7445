/* sql_incidents.h - SQL of incidents.h; rules in statements.h. */
#ifndef RELAY_STORE_SQL_INCIDENTS_H
#define RELAY_STORE_SQL_INCIDENTS_H

#define INCIDENT_COLUMNS                                                                                 \
	"i.id, i.key, i.kind, i.phase, i.status, i.severity, i.title, i.revision, i.opened_at, "         \
	"i.updated_at, i.resolved_at, i.bucket_key, i.image_key, i.channel, i.workspace_key, i.detail, " \
	"i.ack_by, i.ack_comment, i.ack_until, i.lead_id"
#define ROW_COLUMNS                                                                                              \
	"r.workspace_key, r.bucket_key, r.fingerprint, r.version, r.channel, r.state, r.certainty, r.evidence, " \
	"w.id, w.name, w.organization, w.url, w.drifted, w.project, w.tags, r.planned"

#define SQL_INCIDENTS(X)                                                                                                             \
	X(INCIDENT_OPEN,                                                                                                             \
	  "SELECT " INCIDENT_COLUMNS " FROM incidents i WHERE i.key = $1 AND i.status = 'open'")                                     \
	X(INCIDENTS_OPEN_KIND,                                                                                                       \
	  "SELECT " INCIDENT_COLUMNS                                                                                                 \
	  " FROM incidents i WHERE i.status = 'open' AND i.kind = $1 ORDER BY i.id")                                                 \
	X(INCIDENT_BY_ID, "SELECT " INCIDENT_COLUMNS " FROM incidents i WHERE i.id = $1")                                            \
	X(INCIDENT_LAST, "SELECT " INCIDENT_COLUMNS                                                                                  \
	                 " FROM incidents i WHERE i.key = $1 ORDER BY i.id DESC LIMIT 1")                                            \
	X(INCIDENTS_ALL_OPEN,                                                                                                        \
	  "SELECT " INCIDENT_COLUMNS                                                                                                 \
	  " FROM incidents i WHERE i.status = 'open' AND i.id > $1 ORDER BY i.id LIMIT $2")                                          \
	X(INCIDENTS_RESOLVED_SINCE,                                                                                                  \
	  "SELECT " INCIDENT_COLUMNS                                                                                                 \
	  " FROM incidents i WHERE i.status = 'resolved' AND i.resolved_at >= $1 ORDER BY i.resolved_at, i.id")                      \
	X(INCIDENTS_OF_BUCKET,                                                                                                       \
	  "SELECT " INCIDENT_COLUMNS " FROM incidents i WHERE i.bucket_key = $1 "                                                    \
	  "AND i.kind = $2 AND i.status = 'open' ORDER BY i.id")                                                                     \
	X(INCIDENTS_OF_ROW,                                                                                                          \
	  "SELECT " INCIDENT_COLUMNS " FROM incidents i JOIN incident_rows r "                                                       \
	  "ON r.incident_id = i.id WHERE r.workspace_key = $1 AND coalesce(i.status, '') = 'open' "                                  \
	  "AND i.kind IN ('image.revocation', 'image.superseded', 'image.deleted') ORDER BY i.id")                                   \
	X(INCIDENTS_OF_WORKSPACE,                                                                                                    \
	  "SELECT " INCIDENT_COLUMNS " FROM incidents i WHERE i.workspace_key = $1 "                                                 \
	  "AND i.status = 'open' ORDER BY i.kind, i.id")                                                                             \
	X(INCIDENT_ADD,                                                                                                              \
	  "INSERT INTO incidents (id, key, kind, phase, status, severity, title, revision, opened_at, updated_at, "                  \
	  "resolved_at, bucket_key, image_key, channel, workspace_key, detail, lead_id, cause, cause_at) "                           \
	  "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)")                           \
	X(INCIDENT_SET,                                                                                                              \
	  "UPDATE incidents SET phase = $2, status = $3, severity = $4, title = $5, revision = $6, "                                 \
	  "updated_at = $7, resolved_at = $8, image_key = $9, detail = $10 WHERE id = $1")                                           \
	X(INCIDENT_ACK,                                                                                                              \
	  "UPDATE incidents SET ack_by = $2, ack_comment = $3, ack_until = $4 WHERE id = $1")                                        \
	X(INCIDENT_ROWS,                                                                                                             \
	  "SELECT " ROW_COLUMNS                                                                                                      \
	  " FROM incident_rows r JOIN workspaces w ON w.key = r.workspace_key "                                                      \
	  "WHERE r.incident_id = $1 ORDER BY r.state, w.name, r.workspace_key, r.bucket_key")                                        \
	X(INCIDENT_ROWS_LED,                                                                                                         \
	  "SELECT " ROW_COLUMNS ", r.incident_id FROM incident_rows r "                                                              \
	  "JOIN workspaces w ON w.key = r.workspace_key "                                                                            \
	  "WHERE r.incident_id IN (SELECT i.id FROM incidents i WHERE i.id = $1 OR i.lead_id = $1) "                                 \
	  "ORDER BY r.incident_id, r.workspace_key, r.bucket_key")                                                                   \
	X(INCIDENT_ROWS_OF,                                                                                                          \
	  "SELECT " ROW_COLUMNS                                                                                                      \
	  " FROM incident_rows r JOIN workspaces w ON w.key = r.workspace_key "                                                      \
	  "WHERE r.incident_id = $1 AND r.workspace_key = $2 ORDER BY r.bucket_key")                                                 \
	X(INCIDENT_LEAD,                                                                                                             \
	  "SELECT i.id FROM incidents i WHERE i.cause = $1 AND i.cause_at BETWEEN $2 AND $3 "                                        \
	  "AND (i.status = 'open' OR EXISTS (SELECT 1 FROM incidents m WHERE m.lead_id = i.id "                                      \
	  "AND m.status = 'open')) ORDER BY i.id LIMIT 1")                                                                           \
	X(INCIDENTS_LED_COUNT,                                                                                                       \
	  "SELECT COUNT(*) FROM (SELECT 1 FROM incidents WHERE lead_id = $1 LIMIT $2) AS few")                                       \
	X(INCIDENTS_LED, "SELECT " INCIDENT_COLUMNS                                                                                  \
	                 " FROM incidents i WHERE i.id = $1 OR i.lead_id = $1 ORDER BY i.id")                                        \
	X(INCIDENT_ROW_PUT,                                                                                                          \
	  "INSERT INTO incident_rows (incident_id, workspace_key, bucket_key, fingerprint, version, channel, "                       \
	  "state, certainty, evidence, planned) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "                                   \
	  "ON CONFLICT (incident_id, workspace_key, bucket_key) DO UPDATE SET fingerprint = excluded.fingerprint, "                  \
	  "version = excluded.version, channel = excluded.channel, state = excluded.state, "                                         \
	  "certainty = excluded.certainty, evidence = excluded.evidence, planned = excluded.planned")                                \
	X(INCIDENT_ROW_DROP,                                                                                                         \
	  "DELETE FROM incident_rows WHERE incident_id = $1 AND workspace_key = $2 AND bucket_key = $3")                             \
	X(INCIDENT_ROWS_DROP, "DELETE FROM incident_rows WHERE incident_id = $1")                                                    \
	X(REVOKED_ROW,                                                                                                               \
	  "SELECT i.image_key FROM incident_rows r JOIN incidents i ON i.id = r.incident_id "                                        \
	  "WHERE r.workspace_key = $1 AND r.state = 'affected' AND i.status = 'open' "                                               \
	  "AND i.kind = 'image.revocation' AND (CAST($2 AS TEXT) IS NULL OR r.bucket_key = $2) "                                     \
	  "ORDER BY CASE i.phase WHEN 'scheduled' THEN 1 ELSE 0 END, i.id LIMIT 1")                                                  \
	X(REVOKED_NOW,                                                                                                               \
	  "SELECT COUNT(*) FROM incident_rows r JOIN incidents i ON i.id = r.incident_id "                                           \
	  "WHERE r.workspace_key = $1 AND r.state = 'affected' AND i.status = 'open' "                                               \
	  "AND i.kind = 'image.revocation' AND i.phase IN ('due', 'revoked')")                                                       \
	X(TIMELINE_NEXT, "SELECT COALESCE(MAX(seq), 0) + 1 FROM timeline WHERE incident_id = $1")                                    \
	X(TIMELINE_ADD,                                                                                                              \
	  "INSERT INTO timeline (incident_id, at, seq, what, event_id) VALUES ($1, $2, $3, $4, $5)")                                 \
	X(TIMELINE_EVENTS_LED,                                                                                                       \
	  "SELECT t.event_id FROM timeline t WHERE t.event_id IS NOT NULL AND t.incident_id IN "                                     \
	  "(SELECT i.id FROM incidents i WHERE i.id = $1 OR i.lead_id = $1) ORDER BY t.at DESC, t.event_id DESC")                    \
	X(TIMELINE_EVENTS_LED_COUNT,                                                                                                 \
	  "SELECT COUNT(DISTINCT t.event_id) FROM timeline t WHERE t.incident_id IN "                                                \
	  "(SELECT i.id FROM incidents i WHERE i.id = $1 OR i.lead_id = $1)")                                                        \
	X(TIMELINE_EVENTS,                                                                                                           \
	  "SELECT event_id FROM timeline WHERE incident_id = $1 AND event_id IS NOT NULL "                                           \
	  "ORDER BY seq DESC")                                                                                                       \
	X(TIMELINE_EVENTS_COUNT,                                                                                                     \
	  "SELECT COUNT(DISTINCT event_id) FROM timeline WHERE incident_id = $1")                                                    \
	X(NOTIFICATION_GET,                                                                                                          \
	  "SELECT id, revision, digest, news FROM notifications WHERE incident_id = $1 AND audience = $2")                           \
	X(NOTIFICATION_ADD,                                                                                                          \
	  "INSERT INTO notifications (id, incident_id, audience, team, revision, digest, news) "                                     \
	  "VALUES ($1, $2, $3, $4, $5, $6, $7)")                                                                                     \
	X(NOTIFICATION_SET,                                                                                                          \
	  "UPDATE notifications SET revision = $2, digest = $3, news = $4 WHERE id = $1")                                            \
	X(NOTIFICATION_TAKE_OVER,                                                                                                    \
	  "UPDATE notifications SET audience = $3, team = $4 WHERE incident_id = $1 AND audience = $2 "                              \
	  "AND NOT EXISTS (SELECT 1 FROM notifications o WHERE o.incident_id = $1 AND o.audience = $3)")                             \
	X(NOTIFICATIONS_OF,                                                                                                          \
	  "SELECT n.audience, n.team, l.destination FROM notifications n "                                                           \
	  "JOIN lanes l ON l.notification_id = n.id WHERE n.incident_id = $1 AND (l.told_revision IS NOT NULL OR l.maybe_told = 1) " \
	  "UNION SELECT n.audience, n.team, d.destination FROM notifications n "                                                     \
	  "JOIN deliveries d ON d.notification_id = n.id WHERE n.incident_id = $1 "                                                  \
	  "AND d.state IN ('pending', 'claimed') ORDER BY 1, 3")                                                                     \
	X(NOTIFICATIONS_HEARD,                                                                                                       \
	  "SELECT COUNT(*) FROM notifications n WHERE n.incident_id = $1 AND (EXISTS "                                               \
	  "(SELECT 1 FROM lanes l WHERE l.notification_id = n.id AND (l.told_revision IS NOT NULL OR l.maybe_told = 1)) "            \
	  "OR EXISTS (SELECT 1 FROM deliveries d WHERE d.notification_id = n.id AND coalesce(d.state, '') = 'claimed'))")            \
	X(ODD_EVENTS_LEFT,                                                                                                           \
	  "SELECT COUNT(*) FROM (SELECT 1 FROM events WHERE state IN ('unknown', 'parked') AND source = $1 "                         \
	  "AND COALESCE(kind, 'unprocessable') = $2 LIMIT $3) AS few")

#endif
