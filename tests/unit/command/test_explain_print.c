/* A dry run's report, as people read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "catch.h"
#include "relay/base/mem.h"
#include "relay/command/explain_print.h"

static char *
printed(const char *workspaces)
{
	json_t *report =
		json_pack("{s:s, s:n, s:{s:s, s:s}, s:[{s:s, s:{s:s}, s:o}], s:[], s:[]}", "answer",
	                  "accepted", "nothing", "source", "name", "packer", "kind", "hcp_packer",
	                  "incidents", "change", "opened", "incident", "kind", "image.revocation",
	                  "workspaces", json_loads(workspaces, 0, NULL), "deliveries", "quiet");
	struct catch c = catch_begin();
	char *text;

	explain_print("payload.json", report, false);
	text = catch_end(&c);
	json_decref(report);
	return text;
}

static void
what_a_state_named_is_told_beside_its_workspace(void **state)
{
	char *text = printed(
		"[{\"name\": \"shop\", \"state\": \"affected\", \"certainty\": \"known\","
		"  \"evidence\": \"state\", \"bucket\": \"base\", \"rule\": null, \"usages\": ["
		"  {\"external_identifier\": \"ami-1\", \"region\": \"us-east-1\","
		"   \"address\": \"aws_instance.web[0]\", \"instances\": 3, \"planned_by\": null},"
		"  {\"external_identifier\": null, \"instances\": 1, \"planned_by\": \"run-7\"}]}]");

	(void)state;
	assert_non_null(strstr(text, "affected, known by state (ami-1 in us-east-1, "
	                             "aws_instance.web[0] and 2 more; no image id, planned by "
	                             "run-7)"));
	free(text);
}

static void
what_only_a_rule_says_names_the_rule(void **state)
{
	char *text = printed("[{\"name\": \"shop\", \"state\": \"affected\", \"certainty\":"
	                     " \"possible\", \"evidence\": \"rule\", \"bucket\": \"base\","
	                     " \"rule\": {\"number\": 2, \"bucket\": \"base\", \"workspace\":"
	                     " \"*\"}, \"usages\": []}]");

	(void)state;
	assert_non_null(strstr(text, "affected, possible by rule 2 (bucket base, workspace *)"));
	free(text);
}

static void
what_it_runs_is_said_as_messages_say_it(void **state)
{
	static const char *const cases[][2] = {
		{"\"affected\", \"certainty\": \"known\"", "; runs v3 of base"},
		{"\"affected\", \"certainty\": \"known\", \"planned\": true",
	         "; plans to run v3 of base"},
		{"\"affected\", \"certainty\": \"possible\"", "; may run v3 of base"},
		{"\"moved\", \"certainty\": \"known\"", "; no longer on v3 of base"},
		{"\"gone\", \"certainty\": \"known\"", "; no longer on v3 of base"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *row = mem_fmt("[{\"name\": \"shop\", \"evidence\": \"plan\", \"bucket\": "
		                    "\"base\", \"version\": \"v3\", \"state\": %s}]",
		                    cases[i][0]);
		char *text = printed(row);

		assert_non_null(strstr(text, cases[i][1]));
		free(text);
		free(row);
	}
}

static void
an_identifier_cannot_steer_the_terminal(void **state)
{
	char *text = printed("[{\"name\": \"shop\", \"state\": \"affected\", \"certainty\":"
	                     " \"known\", \"evidence\": \"plan\", \"bucket\": \"base\","
	                     " \"usages\": [{\"external_identifier\": \"a\\u001b[2Jb\"}]}]");

	(void)state;
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "a\\x1B[2Jb"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_state_named_is_told_beside_its_workspace),
		cmocka_unit_test(what_only_a_rule_says_names_the_rule),
		cmocka_unit_test(what_it_runs_is_said_as_messages_say_it),
		cmocka_unit_test(an_identifier_cannot_steer_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
