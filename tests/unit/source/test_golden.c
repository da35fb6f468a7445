/*
 * Each folder tests/data/KIND/CASE holds a body, input.json, and what the
 * source makes of it, event.json.  A new case needs only a new folder:
 *
 *	DRIFTBELL_GOLDEN=write build/dev/tests/test_source_golden
 *
 * writes every event.json anew; read what changed before keeping it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "tests/unit/source/cases.h"
#include "tests/unit/source/event_check.h"
#include "tests/unit/source/event_dump.h"

#define DUMP_FLAGS (JSON_INDENT(2) | JSON_ENSURE_ASCII)

static json_t *
read_as(const struct source_kind *kind, json_t *body)
{
	struct event event;
	struct json_picks picks;
	struct buf identity = {0};
	bool told;
	json_t *seen;

	json_pick_tree(body, kind->wants, &picks);
	told = kind->identity(&picks, &identity);
	kind->normalize(body, &event);
	assert_null(event_check(&event));
	seen = json_pack("{s:b, s:o, s:o}", "verification", kind->is_verification(&picks),
	                 "identity", json_text_or_null(told ? identity.data : NULL), "event",
	                 event_dump(&event));
	event_fini(&event);
	buf_fini(&identity);
	return seen;
}

static void
case_is_read_as_written_down(void **state)
{
	const struct golden_case *one = *state;
	const char *mode = getenv("DRIFTBELL_GOLDEN");
	json_t *body = file_tree(one->folder, "input.json");
	json_t *seen = read_as(one->kind, body);

	if (mode != NULL && strcmp(mode, "write") == 0) {
		char *path = mem_fmt("%s/event.json", one->folder);

		assert_int_equal(json_dump_file(seen, path, DUMP_FLAGS), 0);
		free(path);
	}
	json_t *wanted = file_tree(one->folder, "event.json");
	if (!json_equal(seen, wanted)) {
		char *text = json_dumps(seen, DUMP_FLAGS);

		print_error("%s is read as:\n%s\n", one->name, text);
		free(text);
		fail();
	}
	json_decref(wanted);
	json_decref(seen);
	json_decref(body);
}

int
main(void)
{
	size_t count;
	struct golden_case *cases = cases_find(&count);
	struct CMUnitTest *tests = mem_array(count, sizeof(*tests));
	int failed;

	for (size_t i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].name,
			.test_func = case_is_read_as_written_down,
			.initial_state = &cases[i],
		};
	failed = _cmocka_run_group_tests("golden cases", tests, count, NULL, NULL);
	free(tests);
	cases_free(cases, count);
	return failed;
}
