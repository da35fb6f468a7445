/* sql_usages.h - SQL of usages.h; rules in statements.h. */
#ifndef RELAY_STORE_SQL_USAGES_H
#define RELAY_STORE_SQL_USAGES_H

#define USAGE_COLUMNS                                                                          \
	"u.run, u.bucket_key, u.fingerprint, u.external_identifier, u.evidence, u.certain, "   \
	"u.basis, u.channel, u.version, u.platform, u.region, u.provider, u.type, u.address, " \
	"u.instances, u.fresh, u.seen_at, u.pinned"
/* As they are stored. */
#define USAGE_STORED                                                                         \
	"workspace_key, run, bucket_key, fingerprint, external_identifier, identifier_key, " \
	"evidence, certain, basis, channel, version, platform, region, provider, type, "     \
	"address, instances, fresh, seen_at, pinned"
/* What a run planned that was not created after $2; of no run that is known, too. */
#define USAGE_PLANNED_UNTIL                                                                 \
	" WHERE workspace_key = $1 AND run <> '' AND NOT EXISTS (SELECT 1 FROM readings r " \
	"WHERE r.run_id = usages.run AND r.kind = 'plan' AND r.workspace_key = $1 "         \
	"AND COALESCE(r.run_created_at, r.created_at) > $2)"
#define USAGE_ORDER \
	" ORDER BY u.workspace_key, u.bucket_key, u.run, u.fingerprint, u.external_identifier"

