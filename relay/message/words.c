#include "relay/message/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/document.h"

/* What a kind's words are made of. */
struct subject {
	const struct incident *incident;
	const json_t *image;
	const char *workspace;
	const struct incident_counts *counts;
};

static const char *
or_unknown(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : "(unknown)";
}

/* "v3"; without a version the fingerprint tells it; NULL where neither is known. */
static const char *
name_of_version(const json_t *image)
{
	const char *version = json_filled_at(image, "version");

	return version != NULL ? version : json_filled_at(image, "fingerprint");
}

/* Where the image is not known the incident still tells its bucket. */
static void
add_bucket(struct buf *out, const struct subject *s)
{
	const char *bucket = json_filled_at(s->image, "bucket");
	char *memory = NULL;

	if (bucket == NULL)
		bucket = bucket_name_of(s->incident->bucket_key, &memory).bucket;
	buf_puts(out, or_unknown(bucket));
	free(memory);
}

/* "base-ubuntu-2204 v3" */
static void
add_image(struct buf *out, const struct subject *s)
{
	const char *version = name_of_version(s->image);

	add_bucket(out, s);
	if (version != NULL)
		buf_printf(out, " %s", version);
}

static void
add_clause(struct buf *out, int64_t n, const char *one, const char *many)
{
	if (n == 0)
		return;
	if (out->len > 0)
		buf_puts(out, "; ");
	buf_printf(out, "%" PRId64, n);
	/* The noun is said once, with the first number. */
	if (strchr(buf_text(out), ';') == NULL)
		buf_puts(out, n == 1 ? " workspace" : " workspaces");
	buf_printf(out, " %s", n == 1 ? one : many);
}

char *
words_counts(const struct incident_counts *counts)
{
	struct buf out = {0};

	if (counts->total == 0)
		return mem_str("No known workspace runs it.");
	add_clause(&out, counts->affected - counts->possible, "still runs it", "still run it");
	add_clause(&out, counts->possible, "may run it", "may run it");
	add_clause(&out, counts->moved, "has moved", "have moved");
	add_clause(&out, counts->gone, "is gone", "are gone");
	buf_putc(&out, '.');
	return buf_take(&out);
}

static void
add_counts(struct buf *out, const struct subject *s)
{
	char *counts = words_counts(s->counts);

	buf_printf(out, " %s", counts);
	free(counts);
}

/* Ends a sentence with what somebody wrote, which may bring its own full stop. */
static void
add_because(struct buf *out, const char *text)
{
	if (text != NULL && text[strspn(text, " \t\r\n")] != '\0')
		buf_printf(out, ": %s", text);
	while (out->len > 0 && strchr(" \t\r\n", out->data[out->len - 1]) != NULL)
		out->data[--out->len] = '\0';
	if (out->len > 0 && strchr(".!?", out->data[out->len - 1]) == NULL)
		buf_putc(out, '.');
}

static void
revocation_title(struct buf *out, const struct subject *s)
{
	static const char *const heads[PHASE_COUNT] = {
		[PHASE_SCHEDULED] = "Image to be revoked: ",
		[PHASE_DUE] = "Image due to be revoked: ",
		[PHASE_REVOKED] = "Image revoked: ",
		[PHASE_LIFTED] = "Revocation lifted: ",
		[PHASE_CLEARED] = "All moved off revoked image: ",
	};
	const char *head = heads[s->incident->phase];

	buf_puts(out, head != NULL ? head : "Image revoked: ");
	add_image(out, s);
}

static void
revocation_summary(struct buf *out, const struct subject *s)
{
	const char *who = json_filled_at(s->image, "revoked_by"),
		   *when = json_filled_at(s->image, "revoke_at");

	switch (s->incident->phase) {
	case PHASE_LIFTED:
		buf_puts(out, "The revocation of ");
		add_image(out, s);
		buf_puts(out, " was lifted: it may be used again.");
		return;
	case PHASE_CLEARED:
		buf_puts(out, "No known workspace runs ");
		add_image(out, s);
		buf_puts(out, " any more.");
		if (s->counts->total > 0)
			add_counts(out, s);
		return;
	case PHASE_DUE:
		buf_puts(out, "The revocation of ");
		add_image(out, s);
		if (when != NULL)
			buf_printf(out, ", scheduled for %s,", when);
		buf_puts(out, " is due and not confirmed yet");
		break;
	case PHASE_SCHEDULED:
		buf_printf(out, "%s scheduled the revocation of ", who != NULL ? who : "Somebody");
		add_image(out, s);
		if (when != NULL)
			buf_printf(out, " for %s", when);
		break;
	default:
		buf_printf(out, "%s revoked ", who != NULL ? who : "Somebody");
		add_image(out, s);
		break;
	}
	add_because(out, json_filled_at(s->image, "reason"));
	add_counts(out, s);
}

