#include "relay/flow/refresh.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/model/key.h"
#include "relay/store/applies.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"
#include "relay/store/usages.h"

static int
by_workspace(const void *a, const void *b)
{
	const struct incident_row *x = a, *y = b;
	int order = strcmp(x->workspace_key, y->workspace_key);

	return order != 0 ? order : strcmp(x->bucket_key, y->bucket_key);
}

static int
by_worst(const void *a, const void *b)
{
	return incident_row_order(a, b);
}

int
refresh_load(struct refresh *r, struct plan *plan, const char *key, const struct workspace *only,
             struct err *err)
{
	int found;

	*r = (struct refresh){.plan = plan, .only = only};
	found = incidents_open(plan->db, key, &r->incident, err);
	if (found != 1)
		return found;
	if (only != NULL
	            ? incidents_rows_of(plan->db, r->incident.id, only->key, &r->rows, err) != 0
	            : incidents_rows(plan->db, r->incident.id, &r->rows, err) != 0)
		return -1;
	r->stored = r->rows.count;
	r->seen = mem_array(r->stored + 1, sizeof(*r->seen));
	r->dropped = mem_array(r->stored + 1, sizeof(*r->dropped));
	if (r->stored > 0)
		qsort(r->rows.items, r->stored, sizeof(*r->rows.items), by_workspace);
	return 1;
}

void
refresh_fini(struct refresh *r)
{
	incident_fini(&r->incident);
	incident_rows_fini(&r->rows);
	free(r->seen);
	free(r->dropped);
	free(r->what);
}

static struct incident_row *
stored_row(struct refresh *r, const char *workspace_key, const char *bucket_key)
{
	struct incident_row key = {.workspace_key = (char *)workspace_key,
	                           .bucket_key = (char *)bucket_key};

	return r->stored > 0 ? bsearch(&key, r->rows.items, r->stored, sizeof(key), by_workspace)
	                     : NULL;
}

static int
row_changed(struct refresh *r, const struct incident_row *row, const char *how, struct err *err)
{
	r->changed = true;
	free(r->what);
	r->what = mem_fmt("%s %s", row->name, how);
	/* Rows of an incident that does not exist yet are written when it opens. */
	if (r->incident.id[0] == '\0')
		return 0;
	return incidents_row_put(r->plan->db, r->incident.id, row, err);
}

static void
set_text(char **field, const char *value)
{
	free(*field);
	*field = mem_str(value);
}

/* Which of the images a workspace runs, or ran, and how that is known. */
struct found {
	const struct image *image; /* NULL: none */
	struct usage_found how;
};

static struct incident_row *
add_row(struct refresh *r, const struct workspace *workspace, const struct found *found)
{
	struct incident_row *row;

	r->rows.items = mem_grow(r->rows.items, r->rows.count + 1, sizeof(*r->rows.items));
	row = &r->rows.items[r->rows.count++];
	*row = (struct incident_row){
		.workspace_key = mem_str(workspace->key),
		.bucket_key = mem_str(found->image->bucket_key),
		.fingerprint = mem_str(found->image->fingerprint),
		.version = mem_str(found->image->version),
		.channel = mem_str(found->how.channel),
		.known = found->how.known,
		.evidence = found->how.evidence,
		.workspace_id = mem_str(workspace->id),
		.name = mem_str(workspace->name),
		.organization = mem_str(workspace->organization),
		.url = mem_str(workspace->url),
		.project = mem_str(workspace->project),
		.tags = mem_str(workspace->tags),
		.drifted = workspace->drifted,
	};
	return row;
}

static const char *
runs_words(const struct incident_row *row)
{
	return row->known ? "runs it" : "may run it";
}

static int
runs(struct refresh *r, const struct workspace *workspace, const struct found *found,
     struct incident_row *row, struct err *err)
{
	if (row == NULL) {
		row = add_row(r, workspace, found);
		return row_changed(r, row, runs_words(row), err);
	}
	if (row->state == ROW_AFFECTED && row->known == found->how.known &&
	    row->evidence == found->how.evidence &&
	    strcmp(row->fingerprint, found->image->fingerprint) == 0)
		return 0;
	row->state = ROW_AFFECTED;
	row->known = found->how.known;
	row->evidence = found->how.evidence;
	set_text(&row->fingerprint, found->image->fingerprint);
	set_text(&row->version, found->image->version);
	set_text(&row->channel, found->how.channel);
	return row_changed(r, row, runs_words(row), err);
}

/* It runs what it ran, which is told elsewhere, or may be run again. */
static int
drop_row(struct refresh *r, const struct incident_row *row, struct err *err)
{
	if (row == NULL)
		return 0;
	r->dropped[row - r->rows.items] = true;
	r->changed = true;
	return incidents_row_drop(r->plan->db, r->incident.id, row, err);
}

