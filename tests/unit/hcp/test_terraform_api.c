#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/hcp/terraform_api.h"
#include "unit.h"

#define FIXTURES "../shared/fixtures/hcp-terraform/"

static json_t *
read_json(const char *text)
{
	json_t *out = json_loads(text, 0, NULL);

	assert_non_null(out);
	return out;
}

static void
check_path(char *path, const char *expected)
{
	assert_string_equal(path, expected);
	free(path);
}

static void
paths_encode_what_they_are_given(void **state)
{
	(void)state;
	check_path(api_path_workspaces("acme", 3),
	           "/api/v2/organizations/acme/workspaces?include=project&"
	           "page%5Bnumber%5D=3&page%5Bsize%5D=100");
	check_path(api_path_explorer("acme", 1),
	           "/api/v2/organizations/acme/explorer?type=workspaces&"
	           "filter%5B0%5D%5Bproviders%5D%5Bcontains%5D%5B0%5D=hashicorp%2Fhcp&"
	           "page%5Bnumber%5D=1&page%5Bsize%5D=100");
	check_path(api_path_state("ws-1"),
	           "/api/v2/workspaces/ws-1/current-state-version?include=run");
	check_path(api_path_assessment_output("asmtres-1"),
	           "/api/v2/assessment-results/asmtres-1/json-output");
	check_path(api_path_task_stages("run-1"), "/api/v2/runs/run-1/task-stages?"
	                                          "include=task_results&page%5Bsize%5D=100");
	/* An id is one part of the path, whatever it holds. */
	check_path(
		api_path_state("../../x?y#z\xc3\xa9\r\n"),
		"/api/v2/workspaces/..%2F..%2Fx%3Fy%23z%C3%A9%0D%0A/current-state-version?include=run");
}

static void
errors_are_told_in_their_own_words(void **state)
{
	json_t *document = read_json("{\"errors\":[{\"status\":429,\"title\":\"Too many\"},{}]}");

	(void)state;
	assert_string_equal(api_error_text(document), "Too many");
	json_decref(document);
	document =
		read_json("{\"errors\":[{\"status\":\"404\",\"title\":\"t\",\"detail\":\"d\"}]}");
	assert_string_equal(api_error_text(document), "d");
	json_decref(document);
	document = read_json("{\"errors\":\"no\"}");
	assert_null(api_error_text(document));
	assert_null(api_error_text(NULL));
	json_decref(document);
}

