/*
 * samples_document.h - how a sample's document is made: private to samples.c,
 * which has the list, samples_document.c and samples_finding.c.
 */
#ifndef RELAY_MESSAGE_SAMPLES_DOCUMENT_H
#define RELAY_MESSAGE_SAMPLES_DOCUMENT_H

#include <jansson.h>
#include <stdbool.h>

enum sample_rows {
	ROWS_NONE,
	ROWS_AFFECTED, /* some in every state, the worst first */
	ROWS_AFTER,    /* moved and gone ones */
	ROWS_CUT,      /* a list as long as lists get, of more */
	ROWS_ITSELF,   /* the one workspace that it is about */
	ROWS_ITSELF_AFTER
};

enum {
	SAMPLE_DRIFT = 1,
	SAMPLE_RUN = 2,
	SAMPLE_ACKNOWLEDGED = 4,
	SAMPLE_UNTRACKED = 8,
	SAMPLE_WRONG_CHANNEL = 16
};

struct sample {
	const char *name, *sparse_name; /* no sparse one: NULL */
	const char *kind, *phase;       /* phase may be NULL */
	const char *status, *reason, *severity;
	const char *image_status; /* NULL: no image */
	enum sample_rows rows;
	unsigned has; /* SAMPLE_... */
	const char *title, *summary;
};

/* Its `findings`, of the kinds that have some: samples_finding.c. */
void sample_add_findings(json_t *document, const struct sample *, bool sparse);

json_t *sample_full(const struct sample *);
json_t *sample_sparse(const struct sample *);

#endif