/* Is nothing wrong any more with what it was listed for?  Then it has not moved. */
static int
was_restored(struct refresh *r, const struct incident_row *row, struct err *err)
{
	struct image image;
	char *key;
	int found;

	if (r->incident.kind != KIND_IMAGE_REVOCATION || row->fingerprint == NULL)
		return 0;
	key = key_image(row->bucket_key, row->fingerprint);
	found = catalog_image(r->plan->db, key, &image, err);
	free(key);
	if (found == 1)
		found = image.status == IMAGE_ACTIVE;
	image_fini(&image);
	return found;
}

static int
runs_no_more(struct refresh *r, struct incident_row *row, bool gone, struct err *err)
{
	int restored;

	if (row == NULL || row->state != ROW_AFFECTED)
		return 0;
	restored = gone ? 0 : was_restored(r, row, err);
	if (restored != 0)
		return restored < 0 ? -1 : drop_row(r, row, err);
	row->state = gone ? ROW_GONE : ROW_MOVED;
	return row_changed(r, row, gone ? "is gone" : "has moved", err);
}

/* Moves those dropped behind the others, and frees them. */
static void
forget_dropped(struct refresh *r)
{
	struct incident_rows out = {.items = mem_array(r->stored + 1, sizeof(*out.items))};
	size_t kept = 0;

	for (size_t i = 0; i < r->rows.count; i++)
		if (i < r->stored && r->dropped[i])
			out.items[out.count++] = r->rows.items[i];
		else
			r->rows.items[kept++] = r->rows.items[i];
	r->rows.count = kept;
	incident_rows_fini(&out);
}

/* 1: not to be listed here, 0, -1. */
static int
is_told_elsewhere(struct refresh *r, const struct question *q, const struct workspace *workspace,
                  const struct image *image, struct err *err)
{
	char *revoked;
	int listed;

	if ((size_t)(image - q->images) >= q->count - q->silent)
		return 1;
	if (!q->skip_revoked)
		return 0;
	listed = incidents_revoked_image(r->plan->db, workspace->key, q->bucket_key, &revoked, err);
	free(revoked);
	r->aside += listed == 1;
	return listed;
}

/* One workspace that is asked, and what it has to do with the question's bucket. */
struct asked_one {
	const struct question *q;
	const struct history *history;
	const struct workspace *workspace;
	const struct bucket_use *use;
};

static bool
is_one(const struct asked_one *a, const struct image *image, int64_t now_ms,
       struct usage_found *how)
{
	const struct workspace *w = a->workspace;

	return a->q->channel != NULL
	               ? usage_judge_on(a->use, a->q->channel, a->history, w->applied, w->exact,
	                                image, now_ms, how)
	               : usage_judge(a->use, a->history, w->applied, w->exact, image, now_ms, how);
}

/* The newest of them that it is known to run, else the newest it may. */
static struct found
one_of(const struct asked_one *a, int64_t now_ms)
{
	struct found best = {.image = NULL};

	for (size_t i = 0; i < a->q->count && !(best.image != NULL && best.how.known); i++) {
		struct found one = {.image = &a->q->images[i]};

		if (is_one(a, one.image, now_ms, &one.how) && (best.image == NULL || one.how.known))
			best = one;
	}
	return best;
}

static struct found
runs_one(const struct refresh *r, const struct asked_one *a)
{
	const struct workspace *w = a->workspace;

	if (w->gone_at != 0 || (a->q->applied_only && w->applied.to == 0 && w->exact.as_of == 0 &&
	                        a->use->usages.count == 0))
		return (struct found){.image = NULL};
	return one_of(a, r->plan->now_ms);
}

/* By rule: 1, 0, -1. */
static int
may_have_run(struct refresh *r, const struct asked_one *a, const struct image *image, int64_t since,
             struct err *err)
{
	struct applied_list applies;
	int rc;

	if (!a->use->linked || a->workspace->exact.as_of != 0)
		return 0;
	rc = applies_of(r->plan->db, a->workspace->key, &applies, err);
	if (rc == 0)
		rc = usage_was_possible(a->history, a->use->channel, &applies,
		                        a->workspace->first_heard_at, image, since);
	free(applies.items);
	return rc;
}

/* It ran one of them when that was not to be run any more, and does not now: who
 * hears late of it hears how it stands.  1: its row is added, 0, -1. */
