#include "tests/unit/base/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/json_pick.h"
#include "relay/base/mem.h"

struct body {
	const char *text;
	size_t len;
	enum json_answer answer;
	const char *where; /* what err begins with; NULL for a tree */
};

#define BODY(text, answer, where)                           \
	{                                                   \
		(text), sizeof(text) - 1, (answer), (where) \
	}

static const struct json_want no_wants[] = {{0}};

static void
check_body(const struct body *b)
{
	/* A copy of exactly this size: the sanitizer sees a byte read too many. */
	char *copy = mem_dup(b->text, b->len);
	json_t *tree = NULL;
	struct json_picks picks;
	struct err err = {""}, pick_err = {""};
	enum json_answer answer = json_read(copy, b->len, &tree, &err);

	if (answer != b->answer)
		fail_msg("%s: answer %d (%s)", b->text, answer, err.text);
	/* Picking is another way to the same answer. */
	assert_int_equal(json_pick(copy, b->len, no_wants, &picks, &pick_err), answer);
	assert_string_equal(pick_err.text, err.text);
	json_picks_fini(&picks);
	assert_true((tree != NULL) == (answer == JSON_TREE));
	if (b->where != NULL && strncmp(err.text, b->where, strlen(b->where)) != 0)
		fail_msg("%s: %s", b->text, err.text);
	json_decref(tree);
	free(copy);
}

static void
check_all(const struct body *bodies, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_body(&bodies[i]);
}

static void
json_becomes_a_tree(void **state)
{
	static const struct body bodies[] = {
		BODY("{}", JSON_TREE, NULL),
		BODY("[]", JSON_TREE, NULL),
		BODY(" \t\r\n{ } \n", JSON_TREE, NULL),
		BODY("{\"a\":{\"b\":[1,-2,3.5,1e3,1E-3,0,-0,0.0e+1]}}", JSON_TREE, NULL),
		BODY("[true,false,null,\"\"]", JSON_TREE, NULL),
		BODY("\"text\"", JSON_TREE, NULL),
		BODY("12", JSON_TREE, NULL),
		BODY("null", JSON_TREE, NULL),
		BODY("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"]", JSON_TREE, NULL),
		BODY("[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbf\"]", JSON_TREE, NULL),
		BODY("{\"\":1}", JSON_TREE, NULL),
		BODY("[9223372036854775807,-9223372036854775808]", JSON_TREE, NULL),
		BODY("[1e-400]", JSON_TREE, NULL),
		BODY("[\"\x7f\"]", JSON_TREE, NULL),
	};

	(void)state;
	check_all(bodies, COUNT(bodies));
}

static void
json_beyond_the_parser_is_told_from_no_json(void **state)
{
	static const struct body bodies[] = {
		BODY("{\"a\":1,\"a\":2}", JSON_NOT_WHOLE, "line 1 column 10: a name stands twice"),
		BODY("[1e400]", JSON_NOT_WHOLE, "line 1 column 6: a number is out of range"),
		BODY("[-1e400]", JSON_NOT_WHOLE, "line 1"),
		BODY("[9223372036854775808]", JSON_NOT_WHOLE, "line 1"),
		BODY("[123456789012345678901234567890]", JSON_NOT_WHOLE, "line 1"),
		BODY("[\"a\\u0000b\"]", JSON_NOT_WHOLE, "line 1 column 11: U+0000 in a text"),
		BODY("{\"a\\u0000b\":1}", JSON_NOT_WHOLE, "line 1"),
		BODY("[\"\\ud800\"]", JSON_NOT_WHOLE, "line 1 column 9: half of a surrogate pair"),
		BODY("[\"\\udc00\"]", JSON_NOT_WHOLE, "line 1"),
		BODY("[\"\\ud800\\u0041\"]", JSON_NOT_WHOLE, "line 1"),
		BODY("[\"\\ud800x\"]", JSON_NOT_WHOLE, "line 1"),
	};

	(void)state;
	check_all(bodies, COUNT(bodies));
}

static void
no_json_wins_over_what_stands_before_it(void **state)
{
	static const struct body bodies[] = {
		BODY("{\"a\":1,\"a\":2", JSON_NOT_JSON, "line 1 column 13: "),
		BODY("{\"a\":1,\"a\":2,}", JSON_NOT_JSON, "line 1 column 14: "),
		BODY("[1e400", JSON_NOT_JSON, "line 1 column 7: "),
		BODY("[\"\\u0000\",]", JSON_NOT_JSON, "line 1 column 11: "),
		BODY("[\"\\ud800\"] x", JSON_NOT_JSON, "line 1 column 12: "),
	};

	(void)state;
	check_all(bodies, COUNT(bodies));
}

