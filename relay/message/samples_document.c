#include "relay/message/samples_document.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/document.h"

#define OPENED_AT INT64_C(1768469400000) /* 2026-01-15T09:30:00Z */
#define AFFECTED_IN_ALL 141              /* of ROWS_CUT */

#define INCIDENT_ID "inc_01KEZJ3V7Q8W9X0Y1Z2A3B4C5D"
#define FINGERPRINT "01HVXZ4K2M8N6P0Q3R5S7T9V1W"
#define NEXT_FINGERPRINT "01HW2B7C9D1E3F5G7H9J1K3M5N"

static void
set(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, value);
}

static void
set_text(json_t *object, const char *name, const char *text)
{
	set(object, name, json_text_or_null(text));
}

/* The image */

static json_t *
artifacts(void)
{
	return json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}]", "platform", "aws", "region",
	                 "us-east-1", "external_identifier", "ami-0a1b2c3d4e5f60718", "platform",
	                 "aws", "region", "eu-central-1", "external_identifier",
	                 "ami-0f1e2d3c4b5a69788");
}

static json_t *
descendants(const char *status)
{
	return json_pack("[{s:s, s:s, s:s, s:s}]", "bucket", "fin-payments-images", "version",
	                 "v12", "fingerprint", "01HVZ8X6W4V2T0S8R6Q4P2N0M8", "status", status);
}

static json_t *
image_full(const char *status)
{
	bool active = strcmp(status, "active") == 0, deleted = strcmp(status, "deleted") == 0;
	json_t *image = json_object();

	set_text(image, "organization_id", "2f6b3c1e-7d52-4a8b-9c0e-5d1f3a7b9c2e");
	set_text(image, "project_id", "8a1d4e7b-3c6f-4b2a-8e5d-0f9c7b6a5d4e");
	set_text(image, "bucket", "base-ubuntu-2204");
	set_text(image, "version", "v3");
	set_text(image, "version_id", "01HVXZ4K0A1B2C3D4E5F6G7H8J");
	set_text(image, "fingerprint", FINGERPRINT);
	set_text(image, "status", status);
	set(image, "revoke_at",
	    active || deleted                  ? json_null()
	    : strcmp(status, "scheduled") == 0 ? json_time_or_null(OPENED_AT + 14 * DAY_MS)
	                                       : json_time_or_null(OPENED_AT));
	set_text(image, "revoked_by", active || deleted ? NULL : "jane.doe@example.com");
	set_text(image, "reason", active || deleted ? NULL : "CVE-2024-3094 in xz & \"liblzma\"");
	set_text(image, "url",
	         "https://portal.cloud.hashicorp.com/services/packer/buckets/base-ubuntu-2204");
	set(image, "channels", json_pack("[s, s]", "production", "staging"));
	set(image, "artifacts", artifacts());
	set(image, "inherited_from",
	    json_pack("{s:s, s:s}", "bucket", "base-debian-12", "version", "v41"));
	set(image, "descendants", descendants(active || deleted ? "active" : status));
	set(image, "replacement",
	    json_pack("{s:s, s:s, s:s}", "version", "v4", "fingerprint", NEXT_FINGERPRINT,
	              "channel", "production"));
	return image;
}

static json_t *
image_sparse(const char *status)
{
	static const char *const absent[] = {"organization_id", "project_id",  "version",
	                                     "version_id",      "fingerprint", "revoke_at",
	                                     "revoked_by",      "reason",      "url",
	                                     "inherited_from",  "replacement"};
	static const char *const empty[] = {"channels", "artifacts", "descendants"};
	json_t *image = image_full(status);

	for (size_t i = 0; i < COUNT(absent); i++)
		set(image, absent[i], json_null());
	for (size_t i = 0; i < COUNT(empty); i++)
		set(image, empty[i], json_array());
	return image;
}

/* Workspaces */

struct row {
	const char *name, *team, *state, *certainty, *evidence;
	bool drifted, planned;
};

static json_t *
row_full(const struct row *row, bool runs_image)
{
	json_t *out = json_object();
	char *id = mem_fmt("ws-%.16s", row->name);
	char *url = mem_fmt("https://app.terraform.io/app/acme-org/workspaces/%s", row->name);

	set_text(out, "id", id);
	set_text(out, "name", row->name);
	set_text(out, "organization", "acme-org");
	set_text(out, "url", url);
	set_text(out, "team", row->team);
	set_text(out, "state", row->state);
	set_text(out, "certainty", row->certainty);
	set_text(out, "evidence", runs_image ? row->evidence : NULL);
	set_text(out, "bucket", runs_image ? "base-ubuntu-2204" : NULL);
	set_text(out, "channel", runs_image ? "production" : NULL);
	set_text(out, "version", runs_image ? "v3" : NULL);
	set_text(out, "fingerprint", runs_image ? FINGERPRINT : NULL);
	set(out, "drifted", json_boolean(row->drifted));
	if (row->planned)
		set(out, "planned", json_true());
	free(url);
	free(id);
	return out;
}

