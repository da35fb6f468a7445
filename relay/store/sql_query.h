/*
 * sql_query.h - SQL of query.h; rules in statements.h.
 *
 * Optional filters are text that is '' where any will do.  Where an index
 * needs a column compared outright there is one statement for each way in.
 * Column 0 of a list is its cursor.
 */
#ifndef RELAY_STORE_SQL_QUERY_H
#define RELAY_STORE_SQL_QUERY_H

/* $1 below this id, $2 status, $3 kind, $4 bucket, $5 workspace, $6 rows */
#define QUERY_INCIDENT_FROM                                                                 \
	"SELECT i.id, i.key, i.kind, i.phase, i.status, i.severity, i.title, i.opened_at, " \
	"i.updated_at,"                                                                     \
	" i.resolved_at, i.image_key, i.workspace_key, i.detail, b.name, iw.name,"          \
	" i.ack_by, i.ack_comment, i.ack_until, iw.project, iw.tags"                        \
	" FROM incidents i LEFT JOIN buckets b ON b.key = i.bucket_key"                     \
	" LEFT JOIN workspaces iw ON iw.key = i.workspace_key"
#define QUERY_INCIDENT_WHERE                                                                      \
	" AND ($3 = '' OR i.kind = $3)"                                                           \
	" AND ($4 = '' OR b.name = $4 OR EXISTS (SELECT 1 FROM incident_rows r"                   \
	" JOIN buckets rb ON rb.key = r.bucket_key WHERE r.incident_id = i.id AND rb.name = $4))" \
	" AND ($5 = '' OR iw.name = $5 OR iw.id = $5 OR iw.key = $5 OR EXISTS (SELECT 1 FROM "    \
	"incident_rows r"                                                                         \
	" JOIN workspaces w ON w.key = r.workspace_key WHERE r.incident_id = i.id"                \
	" AND (w.name = $5 OR w.id = $5 OR w.key = $5)))"                                         \
	" ORDER BY i.id DESC LIMIT $6"

/* Deliveries and events: each way in walks one index downwards, $2 rows of it
 * at most, and what is left to filter is left to the caller.
 * $1 below this id, $2 rows, $3 what the way in is by */
#define QUERY_DELIVERY_FROM                                                             \
	"SELECT d.id, d.state, coalesce(t.blocked, 0), d.sink, d.team, d.incident_id, " \
	"d.notification_id,"                                                            \
	" d.revision, d.reason, d.due_at, t.paused_until, d.recipients, d.carrier,"     \
	" d.held_until, d.held_by"                                                      \
	" FROM deliveries d LEFT JOIN destinations t ON t.key = d.destination WHERE d.id < $1"
#define QUERY_DELIVERY_ORDER " ORDER BY d.id DESC LIMIT $2"

#define QUERY_EVENT_FROM \
	"SELECT id, source, kind, received_at, state, reason FROM events WHERE id < $1"
#define QUERY_EVENT_ORDER " ORDER BY id DESC LIMIT $2"

/* $1 behind this key */
#define QUERY_WORKSPACE_FROM \
	"SELECT " WORKSPACE_COLUMNS " FROM workspaces w WHERE w.key > $1 AND w.gone_at IS NULL"

/* Of a workspace w: has it anything to do with a bucket of HCP Packer? */
#define QUERY_MATCHED                                                   \
	"(EXISTS (SELECT 1 FROM links l WHERE l.workspace_key = w.key)" \
	" OR EXISTS (SELECT 1 FROM usages u WHERE u.workspace_key = w.key AND u.bucket_key <> ''))"
/* May it run an image of one?  A rule alone says so unless all that it runs is known
 * (usage_by_rule() of model/usage.h). */
#define QUERY_USES_IMAGES                                                                 \
	"(EXISTS (SELECT 1 FROM usages u WHERE u.workspace_key = w.key AND u.bucket_key " \
	"<> '') OR ((w.exact_as_of IS NULL OR w.exact_gaps = 1 OR w.exact_as_of < "       \
	"COALESCE(w.applied_from, 0))"                                                    \
	" AND EXISTS (SELECT 1 FROM links l WHERE l.workspace_key = w.key)))"
#define QUERY_LOOSE_B                                                   \
	"NOT EXISTS (SELECT 1 FROM links l WHERE l.bucket_key = b.key)" \
	" AND NOT EXISTS (SELECT 1 FROM usages u WHERE u.bucket_key = b.key)"

