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
/* The bucket's part of an image's key. */
char *key_image_bucket(const char *image_key);
/* "image.revocation/..." : a kind and a key that is joined already. */
char *key_incident(const char *kind, const char *subject_key);

#endif
