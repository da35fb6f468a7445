#include "relay/message/words_finding_task.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/message/words_parts.h"

/* An outcome's body has room for 10,000 characters (HCP Terraform, "Run task callback"). */
#define LISTED_MOST 20
#define NAME_CHARS 150
#define WORD_CHARS 60

/* Nothing in there means anything to Markdown. */
static void
add_code(struct buf *out, const char *text, size_t chars)
{
	size_t kept = utf8_prefix(text, chars);

	buf_putc(out, '`');
	for (size_t i = 0; i < kept; i++)
		buf_putc(out, text[i] == '`' || (unsigned char)text[i] < ' ' ? ' ' : text[i]);
	buf_puts(out, text[kept] != '\0' ? "...`" : "`");
}

static void
add_named(struct buf *out, const char *before, const json_t *finding, const char *name,
          size_t chars)
{
	const char *text = json_filled_at(finding, name);

	if (text == NULL)
		return;
	buf_puts(out, before);
	add_code(out, text, chars);
}

/* "`base` `v3` from channel `dev` instead of `production`" */
static void
add_image(struct buf *out, const json_t *finding)
{
	const json_t *wanted = json_object_get(finding, "wanted");
	const char *version = words_version(finding);

	if (json_filled_at(finding, "bucket") == NULL) {
		add_named(out, "", finding, "external_identifier", NAME_CHARS);
		add_named(out, " in ", finding, "region", WORD_CHARS);
		return;
	}
	add_named(out, "", finding, "bucket", WORD_CHARS);
	if (version != NULL) {
		buf_putc(out, ' ');
		add_code(out, version, WORD_CHARS);
	}
	add_named(out, " from channel ", finding, "channel", WORD_CHARS);
	buf_puts(out, json_true_at(finding, "pinned") ? " pinned to that version" : "");
	for (size_t i = 0; i < json_array_size(wanted) && i < 3; i++) {
		buf_puts(out, i > 0 ? " or " : " instead of ");
		add_code(out, words_or_unknown(json_string_value(json_array_get(wanted, i))),
		         WORD_CHARS);
	}
}

static char *
body_of(const json_t *findings)
{
	size_t count = json_array_size(findings);
	struct buf out = {0};

	for (size_t i = 0; i < count && i < LISTED_MOST; i++) {
		const json_t *finding = json_array_get(findings, i);
		int64_t instances = json_int_at(finding, "instances", 0);

		buf_puts(&out, "- ");
		add_image(&out, finding);
		add_named(&out, ": ", finding, "address", NAME_CHARS);
		if (instances > 1)
			buf_printf(&out, ", %" PRId64 " instances", instances);
		buf_putc(&out, '\n');
	}
	if (count > LISTED_MOST)
		buf_printf(&out, "- and %zu more\n", count - LISTED_MOST);
	return buf_take(&out);
}

static void
add_outcome(json_t *outcomes, const json_t *findings, const char *id, const char *label,
            const char *one, const char *many)
{
	size_t count = json_array_size(findings);
	char *description = mem_fmt("%zu %s", count, count == 1 ? one : many), *body;

	if (count > 0) {
		body = body_of(findings);
		json_array_append_new(outcomes,
		                      json_pack("{s:s, s:s, s:s, s:s, s:s, s:n}", "id", id,
		                                "description", description, "body", body, "status",
		                                label, "level", "warning", "url"));
		free(body);
	}
	free(description);
}

void
words_finding_outcomes(const json_t *untracked, const json_t *wrong_channel, json_t *outcomes)
{
	add_outcome(outcomes, wrong_channel, "wrong-channel", "Wrong channel",
	            "image is not from a channel that the policy takes",
	            "images are not from a channel that the policy takes");
	add_outcome(outcomes, untracked, "untracked-images", "Untracked",
	            "image is known by no bucket", "images are known by no bucket");
}
