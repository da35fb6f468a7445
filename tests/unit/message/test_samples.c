#include "tests/unit/message/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/message/document.h"
#include "relay/message/samples.h"
#include "relay/model/kind.h"

typedef void sample_fn(const char *name, const json_t *document);

static void
for_each_sample(sample_fn *fn)
{
	for (size_t i = 0; i < sample_count(); i++) {
		json_t *document = sample_document(i);

		fn(sample_name(i), document);
		json_decref(document);
	}
}

static size_t
count_of(const char *kind, const char *phase, bool sparse)
{
	size_t count = 0;

	for (size_t i = 0; i < sample_count(); i++) {
		json_t *document = sample_document(i);
		const char *has = json_text_at(document, "incident.phase");
		bool is_sparse = strstr(sample_name(i), ", sparse") != NULL;

		assert_string_equal(json_text_at(document, "incident.kind"), sample_kind(i));
		if (strcmp(sample_kind(i), kind) == 0 && is_sparse == sparse &&
		    (phase != NULL ? has != NULL && strcmp(has, phase) == 0 : has == NULL))
			count++;
		json_decref(document);
	}
	return count;
}

static void
every_kind_and_phase_has_a_full_and_a_sparse_one(void **state)
{
	static const char *const phases[] = {"scheduled", "due", "revoked", "lifted", "cleared"};

	(void)state;
	for (const char *const *kind = incident_kind_words; *kind != NULL; kind++) {
		if (strcmp(*kind, "image.revocation") == 0)
			continue;
		assert_true(count_of(*kind, NULL, false) > 0);
		assert_true(count_of(*kind, NULL, true) > 0);
	}
	for (size_t i = 0; i < COUNT(phases); i++) {
		assert_true(count_of("image.revocation", phases[i], false) > 0);
		assert_true(count_of("image.revocation", phases[i], true) > 0);
	}
	assert_true(count_of("image.superseded", "rolled_back", false) > 0);
	assert_true(count_of("image.superseded", "rolled_back", true) > 0);
}

static void
names_are_different(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count(); i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(sample_name(i), sample_name(j));
}

/* The same names, and a value of one type or null. */
static void
assert_same_shape(const char *sample, const json_t *made, const json_t *real)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)real, name, value)
	{
		if (json_object_get(made, name) == NULL)
			fail_msg("%s has no %s", sample, name);
	}
	json_object_foreach((json_t *)made, name, value)
	{
		const json_t *other = json_object_get(real, name);

		if (other == NULL)
			fail_msg("%s has a %s of its own", sample, name);
		if (json_is_null(value) || json_is_null(other) || json_is_boolean(value))
			continue;
		assert_int_equal(json_typeof(value), json_typeof(other));
	}
}

static json_t *real_document, *real_with_findings;

static void
check_shape(const char *name, const json_t *document)
{
	static const char *const inside[] = {"incident", "workspaces.0", "workspace_counts",
	                                     "image"};

	assert_same_shape(name, document,
	                  json_object_get(document, "findings") != NULL ? real_with_findings
	                                                                : real_document);
	for (size_t i = 0; i < COUNT(inside); i++) {
		const json_t *made = json_at(document, inside[i]);

		if (json_is_object(made))
			assert_same_shape(name, made, json_at(real_document, inside[i]));
	}
}

static void
they_are_shaped_like_what_the_relay_builds(void **state)
{
	static const struct conf conf;
	struct image image = {.bucket_key = "org/prj/base", .fingerprint = "f3"};
	struct incident incident = {.id = "inc_1", .key = "k", .open = true, .title = "t"};
	struct incident_row row = {.workspace_id = "ws", .name = "w"};
	const struct incident_row *rows[] = {&row};
	struct document_facts facts = {.conf = &conf,
	                               .incident = &incident,
	                               .notification_id = "ntf_1",
	                               .revision = 1,
	                               .image = document_image(&image, NULL, NULL),
	                               .rows = rows,
	                               .row_count = 1};

	(void)state;
	real_document = document_build(&facts);
	incident.detail = json_pack("{s: []}", "findings");
	real_with_findings = document_build(&facts);
	for_each_sample(check_shape);
	json_decref(incident.detail);
	json_decref(real_with_findings);
	json_decref(real_document);
	json_decref(facts.image);
}

