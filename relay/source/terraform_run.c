/*
 * terraform_run.c - run notifications (payload version 1).
 *
 * A list under one run; one entry today, more are announced.  A granular
 * trigger of 2026 comes in one of two shapes: as `trigger` itself, or as
 * `trigger_type` beside the coarse `trigger`.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/source/parts.h"
#include "relay/source/terraform.h"

/* Only looked at where no trigger is sent: a status we know then tells enough. */
static const char *const statuses[] = {
	"pending",
	"fetching",
	"fetching_completed",
	"pre_plan_running",
	"pre_plan_completed",
	"pre_plan_awaiting_decision",
	"queuing",
	"plan_queued",
	"planning",
	"planned",
	"tf_policy_checked",
	"tf_policy_override",
	"post_plan_running",
	"post_plan_completed",
	"post_plan_awaiting_decision",
	"cost_estimating",
	"cost_estimated",
	"policy_checking",
	"policy_override",
	"policy_soft_failed",
	"policy_checked",
	"confirmed",
	"pre_apply_running",
	"pre_apply_completed",
	"queuing_apply",
	"apply_queued",
	"applying",
	"post_apply_running",
	"post_apply_completed",
	"applied",
	"discarded",
	"errored",
	"canceled",
	"force_canceled",
	"planned_and_finished",
	"planned_and_saved",
	"assessing",
	"assessed",
};

static bool
status_is_known(const char *status)
{
	for (size_t i = 0; status != NULL && i < COUNT(statuses); i++)
		if (strcmp(statuses[i], status) == 0)
			return true;
	return false;
}

static bool
is_run_trigger(const char *name)
{
	const struct trigger *trigger = trigger_named(name);

	return trigger != NULL && trigger->form == FORM_RUN;
}

/* What an entry calls itself: its trigger, else its trigger_type. */
static const char *
entry_trigger(const json_t *entry)
{
	const char *trigger = json_filled_at(entry, "trigger");

	return trigger ? trigger : json_filled_at(entry, "trigger_type");
}

static bool
entry_is_known(const json_t *entry)
{
	if (is_run_trigger(json_filled_at(entry, "trigger_type")) ||
	    is_run_trigger(entry_trigger(entry)))
		return true;
	return entry_trigger(entry) == NULL && status_is_known(json_filled_at(entry, "run_status"));
}

const char *
run_id_of(const json_t *body, size_t *len)
{
	const char *id = json_filled_at(body, "run_id");
	const char *url = json_filled_at(body, "run_url");
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
entry_identity(const json_t *entry)
{
	const char *trigger = trigger_coarse(entry_trigger(entry));
	const char *status = json_filled_at(entry, "run_status");
	const char *updated_at = json_filled_at(entry, "run_updated_at");

	struct buf text = {0};

	if (updated_at == NULL || (trigger == NULL && status == NULL))
		return NULL;
	identity_add(&text, trigger);
	identity_add(&text, status);
	identity_add(&text, updated_at);
	return buf_take(&text);
}

/* Sorted: the order of the list identifies nothing.  False when one of them cannot be told. */
static bool
add_entries(struct buf *out, const json_t *entries)
{
	size_t count = json_array_size(entries), n;
	char **texts = mem_array(count, sizeof(*texts));
	bool all;

	for (n = 0; n < count; n++) {
		texts[n] = entry_identity(json_array_get(entries, n));
		if (texts[n] == NULL)
			break;
	}
	all = n == count && n > 0;
	if (all && n > 1)
		qsort(texts, n, sizeof(*texts), by_text);
	for (size_t i = 0; i < n; i++) {
		if (all)
			identity_add(out, texts[i]);
		free(texts[i]);
	}
	free(texts);
	return all;
}

char *
run_identity(const json_t *body)
{
	struct workspace_ref ws = {0};
	struct buf text = {0};
	size_t len;
	const char *id = run_id_of(body, &len);

	if (id == NULL)
		return NULL;
	terraform_place(&ws, body);
	identity_add(&text, "run");
	identity_add(&text, ws.host);
	identity_add_bytes(&text, id, len);
	free((char *)ws.host);
	if (add_entries(&text, json_at(body, "notifications")))
		return buf_take(&text);
	buf_fini(&text);
	return NULL;
}

static void
run_read(struct run_news *run, const json_t *body, const json_t *entry, const char *id)
{
	*run = (struct run_news){
		.id = id,
		.url = json_filled_at(body, "run_url"),
		.message = json_filled_at(body, "run_message"),
		.created_by = json_filled_at(body, "run_created_by"),
		.status = json_filled_at(entry, "run_status"),
		.trigger = entry_trigger(entry),
		.created_at = json_time_at(body, "run_created_at"),
		.updated_at = json_time_at(entry, "run_updated_at"),
	};
}

/* The entries we know become runs; what we do not know beside them is left out. */
void
run_normalize(struct event *event)
{
	const json_t *body = event->body;
	const json_t *entries = json_at(body, "notifications");
	size_t count = json_array_size(entries);
	size_t len;
	const char *id = run_id_of(body, &len);
	const struct run_news *newest = NULL;

	id = event_keep(event, id, len);
	event->runs = mem_array(count, sizeof(*event->runs));
	for (size_t i = 0; i < count && workspace_is_told(&event->workspace); i++) {
		const json_t *entry = json_array_get(entries, i);

		if (!entry_is_known(entry))
			continue;
		struct run_news *run = &event->runs[event->run_count++];
		run_read(run, body, entry, id);
		if (newest == NULL || run->updated_at > newest->updated_at)
			newest = run;
	}
	if (newest == NULL) {
		event_says(event, EVENT_UNKNOWN, entry_trigger(json_array_get(entries, 0)));
		return;
	}
	event->at = newest->updated_at;
	event_says(event, EVENT_RUN, newest->trigger ? newest->trigger : "run");
}
