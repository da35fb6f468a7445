#include "relay/message/words_task.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/message/words_parts.h"

#define NAMED_MOST 5      /* images of one state in the message; the others are counted */
#define REASON_CHARS 120  /* there */
#define LISTED_MOST 20    /* addresses, regions in a body */
#define NAME_CHARS 200    /* there */
#define QUOTED_CHARS 2000 /* there */
#define ID_CHARS 56       /* before a number that tells it apart */

const char *const task_image_state_names[TASK_IMAGE_STATES] = {
	[TASK_IMAGE_VALID] = "valid",           [TASK_IMAGE_UNKNOWN] = "unknown",
	[TASK_IMAGE_SUPERSEDED] = "superseded", [TASK_IMAGE_SCHEDULED] = "scheduled",
	[TASK_IMAGE_DELETED] = "deleted",       [TASK_IMAGE_REVOKED] = "revoked",
};

/* What is said of each state: in the message, in a tag, and how bad that is there. */
static const struct {
	const char *counted; /* behind a number */
	const char *label, *level;
} states[TASK_IMAGE_STATES] = {
	[TASK_IMAGE_VALID] = {"valid", "Valid", "info"},
	[TASK_IMAGE_UNKNOWN] = {"of unknown version", "Version unknown", "warning"},
	[TASK_IMAGE_SUPERSEDED] = {"superseded", "Superseded", "warning"},
	[TASK_IMAGE_SCHEDULED] = {"to be revoked", "To be revoked", "warning"},
	[TASK_IMAGE_DELETED] = {"deleted", "Deleted", "error"},
	[TASK_IMAGE_REVOKED] = {"revoked", "Revoked", "error"},
};

enum task_image_state
task_image_state_of(const json_t *row)
{
	const char *name = json_text_at(row, "state");

	for (int i = 0; name != NULL && i < TASK_IMAGE_STATES; i++)
		if (strcmp(task_image_state_names[i], name) == 0)
			return (enum task_image_state)i;
	return TASK_IMAGE_VALID;
}

/* ---- pieces ---- */

/* One line, cut to so many characters. */
static void
add_line(struct buf *out, const char *text, size_t chars)
{
	char *line = mem_str(text);
	size_t len = strlen(line), kept;

	for (char *c = line; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	kept = utf8_prefix(line, chars);
	buf_add(out, line, kept);
	if (kept < len)
		buf_puts(out, "...");
	free(line);
}

/* "base-ubuntu v3" */
static void
add_name(struct buf *out, const json_t *row)
{
	const json_t *image = json_object_get(row, "image");
	const char *version = words_version(image);

	add_line(out, words_or_unknown(json_filled_at(image, "bucket")), REASON_CHARS);
	if (version != NULL) {
		buf_putc(out, ' ');
		add_line(out, version, REASON_CHARS);
	}
}

/* "2027-01-31", of "2027-01-31T09:00:00.000Z" */
static void
add_date(struct buf *out, const char *time)
{
	buf_add(out, time, strcspn(time, "T"));
}

static void
add_count(struct buf *out, int64_t n, const char *one, const char *many)
{
	buf_printf(out, "%" PRId64 " %s", n, n == 1 ? one : many);
}

/* ", move to v4 on production" */
static void
add_remedy(struct buf *out, const json_t *row, const char *lead)
{
	const json_t *to = json_at(row, "image.replacement");
	const char *version = json_filled_at(to, "version");

	if (version == NULL)
		version = json_filled_at(to, "fingerprint");
	if (version == NULL)
		return;
	buf_puts(out, lead);
	add_line(out, version, REASON_CHARS);
	if (json_filled_at(to, "channel") != NULL) {
		buf_puts(out, " on ");
		add_line(out, json_filled_at(to, "channel"), REASON_CHARS);
	}
}

/* "2 versions behind production", as far as it is known */
static void
add_behind(struct buf *out, const json_t *row)
{
	const json_t *behind = json_object_get(row, "behind");
	int64_t versions = json_int_at(behind, "versions", 0);

	if (versions > 0) {
		add_count(out, versions, "version", "versions");
		buf_putc(out, ' ');
	}
	buf_puts(out, "behind ");
	add_line(out, words_or_unknown(json_filled_at(behind, "channel")), REASON_CHARS);
	if (json_filled_at(behind, "since") != NULL) {
		buf_puts(out, " since ");
		add_date(out, json_filled_at(behind, "since"));
	}
}

/* ---- the message ---- */

static void
add_reason(struct buf *out, const json_t *row)
{
	const char *reason = json_filled_at(row, "image.reason");

	if (reason == NULL)
		return;
	buf_puts(out, " (");
	add_line(out, reason, REASON_CHARS);
	buf_putc(out, ')');
}

static void
add_clause(struct buf *out, const json_t *row)
{
	add_name(out, row);
	switch (task_image_state_of(row)) {
	case TASK_IMAGE_REVOKED:
	case TASK_IMAGE_DELETED:
		add_reason(out, row);
		add_remedy(out, row, ", move to ");
		break;
	case TASK_IMAGE_SCHEDULED:
		buf_puts(out, " on ");
		add_date(out, words_or_unknown(json_filled_at(row, "image.revoke_at")));
		add_reason(out, row);
		add_remedy(out, row, ", move to ");
		break;
	case TASK_IMAGE_SUPERSEDED:
		buf_puts(out, ", ");
		add_behind(out, row);
		break;
	case TASK_IMAGE_VALID:
	case TASK_IMAGE_UNKNOWN:
	case TASK_IMAGE_STATES:
		break;
	}
}

static int64_t
count_of(const json_t *rows, enum task_image_state state)
{
	const json_t *row;
	int64_t n = 0;
	size_t i;

	json_array_foreach(rows, i, row) n += task_image_state_of(row) == state;
	return n;
}

/* "base-ubuntu v3 (CVE-2024-3094), move to v4 on production; base-rhel v7" */
static void
add_all_of(struct buf *out, const json_t *rows, enum task_image_state state)
{
	const json_t *row;
	int64_t n = 0;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (task_image_state_of(row) != state)
			continue;
		if (n < NAMED_MOST) {
			buf_puts(out, n > 0 ? "; " : "");
			add_clause(out, row);
		}
		n++;
	}
	if (n > NAMED_MOST)
		buf_printf(out, "; and %" PRId64 " more", n - NAMED_MOST);
}

