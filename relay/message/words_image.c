/* The words of incidents about images and channels. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/document.h"
#include "relay/message/words.h"
#include "relay/message/words_parts.h"

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
	add_clause(&out, counts->affected - counts->possible - counts->planned, "still runs it",
	           "still run it");
	add_clause(&out, counts->planned, "plans to run it", "plan to run it");
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

/* " and 2 others", where one message tells of several revocations of one cause. */
static void
add_others(struct buf *out, const struct subject *s)
{
	int64_t others = json_int_at(s->incident->detail, "others", 0);

	if (others > 0)
		buf_printf(out, " and %" PRId64 " %s", others, others == 1 ? "other" : "others");
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

	if (s->incident->phase == PHASE_CLEARED && s->workspace == NULL)
		head = "Nobody runs revoked image: ";
	if (json_true_at(s->incident->detail, "mixed"))
		head = "Revocations over: ";
	buf_puts(out, head != NULL ? head : "Image revoked: ");
	words_add_image(out, s);
	add_others(out, s);
}

/* How one ended that no workspace's move ended. */
static bool
add_other_end(struct buf *out, const struct subject *s)
{
	const json_t *ancestor = json_at(s->incident->detail, "inherited_from");

	if (s->incident->open || (ancestor == NULL && s->incident->phase != PHASE_LIFTED &&
	                          !json_true_at(s->incident->detail, "mixed")))
		return false;
	buf_puts(out, "The revocation of ");
	words_add_image(out, s);
	add_others(out, s);
	if (json_true_at(s->incident->detail, "mixed"))
		buf_puts(out, " is over: it was lifted, or no known workspace runs them any more.");
	else if (s->incident->phase == PHASE_LIFTED)
		buf_printf(out, " was lifted: %s may be used again.",
		           json_int_at(s->incident->detail, "others", 0) > 0 ? "they" : "it");
	else
		buf_printf(out, " is inherited from %s %s, and told with that.",
		           words_or_unknown(json_filled_at(ancestor, "bucket")),
		           words_or_unknown(json_filled_at(ancestor, "version")));
	return true;
}

