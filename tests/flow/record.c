#include "tests/flow/record.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/digest.h"

#define WIDTH 100
#define ULID_LEN 26

void
record_fini(struct record *record)
{
	buf_fini(&record->text);
	free(record->ids);
	json_decref(record->last);
}

const char *
record_id(struct record *record, const char *id)
{
	struct record_id *entry;
	int number = 1;

	for (size_t i = 0; i < record->count; i++) {
		if (strcmp(record->ids[i].id, id) == 0)
			return record->ids[i].name;
		number += strncmp(record->ids[i].id, id, 4) == 0;
	}
	record->ids = mem_grow(record->ids, record->count + 1, sizeof(*record->ids));
	entry = &record->ids[record->count++];
	snprintf(entry->id, sizeof(entry->id), "%s", id);
	snprintf(entry->name, sizeof(entry->name), "%.3s#%d", id, number);
	return entry->name;
}

void
record_id_is(struct record *record, const char *id, const char *stored)
{
	for (size_t i = 0; i < record->count; i++)
		if (strcmp(record->ids[i].id, id) == 0)
			snprintf(record->ids[i].id, sizeof(record->ids[i].id), "%s", stored);
}

/* Does an id of ours begin here? */
static bool
is_id(const char *at)
{
	if (!islower((unsigned char)at[0]) || !islower((unsigned char)at[1]) ||
	    !islower((unsigned char)at[2]) || at[3] != '_')
		return false;
	for (size_t i = 4; i < 4 + ULID_LEN; i++)
		if (!isupper((unsigned char)at[i]) && !isdigit((unsigned char)at[i]))
			return false;
	return true;
}

void
record_text(struct record *record, const char *text)
{
	while (*text != '\0') {
		char id[ID_SIZE];

		if (!is_id(text)) {
			buf_putc(&record->text, *text++);
			continue;
		}
		snprintf(id, sizeof(id), "%.*s", 4 + ULID_LEN, text);
		buf_puts(&record->text, record_id(record, id));
		text += 4 + ULID_LEN;
	}
}

void
record_line(struct record *record, const char *text)
{
	buf_printf(&record->text, "%s\n", text);
}

static void indented(struct buf *out, const json_t *value, int depth);

static void
add_items(struct buf *out, const json_t *value, int depth)
{
	const char *name, *between = "\n";
	json_t *item;
	size_t i;

	if (json_is_array(value)) {
		json_array_foreach(value, i, item)
		{
			buf_printf(out, "%s%*s", between, 2 * depth, "");
			indented(out, item, depth);
			between = ",\n";
		}
		return;
	}
	json_object_foreach((json_t *)value, name, item)
	{
		buf_printf(out, "%s%*s\"%s\": ", between, 2 * depth, "", name);
		indented(out, item, depth);
		between = ",\n";
	}
}

/* On one line where it fits, else one member on each. */
static void
indented(struct buf *out, const json_t *value, int depth)
{
	char *flat = json_dumps(value, JSON_ENCODE_ANY);
	bool holds = json_is_array(value) || json_is_object(value);

	if (!holds || strlen(flat) + (size_t)depth * 2 <= WIDTH) {
		buf_puts(out, flat);
	} else {
		buf_putc(out, flat[0]);
		add_items(out, value, depth + 1);
		buf_printf(out, "\n%*s%c", 2 * depth, "", json_is_array(value) ? ']' : '}');
	}
	free(flat);
}

static json_t *difference(const json_t *before, const json_t *now);

static const json_t *
with_id(const json_t *list, const char *id)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i,
	                   item) if (strcmp(json_text_at(item, "id"), id) == 0) return item;
	return NULL;
}

/* Of lists of things with an id: those that are new, other or gone. */
static json_t *
list_difference(const json_t *before, const json_t *now)
{
	json_t *out = json_object();
	const json_t *item;
	size_t i;

	json_array_foreach(now, i, item)
	{
		const char *id = json_text_at(item, "id");
		const json_t *was = with_id(before, id);

		if (!json_equal(was, item))
			json_object_set_new(out, id, difference(was, item));
	}
	json_array_foreach(before, i, item) if (with_id(now, json_text_at(item, "id")) == NULL)
		json_object_set_new(out, json_text_at(item, "id"), json_string("(none)"));
	return out;
}

static bool
have_ids(const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) if (json_text_at(item, "id") == NULL) return false;
	return json_is_array(list);
}

