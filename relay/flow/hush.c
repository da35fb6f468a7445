#include "relay/flow/hush.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/flow/announce_facts.h"
#include "relay/flow/announce_group.h"
#include "relay/store/baseline.h"
#include "relay/store/incidents.h"
#include "relay/store/wakes.h"

#define APPLY_AT_ONCE 50 /* some milliseconds */

char *
hush_config_id(const struct conf_silence *silence)
{
	return mem_fmt(HUSH_CONFIG_ID "%s", silence->name);
}

struct silence
stored_silence_of(const struct stored_silence *stored)
{
	const struct silence_form *form = &stored->form;
	struct silence silence = {.id = stored->id,
	                          .match = &form->match,
	                          .starts_at = form->starts_at,
	                          .until = form->until};

	if (form->weekly.days.count > 0)
		silence.week = weekly_week(&form->weekly);
	return silence;
}

static void
add(struct hush *hush, struct silence silence)
{
	hush->asks_channels |= silence.match->channels.count > 0;
	hush->all[hush->count++] = silence;
}

int
hush_load(struct hush *hush, struct plan *plan, struct err *err)
{
	const struct key_list *windows = &plan->conf->silences;

	if (silences_load(plan->db, plan->now_ms, &hush->stored, err) != 0)
		return -1;
	hush->all = mem_array(windows->count + hush->stored.count + 1, sizeof(*hush->all));
	hush->ids = mem_array(windows->count + 1, sizeof(*hush->ids));
	for (size_t i = 0; i < windows->count; i++) {
		const struct conf_silence *window = conf_item(*windows, struct conf_silence, i);

		hush->ids[hush->id_count++] = hush_config_id(window);
		add(hush, (struct silence){.id = hush->ids[i],
		                           .match = &window->match,
		                           .week = weekly_week(&window->weekly)});
	}
	for (size_t i = 0; i < hush->stored.count; i++)
		add(hush, stored_silence_of(&hush->stored.items[i]));
	return 0;
}

void
hush_fini(struct hush *hush)
{
	stored_silence_list_fini(&hush->stored);
	for (size_t i = 0; i < hush->id_count; i++)
		free(hush->ids[i]);
	free(hush->ids);
	free(hush->all);
	*hush = (struct hush){0};
}

struct hush_kept {
	struct hush hush;
	struct silences_mark mark;
	bool loaded;
	int64_t since; /* those that were over by then are not in it */
};

struct hush_kept *
hush_kept_new(void)
{
	return mem_alloc(sizeof(struct hush_kept));
}

void
hush_kept_forget(struct hush_kept *kept)
{
	hush_fini(&kept->hush);
	kept->loaded = false;
}

void
hush_kept_free(struct hush_kept *kept)
{
	if (kept == NULL)
		return;
	hush_kept_forget(kept);
	free(kept);
}

static int
load_kept(struct hush_kept *kept, struct plan *plan, struct err *err)
{
	struct silences_mark mark;

	if (silences_mark(plan->db, &mark, err) != 0)
		return -1;
	if (kept->loaded && kept->since <= plan->now_ms && kept->mark.count == mark.count &&
	    strcmp(kept->mark.last, mark.last) == 0)
		return 0;
	hush_kept_forget(kept);
	if (hush_load(&kept->hush, plan, err) != 0) {
		hush_kept_forget(kept);
		return -1;
	}
	kept->mark = mark;
	kept->since = plan->now_ms;
	kept->loaded = true;
	return 0;
}

static int
held_by(const struct hush *hush, struct plan *plan, const struct incident *incident,
        const struct incident_rows *rows, struct held *out, struct err *err)
{
	struct announce_facts facts = {0};
	const struct silence *last = NULL;
	int rc = announce_facts(&facts, plan, incident, rows, hush->asks_channels, err);

	*out = (struct held){0};
	if (rc == 0)
		out->until = silence_end(hush->all, hush->count, plan->conf, &facts.routed,
		                         plan->now_ms, &last);
	if (out->until > 0)
		snprintf(out->by, sizeof(out->by), "%s", last->id);
	announce_facts_fini(&facts);
	return rc;
}

int
hush_of(struct plan *plan, const struct incident *incident, const struct incident_rows *rows,
        struct held *out, struct err *err)
{
	struct hush own = {0}, *hush = plan->hush != NULL ? &plan->hush->hush : &own;
	int rc = plan->hush != NULL ? load_kept(plan->hush, plan, err) : hush_load(&own, plan, err);
	int holds = 0;

	*out = (struct held){0};
	if (rc == 0 && hush->count > 0)
		rc = held_by(hush, plan, incident, rows, out, err);
	if (rc == 0 && out->until > 0)
		holds = silences_holds(plan->db, incident->id, out->until, out->by, err);
	out->was = holds == 1;
	hush_fini(&own);
	return holds < 0 ? -1 : rc;
}

