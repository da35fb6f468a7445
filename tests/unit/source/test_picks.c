/*
 * Acceptance picks what it needs from a body's text; planning reads the tree.
 * Both must see the same: on every golden body, on those of ../shared/fixtures
 * where that folder is, as any kind, and on thousands with faults in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "tests/unit/source/cases.h"
#include "tests/unit/source/picks_check.h"

#define FAULTY_COPIES 120

struct body {
	char *text;
	size_t len;
	char *path;
};

struct bodies {
	struct body *items;
	size_t count;
};

static void
add_files(struct bodies *bodies, const char *pattern)
{
	glob_t found = {0};

	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	bodies->items =
		mem_grow(bodies->items, bodies->count + found.gl_pathc, sizeof(*bodies->items));
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct body *body = &bodies->items[bodies->count++];

		body->path = mem_str(found.gl_pathv[i]);
		body->text = file_read(".", body->path, &body->len);
		assert_non_null(body->text);
	}
	globfree(&found);
}

static int
find_bodies(void **state)
{
	struct bodies *bodies = mem_alloc(sizeof(*bodies));

	add_files(bodies, "tests/data/*/*/input.json");
	add_files(bodies, "../shared/fixtures/*/*.json");
	*state = bodies;
	return bodies->count > 0 ? 0 : -1;
}

static int
free_bodies(void **state)
{
	struct bodies *bodies = *state;

	for (size_t i = 0; i < bodies->count; i++) {
		free(bodies->items[i].text);
		free(bodies->items[i].path);
	}
	free(bodies->items);
	free(bodies);
	return 0;
}

static void
check(const struct source_kind *kind, const char *text, size_t len, const char *path)
{
	char *exact = mem_dup(text, len); /* no NUL: an overrun shows */
	const char *fault = picks_check(kind, exact, len);

	if (fault != NULL)
		fail_msg("%s: %s of %.*s", path, fault, (int)len, text);
	free(exact);
}

static void
texts_and_trees_say_the_same(void **state)
{
	const struct bodies *bodies = *state;

	for (size_t i = 0; i < bodies->count; i++)
		for (size_t k = 0; source_kinds[k] != NULL; k++)
			check(source_kinds[k], bodies->items[i].text, bodies->items[i].len,
			      bodies->items[i].path);
}

/* json_pick() looks no further (json_pick.h). */
static void
the_rows_in_one_stand_together(void **state)
{
	(void)state;
	for (size_t k = 0; source_kinds[k] != NULL; k++) {
		const struct json_want *wants = source_kinds[k]->wants;

		for (int row = 1; wants[row].name != NULL; row++)
			for (int before = 0; before < row - 1; before++)
				if (wants[before].in == wants[row].in)
					assert_int_equal(wants[row - 1].in, wants[row].in);
	}
}

/* Else the picks would be no gain. */
static void
what_senders_send_needs_no_tree(void **state)
{
	size_t count;
	struct golden_case *cases = cases_find(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		size_t len;
		char *text = file_read(cases[i].folder, "input.json", &len);
		struct json_picks picks;
		struct err err;

		assert_int_equal(json_pick(text, len, cases[i].kind->wants, &picks, &err),
		                 JSON_TREE);
		if (picks.tree != NULL)
			fail_msg("%s needs a tree", cases[i].name);
		json_picks_fini(&picks);
		free(text);
	}
	cases_free(cases, count);
}

/* The same numbers in every run. */
static size_t
any_below(uint32_t *seed, size_t end)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % end;
}

/* What one of the parsers might see with other eyes. */
static const char *const snippets[] = {
	"\"",
	"\\",
	"{",
	"}",
	"[",
	"]",
	",",
	":",
	"0",
	"-",
	".",
	"e9",
	" ",
	"\t",
	"\x80",
	"\xed\xa0\x80",
	"\x01",
	"\\u0000",
	"\\ud83d",
	"\\ud83d\\ude00",
	"\\u0061",
	"\\/",
	"null",
	"1e999",
	"9223372036854775807",
	"9223372036854775808",
	"-0.000000000000000000001",
	"\"run_id\":\"run-2\",",
	"\"trigger\":\"verification\",",
	"\"trigger\":null,",
	"\"r\\u0075n_id\":\"run-3\",",
	"\"event_id\":\"\",",
	"\"eventId\":[{}],",
	"\"task_result_id\":\"taskrs-\\\"2\",",
	"\"details\":{\"new_assessment_result\":{\"id\":\"1\",\"id\":\"2\"}},",
	"\"notifications\":{\"0\":{\"trigger\":\"verification\"}},",
	"{\"trigger\":\"run:errored\",\"run_status\":\"errored\",\"run_updated_at\":\"x\"},",
	"\"details.workspace_id\":\"ws-1\",",
	"\"\":1,",
	"\"\":{\"\":[[],[]]},",
};

/* One fault more: a byte changed, a piece taken out, one doubled, or a snippet put in. */
static void
spoil(struct buf *text, uint32_t *seed)
{
	size_t at = any_below(seed, text->len), how = any_below(seed, 8);
	size_t len = any_below(seed, 40) + 1;
	const char *snippet = snippets[any_below(seed, COUNT(snippets))];
	struct buf out = {0};

	if (len > text->len - at)
		len = text->len - at;
	/* Half of them behind a comma or bracket, where a member or element may begin. */
	if (how >= 4)
		at += strcspn(text->data + at, ",{[");
	if (at < text->len && how >= 4)
		at++;
	buf_add(&out, text->data, at);
	if (how == 0)
		at += len;
	else if (how == 1)
		buf_add(&out, text->data + at, len);
	else
		buf_puts(&out, snippet);
	if (how == 2 && at < text->len)
		at++;
	buf_add(&out, text->data + at, text->len - at);
	buf_fini(text);
	*text = out;
}

static void
faulty_texts_and_trees_say_the_same(void **state)
{
	const struct bodies *bodies = *state;
	uint32_t seed = 2026;

	for (size_t i = 0; i < bodies->count; i++) {
		for (size_t n = 0; n < FAULTY_COPIES; n++) {
			struct buf text = {0};

			buf_add(&text, bodies->items[i].text, bodies->items[i].len);
			for (size_t more = any_below(&seed, 3) + 1; more > 0 && text.len > 0;
			     more--)
				spoil(&text, &seed);
			check(source_kinds[any_below(&seed, 3)], text.data, text.len,
			      bodies->items[i].path);
			buf_fini(&text);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_and_trees_say_the_same),
		cmocka_unit_test(the_rows_in_one_stand_together),
		cmocka_unit_test(what_senders_send_needs_no_tree),
		cmocka_unit_test(faulty_texts_and_trees_say_the_same),
	};

	return cmocka_run_group_tests(tests, find_bodies, free_bodies);
}