/* 1 or 0.  Health (workspace.h): 1 is off, 2 on; what is not known is what was heard. */
#define QUERY_LACKS_NOTIFICATION "(CASE WHEN w.notified_at IS NULL THEN 1 ELSE 0 END)"
#define QUERY_LACKS_ASSESSMENT                                                                    \
	"(CASE WHEN w.health = 1 OR (w.health IS NULL AND w.assessment_heard_at IS NULL) THEN 1 " \
	"ELSE 0 END)"
#define QUERY_LACKS_RUN_TASK "(CASE WHEN w.tasked_at IS NULL THEN 1 ELSE 0 END)"

#define SQL_QUERY(X)                                                                                  \
	X(QUERY_INCIDENTS,                                                                            \
	  QUERY_INCIDENT_FROM " WHERE i.id < $1 AND $2 = ''" QUERY_INCIDENT_WHERE)                    \
	X(QUERY_INCIDENTS_STATUS,                                                                     \
	  QUERY_INCIDENT_FROM " WHERE i.id < $1 AND i.status = $2" QUERY_INCIDENT_WHERE)              \
	X(QUERY_INCIDENT, QUERY_INCIDENT_FROM " WHERE i.id = $1")                                     \
	X(QUERY_INCIDENT_OWNERS,                                                                      \
	  "SELECT DISTINCT w.name, w.project, w.tags, rb.name FROM incident_rows r"                   \
	  " JOIN workspaces w ON w.key = r.workspace_key"                                             \
	  " LEFT JOIN buckets rb ON rb.key = r.bucket_key WHERE r.incident_id = $1")                  \
	X(QUERY_INCIDENT_TOLD,                                                                        \
	  "SELECT count(*) FROM notifications WHERE incident_id = $1 AND team = $2")                  \
	X(QUERY_INCIDENT_COUNTS,                                                                      \
	  "SELECT state, certainty, count(*) FROM incident_rows WHERE incident_id = $1"               \
	  " GROUP BY state, certainty")                                                               \
	X(QUERY_INCIDENT_ROWS,                                                                        \
	  "SELECT r.workspace_key, r.bucket_key, r.fingerprint, r.version, r.channel, r.state, "      \
	  "r.certainty,"                                                                              \
	  " r.evidence, w.id, w.name, w.organization, w.url, w.drifted, w.project, w.tags, r.planned" \
	  " FROM incident_rows r JOIN workspaces w ON w.key = r.workspace_key"                        \
	  " WHERE r.incident_id = $1 ORDER BY CASE r.state WHEN 'affected' THEN 0 WHEN 'moved' "      \
	  "THEN 1 ELSE 2 END,"                                                                        \
	  " CASE r.certainty WHEN 'known' THEN 0 ELSE 1 END, w.drifted DESC, w.name, w.key, "         \
	  "r.bucket_key"                                                                              \
	  " LIMIT $2")                                                                                \
	X(QUERY_INCIDENT_TIMELINE, "SELECT seq, at, what, event_id FROM timeline WHERE "              \
	                           "incident_id = $1 ORDER BY seq DESC LIMIT $2")                     \
	X(QUERY_INCIDENT_NOTIFICATIONS,                                                               \
	  "SELECT id, team, revision FROM notifications WHERE incident_id = "                         \
	  "(SELECT COALESCE(i.lead_id, i.id) FROM incidents i WHERE i.id = $1) ORDER BY id LIMIT $2") \
	X(QUERY_BUCKETS, "SELECT key, organization_id, project_id, name, id FROM buckets"             \
	                 " WHERE key > $1 AND ($2 = '' OR name = $2) ORDER BY key LIMIT $3")          \
	X(QUERY_BUCKET_VERSIONS,                                                                      \
	  "SELECT i.key FROM images i WHERE i.bucket_key = $1"                                        \
	  " ORDER BY coalesce(i.completed_at, i.created_at, i.as_of) DESC, i.key DESC LIMIT $2")      \
	X(QUERY_BUCKET_PARENTS,                                                                       \
	  "SELECT DISTINCT b.name FROM images i JOIN images a ON a.key = i.inherited_from"            \
	  " JOIN buckets b ON b.key = a.bucket_key WHERE i.bucket_key = $1 ORDER BY b.name LIMIT "    \
	  "$2")                                                                                       \
	X(QUERY_BUCKET_CHILDREN,                                                                      \
	  "SELECT DISTINCT b.name FROM images a JOIN images i ON i.inherited_from = a.key"            \
	  " JOIN buckets b ON b.key = i.bucket_key WHERE a.bucket_key = $1 ORDER BY b.name LIMIT "    \
	  "$2")                                                                                       \
	X(QUERY_WORKSPACES, QUERY_WORKSPACE_FROM " ORDER BY w.key LIMIT $2")                          \
	X(QUERY_WORKSPACES_NAMED, QUERY_WORKSPACE_FROM                                                \
	  " AND w.key IN (SELECT n.key FROM workspaces n WHERE n.name = $2"                           \
	  " UNION SELECT n.key FROM workspaces n WHERE n.name = $4 AND n.organization = $3"           \
	  " UNION SELECT n.key FROM workspaces n WHERE n.id = $2"                                     \
	  " UNION SELECT n.key FROM workspaces n WHERE n.key = $2) ORDER BY w.key LIMIT $5")          \
	X(QUERY_WORKSPACES_BUCKET, QUERY_WORKSPACE_FROM                                               \
	  " AND w.key IN (SELECT l.workspace_key FROM buckets b"                                      \
	  " JOIN links l ON l.bucket_key = b.key WHERE b.name = $2"                                   \
	  " UNION SELECT u.workspace_key FROM buckets b JOIN usages u ON u.bucket_key = b.key"        \
	  " WHERE b.name = $2) ORDER BY w.key LIMIT $3")                                              \
	X(QUERY_WORKSPACES_IMAGE,                                                                     \
	  "WITH asked (bucket_key) AS (SELECT i.bucket_key FROM images i WHERE i.fingerprint = $2"    \
	  " UNION SELECT a.bucket_key FROM artifacts a WHERE a.identifier_key = $3 AND $3 <> ''"      \
	  " UNION SELECT i.bucket_key FROM buckets b JOIN images i ON i.bucket_key = b.key"           \
	  " WHERE b.name = $4 AND i.version = $5) " QUERY_WORKSPACE_FROM                              \
	  " AND w.key IN (SELECT u.workspace_key FROM usages u"                                       \
	  " WHERE u.identifier_key = $3 AND u.identifier_key <> ''"                                   \
	  " UNION SELECT u.workspace_key FROM asked a JOIN usages u ON u.bucket_key = a.bucket_key"   \
	  " UNION SELECT l.workspace_key FROM asked a JOIN links l ON l.bucket_key = a.bucket_key)"   \
	  " ORDER BY w.key LIMIT $6")                                                                 \
	/* 1: it is named itself; 0: an artifact of it is. */                                         \
	X(QUERY_IMAGES_ASKED,                                                                         \
	  "SELECT key, CAST(MAX(named) AS BIGINT) FROM (SELECT i.key AS key, 1 AS named"              \
	  " FROM images i WHERE i.fingerprint = $1"                                                   \
	  " UNION SELECT a.image_key, 0 FROM artifacts a WHERE a.identifier_key = $2 AND $2 <> ''"    \
	  " UNION SELECT i.key, 1 FROM buckets b JOIN images i ON i.bucket_key = b.key"               \
	  " WHERE b.name = $3 AND i.version = $4) AS found GROUP BY key ORDER BY key LIMIT $5")       \
	X(QUERY_USAGE_VERSION,                                                                        \
	  "SELECT fingerprint, version FROM assignments WHERE bucket_key = $1 AND channel = $2"       \
	  " AND assigned_at <= $3 ORDER BY assigned_at DESC, event_id DESC LIMIT 1")                  \
	X(QUERY_DELIVERIES, QUERY_DELIVERY_FROM QUERY_DELIVERY_ORDER)                                 \
	X(QUERY_DELIVERIES_STATE, QUERY_DELIVERY_FROM " AND d.state = $3" QUERY_DELIVERY_ORDER)       \
	X(QUERY_DELIVERIES_WAITING,                                                                   \
	  QUERY_DELIVERY_FROM " AND d.state = 'pending' UNION ALL " QUERY_DELIVERY_FROM               \
	                      " AND d.state = 'claimed' ORDER BY 1 DESC LIMIT $2")                    \
	X(QUERY_DELIVERIES_INCIDENT,                                                                  \
	  QUERY_DELIVERY_FROM " AND d.incident_id = $3" QUERY_DELIVERY_ORDER)                         \
	X(QUERY_DELIVERY_STATE,                                                                       \
	  "SELECT d.state, coalesce(t.blocked, 0) FROM deliveries d"                                  \
	  " LEFT JOIN destinations t ON t.key = d.destination WHERE d.id = $1")                       \
	X(QUERY_ATTEMPTS,                                                                             \
	  "SELECT seq, at, outcome, code, text, ms FROM attempts WHERE delivery_id = $1"              \
	  " ORDER BY seq DESC LIMIT $2")                                                              \
	X(QUERY_EVENTS, QUERY_EVENT_FROM QUERY_EVENT_ORDER)                                           \
	/* Its index has what is planned; what is not yet is few, and has one of its own. */          \
	X(QUERY_EVENTS_SOURCE,                                                                        \
	  QUERY_EVENT_FROM " AND source = $3 AND state <> 'accepted' UNION ALL " QUERY_EVENT_FROM     \
	                   " AND source = $3 AND state = 'accepted'" QUERY_EVENT_ORDER)               \
	X(QUERY_EVENTS_ACCEPTED, QUERY_EVENT_FROM " AND state = 'accepted'" QUERY_EVENT_ORDER)        \
	X(QUERY_EVENTS_ODD,                                                                           \
	  QUERY_EVENT_FROM " AND state = $3 AND state IN ('unknown', 'parked')" QUERY_EVENT_ORDER)    \
	X(QUERY_EVENT,                                                                                \
	  "SELECT id, source, kind, received_at, state, reason, body FROM events WHERE id = $1")      \
	X(QUERY_EVENT_STATE, "SELECT state FROM events WHERE id = $1")                                \
	X(QUERY_OPEN_KINDS, "SELECT kind, count(*) FROM incidents WHERE status = 'open' GROUP BY "    \
	                    "kind ORDER BY kind")                                                     \
	X(QUERY_QUEUE_PENDING,                                                                        \
	  "SELECT coalesce(t.blocked, 0), count(*) FROM deliveries d"                                 \
	  " LEFT JOIN destinations t ON t.key = d.destination WHERE d.state = 'pending'"              \
	  " GROUP BY coalesce(t.blocked, 0)")                                                         \
	X(QUERY_QUEUE_COUNT, "SELECT count(*) FROM deliveries WHERE state = $1")                      \
	X(QUERY_EVENTS_ODD_COUNT, "SELECT state, count(*) FROM events WHERE state IN ('unknown', "    \
	                          "'parked') GROUP BY state")                                         \
	X(QUERY_SOURCE_LAST,                                                                          \
	  "SELECT received_at FROM events WHERE source = $1 AND state <> 'accepted'"                  \
	  " ORDER BY id DESC LIMIT 1")                                                                \
	X(QUERY_DESTINATION,                                                                          \
	  "SELECT blocked, paused_until, failing_since, text FROM destinations WHERE key = $1")       \
	X(QUERY_LOOSE_BUCKETS,                                                                        \
	  "SELECT b.key, b.organization_id, b.project_id, b.name FROM buckets b WHERE " QUERY_LOOSE_B \
	  " ORDER BY b.key LIMIT $1")                                                                 \
	X(QUERY_LOOSE_BUCKETS_COUNT, "SELECT count(*) FROM buckets b WHERE " QUERY_LOOSE_B)           \
	X(QUERY_LOOSE_WORKSPACES,                                                                     \
	  "SELECT w.key, w.organization, w.name, w.id FROM workspaces w"                              \
	  " WHERE w.gone_at IS NULL AND NOT " QUERY_MATCHED " ORDER BY w.key LIMIT $1")               \
	X(QUERY_LOOSE_WORKSPACES_COUNT,                                                               \
	  "SELECT count(*) FROM workspaces w WHERE w.gone_at IS NULL AND NOT " QUERY_MATCHED)         \
	X(QUERY_COVERAGE,                                                                             \
	  "SELECT w.key, " QUERY_LACKS_NOTIFICATION ", " QUERY_LACKS_ASSESSMENT                       \
	  ", " QUERY_LACKS_RUN_TASK ", " WORKSPACE_COLUMNS " FROM workspaces w"                       \
	  " WHERE w.key > $1 AND w.gone_at IS NULL AND " QUERY_USES_IMAGES                            \
	  " AND ($2 IN ('', 'notification') AND " QUERY_LACKS_NOTIFICATION " = 1"                     \
	  " OR $2 IN ('', 'assessment') AND " QUERY_LACKS_ASSESSMENT " = 1"                           \
	  " OR $2 IN ('', 'run_task') AND " QUERY_LACKS_RUN_TASK " = 1) ORDER BY w.key LIMIT $3")     \
	X(QUERY_COVERAGE_COUNTS,                                                                      \
	  "SELECT COUNT(*), COALESCE(SUM(CASE WHEN n + a + t > 0 THEN 1 ELSE 0 END), 0),"             \
	  " COALESCE(SUM(n), 0), COALESCE(SUM(a), 0), COALESCE(SUM(t), 0)"                            \
	  " FROM (SELECT " QUERY_LACKS_NOTIFICATION " AS n, " QUERY_LACKS_ASSESSMENT                  \
	  " AS a, " QUERY_LACKS_RUN_TASK " AS t FROM workspaces w WHERE w.gone_at IS NULL"            \
	  " AND " QUERY_USES_IMAGES ") AS lacking")

#endif
