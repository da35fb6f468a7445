#include "relay/flow/announce_group.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/document.h"
#include "relay/message/words.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"

/* Those that are told together. */
struct group {
	struct incident_list members; /* the lead first */
	struct incident_rows all;     /* their rows, by member */
	struct incident_rows *rows;   /* of each member: a part of `all` */
	bool *silent;                 /* of each member: another speaks of its image now */
};

static void
group_fini(struct group *group)
{
	incident_list_fini(&group->members);
	incident_rows_fini(&group->all);
	free(group->rows);
	free(group->silent);
}

/* Its image inherited its revocation after all: an ancestor's incident tells of it. */
static bool
has_left(const struct incident *member)
{
	return json_object_get(member->detail, "inherited_from") != NULL;
}

/* Nor does one speak whose image has come back in a later one. */
static void
mark_silent(struct group *group)
{
	json_t *seen = json_object();

	group->silent = mem_array(group->members.count, sizeof(*group->silent));
	for (size_t i = group->members.count; i-- > 0;) {
		const struct incident *m = &group->members.items[i];

		group->silent[i] = has_left(m) || json_object_get(seen, m->key) != NULL;
		json_object_set_new(seen, m->key, json_true());
	}
	json_decref(seen);
}

/* Each member's part of all rows: both are in the order of ids. */
static void
part_rows(struct group *group)
{
	size_t at = 0;

	group->rows = mem_array(group->members.count, sizeof(*group->rows));
	for (size_t i = 0; i < group->members.count; i++) {
		group->rows[i].items = group->all.items + at;
		while (at < group->all.count &&
		       strcmp(group->all.items[at].incident_id, group->members.items[i].id) == 0) {
			group->rows[i].count++;
			at++;
		}
	}
}

static void
take_worse(struct incident *view, const struct incident *member)
{
	if (member->phase > view->phase)
		view->phase = member->phase;
	if (member->severity > view->severity)
		view->severity = member->severity;
}

/* The image it speaks of: of the first that is still open, else of the lead. */
static const struct incident *
speaker(const struct group *group)
{
	const struct incident *found = NULL;

	for (size_t i = 0; i < group->members.count; i++) {
		const struct incident *m = &group->members.items[i];

		if (!group->silent[i] && (found == NULL || (m->open && !found->open)))
			found = m;
	}
	return found != NULL ? found : &group->members.items[0];
}

/* Open while one of them is; as bad as the worst of those open, or of all when
 * none is. */
static void
stand_as_one(const struct group *group, struct incident *view)
{
	const struct incident *first = speaker(group);
	bool mixed = false;
	json_int_t others = 0;

	view->image_key = mem_str(first->image_key);
	view->bucket_key = mem_str(first->bucket_key);
	view->open = false;
	for (size_t i = 0; i < group->members.count; i++)
		view->open = view->open || group->members.items[i].open;
	view->phase = PHASE_NONE;
	view->severity = SEVERITY_INFO;
	view->resolved_at = 0;
	for (size_t i = 0; i < group->members.count; i++) {
		const struct incident *m = &group->members.items[i];

		if (m->updated_at > view->updated_at)
			view->updated_at = m->updated_at;
		if (!view->open && m->resolved_at > view->resolved_at)
			view->resolved_at = m->resolved_at;
		if (m != first && !group->silent[i])
			others++;
		if (m->open != view->open || group->silent[i])
			continue;
		mixed = mixed || (view->phase != PHASE_NONE && view->phase != m->phase);
		take_worse(view, m);
	}
	if (others > 0)
		json_object_set_new(view->detail, "others", json_integer(others));
	if (mixed && !view->open)
		json_object_set_new(view->detail, "mixed", json_true());
}

/* By what they are about, and of one thing the one that is true: who is gone may
 * have moved before. */
static int
by_subject(const void *a, const void *b)
{
	static const int rank[] = {[ROW_AFFECTED] = 0, [ROW_GONE] = 1, [ROW_MOVED] = 2};
	const struct incident_row *x = a, *y = b;
	int order = strcmp(x->workspace_key, y->workspace_key);

	if (order == 0)
		order = strcmp(x->bucket_key, y->bucket_key);
	if (order == 0)
		order = rank[x->state] - rank[y->state];
	return order != 0 ? order : incident_row_order(x, y);
}

static int
by_worst(const void *a, const void *b)
{
	int order = incident_row_order(a, b);

	return order != 0 ? order : by_subject(a, b);
}

static bool
same_subject(const struct incident_row *a, const struct incident_row *b)
{
	return strcmp(a->workspace_key, b->workspace_key) == 0 &&
	       strcmp(a->bucket_key, b->bucket_key) == 0;
}

/* What is kept of `rows` is moved to the front; the rest is freed by its owner. */
static void
keep_row(struct incident_rows *rows, size_t *kept, size_t i)
{
	struct incident_row other = rows->items[*kept];

	rows->items[*kept] = rows->items[i];
	rows->items[i] = other;
	(*kept)++;
}

/*
 * The rows of all, worst first, out of the group.  Those that run what was
 * restored need not move, and are left out while others must; so they are when the
 * others are done long after, for what they run by then nobody has looked at.  A
 * workspace that may run two of the versions of a bucket is listed once.
 */
