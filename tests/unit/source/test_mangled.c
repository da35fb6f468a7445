/*
 * Every value of every golden body is taken away or replaced by one of
 * another type, one at a time: nothing crashes, and what holds for all events
 * holds for what comes out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "tests/unit/source/cases.h"
#include "tests/unit/source/event_check.h"
#include "tests/unit/source/picks_check.h"

#define DEEP_MAX 16

struct mangle {
	const struct golden_case *one;
	json_t *body;
	size_t count;
};

static void
must_hold(struct mangle *m, const char *where)
{
	const struct source_kind *kind = m->one->kind;
	char *text = json_dumps(m->body, JSON_COMPACT | JSON_ENCODE_ANY);
	const char *fault = picks_check(kind, text, strlen(text));
	struct event event;

	kind->normalize(m->body, &event);
	if (fault == NULL)
		fault = event_check(&event);
	if (fault != NULL)
		fail_msg("%s, \"%s\" changed: %s", m->one->name, where, fault);
	event_fini(&event);
	free(text);
	m->count++;
}

/* A new value of each type; NULL after the last. */
static json_t *
replacement(int i)
{
	char *text;
	json_t *value;

	switch (i) {
	case 0:
		return json_null();
	case 1:
		return json_true();
	case 2:
		return json_integer(-1);
	case 3:
		return json_real(1e300);
	case 4:
		return json_string("");
	case 5:
		return json_string("\xf0\x9f\x90\x9b\x01 / \" %s");
	case 6:
		return json_array();
	case 7:
		return json_object();
	case 8:
		return json_pack("[{s:s}, n, i, [[]]]", "trigger", "x", 7);
	case 9:
		text = mem_alloc(5001);
		memset(text, 'a', 5000);
		value = json_string(text);
		free(text);
		return value;
	default:
		return NULL;
	}
}

static void mangle_below(struct mangle *, json_t *value, int depth);

static void
mangle_member(struct mangle *m, json_t *object, const char *name, int depth)
{
	json_t *kept = json_incref(json_object_get(object, name));
	json_t *value;

	for (int i = 0; (value = replacement(i)) != NULL; i++) {
		json_object_set_new(object, name, value);
		must_hold(m, name);
	}
	json_object_del(object, name);
	must_hold(m, name);
	json_object_set_new(object, name, kept);
	mangle_below(m, kept, depth + 1);
}

static void
mangle_element(struct mangle *m, json_t *array, size_t at, int depth)
{
	json_t *kept = json_incref(json_array_get(array, at));
	json_t *value;

	for (int i = 0; (value = replacement(i)) != NULL; i++) {
		json_array_set_new(array, at, value);
		must_hold(m, "an element");
	}
	json_array_remove(array, at);
	must_hold(m, "an element");
	json_array_insert_new(array, at, kept);
	mangle_below(m, kept, depth + 1);
}

static void
mangle_below(struct mangle *m, json_t *value, int depth)
{
	if (depth > DEEP_MAX)
		return;
	if (json_is_array(value))
		for (size_t i = 0; i < json_array_size(value); i++)
			mangle_element(m, value, i, depth);
	if (!json_is_object(value))
		return;

	/* By a list of the names, because putting a member back changes the order. */
	json_t *names = json_array();
	const char *name;
	json_t *ignored;
	json_object_foreach(value, name, ignored) json_array_append_new(names, json_string(name));
	for (size_t i = 0; i < json_array_size(names); i++)
		mangle_member(m, value, json_string_value(json_array_get(names, i)), depth);
	json_decref(names);
}

static void
mangled_bodies_never_break_what_holds(void **state)
{
	size_t count, total = 0;
	struct golden_case *cases = cases_find(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct mangle m = {.one = &cases[i],
		                   .body = file_tree(cases[i].folder, "input.json")};

		mangle_below(&m, m.body, 0);
		total += m.count;
		json_decref(m.body);
	}
	cases_free(cases, count);
	assert_true(total > 1000);
}

static void
bodies_that_are_no_objects_are_unknown(void **state)
{
	json_t *value;

	(void)state;
	for (int i = 0; (value = replacement(i)) != NULL; i++) {
		for (size_t k = 0; source_kinds[k] != NULL; k++) {
			struct json_picks picks;
			struct buf identity = {0};
			struct event event;

			json_pick_tree(value, source_kinds[k]->wants, &picks);
			assert_false(source_kinds[k]->is_verification(&picks));
			assert_false(source_kinds[k]->identity(&picks, &identity));
			buf_fini(&identity);
			source_kinds[k]->normalize(value, &event);
			assert_int_equal(event.type, EVENT_UNKNOWN);
			event_fini(&event);
			assert_null(event.body);
		}
		json_decref(value);
	}
}

static void
every_kind_reads_every_other_kinds_bodies(void **state)
{
	size_t count;
	struct golden_case *cases = cases_find(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct golden_case as_other = cases[i];
		struct mangle m = {.one = &as_other,
		                   .body = file_tree(cases[i].folder, "input.json")};

		for (size_t k = 0; source_kinds[k] != NULL; k++) {
			as_other.kind = source_kinds[k];
			must_hold(&m, "nothing");
		}
		json_decref(m.body);
	}
	cases_free(cases, count);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mangled_bodies_never_break_what_holds),
		cmocka_unit_test(bodies_that_are_no_objects_are_unknown),
		cmocka_unit_test(every_kind_reads_every_other_kinds_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
