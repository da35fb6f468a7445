#include "tests/unit/message/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/samples.h"
#include "relay/message/view.h"

static json_t *
parsed(const char *text)
{
	json_t *out = json_loads(text, 0, NULL);

	assert_non_null(out);
	return out;
}

static json_t *
sample_named(const char *name)
{
	for (size_t i = 0; i < sample_count(); i++)
		if (strcmp(sample_name(i), name) == 0)
			return sample_document(i);
	fail_msg("no sample %s", name);
	return NULL;
}

/* Exactly these words hold. */
static void
assert_words(const json_t *is, const char *words)
{
	size_t count = 0;
	char *rest = mem_str(words), *memory = rest;

	for (char *word; (word = strsep(&rest, " ")) != NULL; count++)
		if (!json_is_true(json_object_get(is, word)))
			fail_msg("%s does not hold", word);
	assert_int_equal(json_object_size(is), count);
	free(memory);
}

static void
words_hold_for_what_the_document_says(void **state)
{
	static const struct {
		const char *sample, *words;
	} table[] = {
		{"image.revocation revoked", "opened open critical revoked image_revocation image"},
		{"image.revocation scheduled, sparse",
	         "reminder open warning scheduled image_revocation image"},
		{"workspace.drift resolved", "resolved warning workspace_drift workspace"},
		{"channel.revoked open", "opened open warning channel_revoked channel"},
		{"relay.sink_failing open", "opened open critical relay_sink_failing relay"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		json_t *document = sample_named(table[i].sample), *view = view_of(document, NULL);

		assert_words(json_at(view, "is"), table[i].words);
		json_decref(view);
		json_decref(document);
	}
}

static void
rows_say_what_they_are(void **state)
{
	json_t *document = sample_named("image.revocation revoked"), *before, *view;

	(void)state;
	before = json_deep_copy(document);
	view = view_of(document, NULL);
	assert_words(json_at(view, "workspaces.0.is"), "affected known state drifted");
	assert_words(json_at(view, "workspaces.2.is"), "affected possible rule");
	assert_words(json_at(view, "workspaces.4.is"), "gone known state");
	assert_string_equal(json_text_at(view, "workspaces.0.name"), "fin-payments-prod");
	assert_true(json_equal(document, before));
	json_decref(view);
	json_decref(before);
	json_decref(document);
}

static void
a_message_lists_a_few_affected_ones_and_counts_the_rest(void **state)
{
	json_t *few = sample_named("image.revocation revoked"),
	       *many = sample_named("image.revocation revoked, 100 workspaces");
	json_t *view = view_of(few, NULL);

	(void)state;
	assert_int_equal(json_array_size(json_at(view, "listed.workspaces")), 3);
	assert_true(json_is_null(json_at(view, "listed.more")));
	json_decref(view);
	view = view_of(many, NULL);
	assert_int_equal(json_array_size(json_at(view, "listed.workspaces")), VIEW_LISTED);
	/* 121 in all, also those that the document had to leave out. */
	assert_int_equal(json_int_at(view, "listed.more", -1), 121 - VIEW_LISTED);
	json_decref(view);
	json_decref(few);
	json_decref(many);
}

static void
moved_ones_are_not_listed(void **state)
{
	json_t *document = sample_named("image.revocation cleared"),
	       *view = view_of(document, NULL);

	(void)state;
	assert_int_equal(json_array_size(json_at(view, "workspaces")), 2);
	assert_int_equal(json_array_size(json_at(view, "listed.workspaces")), 0);
	assert_true(json_is_null(json_at(view, "listed.more")));
	json_decref(view);
	json_decref(document);
}

static void
a_few_findings_are_listed_and_the_rest_counted(void **state)
{
	json_t *document = sample_named("workspace.untracked_image open"),
	       *findings = json_object_get(document, "findings"), *view;

	(void)state;
	view = view_of(document, NULL);
	assert_int_equal(json_array_size(json_at(view, "listed.findings")), 2);
	assert_true(json_is_null(json_at(view, "listed.more_findings")));
	json_decref(view);
	while (json_array_size(findings) < VIEW_LISTED + 1)
		json_array_append(findings, json_array_get(findings, 0));
	view = view_of(document, NULL);
	assert_int_equal(json_array_size(json_at(view, "listed.findings")), VIEW_LISTED);
	assert_int_equal(json_int_at(view, "listed.more_findings", 0), 1);
	json_decref(view);
	json_object_set_new(json_object_get(document, "truncated"), "findings", json_integer(70));
	view = view_of(document, NULL);
	assert_int_equal(json_int_at(view, "listed.more_findings", 0), 70 - VIEW_LISTED);
	json_decref(view);
	json_decref(document);
}

static void
values_are_the_sinks_or_none(void **state)
{
	json_t *document = sample_named("workspace.drift open, sparse"),
	       *values = parsed("{\"key\": \"R0\", \"tags\": [1]}");
	json_t *view = view_of(document, values);

	(void)state;
	assert_string_equal(json_text_at(view, "values.key"), "R0");
	json_decref(view);
	view = view_of(document, NULL);
	assert_int_equal(json_object_size(json_at(view, "values")), 0);
	assert_true(json_is_object(json_at(view, "values")));
	json_decref(view);
	json_decref(values);
	json_decref(document);
}

static void
a_document_with_nothing_in_it_has_a_view(void **state)
{
	json_t *document = json_object(), *view = view_of(document, NULL);

	(void)state;
	assert_int_equal(json_object_size(json_at(view, "is")), 0);
	assert_int_equal(json_array_size(json_at(view, "workspaces")), 0);
	json_decref(view);
	json_decref(document);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_hold_for_what_the_document_says),
		cmocka_unit_test(rows_say_what_they_are),
		cmocka_unit_test(a_message_lists_a_few_affected_ones_and_counts_the_rest),
		cmocka_unit_test(moved_ones_are_not_listed),
		cmocka_unit_test(a_few_findings_are_listed_and_the_rest_counted),
		cmocka_unit_test(values_are_the_sinks_or_none),
		cmocka_unit_test(a_document_with_nothing_in_it_has_a_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