static void
add_sentence(struct buf *out, int64_t n, const char *what)
{
	if (n == 0)
		return;
	buf_putc(out, ' ');
	add_count(out, n, "image is ", "images are ");
	buf_puts(out, what);
}

char *
words_task_message(const json_t *rows, int64_t elsewhere, int64_t wrong_channel)
{
	int64_t total = (int64_t)json_array_size(rows);
	struct buf out = {0};

	if (total == 0) {
		buf_puts(&out, "No image of HCP Packer is in this plan.");
	} else if (count_of(rows, TASK_IMAGE_VALID) == total) {
		add_count(&out, total, "image, valid: ", "images, all valid: ");
		add_all_of(&out, rows, TASK_IMAGE_VALID);
		buf_putc(&out, '.');
	} else {
		add_count(&out, total, "image", "images");
		for (int state = TASK_IMAGE_STATES - 1; state > TASK_IMAGE_VALID; state--) {
			int64_t n = count_of(rows, (enum task_image_state)state);
			if (n == 0)
				continue;
			buf_printf(&out, ", %" PRId64 " %s: ", n, states[state].counted);
			add_all_of(&out, rows, (enum task_image_state)state);
		}
		buf_putc(&out, '.');
	}
	add_sentence(&out, wrong_channel, "from a wrong channel.");
	add_sentence(&out, elsewhere, "of no known bucket.");
	return buf_take(&out);
}

/* ---- outcomes ---- */

/* Names stand as code: nothing in there means anything to Markdown. */
static void
add_code(struct buf *out, const char *text)
{
	size_t at;

	buf_putc(out, '`');
	at = out->len;
	add_line(out, text, NAME_CHARS);
	for (; at < out->len; at++)
		if (out->data[at] == '`')
			out->data[at] = '\'';
	buf_putc(out, '`');
}

/* Nor does what people wrote, link-like text included. */
static void
add_quoted(struct buf *out, const char *text)
{
	struct buf line = {0};

	add_line(&line, text, QUOTED_CHARS);
	for (const char *c = buf_text(&line); *c != '\0'; c++) {
		if (strchr("\\`*_[]<>|~&:@", *c) != NULL)
			buf_putc(out, '\\');
		buf_putc(out, *c);
	}
	buf_fini(&line);
}

static void
add_fact(struct buf *out, const char *name, const char *text, void add(struct buf *, const char *))
{
	if (text == NULL)
		return;
	buf_printf(out, "- %s: ", name);
	add(out, text);
	buf_putc(out, '\n');
}

/* The first of so many. */
static void
add_list(struct buf *out, const char *name, const json_t *texts, int64_t total)
{
	size_t count = json_array_size(texts), shown = count < LISTED_MOST ? count : LISTED_MOST;

	if (count == 0)
		return;
	buf_printf(out, "- %s: ", name);
	for (size_t i = 0; i < shown; i++) {
		buf_puts(out, i > 0 ? ", " : "");
		add_code(out, json_string_value(json_array_get(texts, i)));
	}
	if (total > (int64_t)shown)
		buf_printf(out, " and %" PRId64 " more", total - (int64_t)shown);
	buf_putc(out, '\n');
}