static json_t *
row_sparse(const struct row *row)
{
	static const char *const absent[] = {"id",      "organization", "url",
	                                     "team",    "evidence",     "bucket",
	                                     "channel", "version",      "fingerprint"};
	json_t *out = row_full(row, false);

	for (size_t i = 0; i < COUNT(absent); i++)
		set(out, absent[i], json_null());
	return out;
}

static const struct row in_every_state[] = {
	{"fin-payments-prod", "payments", "affected", "known", "state", true, false},
	{"fin-payments-stage", "payments", "affected", "known", "plan", false, true},
	{"retail-checkout-prod", "checkout", "affected", "possible", "rule", false, false},
	{"retail-checkout-stage", NULL, "moved", "possible", "rule", false, false},
	{"batch-reports-old", "reports", "gone", "known", "state", false, false},
};
static const struct row after[] = {
	{"fin-payments-prod", "payments", "moved", "known", "state", false, false},
	{"batch-reports-old", "reports", "gone", "known", "state", false, false},
};
static const struct row itself[] = {
	{"fin-payments-prod", "payments", "affected", "known", "state", true, false}};
static const struct row itself_after[] = {
	{"fin-payments-prod", "payments", "moved", "known", "state", false, false}};

static const struct {
	const struct row *rows;
	size_t count;
} row_lists[] = {
	[ROWS_NONE] = {NULL, 0},
	[ROWS_AFFECTED] = {in_every_state, COUNT(in_every_state)},
	[ROWS_AFTER] = {after, COUNT(after)},
	[ROWS_CUT] = {NULL, 0}, /* made */
	[ROWS_ITSELF] = {itself, COUNT(itself)},
	[ROWS_ITSELF_AFTER] = {itself_after, COUNT(itself_after)},
};

/* The worst first, as a document has them: known, possible, moved, gone. */
static json_t *
rows_cut(void)
{
	json_t *out = json_array();

	for (int i = 0; i < DOCUMENT_WORKSPACES_MAX; i++) {
		char *name = mem_fmt("retail-shop-%03d-prod", i + 1);
		const struct row row = {.name = name,
		                        .team = i % 3 != 0 ? "checkout" : NULL,
		                        .state = i < 80   ? "affected"
		                                 : i < 95 ? "moved"
		                                          : "gone",
		                        .certainty = i < 40 || i >= 95 ? "known" : "possible",
		                        .evidence = i < 40 || i >= 95 ? "state" : "rule",
		                        .drifted = i < 5};

		json_array_append_new(out, row_full(&row, true));
		free(name);
	}
	return out;
}

static json_t *
rows_of(const struct sample *sample, bool sparse)
{
	bool runs_image = sample->image_status != NULL;
	json_t *out;

	if (sample->rows == ROWS_CUT)
		return rows_cut();
	out = json_array();
	for (size_t i = 0; i < row_lists[sample->rows].count; i++) {
		const struct row *row = &row_lists[sample->rows].rows[i];

		json_array_append_new(out, sparse ? row_sparse(row) : row_full(row, runs_image));
	}
	return out;
}

static json_t *
counts_of(const struct sample *sample, const json_t *rows)
{
	struct incident_counts counts = {0};
	json_t *row;
	size_t i;

	json_array_foreach((json_t *)rows, i, row)
	{
		const char *state = json_text_at(row, "state");
		bool affected = strcmp(state, "affected") == 0;

		counts.total++;
		counts.affected += affected;
		counts.possible +=
			affected && strcmp(json_text_at(row, "certainty"), "possible") == 0;
		counts.moved += strcmp(state, "moved") == 0;
		counts.gone += strcmp(state, "gone") == 0;
	}
	if (sample->rows == ROWS_CUT) {
		counts.affected += AFFECTED_IN_ALL - counts.total;
		counts.total = AFFECTED_IN_ALL;
	}
	return document_counts(&counts);
}

/* What else an incident has */

static json_t *
drift(void)
{
	return json_pack("{s:i, s:i, s:i, s:s, s:s, s:[{s:s, s:s, s:s, s:[s, s]}], "
	                 "s:[{s:s, s:s, s:[s]}]}",
	                 "resources_drifted", 4, "resources_undrifted", 55, "checks_failed", 2,
	                 "assessment_id", "asmtres-UG5rE9L1373hMYMA", "url",
	                 "https://app.terraform.io/api/v2/assessment-results/"
	                 "asmtres-UG5rE9L1373hMYMA",
	                 "resources", "address", "module.web.aws_instance.web[0]", "type",
	                 "aws_instance", "action", "update", "attributes", "tags", "user_data",
	                 "checks", "address", "check.image_not_revoked", "status", "fail",
	                 "messages", "The image of <web> is revoked.");
}

