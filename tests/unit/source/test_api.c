#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/config/conf.h"
#include "relay/source/source.h"

#define TOKEN "not.a.real.token"

static const char *const no_words[] = {NULL};
static const struct key_kind *const no_kinds[] = {NULL};
static const struct conf_kinds kinds = {source_conf_kinds, no_kinds, no_words};

/* A config with one source of this kind and these options. */
static char *
load(const char *kind, const char *options, struct conf **conf)
{
	char *text = mem_fmt("sources: [{name: a, %s: {hmac_key_env: API_TEST_KEY, %s}}]", kind,
	                     options);
	struct buf report = {0};

	setenv("API_TEST_KEY", "0123456789abcdef0123456789abcdef", 1);
	setenv("API_TEST_TOKEN", TOKEN, 1);
	setenv("API_TEST_BROKEN", "two words", 1);
	if (conf_parse(conf, "/tmp/a.yaml", text, strlen(text), &kinds, &report) == 0)
		buf_reset(&report);
	free(text);
	return report.len > 0 ? buf_take(&report) : (buf_fini(&report), NULL);
}

static void
both_kinds_of_sources_may_have_one(void **state)
{
	static const char *const names[] = {"hcp_terraform", "hcp_run_task"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct api_options *api;
		const struct conf_source *source;
		struct conf *conf = NULL;
		char *faults = load(names[i], "api: {token_env: API_TEST_TOKEN}", &conf);

		if (faults != NULL)
			fail_msg("%s", faults);
		source = conf_source_named(conf, "a");
		api = source_api(source);
		assert_non_null(api);
		assert_string_equal(api->url, "https://app.terraform.io");
		assert_string_equal(api->token.values[0], TOKEN);
		assert_null(api->organization);
		assert_false(source_allows_private(source));
		conf_release(conf);
	}
}

static void
without_a_token_there_is_none(void **state)
{
	struct conf *conf = NULL;
	char *faults = load("hcp_terraform", "allow_private: true", &conf);

	(void)state;
	assert_null(faults);
	assert_null(source_api(conf_source_named(conf, "a")));
	assert_true(source_allows_private(conf_source_named(conf, "a")));
	conf_release(conf);
	/* It was meant to be one. */
	faults = load("hcp_terraform", "api: {organization: acme}", &conf);
	assert_non_null(faults);
	assert_non_null(strstr(faults, "token_file"));
	free(faults);
}

static void
what_does_not_fit_together_is_told(void **state)
{
	static const struct {
		const char *options, *fault;
	} cases[] = {
		{"api: {token_env: API_TEST_BROKEN}", "api.token holds a blank"},
		{"api: {token_env: API_TEST_TOKEN, url: 'http://tfe.example.com'}",
	         "needs allow_private: true"},
		{"api: {token_env: API_TEST_TOKEN, url: 'https://tfe.example.com/?a=1'}",
	         "without ? and #"},
		{"api: {token_env: API_TEST_TOKEN, url: 'https://10.1.2.3'}",
	         "api.url leads to a loopback or private address"},
		{"allow_private: true, api: {token_env: API_TEST_TOKEN, url: 'http://169.254.169.254'}",
	         "api.url leads to a link-local address or a cloud's metadata"},
		{"api: {token_env: API_TEST_TOKEN, ca_file: /nonexistent/ca.pem}",
	         "api.ca_file: \"/nonexistent/ca.pem\" cannot be read: No such file"},
		{"api: {token_env: API_TEST_TOKEN, ca_file: /dev/null}",
	         "api.ca_file: \"/dev/null\" holds no certificate in PEM"},
		{"api: {token: abc}", "token"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct conf *conf = NULL;
		char *faults = load("hcp_terraform", cases[i].options, &conf);

		assert_non_null(faults);
		if (strstr(faults, cases[i].fault) == NULL)
			fail_msg("%s: %s", cases[i].options, faults);
		assert_null(strstr(faults, "two words"));
		free(faults);
	}
}

static void
hosts_of_a_run_task_are_trusted_by_certificates_that_are_there(void **state)
{
	struct conf *conf = NULL;
	char *faults = load("hcp_run_task", "ca_file: /nonexistent/ca.pem", &conf);

	(void)state;
	assert_non_null(faults);
	assert_non_null(
		strstr(faults, "hcp_run_task: ca_file: \"/nonexistent/ca.pem\" cannot be read"));
	free(faults);
	faults = load("hcp_run_task", "ca_file: /dev/null", &conf);
	assert_non_null(faults);
	assert_non_null(strstr(faults, "ca_file: \"/dev/null\" holds no certificate in PEM"));
	free(faults);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_kinds_of_sources_may_have_one),
		cmocka_unit_test(without_a_token_there_is_none),
		cmocka_unit_test(what_does_not_fit_together_is_told),
		cmocka_unit_test(hosts_of_a_run_task_are_trusted_by_certificates_that_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
