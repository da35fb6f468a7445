/*
 * read_job.c - a job and its answer as JSON.
 *
 * The URL may be a secret, as the bearer is: neither is part of the tree that is
 * built here, whose memory nobody wipes.  They are put behind it by hand.
 */
#include "relay/hcp/read_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "relay/base/text.h"

#define BEARER_MAX 4096
#define HOSTS_MAX 1000

bool
read_bearer_is_fine(const char *bearer)
{
	for (const char *c = bearer; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return *bearer && strlen(bearer) <= BEARER_MAX;
}

/* ---- writing a job ---- */

static void
put_secret(struct buf *out, const char *name, const char *value)
{
	char *text = value ? base64_encode(value, strlen(value)) : NULL;

	/* All the room at once: growing would leave copies of it behind. */
	buf_printf(out, ",\"%s\":", name);
	buf_puts(out, text ? "\"" : "null");
	if (text) {
		buf_puts(out, text);
		buf_putc(out, '"');
		mem_wipe_free(text, strlen(text));
	}
}

void
read_job_write(const struct read_job *job, struct buf *out)
{
	const struct fetch_request *fetch = &job->fetch;
	json_t *hosts = json_array();

	for (size_t i = 0; fetch->hosts && i < fetch->hosts->count; i++)
		json_array_append_new(hosts, json_string(fetch->hosts->items[i]));
	json_t *tree = json_pack("{s:o, s:b, s:s?, s:I, s:I, s:O?}", "hosts", hosts,
	                         "allow_private", fetch->allow_private, "ca_file", fetch->ca_file,
	                         "max_bytes", (json_int_t)fetch->max_bytes, "deadline_ms",
	                         (json_int_t)fetch->deadline_ms, "types", job->types);
	char *text = tree ? json_dumps(tree, JSON_COMPACT) : NULL;

	if (!text)
		mem_die("a read job is not text"); /* what is in it was checked before */
	size_t len = strlen(text);
	size_t secrets = strlen(fetch->url) + (fetch->bearer ? strlen(fetch->bearer) : 0);
	buf_reserve(out, len + 2 * secrets + 64);
	buf_add(out, text, len - 1); /* all but the last brace */
	put_secret(out, "url", fetch->url);
	put_secret(out, "bearer", fetch->bearer);
	buf_putc(out, '}');
	free(text);
	json_decref(tree);
}

/* ---- reading it ---- */

/* NULL where it is none; the tree's own copy is wiped. */
static char *
take_secret(const json_t *tree, const char *name)
{
	char *text = (char *)json_string_value(json_object_get(tree, name));
	size_t len = 0;
	unsigned char *bytes = text ? base64_decode(text, &len) : NULL;
	char *value = bytes ? mem_strn((char *)bytes, len) : NULL;

	if (text)
		explicit_bzero(text, strlen(text));
	if (bytes)
		mem_wipe_free(bytes, len);
	return value;
}

static int
read_hosts(struct read_job *job, const json_t *tree, struct err *err)
{
	const json_t *list = json_object_get(tree, "hosts");
	size_t count = json_array_size(list);

	if (!json_is_array(list) || count > HOSTS_MAX)
		return err_set(err, "read job: hosts");
	struct key_texts *hosts = mem_alloc(sizeof(*hosts));
	job->fetch.hosts = hosts;
	hosts->items = mem_array(count + 1, sizeof(*hosts->items));
	for (size_t i = 0; i < count; i++) {
		const char *host = json_string_value(json_array_get(list, i));
		if (!host)
			return err_set(err, "read job: a host");
		hosts->items[hosts->count++] = mem_str(host);
	}
	return 0;
}

static int
read_tree(struct read_job *job, const json_t *tree, struct err *err)
{
	struct fetch_request *fetch = &job->fetch;
	json_t *types = json_object_get(tree, "types");

	fetch->url = take_secret(tree, "url");
	fetch->bearer = take_secret(tree, "bearer");
	fetch->allow_private = json_true_at(tree, "allow_private");
	fetch->ca_file = mem_str(json_filled_at(tree, "ca_file"));
	fetch->max_bytes = json_int_at(tree, "max_bytes", 0);
	fetch->deadline_ms = json_int_at(tree, "deadline_ms", 0);
	job->types = json_is_null(types) ? NULL : json_incref(types);
	if (!fetch->url || !url_is_http(fetch->url))
		return err_set(err, "read job: url");
	if (!json_is_null(json_object_get(tree, "bearer")) &&
	    (!fetch->bearer || !read_bearer_is_fine(fetch->bearer)))
		return err_set(err, "read job: bearer");
	if (fetch->max_bytes < 1 || fetch->max_bytes > READ_BYTES_MAX || fetch->deadline_ms < 1 ||
	    fetch->deadline_ms > HOUR_MS)
		return err_set(err, "read job: its bounds");
	return read_hosts(job, tree, err);
}

int
read_job_read(struct read_job *job, const char *text, size_t len, struct err *err)
{
	json_t *tree = NULL;
	struct err unsaid = {0};

	*job = (struct read_job){0};
	/* Its words are left out: it may quote what it could not read. */
	if (json_read(text, len, &tree, &unsaid) != JSON_TREE)
		return err_set(err, "read job: not JSON");
	int rc = read_tree(job, tree, err);
	json_decref(tree);
	if (rc < 0)
		read_job_fini(job);
	return rc;
}

void
read_job_fini(struct read_job *job)
{
	struct key_texts *hosts = (struct key_texts *)job->fetch.hosts;

	for (size_t i = 0; hosts && i < hosts->count; i++)
		free(hosts->items[i]);
	if (hosts)
		free(hosts->items);
	free(hosts);
	if (job->fetch.url)
		mem_wipe_free((char *)job->fetch.url, strlen(job->fetch.url));
	if (job->fetch.bearer)
		mem_wipe_free((char *)job->fetch.bearer, strlen(job->fetch.bearer));
	free((char *)job->fetch.ca_file);
	json_decref((json_t *)job->types);
	*job = (struct read_job){0};
}

/* ---- the answer ---- */

void
read_answer_write(const struct read_answer *answer, struct buf *out)
{
	const struct fetch_result *fetch = &answer->fetch;
	json_t *tree = json_pack(
		"{s:s, s:i, s:I, s:I, s:s, s:O?}", "end", fetch_end_names[fetch->end], "status",
		fetch->status, "retry_after_ms", (json_int_t)fetch->retry_after_ms, "bytes",
		(json_int_t)fetch->bytes, "text", fetch->text, "reading", answer->reading);
	char *text = tree ? json_dumps(tree, JSON_COMPACT) : NULL;

	if (!text)
		mem_die("a reading is not text");
	buf_puts(out, text);
	free(text);
	json_decref(tree);
}

static int
end_named(const char *name)
{
	for (int i = 0; name && i < FETCH_ENDS; i++)
		if (strcmp(fetch_end_names[i], name) == 0)
			return i;
	return -1;
}

/* One line of UTF-8. */
static void
put_line(char *out, size_t size, const char *text)
{
	size_t n = 0;

	while (text && *text) {
		size_t len = utf8_next(text, strlen(text));
		if (len == 0 || n + len >= size)
			break;
		if (len > 1 || ((unsigned char)*text >= ' ' && *text != 0x7f)) {
			memcpy(out + n, text, len);
			n += len;
		}
		text += len;
	}
	out[n] = '\0';
}

/* 0 to `most`. */
static int64_t
number_within(const json_t *tree, const char *name, int64_t most)
{
	int64_t number = json_int_at(tree, name, 0);

	if (number < 0)
		return 0;
	return number < most ? number : most;
}

int
read_answer_read(struct read_answer *answer, const char *text, size_t len, struct err *err)
{
	json_t *tree = NULL;
	struct fetch_result *fetch = &answer->fetch;

	*answer = (struct read_answer){0};
	if (json_read(text, len, &tree, err) != JSON_TREE)
		return -1;
	int end = end_named(json_text_at(tree, "end"));
	json_t *reading = json_object_get(tree, "reading");
	int rc = end < 0 || (end == FETCH_READ) != json_is_object(reading)
	                 ? err_set(err, "the helper's answer is none")
	                 : 0;
	if (rc == 0) {
		fetch->end = (enum fetch_end)end;
		fetch->status = (int)number_within(tree, "status", 999);
		fetch->retry_after_ms = number_within(tree, "retry_after_ms", HOUR_MS);
		fetch->bytes = number_within(tree, "bytes", READ_BYTES_MAX);
		put_line(fetch->text, sizeof(fetch->text), json_text_at(tree, "text"));
		answer->reading = end == FETCH_READ ? json_incref(reading) : NULL;
	}
	json_decref(tree);
	return rc;
}

void
read_answer_fini(struct read_answer *answer)
{
	json_decref(answer->reading);
	*answer = (struct read_answer){0};
}
