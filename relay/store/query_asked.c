#include "relay/store/query_asked.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/model/image_id.h"
#include "relay/store/catalog.h"

static void
split_version(struct asked *asked)
{
	const char *at = strrchr(asked->text, '@');

	asked->bucket = at ? mem_strn(asked->text, (size_t)(at - asked->text)) : mem_str("");
	asked->version = mem_str(at ? at + 1 : "");
}

/* Not in a transaction of its own: what goes meanwhile is not there. */
static int
add_image(struct db *db, struct asked *asked, const char *key, bool named, struct err *err)
{
	struct asked_image one = {.named = named};
	int rc = catalog_image(db, key, &one.image, err);

	if (rc == 1)
		rc = catalog_history(db, one.image.bucket_key, &one.history, err) < 0 ? -1 : 1;
	if (rc != 1) {
		image_fini(&one.image);
		history_fini(&one.history);
		return rc;
	}
	asked->images = mem_grow(asked->images, asked->count + 1, sizeof *asked->images);
	asked->images[asked->count++] = one;
	return 0;
}

int
asked_read(struct db *db, const char *text, struct asked *asked, struct err *err)
{
	struct db_row *row;
	int rc;

	*asked = (struct asked){.text = mem_str(text), .identifier_key = image_id_key(text)};
	split_version(asked);
	row = db_bind(db, ST_QUERY_IMAGES_ASKED, "tttti", text, asked->identifier_key,
	              asked->bucket, asked->version, (int64_t)ASKED_IMAGES_MAX);
	while ((rc = db_step(row, err)) == 1) {
		rc = add_image(db, asked, db_text(row, 0), db_int(row, 1) != 0, err);
		if (rc < 0)
			break;
	}
	db_end(row);
	return rc < 0 ? -1 : 0;
}

void
asked_fini(struct asked *asked)
{
	for (size_t i = 0; i < asked->count; i++) {
		image_fini(&asked->images[i].image);
		history_fini(&asked->images[i].history);
	}
	free(asked->images);
	free(asked->text);
	free(asked->identifier_key);
	free(asked->bucket);
	free(asked->version);
	*asked = (struct asked){.text = NULL};
}

/* Whatever is stored was completed by now. */
#define NOW INT64_MAX

/* Of one usage alone, which no rule overrules. */
static bool
may_be(const struct workspace *workspace, const struct usage *usage,
       const struct asked_image *asked)
{
	const struct bucket_use use = {
		.bucket_key = usage->bucket_key,
		.usages = {(struct usage *)usage, 1},
	};
	struct usage_found found;

	return usage_judge(&use, &asked->history, workspace->applied, workspace->exact,
	                   &asked->image, NOW, &found);
}

static bool
has_identifier(const struct asked *asked, const struct usage *usage)
{
	char *key = image_id_key(usage->external_identifier);
	bool same = key && key[0] && strcmp(key, asked->identifier_key) == 0;

	free(key);
	return same;
}

bool
asked_usage(const struct asked *asked, const struct workspace *workspace, const struct usage *usage,
            const struct image **which)
{
	*which = NULL;
	if (has_identifier(asked, usage))
		return true;
	for (size_t i = 0; i < asked->count; i++) {
		const struct asked_image *one = &asked->images[i];

		/* Asked for one artifact, it is not another one of the same version. */
		if (strcmp(one->image.bucket_key, usage->bucket_key) == 0 &&
		    (one->named || usage->external_identifier[0] == '\0') &&
		    may_be(workspace, usage, one)) {
			*which = &one->image;
			return true;
		}
	}
	return false;
}

const struct image *
asked_link(const struct asked *asked, const struct workspace *workspace, const char *bucket_key,
           const char *channel)
{
	for (size_t i = 0; i < asked->count; i++)
		if (strcmp(asked->images[i].image.bucket_key, bucket_key) == 0 &&
		    usage_possible(&asked->images[i].history, channel, workspace->applied,
		                   &asked->images[i].image, NOW))
			return &asked->images[i].image;
	return NULL;
}
