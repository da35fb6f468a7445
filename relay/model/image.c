#include "relay/model/image.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

void
image_fini(struct image *image)
{
	free(image->key);
	free(image->bucket_key);
	free(image->fingerprint);
	free(image->id);
	free(image->version);
	free(image->revoked_by);
	free(image->reason);
	free(image->deleted_by);
	free(image->inherited_from);
	json_decref(image->artifacts);
	memset(image, 0, sizeof(*image));
}

/* A version is "v0" until it is complete; a real name is never taken back. */
static void
learn_name(struct image *image, const char *name)
{
	if (name == NULL || name[0] == '\0')
		return;
	if (image->version == NULL || strcmp(image->version, "v0") == 0 || strcmp(name, "v0") != 0)
		mem_set(&image->version, name);
}

/* What never turns into something else; older news only fills gaps. */
static void
learn_facts(struct image *image, const struct event *event, int64_t at)
{
	const struct packer_news *news = &event->packer;
	bool newest = at >= image->as_of;

	learn_name(image, news->version.name);
	if (news->version.id != NULL && (newest || image->id == NULL))
		mem_set(&image->id, news->version.id);
	if (news->created_at != 0)
		image->created_at = news->created_at;
	if (json_array_size(news->artifacts) > 0 && (newest || image->artifacts == NULL)) {
		json_decref(image->artifacts);
		image->artifacts = json_incref(news->artifacts);
	}
	if (event->type == EVENT_VERSION && news->action == VERSION_COMPLETE &&
	    (image->completed_at == 0 || at < image->completed_at))
		image->completed_at = at;
}

/* An assignment says which version a channel holds; of the version's own state
 * it confirms only what nothing else told yet. */
static enum image_status
status_assigned(const struct image *image, bool says_revoked)
{
	if (image->as_of != 0)
		return IMAGE_INCOMPLETE;
	if (says_revoked)
		return IMAGE_REVOKED;
	return image->status == IMAGE_INCOMPLETE ? IMAGE_ACTIVE : IMAGE_INCOMPLETE;
}

/* What the news says the version is now; IMAGE_INCOMPLETE: nothing that
 * is not known.  Creation and completion also come for versions that are born
 * revoked, because their parent was. */
static enum image_status
status_told(const struct event *event, int64_t received_at, const struct image *image)
{
	const struct packer_news *news = &event->packer;
	bool says_revoked = news->status != NULL && strcmp(news->status, "VERSION_REVOKED") == 0;
	bool says_active = news->status != NULL && strcmp(news->status, "VERSION_ACTIVE") == 0;
	bool is_version = event->type == EVENT_VERSION;
	bool lifts =
		is_version && (news->action == VERSION_CANCEL || news->action == VERSION_RESTORE);

	if (lifts && says_active)
		return IMAGE_ACTIVE; /* a date left in the payload was withdrawn with the schedule */
	if (news->revoke_at > received_at + REVOKE_AHEAD_MS)
		return IMAGE_SCHEDULED;
	if (lifts)
		return IMAGE_ACTIVE;
	if (!is_version)
		return status_assigned(image, says_revoked);
	if (says_revoked || news->action == VERSION_REVOKE)
		return IMAGE_REVOKED;
	if (news->action == VERSION_SCHEDULE)
		return IMAGE_SCHEDULED;
	return news->action == VERSION_COMPLETE ? IMAGE_ACTIVE : IMAGE_INCOMPLETE;
}

/* Who revoked it is who did this, unless this was something else. */
static const char *
revoker(const struct event *event)
{
	const struct packer_news *news = &event->packer;
	bool revokes = event->type == EVENT_VERSION &&
	               (news->action == VERSION_REVOKE || news->action == VERSION_SCHEDULE);

	return news->revoked_by != NULL || !revokes ? news->revoked_by : news->actor;
}

static void
learn_revocation(struct image *image, const struct event *event, const char *inherited_from)
{
	image->revoke_at = event->packer.revoke_at;
	mem_set(&image->revoked_by, revoker(event));
	mem_set(&image->reason, event->packer.reason);
	mem_set(&image->inherited_from, inherited_from);
}

static void
forget_revocation(struct image *image)
{
	image->revoke_at = 0;
	mem_set(&image->revoked_by, NULL);
	mem_set(&image->reason, NULL);
	mem_set(&image->inherited_from, NULL);
}

bool
image_is_deleted(const struct image *image)
{
	return image->deleted_at != 0 && image->deleted_at >= image->as_of;
}

bool
image_is_revoked(const struct image *image)
{
	return image->status == IMAGE_REVOKED || image->status == IMAGE_SCHEDULED;
}

enum image_status
image_shown_status(const struct image *image)
{
	return image_is_deleted(image) ? IMAGE_DELETED : image->status;
}

/* One that had a name was complete, so it may be run. */
static bool
fold_deletion(struct image *image, const struct event *event, int64_t at)
{
	bool before = image_is_deleted(image);

	if (at < image->deleted_at)
		return false;
	image->deleted_at = at;
	mem_set(&image->deleted_by, event->packer.actor);
	if (image->status == IMAGE_INCOMPLETE && image->version != NULL &&
	    strcmp(image->version, "v0") != 0)
		image->status = IMAGE_ACTIVE;
	return image_is_deleted(image) && !before;
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
image_fold(struct image *image, const struct event *event, int64_t received_at,
           const char *inherited_from)
{
	int64_t at = event->at != 0 ? event->at : received_at, revoke_before = image->revoke_at;
	enum image_status before = image->status, told = status_told(event, received_at, image);
	bool same_ancestor = same_text(image->inherited_from, inherited_from);
	bool was_deleted = image_is_deleted(image);
	bool deletes = event->type == EVENT_VERSION && event->packer.action == VERSION_DELETE;

	learn_facts(image, event, at);
	if (deletes)
		return fold_deletion(image, event, at);
	if (at < image->as_of || told == IMAGE_INCOMPLETE)
		return false;
	if (event->type == EVENT_VERSION || told == IMAGE_SCHEDULED)
		image->as_of = at;

	image->status = told;
	if (told == IMAGE_REVOKED || told == IMAGE_SCHEDULED)
		learn_revocation(image, event, inherited_from);
	else
		forget_revocation(image);
	return image->status != before || image->revoke_at != revoke_before || !same_ancestor ||
	       image_is_deleted(image) != was_deleted;
}

/* N of "vN", or -1. */
static long
version_number(const char *name)
{
	char *end;
	long n;

	if (name == NULL || name[0] != 'v' || !isdigit((unsigned char)name[1]))
		return -1;
	n = strtol(name + 1, &end, 10);
	return *end == '\0' ? n : -1;
}

static int64_t
born(const struct image *image)
{
	return image->completed_at != 0 ? image->completed_at : image->created_at;
}

bool
image_newer(const struct image *a, const struct image *b)
{
	long na = version_number(a->version), nb = version_number(b->version);

	if (na >= 0 && nb >= 0)
		return na > nb;
	return born(a) > born(b);
}