static void
what_is_no_json_is_refused_with_its_place(void **state)
{
	static const struct body bodies[] = {
		BODY("", JSON_NOT_JSON, "line 1 column 1: "),
		BODY("  ", JSON_NOT_JSON, "line 1 column 3: "),
		BODY("\xef\xbb\xbf{}", JSON_NOT_JSON, "line 1 column 1: "),
		BODY("{} {}", JSON_NOT_JSON, "line 1 column 4: more text"),
		BODY("{}\0", JSON_NOT_JSON, "line 1 column 3: more text"),
		BODY("\0", JSON_NOT_JSON, "line 1 column 1: "),
		BODY("{\n  \"a\": nul\n}", JSON_NOT_JSON, "line 2 column 8: a value is missing"),
		BODY("[\"\xc3\xa9\", x]", JSON_NOT_JSON, "line 1 column 7: a value is missing"),
		BODY("{a:1}", JSON_NOT_JSON, "line 1 column 2: a name"),
		BODY("{'a':1}", JSON_NOT_JSON, "line 1 column 2: "),
		BODY("{\"a\" 1}", JSON_NOT_JSON, "line 1 column 6: ':' is missing"),
		BODY("{\"a\":}", JSON_NOT_JSON, "line 1 column 6: "),
		BODY("{\"a\":1,}", JSON_NOT_JSON, "line 1 column 8: a name"),
		BODY("{,}", JSON_NOT_JSON, "line 1 column 2: "),
		BODY("{\"a\":1 \"b\":2}", JSON_NOT_JSON, "line 1 column 8: ',' or '}'"),
		BODY("[1 2]", JSON_NOT_JSON, "line 1 column 4: ',' or ']'"),
		BODY("[1,]", JSON_NOT_JSON, "line 1 column 4: "),
		BODY("[,1]", JSON_NOT_JSON, "line 1 column 2: "),
		BODY("[1}", JSON_NOT_JSON, "line 1 column 3: "),
		BODY("{\"a\":1]", JSON_NOT_JSON, "line 1 column 7: "),
		BODY("]", JSON_NOT_JSON, "line 1 column 1: "),
		BODY("[", JSON_NOT_JSON, "line 1 column 2: the text ends too early"),
		BODY("{\"a\"", JSON_NOT_JSON, "line 1 column 5: "),
		BODY("[01]", JSON_NOT_JSON, "line 1 column 3: "),
		BODY("[-]", JSON_NOT_JSON, "line 1 column 3: a number without digits"),
		BODY("[+1]", JSON_NOT_JSON, "line 1 column 2: "),
		BODY("[1.]", JSON_NOT_JSON, "line 1 column 4: "),
		BODY("[.5]", JSON_NOT_JSON, "line 1 column 2: "),
		BODY("[1e]", JSON_NOT_JSON, "line 1 column 4: "),
		BODY("[1e+]", JSON_NOT_JSON, "line 1 column 5: "),
		BODY("[0x10]", JSON_NOT_JSON, "line 1 column 3: "),
		BODY("NaN", JSON_NOT_JSON, "line 1 column 1: "),
		BODY("[Infinity]", JSON_NOT_JSON, "line 1 column 2: "),
		BODY("TRUE", JSON_NOT_JSON, "line 1 column 1: "),
		BODY("truex", JSON_NOT_JSON, "line 1 column 5: "),
		BODY("tru", JSON_NOT_JSON, "line 1 column 1: "),
		BODY("\"abc", JSON_NOT_JSON, "line 1 column 5: a string without an end"),
		BODY("\"abc\\", JSON_NOT_JSON, "line 1 column 5: "),
		BODY("\"\\x41\"", JSON_NOT_JSON, "line 1 column 2: an unknown escape"),
		BODY("\"\\u12g4\"", JSON_NOT_JSON, "line 1 column 2: "),
		BODY("\"\\u12", JSON_NOT_JSON, "line 1 column 2: "),
		BODY("\"\\\0\"", JSON_NOT_JSON, "line 1 column 2: "),
		BODY("\"a\nb\"", JSON_NOT_JSON, "line 1 column 3: a control character"),
		BODY("\"a\0b\"", JSON_NOT_JSON, "line 1 column 3: a control character"),
		BODY("[1] // no", JSON_NOT_JSON, "line 1 column 5: "),
		BODY("[1,\v2]", JSON_NOT_JSON, "line 1 column 4: "),
		BODY("[1,\xc2\xa0"
	             "2]",
	             JSON_NOT_JSON, "line 1 column 4: "),
	};

	(void)state;
	check_all(bodies, COUNT(bodies));
}