static void
revocation_summary(struct buf *out, const struct subject *s)
{
	const char *who = json_filled_at(s->image, "revoked_by"),
		   *when = json_filled_at(s->image, "revoke_at");
	enum phase phase = s->incident->phase;

	if (add_other_end(out, s))
		return;
	if (phase == PHASE_CLEARED)
		buf_printf(out, "No known workspace %s ",
		           s->counts->total > 0 ? "runs" : "has run");
	else if (phase == PHASE_DUE)
		buf_puts(out, "The revocation of ");
	else
		buf_printf(out, "%s %s ", who != NULL ? who : "Somebody",
		           phase == PHASE_SCHEDULED ? "scheduled the revocation of" : "revoked");
	words_add_image(out, s);
	add_others(out, s);
	if (phase == PHASE_CLEARED)
		buf_puts(out, s->counts->total > 0 ? " any more." : " for 30 days.");
	else if (phase == PHASE_SCHEDULED && when != NULL)
		buf_printf(out, " for %s", when);
	else if (phase == PHASE_DUE && when != NULL)
		buf_printf(out, ", scheduled for %s,", when);
	if (phase == PHASE_DUE)
		buf_puts(out, " is due and not confirmed yet");
	if (phase != PHASE_CLEARED)
		words_add_because(out, json_filled_at(s->image, "reason"));
	if (phase != PHASE_CLEARED || s->counts->total > 0)
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

/* ", up to 2 versions and 37 days behind" */
static void
add_behind(struct buf *out, const struct subject *s)
{
	int64_t versions = json_int_at(s->incident->detail, "behind.versions", 0);
	int64_t days = json_int_at(s->incident->detail, "behind.days", 0);

	if (versions <= 0)
		return;
	buf_printf(out, ", %s%" PRId64 " %s", s->counts->affected > 1 ? "up to " : "", versions,
	           versions == 1 ? "version" : "versions");
	if (days > 0)
		buf_printf(out, " and %" PRId64 " %s", days, days == 1 ? "day" : "days");
	buf_puts(out, " behind");
}

static const char *
run(const struct incident_counts *counts)
{
	if (counts->possible > 0)
		return "may run";
	if (counts->planned == counts->affected)
		return counts->affected == 1 ? "plans to run" : "plan to run";
	return counts->affected == 1 ? "runs" : "run";
}

static void
superseded_summary(struct buf *out, const struct subject *s)
{
	bool rolled_back = s->incident->phase == PHASE_ROLLED_BACK;
	bool invalid = json_true_at(s->incident->detail, "invalid");

	buf_printf(out, "Channel %s of ", words_or_unknown(s->incident->channel));
	words_add_bucket(out, s);
	if (invalid) {
		buf_puts(out, " points to no valid version any more: nobody needs to move to it.");
		return;
	}
	buf_printf(out, " now points to %s", words_or_unknown(name_of_replacement(s)));
	if (rolled_back)
		buf_printf(out, ": %s was withdrawn", words_or_unknown(words_version(s->image)));
	buf_putc(out, '.');
	if (!s->incident->open) {
		buf_puts(out, s->counts->total > 0 ? " All workspaces that follow it have moved."
		                                   : " Who runs what was revoked is told of that.");
	} else if (s->counts->affected > 0) {
		buf_printf(out, " %" PRId64 " %s %s %s version", s->counts->affected,
		           s->counts->affected == 1 ? "workspace" : "workspaces", run(s->counts),
		           rolled_back ? "the withdrawn" : "an older");
		add_behind(out, s);
		buf_putc(out, '.');
	}
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

const struct kind_words words_of_revocation = {revocation_title, revocation_summary};
const struct kind_words words_of_superseded = {superseded_title, superseded_summary};
const struct kind_words words_of_released = {released_title, released_summary};

static void
deleted_title(struct buf *out, const struct subject *s)
{
	buf_puts(out, "Image deleted: ");
	words_add_image(out, s);
}

static void
deleted_summary(struct buf *out, const struct subject *s)
{
	const char *who = json_filled_at(s->incident->detail, "deleted_by");
	const char *status = json_filled_at(s->image, "status");

	if (s->incident->open) {
		if (who != NULL)
			buf_printf(out, "%s deleted ", who);
		words_add_image(out, s);
		buf_puts(out, who != NULL ? "." : " was deleted.");
		add_counts(out, s);
	} else if (s->counts->affected == 0) {
		buf_puts(out, "No known workspace runs ");
		words_add_image(out, s);
		buf_puts(out, " any more.");
	} else if (status != NULL && strcmp(status, "deleted") == 0) {
		words_add_image(out, s);
		buf_puts(out, " was revoked before it was deleted: its revocation tells the rest.");
	} else {
		words_add_image(out, s);
		buf_puts(out, " is in the registry again.");
	}
}

static void
channel_title(struct buf *out, const struct subject *s)
{
	buf_printf(out, "Channel points at a revoked version: %s of ",
	           words_or_unknown(s->incident->channel));
	words_add_bucket(out, s);
}

static void
channel_summary(struct buf *out, const struct subject *s)
{
	const char *now = words_version(json_at(s->incident->detail, "now"));

	buf_printf(out, "Channel %s ", words_or_unknown(s->incident->channel));
	if (s->incident->open) {
		buf_puts(out, "still points at ");
		words_add_image(out, s);
		buf_puts(out, ", which is revoked.");
	} else if (now != NULL) {
		buf_printf(out, "points at %s, a valid version, again.", now);
	} else {
		buf_puts(out, "no longer points at a revoked version.");
	}
}

const struct kind_words words_of_deleted = {deleted_title, deleted_summary};
const struct kind_words words_of_channel = {channel_title, channel_summary};
