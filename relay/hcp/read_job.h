/*
 * read_job.h - what the relay asks a reading helper to download and read, and
 * what it answers: JSON both ways, over runtime/helper.h.
 *
 * The helper is `driftbell read-helper`: it fetches (hcp/fetch.h), reads the
 * document while it comes (hcp/reader.h) and answers the reading (hcp/reading.h).
 * It may use READ_MEMORY beyond what it starts with, and is given up when that is
 * not enough: a document is never in memory as a whole.
 */
#ifndef RELAY_HCP_READ_JOB_H
#define RELAY_HCP_READ_JOB_H

#include <jansson.h>

#include "relay/base/buf.h"
#include "relay/base/clock.h"
#include "relay/base/err.h"
#include "relay/hcp/fetch.h"

#define READ_HELPER "read-helper"
#define READ_MEMORY (INT64_C(64) * 1024 * 1024)
#define READ_BYTES_MAX (INT64_C(4) * 1024 * 1024 * 1024)
#define READ_DEADLINE_MS (2 * MINUTE_MS) /* of a download, when nothing else is said */
#define READ_GRACE_MS (5 * SECOND_MS)    /* for the helper, to end by itself */

struct read_job {
	struct fetch_request fetch; /* borrowed when written; owned when read */
	const json_t *types; /* more resource types that run images (hcp/reader.h); NULL = none */
};

/* A bearer goes into a header line: visible ASCII, and not too long. */
bool read_bearer_is_fine(const char *);

void read_job_write(const struct read_job *, struct buf *out); /* wipe it */
/* The helper's side.  -1: not a job. */
int read_job_read(struct read_job *, const char *text, size_t len, struct err *) MUST_CHECK;
void read_job_fini(struct read_job *); /* of one that was read */

struct read_answer {
	struct fetch_result fetch;
	json_t *reading; /* owned, when fetch.end is FETCH_READ: for reading_take() */
};
void read_answer_write(const struct read_answer *, struct buf *out);
/* The relay's side: who wrote it talked to a server and may have been taken over by it. */
int read_answer_read(struct read_answer *, const char *text, size_t len, struct err *) MUST_CHECK;
void read_answer_fini(struct read_answer *);

/* helper_work_fn for helper_serve(). */
int read_helper_work(char *job, size_t len, struct buf *answer, struct err *);

#endif
