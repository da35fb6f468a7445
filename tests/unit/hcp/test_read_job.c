/* What goes to the reading helper, and what may come back from one that a server has taken over. */
#include "tests/unit/hcp/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/hcp/read_job.h"
#include "relay/hcp/reading.h"
#include "relay/hcp/uses.h"

static void
a_job_is_read_as_it_was_written(void **state)
{
	char *hosts[] = {"app.terraform.io", "tfe.example.com"};
	const struct key_texts list = {.items = hosts, .count = COUNT(hosts)};
	json_t *types = json_pack("[{s:s}]", "type", "acme_vm");
	const struct read_job job = {
		.fetch = {.url = "https://tfe.example.com/api/v2/plans/1",
	                  .bearer = "at-1",
	                  .hosts = &list,
	                  .max_bytes = 4096,
	                  .deadline_ms = 1000},
		.types = types,
	};
	struct read_job read;
	struct buf text = {0};
	struct err err = {""};

	(void)state;
	read_job_write(&job, &text);
	assert_int_equal(read_job_read(&read, text.data, text.len, &err), 0);
	assert_string_equal(read.fetch.url, job.fetch.url);
	assert_string_equal(read.fetch.bearer, "at-1");
	assert_int_equal(read.fetch.hosts->count, 2);
	assert_string_equal(read.fetch.hosts->items[1], "tfe.example.com");
	assert_int_equal(read.fetch.max_bytes, 4096);
	assert_true(json_equal((json_t *)read.types, types));
	read_job_fini(&read);
	buf_fini(&text);
	json_decref(types);
}

static struct fetch_result
result_of(const char *text)
{
	struct read_answer answer;
	struct err err = {""};

	assert_int_equal(read_answer_read(&answer, text, strlen(text), &err), 0);
	struct fetch_result result = answer.fetch;
	read_answer_fini(&answer);
	return result;
}

static void
numbers_of_an_answer_are_bounded(void **state)
{
	struct fetch_result result = result_of(
		"{\"end\":\"failed\",\"status\":-777,\"bytes\":-1,\"retry_after_ms\":-5}");

	(void)state;
	assert_int_equal(result.status, 0);
	assert_int_equal(result.bytes, 0);
	assert_int_equal(result.retry_after_ms, 0);
	result = result_of("{\"end\":\"failed\",\"status\":70000,\"bytes\":9223372036854775807,"
	                   "\"retry_after_ms\":9223372036854775807}");
	assert_int_equal(result.status, 999);
	assert_int_equal(result.bytes, READ_BYTES_MAX);
	assert_int_equal(result.retry_after_ms, HOUR_MS);
}

static void
what_it_says_is_one_line_of_text(void **state)
{
	(void)state;
	assert_string_equal(
		result_of("{\"end\":\"missing\",\"text\":\"a\\r\\nb\\u001b[2J \\u00e9\"}").text,
		"ab[2J \xc3\xa9");
}

static void
an_answer_of_another_shape_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{\"end\":\"nowhere\"}",
		"{\"end\":\"read\",\"reading\":null}",
		"{\"end\":\"missing\",\"reading\":{}}",
		"{\"end\":\"missing\",\"end\":\"missing\"}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct read_answer answer;
		struct err err = {""};

		assert_int_equal(read_answer_read(&answer, texts[i], strlen(texts[i]), &err), -1);
		assert_string_not_equal(err.text, "");
	}
}

static void
instances_are_counted_within_bounds(void **state)
{
	static const struct {
		const char *count;
		int64_t read;
	} cases[] = {
		{"9223372036854775807", READING_COUNT_MAX},
		{"-3", 1},
		{"0", 1},
		{"3", 3},
		{"null", 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = mem_fmt("{\"format\":\"plan\",\"uses\":[{\"by\":\"resource\","
		                     "\"count\":%s}]}",
		                     cases[i].count);
		struct reading reading;
		struct err err = {""};

		assert_int_equal(reading_take(json_loads(text, 0, NULL), &reading, &err), 0);
		assert_int_equal(reading.uses[0].count, cases[i].read);
		reading_fini(&reading);
		free(text);
	}
}

static void
no_more_uses_are_taken_than_a_reader_lists(void **state)
{
	json_t *uses = json_array();
	struct reading reading;
	struct err err = {""};

	(void)state;
	for (int i = 0; i < USES_MAX + 1; i++)
		json_array_append_new(uses, json_pack("{s:s}", "by", "data"));
	assert_int_equal(reading_take(json_pack("{s:s, s:o}", "format", "state", "uses", uses),
	                              &reading, &err),
	                 0);
	assert_int_equal(reading.count, USES_MAX);
	reading_fini(&reading);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_is_read_as_it_was_written),
		cmocka_unit_test(numbers_of_an_answer_are_bounded),
		cmocka_unit_test(what_it_says_is_one_line_of_text),
		cmocka_unit_test(an_answer_of_another_shape_is_none),
		cmocka_unit_test(instances_are_counted_within_bounds),
		cmocka_unit_test(no_more_uses_are_taken_than_a_reader_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
