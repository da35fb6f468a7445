/*
 * reader_events.c - the reader's way through the document: each event of the
 * parser moves it from place to place, and what is of interest is picked up.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/hcp/reader_internal.h"

enum place
reader_section(const struct reader *reader)
{
	return reader->depth > 1 ? reader->frames[1].place : P_PASS;
}

static struct frame *
top(struct reader *reader)
{
	return &reader->frames[reader->depth - 1];
}

/* An attribute drifted or not: its value's hash goes up to its object. */
static void
deliver_hash(struct reader *reader, uint64_t hash)
{
	struct frame *frame = top(reader);

	if (frame->place == P_BEFORE || frame->place == P_AFTER) {
		struct note note = {.kind = frame->place == P_BEFORE ? NOTE_BEFORE : NOTE_AFTER,
		                    .hash = hash};

		note.name =
			item_keep(&reader->item, reader->name, strlen(reader->name), ITEM_TEXT_MAX);
		if (hash != 0 && note.name != 0)
			item_note(&reader->item, note);
	} else if (frame->array) {
		frame->hash = (frame->hash ^ hash) * UINT64_C(0x9e3779b97f4a7c15) + 1;
	} else if (hash != 0) { /* members in any order */
		uint64_t both[] = {frame->key_hash, hash};

		frame->hash += strings_hash(reader->facts.strings, both, sizeof(both));
	}
}

/* What a value is, by the key before it or by standing in an array. */
static struct frame
place_of_value(struct reader *reader)
{
	struct frame *frame = top(reader);
	struct frame value = {.place = P_PASS};

	if (!frame->array)
		return reader->next;
	value.index = frame->index++;
	if (frame->place == P_ATTRIBUTES || frame->place == P_UNKNOWN) {
		value.place = frame->place;
		value.node = frame->node;
		return value;
	}
	const struct step *step = place_step(frame->place, NULL, 0);

	if (step != NULL)
		value.place = (enum place)step->to;
	return value;
}

static void
keep_name(struct reader *reader, const char *name, size_t len)
{
	size_t n = len < sizeof(reader->name) ? len : sizeof(reader->name) - 1;

	memcpy(reader->name, name, n);
	reader->name[n] = '\0';
}

static void
see_top(struct reader *reader, int to)
{
	struct seen *seen = &reader->seen;

	switch (to) {
	case P_FORMAT_VERSION:
		seen->format = true;
		break;
	case P_VALUES:
		seen->state = true;
		break;
	case P_RAW_RESOURCES:
		seen->raw = true;
		break;
	case P_PRIOR_STATE:
	case P_CHANGES:
	case P_DRIFTS:
	case P_CONFIGURATION:
	case P_ERRORED:
	case P_COMPLETE:
	case P_PLAN_MARK:
		seen->plan = true;
		break;
	case P_PASS:
		seen->other = true;
		break;
	default:
		break;
	}
}

static void
on_key(void *arg, const char *key, size_t len)
{
	struct reader *reader = arg;

	if (reader->passing > 0)
		return;
	struct frame *frame = top(reader);
	struct frame next = {.place = P_PASS};

	if (frame->place == P_ATTRIBUTES || frame->place == P_UNKNOWN) {
		int node = attributes_step(reader->attributes, frame->node, key, len);

		if (node != ATTRIBUTE_NONE)
			next = (struct frame){.place = frame->place, .node = node};
		reader->next = next;
		return;
	}
	const struct step *step = place_step(frame->place, key, len);

	if (step != NULL) {
		next.place = (enum place)step->to;
		next.key = step->key[0] != '*' ? step->key : NULL;
	}
	if (frame->place == P_HASHED)
		frame->key_hash = strings_hash(reader->facts.strings, key, len);
	else if (next.place == P_EXPRESSION || next.place == P_ARGUMENT || next.place == P_OUTPUT ||
	         next.place == P_CALL || next.place == P_HASHED ||
	         (next.place == P_REFERENCES && frame->place == P_CFG_RESOURCE))
		keep_name(reader, key, len);
	if (frame->place == P_TOP)
		see_top(reader, (int)next.place);
	reader->next = next;
}

static bool
begins_item(enum place place)
{
	return place == P_RESOURCE || place == P_CHANGE || place == P_DRIFT ||
	       place == P_RAW_RESOURCE || place == P_CFG_RESOURCE || place == P_CHECK;
}

static void
on_open(void *arg, bool array)
{
	struct reader *reader = arg;
	struct frame frame;

	if (reader->passing > 0) {
		reader->passing++;
		return;
	}
	if (reader->depth == 0)
		frame = (struct frame){.place = array ? P_PASS : P_TOP};
	else
		frame = place_of_value(reader);
	if (frame.place == P_PASS || frame.place >= P_FIELDS) {
		reader->passing = 1;
		return;
	}
	frame.array = array;
	frame.index = 0;
	frame.hash = array ? 2 : 1;
	frame.module_len = reader->module.len;
	if (begins_item(frame.place) && !array)
		item_reset(&reader->item);
	if (frame.place == P_CALL && !array)
		buf_printf(&reader->module, "%smodule.%s", reader->module.len > 0 ? "." : "",
		           reader->name);
	reader->frames[reader->depth++] = frame;
}