static char *
body_of(const json_t *row)
{
	const json_t *image = json_object_get(row, "image"),
		     *regions = json_object_get(row, "regions");
	int64_t instances = json_int_at(row, "instances", 0);
	struct buf out = {0}, line = {0};

	add_fact(&out, "Bucket", json_filled_at(image, "bucket"), add_code);
	add_fact(&out, "Version", words_version(image), add_code);
	add_fact(&out, "Channel", json_filled_at(row, "channel"), add_code);
	buf_printf(&out, "- Instances: %" PRId64 "%s\n", instances,
	           json_true_at(row, "fresh") ? ", created or replaced by this run" : "");
	add_list(&out, "Regions", regions, (int64_t)json_array_size(regions));
	add_list(&out, "Resources", json_object_get(row, "addresses"), instances);
	add_fact(&out, "Revoked by", json_filled_at(image, "revoked_by"), add_quoted);
	add_fact(&out, "Revoked at", json_filled_at(image, "revoke_at"), add_code);
	add_fact(&out, "Reason", json_filled_at(image, "reason"), add_quoted);
	if (json_filled_at(image, "inherited_from.bucket") != NULL) {
		buf_printf(&line, "%s %s", json_filled_at(image, "inherited_from.bucket"),
		           words_or_unknown(json_filled_at(image, "inherited_from.version")));
		add_fact(&out, "Inherited from", buf_text(&line), add_code);
		buf_reset(&line);
	}
	add_remedy(&line, row, "");
	add_fact(&out, "Move to", line.len > 0 ? buf_text(&line) : NULL, add_code);
	buf_fini(&line);
	return buf_take(&out);
}

static char *
description_of(const json_t *row)
{
	enum task_image_state state = task_image_state_of(row);
	struct buf out = {0};

	if (state == TASK_IMAGE_VALID || state == TASK_IMAGE_UNKNOWN) {
		add_name(&out, row);
		if (json_filled_at(row, "channel") != NULL) {
			buf_puts(&out, " of ");
			add_line(&out, json_filled_at(row, "channel"), REASON_CHARS);
		}
		if (state == TASK_IMAGE_UNKNOWN)
			buf_puts(&out, ": its version is not known");
	} else {
		if (state == TASK_IMAGE_REVOKED || state == TASK_IMAGE_DELETED)
			buf_printf(&out, "%s: ", states[state].label);
		else if (state == TASK_IMAGE_SCHEDULED)
			buf_puts(&out, "To be revoked: ");
		add_clause(&out, row);
	}
	buf_puts(&out, "; ");
	add_count(&out, json_int_at(row, "instances", 0), "instance", "instances");
	return buf_take(&out);
}

static bool
is_taken(const json_t *outcomes, const char *id)
{
	const json_t *one;
	size_t i;

	json_array_foreach(outcomes, i,
	                   one) if (strcmp(json_string_value(json_object_get(one, "id")), id) ==
	                            0) return true;
	return false;
}

/* "base-ubuntu v3"; with a number where two are called the same. */
static char *
id_of(const json_t *row, const json_t *outcomes)
{
	struct buf name = {0};
	char *id;

	add_name(&name, row);
	id = mem_strn(buf_text(&name), utf8_prefix(buf_text(&name), ID_CHARS));
	for (int n = 2; is_taken(outcomes, id); n++) {
		free(id);
		id = mem_fmt("%.*s (%d)", (int)utf8_prefix(buf_text(&name), ID_CHARS),
		             buf_text(&name), n);
	}
	buf_fini(&name);
	return id;
}

static void
add_outcome(json_t *outcomes, const json_t *row)
{
	enum task_image_state state = task_image_state_of(row);
	char *id = id_of(row, outcomes), *description = description_of(row), *body = body_of(row);

	json_array_append_new(outcomes,
	                      json_pack("{s:s, s:s, s:s, s:s, s:s, s:O?}", "id", id, "description",
	                                description, "body", body, "status", states[state].label,
	                                "level", states[state].level, "url",
	                                json_object_get(row, "url")));
	free(id);
	free(description);
	free(body);
}

json_t *
words_task_outcomes(const json_t *rows)
{
	json_t *outcomes = json_array();
	const json_t *row;
	size_t i;

	for (int state = TASK_IMAGE_STATES - 1; state >= 0; state--)
		json_array_foreach(rows, i, row) if ((int)task_image_state_of(row) == state)
			add_outcome(outcomes, row);
	return outcomes;
}