static void
bad_utf8_is_no_json(void **state)
{
	static const struct body bodies[] = {
		BODY("\"\x80\"", JSON_NOT_JSON, "line 1 column 2: not UTF-8"),
		BODY("\"\xc3\"", JSON_NOT_JSON, "line 1 column 2: not UTF-8"),
		BODY("\"\xc0\xaf\"", JSON_NOT_JSON, "line 1 column 2: not UTF-8"),
		BODY("\"\xe0\x80\xaf\"", JSON_NOT_JSON, "line 1 column 2: not UTF-8"),
		BODY("\"\xed\xa0\x80\"", JSON_NOT_JSON, "line 1 column 2: not UTF-8"),
		BODY("\"\xf4\x90\x80\x80\"", JSON_NOT_JSON, "line 1 column 2: not UTF-8"),
		BODY("\"\xff\"", JSON_NOT_JSON, "line 1 column 2: not UTF-8"),
		BODY("{\"\xc3\x28\":1}", JSON_NOT_JSON, "line 1 column 3: not UTF-8"),
		BODY("\"\xe2\x82", JSON_NOT_JSON, "line 1 column 2: not UTF-8"),
	};

	(void)state;
	check_all(bodies, COUNT(bodies));
}

static enum json_answer
read_nested(int depth, const char *open, const char *close)
{
	struct buf text = {0};
	struct err err;
	json_t *tree;

	for (int i = 0; i < depth; i++)
		buf_puts(&text, open);
	buf_puts(&text, "1");
	for (int i = 0; i < depth; i++)
		buf_puts(&text, close);

	enum json_answer answer = json_read(text.data, text.len, &tree, &err);
	json_decref(tree);
	buf_fini(&text);
	return answer;
}

static void
depth_64_is_json_and_65_is_not(void **state)
{
	(void)state;
	assert_int_equal(read_nested(64, "[", "]"), JSON_TREE);
	assert_int_equal(read_nested(65, "[", "]"), JSON_NOT_JSON);
	assert_int_equal(read_nested(64, "{\"a\":", "}"), JSON_TREE);
	assert_int_equal(read_nested(65, "{\"a\":", "}"), JSON_NOT_JSON);
	assert_int_equal(read_nested(32, "[{\"a\":", "}]"), JSON_TREE);
	assert_int_equal(read_nested(33, "[{\"a\":", "}]"), JSON_NOT_JSON);
	assert_int_equal(read_nested(500000, "[", "]"), JSON_NOT_JSON);
	/* What was closed again does not count. */
	assert_int_equal(read_nested(63, "[[],", "]"), JSON_TREE);
	assert_int_equal(read_nested(64, "[[],", "]"), JSON_NOT_JSON);
}

static void
brackets_in_strings_do_not_nest(void **state)
{
	struct buf text = {0};
	struct body body = {.answer = JSON_TREE};

	(void)state;
	buf_puts(&text, "[\"");
	for (int i = 0; i < 100; i++)
		buf_puts(&text, "[{\\\"");
	buf_puts(&text, "\"]");
	body.text = text.data;
	body.len = text.len;
	check_body(&body);
	buf_fini(&text);
}

static void
a_refusal_quotes_nothing_of_the_body(void **state)
{
	static const char *const bodies[] = {
		"{\"t\":\"s3cret\\u0000\"}", "{\"s3cret\":1,\"s3cret\":2}",
		"{\"t\":\"s3cret\" s3cret}", "{\"t\":\"s3cret\\ud800\"}", "[\"s3cret"};

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct err err = {""};
		json_t *tree;

		assert_int_not_equal(json_read(bodies[i], strlen(bodies[i]), &tree, &err),
		                     JSON_TREE);
		assert_int_not_equal(strlen(err.text), 0);
		assert_null(strstr(err.text, "s3cret"));
	}
}

static const char sample[] =
	"{\"event_payload\":{\"version\":{\"name\":\"v3\"},\"empty\":\"\",\"none\":null},"
	"\"notifications\":[{\"x\":\"first\"},{\"x\":\"second\",\"n\":7}],"
	"\"number\":\"-12\",\"huge\":\"99999999999999999999\",\"odd\":\"12x\",\"real\":1.5,"
	"\"plus\":\"+1\",\"blank\":\" 1\",\"minus\":\"-\",\"yes\":true,\"no\":false,\"one\":1,"
	"\"yes_text\":\"true\",\"when\":\"2026-11-21T12:00:00Z\",\"never\":\"0001-01-01T00:00:"
	"00Z\"}";

static int
load_sample(void **state)
{
	struct err err;
	json_t *tree;

	if (json_read(sample, strlen(sample), &tree, &err) != JSON_TREE)
		return -1;
	*state = tree;
	return 0;
}

static int
drop_sample(void **state)
{
	json_decref(*state);
	return 0;
}