static void
on_close(void *arg)
{
	struct reader *reader = arg;

	if (reader->passing > 0) {
		reader->passing--;
		return;
	}
	const struct frame frame = *top(reader);

	reader->depth--;
	if (frame.place == P_HASHED)
		deliver_hash(reader, frame.hash);
	if (frame.place == P_CALL) {
		reader->module.len = frame.module_len;
		reader->module.data[frame.module_len] = '\0';
	}
	if (frame.place == P_ATTRIBUTES && frame.node != ATTRIBUTE_ROOT && !frame.array)
		item_note(&reader->item, (struct note){.kind = NOTE_CLOSE, .node = frame.node});
	if (!frame.array)
		reader_end_item(reader, frame.place);
}

static void
note_text(struct reader *reader, enum note_kind kind, int node, const char *text, size_t len,
          size_t max)
{
	struct item *item = &reader->item;
	struct note note = {.kind = kind, .node = node};

	if (kind == NOTE_REFERENCE)
		note.name = item_keep(item, reader->name, strlen(reader->name), ITEM_TEXT_MAX);
	note.text = item_keep(item, text, len, max);
	if (note.text != 0)
		item_note(item, note);
}

/* A text of the header; what does not fit or has strange bytes is left out. */
static void
copy_plain(char *to, size_t size, const char *text, size_t len)
{
	if (len >= size || !utf8_valid(text, len) || memchr(text, '\0', len) != NULL)
		return;
	memcpy(to, text, len);
	to[len] = '\0';
}

static void
end_reference(struct reader *reader, enum place place, const char *text, size_t len)
{
	char reference[ITEM_TEXT_MAX + 1];

	if (len > ITEM_TEXT_MAX || !utf8_valid(text, len))
		return;
	memcpy(reference, text, len);
	reference[len] = '\0';
	reader_end_reference(reader, place, reference);
}

static void
take_text(struct reader *reader, const struct frame *value, const char *text, size_t len)
{
	struct item *item = &reader->item;

	switch ((int)value->place) {
	case P_FORMAT_VERSION:
		copy_plain(reader->seen.format_version, sizeof(reader->seen.format_version), text,
		           len);
		break;
	case P_TERRAFORM_VERSION:
		copy_plain(reader->seen.terraform_version, sizeof(reader->seen.terraform_version),
		           text, len);
		break;
	case P_ATTRIBUTES:
		if (attributes_is_leaf(reader->attributes, value->node) && len <= ITEM_TEXT_MAX)
			note_text(reader, NOTE_TEXT, value->node, text, len, ITEM_TEXT_MAX);
		break;
	case P_ACTION:
		item_action(item, text, len);
		break;
	case P_DEPEND:
		note_text(reader, NOTE_DEPEND, 0, text, len, ITEM_TEXT_MAX);
		break;
	case P_REFERENCE:
		note_text(reader, NOTE_REFERENCE, 0, text, len, ITEM_TEXT_MAX);
		break;
	case P_MESSAGE:
		note_text(reader, NOTE_MESSAGE, 0, text, len, HEALTH_TEXT_MAX);
		break;
	case P_ARGUMENT_REFERENCE:
	case P_OUTPUT_REFERENCE:
		end_reference(reader, value->place, text, len);
		break;
	default:
		if (value->place >= P_FIELDS)
			item_set(item, (enum item_field)((int)value->place - P_FIELDS), text, len);
	}
}

static uint64_t
hash_scalar(const struct reader *reader, char type, const char *text, size_t len)
{
	uint64_t hash = strings_hash(reader->facts.strings, text, len) + (unsigned char)type;

	return hash != 0 ? hash : 1;
}

static void
on_text(void *arg, const char *text, size_t len)
{
	struct reader *reader = arg;

	if (reader->passing > 0 || reader->depth == 0)
		return;
	struct frame value = place_of_value(reader);

	if (value.place == P_HASHED)
		deliver_hash(reader, hash_scalar(reader, '"', text, len));
	else if (value.place != P_PASS)
		take_text(reader, &value, text, len);
}

static void
on_number(void *arg, const char *text, size_t len)
{
	struct reader *reader = arg;

	if (reader->passing > 0 || reader->depth == 0)
		return;
	struct frame value = place_of_value(reader);
	char digits[24] = "";

	if (value.place == P_HASHED) {
		deliver_hash(reader, hash_scalar(reader, '0', text, len));
	} else if (value.place == P_ATTRIBUTES) {
		take_text(reader, &value, text, len);
	} else if ((int)value.place == P_FIELDS + F_INDEX) {
		take_text(reader, &value, text, len);
		reader->item.index_is_number = true;
	} else if (value.place == P_VERSION) {
		copy_plain(digits, sizeof(digits), text, len);
		reader->seen.version = strtol(digits, NULL, 10);
	}
}

static void
on_literal(void *arg, char literal)
{
	struct reader *reader = arg;

	if (reader->passing > 0 || reader->depth == 0)
		return;
	struct frame value = place_of_value(reader);

	if (value.place == P_HASHED)
		deliver_hash(reader, literal == 'n' ? 0 : hash_scalar(reader, literal, "", 0));
	else if (value.place == P_UNKNOWN && literal == 't')
		item_note(&reader->item, (struct note){.kind = NOTE_UNKNOWN, .node = value.node});
	else if (value.place == P_ERRORED)
		reader->seen.errored = literal == 't';
	else if (value.place == P_COMPLETE)
		reader->seen.incomplete = literal == 'f';
}

const struct json_events reader_events = {on_open, on_close,  on_key,
                                          on_text, on_number, on_literal};
