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
	free(image->inherited_from);
	json_decref(image->artifacts);
	memset(image, 0, sizeof(*image));
}

static void
set_text(char **field, const char *value)
{
	char *copy = mem_str(value);

	free(*field);
	*field = copy;
}

/* A version is "v0" until it is complete; a real name is never taken back. */
static void
learn_name(struct image *image, const char *name)
{
	if (name == NULL || name[0] == '\0')
		return;
	if (image->version == NULL || strcmp(image->version, "v0") == 0 || strcmp(name, "v0") != 0)
		set_text(&image->version, name);
}

static void
learn_facts(struct image *image, const struct packer_news *news)
{
	learn_name(image, news->version.name);
	if (news->version.id != NULL)
		set_text(&image->id, news->version.id);
	if (news->created_at != 0)
		image->created_at = news->created_at;
	if (news->artifacts != NULL && json_array_size(news->artifacts) > 0) {
		json_decref(image->artifacts);
		image->artifacts = json_incref(news->artifacts);
	}
}

/* What the news says the version is now.  Creation and completion also come for
 * versions that are born revoked, because their parent was. */
static enum image_status
status_told(const struct event *event, int64_t received_at, const struct image *image)
{
	const struct packer_news *news = &event->packer;
	bool says_revoked = news->status != NULL && strcmp(news->status, "VERSION_REVOKED") == 0;

	if (event->type == EVENT_VERSION) {
		switch (news->action) {
		case VERSION_CANCEL:
		case VERSION_RESTORE:
			return IMAGE_ACTIVE;
		case VERSION_DELETE:
			return IMAGE_DELETED;
		default:
			break;
		}
	}
	if (news->revoke_at > received_at + REVOKE_AHEAD_MS)
		return IMAGE_SCHEDULED;
	if (event->type == EVENT_ASSIGN)
		return image->as_of != 0 && image->status != IMAGE_INCOMPLETE ? image->status
		       : says_revoked                                         ? IMAGE_REVOKED
		                                                              : IMAGE_ACTIVE;
	switch (news->action) {
	case VERSION_REVOKE:
		return IMAGE_REVOKED;
	case VERSION_SCHEDULE:
		return IMAGE_SCHEDULED;
	case VERSION_CREATE:
		return says_revoked ? IMAGE_REVOKED : IMAGE_INCOMPLETE;
	default:
		return says_revoked ? IMAGE_REVOKED : IMAGE_ACTIVE;
	}
}

static void
learn_revocation(struct image *image, const struct packer_news *news, const char *inherited_from)
{
	image->revoke_at = news->revoke_at;
	set_text(&image->revoked_by, news->revoked_by != NULL ? news->revoked_by : news->actor);
	set_text(&image->reason, news->reason);
	set_text(&image->inherited_from, inherited_from);
}

static void
forget_revocation(struct image *image)
{
	image->revoke_at = 0;
	set_text(&image->revoked_by, NULL);
	set_text(&image->reason, NULL);
	set_text(&image->inherited_from, NULL);
}

bool
image_fold(struct image *image, const struct event *event, int64_t received_at, const char *inherited_from)
{
	const struct packer_news *news = &event->packer;
	int64_t at = event->at != 0 ? event->at : received_at;
	bool completes = event->type == EVENT_VERSION && news->action == VERSION_COMPLETE;
	enum image_status before = image->status, told = status_told(event, received_at, image);
	int64_t revoke_before = image->revoke_at;
	bool same_ancestor;

	learn_facts(image, news);
	if (completes)
		image->completed_at = at;
	if (at < image->as_of)
		return false;
	/* An assignment says which version a channel holds; of the version's own
	 * state it only confirms what nothing else told yet. */
	if (event->type == EVENT_ASSIGN && told == image->status && image->as_of != 0)
		return false;
	if (event->type == EVENT_VERSION)
		image->as_of = at;

	same_ancestor = (image->inherited_from == NULL) == (inherited_from == NULL) &&
	                (inherited_from == NULL || strcmp(image->inherited_from, inherited_from) == 0);
	image->status = told;
	if (told == IMAGE_REVOKED || told == IMAGE_SCHEDULED)
		learn_revocation(image, news, inherited_from);
	else if (told != IMAGE_DELETED)
		forget_revocation(image);
	else
		same_ancestor = true;
	return image->status != before || image->revoke_at != revoke_before || !same_ancestor;
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