static int
note(struct plan *plan, const char *incident_id, const struct held *held, struct err *err)
{
	char when[TIME_TEXT_SIZE];
	char *what = held->until > 0 ? mem_fmt("held by silence %s until %s", held->by,
	                                       time_text(held->until, when))
	                             : mem_str("no longer held by a silence");
	int rc = incidents_note(plan->db, incident_id, plan->now_ms, what, NULL, err);

	free(what);
	return rc;
}

int
hush_note(struct plan *plan, const char *incident_id, const struct held *held, struct err *err)
{
	int holds = 0;

	if (held->until > 0 && !held->was)
		holds = silences_holds(plan->db, incident_id, held->until, held->by, err);
	return holds == 1 ? note(plan, incident_id, held, err) : holds;
}

/* As it is told: with the others of its group, where it leads one. */
static int
apply_to(struct plan *plan, const struct hush *hush, const char *incident_id, int64_t not_before,
         struct err *err)
{
	struct incident incident = {0};
	struct incident_rows rows = {0};
	struct telling telling = {0};
	struct held held;
	int64_t collects = 0;
	int rc = incidents_by_id(plan->db, incident_id, &incident, err);

	if (rc != 1)
		goto out;
	rc = -1;
	if (incidents_rows(plan->db, incident_id, &rows, err) != 0 ||
	    tell_of(plan, &incident, &rows, &telling, err) != 0 ||
	    held_by(hush, plan, telling.incident, telling.rows, &held, err) != 0 ||
	    (collects = baseline_end_of(plan->db, incident.kind, err)) < 0)
		goto out;
	rc = silences_hold(plan->db, incident_id, held.until, held.until > 0 ? held.by : NULL,
	                   collects > not_before ? collects : not_before, plan->now_ms, err);
	if (rc == 1)
		rc = note(plan, incident_id, &held, err);
out:
	telling_fini(&telling);
	incident_rows_fini(&rows);
	incident_fini(&incident);
	return rc < 0 ? -1 : 0;
}

/* When the first of those not in force begins; 0: none does. */
static int64_t
next_begin(const struct hush *hush, int64_t now)
{
	int64_t first = 0;

	for (size_t i = 0; i < hush->count; i++) {
		int64_t next, ends = 0;
		bool in_force = silence_at(&hush->all[i], now, &next);

		if (in_force && (ends = next) != 0)
			in_force = silence_at(&hush->all[i], ends, &next);
		if (in_force)
			next = ends; /* it goes on */
		if (next != 0 && (first == 0 || next < first))
			first = next;
	}
	return first;
}

/* What is let go in pages waits for them, so that it goes together: the same
 * moment for all that are done within a second. */
static int64_t
gathered_at(int64_t now_ms)
{
	return (now_ms / SECOND_MS + 2) * SECOND_MS;
}

/* One page of what is owed, and the wake for the next. */
static int
apply_behind(struct plan *plan, const struct hush *hush, const char *after, struct err *err)
{
	char(*ids)[ID_SIZE] = NULL;
	int64_t count = silences_owed(plan->db, hush->count == 0, after, APPLY_AT_ONCE, &ids, err);
	bool more = count == APPLY_AT_ONCE;
	int64_t not_before = more || after[0] != '\0' ? gathered_at(plan->now_ms) : 0;
	int rc = count < 0 ? -1 : 0;

	for (int64_t i = 0; rc == 0 && i < count; i++)
		rc = apply_to(plan, hush, ids[i], not_before, err);
	/* Later by a moment: not in this turn. */
	if (rc == 0 && more)
		rc = wake_set(plan->db, WAKE_SILENCE, ids[count - 1], plan->now_ms + 1, err);
	free(ids);
	return rc;
}

int
hush_woken(struct plan *plan, const char *after, struct err *err)
{
	struct hush hush = {0};
	int rc = hush_load(&hush, plan, err);

	if (rc == 0)
		rc = apply_behind(plan, &hush, after, err);
	if (rc == 0 && after[0] == '\0')
		rc = wake_set(plan->db, WAKE_SILENCE, "", next_begin(&hush, plan->now_ms), err);
	hush_fini(&hush);
	return rc;
}

int
hush_apply(struct plan *plan, struct err *err)
{
	return hush_woken(plan, "", err);
}

/* rc as it is, once what follows is done where something changed. */
static int
follow_up(struct db *db, const struct conf *conf, int64_t now_ms, int rc, struct err *err)
{
	struct plan plan = {.db = db, .conf = conf, .received_at = now_ms, .now_ms = now_ms};

	return rc == 1 && hush_apply(&plan, err) != 0 ? -1 : rc;
}

int
hush_add(struct db *db, const struct conf *conf, struct stored_silence *silence, int64_t now_ms,
         struct err *err)
{
	return follow_up(db, conf, now_ms, silences_add(db, silence, now_ms, err), err);
}

int
hush_drop(struct db *db, const struct conf *conf, const char *id, int64_t now_ms, struct err *err)
{
	return follow_up(db, conf, now_ms, silences_drop(db, id, err), err);
}
