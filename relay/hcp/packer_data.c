/*
 * packer_data.c - what each generation of HCP Packer's data sources calls the
 * facts of an image (terraform-provider-hcp: version and artifact since 0.82;
 * iteration and image until 0.83; image_iteration until 2023).
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/hcp/reader_internal.h"
#include "relay/model/image_id.h"

static const struct packer_place {
	const char *type, *attribute;
	enum packer_field field;
} places[] = {
	{"hcp_packer_version", "bucket_name", PACKER_BUCKET},
	{"hcp_packer_version", "channel_name", PACKER_CHANNEL},
	{"hcp_packer_version", "name", PACKER_VERSION},
	{"hcp_packer_version", "id", PACKER_VERSION_ID},
	{"hcp_packer_version", "fingerprint", PACKER_FINGERPRINT},

	{"hcp_packer_artifact", "bucket_name", PACKER_BUCKET},
	{"hcp_packer_artifact", "channel_name", PACKER_CHANNEL},
	{"hcp_packer_artifact", "version_fingerprint", PACKER_FINGERPRINT},
	{"hcp_packer_artifact", "external_identifier", PACKER_IDENTIFIER},
	{"hcp_packer_artifact", "platform", PACKER_PLATFORM},
	{"hcp_packer_artifact", "region", PACKER_REGION},

	{"hcp_packer_iteration", "bucket_name", PACKER_BUCKET},
	{"hcp_packer_iteration", "channel", PACKER_CHANNEL},
	{"hcp_packer_iteration", "ulid", PACKER_VERSION_ID},
	{"hcp_packer_iteration", "fingerprint", PACKER_FINGERPRINT},

	{"hcp_packer_image", "bucket_name", PACKER_BUCKET},
	{"hcp_packer_image", "channel", PACKER_CHANNEL},
	{"hcp_packer_image", "iteration_id", PACKER_VERSION_ID},
	{"hcp_packer_image", "cloud_image_id", PACKER_IDENTIFIER},
	{"hcp_packer_image", "cloud_provider", PACKER_PLATFORM},
	{"hcp_packer_image", "region", PACKER_REGION},

	{"hcp_packer_image_iteration", "bucket_name", PACKER_BUCKET},
	{"hcp_packer_image_iteration", "channel", PACKER_CHANNEL},
	{"hcp_packer_image_iteration", "id", PACKER_VERSION_ID},
	{"hcp_packer_image_iteration", "fingerprint", PACKER_FINGERPRINT},
	{"hcp_packer_image_iteration", "incremental_version", PACKER_VERSION},
	{"hcp_packer_image_iteration", "builds[].cloud_provider", PACKER_PLATFORM},
	{"hcp_packer_image_iteration", "builds[].images[].image_id", PACKER_IDENTIFIER},
	{"hcp_packer_image_iteration", "builds[].images[].region", PACKER_REGION},

	/* of all generations */
	{NULL, "organization_id", PACKER_ORGANIZATION},
	{NULL, "project_id", PACKER_PROJECT},
	{NULL, "revoke_at", PACKER_REVOKE_AT},
};

void
packer_places_add(struct attributes *attributes)
{
	for (size_t i = 0; i < COUNT(places); i++)
		(void)attributes_add(attributes, places[i].attribute);
}

/* The provider writes a time that is not there as the year 1. */
static bool
is_no_time(const char *time)
{
	return strncmp(time, "0001-", 5) == 0 || strncmp(time, "1970-01-01T00:00:00", 19) == 0;
}

static void
set_field(struct packer *packer, const char *type, const struct attributes *attributes,
          const struct note *note, const char *text)
{
	for (size_t i = 0; i < COUNT(places); i++) {
		const struct packer_place *place = &places[i];

		if ((place->type != NULL && strcmp(place->type, type) != 0) ||
		    attributes_find(attributes, place->attribute) != note->node)
			continue;
		if (text[0] != '\0' && !(place->field == PACKER_REVOKE_AT && is_no_time(text)))
			packer->field[place->field] = text;
		return;
	}
}

