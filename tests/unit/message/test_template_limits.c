#include "tests/unit/message/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "tests/unit/message/mustache.h"

static void
repeat(struct buf *out, const char *text, size_t times)
{
	while (times-- > 0)
		buf_puts(out, text);
}

static void
check_faults(struct buf *text, const char *expected)
{
	char *got = mustache_faults(buf_text(text), ESCAPE_TEXT, false);

	assert_string_equal(got, expected);
	free(got);
	buf_fini(text);
}

static json_t *
list_of(const json_t *member, size_t count)
{
	json_t *list = json_array();

	while (count-- > 0)
		json_array_append(list, (json_t *)member);
	return list;
}

/* -1 and the limit's words, with no more out than is allowed. */
static void
check_stops(const char *text, const json_t *partials, json_t *data, const char *words)
{
	const struct template_options options = {ESCAPE_HTML, false};
	int64_t begun = clock_mono_ms();
	struct faults faults = {0};
	struct buf out = {0};
	struct err err = {0};
	struct mustache m;

	assert_int_equal(mustache_compile(&m, text, partials, &options, &faults), 0);
	assert_int_equal(mustache_render(&m, data, &out, &err), -1);
	if (strstr(err.text, words) == NULL)
		fail_msg("%s: %s", text, err.text);
	assert_true(out.len <= TEMPLATE_OUTPUT_MAX);
	assert_true(clock_mono_ms() - begun < 20 * SECOND_MS);
	mustache_free(&m);
	buf_fini(&out);
	json_decref(data);
}

static void
a_file_has_a_size(void **state)
{
	struct buf text = {0};

	(void)state;
	repeat(&text, "x", TEMPLATE_SIZE_MAX);
	check_faults(&text, "");
	repeat(&text, "x", TEMPLATE_SIZE_MAX + 1);
	check_faults(&text, "1:1: the template is larger than 64 KiB\n");
}

static void
sections_have_a_depth(void **state)
{
	struct buf text = {0};

	(void)state;
	repeat(&text, "{{#a}}", TEMPLATE_DEPTH_MAX);
	repeat(&text, "{{/a}}", TEMPLATE_DEPTH_MAX);
	check_faults(&text, "");
	repeat(&text, "{{#a}}", TEMPLATE_DEPTH_MAX + 5);
	repeat(&text, "{{/a}}", TEMPLATE_DEPTH_MAX + 5);
	check_faults(&text, "1:193: sections are nested more than 32 deep\n");
	/* As many as a file holds. */
	repeat(&text, "{{#a}}", TEMPLATE_SIZE_MAX / 6);
	char *got = mustache_faults(buf_text(&text), ESCAPE_TEXT, false);
	assert_non_null(strstr(got, "1:1: the section \"a\" has no end\n"));
	assert_non_null(strstr(got, "more faults\n"));
	free(got);
	buf_fini(&text);
}

static void
names_and_partials_are_bounded(void **state)
{
	struct buf text = {0};

	(void)state;
	buf_puts(&text, "{{");
	repeat(&text, "n", 256);
	buf_puts(&text, "}}");
	check_faults(&text, "1:3: a name of more than 255 bytes\n");
	for (int i = 0; i < 65; i++)
		buf_printf(&text, "{{>p%02d}}", i);
	check_faults(&text, "1:513: more than 64 partials\n");
}

static void
only_text_is_taken(void **state)
{
	const struct template_options options = {ESCAPE_TEXT, false};
	struct faults faults = {0};
	struct buf report = {0};
	struct template *t;

	(void)state;
	assert_int_equal(template_compile(&t, "a\nb\0c", 5, &options, (struct template_place){1, 1},
	                                  &faults),
	                 -1);
	assert_int_equal(template_compile(&t, "a\n\xff", 3, &options, (struct template_place){1, 1},
	                                  &faults),
	                 -1);
	assert_null(t);
	faults_report(&faults, "f", &report);
	assert_string_equal(buf_text(&report), "f:2:1: this is not UTF-8\nf:2:2: a NUL byte\n");
	faults_fini(&faults);
	buf_fini(&report);
}

