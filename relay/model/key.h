/*
 * key.h - the keys of the catalog and of incidents.
 *
 * Parts are joined with "/"; a "/" or "%" inside a part is written %2F or %25,
 * so that no two different things share a key.  The caller frees.
 */
#ifndef RELAY_MODEL_KEY_H
#define RELAY_MODEL_KEY_H

#include <stddef.h>

/* The parts up to a NULL; absent ones are passed as "". */
char *key_join(const char *first, ... /* const char *, NULL */);

/* "organization/project/bucket", and with "/fingerprint" behind it. */
char *key_bucket(const char *organization_id, const char *project_id, const char *bucket);
char *key_image(const char *bucket_key, const char *fingerprint);
/* "image.revocation/..." : a kind and a key that is joined already. */
char *key_incident(const char *kind, const char *subject_key);

struct bucket_name {
	const char *organization_id, *project_id, *bucket;
};
/* The names a bucket's key was joined from.  The struct borrows from *memory,
 * which the caller frees. */
struct bucket_name bucket_name_of(const char *bucket_key, char **memory);

#endif
