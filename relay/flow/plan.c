#include "relay/flow/plan.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/flow/hush.h"
#include "relay/flow/plan_task.h"
#include "relay/source/source.h"
#include "relay/store/baseline.h"
#include "relay/store/alone.h"
#include "relay/store/catalog.h"
#include "relay/store/events.h"
#include "relay/store/wakes.h"

struct plan_desk {
	struct conf *conf;           /* the writer thread's */
	_Atomic(struct conf *) next; /* from a reload, until the writer looks */
	int64_t started_at;          /* the first plan_relink(); 0 = not yet */
	const struct plan_watch *watch;
	struct hush_kept *hush;
};

struct plan_desk *
plan_desk_new(struct conf *conf)
{
	struct plan_desk *desk = mem_alloc(sizeof(*desk));

	desk->conf = conf_hold(conf);
	desk->hush = hush_kept_new();
	return desk;
}

void
plan_desk_free(struct plan_desk *desk)
{
	if (desk == NULL)
		return;
	hush_kept_free(desk->hush);
	conf_release(desk->conf);
	conf_release(atomic_load(&desk->next));
	free(desk);
}

void
plan_desk_configure(struct plan_desk *desk, struct conf *conf)
{
	conf_release(atomic_exchange(&desk->next, conf_hold(conf)));
}

void
plan_desk_watch(struct plan_desk *desk, const struct plan_watch *watch)
{
	desk->watch = watch;
}

static const struct conf *
conf_of_now(struct plan_desk *desk)
{
	struct conf *next = atomic_exchange(&desk->next, NULL);

	if (next != NULL) {
		hush_kept_forget(desk->hush);
		conf_release(desk->conf);
		desk->conf = next;
	}
	return desk->conf;
}

/* It tells of a workspace, and nothing else follows from it here. */
static int
plan_noted(struct plan *plan, struct err *err)
{
	struct workspace workspace;
	int learnt = plan_learn_workspace(plan, &workspace, err), rc = learnt < 0 ? -1 : 0;

	if (learnt == 2)
		rc = refresh_workspace_images(plan, &workspace, false, err);
	workspace_fini(&workspace);
	return rc;
}

static int
plan_deleted(struct plan *plan, struct err *err)
{
	return plan_gone(plan, plan->event->at != 0 ? plan->event->at : plan->received_at, err);
}

typedef int step_fn(struct plan *, struct err *);

static step_fn *const steps[] = {
	[EVENT_NOTED] = plan_noted,
	[EVENT_VERSION] = plan_version,
	[EVENT_ASSIGN] = plan_assign,
	[EVENT_RUN] = plan_runs,
	[EVENT_ASSESSMENT] = plan_assessment,
	[EVENT_AUTO_DESTROY] = plan_auto_destroy,
	[EVENT_WORKSPACE_DELETED] = plan_deleted,
	[EVENT_CHANGE_REQUEST] = plan_change_request,
	[EVENT_RUN_TASK] = plan_run_task,
};

/* What is planned now may be a replay: it is no longer one of those that could
 * not be read, or not be planned. */
#define KIND_UNREADABLE "payload"
#define KIND_UNPROCESSABLE "unprocessable"

static int
refresh_set_aside(struct plan *plan, struct err *err)
{
	if (refresh_unknown(plan, KIND_UNREADABLE, NULL, err) != 0)
		return -1;
	return refresh_unknown(plan, KIND_UNPROCESSABLE, NULL, err);
}

static int
keep_unknown(struct plan *plan, const char *kind, const char *reason, struct err *err)
{
	if (event_move(plan->db, plan->event_id, EVENT_STATE_UNKNOWN, kind, reason, err) != 0 ||
	    refresh_unknown(plan, kind, reason, err) != 0)
		return -1;
	return refresh_set_aside(plan, err);
}