static void
pages_end(void **state)
{
	static const struct {
		const char *text;
		int64_t page, next;
	} cases[] = {
		{"{\"meta\":{\"pagination\":{\"next-page\":3}}}", 2, 3},
		{"{\"meta\":{\"pagination\":{\"next-page\":null}}}", 2, 0},
		{"{\"links\":{\"next\":\"https://elsewhere.example/?page%5Bnumber%5D=7&x=1\"}}", 6,
	         7},
		{"{\"links\":{\"next\":\"/x?page%5bnumber%5d=7\"}}", 6, 7},
		{"{\"links\":{\"next\":\"/x?page[number]=7\"}}", 6, 7},
		{"{\"links\":{\"next\":\"/x?page=7\"}}", 6, 0},
		{"{\"links\":{\"next\":null}}", 6, 0},
		/* One that sends us round in a circle is at its end. */
		{"{\"meta\":{\"pagination\":{\"next-page\":2}}}", 2, 0},
		{"{\"meta\":{\"pagination\":{\"next-page\":1}}}", 2, 0},
		{"[]", 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *document = read_json(cases[i].text);

		assert_int_equal(api_page_next(document, cases[i].page), cases[i].next);
		json_decref(document);
	}
}

static void
a_total_is_none_or_a_number_of_workspaces(void **state)
{
	static const struct {
		const char *total;
		int64_t told;
	} cases[] = {
		{"102", 102}, {"\"102\"", 102}, {"0", 0}, {"-2", -1}, {"null", -1}, {"[]", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text =
			mem_fmt("{\"meta\":{\"pagination\":{\"total-count\":%s}}}", cases[i].total);
		json_t *document = read_json(text);

		assert_int_equal(api_page_total(document), cases[i].told);
		json_decref(document);
		free(text);
	}
}

static void
the_list_tells_of_a_workspace(void **state)
{
	json_t *document = read_json(
		"{\"data\":[{\"id\":\"ws-1\",\"type\":\"workspaces\",\"attributes\":{\"name\":\"a-prod\","
		"\"assessments-enabled\":true,\"tag-names\":[\"web\",7,\"team:pay\"]},"
		"\"relationships\":{\"project\":{\"data\":{\"id\":\"prj-2\",\"type\":\"projects\"}},"
		"\"current-state-version\":{\"data\":null}}},"
		"{\"id\":\"ws-2\",\"attributes\":{\"name\":\"b\",\"assessments-enabled\":null},"
		"\"relationships\":{\"project\":{\"data\":{\"id\":\"prj-9\"}}}},"
		"{\"attributes\":{\"name\":\"c\"}},\"no\"],"
		"\"included\":[{\"id\":\"prj-1\",\"type\":\"projects\",\"attributes\":{\"name\":\"x\"}},"
		"{\"id\":\"prj-2\",\"type\":\"organizations\",\"attributes\":{\"name\":\"y\"}},"
		"{\"id\":\"prj-2\",\"type\":\"projects\",\"attributes\":{\"name\":\"Payments\"}}]}");
	struct api_workspace w;

	(void)state;
	assert_true(api_workspace_read(document, json_at(document, "data.0"), &w));
	assert_string_equal(w.id, "ws-1");
	assert_string_equal(w.name, "a-prod");
	assert_string_equal(w.project, "Payments");
	assert_true(w.health_told && w.health && !w.has_state);
	assert_int_equal(json_array_size(w.tags), 2);
	assert_string_equal(json_text_at(w.tags, "1"), "team:pay");
	api_workspace_fini(&w);
	assert_true(api_workspace_read(document, json_at(document, "data.1"), &w));
	assert_null(w.project);
	assert_true(!w.health_told && w.has_state);
	api_workspace_fini(&w);
	assert_false(api_workspace_read(document, json_at(document, "data.2"), &w));
	api_workspace_fini(&w);
	assert_false(api_workspace_read(document, json_at(document, "data.3"), &w));
	api_workspace_fini(&w);
	json_decref(document);
}

static void
the_explorer_tells_of_a_workspace(void **state)
{
	json_t *item = read_json("{\"id\":\"x\",\"attributes\":{\"external-id\":\"ws-3\","
	                         "\"workspace_name\":\"shop\",\"organization-name\":\"acme\","
	                         "\"project-name\":\"Shop\",\"tags\":\"web, team:pay ,, a b\"}}");
	struct api_workspace w;

	(void)state;
	assert_true(api_workspace_read(NULL, item, &w));
	assert_string_equal(w.id, "ws-3");
	assert_string_equal(w.name, "shop");
	assert_string_equal(w.organization, "acme");
	assert_string_equal(w.project, "Shop");
	assert_true(!w.health_told && w.has_state);
	assert_int_equal(json_array_size(w.tags), 3);
	assert_string_equal(json_text_at(w.tags, "0"), "web");
	assert_string_equal(json_text_at(w.tags, "1"), "team:pay");
	assert_string_equal(json_text_at(w.tags, "2"), "a b");
	api_workspace_fini(&w);
	json_decref(item);
}

static bool
is_instance(const char *type, const void *arg)
{
	(void)arg;
	return strcmp(type, "aws_instance") == 0;
}

static struct api_state
state_of(json_t **document, const char *attributes)
{
	char *text = mem_fmt("{\"data\":{\"id\":\"sv-1\",\"attributes\":{%s}}}", attributes);
	struct api_state out;

	*document = read_json(text);
	assert_true(api_state_read(*document, is_instance, NULL, &out));
	free(text);
	return out;
}

static void
a_state_is_worth_reading_for_what_is_in_it(void **state)
{
	static const struct {
		const char *attributes;
		bool worth, processed;
	} cases[] = {
		{"\"resources-processed\":true,\"resources\":[{\"type\":\"data.hcp_packer_artifact\"}]",
	         true, true},
		{"\"resources-processed\":true,\"resources\":[{\"type\":\"aws_instance\"}]", true,
	         true},
		{"\"resources-processed\":true,\"resources\":[{\"type\":\"data.aws_ami\"},{},3]",
	         false, true},
		{"\"resources-processed\":false,\"resources\":[]", false, false},
		{"\"resources\":null", false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *document;
		struct api_state read = state_of(&document, cases[i].attributes);

		assert_int_equal(read.worth_reading, cases[i].worth);
		assert_int_equal(read.processed, cases[i].processed);
		assert_true(read.finalized);
		json_decref(document);
	}
}

static void
a_state_tells_of_the_run_that_made_it(void **state)
{
	json_t *document = read_json(
		"{\"data\":{\"id\":\"sv-1\",\"attributes\":{\"created-at\":\"2026-03-02T10:05:31.794Z\"},"
		"\"relationships\":{\"run\":{\"data\":{\"id\":\"run-2\",\"type\":\"runs\"}}}},"
		"\"included\":[{\"id\":\"run-1\",\"type\":\"runs\",\"attributes\":{"
		"\"created-at\":\"2020-01-01T00:00:00Z\"}},{\"id\":\"run-2\",\"type\":\"runs\","
		"\"attributes\":{\"created-at\":\"2026-03-02T10:00:00Z\"}}]}");
	struct api_state read;

	(void)state;
	assert_true(api_state_read(document, is_instance, NULL, &read));
	assert_string_equal(read.run_id, "run-2");
	assert_int_equal(read.created_at - read.run_created_at, 331794);
	json_array_clear(json_at(document, "included"));
	assert_true(api_state_read(document, is_instance, NULL, &read));
	assert_int_equal(read.run_created_at, 0);
	json_decref(document);
}

static void
only_http_urls_lead_to_a_state(void **state)
{
	json_t *document;
	struct api_state read =
		state_of(&document, "\"hosted-json-state-download-url\":\"file:///etc/passwd\","
	                            "\"hosted-state-download-url\":\"https://a.example/x?s=1\","
	                            "\"status\":\"pending\"");

	(void)state;
	assert_null(read.json_url);
	assert_string_equal(read.raw_url, "https://a.example/x?s=1");
	assert_false(read.finalized);
	json_decref(document);
	document = read_json("{\"data\":null}");
	assert_false(api_state_read(document, is_instance, NULL, &read));
	json_decref(document);
}

static void
the_failed_task_of_hcp_packer_is_found(void **state)
{
	json_t *document = read_json(
		"{\"data\":[],\"included\":["
		"{\"type\":\"task-results\",\"attributes\":{\"status\":\"failed\",\"task-name\":\"lint\","
		"\"task-url\":\"https://lint.example/api.cloud.hashicorp.com\"}},"
		"{\"type\":\"task-results\",\"attributes\":{\"status\":\"passed\",\"task-name\":\"old\","
		"\"task-url\":\"https://api.cloud.hashicorp.com/packer\"}},"
		"{\"type\":\"task-results\",\"attributes\":{\"status\":\"failed\",\"task-name\":\"HCP-Packer\","
		"\"message\":\"1 resource\",\"url\":\"javascript:x\","
		"\"task-url\":\"https://API.cloud.hashicorp.com:443/packer/2023\"}}]}");
	struct api_task task;

	(void)state;
	assert_true(api_failed_packer_task(document, &task));
	assert_string_equal(task.name, "HCP-Packer");
	assert_string_equal(task.message, "1 resource");
	assert_null(task.url);
	json_array_remove((json_t *)json_at(document, "included"), 2);
	assert_false(api_failed_packer_task(document, &task));
	json_decref(document);
}

static json_t *
fixture(const char *name)
{
	char path[256];
	json_t *out;

	snprintf(path, sizeof(path), FIXTURES "%s", name);
	out = json_load_file(path, 0, NULL);
	assert_non_null(out);
	return out;
}

static void
what_the_documentation_shows_is_read(void **state)
{
	json_t *document = fixture("api-current-state-version.json");
	struct api_workspace w;
	struct api_state read;

	(void)state;
	assert_true(api_state_read(document, is_instance, NULL, &read));
	assert_true(read.processed && read.worth_reading && read.finalized);
	assert_non_null(read.json_url);
	assert_string_equal(read.run_id, "run-YfmFLWpgTv31VZsP");
	json_decref(document);
	document = fixture("api-explorer-workspaces.json");
	assert_true(api_workspace_read(document, json_at(document, "data.0"), &w));
	assert_string_equal(w.id, "ws-j2sAeWRxou1b5HYf");
	assert_string_equal(w.project, "Default Project");
	assert_int_equal(json_array_size(w.tags), 0);
	assert_int_equal(api_page_next(document, 1), 0);
	assert_int_equal(api_page_total(document), 1);
	api_workspace_fini(&w);
	json_decref(document);
	document = fixture("api-error-429.json");
	assert_non_null(strstr(api_error_text(document), "rate limit"));
	json_decref(document);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_encode_what_they_are_given),
		cmocka_unit_test(errors_are_told_in_their_own_words),
		cmocka_unit_test(pages_end),
		cmocka_unit_test(a_total_is_none_or_a_number_of_workspaces),
		cmocka_unit_test(the_list_tells_of_a_workspace),
		cmocka_unit_test(the_explorer_tells_of_a_workspace),
		cmocka_unit_test(a_state_is_worth_reading_for_what_is_in_it),
		cmocka_unit_test(a_state_tells_of_the_run_that_made_it),
		cmocka_unit_test(only_http_urls_lead_to_a_state),
		cmocka_unit_test(the_failed_task_of_hcp_packer_is_found),
	};
	const struct CMUnitTest fixtures[] = {
		cmocka_unit_test(what_the_documentation_shows_is_read),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	if (access(FIXTURES, R_OK) == 0)
		failed += cmocka_run_group_tests(fixtures, NULL, NULL);
	return failed;
}
