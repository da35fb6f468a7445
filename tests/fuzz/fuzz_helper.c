/*
 * fuzz_helper.c - what goes to helper processes and what comes back from them.  The
 * first byte picks who reads the rest:
 *
 *	0  the reading helper its job   2  the mail helper its job
 *	1  the relay a reading's answer 3  the relay what became of a mail job
 *
 * Answers come as frames, in pieces of the size that the second byte says.  What is
 * taken is what was agreed on, and reads the same when it is written again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/hcp/read_job.h"
#include "relay/hcp/reading.h"
#include "relay/hcp/uses.h"
#include "relay/runtime/helper_internal.h"
#include "sinks/mail_address.h"
#include "sinks/mail_job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
must_be_said(int rc, const struct err *err)
{
	must(rc == 0 || (rc == -1 && err->text[0] != '\0'));
}

/* ---- the reading helper ---- */

static void
read_job(const char *text, size_t len)
{
	struct read_job job, again;
	struct buf once = {0}, twice = {0};
	struct err err = {""};
	int rc = read_job_read(&job, text, len, &err);

	must_be_said(rc, &err);
	if (rc != 0)
		return;
	must(url_is_http(job.fetch.url) && job.fetch.max_bytes > 0 && job.fetch.deadline_ms > 0);
	must(job.fetch.bearer == NULL || read_bearer_is_fine(job.fetch.bearer));
	read_job_write(&job, &once);
	must(read_job_read(&again, once.data, once.len, &err) == 0);
	read_job_write(&again, &twice);
	must(strcmp(once.data, twice.data) == 0);
	read_job_fini(&again);
	read_job_fini(&job);
	buf_fini(&once);
	buf_fini(&twice);
}

static void
check_reading(json_t *json)
{
	struct reading reading;
	struct err err = {""};
	int rc = reading_take(json, &reading, &err);

	must_be_said(rc, &err);
	if (rc != 0)
		return;
	must(reading.count <= USES_MAX);
	for (size_t i = 0; i < reading.count; i++)
		must(reading.uses[i].count >= 1 && reading.uses[i].count <= READING_COUNT_MAX);
	reading_fini(&reading);
}

static void
read_answer(const char *text, size_t len)
{
	struct read_answer answer, again;
	struct buf once = {0}, twice = {0};
	struct err err = {""};
	int rc = read_answer_read(&answer, text, len, &err);

	must_be_said(rc, &err);
	if (rc != 0)
		return;
	must(utf8_valid(answer.fetch.text, strlen(answer.fetch.text)));
	must(strpbrk(answer.fetch.text, "\r\n\t\033") == NULL);
	must(answer.fetch.status >= 0 && answer.fetch.status <= 999);
	must(answer.fetch.retry_after_ms >= 0 && answer.fetch.bytes >= 0);
	must((answer.fetch.end == FETCH_READ) == (answer.reading != NULL));
	read_answer_write(&answer, &once);
	must(read_answer_read(&again, once.data, once.len, &err) == 0);
	read_answer_write(&again, &twice);
	must(strcmp(once.data, twice.data) == 0);
	if (again.reading != NULL)
		check_reading(json_incref(again.reading));
	read_answer_fini(&again);
	read_answer_fini(&answer);
	buf_fini(&once);
	buf_fini(&twice);
}

/* ---- the mail helper ---- */

/* What becomes a line of SMTP must not end it early. */
static void
must_be_one_line(const char *text)
{
	must(text == NULL || strpbrk(text, "\r\n") == NULL);
}

static void
check_mail_job(const struct mail_job *job)
{
	must_be_one_line(job->host);
	must_be_one_line(job->hello);
	must_be_one_line(job->username);
	must_be_one_line(job->password);
	must_be_one_line(job->sender);
	must((job->username != NULL) == (job->password != NULL));
	must(job->letter_count >= 1 && job->letter_count <= MAIL_BATCH_MAX);
	for (size_t i = 0; i < job->letter_count; i++) {
		const struct mail_letter *letter = &job->letters[i];

		must(letter->len >= 2 && strlen(letter->data) == letter->len);
		must(letter->to_count >= 1 && letter->to_count <= MAIL_RECIPIENTS_MAX);
		for (size_t j = 0; j < letter->to_count; j++)
			must(mail_address_valid(letter->to[j]));
	}
}

static void
mail_job(const char *text, size_t len)
{
	struct mail_job job, again;
	struct buf once = {0}, twice = {0};
	struct err err = {""};
	int rc = mail_job_read(&job, text, len, &err);

	must_be_said(rc, &err);
	if (rc != 0)
		return;
	check_mail_job(&job);
	mail_job_write(&job, &once);
	must(mail_job_read(&again, once.data, once.len, &err) == 0);
	mail_job_write(&again, &twice);
	must(strcmp(once.data, twice.data) == 0);
	mail_job_fini(&again);
	mail_job_fini(&job);
	buf_fini(&once);
	buf_fini(&twice);
}

static void
check_fate(const struct mail_fate *fate)
{
	must(fate->code >= 0 && fate->code <= 999);
	must_be_one_line(fate->text);
	must(fate->text == NULL || utf8_valid(fate->text, strlen(fate->text)));
}

/* Two letters, to two and to one. */
static void
mail_result(const char *text, size_t len)
{
	struct mail_letter letters[] = {{.to_count = 2}, {.to_count = 1}};
	const struct mail_job job = {.letters = letters, .letter_count = COUNT(letters)};
	struct mail_result result;
	struct err err = {""};
	struct buf once = {0};
	int rc = mail_result_read(&result, text, len, &job, &err);

	must_be_said(rc, &err);
	if (rc != 0)
		return;
	check_fate(&result.session);
	for (size_t i = 0; i < result.letter_count; i++)
		for (size_t j = 0; j < result.to_counts[i]; j++)
			check_fate(&result.fates[i][j]);
	mail_result_write(&result, &once);
	mail_result_fini(&result);
	must(mail_result_read(&result, once.data, once.len, &job, &err) == 0);
	mail_result_fini(&result);
	buf_fini(&once);
}

/* ---- frames ---- */

/* As helper.c reads them from a child. */
static void
take_frame(const char *data, size_t size, size_t piece, void take(const char *, size_t))
{
	struct buf answer = {0};
	size_t room;

	while (size > 0 && (room = frame_room(&answer)) > 0) {
		size_t n = size < room ? size : room;

		n = n < piece ? n : piece;
		buf_add(&answer, data, n);
		data += n;
		size -= n;
		must(answer.len <= HELPER_HEAD + HELPER_ANSWER_MAX + 1);
	}
	if (frame_is_whole(&answer)) {
		must(size == 0 && frame_room(&answer) == 1);
		take(answer.data + HELPER_HEAD, answer.len - HELPER_HEAD);
	}
	buf_fini(&answer);
}

/* In memory of their own, so that a sanitizer sees every overrun. */
static void
take_copy(const char *data, size_t size, void take(const char *, size_t))
{
	char *copy = mem_dup(data, size);

	take(copy, size);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 2;

	if (size < 2)
		return 0;
	switch (data[0] % 4) {
	case 0:
		take_copy(text, size - 2, read_job);
		break;
	case 1:
		take_frame(text, size - 2, data[1] + 1u, read_answer);
		break;
	case 2:
		take_copy(text, size - 2, mail_job);
		break;
	default:
		take_frame(text, size - 2, data[1] + 1u, mail_result);
	}
	return 0;
}