static void
add_packer(struct reader *reader, struct packer *packer)
{
	char *key = image_id_key(packer->field[PACKER_IDENTIFIER]);

	packer->field[PACKER_IMAGE] = key;
	if (packer->field[PACKER_BUCKET] != NULL)
		facts_add_packer(&reader->facts, packer);
	free(key);
}

/* An image of hcp_packer_image_iteration: where its notes begin and end, and
 * those of the build it is in. */
struct build_image {
	size_t first, end, build_first, build_end;
};

static size_t
find_images(const struct reader *reader, const struct item_instance *instance,
            struct build_image *images)
{
	int build = attributes_find(reader->attributes, "builds");
	int image = attributes_find(reader->attributes, "builds.images");
	size_t count = 0, in_build = 0, begun = instance->first_note, build_begun = begun;

	for (size_t i = instance->first_note; i < instance->end_note; i++) {
		const struct note *note = &reader->item.notes[i];

		if (note->kind == NOTE_CLOSE && note->node == image) {
			images[count++] = (struct build_image){begun, i, 0, 0};
			begun = i + 1;
		} else if (note->kind == NOTE_CLOSE && note->node == build) {
			for (; in_build < count; in_build++) {
				images[in_build].build_first = build_begun;
				images[in_build].build_end = i;
			}
			begun = build_begun = i + 1;
		}
	}
	return in_build;
}

static void
set_fields(struct reader *reader, struct packer *packer, size_t first, size_t end, unsigned only)
{
	for (size_t i = first; i < end; i++) {
		const struct note *note = &reader->item.notes[i];
		struct packer one = {0};

		if (note->kind != NOTE_TEXT)
			continue;
		set_field(&one, packer->type, reader->attributes, note,
		          item_text(&reader->item, note->text));
		for (int f = 0; f < PACKER_FIELD_COUNT; f++)
			if (one.field[f] != NULL && only & 1u << f)
				packer->field[f] = one.field[f];
	}
}

static void
add_images(struct reader *reader, const struct item_instance *instance,
           const struct packer *version)
{
	struct build_image *images =
		mem_array(instance->end_note - instance->first_note + 1, sizeof(*images));
	size_t count = find_images(reader, instance, images);

	for (size_t i = 0; i < count; i++) {
		struct packer packer = *version;

		packer.has_image = packer.one_of_many = true;
		set_fields(reader, &packer, images[i].build_first, images[i].build_end,
		           1u << PACKER_PLATFORM);
		set_fields(reader, &packer, images[i].first, images[i].end,
		           1u << PACKER_IDENTIFIER | 1u << PACKER_REGION);
		if (packer.field[PACKER_IDENTIFIER] != NULL)
			add_packer(reader, &packer);
	}
	free(images);
}

void
packer_data_add(struct reader *reader, const struct item_instance *instance,
                const struct packer *like)
{
	const unsigned of_image =
		1u << PACKER_PLATFORM | 1u << PACKER_IDENTIFIER | 1u << PACKER_REGION;
	bool nested = strcmp(like->type, "hcp_packer_image_iteration") == 0;
	struct packer packer = *like;
	char *version = NULL;

	set_fields(reader, &packer, instance->first_note, instance->end_note,
	           nested ? ~of_image : ~0u);
	if (nested && packer.field[PACKER_VERSION] != NULL)
		packer.field[PACKER_VERSION] = version =
			mem_fmt("v%s", packer.field[PACKER_VERSION]);
	packer.has_image = strcmp(like->type, "hcp_packer_artifact") == 0 ||
	                   strcmp(like->type, "hcp_packer_image") == 0;
	add_packer(reader, &packer);
	if (nested)
		add_images(reader, instance, &packer);
	free(version);
}
