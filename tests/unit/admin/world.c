#include "world.h"

#include "relay/model/key.h"
#include "relay/store/catalog.h"
#include "relay/store/events.h"
#include "relay/store/incidents.h"
#include "relay/store/queue.h"

struct world_ids world;

static char *shop_web, *base_os; /* bucket keys */

static char *
add_bucket(struct db *db, const char *name)
{
	char *key = key_bucket("org-1", "prj-1", name);
	const struct bucket bucket = {key, (char *)"org-1", (char *)"prj-1", (char *)name};
	struct err err = {""};

	FILL_OK(catalog_bucket_add(db, &bucket, "bkt-id", &err));
	return key;
}

static char *
add_image(struct db *db, const char *bucket_key, const char *fingerprint, const char *version,
          enum image_status status, const char *inherited_from)
{
	struct image image = {
		.key = key_image(bucket_key, fingerprint),
		.bucket_key = (char *)bucket_key,
		.fingerprint = (char *)fingerprint,
		.id = (char *)"ver-id",
		.version = (char *)version,
		.status = status,
		.as_of = WORLD_MS,
		.completed_at = WORLD_MS + atoi(version + 1) * HOUR_MS,
		.revoke_at = status == IMAGE_REVOKED ? WORLD_MS + DAY_MS : 0,
		.revoked_by = status == IMAGE_REVOKED ? (char *)"kim@example.com" : NULL,
		.inherited_from = (char *)inherited_from,
		.artifacts = json_pack("[{s:s, s:s, s:s}]", "platform", "aws", "region",
	                               "eu-west-1", "external_identifier", "ami-0a"),
	};
	struct err err = {""};

	FILL_OK(catalog_image_put(db, &image, &err));
	json_decref(image.artifacts);
	return image.key;
}

static void
add_workspace(struct db *db, const char *name, const char *id, bool drifted, const char *bucket_key)
{
	struct workspace workspace = {
		.key = mem_fmt("key-%s", name),
		.host = (char *)"tf.example.com",
		.id = (char *)id,
		.organization = (char *)"example-org",
		.name = (char *)name,
		.url = (char *)"https://tf.example.com/app/example-org",
		.drifted = drifted,
		.seen_at = WORLD_MS,
		.applied = {WORLD_MS + 3 * HOUR_MS, WORLD_MS + 3 * HOUR_MS},
		.applied_run = (char *)"run-1",
	};
	struct err err = {""};

	FILL_OK(catalog_workspace_put(db, &workspace, &err));
	if (bucket_key)
		FILL_OK(catalog_link_add(db, workspace.key, bucket_key, "production", WORLD_MS,
		                         &err));
	free(workspace.key);
}

static void
assign(struct db *db, const char *bucket_key, const char *fingerprint, const char *version,
       int64_t at)
{
	const struct assignment a = {
		.channel = (char *)"production",
		.at = at,
		.fingerprint = (char *)fingerprint,
		.version = (char *)version,
	};
	struct err err = {""};

	FILL_OK(catalog_assign(db, bucket_key, version, &a, &err));
}

static void
fill_catalog(struct db *db)
{
	char *ancestor, *image;

	shop_web = add_bucket(db, "shop-web");
	base_os = add_bucket(db, "base-os");
	ancestor = add_image(db, base_os, "fp-base-7", "v7", IMAGE_REVOKED, NULL);
	image = add_image(db, shop_web, "fp-web-1", "v1", IMAGE_REVOKED, ancestor);
	free(image);
	image = add_image(db, shop_web, "fp-web-2", "v2", IMAGE_ACTIVE, NULL);
	free(image);
	free(ancestor);
	assign(db, shop_web, "fp-web-1", "v1", WORLD_MS + 2 * HOUR_MS);
	assign(db, shop_web, "fp-web-2", "v2", WORLD_MS + 5 * HOUR_MS);
	image = add_image(db, base_os, "fp-base-8", "v8", IMAGE_ACTIVE, NULL);
	free(image);
	assign(db, base_os, "fp-base-7", "v7", WORLD_MS - DAY_MS);
	assign(db, base_os, "fp-base-8", "v8", WORLD_MS + HOUR_MS);
	add_workspace(db, "shop-web-prod", "ws-prod", false, shop_web);
	add_workspace(db, "shop-web-test", "ws-test", true, shop_web);
	add_workspace(db, "bank-core", "ws-bank", true, NULL);
	add_workspace(db, "lonely", NULL, false, NULL);
}

