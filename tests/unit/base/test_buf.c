#include "tests/unit/base/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"

static void
an_empty_buffer_has_empty_text(void **state)
{
	struct buf b = {0};

	(void)state;
	assert_string_equal(buf_text(&b), "");
	assert_null(b.data);
	buf_reset(&b);
	buf_fini(&b);
}

static void
text_stays_terminated_while_it_grows(void **state)
{
	struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		buf_putc(&b, 'x');
		assert_int_equal(strlen(b.data), i + 1);
		assert_int_equal(b.len, i + 1);
	}
	buf_fini(&b);
	assert_null(b.data);
	assert_int_equal(b.cap, 0);
}

static void
bytes_text_and_formats_follow_each_other(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_add(&b, "a\0b", 3);
	buf_puts(&b, "-cd");
	buf_printf(&b, "-%d%s", 12, "!");
	buf_add(&b, NULL, 0);
	assert_int_equal(b.len, 10);
	assert_memory_equal(b.data, "a\0b-cd-12!", 11);
	buf_fini(&b);
}

static void
numbers_are_written_in_decimal(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_number(&b, 0);
	buf_putc(&b, ' ');
	buf_number(&b, 1090);
	buf_putc(&b, ' ');
	buf_number(&b, SIZE_MAX);
	assert_string_equal(b.data, sizeof(size_t) == 8 ? "0 1090 18446744073709551615"
	                                                : "0 1090 4294967295");
	buf_fini(&b);
}

static void
reset_keeps_the_memory(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_reserve(&b, 500);
	assert_string_equal(buf_text(&b), "");
	buf_puts(&b, "old");

	char *memory = b.data;
	buf_reset(&b);
	assert_string_equal(buf_text(&b), "");
	buf_puts(&b, "new");
	assert_ptr_equal(b.data, memory);
	assert_string_equal(buf_text(&b), "new");
	buf_fini(&b);
}

static void
take_hands_the_memory_over(void **state)
{
	struct buf b = {0};

	(void)state;
	char *nothing = buf_take(&b);
	assert_string_equal(nothing, "");
	buf_puts(&b, "text");
	char *text = buf_take(&b);
	assert_string_equal(text, "text");
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	free(nothing);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_has_empty_text),
		cmocka_unit_test(text_stays_terminated_while_it_grows),
		cmocka_unit_test(bytes_text_and_formats_follow_each_other),
		cmocka_unit_test(numbers_are_written_in_decimal),
		cmocka_unit_test(reset_keeps_the_memory),
		cmocka_unit_test(take_hands_the_memory_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
