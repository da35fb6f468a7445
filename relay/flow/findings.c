#include "relay/flow/findings.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/model/finding.h"
#include "relay/model/key.h"
#include "relay/store/catalog.h"

static json_t *
filled_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? json_text_or_null(text) : json_null();
}

/* Of a bucket the name alone: what is told of it is told by others too. */
static json_t *
bucket_of(const char *bucket_key)
{
	char *memory;
	json_t *out = filled_or_null(bucket_name_of(bucket_key, &memory).bucket);

	free(memory);
	return out;
}

static json_t *
wanted_by(const struct conf_policy *policy)
{
	json_t *out = json_array();

	for (size_t i = 0; policy != NULL && i < policy->channel.count; i++)
		json_array_append_new(out, json_string(policy->channel.items[i]));
	return out;
}

static json_t *
finding_json(const struct usage *usage, const struct conf_policy *policy, const char *version)
{
	json_t *out = json_object();

	json_object_set_new(out, "address", json_text_or_null(usage->address));
	json_object_set_new(out, "type", json_text_or_null(usage->type));
	json_object_set_new(out, "provider", json_text_or_null(usage->provider));
	json_object_set_new(out, "platform", json_text_or_null(usage->platform));
	json_object_set_new(out, "region", json_text_or_null(usage->region));
	json_object_set_new(out, "external_identifier", filled_or_null(usage->external_identifier));
	json_object_set_new(out, "instances",
	                    usage->basis == USAGE_BY_RESOURCE ? json_integer(usage->instances)
	                                                      : json_null());
	json_object_set_new(out, "bucket", bucket_of(usage->bucket_key));
	json_object_set_new(out, "version", json_text_or_null(version));
	json_object_set_new(out, "fingerprint", filled_or_null(usage->fingerprint));
	json_object_set_new(out, "channel", json_text_or_null(usage->channel));
	json_object_set_new(out, "pinned", json_boolean(usage->pinned));
	json_object_set_new(out, "wanted", wanted_by(policy));
	json_object_set_new(out, "planned_by", filled_or_null(usage->run));
	return out;
}

/* By what names the image and where it is taken from; one that runs stands for the
 * same that is planned. */
static void
add(json_t *by_name, const struct usage *usage, const struct conf_policy *policy,
    const char *version)
{
	char *name = key_join(usage->external_identifier, usage->bucket_key, usage->fingerprint,
	                      usage->channel != NULL ? usage->channel : "", NULL);

	if (usage->run[0] == '\0' || json_object_get(by_name, name) == NULL)
		json_object_set_new(by_name, name, finding_json(usage, policy, version));
	free(name);
}

/* In the order in which they were added. */
static json_t *
values_of(json_t *by_name)
{
	json_t *out = json_array(), *value;
	const char *name;

	json_object_foreach(by_name, name, value) json_array_append(out, value);
	json_decref(by_name);
	return out;
}

static int
add_if_wrong(struct plan *plan, const struct usage *usage, const struct conf_policy *policy,
             json_t *by_name, struct err *err)
{
	char *key = key_image(usage->bucket_key, usage->fingerprint);
	struct history history = {.items = NULL};
	struct image image = {.key = NULL};
	int found = usage->fingerprint[0] != '\0' ? catalog_image(plan->db, key, &image, err) : 0,
	    rc = found < 0 ? -1 : 0;

	if (rc == 0 && usage->channel == NULL)
		rc = catalog_history(plan->db, usage->bucket_key, &history, err);
	if (rc == 0 && finding_wrong_channel(policy, usage, &history, found == 1 ? &image : NULL))
		add(by_name, usage, policy, image.version != NULL ? image.version : usage->version);
	image_fini(&image);
	history_fini(&history);
	free(key);
	return rc;
}

static int
find_of_bucket(struct plan *plan, const struct workspace *workspace, const struct usage *usage,
               json_t *by_name, struct err *err)
{
	char *memory;
	const char *bucket = bucket_name_of(usage->bucket_key, &memory).bucket;
	const struct conf_policy *policy = finding_policy(plan->conf, workspace, bucket);

	free(memory);
	return policy != NULL ? add_if_wrong(plan, usage, policy, by_name, err) : 0;
}

/* A run that goes on says by its plan where the bucket's images are to come from: what
 * runs is from where the configuration before that said. */
static bool
is_outdated(const struct usage_list *usages, const struct usage *usage)
{
	for (size_t i = 0; usage->run[0] == '\0' && i < usages->count; i++)
		if (usages->items[i].run[0] != '\0' &&
		    strcmp(usages->items[i].bucket_key, usage->bucket_key) == 0)
			return true;
	return false;
}

int
findings_of(struct plan *plan, const struct workspace *workspace, const struct usage_list *usages,
            struct findings *out, struct err *err)
{
	json_t *untracked = json_object(), *wrong_channel = json_object();
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < usages->count; i++) {
		const struct usage *usage = &usages->items[i];

		/* An earlier plan's, of which a later one shows nothing. */
		if (!usage_is_current(usage) && !usage->certain)
			continue;
		if (finding_untracked(plan->conf, workspace, usage))
			add(untracked, usage, NULL, NULL);
		else if (usage->bucket_key[0] != '\0' && !is_outdated(usages, usage))
			rc = find_of_bucket(plan, workspace, usage, wrong_channel, err);
	}
	*out = (struct findings){.untracked = values_of(untracked),
	                         .wrong_channel = values_of(wrong_channel)};
	return rc;
}

void
findings_fini(struct findings *findings)
{
	json_decref(findings->untracked);
	json_decref(findings->wrong_channel);
	*findings = (struct findings){.untracked = NULL};
}
