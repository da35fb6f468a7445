#include "relay/store/schema.h"

#include "relay/base/mem.h"

/*
 * Times are BIGINT milliseconds, flags BIGINT 0 or 1, states the words of the
 * contract.  Keys made of several names ("organization/project/bucket") are
 * joined by model/key.h, which escapes "/" in each part.
 *
 * events            what was received; event_keys outlive them
 * buckets..usages   the catalog: what is known of images and workspaces
 * incidents..       what is wrong, who is affected, what happened
 * notifications..   what is said about one incident to one audience
 * lanes, deliveries what each destination was told and is owed
 * wakes             what happens by itself, and when (wakes.h)
 */
const char schema_meta[] =
	"CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) @ROWLESS@;";

/*
 * Tables of large rows (bodies, documents) keep their row numbers in SQLite:
 * rows are appended then, and a third more events are accepted in a second.
 * What acceptance need not write is written with the plan: each index more
 * costs it a page of the log in every commit.
 */
static const char first[] =
	"CREATE TABLE events ("
	"  id TEXT NOT NULL PRIMARY KEY, key TEXT NOT NULL,"
	"  source TEXT NOT NULL, source_kind TEXT NOT NULL, kind TEXT,"
	"  received_at BIGINT NOT NULL, state TEXT NOT NULL, tries BIGINT NOT NULL,"
	"  reason TEXT, sealed TEXT, body TEXT NOT NULL);"
	"CREATE INDEX events_accepted ON events (id) WHERE state = 'accepted';"
	"CREATE INDEX events_done ON events (received_at) WHERE state IN ('processed', 'ignored');"
	"CREATE INDEX events_odd_seen ON events (state, received_at) WHERE state IN ('unknown', 'parked');"
	"CREATE INDEX events_source ON events (source, id) WHERE state <> 'accepted';"
	"CREATE INDEX events_sealed ON events (received_at) WHERE sealed IS NOT NULL;"
	"CREATE INDEX events_odd ON events (state, id) WHERE state IN ('unknown', 'parked');"
	"CREATE INDEX events_odd_kind ON events (source, COALESCE(kind, 'unprocessable'))"
	"  WHERE state IN ('unknown', 'parked');"
	"CREATE TABLE event_keys ("
	"  key TEXT NOT NULL PRIMARY KEY, event_id TEXT NOT NULL, seen_at BIGINT NOT NULL) @ROWLESS@;"
	"CREATE INDEX event_keys_seen ON event_keys (seen_at);"

	"CREATE TABLE buckets ("
	"  key TEXT NOT NULL PRIMARY KEY, organization_id TEXT NOT NULL, project_id TEXT NOT NULL,"
	"  name TEXT NOT NULL, id TEXT) @ROWLESS@;"
	"CREATE TABLE images ("
	"  key TEXT NOT NULL PRIMARY KEY, bucket_key TEXT NOT NULL, fingerprint TEXT NOT NULL,"
	"  id TEXT, version TEXT, status TEXT NOT NULL, as_of BIGINT NOT NULL,"
	"  created_at BIGINT, completed_at BIGINT, revoke_at BIGINT, revoked_by TEXT, reason TEXT,"
	"  inherited_from TEXT, artifacts TEXT, deleted_at BIGINT, deleted_by TEXT) @ROWLESS@;"
	"CREATE INDEX images_bucket ON images (bucket_key);"
	"CREATE INDEX images_inherited ON images (inherited_from) WHERE inherited_from IS NOT NULL;"
	"CREATE TABLE assignments ("
	"  bucket_key TEXT NOT NULL, channel TEXT NOT NULL, assigned_at BIGINT NOT NULL, event_id TEXT NOT NULL,"
	"  fingerprint TEXT, version TEXT, previous_fingerprint TEXT, previous_version TEXT,"
	"  managed BIGINT NOT NULL,"
	"  PRIMARY KEY (bucket_key, channel, assigned_at, event_id)) @ROWLESS@;"
	"CREATE TABLE workspaces ("
	"  key TEXT NOT NULL PRIMARY KEY, host TEXT NOT NULL, id TEXT, organization TEXT NOT NULL,"
	"  name TEXT NOT NULL, url TEXT, seen_at BIGINT NOT NULL,"
	"  applied_run TEXT, applied_from BIGINT, applied_to BIGINT,"
	"  run_ok_at BIGINT, run_failed_at BIGINT,"
	"  assessed_at BIGINT, drifted BIGINT NOT NULL, checks_failed BIGINT NOT NULL,"
	"  assessment_failed_at BIGINT, assessment_heard_at BIGINT,"
	"  gone_at BIGINT, ended_at BIGINT) @ROWLESS@;"
	"CREATE UNIQUE INDEX workspaces_id ON workspaces (host, id) WHERE id IS NOT NULL;"
	"CREATE INDEX workspaces_name ON workspaces (organization, name);"
	"CREATE TABLE runs ("
	"  host TEXT NOT NULL, id TEXT NOT NULL, workspace_key TEXT NOT NULL, status TEXT NOT NULL,"
	"  updated_at BIGINT NOT NULL, waits BIGINT NOT NULL, PRIMARY KEY (host, id)) @ROWLESS@;"
	"CREATE INDEX runs_updated ON runs (updated_at);"
	"CREATE TABLE usages ("
	"  workspace_key TEXT NOT NULL, bucket_key TEXT NOT NULL, fingerprint TEXT NOT NULL,"
	"  external_identifier TEXT NOT NULL, evidence TEXT NOT NULL, channel TEXT, seen_at BIGINT NOT NULL,"
	"  PRIMARY KEY (workspace_key, bucket_key, fingerprint, external_identifier)) @ROWLESS@;"
	"CREATE INDEX usages_bucket ON usages (bucket_key);"

	"CREATE TABLE incidents ("
	"  id TEXT NOT NULL PRIMARY KEY, key TEXT NOT NULL, kind TEXT NOT NULL, phase TEXT,"
	"  status TEXT NOT NULL, severity TEXT NOT NULL, title TEXT NOT NULL, revision BIGINT NOT NULL,"
	"  opened_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, resolved_at BIGINT,"
	"  bucket_key TEXT, image_key TEXT, channel TEXT, workspace_key TEXT, detail TEXT,"
	"  lead_id TEXT, cause TEXT, cause_at BIGINT, ack_by TEXT, ack_comment TEXT, ack_until BIGINT) @ROWLESS@;"
	"CREATE UNIQUE INDEX incidents_open ON incidents (key) WHERE status = 'open';"
	"CREATE INDEX incidents_key ON incidents (key);"
	"CREATE INDEX incidents_bucket ON incidents (bucket_key, status) WHERE bucket_key IS NOT NULL;"
	"CREATE INDEX incidents_workspace ON incidents (workspace_key, status)"
	"  WHERE workspace_key IS NOT NULL;"
	"CREATE INDEX incidents_resolved ON incidents (status, resolved_at) WHERE status = 'resolved';"
	"CREATE INDEX incidents_status ON incidents (status, id);"
	"CREATE INDEX incidents_cause ON incidents (cause, cause_at) WHERE cause IS NOT NULL;"
	"CREATE INDEX incidents_lead ON incidents (lead_id) WHERE lead_id IS NOT NULL;"
	"CREATE TABLE incident_rows ("
	"  incident_id TEXT NOT NULL, workspace_key TEXT NOT NULL, bucket_key TEXT NOT NULL, fingerprint TEXT NOT NULL,"
	"  state TEXT NOT NULL, certainty TEXT NOT NULL, evidence TEXT NOT NULL, channel TEXT, version TEXT,"
	"  PRIMARY KEY (incident_id, workspace_key, bucket_key)) @ROWLESS@;"
	"CREATE INDEX incident_rows_workspace ON incident_rows (workspace_key);"
	"CREATE TABLE timeline ("
	"  incident_id TEXT NOT NULL, at BIGINT NOT NULL, seq BIGINT NOT NULL, what TEXT NOT NULL, event_id TEXT,"
	"  PRIMARY KEY (incident_id, seq)) @ROWLESS@;"

	"CREATE TABLE wakes ("
	"  kind TEXT NOT NULL, subject TEXT NOT NULL, at BIGINT NOT NULL,"
	"  PRIMARY KEY (kind, subject)) @ROWLESS@;"
	"CREATE INDEX wakes_at ON wakes (at);"

	"CREATE TABLE silences ("
	"  id TEXT NOT NULL PRIMARY KEY, matches TEXT NOT NULL, starts_at BIGINT, until BIGINT, weekly TEXT,"
	"  author TEXT NOT NULL, comment TEXT, created_at BIGINT NOT NULL) @ROWLESS@;"
	"CREATE INDEX silences_until ON silences (until);"

	"CREATE TABLE notifications ("
	"  id TEXT NOT NULL PRIMARY KEY, incident_id TEXT NOT NULL, audience TEXT NOT NULL, team TEXT,"
	"  revision BIGINT NOT NULL, digest TEXT, news BIGINT) @ROWLESS@;"
	"CREATE UNIQUE INDEX notifications_audience ON notifications (incident_id, audience);"

	"CREATE TABLE destinations ("
	"  key TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, blocked BIGINT NOT NULL, paused_until BIGINT,"
	"  failures BIGINT NOT NULL, failing_since BIGINT, text TEXT, updated_at BIGINT NOT NULL) @ROWLESS@;"
	"CREATE TABLE lanes ("
	"  notification_id TEXT NOT NULL, destination TEXT NOT NULL,"
	"  told_revision BIGINT, told_status TEXT, told_at BIGINT,"
	"  spoken_phase TEXT, spoken_severity TEXT, spoken_at BIGINT, maybe_told BIGINT, reference TEXT,"
	"  PRIMARY KEY (notification_id, destination)) @ROWLESS@;"
	"CREATE TABLE deliveries ("
	"  id TEXT NOT NULL PRIMARY KEY, notification_id TEXT NOT NULL, incident_id TEXT, destination TEXT NOT NULL,"
	"  sink TEXT, sink_kind TEXT NOT NULL, route TEXT, team TEXT,"
	"  revision BIGINT NOT NULL, reason TEXT, document TEXT NOT NULL,"
	"  status TEXT, phase TEXT, severity TEXT, every_revision BIGINT NOT NULL, at_once BIGINT NOT NULL,"
	"  state TEXT NOT NULL, plain BIGINT NOT NULL, attempts BIGINT NOT NULL,"
	"  created_at BIGINT NOT NULL, due_at BIGINT NOT NULL, lease_until BIGINT,"
	"  target TEXT, event_id TEXT, recipients TEXT,"
	"  edits BIGINT, reminder BIGINT, carrier TEXT, held_until BIGINT, held_by TEXT);"
	"CREATE INDEX deliveries_held ON deliveries (incident_id) WHERE held_until IS NOT NULL;"
	"CREATE INDEX deliveries_carrier ON deliveries (carrier) WHERE carrier IS NOT NULL;"
	"CREATE INDEX deliveries_due ON deliveries (destination, due_at, id) WHERE state = 'pending';"
	"CREATE INDEX deliveries_done ON deliveries (state, created_at) WHERE state IN ('sent', 'dead', 'dropped');"
	"CREATE INDEX deliveries_claimed ON deliveries (destination) WHERE state = 'claimed';"
	"CREATE INDEX deliveries_lane ON deliveries (notification_id, destination);"
	"CREATE INDEX deliveries_incident ON deliveries (incident_id);"
	"CREATE INDEX deliveries_state ON deliveries (state, id);"
	"CREATE TABLE attempts ("
	"  delivery_id TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, outcome TEXT NOT NULL,"
	"  code BIGINT NOT NULL, text TEXT, ms BIGINT NOT NULL,"
	"  PRIMARY KEY (delivery_id, seq)) @ROWLESS@;";

const char *const schema_migrations[] = {first};
const int schema_version = COUNT(schema_migrations);
