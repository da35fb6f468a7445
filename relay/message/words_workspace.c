/* The words of incidents about one workspace. */
#include <inttypes.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/message/words_parts.h"

static void
drift_title(struct buf *out, const struct subject *s)
{
	buf_printf(out, "Workspace drifted: %s", words_or_unknown(s->workspace));
}

static void
add_runs_revoked(struct buf *out, const struct subject *s)
{
	const char *status = json_filled_at(s->image, "status");

	if (status == NULL || (strcmp(status, "revoked") != 0 && strcmp(status, "scheduled") != 0))
		return;
	buf_puts(out, " It may run ");
	words_add_image(out, s);
	buf_puts(out, strcmp(status, "revoked") == 0 ? ", which is revoked."
	                                             : ", which is to be revoked.");
}

static void
drift_summary(struct buf *out, const struct subject *s)
{
	int64_t drifted = json_int_at(s->incident->detail, "drift.resources_drifted", -1);

	if (!s->incident->open) {
		buf_printf(out, "%s %s.", words_or_unknown(s->workspace),
		           s->counts->gone > 0 ? "is gone" : "no longer drifts");
		return;
	}
	if (drifted > 0)
		buf_printf(out, "%" PRId64 " %s of %s no longer %s its configuration.", drifted,
		           drifted == 1 ? "resource" : "resources", words_or_unknown(s->workspace),
		           drifted == 1 ? "matches" : "match");
	else
		buf_printf(out, "%s no longer matches its configuration.",
		           words_or_unknown(s->workspace));
	add_runs_revoked(out, s);
}

static void
run_failed_title(struct buf *out, const struct subject *s)
{
	buf_printf(out, "Run failed: %s", words_or_unknown(s->workspace));
}

static void
run_failed_summary(struct buf *out, const struct subject *s)
{
	const json_t *run = json_at(s->incident->detail, "run");
	const char *by = json_filled_at(run, "created_by"),
		   *message = json_filled_at(run, "message");
	const char *status = json_filled_at(run, "status");

	if (!s->incident->open) {
		if (s->counts->gone > 0)
			buf_printf(out, "%s is gone.", words_or_unknown(s->workspace));
		else
			buf_printf(out, "A later run of %s succeeded.",
			           words_or_unknown(s->workspace));
		return;
	}
	buf_printf(out, "Run %s of %s", words_or_unknown(json_filled_at(run, "id")),
	           words_or_unknown(s->workspace));
	if (by != NULL)
		buf_printf(out, ", started by %s,", by);
	buf_puts(out, status != NULL && strcmp(status, "policy_soft_failed") == 0
	                      ? " failed a policy check"
	                      : " errored");
	words_add_because(out, message);
	add_runs_revoked(out, s);
}

const struct kind_words words_of_drift = {drift_title, drift_summary};
const struct kind_words words_of_run_failed = {run_failed_title, run_failed_summary};