/* What of `now` is another than before; what is no more is said as "(none)". */
static json_t *
difference(const json_t *before, const json_t *now)
{
	const char *name;
	json_t *value, *out;

	if (have_ids(now) && have_ids(before))
		return list_difference(before, now);
	if (!json_is_object(now) || !json_is_object(before))
		return json_deep_copy(now);
	out = json_object();
	json_object_foreach((json_t *)now, name,
	                    value) if (!json_equal(value, json_object_get(before, name)))
		json_object_set_new(out, name, difference(json_object_get(before, name), value));
	json_object_foreach((json_t *)before, name, value) if (json_object_get(now, name) == NULL)
		json_object_set_new(out, name, json_string("(none)"));
	return out;
}

static void
add_for_machines(struct record *record, struct buf *out, const char *sink, const json_t *document)
{
	char *lane = mem_fmt("%s %s", sink, json_text_at(document, "id"));
	const json_t *before = json_object_get(record->last, lane);

	if (before == NULL) {
		indented(out, document, 0);
	} else {
		json_t *differs = difference(before, document);

		indented(out, differs, 0);
		json_decref(differs);
	}
	buf_putc(out, '\n');
	if (record->last == NULL)
		record->last = json_object();
	json_object_set(record->last, lane, (json_t *)document);
	free(lane);
}

static const char *
or_dash(const char *text)
{
	return text != NULL ? text : "-";
}

/* A digest: what it says of itself, and of each incident. */
static void
add_digest(struct buf *out, const json_t *document)
{
	const json_t *incidents = json_at(document, "incidents");

	buf_printf(out, "  [digest] %s\n  %s\n", or_dash(json_text_at(document, "title")),
	           or_dash(json_text_at(document, "summary")));
	for (size_t i = 0; i < json_array_size(incidents); i++) {
		const json_t *incident = json_array_get(incidents, i);

		buf_printf(out, "  - [%s] %s, %s, %s, %d affected\n",
		           or_dash(json_text_at(incident, "incident.severity")),
		           or_dash(json_text_at(incident, "title")),
		           or_dash(json_text_at(incident, "reason")),
		           or_dash(json_text_at(incident, "incident.status")),
		           (int)json_int_at(incident, "workspace_counts.affected", -1));
	}
}

static void
add_for_people(struct buf *out, const json_t *document)
{
	const json_t *rows = json_at(document, "workspaces");
	const char *known_by = json_text_at(document, "incident.acknowledged.by");

	buf_printf(out, "  [%s] %s\n  %s\n", or_dash(json_text_at(document, "incident.severity")),
	           or_dash(json_text_at(document, "title")),
	           or_dash(json_text_at(document, "summary")));
	if (known_by != NULL)
		buf_printf(out, "  acknowledged by %s until %s: %s\n", known_by,
		           or_dash(json_text_at(document, "incident.acknowledged.until")),
		           or_dash(json_text_at(document, "incident.acknowledged.comment")));
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		buf_printf(out, "  - %s %s %s, %s %s on %s%s\n", or_dash(json_text_at(row, "name")),
		           or_dash(json_text_at(row, "state")),
		           or_dash(json_text_at(row, "certainty")),
		           or_dash(json_text_at(row, "bucket")),
		           or_dash(json_text_at(row, "version")),
		           or_dash(json_text_at(row, "channel")),
		           json_true_at(row, "drifted") ? ", drifted" : "");
	}
}

void
record_message(struct record *record, int64_t now_ms, const char *sink, const char *sink_kind,
               const json_t *document, bool speaks)
{
	char when[TIME_TEXT_SIZE];
	const char *team = json_text_at(document, "team");
	struct buf out = {0};

	buf_printf(&out, "\n%s sink=%s reason=%s%s revision=%d%s%s\n", time_text(now_ms, when),
	           sink, or_dash(json_text_at(document, "reason")), speaks ? "" : " (edit)",
	           (int)json_int_at(document, "revision", -1), team != NULL ? " team=" : "",
	           team != NULL ? team : "");
	if (is_digest(document) && strcmp(sink_kind, "slack") == 0)
		add_digest(&out, document);
	else if (strcmp(sink_kind, "slack") == 0)
		add_for_people(&out, document);
	else
		add_for_machines(record, &out, sink, document);
	record_text(record, buf_text(&out));
	buf_fini(&out);
}
