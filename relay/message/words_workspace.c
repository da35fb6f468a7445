/* The words of incidents about one workspace. */
#include <inttypes.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/words_parts.h"

static void
drift_title(struct buf *out, const struct subject *s)
{
	buf_printf(out, "Workspace drifted: %s", words_or_unknown(s->workspace));
}

/* What an image that is no good is called, and what is said of it. */
static const struct {
	const char *status, *head, *tail, *clause;
} withdrawn[] = {
	{"revoked", "Revoked image ", "", "which is revoked"},
	{"scheduled", "Image ", " to be revoked", "which is to be revoked"},
	{"deleted", "Deleted image ", "", "which is deleted"},
};

/* Which of them the workspace runs; -1 = none. */
static int
withdrawn_of(const struct subject *s)
{
	const char *status = json_filled_at(s->image, "status");

	for (size_t i = 0; status != NULL && i < COUNT(withdrawn); i++)
		if (strcmp(status, withdrawn[i].status) == 0)
			return (int)i;
	return -1;
}

static const char *
runs(const struct subject *s)
{
	const struct incident_counts *counts = s->counts;

	if (counts == NULL || counts->affected == counts->possible)
		return "may run";
	return counts->affected > counts->possible + counts->planned ? "runs" : "plans to run";
}

/* " It may run base v3, which is revoked." */
static void
add_runs_withdrawn(struct buf *out, const struct subject *s)
{
	int which = withdrawn_of(s);

	if (which < 0)
		return;
	buf_printf(out, " It %s ", runs(s));
	words_add_image(out, s);
	buf_printf(out, ", %s.", withdrawn[which].clause);
}

/* "web is gone.", or that nothing was heard of it; false where it is neither. */
static bool
add_common_end(struct buf *out, const struct subject *s, const char *unknown)
{
	const char *workspace = words_or_unknown(s->workspace);

	if (s->counts->gone > 0)
		buf_printf(out, "%s is gone.", workspace);
	else if (s->incident->phase == PHASE_STALE)
		buf_printf(out, "No assessment of %s for 7 days: %s is not known.", workspace,
		           unknown);
	else
		return false;
	return true;
}

static void
drift_summary(struct buf *out, const struct subject *s)
{
	int64_t drifted = json_int_at(s->incident->detail, "drift.resources_drifted", -1);
	const char *workspace = words_or_unknown(s->workspace);

	if (!s->incident->open) {
		if (!add_common_end(out, s, "whether it still drifts"))
			buf_printf(out, "%s no longer drifts.", workspace);
		return;
	}
	if (drifted > 0)
		buf_printf(out, "%" PRId64 " %s of %s no longer %s its configuration.", drifted,
		           drifted == 1 ? "resource" : "resources", workspace,
		           drifted == 1 ? "matches" : "match");
	else
		buf_printf(out, "%s no longer matches its configuration.", workspace);
	add_runs_withdrawn(out, s);
}

static void
check_failed_title(struct buf *out, const struct subject *s)
{
	buf_printf(out, "Checks failed: %s", words_or_unknown(s->workspace));
}

static void
check_failed_summary(struct buf *out, const struct subject *s)
{
	const json_t *detail = s->incident->detail;
	int64_t failed = json_int_at(detail, "drift.checks_failed", -1),
		errored = json_int_at(detail, "checks_errored", -1);
	const char *workspace = words_or_unknown(s->workspace),
		   *ended_by = json_filled_at(detail, "ended_by");

	if (!s->incident->open) {
		if (add_common_end(out, s, "whether its checks still fail"))
			return;
		if (ended_by != NULL && strcmp(ended_by, "apply") == 0)
			buf_printf(out,
			           "%s was applied since: its next assessment checks it again.",
			           workspace);
		else
			buf_printf(out, "All checks of %s pass again.", workspace);
		return;
	}
	if (failed > 0 && errored > 0)
		buf_printf(out,
		           "%" PRId64 " %s of %s failed, and %" PRId64 " could not be evaluated.",
		           failed, failed == 1 ? "check" : "checks", workspace, errored);
	else if (errored > 0)
		buf_printf(out, "%" PRId64 " %s of %s could not be evaluated.", errored,
		           errored == 1 ? "check" : "checks", workspace);
	else if (failed > 0)
		buf_printf(out, "%" PRId64 " %s of %s failed.", failed,
		           failed == 1 ? "check" : "checks", workspace);
	else
		buf_printf(out, "Checks of %s failed.", workspace);
}

