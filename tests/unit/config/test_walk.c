/* One key at a time: lookup, types, what is missing or stands twice. */
#include "common.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/config/value.h"

static void
an_unknown_key_gets_the_nearest_name(void **state)
{
	(void)state;
	assert_faults("lissten: {}\n",
	              "1:1: unknown key \"lissten\" in the config: did you mean \"listen\"?\n");
	assert_faults("listen: {admin_token_fil: x}\n",
	              "1:10: unknown key \"admin_token_fil\" in listen: did you mean "
	              "\"admin_token_file\"?\n");
	assert_faults("sinks: [{name: a, bel: {}}]\n",
	              "1:19: unknown key \"bel\" in sinks: did you mean \"bell\"?\n");
}

static void
without_a_near_name_the_known_ones_are_listed(void **state)
{
	(void)state;
	assert_faults("store: {baseline: x}\n", "1:9: unknown key \"baseline\" in store, where "
	                                        "this version knows url, retention\n");
	assert_faults("sinks: [{name: a, email: {}}]\n",
	              "1:19: unknown key \"email\" in sinks, where this version knows name, bell, "
	              "drum\n");
}

static void
hostile_words_are_escaped_and_cut(void **state)
{
	(void)state;
	assert_fault("\"a\\e[2J\": 1\n", "unknown key \"a\\x1B[2J\"");
	assert_fault("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: 1\n",
	             "xxx...\" in the config");
}

static void
a_key_that_stands_twice_is_told_with_both_places(void **state)
{
	(void)state;
	assert_faults("store:\n  url: sqlite:a\n  retention: 1d\n  url: sqlite:b\n",
	              "4:3: duplicate key \"url\": it stands on line 2 already\n");
}

static void
a_secret_comes_from_one_place(void **state)
{
	(void)state;
	assert_faults("listen: {admin_token_file: one, admin_token_env: X}\n",
	              "1:33: listen takes either admin_token_file or admin_token_env, not both\n");
	assert_faults("listen: {admin_token: abc}\n",
	              "1:10: admin_token is a secret and does not stand in the config: "
	              "use admin_token_file (a path) or admin_token_env (a variable's name)\n");
}

static void
an_item_has_exactly_one_kind(void **state)
{
	(void)state;
	assert_faults("sinks:\n- {name: a}\n", "2:3: one of bell, drum is missing in sinks\n");
	assert_faults("sinks:\n- {name: a, bell: {url: http://h/}, drum: {beats: 1}}\n",
	              "2:37: sinks takes either bell or drum, not both\n");
}

static void
what_is_required_is_missed(void **state)
{
	(void)state;
	assert_faults("sources:\n- letter: {}\nroutes:\n- name: r\n  to: []\n",
	              "2:3: name is missing in sources\n"
	              "2:11: seal_file or seal_env is missing in letter\n"
	              "5:7: to is empty\n");
	assert_faults("sinks:\n- name: a\n  drum:\n", "3:3: beats is missing in drum\n");
}

static void
a_kind_tells_what_else_is_wrong_with_its_keys(void **state)
{
	(void)state;
	assert_faults("sinks: [{name: a, bell: {}}]\n", "1:19: bell: it hangs nowhere\n");
	assert_faults("sinks: [{name: a, bell: {loud: no}}]\n",
	              "1:19: bell: it hangs nowhere\n"
	              "1:32: loud needs true or false without quotes, not \"no\"\n");
	assert_faults("sinks:\n- name: a\n  bell:\n    url: nowhere\n    loud: true\n",
	              "4:10: url needs an http or https URL without a user name\n"
	              "5:11: bell: nobody can pull it\n");
}

static void
what_follows_from_a_refused_value_is_not_told(void **state)
{
	static const char *const ropes[] = {"rope_file: nofile", "rope_file: [x]",
	                                    "rope_file:", "rope: inline", "rope_env: *x"};

	(void)state;
	for (size_t i = 0; i < COUNT(ropes); i++) {
		char *text = mem_fmt("sinks:\n- name: a\n  bell:\n    %s\n    url: http://h/\n"
		                     "    loud: true\n",
		                     ropes[i]);
		struct loaded l = load(text);

		assert_null(l.conf);
		if (strstr(buf_text(&l.report), "pull") != NULL)
			fail_msg("%s: %s", ropes[i], buf_text(&l.report));
		loaded_fini(&l);
		free(text);
	}
}

static void
wrong_types_are_told_and_an_empty_section_is_not_one(void **state)
{
	struct loaded l = load("sources:\ncorrelate: ~\nlisten:\n");

	(void)state;
	assert_non_null(l.conf);
	loaded_fini(&l);
	assert_faults("listen: [a]\nsources: {a: b}\nteams: [a, {name: [x]}, {name: y, buckets: "
	              "z}]\nstore: {url: }\n"
	              "? [k]\n: v\n",
	              "1:9: listen needs a map of keys, not a list\n"
	              "2:10: sources needs a list (lines that begin with \"- \"), not a map\n"
	              "3:9: teams needs a map in each item, not a text\n"
	              "3:19: name needs one value, not a list\n"
	              "3:44: buckets needs a list, also for one: [...], not a text\n"
	              "4:9: url has no value\n"
	              "5:3: a key is a text, not a list\n");
}

