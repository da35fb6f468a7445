/*
 * picks_check.h - what is picked from a text is what its tree holds.
 *
 * Used on the golden cases, on mangled ones and by the fuzz target.
 * Returns NULL, or what is wrong.
 */
#ifndef TESTS_UNIT_SOURCE_PICKS_CHECK_H
#define TESTS_UNIT_SOURCE_PICKS_CHECK_H

#include <string.h>

#include "relay/base/json_pick.h"
#include "relay/source/source.h"

static inline const char *
row_check(const struct json_picks *picks, const struct json_picks *wanted, int row)
{
	const char *text = json_picked(picks, row), *tree_text = json_picked(wanted, row);
	json_t *value = json_picked_tree(picks, row);
	bool same = value == wanted->at[row].node || json_equal(value, wanted->at[row].node);

	json_decref(value);
	if ((text == NULL) != (tree_text == NULL) || (text && strcmp(text, tree_text) != 0))
		return "another text";
	if (json_picked_any(picks, row) != json_picked_any(wanted, row) ||
	    json_picked_array(picks, row) != json_picked_array(wanted, row))
		return "another type";
	return same ? NULL : "another value";
}

static inline const char *
whole_check(const struct source_kind *kind, const struct json_picks *picks, const json_t *tree,
            const char *body, size_t len)
{
	char key[EVENT_KEY_SIZE], tree_key[EVENT_KEY_SIZE];
	struct json_picks wanted;
	const char *fault = NULL;

	json_pick_tree(tree, kind->wants, &wanted);
	for (int row = 0; fault == NULL && kind->wants[row].name != NULL; row++)
		fault = row_check(picks, &wanted, row);
	event_key(kind, picks, body, len, key);
	event_key(kind, &wanted, body, len, tree_key);
	if (fault == NULL && strcmp(key, tree_key) != 0)
		fault = "another key";
	if (fault == NULL && kind->is_verification(picks) != kind->is_verification(&wanted))
		fault = "another verdict on verification";
	return fault;
}

static inline const char *
picks_check(const struct source_kind *kind, const char *body, size_t len)
{
	struct json_picks picks;
	struct err err = {""}, tree_err = {""};
	json_t *tree;
	enum json_answer answer = json_pick(body, len, kind->wants, &picks, &err);
	const char *fault = NULL;

	if (answer != json_read(body, len, &tree, &tree_err))
		fault = "another answer";
	else if (strcmp(err.text, tree_err.text) != 0)
		fault = "another error";
	else if (answer == JSON_TREE)
		fault = whole_check(kind, &picks, tree, body, len);
	json_picks_fini(&picks);
	json_decref(tree);
	return fault;
}

#endif