static void
long_lists_are_no_matter(void **state)
{
	const struct template_options options = {ESCAPE_HTML, true};
	json_t *member = json_pack("{s:s, s:{s:i}}", "name", "a<b", "o", "n", 1);
	json_t *data = json_pack("{s:o, s:s}", "l", list_of(member, 10000), "x", "y");
	int64_t begun = clock_mono_ms();
	struct faults faults = {0};
	struct buf out = {0};
	struct err err = {0};
	struct mustache m;

	(void)state;
	assert_int_equal(mustache_compile(&m,
	                                  "{{#l}}\n<b>{{name}}{{o.n}}{{x}}{{#no}}z{{/no}}</b>\n"
	                                  "{{/l}}\n",
	                                  NULL, &options, &faults),
	                 0);
	assert_int_equal(mustache_render(&m, data, &out, &err), 0);
	assert_int_equal(out.len, 10000 * strlen("<b>a&lt;b1y</b>\n"));
	assert_true(clock_mono_ms() - begun < 5 * SECOND_MS);
	mustache_free(&m);
	buf_fini(&out);
	json_decref(member);
	json_decref(data);
}

static void
the_output_has_a_size(void **state)
{
	json_t *number = json_integer(1);
	char *big = mem_alloc(300001);

	(void)state;
	memset(big, '<', 300000);
	check_stops("{{s}}", NULL, json_pack("{s:s}", "s", big), "256 KiB");
	check_stops("{{{s}}}", NULL, json_pack("{s:s}", "s", big), "256 KiB");
	big[100000] = '\0';
	check_stops("{{s}}", NULL, json_pack("{s:s}", "s", big), "256 KiB");
	check_stops("{{#l}}1234567890123456789012345678901234567890{{/l}}", NULL,
	            json_pack("{s:o}", "l", list_of(number, 10000)), "256 KiB");
	free(big);
	json_decref(number);
}

static void
a_rendering_has_so_many_steps(void **state)
{
	json_t *number = json_integer(1);
	json_t *list = list_of(number, 1000);
	struct buf text = {0};
	char *big = mem_alloc(1000001);

	(void)state;
	check_stops("{{#l}}{{/l}}", NULL, json_pack("{s:o}", "l", list_of(number, 200000)),
	            "200000 steps");
	check_stops("{{#l}}{{#l}}{{/l}}{{/l}}", NULL, json_pack("{s:O}", "l", list),
	            "200000 steps");
	/* A long value that leaves nothing costs, too. */
	memset(big, 'x', 1000000);
	check_stops("{{#l}}{{s | upper | trunc 1}}{{/l}}", NULL,
	            json_pack("{s:O, s:s}", "l", list, "s", big), "200000 steps");
	check_stops("{{#l}}{{s | trunc 1}}{{/l}}", NULL,
	            json_pack("{s:O, s:s}", "l", list, "s", big), "200000 steps");
	check_stops("{{#l}}{{s | link 'x'}}{{/l}}", NULL,
	            json_pack("{s:O, s:s}", "l", list, "s", big), "200000 steps");
	check_stops("{{#l}}{{#l}}{{o | link 'x'}}{{/l}}{{/l}}", NULL,
	            json_pack("{s:O, s:{s:s}}", "l", list, "o", "s", big), "200000 steps");
	for (size_t i = 0; i + 3 <= 1000000; i += 3)
		memcpy(big + i, "\xe2\x80\xae", 3);
	big[999999] = '\0';
	check_stops("{{#l}}{{s}}{{/l}}", NULL, json_pack("{s:O, s:s}", "l", list, "s", big),
	            "200000 steps");
	check_stops("{{#l}}{{o}}{{/l}}", NULL,
	            json_pack("{s:O, s:{s:s}}", "l", list, "o", "s", big), "200000 steps");
	/* So do zones that are read anew each time. */
	check_stops(
		"{{#l}}{{t | date '%p' 'Europe/Berlin'}}{{t | date '%p' 'Asia/Tokyo'}}{{/l}}", NULL,
		json_pack("{s:o, s:s}", "l", list_of(number, 5000), "t", "2026-01-15T09:30:00Z"),
		"200000 steps");
	/* And names that are looked for in many contexts. */
	repeat(&text, "{{#o}}", 31);
	repeat(&text, "{{#l}}", 1);
	repeat(&text, "{{a}}{{b}}{{c}}{{d}}{{e}}{{f}}{{g}}{{h}}{{i}}{{j}}", 10);
	repeat(&text, "{{/l}}", 1);
	repeat(&text, "{{/o}}", 31);
	check_stops(buf_text(&text), NULL, json_pack("{s:O, s:{s:i}}", "l", list, "o", "x", 1),
	            "200000 steps");
	buf_fini(&text);
	free(big);
	json_decref(list);
	json_decref(number);
}