static const char *
name_of_replacement(const struct subject *s)
{
	const char *version = name_of_version(json_at(s->incident->detail, "replacement"));

	return version != NULL ? version : name_of_version(json_at(s->image, "replacement"));
}

static void
superseded_title(struct buf *out, const struct subject *s)
{
	bool rolled_back = s->incident->phase == PHASE_ROLLED_BACK;
	const char *version = name_of_replacement(s);

	buf_puts(out, rolled_back ? "Image rolled back: " : "Image superseded: ");
	add_image(out, s);
	if (version != NULL)
		buf_printf(out, " %s %s on %s", rolled_back ? "to" : "by", version,
		           or_unknown(s->incident->channel));
}

static void
superseded_summary(struct buf *out, const struct subject *s)
{
	buf_printf(out, "Channel %s of ", or_unknown(s->incident->channel));
	add_bucket(out, s);
	buf_printf(out, " now points to %s", or_unknown(name_of_replacement(s)));
	if (s->incident->phase == PHASE_ROLLED_BACK)
		buf_printf(out, ": %s was withdrawn", or_unknown(name_of_version(s->image)));
	buf_putc(out, '.');
	if (!s->incident->open)
		buf_puts(out, " All workspaces that follow it have moved.");
	else if (s->counts->affected > 0)
		buf_printf(out, " %" PRId64 " %s %s %s version.", s->counts->affected,
		           s->counts->affected == 1 ? "workspace" : "workspaces",
		           s->counts->possible > 0    ? "may run"
		           : s->counts->affected == 1 ? "runs"
		                                      : "run",
		           s->incident->phase == PHASE_ROLLED_BACK ? "the withdrawn" : "an older");
}

static void
released_title(struct buf *out, const struct subject *s)
{
	buf_puts(out, "Image released: ");
	add_image(out, s);
}

static void
released_summary(struct buf *out, const struct subject *s)
{
	size_t artifacts = json_array_size(json_at(s->image, "artifacts"));

	add_image(out, s);
	buf_puts(out, " is complete");
	if (artifacts > 0)
		buf_printf(out, ", with %s%zu %s",
		           artifacts < DOCUMENT_IMAGES_MAX ? "" : "at least ", artifacts,
		           artifacts == 1 ? "artifact" : "artifacts");
	buf_putc(out, '.');
}

static void
drift_title(struct buf *out, const struct subject *s)
{
	buf_printf(out, "Workspace drifted: %s", or_unknown(s->workspace));
}

static void
add_runs_revoked(struct buf *out, const struct subject *s)
{
	const char *status = json_filled_at(s->image, "status");

	if (status == NULL || (strcmp(status, "revoked") != 0 && strcmp(status, "scheduled") != 0))
		return;
	buf_puts(out, " It may run ");
	add_image(out, s);
	buf_puts(out, strcmp(status, "revoked") == 0 ? ", which is revoked."
	                                             : ", which is to be revoked.");
}

static void
drift_summary(struct buf *out, const struct subject *s)
{
	int64_t drifted = json_int_at(s->incident->detail, "drift.resources_drifted", -1);

	if (!s->incident->open) {
		buf_printf(out, "%s %s.", or_unknown(s->workspace),
		           s->counts->gone > 0 ? "is gone" : "no longer drifts");
		return;
	}
	if (drifted > 0)
		buf_printf(out, "%" PRId64 " %s of %s no longer %s its configuration.", drifted,
		           drifted == 1 ? "resource" : "resources", or_unknown(s->workspace),
		           drifted == 1 ? "matches" : "match");
	else
		buf_printf(out, "%s no longer matches its configuration.",
		           or_unknown(s->workspace));
	add_runs_revoked(out, s);
}

