#include "relay/model/usage.h"

#include <stdlib.h>
#include <string.h>

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