static int
ran_one(struct refresh *r, const struct asked_one *a, struct err *err)
{
	const struct workspace *w = a->workspace;
	int rc = 0;

	for (size_t i = 0; rc == 0 && a->q->since != NULL && i < a->q->count; i++) {
		struct found was = {.image = &a->q->images[i],
		                    .how = {false, EVIDENCE_RULE, a->use->channel}};
		int64_t since = a->q->since(was.image);
		struct former_usage former;

		if (w->applied.to <= since && w->exact.as_of <= since)
			continue;
		rc = usages_former(r->plan->db, w->key, was.image, since, &former, err);
		if (rc == 1)
			was.how = (struct usage_found){true, former.evidence, former.channel};
		else if (rc == 0)
			rc = may_have_run(r, a, was.image, since, err);
		if (rc == 1) {
			struct incident_row *row = add_row(r, w, &was);

			row->state = w->gone_at != 0 ? ROW_GONE : ROW_MOVED;
			if (row_changed(r, row, "has moved", err) != 0)
				rc = -1;
		}
		free(former.channel);
	}
	return rc;
}

static int
ask_one(struct refresh *r, const struct asked_one *a, struct err *err)
{
	struct incident_row *row = stored_row(r, a->workspace->key, a->q->bucket_key);
	struct found found = runs_one(r, a);
	int elsewhere;

	if (row != NULL)
		r->seen[row - r->rows.items] = true;
	if (found.image == NULL && row == NULL)
		return ran_one(r, a, err) < 0 ? -1 : 0;
	if (found.image == NULL)
		return runs_no_more(r, row, a->workspace->gone_at != 0, err);
	elsewhere = is_told_elsewhere(r, a->q, a->workspace, found.image, err);
	if (elsewhere != 0)
		return elsewhere < 0 ? -1 : drop_row(r, row, err);
	return runs(r, a->workspace, &found, row, err);
}

static int
ask_everyone(struct refresh *r, const struct question *q, const struct history *history,
             struct err *err)
{
	struct user_list users;
	int rc = users_of_bucket(r->plan->db, q->bucket_key, &users, err);

	for (size_t i = 0; rc == 0 && i < users.count; i++)
		rc = ask_one(r,
		             &(struct asked_one){q, history, &users.items[i].workspace,
		                                 &users.items[i].use},
		             err);
	user_list_fini(&users);
	return rc;
}

static int
ask_only(struct refresh *r, const struct question *q, const struct history *history,
         struct err *err)
{
	struct bucket_use none = {.bucket_key = NULL};
	struct asked_one one = {q, history, r->only, &none};
	struct user_list users;
	int rc = users_of_workspace(r->plan->db, r->only->key, &users, err);

	for (size_t i = 0; i < users.count; i++)
		if (strcmp(users.items[i].use.bucket_key, q->bucket_key) == 0)
			one.use = &users.items[i].use;
	if (rc == 0)
		rc = ask_one(r, &one, err);
	user_list_fini(&users);
	return rc;
}

int
refresh_ask(struct refresh *r, const struct question *q, struct err *err)
{
	struct history history = {0};
	int rc = catalog_history(r->plan->db, q->bucket_key, &history, err);

	if (rc == 0)
		rc = r->only != NULL ? ask_only(r, q, &history, err)
		                     : ask_everyone(r, q, &history, err);
	history_fini(&history);
	return rc;
}

int
refresh_rest(struct refresh *r, struct err *err)
{
	bool gone = r->only != NULL && r->only->gone_at != 0;

	for (size_t i = 0; i < r->stored; i++)
		if (!r->seen[i] && runs_no_more(r, &r->rows.items[i], gone, err) != 0)
			return -1;
	return 0;
}

bool
refresh_is_idle(const struct refresh *r, bool changed)
{
	return r->only != NULL && r->incident.id[0] != '\0' && !changed && !r->changed;
}

static void
sort_rows(struct incident_rows *rows)
{
	if (rows->count > 0)
		qsort(rows->items, rows->count, sizeof(*rows->items), by_worst);
}

int
refresh_rows(struct db *db, const char *incident_id, struct incident_rows *rows, struct err *err)
{
	int rc = incidents_rows(db, incident_id, rows, err);

	sort_rows(rows);
	return rc;
}

int
refresh_count(struct refresh *r, struct incident_counts *counts, struct err *err)
{
	*counts = (struct incident_counts){0};
	if (r->only != NULL && r->incident.id[0] != '\0') {
		incident_rows_fini(&r->rows);
		if (incidents_rows(r->plan->db, r->incident.id, &r->rows, err) != 0)
			return -1;
	} else if (r->stored > 0) {
		forget_dropped(r);
	}
	for (size_t i = 0; i < r->rows.count; i++)
		incident_count(counts, &r->rows.items[i]);
	sort_rows(&r->rows);
	return 0;
}
