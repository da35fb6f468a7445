/*
 * words.h - the built-in words: a title and a summary for each kind and phase.
 *
 * Plain text, in English, the fact first.  They are also the fallback of a
 * template that fails, so they need nothing but the document's own data.
 * The caller frees.
 */
#ifndef RELAY_MESSAGE_WORDS_H
#define RELAY_MESSAGE_WORDS_H

#include <jansson.h>

#include "relay/model/incident.h"

/* image: the contract 7 image object, or NULL; workspace: a name, or NULL. */
char *words_title(const struct incident *, const json_t *image, const char *workspace);
char *words_summary(const struct incident *, const json_t *image, const char *workspace,
                    const struct incident_counts *);

/* "1 workspace still runs it; 2 may run it; 1 has moved." */
char *words_counts(const struct incident_counts *);

#endif
