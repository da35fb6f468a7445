#include "relay/model/usage.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"

const char *const usage_basis_names[] = {"resource", "data", "deferred", NULL};

void
usage_fini(struct usage *usage)
{
	free(usage->run);
	free(usage->bucket_key);
	free(usage->fingerprint);
	free(usage->external_identifier);
	free(usage->channel);
	free(usage->version);
	free(usage->platform);
	free(usage->region);
	free(usage->provider);
	free(usage->type);
	free(usage->address);
	memset(usage, 0, sizeof(*usage));
}

bool
usage_is_current(const struct usage *usage)
{
	return usage->run[0] == '\0';
}

bool
usage_list_has_gaps(const struct usage_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (usage_is_current(&list->items[i]) && list->items[i].bucket_key[0] == '\0')
			return true;
	return false;
}

void
usage_list_fini(struct usage_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		usage_fini(&list->items[i]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}

void
bucket_use_fini(struct bucket_use *use)
{
	free(use->bucket_key);
	free(use->channel);
	usage_list_fini(&use->usages);
	memset(use, 0, sizeof(*use));
}

void
history_fini(struct history *history)
{
	for (size_t i = 0; i < history->count; i++) {
		struct assignment *a = &history->items[i];

		free(a->channel);
		free(a->fingerprint);
		free(a->version);
		free(a->previous_fingerprint);
		free(a->previous_version);
	}
	free(history->items);
	memset(history, 0, sizeof(*history));
}

bool
history_is_current(const struct history *history, const struct assignment *a)
{
	return a + 1 == history->items + history->count || strcmp(a[1].channel, a->channel) != 0;
}

const struct assignment *
history_current(const struct history *history, const char *channel)
{
	const struct assignment *found = NULL;

	for (size_t i = 0; i < history->count; i++)
		if (strcmp(history->items[i].channel, channel) == 0)
			found = &history->items[i];
	return found;
}

/* A fingerprint decides; some payloads name the previous version only. */
static bool
names_image(const char *fingerprint, const char *version, const struct image *image)
{
	if (fingerprint != NULL)
		return strcmp(fingerprint, image->fingerprint) == 0;
	return version != NULL && image->version != NULL && strcmp(version, image->version) == 0;
}

/*
 * `i` is one of a run of assignments of one channel.  What it replaced was there
 * until then: for the first since ever, for others since the one before at the
 * earliest (it is another than that one set where a webhook was lost).
 */
static bool
held_within(const struct history *history, size_t i, const struct image *image, struct applied run)
{
	const struct assignment *a = &history->items[i];
	bool first = i == 0 || strcmp(a[-1].channel, a->channel) != 0;
	bool last = i + 1 == history->count || strcmp(a[1].channel, a->channel) != 0;

	if (a->at >= run.from && (first || a[-1].at <= run.to) &&
	    names_image(a->previous_fingerprint, a->previous_version, image))
		return true;
	/* Times are whole seconds: a run created in the second of the next
	 * assignment was not created after it. */
	return a->at <= run.to && (last || a[1].at >= run.from) &&
	       names_image(a->fingerprint, a->version, image);
}

/* Of one whose completion was not seen, no earlier than its creation. */
static bool
completed_by(const struct image *image, int64_t then)
{
	int64_t at = image->completed_at != 0 ? image->completed_at : image->created_at;

	return image->status != IMAGE_INCOMPLETE && at <= then;
}

bool
usage_possible(const struct history *history, const char *channel, struct applied run,
               const struct image *image, int64_t now_ms)
{
	bool known = false;

	if (run.to == 0)
		return completed_by(image, now_ms);
	for (size_t i = 0; i < history->count; i++) {
		const struct assignment *a = &history->items[i];

		if (channel != NULL && strcmp(a->channel, channel) != 0)
			continue;
		/* Each build moves `latest`: alone it does not tell what a
		 * workspace on "any channel" follows. */
		if (channel != NULL || !a->managed)
			known = true;
		if (held_within(history, i, image, run))
			return true;
	}
	return !known && completed_by(image, run.to);
}

const char *
usage_followed_channel(const char *rule_channel)
{
	return rule_channel != NULL ? rule_channel : "production";
}

int64_t
exact_with(int64_t run_created_at)
{
	return run_created_at - run_created_at % SECOND_MS;
}

int64_t
exact_before(int64_t run_created_at)
{
	return exact_with(run_created_at) - 1;
}

bool
exact_holds(struct exact exact, struct applied applied)
{
	return exact.as_of != 0 && exact.as_of >= exact_with(applied.from);
}

bool
usage_holds(const struct usage *usage, struct applied applied, struct exact exact)
{
	return !usage_is_current(usage) || exact_holds(exact, applied);
}

bool
usage_counts(const struct bucket_use *use, const struct usage *usage, struct applied applied,
             struct exact exact)
{
	return !use->linked || usage_holds(usage, applied, exact) ||
	       (!usage->certain && usage->seen_at >= applied.to);
}

/* A version that is not known is one that its channel may have held, and not one
 * of which all artifacts are known when its own is another. */
static bool
may_be(const struct usage *usage, const struct history *history, struct applied applied,
       const struct image *image, int64_t now_ms)
{
	/* What is planned is not what the last apply found. */
	const struct applied planned = {usage->seen_at, now_ms};

	if (usage->external_identifier[0] != '\0')
		return image->artifacts == NULL && completed_by(image, now_ms);
	return usage_possible(history, usage->channel, usage_is_current(usage) ? applied : planned,
	                      image, now_ms);
}

/* What is certain first, then what runs already, then better evidence. */
static bool
is_better(const struct usage_found *a, const struct usage_found *b)
{
	if (a->known != b->known)
		return a->known;
	return a->planned != b->planned ? b->planned : a->evidence > b->evidence;
}

/* What is asked about one image of a bucket. */
struct asked {
	const struct bucket_use *use;
	const char *channel; /* NULL = any */
	const struct history *history;
	struct applied applied;
	struct exact exact;
	const struct image *image;
	int64_t now_ms;
};

static bool
is_from(const struct usage *usage, const char *channel)
{
	return channel == NULL || usage->channel == NULL || strcmp(usage->channel, channel) == 0;
}

static bool
judge_exact(const struct asked *q, struct usage_found *out)
{
	bool found = false;

	for (size_t i = 0; i < q->use->usages.count; i++) {
		const struct usage *usage = &q->use->usages.items[i];
		bool names = strcmp(usage->fingerprint, q->image->fingerprint) == 0;
		bool holds = usage_holds(usage, q->applied, q->exact);
		struct usage_found one = {names && usage->certain && holds, usage->evidence,
		                          usage->channel, !usage_is_current(usage)};

		if (!usage_counts(q->use, usage, q->applied, q->exact) ||
		    !is_from(usage, q->channel) ||
		    (!names && (usage->fingerprint[0] != '\0' ||
		                !may_be(usage, q->history, q->applied, q->image, q->now_ms))))
			continue;
		if (!found || is_better(&one, out))
			*out = one;
		found = true;
	}
	return found;
}

static bool
has_current(const struct bucket_use *use)
{
	for (size_t i = 0; i < use->usages.count; i++)
		if (usage_is_current(&use->usages.items[i]))
			return true;
	return false;
}

bool
usage_by_rule(const struct bucket_use *use, struct applied applied, struct exact exact)
{
	return use->linked && (!exact_holds(exact, applied) ||
	                       ((exact.gaps || exact.partial) && !has_current(use)));
}

static bool
judge(const struct asked *q, struct usage_found *out)
{
	const char *channel = q->channel != NULL ? q->channel : q->use->channel;

	if (judge_exact(q, out))
		return true;
	*out = (struct usage_found){false, EVIDENCE_RULE, channel, false};
	return usage_by_rule(q->use, q->applied, q->exact) &&
	       usage_possible(q->history, channel, q->applied, q->image, q->now_ms);
}

bool
usage_judge(const struct bucket_use *use, const struct history *history, struct applied applied,
            struct exact exact, const struct image *image, int64_t now_ms, struct usage_found *out)
{
	return judge(&(struct asked){use, NULL, history, applied, exact, image, now_ms}, out);
}

bool
usage_follows(const struct bucket_use *use, struct applied applied, struct exact exact,
              const char *channel)
{
	bool has_own = false;

	for (size_t i = 0; i < use->usages.count; i++) {
		const struct usage *usage = &use->usages.items[i];

		if (usage->channel == NULL || !usage_counts(use, usage, applied, exact))
			continue;
		if (strcmp(usage->channel, channel) == 0)
			return true;
		has_own = true;
	}
	return !has_own && use->linked &&
	       strcmp(usage_followed_channel(use->channel), channel) == 0;
}

bool
usage_judge_on(const struct bucket_use *use, const char *channel, const struct history *history,
               struct applied applied, struct exact exact, const struct image *image,
               int64_t now_ms, struct usage_found *out)
{
	return usage_follows(use, applied, exact, channel) &&
	       judge(&(struct asked){use, channel, history, applied, exact, image, now_ms}, out);
}

bool
usage_was_possible(const struct history *history, const char *channel,
                   const struct applied_list *applies, int64_t heard_at, const struct image *image,
                   int64_t since)
{
	for (size_t i = 0; i + 1 < applies->count; i++)
		if (applies->items[i + 1].to > since &&
		    usage_possible(history, channel, applies->items[i], image, since))
			return true;
	return applies->count > 0 && heard_at != 0 && heard_at <= since &&
	       applies->items[0].to > since && completed_by(image, since);
}
