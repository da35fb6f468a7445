/*
 * sweeper_page.c - one page asked for and taken in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/flow/plan_sweep.h"
#include "relay/flow/sweeper_parts.h"
#include "relay/hcp/terraform_api.h"

#define BITE 25          /* workspaces in one job, so that nobody waits for long */
#define EXPLORER_TRIES 3 /* it gives up after 60 s itself; then the list has to do */
#define REFUSED_MS HOUR_MS
#define PAST_TOTAL_MOST (10 * API_PAGE_SIZE) /* listed beyond the total that it tells */
#define LISTED_MOST 200000                   /* where it tells none */

/* As it is now; -1 also when there is none. */
static int
copy_of(const struct sweeping *s, struct db *db, struct sweep *out, struct err *err)
{
	int rc = sweep_get(db, s->source, out, err);

	return rc == 1 ? 0 : rc < 0 ? -1 : err_set(err, "the sweep of %s is gone", s->source);
}

/* Each step counts its own workspaces. */
static void
begin_list(struct sweep *sweep)
{
	sweep->step = SWEEP_LIST;
	sweep->page = 1;
	sweep->seen = 0;
	sweep->total = -1;
}

/* It may call a next page for ever.  What it counts may be a little off: workspaces
 * come and go while they are listed. */
static bool
is_past_its_end(const struct sweep *sweep, int64_t on_page, int64_t total)
{
	bool past =
		total >= 0 ? sweep->seen - PAST_TOTAL_MOST >= total : sweep->seen >= LISTED_MOST;

	return on_page == 0 || past;
}

/* The page is through: what comes next. */
static void
turn_page(struct sweep *sweep, const json_t *page)
{
	int64_t next = api_page_next(page, sweep->page), total = api_page_total(page);
	int64_t on_page = (int64_t)json_array_size(json_at(page, "data"));

	sweep->seen += on_page;
	sweep->total = total >= sweep->seen ? total : sweep->seen;
	sweep->shortlisted |= sweep->step == SWEEP_EXPLORER;
	if (next != 0 && !is_past_its_end(sweep, on_page, total))
		sweep->page = next;
	else if (sweep->step == SWEEP_EXPLORER)
		begin_list(sweep);
	else
		sweep->step = SWEEP_READING;
	free(sweep->problem);
	sweep->problem = NULL;
}

/* Else another has taken it in: a reload came between. */
static bool
is_page_asked_for(const struct sweeping *s)
{
	return s->found.step == s->asked_step && s->found.page == s->asked_page;
}

static int
take_run(struct sweeping *s, struct db *db, struct err *err)
{
	const json_t *items = json_at(s->page, "data");
	struct plan plan = {
		.db = db,
		.conf = s->conf,
		.source = s->source,
		.received_at = s->now_ms,
		.now_ms = s->now_ms,
	};
	int rc = copy_of(s, db, &s->found, err);

	s->bite = 0;
	if (rc == 0 && !is_page_asked_for(s)) {
		s->bite = json_array_size(items);
		return 0;
	}
	while (rc == 0 && s->bite < BITE && s->taken + s->bite < json_array_size(items)) {
		rc = plan_listed(&plan, &s->found, s->page,
		                 json_array_get(items, s->taken + s->bite), err);
		s->bite++;
	}
	if (rc == 0 && s->taken + s->bite >= json_array_size(items)) {
		turn_page(&s->found, s->page);
		rc = sweep_put(db, &s->found, err);
	}
	return rc;
}

static void
taken(struct sweeping *s)
{
	s->taken += s->bite;
	if (s->taken < json_array_size(json_at(s->page, "data"))) {
		sweeping_submit(s, take_run, taken);
		return;
	}
	json_decref(s->page);
	s->page = NULL;
	s->failed = 0;
	s->sweeper->taken(s->sweeper->arg);
	sweeping_look(s);
}

/* ---- what the API answers ---- */

static int
list_instead_run(struct sweeping *s, struct db *db, struct err *err)
{
	if (copy_of(s, db, &s->found, err) != 0)
		return -1;
	begin_list(&s->found);
	s->found.shortlisted = false;
	return sweep_put(db, &s->found, err);
}

static int
problem_run(struct sweeping *s, struct db *db, struct err *err)
{
	if (copy_of(s, db, &s->found, err) != 0)
		return -1;
	free(s->found.problem);
	s->found.problem = mem_str(s->problem);
	return sweep_put(db, &s->found, err);
}

static void
wait_on(struct sweeping *s)
{
	timer_in(s->timer, s->wait_ms);
}

static void
tell_problem(struct sweeping *s, const struct api_answer *answer)
{
	bool refused = answer->end == API_NO_RIGHTS;
	int64_t wait = answer->again_ms;

	snprintf(
		s->problem, sizeof(s->problem), "%s%s", answer->text,
		refused ? ": there is no such organization, or the token may not list its workspaces"
			: "");
	if (answer->end == API_UNUSABLE || refused)
		wait = REFUSED_MS;
	if (s->sweep.problem == NULL || strcmp(s->sweep.problem, s->problem) != 0)
		log_warn("workspaces cannot be listed", "source", s->source, "organization",
		         s->organization, "reason", s->problem, LOG_END);
	s->wait_ms = wait;
	sweeping_submit(s, problem_run, wait_on);
}

static void
on_answer(const struct api_answer *answer, void *arg)
{
	struct sweeping *s = arg;
	bool final = answer->end == API_NO_RIGHTS || answer->end == API_UNUSABLE;

	s->call = NULL;
	if (answer->end == API_READ) {
		json_decref(s->page); /* one that the store refused half-way */
		s->page = json_incref((json_t *)answer->document);
		s->taken = 0;
		sweeping_submit(s, take_run, taken);
	} else if (s->sweep.step == SWEEP_EXPLORER && answer->end != API_BAD_TOKEN &&
	           (final || ++s->failed >= EXPLORER_TRIES)) {
		log_info("the Explorer cannot be asked; the list of workspaces has to do", "source",
		         s->source, "reason", answer->text, LOG_END);
		sweeping_submit(s, list_instead_run, sweeping_look);
	} else {
		tell_problem(s, answer);
	}
}

void
sweeping_fetch(struct sweeping *s)
{
	char *path = s->sweep.step == SWEEP_EXPLORER
	                     ? api_path_explorer(s->organization, s->sweep.page)
	                     : api_path_workspaces(s->organization, s->sweep.page);

	s->asked_step = s->sweep.step;
	s->asked_page = s->sweep.page;
	s->call = api_get(s->client, path, on_answer, s);
	free(path);
}
