#include "relay/message/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/document.h"
#include "relay/message/words_parts.h"

const char *
words_or_unknown(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : "(unknown)";
}

const char *
words_version(const json_t *image)
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
	buf_puts(out, words_or_unknown(bucket));
	free(memory);
}

void
words_add_image(struct buf *out, const struct subject *s)
{
	const char *version = words_version(s->image);

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

void
words_add_because(struct buf *out, const char *text)
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
	words_add_image(out, s);
}

static void
revocation_summary(struct buf *out, const struct subject *s)
{
	const char *who = json_filled_at(s->image, "revoked_by"),
		   *when = json_filled_at(s->image, "revoke_at");

	switch (s->incident->phase) {
	case PHASE_LIFTED:
		buf_puts(out, "The revocation of ");
		words_add_image(out, s);
		buf_puts(out, " was lifted: it may be used again.");
		return;
	case PHASE_CLEARED:
		buf_puts(out, "No known workspace runs ");
		words_add_image(out, s);
		buf_puts(out, " any more.");
		if (s->counts->total > 0)
			add_counts(out, s);
		return;
	case PHASE_DUE:
		buf_puts(out, "The revocation of ");
		words_add_image(out, s);
		if (when != NULL)
			buf_printf(out, ", scheduled for %s,", when);
		buf_puts(out, " is due and not confirmed yet");
		break;
	case PHASE_SCHEDULED:
		buf_printf(out, "%s scheduled the revocation of ", who != NULL ? who : "Somebody");
		words_add_image(out, s);
		if (when != NULL)
			buf_printf(out, " for %s", when);
		break;
	default:
		buf_printf(out, "%s revoked ", who != NULL ? who : "Somebody");
		words_add_image(out, s);
		break;
	}
	words_add_because(out, json_filled_at(s->image, "reason"));
	add_counts(out, s);
}

static const char *
name_of_replacement(const struct subject *s)
{
	const char *version = words_version(json_at(s->incident->detail, "replacement"));

	return version != NULL ? version : words_version(json_at(s->image, "replacement"));
}

static void
superseded_title(struct buf *out, const struct subject *s)
{
	bool rolled_back = s->incident->phase == PHASE_ROLLED_BACK;
	const char *version = name_of_replacement(s);

	buf_puts(out, rolled_back ? "Image rolled back: " : "Image superseded: ");
	words_add_image(out, s);
	if (version != NULL)
		buf_printf(out, " %s %s on %s", rolled_back ? "to" : "by", version,
		           words_or_unknown(s->incident->channel));
}

static void
superseded_summary(struct buf *out, const struct subject *s)
{
	buf_printf(out, "Channel %s of ", words_or_unknown(s->incident->channel));
	add_bucket(out, s);
	buf_printf(out, " now points to %s", words_or_unknown(name_of_replacement(s)));
	if (s->incident->phase == PHASE_ROLLED_BACK)
		buf_printf(out, ": %s was withdrawn", words_or_unknown(words_version(s->image)));
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
	words_add_image(out, s);
}

static void
released_summary(struct buf *out, const struct subject *s)
{
	size_t artifacts = json_array_size(json_at(s->image, "artifacts"));

	words_add_image(out, s);
	buf_puts(out, " is complete");
	if (artifacts > 0)
		buf_printf(out, ", with %s%zu %s",
		           artifacts < DOCUMENT_IMAGES_MAX ? "" : "at least ", artifacts,
		           artifacts == 1 ? "artifact" : "artifacts");
	buf_putc(out, '.');
}

static void
unknown_title(struct buf *out, const struct subject *s)
{
	const json_t *detail = s->incident->detail;

	buf_printf(out, "Event not understood: %s from %s",
	           words_or_unknown(json_filled_at(detail, "kind")),
	           words_or_unknown(json_filled_at(detail, "source")));
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
	           words_or_unknown(json_filled_at(detail, "kind")),
	           words_or_unknown(json_filled_at(detail, "source")), count == 1 ? "was" : "were",
	           words_or_unknown(json_filled_at(detail, "reason")));
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
		words_add_image(out, s);
}

static void
plain_summary(struct buf *out, const struct subject *s)
{
	plain_title(out, s);
	buf_puts(out, s->incident->open ? "." : ": resolved.");
}

static const struct kind_words plain = {plain_title, plain_summary};

static const struct kind_words words_of_revocation = {revocation_title, revocation_summary};
static const struct kind_words words_of_superseded = {superseded_title, superseded_summary};
static const struct kind_words words_of_released = {released_title, released_summary};
static const struct kind_words words_of_unknown = {unknown_title, unknown_summary};

static const struct kind_words *const words[KIND_COUNT] = {
	[KIND_IMAGE_REVOCATION] = &words_of_revocation,
	[KIND_IMAGE_SUPERSEDED] = &words_of_superseded,
	[KIND_IMAGE_RELEASED] = &words_of_released,
	[KIND_WORKSPACE_DRIFT] = &words_of_drift,
	[KIND_WORKSPACE_RUN_FAILED] = &words_of_run_failed,
	[KIND_RELAY_UNKNOWN_EVENT] = &words_of_unknown,
};

static const struct kind_words *
words_of(const struct incident *incident)
{
	return words[incident->kind] != NULL ? words[incident->kind] : &plain;
}

char *
words_title(const struct incident *incident, const json_t *image, const char *workspace)
{
	struct subject s = {.incident = incident, .image = image, .workspace = workspace};
	struct buf out = {0};

	words_of(incident)->title(&out, &s);
	return buf_take(&out);
}

char *
words_summary(const struct incident *incident, const json_t *image, const char *workspace,
              const struct incident_counts *counts)
{
	struct subject s = {
		.incident = incident, .image = image, .workspace = workspace, .counts = counts};
	struct buf out = {0};

	words_of(incident)->summary(&out, &s);
	return buf_take(&out);
}