static void
add_incident(struct db *db, struct incident *incident, char id[ID_SIZE], int64_t at)
{
	struct err err = {""};

	id_make("inc", at, incident->id);
	memcpy(id, incident->id, ID_SIZE);
	incident->key = mem_fmt("%s/%s", incident_kind_names[incident->kind], incident->id);
	incident->revision = 1;
	incident->opened_at = incident->updated_at = at;
	FILL_OK(incidents_add(db, incident, &err));
	free(incident->key);
	json_decref(incident->detail);
}

static void
add_row(struct db *db, const char *workspace, enum row_state state, bool known)
{
	const struct incident_row row = {
		.workspace_key = (char *)workspace,
		.bucket_key = shop_web,
		.fingerprint = (char *)"fp-web-1",
		.version = (char *)"v1",
		.channel = (char *)"production",
		.state = state,
		.known = known,
		.evidence = EVIDENCE_RULE,
	};
	struct err err = {""};

	FILL_OK(incidents_row_put(db, world.revocation, &row, &err));
}

static void
fill_incidents(struct db *db)
{
	char *image = key_image(base_os, "fp-base-7");
	struct incident revocation = {
		.kind = KIND_IMAGE_REVOCATION,
		.phase = PHASE_REVOKED,
		.severity = SEVERITY_CRITICAL,
		.open = true,
		.title = (char *)"Image revoked: base-os v7",
		.bucket_key = base_os,
		.image_key = image,
	};
	struct incident drift = {
		.kind = KIND_WORKSPACE_DRIFT,
		.severity = SEVERITY_WARNING,
		.open = true,
		.title = (char *)"Workspace drifted: bank-core",
		.workspace_key = (char *)"key-bank-core",
		.detail = json_pack("{s:{s:s, s:s}}", "image", "bucket", "bank-images", "version",
	                            "v3"),
	};
	struct incident closed = {
		.kind = KIND_IMAGE_RELEASED,
		.severity = SEVERITY_INFO,
		.title = (char *)"Image released: shop-web v2",
		.bucket_key = shop_web,
		.resolved_at = WORLD_MS + 2 * DAY_MS,
	};
	struct err err = {""};

	add_incident(db, &revocation, world.revocation, WORLD_MS);
	add_incident(db, &drift, world.drift, WORLD_MS + HOUR_MS);
	add_incident(db, &closed, world.closed, WORLD_MS + 2 * HOUR_MS);
	add_row(db, "key-shop-web-prod", ROW_MOVED, true);
	add_row(db, "key-shop-web-test", ROW_AFFECTED, false);
	FILL_OK(incidents_note(db, world.revocation, WORLD_MS, "revoked by kim@example.com",
	                       "evt_first", &err));
	FILL_OK(incidents_note(db, world.revocation, WORLD_MS + HOUR_MS, "shop-web-prod moved",
	                       NULL, &err));
	free(image);
}

/* Owes one message to a destination of its own, and claims it. */
static void
owe(struct db *db, const char *destination, const char *incident, char id[ID_SIZE], bool claim)
{
	struct notification notification = {.revision = 1};
	struct delivery_plan plan = {
		.notification_id = notification.id,
		.revision = 1,
		.document = "{\"reason\":null}",
		.destination = destination,
		.sink = "archive",
		.route = "all",
		.team = "shop",
		.sink_kind = "webhook",
		.every_revision = true,
		.severity = SEVERITY_CRITICAL,
		.phase = PHASE_REVOKED,
		.not_before = WORLD_MS,
		.incident_id = incident,
	};
	const struct claim_want want = {
		.destination = destination, .slots = 1, .lease_ms = MINUTE_MS};
	struct claimed claimed;
	int64_t next;
	struct err err = {""};

	id_make("ntf", WORLD_MS, notification.id);
	FILL_OK(notification_add(db, incident, destination, "shop", &notification, &err));
	FILL_OK(queue_add(db, &plan, WORLD_MS, &err));
	if (!claim)
		return;
	assert_int_equal(queue_claim(db, &want, WORLD_MS + MINUTE_MS, &claimed, &next, &err), 1);
	memcpy(id, claimed.id, ID_SIZE);
	claimed_fini(&claimed);
}