static int
plan_known(struct plan *plan, struct err *err)
{
	const struct event *event = plan->event;
	const char *refusal = NULL;

	if (event->type == EVENT_IGNORED)
		return event_move(plan->db, plan->event_id, EVENT_STATE_IGNORED, event->kind, NULL,
		                  err);
	if (event->type == EVENT_UNKNOWN)
		refusal = "no such action or trigger is known";
	else if (event->type == EVENT_RUN_TASK)
		refusal = plan_run_task_refusal(plan);
	if (refusal != NULL)
		return keep_unknown(plan, event->kind, refusal, err);
	if (event_move(plan->db, plan->event_id, EVENT_PROCESSED, event->kind, NULL, err) != 0 ||
	    steps[event->type](plan, err) != 0)
		return -1;
	/* It may have been one of those that an older version did not understand. */
	if (refresh_unknown(plan, event->kind, NULL, err) != 0)
		return -1;
	return refresh_set_aside(plan, err);
}

/* It is kept; what can be read of it says whom to answer, where somebody waits. */
static int
plan_unreadable(struct plan *plan, const struct source_kind *kind,
                const struct stored_event *stored, const char *why, struct err *err)
{
	struct event event = {0};
	json_t *part = NULL;
	int rc = keep_unknown(plan, KIND_UNREADABLE, why, err);

	if (rc == 0 && kind->salvage != NULL) {
		part = kind->salvage(stored->body, stored->body_len);
		kind->normalize(part, &event);
	}
	plan->event = &event;
	if (rc == 0 && event.type == EVENT_RUN_TASK && plan_run_task_refusal(plan) == NULL)
		rc = plan_run_task_unreadable(plan, why, err);
	event_fini(&event);
	json_decref(part);
	return rc;
}

static int
plan_stored(struct plan *plan, const struct stored_event *stored, struct err *err)
{
	const struct source_kind *kind = source_kind_named(stored->source_kind);
	struct event event = {0};
	json_t *body = NULL;
	struct err why;
	int rc;

	if (kind == NULL)
		return keep_unknown(plan, stored->source_kind, "no such kind of source", err);
	if (json_read(stored->body, stored->body_len, &body, &why) != JSON_TREE)
		return plan_unreadable(plan, kind, stored, why.text, err);
	kind->normalize(body, &event);
	plan->event = &event;
	rc = plan_known(plan, err);
	event_fini(&event);
	json_decref(body);
	return rc;
}

int
plan_event(void *arg, struct db *db, const struct stored_event *stored, int64_t now_ms,
           struct err *err)
{
	struct plan_desk *desk = arg;
	struct plan plan = {
		.db = db,
		.conf = conf_of_now(desk),
		.event_id = stored->id,
		.source = stored->source,
		.received_at = stored->received_at,
		.now_ms = now_ms,
		.started_at = desk->started_at,
		.watch = desk->watch,
		.hush = desk->hush,
	};

	if (plan_stored(&plan, stored, err) != 0)
		return -1;
	return plan_heard(&plan, err);
}

int
plan_park(void *arg, struct db *db, const struct stored_event *stored, const char *reason,
          int64_t now_ms, struct err *err)
{
	struct plan_desk *desk = arg;
	struct plan plan = {.db = db,
	                    .conf = conf_of_now(desk),
	                    .event_id = stored->id,
	                    .source = stored->source,
	                    .now_ms = now_ms,
	                    .hush = desk->hush};

	return refresh_unknown(&plan, KIND_UNPROCESSABLE, reason, err);
}

/* What a start and a reload begin with. */
static int
begin(struct plan *plan, struct err *err)
{
	int64_t baseline = plan->conf->baseline;

	if (baseline_fix(plan->db, baseline > 0 ? plan->now_ms + baseline : 0, err) != 0 ||
	    hush_apply(plan, err) != 0 || plan_digests(plan, err) != 0 ||
	    plan_sinks(plan, err) != 0 || plan_sources(plan, err) != 0)
		return -1;
	return wake_set(plan->db, WAKE_REPLAN, "", plan->now_ms, err);
}

