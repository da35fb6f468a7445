#include "relay/model/finding.h"

#include <string.h>

#include "relay/base/text.h"

static bool
has_text(const struct key_texts *texts, const char *text)
{
	for (size_t i = 0; i < texts->count; i++)
		if (strcmp(texts->items[i], text) == 0)
			return true;
	return false;
}

/* What is not known matches no pattern but "*". */
static bool
glob_takes(const char *pattern, const char *text)
{
	return glob_match(pattern, text != NULL ? text : "");
}

static bool
is_ignored(const struct conf_ignored *ignored, const struct workspace *workspace,
           const struct usage *usage)
{
	return glob_takes(ignored->workspace, workspace->name) &&
	       glob_takes(ignored->image, usage->external_identifier) &&
	       glob_takes(ignored->type, usage->type) &&
	       glob_takes(ignored->address, usage->address);
}

bool
finding_untracked(const struct conf *conf, const struct workspace *workspace,
                  const struct usage *usage)
{
	const struct conf_untracked *untracked = &conf->untracked_images;

	if (usage->bucket_key[0] != '\0' || usage->external_identifier[0] == '\0' ||
	    usage->basis != USAGE_BY_RESOURCE || usage->provider == NULL ||
	    !has_text(&untracked->providers, usage->provider))
		return false;
	for (size_t i = 0; i < untracked->ignore.count; i++)
		if (is_ignored(conf_item(untracked->ignore, struct conf_ignored, i), workspace,
		               usage))
			return false;
	return true;
}

const struct conf_policy *
finding_policy(const struct conf *conf, const struct workspace *workspace, const char *bucket)
{
	for (size_t i = 0; i < conf->policy.count; i++) {
		const struct conf_policy *policy = conf_item(conf->policy, struct conf_policy, i);

		if (glob_takes(policy->workspace, workspace->name) &&
		    glob_takes(policy->organization, workspace->organization) &&
		    glob_takes(policy->bucket, bucket))
			return policy;
	}
	return NULL;
}

/* One of them points to it. */
static bool
holds(const struct key_texts *channels, const struct history *history, const char *fingerprint)
{
	for (size_t i = 0; i < channels->count; i++) {
		const struct assignment *now = history_current(history, channels->items[i]);

		if (now != NULL && now->fingerprint != NULL &&
		    strcmp(now->fingerprint, fingerprint) == 0)
			return true;
	}
	return false;
}

static bool
names(const char *fingerprint, const char *version, const struct image *image)
{
	if (fingerprint != NULL)
		return strcmp(fingerprint, image->fingerprint) == 0;
	return version != NULL && image->version != NULL && strcmp(version, image->version) == 0;
}

/* Was this channel watched ever since the version is there, and never held it? */
static bool
never_held(const struct history *history, const char *channel, const struct image *image)
{
	bool watched = false;

	for (size_t i = 0; i < history->count; i++) {
		const struct assignment *a = &history->items[i];

		if (strcmp(a->channel, channel) != 0)
			continue;
		if (names(a->fingerprint, a->version, image) ||
		    names(a->previous_fingerprint, a->previous_version, image))
			return false;
		watched |= a->at <= image->completed_at;
	}
	return watched;
}

static bool
is_from_none(const struct key_texts *channels, const struct history *history,
             const struct image *image)
{
	for (size_t i = 0; i < channels->count; i++)
		if (!never_held(history, channels->items[i], image))
			return false;
	return true;
}

bool
finding_wrong_channel(const struct conf_policy *policy, const struct usage *usage,
                      const struct history *history, const struct image *image)
{
	if (usage->channel != NULL)
		return !has_text(&policy->channel, usage->channel);
	if (usage->fingerprint[0] == '\0')
		return false;
	if (usage->pinned)
		return !holds(&policy->channel, history, usage->fingerprint);
	return image != NULL && is_from_none(&policy->channel, history, image);
}
