#include "tests/unit/model/unit.h"

#include "relay/model/kind.h"

static void
every_kind_has_a_name_that_leads_back_to_it(void **state)
{
	(void)state;
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		assert_non_null(incident_kind_names[kind]);
		assert_int_equal(
			name_index(incident_kind_names, KIND_COUNT, incident_kind_names[kind]),
			kind);
	}
	assert_null(incident_kind_names[KIND_COUNT]);
	assert_int_equal(name_index(incident_kind_names, KIND_COUNT, "image.revocation"),
	                 KIND_IMAGE_REVOCATION);
}

static void
unknown_names_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(name_index(incident_kind_names, KIND_COUNT, NULL), -1);
	assert_int_equal(name_index(incident_kind_names, KIND_COUNT, ""), -1);
	assert_int_equal(name_index(incident_kind_names, KIND_COUNT, "Image.Revocation"), -1);
	/* A hole in the table, as PHASE_NONE is, is no name. */
	assert_int_equal(name_index(phase_names, PHASE_COUNT, "none"), -1);
	assert_int_equal(name_index(phase_names, PHASE_COUNT, "rolled_back"), PHASE_ROLLED_BACK);
}

static void
the_words_are_those_of_the_contract(void **state)
{
	(void)state;
	assert_null(phase_names[PHASE_NONE]);
	assert_string_equal(phase_names[PHASE_SCHEDULED], "scheduled");
	assert_string_equal(phase_names[PHASE_DUE], "due");
	assert_string_equal(phase_names[PHASE_REVOKED], "revoked");
	assert_string_equal(phase_names[PHASE_LIFTED], "lifted");
	assert_string_equal(phase_names[PHASE_CLEARED], "cleared");
	assert_string_equal(severity_names[SEVERITY_INFO], "info");
	assert_string_equal(severity_names[SEVERITY_WARNING], "warning");
	assert_string_equal(severity_names[SEVERITY_CRITICAL], "critical");
	assert_string_equal(image_status_names[IMAGE_ACTIVE], "active");
	assert_string_equal(image_status_names[IMAGE_SCHEDULED], "scheduled");
	assert_string_equal(image_status_names[IMAGE_REVOKED], "revoked");
	assert_string_equal(image_status_names[IMAGE_DELETED], "deleted");
	assert_string_equal(evidence_names[EVIDENCE_RULE], "rule");
	assert_string_equal(evidence_names[EVIDENCE_PLAN], "plan");
	assert_string_equal(evidence_names[EVIDENCE_STATE], "state");
	assert_string_equal(row_state_names[ROW_AFFECTED], "affected");
	assert_string_equal(row_state_names[ROW_MOVED], "moved");
	assert_string_equal(row_state_names[ROW_GONE], "gone");
}

static void
what_is_told_once_closes_at_once(void **state)
{
	(void)state;
	for (int kind = 0; kind < KIND_COUNT; kind++)
		assert_int_equal(incident_kind_closes_at_once((enum incident_kind)kind),
		                 kind == KIND_IMAGE_RELEASED ||
		                         kind == KIND_WORKSPACE_CHANGE_REQUEST);
}

static void
severities_rise(void **state)
{
	(void)state;
	assert_true(SEVERITY_INFO < SEVERITY_WARNING && SEVERITY_WARNING < SEVERITY_CRITICAL);
	assert_true(EVIDENCE_RULE < EVIDENCE_PLAN && EVIDENCE_PLAN < EVIDENCE_STATE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_a_name_that_leads_back_to_it),
		cmocka_unit_test(unknown_names_are_told_apart),
		cmocka_unit_test(the_words_are_those_of_the_contract),
		cmocka_unit_test(what_is_told_once_closes_at_once),
		cmocka_unit_test(severities_rise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
