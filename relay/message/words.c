#include "relay/message/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/words_parts.h"
#include "relay/model/key.h"

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

void
words_add_bucket(struct buf *out, const struct subject *s)
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

	words_add_bucket(out, s);
	if (version != NULL)
		buf_printf(out, " %s", version);
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

static const struct kind_words *const words[KIND_COUNT] = {
	[KIND_IMAGE_REVOCATION] = &words_of_revocation,
	[KIND_IMAGE_SUPERSEDED] = &words_of_superseded,
	[KIND_IMAGE_RELEASED] = &words_of_released,
	[KIND_IMAGE_DELETED] = &words_of_deleted,
	[KIND_CHANNEL_REVOKED] = &words_of_channel,
	[KIND_WORKSPACE_DRIFT] = &words_of_drift,
	[KIND_WORKSPACE_CHECK_FAILED] = &words_of_check_failed,
	[KIND_WORKSPACE_ASSESSMENT_FAILED] = &words_of_assessment_failed,
	[KIND_WORKSPACE_RUN_FAILED] = &words_of_run_failed,
	[KIND_WORKSPACE_RUN_WAITING] = &words_of_run_waiting,
	[KIND_WORKSPACE_AUTO_DESTROY] = &words_of_auto_destroy,
	[KIND_WORKSPACE_CHANGE_REQUEST] = &words_of_change_request,
	[KIND_WORKSPACE_UNTRACKED_IMAGE] = &words_of_untracked_image,
	[KIND_WORKSPACE_WRONG_CHANNEL] = &words_of_wrong_channel,
	[KIND_RELAY_SINK_FAILING] = &words_of_sink_failing,
	[KIND_RELAY_DEAD_LETTER] = &words_of_dead_letter,
	[KIND_RELAY_UNKNOWN_EVENT] = &words_of_unknown,
	[KIND_RELAY_SOURCE_SILENT] = &words_of_source_silent,
};

char *
words_title(const struct incident *incident, const json_t *image, const char *workspace)
{
	struct subject s = {.incident = incident, .image = image, .workspace = workspace};
	struct buf out = {0};

	words[incident->kind]->title(&out, &s);
	return buf_take(&out);
}

char *
words_summary(const struct incident *incident, const json_t *image, const char *workspace,
              const struct incident_counts *counts)
{
	struct subject s = {
		.incident = incident, .image = image, .workspace = workspace, .counts = counts};
	struct buf out = {0};

	words[incident->kind]->summary(&out, &s);
	if (incident->open && incident->ack_by != NULL && incident->ack_until == 0)
		buf_printf(&out, " The acknowledgement of %s has run out.", incident->ack_by);
	return buf_take(&out);
}
