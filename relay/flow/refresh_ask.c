/* Which workspaces run one of these images, may run it, or did. */
#include <stdlib.h>
#include <string.h>

#include "relay/flow/refresh.h"
#include "relay/flow/refresh_rows.h"
#include "relay/store/applies.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"
#include "relay/store/usages.h"

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

	if (w->gone_at != 0 || (w->applied.to == 0 && w->exact.as_of == 0 &&
	                        a->use->usages.count == 0 && w->first_heard_at > a->q->heard_by))
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
		                    .how = {false, EVIDENCE_RULE, a->use->channel, false}};
		int64_t since = a->q->since(was.image);
		struct former_usage former;

		if (w->applied.to <= since && w->exact.as_of <= since)
			continue;
		rc = usages_former(r->plan->db, w->key, was.image, since, &former, err);
		if (rc == 1)
			was.how =
				(struct usage_found){true, former.evidence, former.channel, false};
		else if (rc == 0)
			rc = may_have_run(r, a, was.image, since, err);
		if (rc == 1) {
			struct incident_row *row = refresh_add_row(r, w, &was);

			row->state = w->gone_at != 0 ? ROW_GONE : ROW_MOVED;
			if (refresh_row_changed(r, row, "has moved", err) != 0)
				rc = -1;
		}
		free(former.channel);
	}
	return rc;
}

static int
ask_one(struct refresh *r, const struct asked_one *a, struct err *err)
{
	struct incident_row *row = refresh_stored_row(r, a->workspace->key, a->q->bucket_key);
	struct found found = runs_one(r, a);
	int elsewhere;

	if (row != NULL)
		r->seen[row - r->rows.items] = true;
	if (found.image == NULL && row == NULL)
		return ran_one(r, a, err) < 0 ? -1 : 0;
	if (found.image == NULL)
		return refresh_runs_no_more(r, row, a->workspace->gone_at != 0, err);
	elsewhere = is_told_elsewhere(r, a->q, a->workspace, found.image, err);
	if (elsewhere != 0)
		return elsewhere < 0 ? -1 : refresh_drop_row(r, row, err);
	return refresh_runs(r, a->workspace, &found, row, err);
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
