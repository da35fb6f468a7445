/*
 * artifacts.h - from a machine image of a cloud back to the version it was
 * built as.  Inside a transaction of the caller.
 */
#ifndef RELAY_STORE_ARTIFACTS_H
#define RELAY_STORE_ARTIFACTS_H

#include "relay/model/image.h"
#include "relay/store/db.h"

/* 1: it was not known; 0, -1. */
int artifact_put(struct db *, const char *external_identifier, const char *bucket_key,
                 const char *fingerprint, struct err *) MUST_CHECK;
/* Which image has it: 1 (its key is the caller's), 0 none, or several, -1.
 * bucket_key "": of whichever bucket. */
int artifact_find(struct db *, const char *external_identifier, const char *bucket_key,
                  char **image_key, struct err *) MUST_CHECK;

#endif
