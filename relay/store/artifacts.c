#include "relay/store/artifacts.h"

#include <stdlib.h>

#include "relay/base/mem.h"
#include "relay/model/image_id.h"
#include "relay/model/key.h"

int
artifact_put(struct db *db, const char *external_identifier, const char *bucket_key,
             const char *fingerprint, struct err *err)
{
	char *id = image_id_key(external_identifier),
	     *image_key = key_image(bucket_key, fingerprint);
	int64_t n =
		db_run(db, err, ST_ARTIFACT_ADD, "tttt", id, image_key, bucket_key, fingerprint);

	free(image_key);
	free(id);
	return n < 0 ? -1 : n > 0;
}

int
artifact_find(struct db *db, const char *external_identifier, const char *bucket_key,
              char **image_key, struct err *err)
{
	char *id = image_id_key(external_identifier);
	struct db_row *row = db_bind(db, ST_ARTIFACT_FIND, "tt", id, bucket_key);
	int rc = db_step(row, err);

	*image_key = NULL;
	if (rc == 1) {
		*image_key = mem_str(db_text(row, 0));
		rc = db_step(row, err);
		if (rc != 0) {
			free(*image_key);
			*image_key = NULL;
		}
		rc = rc < 0 ? -1 : rc == 0;
	}
	db_end(row);
	free(id);
	return rc;
}
