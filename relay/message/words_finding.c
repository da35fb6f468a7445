/* The words of incidents about the images that plans and states show. */
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/words_parts.h"

#define NAMED_MAX 3 /* findings that a summary names; the others are counted */

static const json_t *
findings_of(const struct subject *s)
{
	return json_object_get(s->incident->detail, "findings");
}

/* A plan tells what will run, where nothing of it runs already. */
static const char *
runs(const json_t *findings)
{
	json_t *finding;
	size_t i;

	json_array_foreach((json_t *)findings, i, finding)
	{
		if (json_filled_at(finding, "planned_by") == NULL)
			return "runs";
	}
	return "is about to run";
}

/* "No untracked image is left in web." */
static void
add_end(struct buf *out, const struct subject *s, const char *what)
{
	const char *workspace = words_or_unknown(s->workspace);

	if (s->counts->gone > 0)
		buf_printf(out, "%s is gone.", workspace);
	else
		buf_printf(out, "No %s is left in %s.", what, workspace);
}

static void
add_rest(struct buf *out, size_t count, const char *between)
{
	if (count > NAMED_MAX)
		buf_printf(out, "%sand %zu more", between, count - NAMED_MAX);
	buf_putc(out, '.');
}

/* "ami-1 (aws_instance.web)" */
static void
add_untracked(struct buf *out, const json_t *finding)
{
	const char *address = json_filled_at(finding, "address");

	buf_puts(out, words_or_unknown(json_filled_at(finding, "external_identifier")));
	if (address != NULL)
		buf_printf(out, " (%s)", address);
}

static void
untracked_title(struct buf *out, const struct subject *s)
{
	buf_printf(out, "Untracked image: %s", words_or_unknown(s->workspace));
}

static void
untracked_summary(struct buf *out, const struct subject *s)
{
	const json_t *findings = findings_of(s);
	size_t count = json_array_size(findings);

	if (!s->incident->open) {
		add_end(out, s, "untracked image");
		return;
	}
	buf_printf(out, "%s %s ", words_or_unknown(s->workspace), runs(findings));
	if (count > 1)
		buf_printf(out, "%zu images", count);
	else
		buf_puts(out, "an image");
	buf_puts(out, " that no bucket knows: ");
	for (size_t i = 0; i < count && i < NAMED_MAX; i++) {
		if (i > 0)
			buf_puts(out, ", ");
		add_untracked(out, json_array_get(findings, i));
	}
	add_rest(out, count, " ");
}

/* "staging or dev" */
static void
add_wanted(struct buf *out, const json_t *finding)
{
	const json_t *wanted = json_object_get(finding, "wanted");
	json_t *name;
	size_t i;

	json_array_foreach((json_t *)wanted, i, name) buf_printf(
		out, "%s%s", i > 0 ? " or " : "", words_or_unknown(json_string_value(name)));
}

/* "base v3 from channel dev instead of production" */
static void
add_wrong(struct buf *out, const json_t *finding)
{
	const char *version = words_version(finding), *channel = json_filled_at(finding, "channel");

	buf_puts(out, words_or_unknown(json_filled_at(finding, "bucket")));
	if (version != NULL)
		buf_printf(out, " %s", version);
	if (channel != NULL)
		buf_printf(out, " from channel %s instead of ", channel);
	else if (json_true_at(finding, "pinned"))
		buf_puts(out, ", pinned to that version instead of from channel ");
	else
		buf_puts(out, ", which was never on channel ");
	add_wanted(out, finding);
}

static void
wrong_channel_title(struct buf *out, const struct subject *s)
{
	buf_printf(out, "Wrong channel: %s", words_or_unknown(s->workspace));
}

static void
wrong_channel_summary(struct buf *out, const struct subject *s)
{
	const json_t *findings = findings_of(s);
	size_t count = json_array_size(findings);

	if (!s->incident->open) {
		add_end(out, s, "image from a wrong channel");
		return;
	}
	buf_printf(out, "%s %s ", words_or_unknown(s->workspace), runs(findings));
	for (size_t i = 0; i < count && i < NAMED_MAX; i++) {
		if (i > 0)
			buf_puts(out, "; ");
		add_wrong(out, json_array_get(findings, i));
	}
	add_rest(out, count, "; ");
}

const struct kind_words words_of_untracked_image = {untracked_title, untracked_summary};
const struct kind_words words_of_wrong_channel = {wrong_channel_title, wrong_channel_summary};
