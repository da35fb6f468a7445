/*
 * surroundings.h - a version of a bucket as people are shown it: with the
 * ancestor and the descendants of its revocation, the channels that point at
 * it, and the version to move to.
 */
#ifndef RELAY_STORE_SURROUNDINGS_H
#define RELAY_STORE_SURROUNDINGS_H

#include <jansson.h>

#include "relay/model/image.h"
#include "relay/model/usage.h"
#include "relay/store/db.h"

/*
 * The image object of contract section 7, a new reference.  `replacement` is
 * what its incident says is to be moved to; NULL: where the image is not to be
 * used any more, the valid version that one of its channels holds now.  *cut
 * (may be NULL) gets the full lengths of what was cut.
 */
int image_with_surroundings(struct db *, const struct image *, const struct history *,
                            const json_t *replacement, json_t *cut, json_t **out,
                            struct err *) MUST_CHECK;

#endif
