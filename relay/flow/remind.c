/*
 * Saying it again: before a scheduled revocation at the times of the route's
 * `reminders`, and while an incident is open as often as `repeat` says.
 *
 * Nobody is reminded of what was acknowledged until that has run out, nor of
 * what asks nothing of them any more.  What counts is when a destination last
 * heard a new message: after a long stop it hears the one reminder that is
 * current, and none while another message waits for it.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/flow/announce_group.h"
#include "relay/flow/hearing.h"
#include "relay/flow/refresh.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"
#include "relay/store/queue.h"
#include "relay/store/wakes.h"

#define REPLAN_AT_ONCE 50

static int64_t
sooner(int64_t a, int64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

/* What the times of an incident's reminders follow from. */
struct clockwork {
	int64_t revoke_at; /* of a revocation that is scheduled; else 0 */
	bool repeats;      /* `repeat` counts for those whom it asks something */
	int64_t now_ms;
};

static int
clockwork_of(struct plan *plan, const struct incident *incident, struct clockwork *out,
             struct err *err)
{
	bool scheduled = incident->phase == PHASE_SCHEDULED;
	struct image image;
	int rc = 0;

	*out = (struct clockwork){.repeats = !scheduled, .now_ms = plan->now_ms};
	if (scheduled && incident->image_key != NULL) {
		rc = catalog_image(plan->db, incident->image_key, &image, err);
		/* Past its time it is about to be told as due. */
		if (image.revoke_at + REVOCATION_CONFIRM_MS > plan->now_ms)
			out->revoke_at = image.revoke_at;
		image_fini(&image);
	}
	return rc < 0 ? -1 : 0;
}

/* When this one, last told at heard_at, is to hear it again; 0: never. */
static int64_t
reminder_at(const struct clockwork *clock, const struct conf_route *route, enum asks asks,
            int64_t heard_at)
{
	int64_t at = 0, current = 0;

	for (size_t i = 0; clock->revoke_at != 0 && i < route->reminders.count; i++) {
		int64_t rung = clock->revoke_at - route->reminders.items[i];

		if (rung > clock->now_ms)
			at = sooner(at, rung);
		else if (rung > current)
			current = rung;
	}
	if (heard_at < current)
		at = clock->now_ms;
	if (clock->repeats && route->repeat > 0 && asks == ASKS_TO_ACT)
		at = sooner(at, heard_at + route->repeat);
	return at;
}

/* What is done about one destination that was told. */
struct round {
	struct clockwork clock;
	bool all;     /* the acknowledgement has run out: everyone who was told */
	bool marks;   /* those whose time has come, in hearer.remind */
	size_t count; /* of those marked */
	int64_t next_at;
};

static void
ask_hearer(struct round *r, struct hearer *to, enum asks asks, int64_t heard_at)
{
	int64_t now = r->clock.now_ms, at = reminder_at(&r->clock, to->route, asks, heard_at);

	if (r->marks && (r->all || (at != 0 && at <= now))) {
		to->remind = true;
		r->count++;
		at = reminder_at(&r->clock, to->route, asks, now);
	}
	r->next_at = sooner(r->next_at, at);
}

static int
ask_all(struct plan *plan, const struct incident *incident, const struct incident_rows *rows,
        const struct hearings *all, struct round *r, struct err *err)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct hearing *h = &all->items[i];
		enum asks asks = hearing_asks(incident, rows, h);
		struct notification n;
		int known = notification_get(plan->db, incident->id, h->name, &n, err);

		if (known < 0)
			return -1;
		for (size_t k = 0; known == 1 && asks != ASKS_NOTHING && k < h->count; k++) {
			struct hearer *to = &h->hearers[k];
			int64_t heard_at;

			if (to->route == NULL) /* told by an earlier config only */
				continue;
			heard_at =
				queue_heard_at(plan->db, n.id, to->destination, plan->now_ms, err);
			if (heard_at < 0)
				return -1;
			if (heard_at > 0)
				ask_hearer(r, to, asks, heard_at);
		}
	}
	return 0;
}

static bool
route_reminds(const struct conf *conf)
{
	for (size_t i = 0; i < conf->routes.count; i++) {
		const struct conf_route *route = conf_item(conf->routes, struct conf_route, i);

		if (route->repeat > 0 || route->reminders.count > 0)
			return true;
	}
	return false;
}

int
remind_plan(struct plan *plan, const struct incident *incident, const struct incident_rows *rows,
            const struct hearings *all, struct err *err)
{
	struct round r = {.next_at = 0};

	if (incident->open && incident->ack_until != 0) {
		r.next_at = incident->ack_until;
	} else if (incident->open && route_reminds(plan->conf)) {
		if (clockwork_of(plan, incident, &r.clock, err) != 0 ||
		    ask_all(plan, incident, rows, all, &r, err) != 0)
			return -1;
	}
	return wake_set(plan->db, WAKE_REMINDER, incident->id, r.next_at, err);
}

