/*
 * The Mustache specification's own cases, where they lie beside the source,
 * and ours in tests/data/mustache, which cover the same ground and the filters.
 *
 * A file of ours is a list of
 *	{"name", "template", "data", "partials", "expected", "escape"}
 * partials may be left out, and so may escape (html).
 */
#include "tests/unit/message/unit.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "tests/unit/message/mustache.h"

static enum escape
escape_of(const json_t *test)
{
	static const char *const names[] = {"text", "html", "slack", "header"};
	const char *name = json_string_value(json_object_get(test, "escape"));

	for (size_t i = 0; name != NULL && i < COUNT(names); i++)
		if (strcmp(names[i], name) == 0)
			return (enum escape)i;
	assert_null(name);
	return ESCAPE_HTML;
}

static bool
run(const char *path, const json_t *test)
{
	const struct template_options options = {escape_of(test), false};
	const char *name = json_string_value(json_object_get(test, "name"));
	const char *text = json_string_value(json_object_get(test, "template"));
	const char *expected = json_string_value(json_object_get(test, "expected"));
	struct faults faults = {0};
	struct buf out = {0};
	struct err err = {0};
	struct mustache m;
	bool passed;

	assert_true(name != NULL && text != NULL && expected != NULL);
	if (mustache_compile(&m, text, json_object_get(test, "partials"), &options, &faults) != 0)
		faults_report(&faults, "compiling", &out);
	else if (mustache_render(&m, json_object_get(test, "data"), &out, &err) != 0)
		buf_printf(&out, "failed: %s", err.text);
	passed = strcmp(buf_text(&out), expected) == 0;
	if (!passed)
		print_error("%s: %s\n  template %s\n  expected %s\n  got      %s\n", path, name,
		            text, expected, buf_text(&out));
	mustache_free(&m);
	faults_fini(&faults);
	buf_fini(&out);
	return passed;
}

/* How many of a file's cases passed; fails when not all did. */
static size_t
run_file(const char *path)
{
	json_error_t error;
	json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	size_t passed = 0, i;
	json_t *tests, *test;

	if (file == NULL)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	tests = json_is_array(file) ? file : json_object_get(file, "tests");
	assert_true(json_array_size(tests) > 0);
	json_array_foreach(tests, i, test) passed += run(path, test);
	assert_int_equal(passed, json_array_size(tests));
	json_decref(file);
	return passed;
}

static size_t
run_folder(const char *pattern)
{
	size_t passed = 0;
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++)
		passed += run_file(found.gl_pathv[i]);
	globfree(&found);
	return passed;
}

static void
our_cases_pass(void **state)
{
	(void)state;
	assert_true(run_folder(TEST_DATA_DIR "/mustache/*.json") >= 100);
}

static void
the_specification_passes(void **state)
{
	size_t passed = run_folder(TEST_DATA_DIR
	                           "/../../../shared/fixtures/sinks/mustache-spec/core/*.json");

	(void)state;
	if (passed == 0)
		skip();
	assert_int_equal(passed, 136);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_cases_pass),
		cmocka_unit_test(the_specification_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
