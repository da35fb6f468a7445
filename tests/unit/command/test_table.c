#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "catch.h"
#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/command/table.h"

static const char *const titles[] = {"NAME", "TEAM", "ID", NULL};

static void
row(struct table *table, const char *a, const char *b, const char *c)
{
	table_cell(table, a);
	table_cell(table, b);
	table_cell(table, c);
}

static void
columns_fit_and_never_shrink(void **state)
{
	struct catch c = catch_begin();
	struct table table;
	char *text;

	(void)state;
	table_init(&table, titles);
	row(&table, "pay-prod", NULL, "ws-1");
	row(&table, "\xc3\xa4", "payments", "");
	table_print(&table);
	row(&table, "x", "y", "ws-3");
	table_print(&table);
	table_fini(&table);
	text = catch_end(&c);
	assert_string_equal(text, "NAME      TEAM      ID\n"
	                          "pay-prod  -         ws-1\n"
	                          "\xc3\xa4         payments  -\n"
	                          "x         y         ws-3\n");
	free(text);
}

static void
an_empty_one_prints_nothing(void **state)
{
	struct catch c = catch_begin();
	struct table table;
	char *text;

	(void)state;
	table_init(&table, titles);
	table_print(&table);
	table_fini(&table);
	text = catch_end(&c);
	assert_string_equal(text, "");
	free(text);
}

static void
no_byte_from_outside_steers_the_terminal(void **state)
{
	struct catch c = catch_begin();
	struct table table;
	char *text;

	(void)state;
	table_init(&table, titles);
	row(&table, "a\x1b[2Jb", "c\nd", "\xff");
	table_print(&table);
	table_fini(&table);
	text = catch_end(&c);
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "a\\x1B[2Jb"));
	assert_int_equal(strchr(strchr(text, '\n') + 1, '\n') - text, (long)strlen(text) - 1);
	free(text);
}

static void
what_is_too_long_moves_only_its_own_row(void **state)
{
	struct catch c = catch_begin();
	struct table table;
	char *text, wide[TABLE_WIDTH_MAX + 20];

	(void)state;
	memset(wide, 'w', sizeof wide - 1);
	wide[sizeof wide - 1] = '\0';
	table_init(&table, titles);
	row(&table, wide, "t", "i");
	row(&table, "n", "t", "i");
	table_print(&table);
	table_fini(&table);
	text = catch_end(&c);
	assert_int_equal(strstr(text, "TEAM") - text, TABLE_WIDTH_MAX + 2);
	assert_non_null(strstr(text, "w  t  "));
	free(text);
}

static void
an_age_is_told_in_its_largest_unit(void **state)
{
	static const struct {
		int64_t age;
		const char *text;
	} rows[] = {
		{0, "now"},
		{59 * SECOND_MS, "now"},
		{MINUTE_MS, "1 min ago"},
		{59 * MINUTE_MS, "59 min ago"},
		{HOUR_MS, "1 h ago"},
		{47 * HOUR_MS, "1 d ago"},
		{400 * DAY_MS, "400 d ago"},
		{-HOUR_MS, "now"}, /* the clocks of two machines differ */
	};
	char out[AGE_SIZE];
	const int64_t now = 1772323200000;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(age_text(now - rows[i].age, now, out), rows[i].text);
	assert_null(age_text(0, now, out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_fit_and_never_shrink),
		cmocka_unit_test(an_empty_one_prints_nothing),
		cmocka_unit_test(no_byte_from_outside_steers_the_terminal),
		cmocka_unit_test(what_is_too_long_moves_only_its_own_row),
		cmocka_unit_test(an_age_is_told_in_its_largest_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
