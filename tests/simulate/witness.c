/* What was told, held against what was true. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "tests/simulate/sim.h"

#define PATIENCE_MS (6 * HOUR_MS) /* who runs it for less need not have been told */
#define LATE_MS (3 * HOUR_MS)
#define AWHILE_MS (5 * MINUTE_MS) /* from a change to the message of it */

/* A reply stands in its message's thread, and edits it as well; an edit is silent. */
struct heard_by {
	int64_t posts, replies, edits;
};

struct witness {
	json_t *names;  /* workspace -> its index */
	json_t *told;   /* "WORKSPACE VERSION" -> when its team was told, in ms */
	json_t *once;   /* "DESTINATION NOTIFICATION REVISION" that went out */
	json_t *opened; /* "DESTINATION INCIDENT TEAM" -> the phase it was opened in */
	json_t *open;  /* "DESTINATION INCIDENT-KEY TEAM PHASE" -> how many opened in it are open */
	json_t *where; /* team -> its destination */
	json_t *by_kind; /* of people's posts */
	struct heard_by slack, mail, webhook;
	int64_t twice, known, known_wrong, known_unheard, possible, possible_right;
};

void
witness_start(struct sim *sim)
{
	struct witness *w = sim->witness = mem_alloc(sizeof(*w));

	w->names = json_object();
	w->told = json_object();
	w->once = json_object();
	w->opened = json_object();
	w->open = json_object();
	w->where = json_object();
	w->by_kind = json_object();
	for (int i = 0; i < sim->options.workspaces; i++)
		json_object_set_new(w->names, sim->workspaces[i].name, json_integer(i));
}

void
witness_free(struct sim *sim)
{
	struct witness *w = sim->witness;

	json_decref(w->names);
	json_decref(w->told);
	json_decref(w->once);
	json_decref(w->opened);
	json_decref(w->open);
	json_decref(w->where);
	json_decref(w->by_kind);
	free(w);
}

static const char *
or_dash(const char *text)
{
	return text != NULL ? text : "-";
}

static void
say_twice(struct witness *w, const struct sim *sim, const char *what)
{
	char when[TIME_TEXT_SIZE];

	if (w->twice++ < 10)
		printf("told twice at %s: %s\n", time_text(sim->player.now_ms, when), what);
}

static char *
lane_of(const struct claimed *claimed, const char *incident)
{
	return mem_fmt("%s %s %s", claimed->destination,
	               or_dash(json_text_at(claimed->document, incident)),
	               or_dash(json_text_at(claimed->document, "team")));
}

static void
count_open(struct witness *w, const char *key, const char *phase, int by)
{
	char *lane = mem_fmt("%s %s", key, phase);
	json_int_t n = json_integer_value(json_object_get(w->open, lane));

	json_object_set_new(w->open, lane, json_integer(n + by));
	free(lane);
}

static void
tell_apart(struct witness *w, const struct sim *sim, const struct claimed *claimed)
{
	const json_t *d = claimed->document;
	const char *reason = or_dash(json_text_at(d, "reason"));
	char *message = mem_fmt("%s %s %d", claimed->destination, claimed->notification_id,
	                        (int)claimed->revision);
	char *lane = lane_of(claimed, "incident.id"), *key = lane_of(claimed, "incident.key");
	const char *phase = or_dash(json_text_at(d, "incident.phase"));
	const char *opened = json_string_value(json_object_get(w->opened, lane));

	if (json_object_get(w->once, message) != NULL)
		say_twice(w, sim, message);
	json_object_set_new(w->once, message, json_true());
	if (json_at(d, "incident.key") != NULL && strcmp(reason, "opened") == 0) {
		if (opened != NULL)
			say_twice(w, sim, lane);
		json_object_set_new(w->opened, lane, json_string(phase));
		count_open(w, key, phase, 1);
	} else if (strcmp(reason, "resolved") == 0 && opened != NULL) {
		count_open(w, key, opened, -1);
	}
	free(message);
	free(lane);
	free(key);
}

/* Of two incidents of one key the first has ended, and whoever heard it open
 * has heard that, at the latest when the destination was there again. */
static void
count_unended(struct sim *sim)
{
	struct witness *w = sim->witness;
	const char *lane;
	json_t *n;

	json_object_foreach(w->open, lane, n)
	{
		char *destination = mem_strn(lane, strcspn(strchr(lane, ' ') + 1, " ") +
		                                           (size_t)(strchr(lane, ' ') - lane) + 1);

		if (json_integer_value(n) > 1 &&
		    !relay_was_down(sim, destination, sim->end_ms - DAY_MS, sim->end_ms))
			say_twice(w, sim, lane);
		free(destination);
	}
}

static int
version_of(const char *name)
{
	return name != NULL && name[0] == 'v' ? atoi(name + 1) - 1 : -1;
}

/* A row that said for certain what is not so: nobody could know when the webhook of
 * that was lost or on its way. */
