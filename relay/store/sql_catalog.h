/* sql_catalog.h - SQL of catalog.h; rules in statements.h. */
#ifndef RELAY_STORE_SQL_CATALOG_H
#define RELAY_STORE_SQL_CATALOG_H

#define IMAGE_COLUMNS                                                                                     \
	"key, bucket_key, fingerprint, id, version, status, as_of, created_at, completed_at, revoke_at, " \
	"revoked_by, reason, inherited_from, artifacts, deleted_at, deleted_by"
#define WORKSPACE_COLUMNS                                                                                   \
	"w.key, w.host, w.id, w.organization, w.name, w.url, w.seen_at, w.applied_run, "                    \
	"w.applied_from, w.applied_to, w.run_ok_at, w.run_failed_at, w.assessed_at, w.drifted, w.gone_at, " \
	"w.checks_failed, w.assessment_failed_at, w.assessment_heard_at, w.ended_at, "                      \
	"w.first_heard_at, w.exact_as_of, w.exact_gaps, w.project, w.tags, w.notified_at, w.tasked_at, w.health"

#define SQL_CATALOG(X)                                                                                                                                \
	X(BUCKET_ADD,                                                                                                                                 \
	  "INSERT INTO buckets (key, organization_id, project_id, name, id) VALUES ($1, $2, $3, $4, $5) "                                             \
	  "ON CONFLICT (key) DO NOTHING")                                                                                                             \
	X(BUCKETS, "SELECT key, organization_id, project_id, name FROM buckets ORDER BY key")                                                         \
	X(IMAGE_GET, "SELECT " IMAGE_COLUMNS " FROM images WHERE key = $1")                                                                           \
	X(IMAGES_OF_BUCKET,                                                                                                                           \
	  "SELECT " IMAGE_COLUMNS " FROM images WHERE bucket_key = $1 ORDER BY key")                                                                  \
	X(IMAGES_WITHDRAWN,                                                                                                                           \
	  "SELECT " IMAGE_COLUMNS " FROM images WHERE bucket_key = $1 "                                                                               \
	  "AND (status IN ('revoked', 'scheduled') OR deleted_at IS NOT NULL) ORDER BY key")                                                          \
	X(IMAGES_INHERITED,                                                                                                                           \
	  "WITH RECURSIVE tree (key) AS (SELECT d.key FROM images d WHERE d.inherited_from = $1 "                                                     \
	  "UNION SELECT d.key FROM images d JOIN tree t ON d.inherited_from = t.key) "                                                                \
	  "SELECT " IMAGE_COLUMNS                                                                                                                     \
	  " FROM images WHERE key IN (SELECT key FROM tree) AND key <> $1 ORDER BY key")                                                              \
	X(IMAGES_LED,                                                                                                                                 \
	  "SELECT " IMAGE_COLUMNS " FROM images WHERE key IN "                                                                                        \
	  "(SELECT i.image_key FROM incidents i WHERE i.id = $1 OR i.lead_id = $1) OR inherited_from IN "                                             \
	  "(SELECT i.image_key FROM incidents i WHERE i.id = $1 OR i.lead_id = $1) ORDER BY key")                                                     \
	X(IMAGE_PUT,                                                                                                                                  \
	  "INSERT INTO images (" IMAGE_COLUMNS                                                                                                        \
	  ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) "                                                         \
	  "ON CONFLICT (key) DO UPDATE SET id = excluded.id, version = excluded.version, status = excluded.status, "                                  \
	  "as_of = excluded.as_of, created_at = excluded.created_at, completed_at = excluded.completed_at, "                                          \
	  "revoke_at = excluded.revoke_at, revoked_by = excluded.revoked_by, reason = excluded.reason, "                                              \
	  "inherited_from = excluded.inherited_from, artifacts = excluded.artifacts, "                                                                \
	  "deleted_at = excluded.deleted_at, deleted_by = excluded.deleted_by")                                                                       \
	X(IMAGE_BY_VERSION,                                                                                                                           \
	  "SELECT fingerprint FROM images WHERE bucket_key = $1 AND version = $2 "                                                                    \
	  "ORDER BY COALESCE(completed_at, created_at, 0) DESC, key DESC LIMIT 1")                                                                    \
	X(IMAGE_BY_ID,                                                                                                                                \
	  "SELECT fingerprint FROM images WHERE bucket_key = $1 AND id = $2 ORDER BY key LIMIT 1")                                                    \
	X(ASSIGNMENT_ADD,                                                                                                                             \
	  "INSERT INTO assignments (bucket_key, channel, assigned_at, event_id, fingerprint, version, "                                               \
	  "previous_fingerprint, previous_version, managed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "                                             \
	  "ON CONFLICT (bucket_key, channel, assigned_at, event_id) DO NOTHING")                                                                      \
	X(ASSIGNMENTS_OF_BUCKET,                                                                                                                      \
	  "SELECT channel, assigned_at, fingerprint, version, previous_fingerprint, previous_version, managed "                                       \
	  "FROM assignments WHERE bucket_key = $1 ORDER BY channel, assigned_at, event_id")                                                           \
	X(WORKSPACE_GET, "SELECT " WORKSPACE_COLUMNS " FROM workspaces w WHERE w.key = $1")                                                           \
	X(WORKSPACE_BY_ID,                                                                                                                            \
	  "SELECT " WORKSPACE_COLUMNS " FROM workspaces w WHERE w.host = $1 AND w.id = $2")                                                           \
	X(WORKSPACE_BY_NAME,                                                                                                                          \
	  "SELECT " WORKSPACE_COLUMNS " FROM workspaces w WHERE w.organization = $1 AND "                                                             \
	  "w.name = $2 AND w.host = $3 ORDER BY w.seen_at DESC, w.key DESC LIMIT 1")                                                                  \
	X(WORKSPACES, "SELECT " WORKSPACE_COLUMNS                                                                                                     \
	              " FROM workspaces w WHERE w.key > $1 ORDER BY w.key LIMIT $2")                                                                  \
	X(WORKSPACE_PUT,                                                                                                                              \
	  "INSERT INTO workspaces (key, host, id, organization, name, url, seen_at, applied_run, applied_from, "                                      \
	  "applied_to, run_ok_at, run_failed_at, assessed_at, drifted, gone_at, "                                                                     \
	  "checks_failed, assessment_failed_at, assessment_heard_at, ended_at, first_heard_at, exact_as_of, exact_gaps, project, tags, notified_at, " \
	  "tasked_at, health) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, "                                        \
	  "$17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27) "                                                                                   \
	  "ON CONFLICT (key) DO UPDATE SET id = excluded.id, organization = excluded.organization, "                                                  \
	  "name = excluded.name, url = excluded.url, seen_at = excluded.seen_at, applied_run = excluded.applied_run, "                                \
	  "applied_from = excluded.applied_from, applied_to = excluded.applied_to, run_ok_at = excluded.run_ok_at, "                                  \
	  "run_failed_at = excluded.run_failed_at, assessed_at = excluded.assessed_at, drifted = excluded.drifted, "                                  \
	  "gone_at = excluded.gone_at, checks_failed = excluded.checks_failed, "                                                                      \
	  "assessment_failed_at = excluded.assessment_failed_at, assessment_heard_at = excluded.assessment_heard_at, "                                \
	  "ended_at = excluded.ended_at, first_heard_at = excluded.first_heard_at, "                                                                  \
	  "exact_as_of = excluded.exact_as_of, exact_gaps = excluded.exact_gaps, project = excluded.project, "                                        \
	  "tags = excluded.tags, notified_at = excluded.notified_at, tasked_at = excluded.tasked_at, "                                                \
	  "health = excluded.health")                                                                                                                 \
	X(LINK_ADD,                                                                                                                                   \
	  "INSERT INTO links (workspace_key, bucket_key, channel, seen_at) VALUES ($1, $2, $3, $4) "                                                  \
	  "ON CONFLICT (workspace_key, bucket_key) DO UPDATE SET channel = excluded.channel")                                                         \
	X(LINK_DROP, "DELETE FROM links WHERE workspace_key = $1 AND bucket_key = $2")                                                                \
	X(LINKS_OF_WORKSPACE,                                                                                                                         \
	  "SELECT bucket_key, channel, seen_at FROM links WHERE workspace_key = $1 ORDER BY bucket_key")

#endif
