#include "tests/unit/base/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json_pick.h"
#include "relay/base/mem.h"

enum { NAME, LIST, FIRST, TENTH, FIRST_NAME, DEEP };

static const struct json_want wants[] = {
	[NAME] = {"name", JSON_TOP},
	[LIST] = {"list", JSON_TOP},
	[FIRST] = {"0", LIST},
	[TENTH] = {"9", LIST},
	[FIRST_NAME] = {"name", FIRST},
	[DEEP] = {"deep", FIRST_NAME},
	{0},
};

static enum json_answer
pick(const char *text, struct json_picks *picks)
{
	char *copy = mem_dup(text, strlen(text)); /* no NUL: an overrun shows */
	struct err err;
	enum json_answer answer = json_pick(copy, strlen(text), wants, picks, &err);

	for (int row = 0; wants[row].name != NULL; row++)
		picks->at[row].raw = picks->at[row].raw ? "" : NULL; /* borrowed from the copy */
	free(copy);
	return answer;
}

/* One text and the name picked from it; where it can be told without a tree. */
static void
check_name(const char *text, const char *name, bool tree)
{
	struct json_picks picks;

	assert_int_equal(pick(text, &picks), JSON_TREE);
	if (name == NULL)
		assert_null(json_picked(&picks, NAME));
	else
		assert_string_equal(json_picked(&picks, NAME), name);
	if ((picks.tree != NULL) != tree)
		fail_msg("%s: %s", text, tree ? "no tree" : "a tree");
	json_picks_fini(&picks);
}

static void
texts_are_picked_without_a_tree(void **state)
{
	(void)state;
	check_name("{\"name\":\"a\"}", "a", false);
	check_name("{\"name\":\"\"}", "", false);
	check_name(" { \"x\" : [ 1 , { \"name\" : 2 } ] ,\n\"name\"\t: \"\xc3\xbc\" } ", "\xc3\xbc",
	           false);
	check_name("{\"name\":17}", NULL, false);
	check_name("{\"name\":{\"name\":\"a\"}}", NULL, false);
	check_name("{\"names\":\"a\",\"nam\":\"b\",\"\":\"c\"}", NULL, false);
	check_name("[\"name\"]", NULL, false);
	check_name("\"name\"", NULL, false);
	check_name("{\"name\":\"a\",\"other\":\"\\\"\\u00e9\\n\"}", "a", false);
	check_name("{\"a\":{\"b\":1},\"b\":{\"b\":1},\"name\":\"a\"}", "a", false);
	check_name("{\"n\":[123456789012345678,-1.5],\"name\":\"a\"}", "a", false);
}

static void
what_is_not_certain_is_read_from_a_tree(void **state)
{
	(void)state;
	check_name("{\"name\":\"a\\u00e9\\/\"}", "a\xc3\xa9/", true);
	check_name("{\"n\\u0061me\":\"a\"}", "a", true);
	check_name("{\"name\":\"a\",\"x\":\"\\ud83d\\ude00\"}", "a", true);
	check_name("{\"name\":\"a\",\"x\":9223372036854775807}", "a", true);
	check_name("{\"name\":\"a\",\"x\":1e3}", "a", true);
	check_name("{\"name\":\"a\",\"x\":1E3}", "a", true);
}

static void
what_jansson_refuses_picks_nothing(void **state)
{
	static const char *const texts[] = {
		"{\"name\":\"a\",\"name\":\"a\"}",       "{\"name\":\"a\",\"x\":{\"y\":1,\"y\":1}}",
		"{\"name\":\"a\",\"n\\u0061me\":\"a\"}", "{\"name\":\"a\",\"x\":\"\\u0000\"}",
		"{\"name\":\"a\",\"x\":\"\\uDE00\"}",    "{\"name\":\"a\",\"x\":1e999}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct json_picks picks;

		assert_int_equal(pick(texts[i], &picks), JSON_NOT_WHOLE);
		assert_null(json_picked(&picks, NAME));
		assert_false(json_picked_any(&picks, NAME));
		json_picks_fini(&picks);
	}
}

static void
elements_are_picked_by_their_place(void **state)
{
	struct json_picks picks;

	(void)state;
	assert_int_equal(pick("{\"list\":[{\"name\":{\"deep\":\"d\"}},1,2,3,4,5,6,7,8,\"t\",10],"
	                      "\"name\":[\"n\"]}",
	                      &picks),
	                 JSON_TREE);
	assert_string_equal(json_picked_filled(&picks, DEEP), "d");
	assert_string_equal(json_picked(&picks, TENTH), "t");
	assert_true(json_picked_any(&picks, FIRST));
	assert_null(json_picked(&picks, FIRST));
	assert_null(picks.tree);
	json_picks_fini(&picks);

	/* As json_at() has it, a member may be named so too. */
	assert_int_equal(pick("{\"list\":{\"0\":{\"name\":\"\"}}}", &picks), JSON_TREE);
	assert_string_equal(json_picked(&picks, FIRST_NAME), "");
	assert_null(json_picked_filled(&picks, FIRST_NAME));
	json_picks_fini(&picks);
}

static void
a_value_is_had_as_a_tree(void **state)
{
	static const char *const texts[] = {
		"{\"list\": [1, {\"a\": \"\\u00e9\"}] }",
		"{\"list\": [1, {\"a\": \"\\u00e9\"}], \"l\\u00e4st\": 0 }",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct json_picks picks;
		struct err err;
		json_t *list;

		assert_int_equal(json_pick(texts[i], strlen(texts[i]), wants, &picks, &err),
		                 JSON_TREE);
		list = json_picked_tree(&picks, LIST);
		assert_true(json_picked_array(&picks, LIST));
		assert_string_equal(json_text_at(list, "1.a"), "\xc3\xa9");
		assert_null(json_picked_tree(&picks, NAME));
		json_decref(list);
		json_picks_fini(&picks);
	}
}

/* More names than are kept in mind: the twin among them is still found. */
static void
many_names_are_looked_at(void **state)
{
	(void)state;
	for (int twin = -1; twin < 400; twin += 57) {
		struct buf text = {0};
		struct json_picks picks;

		buf_puts(&text, "{\"name\":\"a\"");
		for (int i = 0; i < 400; i++)
			buf_printf(&text, ",\"a_long_name_%d\":0", i);
		if (twin >= 0)
			buf_printf(&text, ",\"a_long_name_%d\":0", twin);
		buf_puts(&text, "}");
		assert_int_equal(pick(text.data, &picks), twin < 0 ? JSON_TREE : JSON_NOT_WHOLE);
		json_picks_fini(&picks);
		buf_fini(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_picked_without_a_tree),
		cmocka_unit_test(what_is_not_certain_is_read_from_a_tree),
		cmocka_unit_test(what_jansson_refuses_picks_nothing),
		cmocka_unit_test(elements_are_picked_by_their_place),
		cmocka_unit_test(a_value_is_had_as_a_tree),
		cmocka_unit_test(many_names_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