static void
gather_rows(struct group *group, const struct incident *view, struct incident_rows *out)
{
	struct incident_rows *all = &group->all;
	size_t kept = 0, n, at = 0;

	for (size_t i = 0; i < group->members.count; i++) {
		const struct incident *m = &group->members.items[i];
		bool lifted = !m->open && m->phase == PHASE_LIFTED;
		bool over =
			has_left(m) ||
			(lifted && (view->open || m->resolved_at + HOUR_MS < view->resolved_at));

		for (size_t k = 0; k < group->rows[i].count; k++, at++)
			if (!over)
				keep_row(all, &kept, at);
	}
	if (kept > 0)
		qsort(all->items, kept, sizeof(*all->items), by_subject);
	n = kept;
	kept = 0;
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !same_subject(&all->items[i], &all->items[kept - 1]))
			keep_row(all, &kept, i);
	if (kept > 0)
		qsort(all->items, kept, sizeof(*all->items), by_worst);
	out->count = kept;
	out->items = mem_array(kept + 1, sizeof(*out->items));
	for (size_t i = 0; i < kept; i++) { /* moved */
		out->items[i] = all->items[i];
		all->items[i] = (struct incident_row){.workspace_key = NULL};
	}
}

/* The lead as it is stored, to be changed. */
static void
copy_lead(struct incident *view, const struct incident *lead)
{
	*view = *lead;
	view->key = mem_str(lead->key);
	view->title = NULL;
	view->bucket_key = view->image_key = NULL;
	view->channel = mem_str(lead->channel);
	view->workspace_key = mem_str(lead->workspace_key);
	view->ack_by = mem_str(lead->ack_by);
	view->ack_comment = mem_str(lead->ack_comment);
	view->cause = NULL;
	view->leads = true;
	view->detail = json_copy(lead->detail);
}

/* Its title is the group's, not the lead's. */
static int
retitle(struct plan *plan, struct incident *view, const struct incident_rows *rows, struct err *err)
{
	struct image image;
	int found = catalog_image(plan->db, view->image_key, &image, err);
	json_t *document = found == 1 ? document_image(&image, NULL, NULL) : NULL;

	view->title = words_title(view, document, rows->count > 0 ? rows->items[0].name : NULL);
	json_decref(document);
	image_fini(&image);
	return found < 0 ? -1 : 0;
}

/* Each of a group is asked for: a route takes what it would take of one that
 * stands alone. */
static int
add_routed(struct plan *plan, struct group *group, struct hearings *all, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < group->members.count; i++)
		rc = hearings_add_routed(plan, &group->members.items[i], &group->rows[i], all, err);
	return rc;
}

/* 1: it is one of a group; 0: it stands alone; -1. */
static int
load_group(struct plan *plan, const struct incident *incident, struct group *group, struct err *err)
{
	const char *lead_id = incident->lead_id[0] != '\0' ? incident->lead_id : incident->id;

	*group = (struct group){0};
	if (incident->kind != KIND_IMAGE_REVOCATION)
		return 0;
	if (incidents_led(plan->db, lead_id, &group->members, err) != 0)
		return -1;
	if (group->members.count < 2 || strcmp(group->members.items[0].id, lead_id) != 0)
		return 0;
	if (incidents_rows_led(plan->db, lead_id, &group->all, err) != 0)
		return -1;
	part_rows(group);
	mark_silent(group);
	return 1;
}

int
group_members(struct plan *plan, const struct incident *incident, struct incident_list *out,
              struct err *err)
{
	const char *lead_id = incident->lead_id[0] != '\0' ? incident->lead_id : incident->id;

	if (incidents_led(plan->db, lead_id, out, err) != 0)
		return -1;
	if (out->count > 0 && strcmp(out->items[0].id, lead_id) == 0)
		return 0;
	incident_list_fini(out); /* its lead is there no more */
	out->items = mem_alloc(sizeof(*out->items));
	out->count = 1;
	return incidents_by_id(plan->db, incident->id, out->items, err) == 1 ? 0 : -1;
}

int
tell_of(struct plan *plan, const struct incident *incident, struct incident_rows *rows,
        struct telling *t, struct err *err)
{
	struct group group;
	int grouped = load_group(plan, incident, &group, err), rc = grouped < 0 ? -1 : 0;

	*t = (struct telling){.incident = incident, .rows = rows};
	if (grouped == 1) {
		t->incident = &t->view;
		t->rows = &t->together;
		copy_lead(&t->view, &group.members.items[0]);
		stand_as_one(&group, &t->view);
		rc = add_routed(plan, &group, &t->all, err);
		gather_rows(&group, &t->view, &t->together);
		if (rc == 0)
			rc = retitle(plan, &t->view, &t->together, err);
	} else if (grouped == 0) {
		rc = hearings_add_routed(plan, incident, rows, &t->all, err);
	}
	if (rc == 0)
		rc = hearings_add_told(plan, t->incident, &t->all, err);
	group_fini(&group);
	return rc;
}

void
telling_fini(struct telling *t)
{
	hearings_fini(&t->all);
	incident_fini(&t->view);
	incident_rows_fini(&t->together);
}

int
group_add_images(struct plan *plan, const struct incident *lead, json_t *image, json_t *cut,
                 struct err *err)
{
	json_t *list = json_object_get(image, "descendants");
	json_int_t total = json_int_at(cut, "descendants", (int64_t)json_array_size(list));
	struct image_list others;
	int rc = catalog_images_led(plan->db, lead->id, &others, err);

	for (size_t i = 0; i < others.count; i++) {
		const char *from = others.items[i].inherited_from;

		if (strcmp(others.items[i].key, lead->image_key) == 0 ||
		    (from != NULL && strcmp(from, lead->image_key) == 0))
			continue; /* told already */
		if (json_array_size(list) < DOCUMENT_IMAGES_MAX)
			json_array_append_new(list, document_descendant(&others.items[i]));
		total++;
	}
	if (total > (json_int_t)json_array_size(list))
		json_object_set_new(cut, "descendants", json_integer(total));
	image_list_fini(&others);
	return rc;
}
