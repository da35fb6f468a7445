/* The words of the relay's own troubles. */
#include <inttypes.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/message/words_parts.h"

/* A sink by its name; what has none by its kind; one with an address for each
 * team with whose it is. */
static void
add_sink(struct buf *out, const struct subject *s)
{
	const json_t *detail = s->incident->detail;
	const char *name = json_filled_at(detail, "sink"),
		   *team = json_filled_at(detail, "sink_team");

	buf_puts(out, name != NULL ? name : words_or_unknown(json_filled_at(detail, "sink_kind")));
	if (team != NULL)
		buf_printf(out, " for %s", team);
}

static void
failing_title(struct buf *out, const struct subject *s)
{
	buf_puts(out, "Sink failing: ");
	add_sink(out, s);
}

static void
failing_summary(struct buf *out, const struct subject *s)
{
	bool blocked = json_true_at(s->incident->detail, "blocked");

	if (!s->incident->open) {
		add_sink(out, s);
		buf_puts(out, " works again, or is used no more.");
		return;
	}
	buf_puts(out, "Messages to ");
	add_sink(out, s);
	buf_puts(out, blocked ? " are not taken" : " have failed for 5 minutes");
	words_add_because(out, json_filled_at(s->incident->detail, "reason"));
	buf_puts(out, " They wait and are sent when it works again.");
}

const struct kind_words words_of_sink_failing = {failing_title, failing_summary};

/* The last run that was not answered, where it is run tasks; else NULL. */
static const json_t *
last_run(const struct subject *s)
{
	const json_t *runs = json_object_get(s->incident->detail, "runs");
	size_t count = json_array_size(runs);

	return count > 0 ? json_array_get(runs, count - 1) : NULL;
}

/* "run-i3Df5to9ELvibKpQ of acme/fin-payments-prod" */
static void
add_run(struct buf *out, const json_t *run)
{
	const char *organization = json_filled_at(run, "organization");

	buf_printf(out, "%s of ", words_or_unknown(json_filled_at(run, "id")));
	if (organization != NULL)
		buf_printf(out, "%s/", organization);
	buf_puts(out, words_or_unknown(json_filled_at(run, "workspace")));
}

static void
dead_title(struct buf *out, const struct subject *s)
{
	const json_t *run = last_run(s);

	if (run == NULL) {
		buf_puts(out, "Message given up: ");
		add_sink(out, s);
		return;
	}
	buf_puts(out, "Run not checked: ");
	add_run(out, run);
}

static void
unchecked_summary(struct buf *out, const struct subject *s, const json_t *run)
{
	int64_t count = json_int_at(s->incident->detail, "told", 1);

	if (!s->incident->open) {
		buf_puts(out, "Run tasks are answered again.");
		return;
	}
	if (count > 1)
		buf_printf(out, "%" PRId64 " runs were not checked, the last one ", count);
	else
		buf_puts(out, "The run ");
	add_run(out, run);
	buf_puts(out, count > 1 ? ": HCP Terraform" : " was not checked: HCP Terraform");
	buf_puts(out, " could not be told of its images");
	words_add_because(out, json_filled_at(s->incident->detail, "reason"));
}

static void
dead_summary(struct buf *out, const struct subject *s)
{
	int64_t count = json_int_at(s->incident->detail, "told", 1);
	const json_t *run = last_run(s);

	if (run != NULL) {
		unchecked_summary(out, s, run);
		return;
	}
	if (!s->incident->open) {
		add_sink(out, s);
		buf_puts(out, " takes messages again, or is used no more.");
		return;
	}
	buf_printf(out, "%" PRId64 " %s to ", count, count == 1 ? "message" : "messages");
	add_sink(out, s);
	buf_puts(out, count == 1 ? " was given up" : " were given up");
	words_add_because(out, json_filled_at(s->incident->detail, "reason"));
}

const struct kind_words words_of_dead_letter = {dead_title, dead_summary};

static void
silent_title(struct buf *out, const struct subject *s)
{
	buf_printf(out, "Source silent: %s",
	           words_or_unknown(json_filled_at(s->incident->detail, "source")));
}

static void
add_duration(struct buf *out, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *one, *many;
	} units[] = {{DAY_MS, "day", "days"},
	             {HOUR_MS, "hour", "hours"},
	             {MINUTE_MS, "minute", "minutes"},
	             {SECOND_MS, "second", "seconds"}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (ms >= units[i].ms && ms % units[i].ms == 0) {
			int64_t n = ms / units[i].ms;

			buf_printf(out, "%" PRId64 " %s", n, n == 1 ? units[i].one : units[i].many);
			return;
		}
	buf_printf(out, "%" PRId64 " ms", ms);
}

static void
silent_summary(struct buf *out, const struct subject *s)
{
	const json_t *detail = s->incident->detail;
	const char *source = words_or_unknown(json_filled_at(detail, "source")),
		   *last = json_filled_at(detail, "last_event_at");

	if (!s->incident->open) {
		buf_printf(out, "%s is heard of again, or nothing is expected of it any more.",
		           source);
		return;
	}
	buf_printf(out, "Nothing has come from %s for ", source);
	add_duration(out, json_int_at(detail, "expect_every_ms", 0));
	if (last != NULL)
		buf_printf(out, "; the last came at %s", last);
	buf_putc(out, '.');
}

const struct kind_words words_of_source_silent = {silent_title, silent_summary};

static void
unknown_title(struct buf *out, const struct subject *s)
{
	const json_t *detail = s->incident->detail;

	buf_printf(out, "Event not understood: %s from %s",
	           words_or_unknown(json_filled_at(detail, "kind")),
	           words_or_unknown(json_filled_at(detail, "source")));
}

static void
unknown_summary(struct buf *out, const struct subject *s)
{
	const json_t *detail = s->incident->detail;
	int64_t count = json_int_at(detail, "count", 0);

	if (!s->incident->open) {
		buf_puts(out, "All such events have been replayed.");
		return;
	}
	buf_printf(out, "%" PRId64 " %s of kind %s from source %s %s kept but not understood: %s.",
	           count, count == 1 ? "event" : "events",
	           words_or_unknown(json_filled_at(detail, "kind")),
	           words_or_unknown(json_filled_at(detail, "source")), count == 1 ? "was" : "were",
	           words_or_unknown(json_filled_at(detail, "reason")));
	buf_puts(out, " Nothing is lost: it can be replayed once the cause is gone.");
}

const struct kind_words words_of_unknown = {unknown_title, unknown_summary};
