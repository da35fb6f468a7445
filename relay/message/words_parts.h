/*
 * words_parts.h - what the words of all kinds are put together from.  Inside
 * words*.c only: each of them holds the words of some kinds.
 */
#ifndef RELAY_MESSAGE_WORDS_PARTS_H
#define RELAY_MESSAGE_WORDS_PARTS_H

#include <jansson.h>

#include "relay/base/buf.h"
#include "relay/model/incident.h"

/* What a kind's words are made of. */
struct subject {
	const struct incident *incident;
	const json_t *image;                  /* contract 7, or NULL */
	const char *workspace;                /* its name, or NULL */
	const struct incident_counts *counts; /* NULL for a title */
};

typedef void words_fn(struct buf *, const struct subject *);

struct kind_words {
	words_fn *title, *summary;
};

/* "(unknown)" for NULL and "". */
const char *words_or_unknown(const char *);
/* "v3"; without a version the fingerprint tells it; NULL where neither is known. */
const char *words_version(const json_t *image);
/* Where the image is not known the incident still tells its bucket. */
void words_add_bucket(struct buf *, const struct subject *);
/* "base-ubuntu-2204 v3" */
void words_add_image(struct buf *, const struct subject *);
/* Ends a sentence with what somebody wrote, which may bring its own full stop. */
void words_add_because(struct buf *, const char *text);

/* words_image.c */
extern const struct kind_words words_of_revocation;
extern const struct kind_words words_of_superseded;
extern const struct kind_words words_of_released;
extern const struct kind_words words_of_deleted;
extern const struct kind_words words_of_channel;

/* words_workspace.c */
extern const struct kind_words words_of_drift;
extern const struct kind_words words_of_check_failed;
extern const struct kind_words words_of_assessment_failed;
extern const struct kind_words words_of_run_failed;
extern const struct kind_words words_of_run_waiting;
extern const struct kind_words words_of_auto_destroy;
extern const struct kind_words words_of_change_request;

/* words_finding.c */
extern const struct kind_words words_of_untracked_image;
extern const struct kind_words words_of_wrong_channel;

/* words_relay.c */
extern const struct kind_words words_of_sink_failing;
extern const struct kind_words words_of_dead_letter;
extern const struct kind_words words_of_unknown;
extern const struct kind_words words_of_source_silent;

#endif
