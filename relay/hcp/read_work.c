/*
 * read_work.c - what the reading helper does: the body goes to the reader as it
 * comes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/hcp/read_job.h"
#include "relay/hcp/reader.h"
#include "relay/runtime/helper.h"

#define TYPES_MAX 1000

struct work {
	struct reader *reader;
	struct err err; /* why it cannot be read */
};

static int
on_body(const char *data, size_t len, void *arg)
{
	struct work *work = arg;

	return reader_feed(work->reader, data, len, &work->err);
}

/* Borrows from the job; the rows are the caller's to free. */
static struct image_types
types_of(const struct read_job *job)
{
	size_t size = json_array_size(job->types), count = 0;
	struct image_type *rows = mem_array(size + 1, sizeof(*rows));

	for (size_t i = 0; i < size && i < TYPES_MAX; i++) {
		const json_t *item = json_array_get(job->types, i);
		struct image_type row = {
			.provider = json_filled_at(item, "provider"),
			.type = json_filled_at(item, "type"),
			.attribute = json_filled_at(item, "attribute"),
		};
		if (row.provider && row.type && row.attribute)
			rows[count++] = row;
	}
	return (struct image_types){.rows = rows, .count = count};
}

static void
unreadable(struct read_answer *answer, const struct err *err)
{
	answer->fetch.end = FETCH_UNREADABLE;
	snprintf(answer->fetch.text, sizeof(answer->fetch.text), "what came cannot be read: %.200s",
	         err->text);
}

static void
fetch_and_read(const struct read_job *job, struct read_answer *answer)
{
	struct image_types types = types_of(job);
	struct work work = {.reader = reader_new(&types)};

	fetch(&job->fetch, on_body, &work, &answer->fetch);
	if (answer->fetch.end == FETCH_UNREADABLE)
		unreadable(answer, &work.err);
	else if (answer->fetch.end == FETCH_READ &&
	         reader_end(work.reader, &answer->reading, &work.err) < 0)
		unreadable(answer, &work.err);
	reader_free(work.reader);
	free((struct image_type *)types.rows);
}

int
read_helper_work(char *text, size_t len, struct buf *out, struct err *err)
{
	struct read_job job;
	struct read_answer answer = {0};

	if (read_job_read(&job, text, len, err) < 0)
		return -1;
	explicit_bzero(text, len);
	if (helper_limit_memory(READ_MEMORY, err) < 0) {
		read_job_fini(&job);
		return -1;
	}
	fetch_and_read(&job, &answer);
	read_answer_write(&answer, out);
	read_answer_fini(&answer);
	read_job_fini(&job);
	return 0;
}