static void
hear_wrong(struct witness *w, const struct workspace_truth *truth, int version, int64_t at)
{
	char when[TIME_TEXT_SIZE];

	if (spell_was(&truth->unheard, ANY_VERSION, at - AWHILE_MS, at)) {
		w->known_unheard++;
		return;
	}
	if (w->known_wrong++ < 10)
		printf("known, and wrong at %s: %s runs v%d, it is said, and v%d it is\n",
		       time_text(at, when), truth->name, version + 1, truth->runs + 1);
}

/* Was it so when it was said? */
static bool
was_right(const struct sim *sim, const struct workspace_truth *truth, const json_t *row,
          int version, int64_t at)
{
	bool planned = strcmp(or_dash(json_text_at(row, "evidence")), "plan") == 0;

	if (strcmp(or_dash(json_text_at(row, "bucket")), sim->buckets[truth->bucket].name) != 0)
		return false;
	return spell_was(&truth->ran, version, at - AWHILE_MS, at) ||
	       (planned && spell_was(&truth->planned, version, at - AWHILE_MS, at));
}

/* One row that says that a workspace runs, or may run, a version. */
static void
hear_row(struct witness *w, struct sim *sim, const json_t *row, int64_t at, bool to_team)
{
	const json_t *index = json_object_get(w->names, or_dash(json_text_at(row, "name")));
	const struct workspace_truth *truth;
	int version = version_of(json_text_at(row, "version"));
	bool right, known = strcmp(or_dash(json_text_at(row, "certainty")), "known") == 0;
	char *key;

	if (index == NULL || version < 0 ||
	    strcmp(or_dash(json_text_at(row, "state")), "affected") != 0)
		return;
	truth = &sim->workspaces[json_integer_value(index)];
	right = was_right(sim, truth, row, version, at);
	key = mem_fmt("%s %d", truth->name, version);
	if (known) {
		w->known++;
		if (!right)
			hear_wrong(w, truth, version, at);
	} else if (to_team && json_object_get(w->told, key) == NULL) {
		w->possible++;
		w->possible_right += right;
	}
	if (to_team && json_object_get(w->told, key) == NULL)
		json_object_set_new(w->told, key, json_integer(sim->player.now_ms));
	free(key);
}

static void
count_kind(struct witness *w, const json_t *document)
{
	char *kind = mem_fmt("%s, %s", or_dash(json_text_at(document, "incident.kind")),
	                     or_dash(json_text_at(document, "reason")));

	json_object_set_new(
		w->by_kind, kind,
		json_integer(1 + json_integer_value(json_object_get(w->by_kind, kind))));
	free(kind);
}

void
witness_hears(struct sim *sim, const struct claimed *claimed)
{
	struct witness *w = sim->witness;
	const json_t *d = claimed->document, *rows = json_at(d, "workspaces");
	const char *team = json_text_at(d, "team");
	bool slack = strcmp(claimed->sink_kind, "slack") == 0;
	bool to_team = slack && team != NULL &&
	               strcmp(or_dash(json_text_at(d, "incident.kind")), "image.revocation") == 0;
	struct heard_by *by = slack                                      ? &w->slack
	                      : strcmp(claimed->sink_kind, "email") == 0 ? &w->mail
	                                                                 : &w->webhook;

	*(!claimed->speaks                      ? &by->edits
	  : claimed->reference != NULL && slack ? &by->replies
	                                        : &by->posts) += 1;
	if (slack && claimed->speaks)
		count_kind(w, d);
	if (slack && team != NULL)
		json_object_set_new(w->where, team, json_string(claimed->destination));
	tell_apart(w, sim, claimed);
	for (size_t i = 0; i < json_array_size(rows); i++)
		hear_row(w, sim, json_array_get(rows, i), json_time_at(d, "incident.updated_at"),
		         to_team);
}

struct truth {
	int64_t all, brief, in_time, late_lost, late_down, late, untold_lost, untold;
};

static void
judge(const struct sim *sim, const struct episode *e, struct truth *out)
{
	const struct witness *w = sim->witness;
	const struct workspace_truth *workspace = &sim->workspaces[e->workspace];
	const struct bucket *bucket = &sim->buckets[workspace->bucket];
	const struct version *version = &bucket->versions[e->version];
	int64_t from = e->from > version->revoked_at ? e->from : version->revoked_at, told_at;
	char *key = mem_fmt("%s %d", workspace->name, e->version);
	char *team = mem_fmt("team%d", bucket->team);
	const char *where = json_string_value(json_object_get(w->where, team));
	const json_t *told = json_object_get(w->told, key);
	bool lost = version->lost || e->lost;

	out->all++;
	told_at = told != NULL ? json_integer_value(told) : NEVER;
	if (told_at <= from + LATE_MS)
		out->in_time++;
	else if (e->until - from < PATIENCE_MS)
		out->brief++;
	else if (told_at == NEVER || told_at > e->until)
		(*(lost ? &out->untold_lost : &out->untold))++;
	else if (lost)
		out->late_lost++;
	else if (where != NULL && relay_was_down(sim, where, from, told_at))
		out->late_down++;
	else
		out->late++;
	if ((out->untold + out->late) > 0 && out->untold + out->late < 6 && !lost &&
	    told_at > from + LATE_MS && e->until - from >= PATIENCE_MS) {
		char a[TIME_TEXT_SIZE], b[TIME_TEXT_SIZE], c[TIME_TEXT_SIZE];

		printf("not told in time: %s %s v%d: runs it from %s to %s, revoked %s\n",
		       workspace->name, bucket->name, e->version + 1, time_text(e->from, a),
		       time_text(e->until, b), time_text(version->revoked_at, c));
	}
	free(key);
	free(team);
}