struct value_case {
	enum key_type type;
	const char *text;
	int64_t value; /* -1: a fault */
};

static void
numbers_sizes_and_durations(void **state)
{
	static const struct value_case cases[] = {
		{KEY_COUNT, "0", 0},
		{KEY_COUNT, "1024", 1024},
		{KEY_COUNT, "-1", -1},
		{KEY_COUNT, "1e3", -1},
		{KEY_COUNT, "0x10", -1},
		{KEY_COUNT, "9999999999999999999", -1},
		{KEY_COUNT, "", -1},
		{KEY_SIZE, "512", 512},
		{KEY_SIZE, "64k", 65536},
		{KEY_SIZE, "64K", 65536},
		{KEY_SIZE, "1M", 1 << 20},
		{KEY_SIZE, "2G", INT64_C(2) << 30},
		{KEY_SIZE, "1X", -1},
		{KEY_SIZE, "1kB", -1},
		{KEY_SIZE, "k", -1},
		{KEY_SIZE, "999999999999999999G", -1},
		{KEY_DURATION, "10s", 10 * SECOND_MS},
		{KEY_DURATION, "30d", 30 * DAY_MS},
		{KEY_DURATION, "0", 0},
		{KEY_DURATION, "10", -1},
		{KEY_DURATION, "1h30m", -1},
		{KEY_DURATION, "-1s", -1},
		{KEY_DURATION, "99999999999999999d", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct key row = {.name = "k", .type = cases[i].type};
		char *text = mem_str(cases[i].text);
		const struct node node = {.type = NODE_TEXT, .plain = true, .text = text};
		int64_t value = -7;
		char *fault = value_set(&row, &node, "/", &value);

		if ((fault != NULL) != (cases[i].value < 0) ||
		    value != (fault != NULL ? -7 : cases[i].value))
			fail_msg("%s: %s", cases[i].text, fault != NULL ? fault : "taken");
		free(fault);
		free(text);
	}
}

struct address_case {
	const char *text;
	bool fine, local;
};

static void
addresses_and_what_is_loopback(void **state)
{
	static const struct address_case cases[] = {
		{"127.0.0.1:8080", true, true},
		{"127.9.9.9:0", true, true},
		{"[::1]:1", true, true},
		{"localhost:65535", true, true},
		{"unix:/run/a.sock", true, true},
		{"[::ffff:127.0.0.1]:1", true, true},
		{"0.0.0.0:80", true, false},
		{"[::]:80", true, false},
		{"10.0.0.1:80", true, false},
		{"relay.example.com:80", true, false},
		{"127.0.0.1.example.com:80", true, false},
		{"8080", false, false},
		{":8080", false, false},
		{"h:", false, false},
		{"h:65536", false, false},
		{"h:1x", false, false},
		{"::1:80", false, false},
		{"[::1]", false, false},
		{"[x]:1", false, false},
		{"a b:1", false, false},
		{"http://h:1", false, false},
		{"unix:", false, false},
		{"[]:1", false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct key row = {.name = "k", .type = KEY_ADDRESS};
		char *text = mem_str(cases[i].text);
		const struct node node = {.type = NODE_TEXT, .plain = true, .text = text};
		char *value = NULL;
		char *fault = value_set(&row, &node, "/", &value);

		if ((fault == NULL) != cases[i].fine || (value != NULL) != cases[i].fine)
			fail_msg("%s: %s", text, fault != NULL ? fault : "taken");
		if (value != NULL && value_address_is_local(value) != cases[i].local)
			fail_msg("%s: wrong about loopback", text);
		free(fault);
		free(value);
		free(text);
	}
}

static void
texts_have_bounds(void **state)
{
	char *name = mem_alloc(VALUE_LENGTH_MAX + 2);
	char *text;

	(void)state;
	memset(name, 'n', VALUE_LENGTH_MAX + 1);
	text = mem_fmt(
		"links: {base_url: \"\"}\nteams: [{name: %s}, {name: b, buckets: [%.257s, '']}]\n",
		name, name);
	assert_fault(text, "1:19: base_url is empty\n");
	assert_fault(text, "2:16: name is longer than 4096 bytes\n");
	assert_fault(text, ": buckets is longer than 256 bytes\n");
	assert_fault(text, ": buckets is empty\n");
	free(text);
	free(name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_key_gets_the_nearest_name),
		cmocka_unit_test(without_a_near_name_the_known_ones_are_listed),
		cmocka_unit_test(hostile_words_are_escaped_and_cut),
		cmocka_unit_test(a_key_that_stands_twice_is_told_with_both_places),
		cmocka_unit_test(a_secret_comes_from_one_place),
		cmocka_unit_test(an_item_has_exactly_one_kind),
		cmocka_unit_test(what_is_required_is_missed),
		cmocka_unit_test(a_kind_tells_what_else_is_wrong_with_its_keys),
		cmocka_unit_test(what_follows_from_a_refused_value_is_not_told),
		cmocka_unit_test(wrong_types_are_told_and_an_empty_section_is_not_one),
		cmocka_unit_test(numbers_sizes_and_durations),
		cmocka_unit_test(addresses_and_what_is_loopback),
		cmocka_unit_test(texts_have_bounds),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