int
plan_relink(struct plan_desk *desk, struct db *db, char after[ID_SIZE], int limit, int64_t now_ms,
            struct err *err)
{
	if (desk->started_at == 0)
		desk->started_at = now_ms;
	struct plan plan = {.db = db,
	                    .conf = conf_of_now(desk),
	                    .now_ms = now_ms,
	                    .started_at = desk->started_at,
	                    .hush = desk->hush};
	struct bucket_list buckets = {0};
	struct link_list page;
	int rc = catalog_workspaces(db, after, limit, &page, err);

	if (rc == 0 && after[0] == '\0')
		rc = begin(&plan, err);
	if (rc == 0)
		rc = catalog_buckets(db, &buckets, err);
	for (size_t i = 0; rc == 0 && i < page.count; i++) {
		rc = plan_link_to(&plan, &page.items[i].workspace, &buckets, err);
		if (rc == 0)
			rc = refresh_workspace_images(&plan, &page.items[i].workspace, false, err);
		if (rc == 0)
			rc = refresh_findings(&plan, &page.items[i].workspace, err);
		snprintf(after, ID_SIZE, "%s", page.items[i].workspace.key);
	}
	if (rc == 0)
		rc = page.count == (size_t)limit;
	bucket_list_fini(&buckets);
	link_list_fini(&page);
	return rc;
}

/* By the kind of wake. */
static const struct {
	const char *kind;
	int (*look)(struct plan *, const char *subject, struct err *);
} looks[] = {
	{WAKE_INCIDENT, refresh_woken},     {WAKE_REMINDER, remind_woken},
	{WAKE_REPLAN, remind_replan},       {WAKE_CHANNEL, refresh_channel_woken},
	{WAKE_SILENCE, hush_woken},         {WAKE_DIGEST, plan_digest_woken},
	{WAKE_SINK, refresh_sink},          {WAKE_SOURCE, refresh_source},
	{WAKE_GROUP, announce_group_woken},
};

static int
look(struct plan *plan, const struct wake *wake, struct err *err)
{
	for (size_t i = 0; i < COUNT(looks); i++)
		if (strcmp(looks[i].kind, wake->kind) == 0)
			return looks[i].look(plan, wake->subject, err);
	return 0; /* set by another version */
}

struct look {
	struct plan *plan;
	const struct wake *wake;
	int64_t later;
};

/* One that sets itself anew for a time that is past would be looked at for ever. */
static int
look_once(struct db *db, void *arg, struct err *err)
{
	const struct look *l = arg;

	if (look(l->plan, l->wake, err) != 0)
		return -1;
	return wake_later(db, l->wake->kind, l->wake->subject, l->plan->now_ms, l->later, err);
}

/* What failed is put back alone, for a minute later. */
static int
look_alone(struct plan *plan, const struct wake *wake, struct err *err)
{
	struct look l = {plan, wake, plan->now_ms + MINUTE_MS};
	int rc = db_alone(plan->db, look_once, &l, err);

	if (rc <= 0)
		return rc;
	log_error("what was due failed, trying again", "kind", wake->kind, "subject", wake->subject,
	          "reason", err->text, LOG_END);
	return wake_set(plan->db, wake->kind, wake->subject, l.later, err);
}

int
plan_wakes(struct plan_desk *desk, struct db *db, int limit, int64_t now_ms, int64_t *next_at,
           struct err *err)
{
	struct plan plan = {.db = db,
	                    .conf = conf_of_now(desk),
	                    .received_at = now_ms,
	                    .now_ms = now_ms,
	                    .started_at = desk->started_at,
	                    .watch = desk->watch,
	                    .hush = desk->hush};
	struct wake wake;
	int looked = 0, taken = 0;

	while (looked < limit && (taken = wake_take(db, now_ms, &wake, err)) == 1) {
		int rc = look_alone(&plan, &wake, err);

		wake_fini(&wake);
		if (rc != 0)
			return -1;
		looked++;
	}
	if (taken < 0)
		return -1;
	*next_at = wakes_next(db, err);
	return *next_at < 0 ? -1 : looked;
}
