/*
 * samples.h - notification documents to try templates on: for every kind and
 * phase of contract section 6 one that is full and one with nothing in it
 * that may be absent.
 */
#ifndef RELAY_MESSAGE_SAMPLES_H
#define RELAY_MESSAGE_SAMPLES_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* When they are read: between their times, so that some are past, some to come. */
#define SAMPLES_NOW_MS INT64_C(1768476600000) /* 2026-01-15T11:30:00Z */

/* "image.revocation revoked", "image.revocation revoked, sparse" */
size_t sample_count(void);
const char *sample_name(size_t);
const char *sample_kind(size_t);
json_t *sample_document(size_t); /* a new reference */

/* Digests (digest.h): one of a flood, one of a week, one with next to nothing in it. */
size_t digest_sample_count(void);
const char *digest_sample_name(size_t);
json_t *digest_sample_document(size_t); /* a new reference */

#endif