static void
paths_walk_objects_and_arrays(void **state)
{
	const json_t *tree = *state;

	assert_string_equal(json_text_at(tree, "event_payload.version.name"), "v3");
	assert_string_equal(json_text_at(tree, "notifications.0.x"), "first");
	assert_string_equal(json_text_at(tree, "notifications.1.x"), "second");
	assert_true(json_is_null(json_at(tree, "event_payload.none")));
	assert_null(json_at(tree, "notifications.2.x"));
	assert_null(json_at(tree, "notifications.-1.x"));
	assert_null(json_at(tree, "notifications.00000000000000000001.x"));
	assert_null(json_at(tree, "notifications.x"));
	assert_null(json_at(tree, "event_payload.version.name.more"));
	assert_null(json_at(tree, "missing.name"));
	assert_null(json_at(tree, "event_payload."));
	assert_null(json_at(tree, ""));
	assert_null(json_at(NULL, "a.b"));
}

static void
texts_are_strings_only(void **state)
{
	const json_t *tree = *state;

	assert_string_equal(json_text_at(tree, "event_payload.empty"), "");
	assert_null(json_filled_at(tree, "event_payload.empty"));
	assert_string_equal(json_filled_at(tree, "number"), "-12");
	assert_null(json_text_at(tree, "one"));
	assert_null(json_text_at(tree, "event_payload.none"));
	assert_null(json_text_at(tree, "event_payload"));
}

static void
integers_come_as_numbers_or_texts(void **state)
{
	const json_t *tree = *state;

	assert_int_equal(json_int_at(tree, "notifications.1.n", -1), 7);
	assert_int_equal(json_int_at(tree, "number", -1), -12);
	assert_int_equal(json_int_at(tree, "huge", -1), -1);
	assert_int_equal(json_int_at(tree, "odd", -1), -1);
	assert_int_equal(json_int_at(tree, "real", -1), -1);
	assert_int_equal(json_int_at(tree, "plus", -1), -1);
	assert_int_equal(json_int_at(tree, "blank", -1), -1);
	assert_int_equal(json_int_at(tree, "minus", -1), -1);
	assert_int_equal(json_int_at(tree, "yes", -1), -1);
	assert_int_equal(json_int_at(tree, "missing", -1), -1);
	assert_int_equal(json_int_at(tree, "event_payload.empty", -1), -1);
}

static void
only_true_is_true(void **state)
{
	const json_t *tree = *state;

	assert_true(json_true_at(tree, "yes"));
	assert_false(json_true_at(tree, "no"));
	assert_false(json_true_at(tree, "one"));
	assert_false(json_true_at(tree, "yes_text"));
	assert_false(json_true_at(tree, "missing"));
}

static void
times_that_mean_none_are_0(void **state)
{
	const json_t *tree = *state;

	assert_true(json_time_at(tree, "when") == INT64_C(1795262400000));
	assert_int_equal(json_time_at(tree, "never"), 0);
	assert_int_equal(json_time_at(tree, "one"), 0);
	assert_int_equal(json_time_at(tree, "missing"), 0);
}

static void
absent_things_are_built_as_null(void **state)
{
	json_t *built =
		json_pack("[o,o,o,o,o,o,o]", json_text_or_null("x"), json_text_or_null(NULL),
	                  json_text_or_null("\xff"), json_time_or_null(INT64_C(1795262400000)),
	                  json_time_or_null(0), json_http_url_or_null("https://example.com/a"),
	                  json_http_url_or_null("javascript:alert(1)"));
	char *text = json_dumps(built, JSON_COMPACT);

	(void)state;
	assert_string_equal(text, "[\"x\",null,null,\"2026-11-21T12:00:00Z\",null,"
	                          "\"https://example.com/a\",null]");
	free(text);
	json_decref(built);
}

#define on_sample(test) cmocka_unit_test_setup_teardown(test, load_sample, drop_sample)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_becomes_a_tree),
		cmocka_unit_test(json_beyond_the_parser_is_told_from_no_json),
		cmocka_unit_test(no_json_wins_over_what_stands_before_it),
		cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
		cmocka_unit_test(bad_utf8_is_no_json),
		cmocka_unit_test(depth_64_is_json_and_65_is_not),
		cmocka_unit_test(brackets_in_strings_do_not_nest),
		cmocka_unit_test(a_refusal_quotes_nothing_of_the_body),
		on_sample(paths_walk_objects_and_arrays),
		on_sample(texts_are_strings_only),
		on_sample(integers_come_as_numbers_or_texts),
		on_sample(only_true_is_true),
		on_sample(times_that_mean_none_are_0),
		cmocka_unit_test(absent_things_are_built_as_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
