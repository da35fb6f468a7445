/*
 * terraform_run.c - run notifications (payload version 1).
 *
 * A list under one run; one entry today, more are announced.  A granular
 * trigger of 2026 comes in one of two shapes: as `trigger` itself, or as
 * `trigger_type` beside the coarse `trigger`.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/model/run.h"
#include "relay/source/parts.h"
#include "relay/source/terraform.h"

static bool
is_run_trigger(const char *name)
{
	const struct trigger *trigger = trigger_named(name);

	return trigger != NULL && trigger->form == FORM_RUN;
}

/* What an entry of the list says; NULL where it says nothing. */
struct entry {
	const char *trigger, *trigger_type, *status, *updated_at;
};

static struct entry
entry_of_tree(const json_t *tree)
{
	return (struct entry){
		.trigger = json_filled_at(tree, "trigger"),
		.trigger_type = json_filled_at(tree, "trigger_type"),
		.status = json_filled_at(tree, "run_status"),
		.updated_at = json_filled_at(tree, "run_updated_at"),
	};
}

static struct entry
first_entry(const struct json_picks *body)
{
	return (struct entry){
		.trigger = json_picked_filled(body, FIRST_TRIGGER),
		.trigger_type = json_picked_filled(body, FIRST_TRIGGER_TYPE),
		.status = json_picked_filled(body, FIRST_STATUS),
		.updated_at = json_picked_filled(body, FIRST_UPDATED_AT),
	};
}

/* What an entry calls itself: its trigger, else its trigger_type. */
static const char *
entry_trigger(const struct entry *entry)
{
	return entry->trigger ? entry->trigger : entry->trigger_type;
}

static bool
entry_is_known(const struct entry *entry)
{
	if (is_run_trigger(entry->trigger_type) || is_run_trigger(entry_trigger(entry)))
		return true;
	/* Where no trigger is sent a status we know tells enough. */
	return entry_trigger(entry) == NULL && run_status_known(entry->status);
}

/* What was sent; where nothing was, what the trigger says alone. */
static const char *
entry_status(const struct entry *entry)
{
	const struct trigger *type = trigger_named(entry->trigger_type);
	const struct trigger *trigger = type ? type : trigger_named(entry->trigger);

	return entry->status != NULL || trigger == NULL ? entry->status : trigger->status;
}

static bool
asks(const char *trigger)
{
	const char *coarse = trigger_coarse(trigger);

	return coarse != NULL && strcmp(coarse, "run:needs_attention") == 0;
}

/* A status alone is told for no other reason than that. */
static bool
entry_needs_attention(const struct entry *entry)
{
	return asks(entry->trigger_type) || asks(entry->trigger) || entry_trigger(entry) == NULL;
}

const char *
run_id_of(const struct json_picks *body, size_t *len)
{
	const char *id = json_picked_filled(body, RUN_ID);
	const char *url = json_picked_filled(body, RUN_URL);
	const char *last = url ? strrchr(url, '/') : NULL;

	*len = id ? strlen(id) : 0;
	if (id != NULL || last == NULL || strncmp(last, "/run-", 5) != 0)
		return id;
	/* ".../runs/run-XXXX": the URL says it too. */
	*len = strcspn(last + 1, "?#");
	return last + 1;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* NULL without a time: the same status of the same run comes back (another policy check, another approval). */
static char *
entry_identity(const struct entry *entry)
{
	const char *trigger = trigger_coarse(entry_trigger(entry));
	struct buf text = {0};

	if (entry->updated_at == NULL || (trigger == NULL && entry->status == NULL))
		return NULL;
	identity_add(&text, trigger);
	identity_add(&text, entry->status);
	identity_add(&text, entry->updated_at);
	return buf_take(&text);
}

/* Sorted: the order of the list identifies nothing.  False when one of them cannot be told. */
static bool
add_list(struct buf *out, const json_t *entries)
{
	size_t count = json_array_size(entries), n;
	char **texts = mem_array(count, sizeof(*texts));
	bool all;

	for (n = 0; n < count; n++) {
		struct entry entry = entry_of_tree(json_array_get(entries, n));

		texts[n] = entry_identity(&entry);
		if (texts[n] == NULL)
			break;
	}
	all = n == count && n > 0;
	if (all)
		qsort(texts, n, sizeof(*texts), by_text);
	for (size_t i = 0; i < n; i++) {
		if (all)
			identity_add(out, texts[i]);
		free(texts[i]);
	}
	free(texts);
	return all;
}

/* A list of one, as it is today, needs no tree. */
static bool
add_entries(struct buf *out, const struct json_picks *body)
{
	struct entry first = first_entry(body);
	char *text = NULL;
	bool told;

	if (json_picked_any(body, SECOND)) {
		json_t *list = json_picked_tree(body, NOTIFICATIONS);

		told = add_list(out, list);
		json_decref(list);
		return told;
	}
	text = entry_identity(&first);
	told = text != NULL;
	if (told)
		identity_add(out, text);
	free(text);
	return told;
}

bool
run_identity(const struct json_picks *body, struct buf *out)
{
	struct workspace_ref ws = {0};
	size_t len;
	const char *id = run_id_of(body, &len);

	if (id == NULL)
		return false;
	terraform_place(&ws, body);
	identity_add(out, "run");
	identity_add(out, ws.host);
	identity_add_bytes(out, id, len);
	free((char *)ws.host);
	return add_entries(out, body);
}

static void
run_read(struct run_news *run, const json_t *body, const struct entry *entry, const char *id)
{
	*run = (struct run_news){
		.id = id,
		.url = json_filled_at(body, "run_url"),
		.message = json_filled_at(body, "run_message"),
		.created_by = json_filled_at(body, "run_created_by"),
		.status = entry_status(entry),
		.trigger = entry_trigger(entry),
		.needs_attention = entry_needs_attention(entry),
		.created_at = json_time_at(body, "run_created_at"),
		.updated_at = time_or_none(entry->updated_at),
	};
}

/* The entries we know become runs; what we do not know beside them is left out. */
void
run_normalize(struct event *event, const struct json_picks *picks)
{
	const json_t *body = event->body;
	const json_t *entries = json_at(body, "notifications");
	size_t count = json_array_size(entries);
	size_t len;
	const char *id = run_id_of(picks, &len);
	const struct run_news *newest = NULL;
	struct entry first = first_entry(picks);

	id = event_keep(event, id, len);
	event->runs = mem_array(count, sizeof(*event->runs));
	for (size_t i = 0; i < count && workspace_is_told(&event->workspace); i++) {
		struct entry entry = entry_of_tree(json_array_get(entries, i));

		if (!entry_is_known(&entry))
			continue;
		struct run_news *run = &event->runs[event->run_count++];
		run_read(run, body, &entry, id);
		if (newest == NULL || run->updated_at > newest->updated_at)
			newest = run;
	}
	if (newest == NULL) {
		event_says(event, EVENT_UNKNOWN, entry_trigger(&first));
		return;
	}
	event->at = newest->updated_at;
	event_says(event, EVENT_RUN, newest->trigger ? newest->trigger : "run");
}