static bool
is_word(const char *const *words, int count, const char *word)
{
	return name_index(words, count, word) >= 0;
}

static void
check_words(const char *name, const json_t *document)
{
	static const char *const statuses[] = {"open", "resolved"};
	static const char *const reasons[] = {"opened", "changed", "reminder", "resolved", "drill"};
	const char *phase = json_text_at(document, "incident.phase");
	const json_t *row;
	size_t i;

	(void)name;
	assert_true(is_word(statuses, COUNT(statuses), json_text_at(document, "incident.status")));
	assert_true(is_word(reasons, COUNT(reasons), json_text_at(document, "reason")));
	assert_true(is_word(severity_names, 3, json_text_at(document, "incident.severity")));
	assert_true(phase == NULL || is_word(phase_names, PHASE_COUNT, phase));
	assert_true(json_filled_at(document, "title") != NULL);
	assert_true(json_filled_at(document, "summary") != NULL);
	json_array_foreach(json_at(document, "workspaces"), i, row)
	{
		const char *evidence = json_text_at(row, "evidence");

		assert_true(is_word(row_state_names, 3, json_text_at(row, "state")));
		assert_true(evidence == NULL || is_word(evidence_names, 3, evidence));
	}
}

static void
their_words_are_the_contracts(void **state)
{
	(void)state;
	for_each_sample(check_words);
}

static void
check_values(const char *name, const json_t *value)
{
	const char *key, *text = json_string_value(value);
	json_t *member;
	size_t i;

	json_array_foreach((json_t *)value, i, member)
	{
		check_values(name, member);
	}
	json_object_foreach((json_t *)value, key, member)
	{
		size_t len = strlen(key);
		const char *inside = json_string_value(member);

		if (inside != NULL && strcmp(key, "url") == 0)
			assert_true(url_is_http(inside));
		if (inside != NULL && len > 3 && strcmp(key + len - 3, "_at") == 0)
			assert_true(time_or_none(inside) > 0);
		check_values(name, member);
	}
	if (text != NULL)
		assert_true(text[0] != '\0');
}

static void
times_and_urls_are_such(void **state)
{
	(void)state;
	for_each_sample(check_values);
}

static void
counts_are_those_of_the_rows(void **state)
{
	json_t *document = NULL;

	(void)state;
	for (size_t i = 0; i < sample_count(); i++) {
		json_decref(document);
		document = sample_document(i);
		if (strcmp(sample_name(i), "image.revocation revoked, 100 workspaces") == 0)
			break;
		assert_int_equal(json_int_at(document, "workspace_counts.total", -1),
		                 json_array_size(json_at(document, "workspaces")));
	}
	assert_int_equal(json_array_size(json_at(document, "workspaces")), DOCUMENT_WORKSPACES_MAX);
	assert_int_equal(json_int_at(document, "truncated.workspaces", -1), 141);
	assert_int_equal(json_int_at(document, "workspace_counts.total", -1), 141);
	assert_int_equal(json_int_at(document, "workspace_counts.affected", -1) +
	                         json_int_at(document, "workspace_counts.moved", -1) +
	                         json_int_at(document, "workspace_counts.gone", -1),
	                 141);
	json_decref(document);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_and_phase_has_a_full_and_a_sparse_one),
		cmocka_unit_test(names_are_different),
		cmocka_unit_test(they_are_shaped_like_what_the_relay_builds),
		cmocka_unit_test(their_words_are_the_contracts),
		cmocka_unit_test(times_and_urls_are_such),
		cmocka_unit_test(counts_are_those_of_the_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