static void
run_failed_title(struct buf *out, const struct subject *s)
{
	buf_printf(out, "Run failed: %s", or_unknown(s->workspace));
}

static void
run_failed_summary(struct buf *out, const struct subject *s)
{
	const json_t *run = json_at(s->incident->detail, "run");
	const char *by = json_filled_at(run, "created_by"),
		   *message = json_filled_at(run, "message");
	const char *status = json_filled_at(run, "status");

	if (!s->incident->open) {
		if (s->counts->gone > 0)
			buf_printf(out, "%s is gone.", or_unknown(s->workspace));
		else
			buf_printf(out, "A later run of %s succeeded.", or_unknown(s->workspace));
		return;
	}
	buf_printf(out, "Run %s of %s", or_unknown(json_filled_at(run, "id")),
	           or_unknown(s->workspace));
	if (by != NULL)
		buf_printf(out, ", started by %s,", by);
	buf_puts(out, status != NULL && strcmp(status, "policy_soft_failed") == 0
	                      ? " failed a policy check"
	                      : " errored");
	add_because(out, message);
	add_runs_revoked(out, s);
}

static void
unknown_title(struct buf *out, const struct subject *s)
{
	const json_t *detail = s->incident->detail;

	buf_printf(out, "Event not understood: %s from %s",
	           or_unknown(json_filled_at(detail, "kind")),
	           or_unknown(json_filled_at(detail, "source")));
}

static void
unknown_summary(struct buf *out, const struct subject *s)
{
	const json_t *detail = s->incident->detail;
	int64_t count = json_int_at(detail, "count", 0);

	if (!s->incident->open) {
		buf_puts(out, "All such events have been replayed.");
		return;
	}
	buf_printf(out, "%" PRId64 " %s of kind %s from source %s %s kept but not understood: %s.",
	           count, count == 1 ? "event" : "events",
	           or_unknown(json_filled_at(detail, "kind")),
	           or_unknown(json_filled_at(detail, "source")), count == 1 ? "was" : "were",
	           or_unknown(json_filled_at(detail, "reason")));
	buf_puts(out, " Nothing is lost: it can be replayed once the cause is gone.");
}

/* A kind that has no words of its own yet: its name, and what it is about. */
static void
plain_title(struct buf *out, const struct subject *s)
{
	buf_printf(out, "%s: ", incident_kind_names[s->incident->kind]);
	if (s->workspace != NULL)
		buf_puts(out, s->workspace);
	else
		add_image(out, s);
}

static void
plain_summary(struct buf *out, const struct subject *s)
{
	plain_title(out, s);
	buf_puts(out, s->incident->open ? "." : ": resolved.");
}

typedef void words_fn(struct buf *, const struct subject *);

static const struct {
	words_fn *title, *summary;
} words[KIND_COUNT] = {
	[KIND_IMAGE_REVOCATION] = {revocation_title, revocation_summary},
	[KIND_IMAGE_SUPERSEDED] = {superseded_title, superseded_summary},
	[KIND_IMAGE_RELEASED] = {released_title, released_summary},
	[KIND_WORKSPACE_DRIFT] = {drift_title, drift_summary},
	[KIND_WORKSPACE_RUN_FAILED] = {run_failed_title, run_failed_summary},
	[KIND_RELAY_UNKNOWN_EVENT] = {unknown_title, unknown_summary},
};

char *
words_title(const struct incident *incident, const json_t *image, const char *workspace)
{
	struct subject s = {.incident = incident, .image = image, .workspace = workspace};
	words_fn *title = words[incident->kind].title;
	struct buf out = {0};

	(title != NULL ? title : plain_title)(&out, &s);
	return buf_take(&out);
}

char *
words_summary(const struct incident *incident, const json_t *image, const char *workspace,
              const struct incident_counts *counts)
{
	struct subject s = {
		.incident = incident, .image = image, .workspace = workspace, .counts = counts};
	words_fn *summary = words[incident->kind].summary;
	struct buf out = {0};

	(summary != NULL ? summary : plain_summary)(&out, &s);
	return buf_take(&out);
}
