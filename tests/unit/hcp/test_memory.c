/*
 * However large a document is, and whatever is large in it, the reader stays
 * below 64 MB and goes on.  Documents are made while they are read.
 */
#include "tests/unit/hcp/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/hcp/reader.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true /* its own memory is counted with ours */
#define SCALE 20
#else
#define IS_SANITIZED false
#define SCALE 1
#endif

#define PEAK_MAX_KB (64 * 1024)
#define CHUNK 65536

static void
feed(struct reader *reader, const char *text, size_t len)
{
	struct err err = {""};

	if (reader_feed(reader, text, len, &err) != 0)
		fail_msg("%s", err.text);
}

static void
feed_text(struct reader *reader, const char *text)
{
	feed(reader, text, strlen(text));
}

static void
feed_many(struct reader *reader, const char *unit, size_t bytes)
{
	static char chunk[CHUNK];
	size_t n = strlen(unit), whole = sizeof(chunk) / n * n;

	for (size_t i = 0; i < whole; i += n)
		memcpy(chunk + i, unit, n);
	for (size_t fed = 0; fed < bytes; fed += whole)
		feed(reader, chunk, whole);
}

static json_t *
finish(struct reader *reader)
{
	json_t *reading = NULL;
	struct err err = {""};
	struct rusage usage;

	if (reader_end(reader, &reading, &err) != 0)
		fail_msg("%s", err.text);
	getrusage(RUSAGE_SELF, &usage);
	print_message("%lld MB read, peak %ld MB\n",
	              (long long)json_int_at(reading, "bytes", 0) / 1000000,
	              usage.ru_maxrss / 1024);
	if (!IS_SANITIZED)
		assert_true(usage.ru_maxrss < PEAK_MAX_KB);
	reader_free(reader);
	return reading;
}

#define HEAD "{\"format_version\":\"1.2\",\"resource_changes\":["
#define ATTRIBUTES(text)                                                                              \
	"{\"address\":\"aws_instance.a\",\"mode\":\"managed\",\"type\":\"aws_instance\",\"change\":{" \
	"\"actions\":[\"create\"],\"after\":{" text

static void
huge_texts_are_not_held(void **state)
{
	static const char *const units[] = {"QUJD", "\\u00e4", "\xf0\x9f\x94\xa5", "\\\\"};
	struct reader *reader = reader_new(NULL);

	(void)state;
	feed_text(reader, HEAD);
	for (size_t i = 0; i < COUNT(units); i++) {
		feed_text(reader, ATTRIBUTES("\"user_data\":\""));
		feed_many(reader, units[i], 80000000 / SCALE);
		feed_text(reader, "\",\"ami\":\"ami-1\"}}},");
	}
	feed_text(reader, ATTRIBUTES("\"ami\":\""));
	feed_many(reader, "x", 10000000 / SCALE);
	feed_text(reader, "\"}}}],\"");
	feed_many(reader, "k", 10000000 / SCALE);
	feed_text(reader, "\":[");
	feed_many(reader, "{},", 10000000 / SCALE);
	feed_text(reader, "0]}");
	json_t *reading = finish(reader);

	assert_int_equal(json_int_at(reading, "uses.0.count", 0), COUNT(units));
	assert_int_equal(json_int_at(reading, "uses_total", 0), 1);
	json_decref(reading);
}

/* An instance, its address and its image all its own. */
static void
add_instance(struct buf *out, size_t i)
{
	buf_printf(
		out,
		"{\"address\":\"module.fleet[\\\"%zu\\\"].aws_instance.n%zu\",\"mode\":\"managed\","
		"\"type\":\"aws_instance\",\"values\":{\"ami\":\"ami-%zu\"},\"depends_on\":["
		"\"data.hcp_packer_artifact.a%zu\"]},",
		i, i, i, i);
}

static void
add_data(struct buf *out, size_t i)
{
	buf_printf(
		out,
		"{\"address\":\"data.hcp_packer_artifact.a%zu\",\"mode\":\"data\",\"type\":"
		"\"hcp_packer_artifact\",\"values\":{\"bucket_name\":\"b%zu\",\"external_identifier\":"
		"\"ami-%zu\"}},",
		i, i, i);
}

static void
read_very_many(void (*add)(struct buf *, size_t), size_t count)
{
	struct reader *reader = reader_new(NULL);
	struct buf out = {0};

	feed_text(reader,
	          "{\"format_version\":\"1.2\",\"prior_state\":{\"values\":{\"root_module\":{"
	          "\"resources\":[");
	for (size_t i = 0; i < count / SCALE; i++) {
		add(&out, i);
		if (out.len > CHUNK) {
			feed(reader, out.data, out.len);
			buf_reset(&out);
		}
	}
	feed(reader, out.data, out.len);
	feed_text(reader, "{}]}}}}");
	json_t *reading = finish(reader);

	assert_true(json_int_at(reading, "uses_total", 0) > 5000);
	assert_int_equal(json_array_size(json_at(reading, "uses")), 1000);
	if (SCALE == 1)
		assert_true(json_true_at(reading, "partial"));
	json_decref(reading);
	buf_fini(&out);
}

static void
very_many_instances_are_counted_as_far_as_they_fit(void **state)
{
	(void)state;
	read_very_many(add_instance, 200000);
}

static void
very_many_data_sources_are_kept_as_far_as_they_fit(void **state)
{
	(void)state;
	read_very_many(add_data, 200000);
}

/* One resource of a state file with all instances in one element. */
static void
very_many_instances_of_one_resource_are_all_counted(void **state)
{
	struct reader *reader = reader_new(NULL);
	struct buf out = {0};
	const size_t count = 100000 / SCALE;

	(void)state;
	feed_text(reader,
	          "{\"version\":4,\"resources\":[{\"module\":\"module.m\",\"mode\":\"managed\","
	          "\"type\":\"aws_instance\",\"name\":\"web\",\"instances\":[");
	for (size_t i = 0; i < count; i++) {
		buf_printf(
			&out,
			"%s{\"index_key\":%zu,\"attributes\":{\"ami\":\"ami-1\",\"id\":\"i-%zu\"}}",
			i > 0 ? "," : "", i, i);
		feed(reader, out.data, out.len);
		buf_reset(&out);
	}
	feed_text(reader, "]}]}");
	json_t *reading = finish(reader);

	assert_int_equal(json_int_at(reading, "uses.0.count", 0), count);
	assert_false(json_true_at(reading, "partial"));
	assert_string_equal(json_text_at(reading, "uses.0.address"),
	                    "module.m.aws_instance.web[0]");
	json_decref(reading);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(huge_texts_are_not_held),
		cmocka_unit_test(very_many_instances_are_counted_as_far_as_they_fit),
		cmocka_unit_test(very_many_data_sources_are_kept_as_far_as_they_fit),
		cmocka_unit_test(very_many_instances_of_one_resource_are_all_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
