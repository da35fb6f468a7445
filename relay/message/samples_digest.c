/* Digests to try templates on, made of the other samples as the relay makes them. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/digest.h"
#include "relay/message/samples.h"

#define DIGEST_ID "ntf_01KEZJ3V9B2C4D6E8F0G1H3J5K"

static const struct digest_sample {
	const char *name;
	const char *of[4]; /* how the names of the samples begin that it is made of */
	bool sparse;       /* of those with little in them */
	size_t times;      /* each of them */
	const char *route, *team, *title;
	int64_t period;
} samples[] = {
	{"digest of a flood", {"image.revocation revoked"}, false, 60, NULL, NULL, NULL, MINUTE_MS},
	{"digest of a week",
         {"image.revocation revoked", "image.revocation lifted", "workspace.drift open",
          "image.superseded"},
         false,
         1,
         "owners",
         "payments",
         "Digest",
         7 * DAY_MS},
	{"digest, sparse", {"workspace.drift open"}, true, 1, NULL, NULL, NULL, SECOND_MS},
};

size_t
digest_sample_count(void)
{
	return COUNT(samples);
}

const char *
digest_sample_name(size_t i)
{
	return samples[i].name;
}

static bool
is_part(const struct digest_sample *sample, const char *name)
{
	if ((strstr(name, ", sparse") != NULL) != sample->sparse || strstr(name, "drill") != NULL)
		return false;
	for (size_t i = 0; i < COUNT(sample->of) && sample->of[i] != NULL; i++)
		if (strncmp(name, sample->of[i], strlen(sample->of[i])) == 0)
			return true;
	return false;
}

json_t *
digest_sample_document(size_t i)
{
	const struct digest_sample *sample = &samples[i];
	const struct digest_facts facts = {
		.notification_id = DIGEST_ID,
		.route = sample->route,
		.team = sample->team,
		.title = sample->title,
		.from = SAMPLES_NOW_MS - sample->period,
		.to = SAMPLES_NOW_MS,
	};
	struct digest_entries digest = {0};
	json_t *out;

	for (size_t k = 0; k < sample_count(); k++) {
		json_t *document;

		if (!is_part(sample, sample_name(k)))
			continue;
		document = sample_document(k);
		for (size_t n = 0; n < sample->times; n++)
			digest_add_document(&digest, document);
		json_decref(document);
	}
	digest_sort(&digest);
	out = digest_document(&digest, &facts);
	digest_fini(&digest);
	return out;
}
