#include "tests/unit/base/unit.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay/base/mem.h"

static void
memory_is_zeroed(void **state)
{
	unsigned char *bytes = mem_alloc(100);
	int *numbers = mem_array(10, sizeof(*numbers));

	(void)state;
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(bytes[i], 0);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(numbers[i], 0);
	free(bytes);
	free(numbers);
}

static void
nothing_is_still_memory(void **state)
{
	void *none[] = {mem_alloc(0), mem_array(0, 8), mem_array(8, 0), mem_dup(NULL, 0),
	                mem_grow(NULL, 0, 4)};

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++) {
		assert_non_null(none[i]);
		free(none[i]);
	}
}

static void
grow_keeps_what_was_there(void **state)
{
	char *bytes = mem_dup("abc", 4);

	(void)state;
	bytes = mem_grow(bytes, 1000, 8);
	assert_string_equal(bytes, "abc");
	free(bytes);
}

static void
strings_are_copied(void **state)
{
	char *cut = mem_strn("abcdef", 3);
	char *with_nul = mem_strn("a\0b", 3);
	char *made = mem_fmt("%s-%d", "x", 5);

	(void)state;
	assert_null(mem_str(NULL));
	assert_string_equal(cut, "abc");
	assert_memory_equal(with_nul, "a\0b", 4);
	assert_string_equal(made, "x-5");
	free(cut);
	free(with_nul);
	free(made);
}

static void
a_field_takes_what_is_news(void **state)
{
	char *field = NULL;

	(void)state;
	mem_set(&field, "what was heard of it");
	mem_set(&field, field + 5); /* a part of itself */
	assert_string_equal(field, "was heard of it");
	assert_false(mem_update(&field, NULL));
	assert_false(mem_update(&field, "was heard of it"));
	assert_true(mem_update(&field, ""));
	assert_string_equal(field, "");
	mem_set(&field, NULL);
	assert_null(field);
	assert_true(mem_update(&field, "x"));
	free(field);
}

static void
wiping_nothing_is_fine(void **state)
{
	(void)state;
	mem_wipe_free(NULL, 10);
	mem_wipe_free(mem_str("secret"), 6);
}

/* The signal that ends a child which asks for n items of `size`. */
static int
death_of_array(size_t n, size_t size)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		close(STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		free(mem_array(n, size));
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void
a_product_that_overflows_is_death(void **state)
{
	(void)state;
#ifndef __SANITIZE_ADDRESS__ /* it ends the process itself, in its own way */
#ifndef __SANITIZE_THREAD__
	assert_int_equal(death_of_array(SIZE_MAX / 2, 4), SIGABRT);
#endif
#endif
	assert_int_equal(death_of_array(10, 4), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed),
		cmocka_unit_test(nothing_is_still_memory),
		cmocka_unit_test(grow_keeps_what_was_there),
		cmocka_unit_test(strings_are_copied),
		cmocka_unit_test(a_field_takes_what_is_news),
		cmocka_unit_test(wiping_nothing_is_fine),
		cmocka_unit_test(a_product_that_overflows_is_death),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
