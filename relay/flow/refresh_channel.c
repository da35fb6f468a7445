/*
 * channel.revoked: a channel still points at a revoked version.
 *
 * HCP rolls a channel back by itself when what it points at is revoked, in an
 * event of its own that may come before or after: only what still stands after
 * a while is told.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/plan.h"
#include "relay/model/key.h"
#include "relay/model/usage.h"
#include "relay/source/source.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"
#include "relay/store/wakes.h"

#define GRACE_MS (15 * MINUTE_MS) /* of an event whose source is no longer configured */

static int64_t
grace_ms(const struct plan *plan)
{
	const struct conf_source *source =
		plan->source != NULL ? conf_source_named(plan->conf, plan->source) : NULL;

	if (source == NULL || strcmp(source->kind->name, "hcp_packer") != 0)
		return GRACE_MS;
	return ((const struct packer_options *)source->options)->rollback_grace;
}

/* What the channel points at: 1; 0: at nothing, or nothing that is known; -1. */
static int
load_current(struct plan *plan, const char *bucket_key, const char *channel, bool *managed,
             struct image *image, struct err *err)
{
	struct history history = {0};
	const struct assignment *now;
	char *key = NULL;
	int rc = catalog_history(plan->db, bucket_key, &history, err);

	*image = (struct image){0};
	now = rc == 0 ? history_current(&history, channel) : NULL;
	*managed = now != NULL && now->managed;
	if (now != NULL && now->fingerprint != NULL) {
		key = key_image(bucket_key, now->fingerprint);
		rc = catalog_image(plan->db, key, image, err);
	}
	free(key);
	history_fini(&history);
	return rc;
}

static void
set_subject(struct incident *incident, const char *bucket_key, const char *channel, const char *key)
{
	if (incident->id[0] != '\0')
		return;
	incident->kind = KIND_CHANNEL_REVOKED;
	incident->key = mem_str(key);
	incident->bucket_key = mem_str(bucket_key);
	incident->channel = mem_str(channel);
	incident->detail = json_object();
}

/* Whether it is about another version now. */
static bool
set_image(struct incident *incident, const struct image *image, bool wrong)
{
	bool another = wrong && (incident->image_key == NULL ||
	                         strcmp(incident->image_key, image->key) != 0);

	if (another) {
		free(incident->image_key);
		incident->image_key = mem_str(image->key);
	}
	if (!wrong)
		json_object_set_new(incident->detail, "now",
		                    image->key == NULL || image_is_deleted(image)
		                            ? json_null()
		                            : json_pack("{s:o, s:o}", "version",
		                                        json_text_or_null(image->version),
		                                        "fingerprint",
		                                        json_text_or_null(image->fingerprint)));
	return another;
}

/* `subject` names the channel of that bucket, for its wake and its incident. */
static int
settle_channel(struct plan *plan, const char *bucket_key, const char *channel, const char *subject,
               bool waited, struct err *err)
{
	char *key = key_incident(incident_kind_names[KIND_CHANNEL_REVOKED], subject);
	struct incident_rows nobody = {0};
	struct incident incident;
	struct image image = {0};
	bool managed, wrong, another;
	int found = incidents_open(plan->db, key, &incident, err), rc = -1;

	if (found < 0 || load_current(plan, bucket_key, channel, &managed, &image, err) < 0)
		goto out;
	wrong = !managed && image.status == IMAGE_REVOKED && !image_is_deleted(&image);
	if (found == 0 && wrong && !waited) {
		rc = wake_by(plan->db, WAKE_CHANNEL, subject, plan->now_ms + grace_ms(plan), err);
		goto out;
	}
	if (!wrong && wake_set(plan->db, WAKE_CHANNEL, subject, 0, err) != 0)
		goto out;
	rc = 0;
	if (found == 0 && !wrong)
		goto out;
	set_subject(&incident, bucket_key, channel, key);
	another = set_image(&incident, &image, wrong);
	rc = settle_incident(plan, &incident, &nobody,
	                     (struct judgement){.open = wrong, .severity = SEVERITY_WARNING},
	                     another, wrong ? "points at a revoked version" : NULL, err);
out:
	incident_fini(&incident);
	image_fini(&image);
	free(key);
	return rc;
}

int
refresh_channel(struct plan *plan, const char *bucket_key, const char *channel, struct err *err)
{
	char *last = key_join(channel, NULL), *subject = mem_fmt("%s/%s", bucket_key, last);
	int rc = settle_channel(plan, bucket_key, channel, subject, false, err);

	free(last);
	free(subject);
	return rc;
}

int
refresh_channels_at(struct plan *plan, const struct image *image, struct err *err)
{
	struct history history = {0};
	int rc = catalog_history(plan->db, image->bucket_key, &history, err);

	for (size_t i = 0; rc == 0 && i < history.count; i++) {
		const struct assignment *a = &history.items[i];

		if (history_is_current(&history, a) && a->fingerprint != NULL &&
		    strcmp(a->fingerprint, image->fingerprint) == 0)
			rc = refresh_channel(plan, image->bucket_key, a->channel, err);
	}
	history_fini(&history);
	return rc;
}

int
refresh_channel_woken(struct plan *plan, const char *subject, struct err *err)
{
	const char *last = strrchr(subject, '/');
	char *bucket_key = last != NULL ? mem_strn(subject, (size_t)(last - subject)) : NULL;
	struct history history = {0};
	int rc = bucket_key != NULL ? catalog_history(plan->db, bucket_key, &history, err) : 0;

	for (size_t i = 0; rc == 0 && i < history.count; i++) {
		const struct assignment *a = &history.items[i];
		char *name = history_is_current(&history, a) ? key_join(a->channel, NULL) : NULL;

		if (name != NULL && strcmp(name, last + 1) == 0)
			rc = settle_channel(plan, bucket_key, a->channel, subject, true, err);
		free(name);
	}
	history_fini(&history);
	free(bucket_key);
	return rc;
}