static json_t *
run(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", "run-FwnENkvDnrpyFC7M", "status",
	                 "errored", "message", "Roll out base-ubuntu-2204 v3 <payments>",
	                 "created_by", "jane.doe@example.com", "url",
	                 "https://app.terraform.io/app/acme-org/workspaces/fin-payments-prod/runs/"
	                 "run-FwnENkvDnrpyFC7M");
}

static json_t *
stopped_by(void)
{
	return json_pack("{s:s, s:s, s:s}", "name", "HCP-Packer", "message",
	                 "1 resource references a revoked version.", "url",
	                 "https://portal.cloud.hashicorp.com/services/packer");
}

/* Of what an incident has, what is always known. */
static void
keep_little(json_t *detail, const char *known)
{
	const char *name;
	json_t *value;

	json_object_foreach(detail, name, value)
	{
		if (json_is_array(value))
			json_object_set_new(detail, name, json_array());
		else if (strcmp(name, known) != 0)
			json_object_set_new(detail, name, json_null());
	}
}

static json_t *
acknowledged(void)
{
	json_t *out = json_object();

	set_text(out, "by", "jane.doe@example.com");
	set_text(out, "comment", "Rebuild is under way");
	set(out, "until", json_time_or_null(OPENED_AT + DAY_MS));
	return out;
}

static json_t *
incident_of(const struct sample *sample)
{
	bool resolved = strcmp(sample->status, "resolved") == 0;
	char *key = mem_fmt("%s/2f6b3c1e/8a1d4e7b/base-ubuntu-2204", sample->kind);
	json_t *out = json_object();

	set_text(out, "id", INCIDENT_ID);
	set_text(out, "key", key);
	set_text(out, "kind", sample->kind);
	set_text(out, "phase", sample->phase);
	set_text(out, "status", sample->status);
	set_text(out, "severity", sample->severity);
	set(out, "opened_at", json_time_or_null(OPENED_AT));
	set(out, "updated_at", json_time_or_null(OPENED_AT + 2 * HOUR_MS));
	set(out, "resolved_at", json_time_or_null(resolved ? OPENED_AT + 2 * HOUR_MS : 0));
	set(out, "acknowledged", sample->has & SAMPLE_ACKNOWLEDGED ? acknowledged() : json_null());
	free(key);
	return out;
}

/* The members that every document has, in its order. */
static json_t *
document_of(const struct sample *sample, json_t *image, json_t *rows)
{
	json_t *out = json_object();

	set_text(out, "schema", "driftbell.notification.v1");
	set_text(out, "id", "ntf_01KEZJ3V7R2S4T6V8W0X2Y4Z6A");
	set(out, "revision", json_integer(strcmp(sample->reason, "opened") == 0 ? 1 : 3));
	set_text(out, "reason", sample->reason);
	set_text(out, "route", "owners");
	set_text(out, "team", "payments");
	set_text(out, "title", sample->title);
	set_text(out, "summary", sample->summary);
	set_text(out, "url", "https://relay.example.com/incidents/" INCIDENT_ID);
	set_text(out, "runbook", "https://wiki.example.com/r");
	set(out, "incident", incident_of(sample));
	set(out, "image", image);
	set(out, "workspaces", rows);
	set(out, "workspace_counts", counts_of(sample, rows));
	set(out, "drift", sample->has & SAMPLE_DRIFT ? drift() : json_null());
	set(out, "run", sample->has & SAMPLE_RUN ? run() : json_null());
	if (strcmp(sample->kind, "workspace.run_failed") == 0)
		set(json_object_get(out, "run"), "task", stopped_by());
	sample_add_findings(out, sample, false);
	set(out, "events", json_pack("[s]", "evt_01KEZJ3V7M0N2P4Q6R8S0T2V4W"));
	set(out, "truncated", json_object());
	return out;
}

json_t *
sample_full(const struct sample *sample)
{
	json_t *image =
		sample->image_status != NULL ? image_full(sample->image_status) : json_null();
	json_t *out = document_of(sample, image, rows_of(sample, false));

	if (sample->rows == ROWS_CUT)
		set(json_object_get(out, "truncated"), "workspaces", json_integer(AFFECTED_IN_ALL));
	return out;
}

json_t *
sample_sparse(const struct sample *sample)
{
	static const char *const absent[] = {"team", "url", "runbook"};
	bool own_image = strncmp(sample->kind, "workspace.", 10) != 0;
	json_t *image = sample->image_status != NULL && own_image
	                        ? image_sparse(sample->image_status)
	                        : json_null();
	json_t *out = document_of(sample, image, rows_of(sample, true));

	for (size_t i = 0; i < COUNT(absent); i++)
		set(out, absent[i], json_null());
	keep_little(json_object_get(out, "drift"), "resources");
	keep_little(json_object_get(out, "run"), "id");
	set(json_object_get(out, "incident"), "acknowledged", json_null());
	sample_add_findings(out, sample, true);
	set(out, "events", json_array());
	return out;
}