static void
settle(struct db *db, const char *id, enum settle how, const char *outcome, int code,
       const char *text)
{
	const struct settlement settlement = {
		.delivery_id = id,
		.settle = how,
		.outcome = outcome,
		.code = code,
		.text = text,
		.elapsed_ms = 25,
		.due_at = WORLD_MS + HOUR_MS,
	};
	struct err err = {""};

	FILL_OK(queue_settle(db, &settlement, WORLD_MS + MINUTE_MS, &err));
}

static void
fill_deliveries(struct db *db)
{
	const struct destination_state shut = {
		.blocked = true,
		.paused_until = WORLD_MS + 2 * HOUR_MS,
		.failures = 1,
		.failing_since = WORLD_MS,
	};
	struct err err = {""};

	owe(db, "webhook dead", world.revocation, world.dead, true);
	settle(db, world.dead, SETTLE_RETRY, "retry", 503, "busy");
	FILL_OK(queue_release_all(db, &err));
	owe(db, "webhook sent", world.revocation, world.sent, true);
	settle(db, world.sent, SETTLE_SENT, "sent", 204, NULL);
	owe(db, "webhook blocked", world.drift, world.blocked, true);
	settle(db, world.blocked, SETTLE_WAIT, "blocked", 401, "not authorized");
	FILL_OK(queue_destination_put(db, "webhook blocked", "webhook", &shut, "not authorized",
	                              WORLD_MS, &err));
	owe(db, "webhook claimed", world.drift, world.claimed, true);
}

static void
kill_first(struct db *db)
{
	const struct claim_want want = {
		.destination = "webhook dead", .slots = 1, .lease_ms = MINUTE_MS};
	struct claimed claimed;
	struct err err = {""};
	int64_t next;

	assert_int_equal(queue_claim(db, &want, WORLD_MS + 2 * HOUR_MS, &claimed, &next, &err), 1);
	assert_string_equal(claimed.id, world.dead);
	claimed_fini(&claimed);
	settle(db, world.dead, SETTLE_DEAD, "rejected", 400, "no such thing");
}

static void
add_event(struct db *db, int serial, const char *source, const char *body, enum event_state state,
          const char *reason, char id[ID_SIZE])
{
	char key[40], first[32];
	struct new_event event = {
		.id = id,
		.key = key,
		.source = source,
		.source_kind = "hcp_packer",
		.body = body,
		.body_len = strlen(body),
		.received_at = WORLD_MS + serial * MINUTE_MS,
		.state = EVENT_ACCEPTED,
	};
	struct err err = {""};

	snprintf(key, sizeof key, "%032d", serial);
	id_make("evt", event.received_at, id);
	assert_int_equal(event_insert(db, &event, first, &err), 1);
	FILL_OK(event_move(db, id, state, "version.thing", reason, &err));
}

void
fill_world(struct db *db)
{
	fill_catalog(db);
	fill_incidents(db);
	fill_deliveries(db);
	kill_first(db);
	add_event(db, 0, "builds", "{\"a\":[1,\"two\"]}", EVENT_PROCESSED, NULL, world.processed);
	add_event(db, 1, "builds", "{\"b\":1}", EVENT_STATE_UNKNOWN, "a new action", world.unknown);
	add_event(db, 2, "runs", "{\"c\":1}", EVENT_PARKED, "it failed three times", world.parked);
	add_event(db, 3, "runs", "{\"twice\":1,\"twice\":2}", EVENT_STATE_UNKNOWN, "a name twice",
	          world.broken);
	free(shop_web);
	free(base_os);
}

struct rig *rig;

int
world_setup(void **state)
{
	(void)state;
	rig = rig_start("127.0.0.1:0", "", fill_world);
	return 0;
}

int
world_teardown(void **state)
{
	(void)state;
	rig_stop(rig);
	return 0;
}
