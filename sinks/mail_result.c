/*
 * mail_result.c - what became of a job, as JSON.
 *
 * What is read here comes from a process that talked to a server and may have
 * been taken over by it: nothing but the shape agreed on gets through.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "sinks/mail_job.h"

#define TEXT_MAX 400 /* bytes */

static const enum outcome known_outcomes[] = {OUTCOME_SENT, OUTCOME_RETRY, OUTCOME_REJECTED,
                                              OUTCOME_BLOCKED};

/* One line of UTF-8, whatever the server sent. */
static char *
clean_text(const char *text)
{
	struct buf out = {0};
	size_t left = strlen(text);

	while (left && out.len < TEXT_MAX) {
		size_t n = utf8_next(text, left);
		if (n == 0)
			buf_putc(&out, '?');
		else if (n > 1 || (*text >= ' ' && *text != 0x7f))
			buf_add(&out, text, n);
		else if (out.len && out.data[out.len - 1] != ' ')
			buf_putc(&out, ' ');
		n = n ? n : 1;
		text += n;
		left -= n;
	}
	while (out.len && out.data[out.len - 1] == ' ')
		out.data[--out.len] = '\0';
	return buf_take(&out);
}

void
mail_fate_set(struct mail_fate *fate, enum outcome outcome, int code, const char *text)
{
	char *clean = text ? clean_text(text) : NULL;

	free(fate->text);
	*fate = (struct mail_fate){.outcome = outcome, .code = code, .text = clean};
}

void
mail_result_init(struct mail_result *result, const struct mail_job *job)
{
	*result = (struct mail_result){.letter_count = job->letter_count};
	result->fates = mem_array(job->letter_count, sizeof(*result->fates));
	result->to_counts = mem_array(job->letter_count, sizeof(*result->to_counts));
	for (size_t i = 0; i < job->letter_count; i++) {
		size_t count = job->letters[i].to_count;
		result->to_counts[i] = count;
		result->fates[i] = mem_array(count, sizeof(**result->fates));
		for (size_t j = 0; j < count; j++)
			mail_fate_set(&result->fates[i][j], OUTCOME_RETRY, 0, NULL);
	}
}

void
mail_result_fini(struct mail_result *result)
{
	for (size_t i = 0; i < result->letter_count; i++) {
		for (size_t j = 0; j < result->to_counts[i]; j++)
			free(result->fates[i][j].text);
		free(result->fates[i]);
	}
	free(result->fates);
	free(result->to_counts);
	free(result->session.text);
	*result = (struct mail_result){0};
}

static json_t *
fate_json(const struct mail_fate *fate)
{
	return json_pack("{s:s, s:i, s:b, s:b, s:s?}", "outcome", outcome_names[fate->outcome],
	                 "code", fate->code, "unheard", fate->unheard, "content", fate->content,
	                 "text", fate->text);
}

void
mail_result_write(const struct mail_result *result, struct buf *out)
{
	json_t *letters = json_array();

	for (size_t i = 0; i < result->letter_count; i++) {
		json_t *letter = json_array();
		for (size_t j = 0; j < result->to_counts[i]; j++)
			json_array_append_new(letter, fate_json(&result->fates[i][j]));
		json_array_append_new(letters, letter);
	}
	json_t *tree =
		json_pack("{s:o, s:o}", "session", fate_json(&result->session), "letters", letters);
	char *text = tree ? json_dumps(tree, JSON_COMPACT) : NULL;
	if (!text)
		mem_die("a mail result is not text"); /* mail_fate_set() sees to that */
	buf_puts(out, text);
	free(text);
	json_decref(tree);
}

static int
read_fate(struct mail_fate *fate, const json_t *tree, struct err *err)
{
	const char *outcome = json_string_value(json_object_get(tree, "outcome"));
	const json_t *code = json_object_get(tree, "code");
	const json_t *unheard = json_object_get(tree, "unheard");
	const json_t *content = json_object_get(tree, "content");
	const json_t *text = json_object_get(tree, "text");

	if (json_object_size(tree) != 5 || !outcome || !json_is_integer(code) ||
	    json_integer_value(code) < 0 || json_integer_value(code) > 999 ||
	    !json_is_boolean(unheard) || !json_is_boolean(content) ||
	    (!json_is_null(text) && !json_is_string(text)))
		return err_set(err, "mail result: a fate");
	for (size_t i = 0; i < COUNT(known_outcomes); i++) {
		if (strcmp(outcome, outcome_names[known_outcomes[i]]) != 0)
			continue;
		mail_fate_set(fate, known_outcomes[i], (int)json_integer_value(code),
		              json_string_value(text));
		fate->unheard = json_is_true(unheard);
		fate->content = json_is_true(content);
		return 0;
	}
	return err_set(err, "mail result: an outcome");
}

static int
read_result(struct mail_result *result, const json_t *tree, struct err *err)
{
	const json_t *letters = json_object_get(tree, "letters");

	if (json_object_size(tree) != 2 || json_array_size(letters) != result->letter_count)
		return err_set(err, "mail result: its shape");
	if (read_fate(&result->session, json_object_get(tree, "session"), err) < 0)
		return -1;
	for (size_t i = 0; i < result->letter_count; i++) {
		const json_t *letter = json_array_get(letters, i);
		if (json_array_size(letter) != result->to_counts[i])
			return err_set(err, "mail result: its shape");
		for (size_t j = 0; j < result->to_counts[i]; j++)
			if (read_fate(&result->fates[i][j], json_array_get(letter, j), err) < 0)
				return -1;
	}
	return 0;
}

int
mail_result_read(struct mail_result *result, const char *text, size_t len,
                 const struct mail_job *job, struct err *err)
{
	json_t *tree = NULL;
	struct err unsaid = {0};
	int rc;

	mail_result_init(result, job);
	if (json_read(text, len, &tree, &unsaid) != JSON_TREE)
		rc = err_set(err, "mail result: not JSON");
	else
		rc = read_result(result, tree, err);
	json_decref(tree);
	if (rc < 0)
		mail_result_fini(result);
	return rc;
}