static void
partials_have_a_depth(void **state)
{
	json_t *partials = json_pack("{s:s, s:s}", "p", "x{{>p}}", "q", "{{#.}}{{>q}}{{/.}}");
	json_t *twice = json_pack("{s:s}", "p", "{{#d}}{{>p}}{{>p}}{{/d}}");

	(void)state;
	check_stops("{{>p}}", partials, json_object(), "more than 16 deep");
	check_stops("{{>q}}", partials, json_pack("{s:i}", "x", 1), "more than 16 deep");
	check_stops("  {{>p}}\n", twice, json_pack("{s:b}", "d", 1), "more than 16 deep");
	json_decref(partials);
	json_decref(twice);
}

/* Every partial opens as many sections as it may: the deepest there is. */
static void
both_depths_at_once(void **state)
{
	struct buf text = {0};
	json_t *partials = json_object();

	(void)state;
	repeat(&text, "{{#.}}", TEMPLATE_DEPTH_MAX);
	buf_puts(&text, "\n  {{>p}}\n");
	repeat(&text, "{{/.}}", TEMPLATE_DEPTH_MAX);
	json_object_set_new(partials, "p", json_string(buf_text(&text)));
	check_stops(buf_text(&text), partials, json_pack("{s:i}", "x", 1), "more than 16 deep");
	json_decref(partials);
	buf_fini(&text);
}

static void
a_filter_that_fails_tells_its_tag(void **state)
{
	(void)state;
	check_stops("a{{x.y | upper | date}}", NULL, json_pack("{s:{s:s}}", "x", "y", "z"),
	            "{{x.y}}: the filter \"date\" takes an RFC 3339 time");
}

static void
a_budget_is_shared(void **state)
{
	const struct template_options options = {ESCAPE_TEXT, true};
	static const struct template_env env = {0};
	struct template_budget left = {.steps = 7, .output = 5};
	json_t *outer = json_pack("{s:s, s:s}", "a", "1", "b", "2");
	json_t *inner = json_pack("{s:s}", "b", "3");
	const json_t *stack[] = {outer, inner};
	struct faults faults = {0};
	struct buf out = {0};
	struct err err = {0};
	struct template *t;

	(void)state;
	assert_int_equal(template_compile(&t, "{{a}}{{b}}", 10, &options,
	                                  (struct template_place){1, 1}, &faults),
	                 0);
	assert_int_equal(template_render_in(t, stack, 2, &env, &left, &out, &err), 0);
	assert_int_equal(template_render_in(t, stack, 1, &env, &left, &out, &err), 0);
	assert_int_equal(template_render_in(t, stack, 2, &env, &left, &out, &err), -1);
	assert_string_equal(out.data, "13121");
	assert_int_equal(left.output, 0);
	assert_string_equal(json_string_value(template_lookup("b", stack, 2)), "3");
	assert_ptr_equal(template_lookup(".", stack, 2), inner);
	assert_null(template_lookup("c", stack, 2));
	template_free(t);
	buf_fini(&out);
	json_decref(outer);
	json_decref(inner);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_has_a_size),
		cmocka_unit_test(sections_have_a_depth),
		cmocka_unit_test(names_and_partials_are_bounded),
		cmocka_unit_test(only_text_is_taken),
		cmocka_unit_test(long_lists_are_no_matter),
		cmocka_unit_test(the_output_has_a_size),
		cmocka_unit_test(a_rendering_has_so_many_steps),
		cmocka_unit_test(partials_have_a_depth),
		cmocka_unit_test(both_depths_at_once),
		cmocka_unit_test(a_filter_that_fails_tells_its_tag),
		cmocka_unit_test(a_budget_is_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
