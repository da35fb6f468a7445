/*
 * fuzz_json.c - our judgement of JSON against jansson's.
 *
 * Whatever jansson takes we must take, but for depth and for NUL bytes between
 * tokens, which it skips; a tree must survive being written and read; a refusal
 * must say where.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/json_check.h"
#include "relay/base/json_pick.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int holds)
{
	if (!holds)
		abort();
}

static void
check_round_trip(const json_t *tree)
{
	char *text = json_dumps(tree, JSON_COMPACT | JSON_ENCODE_ANY);
	struct err err;
	json_t *again;

	must(text != NULL);
	must(json_read(text, strlen(text), &again, &err) == JSON_TREE);
	must(json_equal(tree, again));
	json_decref(again);
	free(text);
}

static void
check_refusal(const char *text, size_t size, const struct err *err)
{
	json_error_t error;
	json_t *tree = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

	must(strncmp(err->text, "line ", 5) == 0);
	must(tree == NULL || strstr(err->text, "nested too deep") != NULL ||
	     memchr(text, '\0', size) != NULL);
	json_decref(tree);
}

/* Picking gives the answer of reading, and picks what the tree holds. */
static void
check_picks(const char *text, size_t size)
{
	static const struct json_want wants[] = {
		{"a", JSON_TOP}, {"0", JSON_TOP}, {"b", 0}, {"1", 0}, {"a", 3}, {0},
	};
	struct json_picks picks, wanted;
	struct err err = {""}, tree_err = {""};
	json_t *tree;
	enum json_answer answer = json_pick(text, size, wants, &picks, &err);

	must(answer == json_read(text, size, &tree, &tree_err));
	must(strcmp(err.text, tree_err.text) == 0);
	json_pick_tree(tree, wants, &wanted);
	for (int row = 0; answer == JSON_TREE && wants[row].name != NULL; row++) {
		json_t *value = json_picked_tree(&picks, row);

		must(value == wanted.at[row].node || json_equal(value, wanted.at[row].node));
		json_decref(value);
	}
	json_picks_fini(&picks);
	json_decref(tree);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct err err = {""};
	json_t *tree;

	check_picks(text, size);
	if (json_read(text, size, &tree, &err) == JSON_TREE) {
		/* A tree is also made without our check: it must not have refused. */
		must(json_check(text, size, JSON_DEPTH_MAX, &err) == 0);
		check_round_trip(tree);
	} else
		check_refusal(text, size, &err);
	json_decref(tree);
	return 0;
}