/* From now on every message says so, until somebody takes it on again. */
static int
end_acknowledgement(struct plan *plan, struct incident *incident, struct err *err)
{
	char *what = mem_fmt("the acknowledgement of %s has run out", incident->ack_by);
	int rc = -1;

	incident->ack_until = 0;
	incident->revision++;
	incident->updated_at = plan->now_ms;
	if (incidents_acknowledge(plan->db, incident, err) == 0 &&
	    incidents_update(plan->db, incident, err) == 0)
		rc = incidents_note(plan->db, incident->id, plan->now_ms, what, NULL, err);
	free(what);
	return rc;
}

static int
remind(struct plan *plan, struct incident *incident, struct incident_rows *rows, bool run_out,
       struct err *err)
{
	struct telling t;
	struct round r = {.all = run_out, .marks = true};
	int rc = tell_of(plan, incident, rows, &t, err);

	if (rc == 0 && t.incident->open) {
		rc = clockwork_of(plan, t.incident, &r.clock, err);
		if (rc == 0)
			rc = ask_all(plan, t.incident, t.rows, &t.all, &r, err);
		if (rc == 0 && (r.count > 0 || run_out))
			rc = announce_to_hearings(plan, t.incident, t.rows, &t.all, err);
		if (rc == 0)
			rc = wake_set(plan->db, WAKE_REMINDER, t.incident->id, r.next_at, err);
	}
	telling_fini(&t);
	return rc;
}

/* `lead` as it is stored; one that speaks for others may be over before them. */
static int
remind_of(struct plan *plan, struct incident *lead, struct incident_list *members, struct err *err)
{
	struct incident_rows rows;
	bool run_out = lead->ack_until != 0;
	int rc = 0;

	if (lead->ack_until > plan->now_ms)
		return wake_set(plan->db, WAKE_REMINDER, lead->id, lead->ack_until, err);
	for (size_t i = 0; rc == 0 && i < members->count; i++)
		if (members->items[i].ack_until != 0)
			rc = end_acknowledgement(plan, &members->items[i], err);
	if (rc != 0)
		return -1;
	rc = refresh_rows(plan->db, lead->id, &rows, err);
	if (rc == 0)
		rc = remind(plan, lead, &rows, run_out, err);
	incident_rows_fini(&rows);
	return rc;
}

int
remind_woken(struct plan *plan, const char *incident_id, struct err *err)
{
	struct incident incident;
	struct incident_list members = {0};
	int rc = incidents_by_id(plan->db, incident_id, &incident, err);
	bool open = false;

	if (rc == 1)
		rc = group_members(plan, &incident, &members, err);
	for (size_t i = 0; i < members.count; i++)
		open |= members.items[i].open;
	if (rc == 0 && open)
		rc = remind_of(plan, &members.items[0], &members, err);
	incident_list_fini(&members);
	incident_fini(&incident);
	return rc;
}

static int
replan(struct plan *plan, const struct incident *incident, struct err *err)
{
	struct incident_rows rows;
	struct telling t = {0};
	int rc = refresh_rows(plan->db, incident->id, &rows, err);

	if (rc == 0)
		rc = tell_of(plan, incident, &rows, &t, err);
	if (rc == 0)
		rc = remind_plan(plan, t.incident, t.rows, &t.all, err);
	telling_fini(&t);
	incident_rows_fini(&rows);
	return rc;
}

/* It is told with one of those before it in the list: that one asked for all. */
static bool
is_asked_for(const struct incident_list *list, size_t at)
{
	const char *lead_id = list->items[at].lead_id;

	for (size_t i = 0; lead_id[0] != '\0' && i < at; i++)
		if (strcmp(list->items[i].id, lead_id) == 0 ||
		    strcmp(list->items[i].lead_id, lead_id) == 0)
			return true;
	return false;
}

int
remind_replan(struct plan *plan, const char *after, struct err *err)
{
	struct incident_list list;
	int rc = 0;

	if (!route_reminds(plan->conf))
		return 0; /* what was set finds nobody to remind */
	if (incidents_all_open(plan->db, after, REPLAN_AT_ONCE, &list, err) != 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < list.count; i++)
		rc = is_asked_for(&list, i) ? 0 : replan(plan, &list.items[i], err);
	if (rc == 0 && list.count == REPLAN_AT_ONCE)
		rc = wake_set(plan->db, WAKE_REPLAN, list.items[list.count - 1].id, plan->now_ms,
		              err);
	incident_list_fini(&list);
	return rc;
}