static void
assessment_failed_title(struct buf *out, const struct subject *s)
{
	buf_printf(out, "Health assessment failed: %s", words_or_unknown(s->workspace));
}

static void
assessment_failed_summary(struct buf *out, const struct subject *s)
{
	const char *workspace = words_or_unknown(s->workspace),
		   *by = json_filled_at(s->incident->detail, "ended_by");

	if (s->incident->open)
		buf_printf(out, "%s could not be assessed.", workspace);
	else if (!add_common_end(out, s, ""))
		buf_printf(out, "%s was %s.", workspace,
		           by != NULL && strcmp(by, "gone") == 0 ? "destroyed since"
		                                                 : "assessed again");
}

static void
run_failed_title(struct buf *out, const struct subject *s)
{
	const char *workspace = words_or_unknown(s->workspace);
	int which = withdrawn_of(s);

	if (which < 0) {
		buf_printf(out, "Run failed: %s", workspace);
		return;
	}
	buf_puts(out, withdrawn[which].head);
	words_add_image(out, s);
	buf_printf(out, "%s: run failed in %s", withdrawn[which].tail, workspace);
}

/* "web may run base v3, which is revoked. ": before all else that is said. */
static void
add_withdrawn_first(struct buf *out, const struct subject *s)
{
	int which = withdrawn_of(s);

	if (which < 0)
		return;
	buf_printf(out, "%s %s ", words_or_unknown(s->workspace), runs(s));
	words_add_image(out, s);
	buf_printf(out, ", %s. ", withdrawn[which].clause);
}

/* "Run run-1 of web, started by jane.doe," */
static void
add_run(struct buf *out, const struct subject *s)
{
	const json_t *run = json_at(s->incident->detail, "run");
	const char *by = json_filled_at(run, "created_by");

	buf_printf(out, "Run %s of %s", words_or_unknown(json_filled_at(run, "id")),
	           words_or_unknown(s->workspace));
	if (by != NULL)
		buf_printf(out, ", started by %s,", by);
}

/* " was stopped by HCP Packer's run task: ... Move to v4."; whether it was. */
static bool
add_stopped(struct buf *out, const struct subject *s)
{
	const json_t *task = json_at(s->incident->detail, "run.task");
	const char *version = json_filled_at(s->image, "replacement.version");

	if (!json_is_object(task))
		return false;
	buf_puts(out, " was stopped by HCP Packer's run task");
	words_add_because(out, json_filled_at(task, "message"));
	if (version != NULL)
		buf_printf(out, " Move to %s.", version);
	return true;
}

static void
run_failed_summary(struct buf *out, const struct subject *s)
{
	const json_t *run = json_at(s->incident->detail, "run");
	const char *status = json_filled_at(run, "status");

	if (!s->incident->open) {
		if (!add_common_end(out, s, ""))
			buf_printf(out, "A later run of %s succeeded.",
			           words_or_unknown(s->workspace));
		return;
	}
	add_withdrawn_first(out, s);
	add_run(out, s);
	if (add_stopped(out, s))
		return;
	buf_puts(out, status != NULL && strcmp(status, "policy_soft_failed") == 0
	                      ? " failed a policy check"
	                      : " errored");
	words_add_because(out, json_filled_at(run, "message"));
}

static void
run_waiting_title(struct buf *out, const struct subject *s)
{
	buf_printf(out, "Run waits for a person: %s", words_or_unknown(s->workspace));
}

/* By the run's status: what it waits for, or how it ended. */
static const struct {
	const char *status, *waits_for, *ended;
} run_words[] = {
	{"policy_override", "a policy override", NULL},
	{"tf_policy_override", "a policy override", NULL},
	{"pre_plan_awaiting_decision", "a decision", NULL},
	{"post_plan_awaiting_decision", "a decision", NULL},
	{"discarded", NULL, "was discarded"},
	{"canceled", NULL, "was canceled"},
	{"force_canceled", NULL, "was canceled"},
	{"errored", NULL, "errored"},
};

static void
add_waiting_end(struct buf *out, const struct subject *s, const char *ended)
{
	const json_t *detail = s->incident->detail;
	const char *by = json_filled_at(detail, "ended_by");

	if (add_common_end(out, s, ""))
		return;
	buf_printf(out, "Run %s of %s ", words_or_unknown(json_filled_at(detail, "run.id")),
	           words_or_unknown(s->workspace));
	if (by != NULL && strcmp(by, "apply") == 0)
		buf_puts(out, "waits no more: another run was applied since.");
	else
		buf_printf(out, "%s.", ended);
}