static void
print_heard(const char *who, const struct heard_by *by)
{
	printf("%-44s %10lld %10lld %10lld\n", who, (long long)by->posts, (long long)by->replies,
	       (long long)by->edits);
}

static void
print_ratio(const char *what, int64_t n, const struct counts *c)
{
	printf("%-28s %.3f of HCP Terraform's own, %.3f with HCP Packer's, %.3f of the careful\n",
	       what, (double)n / (double)(c->terraform > 0 ? c->terraform : 1),
	       (double)n / (double)(c->terraform + c->packer > 0 ? c->terraform + c->packer : 1),
	       (double)n / (double)(c->careful > 0 ? c->careful : 1));
}

static void
print_messages(const struct sim *sim)
{
	const struct witness *w = sim->witness;
	const struct counts *c = &sim->counts;
	const char *kind;
	json_t *n;

	printf("\n%lld webhooks, of them %lld lost, %lld late, %lld twice; %lld plans read\n\n",
	       (long long)c->sent, (long long)c->lost, (long long)c->late, (long long)c->twice,
	       (long long)c->plans);
	printf("%-44s %10s %10s %10s\n", "messages", "posted", "replied", "edited");
	print_heard("Slack, the teams' channels", &w->slack);
	print_heard("mail, security", &w->mail);
	print_heard("webhook, every revision", &w->webhook);
	printf("%-44s %10lld\n", "HCP Terraform's own posts, all triggers",
	       (long long)c->terraform);
	printf("%-44s %10lld\n", "  only what fails, waits or drifts", (long long)c->careful);
	printf("%-44s %10lld\n", "HCP Packer's webhooks, one post each", (long long)c->packer);
	print_ratio("Slack's posts", w->slack.posts, c);
	print_ratio("  and replies in threads", w->slack.posts + w->slack.replies, c);
	printf("\nSlack's posts and replies\n");
	json_object_foreach(w->by_kind, kind, n)
		printf("  %-42s %10lld\n", kind, (long long)json_integer_value(n));
}

bool
witness_tells(struct sim *sim)
{
	const struct witness *w = sim->witness;
	struct truth t = {0};

	count_unended(sim);
	print_messages(sim);
	for (size_t i = 0; i < sim->episode_count; i++) {
		const struct episode *e = &sim->episodes[i];
		const struct workspace_truth *workspace = &sim->workspaces[e->workspace];
		int64_t at = sim->buckets[workspace->bucket].versions[e->version].revoked_at;

		if (at != 0 && at < e->until)
			judge(sim, e, &t);
	}
	printf("\n%-44s %10lld\n", "ran a revoked image", (long long)t.all);
	printf("%-44s %10lld\n", "  told before, or within 3 hours", (long long)t.in_time);
	printf("%-44s %10lld\n", "  off it within 6 hours", (long long)t.brief);
	printf("%-44s %10lld\n", "  told late: a webhook was lost", (long long)t.late_lost);
	printf("%-44s %10lld\n", "  told late: the channel was down", (long long)t.late_down);
	printf("%-44s %10lld\n", "  told late: no excuse", (long long)t.late);
	printf("%-44s %10lld\n", "  never told: a webhook was lost", (long long)t.untold_lost);
	printf("%-44s %10lld\n", "  never told: no excuse", (long long)t.untold);
	printf("%-44s %10lld of %lld right\n", "rows said to be known",
	       (long long)(w->known - w->known_wrong - w->known_unheard), (long long)w->known);
	printf("%-44s %10lld\n", "  wrong: a webhook was lost, or on its way",
	       (long long)w->known_unheard);
	printf("%-44s %10lld\n", "  wrong: no excuse", (long long)w->known_wrong);
	printf("%-44s %10lld of %lld right\n", "rows said to be possible, at first",
	       (long long)w->possible_right, (long long)w->possible);
	printf("%-44s %10lld\n", "told twice", (long long)w->twice);
	return w->known_wrong == 0 && w->twice == 0 && t.late == 0 && t.untold == 0;
}