#define SQL_USAGES(X)                                                                                    \
	X(LINKED_OF_BUCKET,                                                                              \
	  "SELECT l.channel, l.seen_at, " WORKSPACE_COLUMNS " FROM links l JOIN workspaces w "           \
	  "ON w.key = l.workspace_key WHERE l.bucket_key = $1 ORDER BY l.workspace_key")                 \
	X(USING_BUCKET,                                                                                  \
	  "SELECT " WORKSPACE_COLUMNS " FROM workspaces w WHERE w.key IN "                               \
	  "(SELECT u.workspace_key FROM usages u WHERE u.bucket_key = $1 UNION "                         \
	  "SELECT f.workspace_key FROM former_usages f WHERE f.bucket_key = $1) ORDER BY w.key")         \
	X(USAGES_OF_BUCKET, "SELECT " USAGE_COLUMNS                                                      \
	                    ", u.workspace_key FROM usages u WHERE u.bucket_key = $1" USAGE_ORDER)       \
	X(USAGES_OF_WORKSPACE,                                                                           \
	  "SELECT " USAGE_COLUMNS " FROM usages u WHERE u.workspace_key = $1" USAGE_ORDER)               \
	X(USAGE_PUT,                                                                                     \
	  "INSERT INTO usages (workspace_key, run, bucket_key, fingerprint, external_identifier, "       \
	  "identifier_key, evidence, certain, basis, channel, version, platform, region, "               \
	  "provider, type, address, instances, fresh, seen_at, pinned) VALUES ($1, $2, $3, $4, $5, $6, " \
	  "$7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) "                          \
	  "ON CONFLICT (workspace_key, run, bucket_key, fingerprint, external_identifier) "              \
	  "DO UPDATE SET evidence = CASE WHEN usages.evidence = 'state' THEN 'state' "                   \
	  "ELSE excluded.evidence END, certain = CASE WHEN usages.certain > excluded.certain "           \
	  "THEN usages.certain ELSE excluded.certain END, basis = excluded.basis, "                      \
	  "channel = CASE WHEN excluded.pinned > 0 THEN excluded.channel "                               \
	  "ELSE COALESCE(excluded.channel, usages.channel) END, "                                        \
	  "pinned = CASE WHEN excluded.channel IS NULL AND usages.pinned > excluded.pinned "             \
	  "THEN usages.pinned ELSE excluded.pinned END, "                                                \
	  "version = COALESCE(excluded.version, usages.version), "                                       \
	  "platform = COALESCE(excluded.platform, usages.platform), "                                    \
	  "region = COALESCE(excluded.region, usages.region), "                                          \
	  "provider = COALESCE(excluded.provider, usages.provider), "                                    \
	  "type = COALESCE(excluded.type, usages.type), "                                                \
	  "address = COALESCE(excluded.address, usages.address), "                                       \
	  "instances = excluded.instances, fresh = excluded.fresh")                                      \
	X(USAGE_DROP,                                                                                    \
	  "DELETE FROM usages WHERE workspace_key = $1 AND run = $2 AND bucket_key = $3 "                \
	  "AND fingerprint = $4 AND external_identifier = $5")                                           \
	X(USAGE_DOUBT,                                                                                   \
	  "UPDATE usages SET certain = 0 WHERE workspace_key = $1 AND run = $2 AND bucket_key = $3 "     \
	  "AND fingerprint = $4 AND external_identifier = $5")                                           \
	X(USAGES_DROP_RUN, "DELETE FROM usages WHERE workspace_key = $1 AND run = $2")                   \
	X(USAGES_DROP_PLANNED, "DELETE FROM usages" USAGE_PLANNED_UNTIL)                                 \
	X(USAGES_DOUBT_PLANNED, "UPDATE usages SET certain = 0" USAGE_PLANNED_UNTIL)                     \
	X(USAGES_UNDO,                                                                                   \
	  "INSERT INTO undone_usages (" USAGE_STORED ") SELECT " USAGE_STORED                            \
	  " FROM usages WHERE workspace_key = $1 AND run = $2 ON CONFLICT (workspace_key, run, "         \
	  "bucket_key, fingerprint, external_identifier) DO NOTHING")                                    \
	X(USAGES_UNDONE,                                                                                 \
	  "SELECT " USAGE_COLUMNS " FROM undone_usages u WHERE u.workspace_key = $1 "                    \
	  "AND u.run = $2" USAGE_ORDER)                                                                  \
	X(USAGES_FORGET_UNDONE, "DELETE FROM undone_usages WHERE workspace_key = $1")                    \
	X(USAGES_UNRESOLVED,                                                                             \
	  "SELECT DISTINCT workspace_key FROM usages WHERE identifier_key = $1 "                         \
	  "AND identifier_key <> '' AND fingerprint = '' ORDER BY workspace_key")                        \
	X(USAGES_IN,                                                                                     \
	  "SELECT DISTINCT workspace_key FROM usages WHERE bucket_key = $1 ORDER BY workspace_key")      \
	X(FORMER_USAGE_PUT,                                                                              \
	  "INSERT INTO former_usages (workspace_key, bucket_key, fingerprint, until_at, evidence, "      \
	  "channel) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (workspace_key, bucket_key, "            \
	  "fingerprint) DO UPDATE SET until_at = excluded.until_at, "                                    \
	  "evidence = excluded.evidence, channel = excluded.channel "                                    \
	  "WHERE former_usages.until_at < excluded.until_at")                                            \
	X(FORMER_USAGE, "SELECT evidence, channel FROM former_usages WHERE workspace_key = $1 "          \
	                "AND bucket_key = $2 AND fingerprint = $3 AND until_at > $4")                    \
	X(APPLY_ADD,                                                                                     \
	  "INSERT INTO applies (workspace_key, applied_to, applied_from) VALUES ($1, $2, $3) "           \
	  "ON CONFLICT (workspace_key, applied_to) DO NOTHING")                                          \
	X(APPLIES_OF, "SELECT applied_from, applied_to FROM applies WHERE workspace_key = $1 "           \
	              "ORDER BY applied_to")                                                             \
	X(ARTIFACT_ADD,                                                                                  \
	  "INSERT INTO artifacts (identifier_key, image_key, bucket_key, fingerprint) "                  \
	  "VALUES ($1, $2, $3, $4) ON CONFLICT (identifier_key, image_key) DO NOTHING")                  \
	X(ARTIFACT_FIND, "SELECT image_key FROM artifacts WHERE identifier_key = $1 "                    \
	                 "AND ($2 = '' OR bucket_key = $2) ORDER BY image_key LIMIT 2")                  \
	X(BUCKETS_NAMED,                                                                                 \
	  "SELECT key FROM buckets WHERE name = $1 AND ($2 = '' OR organization_id = $2) "               \
	  "AND ($3 = '' OR project_id = $3) AND project_id <> '' ORDER BY key LIMIT 2")

#endif
