#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "relay/config/faults.h"

static void
assert_report(struct faults *faults, const char *expected)
{
	struct buf report = {0};

	faults_report(faults, "f", &report);
	assert_string_equal(buf_text(&report), expected);
	buf_fini(&report);
	faults_fini(faults);
}

static void
they_are_told_in_the_order_of_the_file(void **state)
{
	struct faults faults = {0};

	(void)state;
	faults_add(&faults, 2, 1, "third");
	faults_warn(&faults, 1, 7, "second");
	faults_add(&faults, 1, 2, "first");
	assert_int_equal(faults.errors, 2);
	assert_report(&faults, "f:1:2: first\nf:1:7: warning: second\nf:2:1: third\n");
}

static void
behind(int *line, int *column, const void *arg)
{
	*column += *line == 1 ? *(const int *)arg : 0;
	*line += 4;
}

static void
moved_ones_are_where_their_text_stands(void **state)
{
	static const int indentation = 10;
	struct faults into = {0}, from = {0};

	(void)state;
	faults_add(&into, 9, 9, "of its own");
	faults_add(&from, 1, 3, "inside");
	faults_warn(&from, 2, 3, "mind");
	faults_move(&into, &from, behind, &indentation);
	assert_int_equal(into.errors, 2);
	assert_int_equal(from.count, 0);
	assert_report(&into, "f:5:13: inside\nf:6:3: warning: mind\nf:9:9: of its own\n");
}

static void
what_is_there_already_is_not_told_twice(void **state)
{
	struct faults into = {0}, from = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		faults_add(&from, 1, 1, "same");
		faults_add(&from, 1, 2, "same");
		faults_warn(&from, 1, 1, "same");
		faults_move(&into, &from, NULL, NULL);
	}
	assert_int_equal(into.errors, 2);
	assert_report(&into, "f:1:1: same\nf:1:1: warning: same\nf:1:2: same\n");
}

static void
those_only_counted_stay_counted(void **state)
{
	struct faults into = {0}, from = {0};

	(void)state;
	for (int i = 0; i < FAULTS_MAX + 20; i++)
		faults_add(&from, i + 1, 1, "one");
	assert_int_equal(from.dropped, 20);
	faults_move(&into, &from, NULL, NULL);
	assert_int_equal(into.errors, FAULTS_MAX + 20);
	assert_int_equal(into.dropped, 20);
	faults_fini(&into);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_told_in_the_order_of_the_file),
		cmocka_unit_test(moved_ones_are_where_their_text_stands),
		cmocka_unit_test(what_is_there_already_is_not_told_twice),
		cmocka_unit_test(those_only_counted_stay_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
