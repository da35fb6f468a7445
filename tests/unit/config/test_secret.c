/* Where secrets come from and what is refused. */
#include "common.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "relay/base/mem.h"
#include "relay/config/secret.h"

static void
assert_file_fault(const char *path, bool plural, const char *part)
{
	struct secret secret = {0};
	struct err err = {0};

	assert_int_equal(secret_from_file(&secret, path, plural, &err), -1);
	assert_int_equal(secret.count, 0);
	if (strstr(err.text, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, err.text);
	assert_non_null(strstr(err.text, path));
}

static void
a_file_gives_its_text_without_the_last_line_end(void **state)
{
	static const char *const texts[] = {"a b", "a b\n", "a b\r\n"};
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct secret secret = {0};

		assert_int_equal(
			secret_from_file(&secret, folder_file("s", texts[i], 0600), false, &err),
			0);
		assert_int_equal(secret.count, 1);
		assert_string_equal(secret.values[0], "a b");
		secret_fini(&secret);
	}
}

static void
a_plural_file_gives_one_key_a_line(void **state)
{
	struct secret secret = {0};
	struct err err;

	(void)state;
	assert_int_equal(secret_from_file(&secret,
	                                  folder_file("s", "\none\r\n\n \t\ntwo\nthree", 0400),
	                                  true, &err),
	                 0);
	assert_int_equal(secret.count, 3);
	assert_string_equal(secret.values[0], "one");
	assert_string_equal(secret.values[1], "two");
	assert_string_equal(secret.values[2], "three");
	secret_fini(&secret);
}

static void
a_file_that_others_can_use_is_refused_and_its_mode_named(void **state)
{
	static const unsigned modes[] = {0644, 0640, 0602, 0601, 0620};

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		char *part = mem_fmt("(mode %04o)", modes[i]);

		assert_file_fault(folder_file("s", "x", modes[i]), true, part);
		free(part);
	}
}

static void
what_is_no_regular_file_is_refused_without_waiting(void **state)
{
	char *fifo = mem_fmt("%s/fifo", folder());

	(void)state;
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_file_fault(fifo, false, "not a regular file");
	assert_file_fault("/dev/zero", false, "not a regular file");
	assert_file_fault(folder(), false, "not a regular file");
	assert_file_fault("/nonexistent/secret", false, "cannot be read");
	free(fifo);
}

static void
what_is_no_secret_is_refused(void **state)
{
	char *long_text = mem_alloc(SECRET_FILE_MAX + 2);

	(void)state;
	assert_file_fault(folder_file("s", "", 0600), false, "it is empty");
	assert_file_fault(folder_file("s", "\n", 0600), false, "it is empty");
	assert_file_fault(folder_file("s", " \n\r\n", 0600), true, "it is empty");
	assert_file_fault(folder_file("s", "\xef\xbb\xbfkey\n", 0600), true,
	                  "it begins with a byte order mark: save it without");
	assert_file_fault(folder_file("s", "a\nb\n", 0600), false, "more than one line");
	assert_file_fault(folder_file("s", "a\tb\n", 0600), false, "control byte");
	assert_file_fault(folder_file("s",
	                              "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n",
	                              0600),
	                  true, "more than 16 keys");
	memset(long_text, 'x', SECRET_FILE_MAX + 1);
	assert_file_fault(folder_file("s", long_text, 0600), true, "larger than 65536 bytes");
	free(long_text);
}

static void
a_variable_is_read_once_and_not_passed_on(void **state)
{
	struct secret first = {0}, again = {0};
	struct err err;

	(void)state;
	setenv("DRIFTBELL_TEST_SECRET", "k1\nk2", 1);
	assert_int_equal(secret_from_env(&first, "DRIFTBELL_TEST_SECRET", true, &err), 0);
	assert_null(getenv("DRIFTBELL_TEST_SECRET"));
	assert_int_equal(first.count, 2);
	assert_int_equal(secret_from_env(&again, "DRIFTBELL_TEST_SECRET", true, &err), 0);
	assert_true(secret_equal(&first, &again));
	assert_string_equal(again.origin, "environment variable DRIFTBELL_TEST_SECRET");
	secret_fini(&first);
	secret_fini(&again);
}

static void
a_variable_that_is_unset_empty_or_no_name_is_refused(void **state)
{
	struct secret secret = {0};
	struct err err;

	(void)state;
	unsetenv("DRIFTBELL_TEST_UNSET");
	assert_int_equal(secret_from_env(&secret, "DRIFTBELL_TEST_UNSET", false, &err), -1);
	assert_non_null(strstr(err.text, "DRIFTBELL_TEST_UNSET: it is not set"));
	setenv("DRIFTBELL_TEST_EMPTY", "", 1);
	assert_int_equal(secret_from_env(&secret, "DRIFTBELL_TEST_EMPTY", false, &err), -1);
	assert_non_null(strstr(err.text, "it is empty"));
	assert_int_equal(secret_from_env(&secret, "A=B", false, &err), -1);
	assert_int_equal(secret.count, 0);
}

static void
no_message_holds_a_byte_of_a_secret(void **state)
{
	char *text = mem_fmt("sources:\n"
	                     "- {name: a, letter: {seal: hunter2}}\n"
	                     "- {name: b, letter: {seal_file: %s}}\n"
	                     "sinks:\n"
	                     "- {name: c, bell: {url: 'ftp://hunter2'}}\n",
	                     folder_file("loose", "hunter2", 0644));
	struct loaded l = load(text);

	(void)state;
	assert_null(l.conf);
	assert_non_null(strstr(buf_text(&l.report), "use seal_file (a path) or seal_env"));
	assert_null(strstr(buf_text(&l.report), "hunter2"));
	loaded_fini(&l);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_gives_its_text_without_the_last_line_end),
		cmocka_unit_test(a_plural_file_gives_one_key_a_line),
		cmocka_unit_test(a_file_that_others_can_use_is_refused_and_its_mode_named),
		cmocka_unit_test(what_is_no_regular_file_is_refused_without_waiting),
		cmocka_unit_test(what_is_no_secret_is_refused),
		cmocka_unit_test(a_variable_is_read_once_and_not_passed_on),
		cmocka_unit_test(a_variable_that_is_unset_empty_or_no_name_is_refused),
		cmocka_unit_test(no_message_holds_a_byte_of_a_secret),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
