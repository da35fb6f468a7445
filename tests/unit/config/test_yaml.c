/* What the file itself may be: refusals before any key is looked at. */
#include "common.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/config/bytes.h"
#include "relay/config/yaml.h"

#define ROUTELESS "1:1: warning: no route takes image.revocation, workspace.drift\n"

static char *
repeat(const char *head, const char *piece, size_t times)
{
	struct buf text = {0};

	buf_puts(&text, head);
	for (size_t i = 0; i < times; i++)
		buf_puts(&text, piece);
	return buf_take(&text);
}

static void
an_empty_file_is_a_fault(void **state)
{
	(void)state;
	assert_faults("", "1:1: the file is empty\n");
	assert_faults("# only words\n", "1:1: the file is empty\n");
	assert_faults("---\n", "1:1: the file is empty\n");
}

static void
a_config_is_a_map(void **state)
{
	(void)state;
	assert_faults("hello", "1:1: a config is a map of keys, not a text\n");
	assert_faults("\n- a", "2:1: a config is a map of keys, not a list\n");
}

static void
a_syntax_fault_is_the_only_one_and_has_its_place(void **state)
{
	(void)state;
	assert_faults("listen:\n\tingest: x\n",
	              "2:1: not YAML: tab character may not be used as indentation\n");
	assert_fault("wrong: 1\nlisten: [a\n", ":1: not YAML: ");
}

static void
anchors_aliases_and_tags_are_refused_in_one_go(void **state)
{
	(void)state;
	assert_faults(
		"listen: &a {ingest: !!str \"h:1\"}\nstore: *a\nlinks:\n  runbooks: [*a, *b]\n",
		"1:9: anchors (&name) are not allowed: write the value where it is needed\n"
		"1:21: tags (!name) are not allowed\n"
		"2:8: aliases (*name) are not allowed: write the value out\n"
		"4:14: aliases (*name) are not allowed: write the value out\n"
		"4:18: aliases (*name) are not allowed: write the value out\n");
	assert_faults(
		"listen: &a\n  !x\n  # below\n  &b ingest: h:1\nstore: {url: !<y> \"sqlite:a\"}\n",
		"1:9: anchors (&name) are not allowed: write the value where it is needed\n"
		"2:3: tags (!name) are not allowed\n"
		"4:3: anchors (&name) are not allowed: write the value where it is needed\n"
		"5:14: tags (!name) are not allowed\n");
}

static void
aliases_are_never_expanded(void **state)
{
	char *bomb = repeat("a: &a [x,x,x,x,x,x,x,x]\nb: [", "*a,", 100000);
	struct buf whole = {0};
	struct faults faults = {0};
	struct node *root;

	(void)state;
	buf_printf(&whole, "%s*a]\n", bomb);
	root = yaml_read(whole.data, whole.len, &faults);
	assert_non_null(root);
	assert_int_equal(root->items[3].count, 100001);
	assert_int_equal(root->items[3].items[0].type, NODE_BAD);
	assert_true(faults.errors > 100000);
	assert_int_equal(faults.count, FAULTS_MAX);
	yaml_free(root);
	faults_fini(&faults);
	buf_fini(&whole);
	free(bomb);
}

static void
a_second_document_is_refused(void **state)
{
	(void)state;
	assert_faults("listen: {}\n---\nstore: {}\n",
	              "3:1: a second document begins here: a config is one document\n");
	assert_loads("---\nlisten: {}\n...\n",
	             "2:1: warning: no route takes image.revocation, workspace.drift\n");
}

static void
bytes_that_are_no_text_are_refused(void **state)
{
	struct conf *conf;
	struct buf report = {0};

	(void)state;
	assert_faults("listen: {}\n# \xff\n", "2:1: this line is not UTF-8\n");
	assert_faults("listen: {}\n# \x1b[2J\n", "2:1: this line holds a control byte\n");
	assert_int_equal(conf_parse(&conf, "f", "a\0b", 3, &test_kinds, &report), -1);
	assert_string_equal(buf_text(&report), "f:1:1: this line holds a control byte\n");
	buf_fini(&report);
	assert_fault("teams: [{name: \"a\\0b\"}]", "1:16: ");
	assert_fault("teams: [{name: \"a\\nb\"}]", "1:16: name holds a control byte or a line end");
}

static void
size_and_depth_are_bounded(void **state)
{
	char *large = repeat("listen: {}\n", "#\n", CONFIG_SIZE_MAX / 2);
	char *deep = repeat("listen: ", "[", YAML_DEPTH_MAX + 1);
	char *block = repeat("listen: >\n", "\n", EMPTY_LINES_MAX + 1);

	(void)state;
	assert_faults(large, "1:1: the file is larger than 1048576 bytes\n");
	assert_fault(deep, "1:");
	assert_faults(block, "203:1: more than 200 empty lines in a row\n");
	free(large);
	free(deep);
	free(block);
	deep = mem_fmt("%s%s", "a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
	               "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n");
	assert_faults(deep, "1:35: nested deeper than 32 levels\n");
	free(deep);
}

static void
long_runs_of_quotes_are_refused_and_short_ones_read(void **state)
{
	struct loaded l = load("\xef\xbb\xbfteams: [{name: 'a''b'''}]\n");

	(void)state;
	assert_non_null(l.conf);
	assert_string_equal(conf_item(l.conf->teams, struct conf_team, 0)->name, "a'b'");
	loaded_fini(&l);
	assert_faults("teams: [{name: 'a''''b'}]\n",
	              "1:16: more than 3 single quotes in a row: use double quotes\n");
}

static void
json_with_tabs_and_escapes_is_a_config(void **state)
{
	struct loaded l = load("{\n\t\"listen\": {\"ingest\": \"h\\u006fst:1\"},\n\t\"teams\": "
	                       "[{\"name\": \"\\ud83d\\ude00\"}]\n}\n");

	(void)state;
	assert_non_null(l.conf);
	assert_string_equal(l.conf->listen.ingest, "host:1");
	assert_string_equal(conf_item(l.conf->teams, struct conf_team, 0)->name,
	                    "\xf0\x9f\x98\x80");
	loaded_fini(&l);
}

static void
windows_line_ends_and_a_byte_order_mark_do_no_harm(void **state)
{
	(void)state;
	assert_loads("\xef\xbb\xbflisten:\r\n  ingest: h:1\r\n", ROUTELESS);
}

static void
a_hostile_flood_of_unknown_keys_makes_a_bounded_report(void **state)
{
	char *flood = repeat("", "a: 1\n", 100000);
	struct loaded l = load(flood);

	(void)state;
	assert_null(l.conf);
	assert_true(l.report.len < 400 * FAULTS_MAX);
	assert_non_null(strstr(buf_text(&l.report), ": and 99500 more faults\n"));
	loaded_fini(&l);
	free(flood);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_is_a_fault),
		cmocka_unit_test(a_config_is_a_map),
		cmocka_unit_test(a_syntax_fault_is_the_only_one_and_has_its_place),
		cmocka_unit_test(anchors_aliases_and_tags_are_refused_in_one_go),
		cmocka_unit_test(aliases_are_never_expanded),
		cmocka_unit_test(a_second_document_is_refused),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(size_and_depth_are_bounded),
		cmocka_unit_test(long_runs_of_quotes_are_refused_and_short_ones_read),
		cmocka_unit_test(json_with_tabs_and_escapes_is_a_config),
		cmocka_unit_test(windows_line_ends_and_a_byte_order_mark_do_no_harm),
		cmocka_unit_test(a_hostile_flood_of_unknown_keys_makes_a_bounded_report),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