static void
run_waiting_summary(struct buf *out, const struct subject *s)
{
	const char *status = json_filled_at(s->incident->detail, "run.status"),
		   *waits_for = "confirmation", *ended = "moved on";

	for (size_t i = 0; status != NULL && i < COUNT(run_words); i++) {
		if (strcmp(run_words[i].status, status) != 0)
			continue;
		waits_for = run_words[i].waits_for != NULL ? run_words[i].waits_for : waits_for;
		ended = run_words[i].ended != NULL ? run_words[i].ended : ended;
	}
	if (!s->incident->open) {
		add_waiting_end(out, s, ended);
		return;
	}
	add_withdrawn_first(out, s);
	add_run(out, s);
	buf_printf(out, " waits for %s", waits_for);
	words_add_because(out, json_filled_at(s->incident->detail, "run.message"));
}

static bool
is_failed_destroy(const struct subject *s)
{
	return json_true_at(s->incident->detail, "auto_destroy.failed");
}

static void
auto_destroy_title(struct buf *out, const struct subject *s)
{
	buf_printf(out, "%s: %s",
	           is_failed_destroy(s) ? "Workspace could not be destroyed"
	                                : "Workspace will be destroyed",
	           words_or_unknown(s->workspace));
}

static void
auto_destroy_end(struct buf *out, const struct subject *s)
{
	const json_t *detail = s->incident->detail;
	const char *workspace = words_or_unknown(s->workspace),
		   *by = json_filled_at(detail, "ended_by");

	if (by == NULL)
		by = "results";
	if (s->incident->phase == PHASE_STALE) {
		buf_printf(
			out,
			"Nothing was heard of it for 7 days: whether %s was destroyed is not known.",
			workspace);
	} else if (strcmp(by, "results") == 0 && s->counts->gone > 0) {
		buf_printf(out, "%s was destroyed.", workspace);
	} else if (s->counts->gone > 0) {
		buf_printf(out, "%s is gone.", workspace);
	} else if (strcmp(by, "apply") == 0) {
		buf_printf(out, "A later run was applied to %s.", workspace);
	} else {
		buf_printf(out, "Run %s was created to destroy %s",
		           words_or_unknown(json_filled_at(detail, "run.id")), workspace);
		words_add_because(out, json_filled_at(detail, "run.status"));
	}
}

static void
auto_destroy_summary(struct buf *out, const struct subject *s)
{
	const json_t *detail = s->incident->detail;
	const char *workspace = words_or_unknown(s->workspace),
		   *at = json_filled_at(detail, "auto_destroy.at");

	if (!s->incident->open) {
		auto_destroy_end(out, s);
	} else if (is_failed_destroy(s)) {
		buf_printf(out, "The run that destroys %s could not be created", workspace);
		words_add_because(out, json_filled_at(detail, "auto_destroy.error"));
	} else {
		buf_printf(out, "%s is to be destroyed automatically", workspace);
		if (at != NULL)
			buf_printf(out, " at %s", at);
		buf_putc(out, '.');
	}
}

static void
change_request_title(struct buf *out, const struct subject *s)
{
	buf_printf(out, "Change requested: %s", words_or_unknown(s->workspace));
}

static void
change_request_summary(struct buf *out, const struct subject *s)
{
	const json_t *request = json_at(s->incident->detail, "change_request");
	const char *by = json_filled_at(request, "created_by"),
		   *message = json_filled_at(request, "message"),
		   *url = json_filled_at(request, "url");

	buf_printf(out, "%s asks for a change of %s", by != NULL ? by : "Somebody",
	           words_or_unknown(s->workspace));
	words_add_because(out, json_filled_at(request, "subject"));
	if (message != NULL) {
		buf_printf(out, " %s", message);
		words_add_because(out, NULL);
	}
	if (url != NULL)
		buf_printf(out, " %s", url);
}

const struct kind_words words_of_drift = {drift_title, drift_summary};
const struct kind_words words_of_check_failed = {check_failed_title, check_failed_summary};
const struct kind_words words_of_assessment_failed = {assessment_failed_title,
                                                      assessment_failed_summary};
const struct kind_words words_of_run_failed = {run_failed_title, run_failed_summary};
const struct kind_words words_of_run_waiting = {run_waiting_title, run_waiting_summary};
const struct kind_words words_of_auto_destroy = {auto_destroy_title, auto_destroy_summary};
const struct kind_words words_of_change_request = {change_request_title, change_request_summary};
