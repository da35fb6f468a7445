#include "tests/unit/base/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"

/* Standard error goes to a file of no name while a test logs. */
static int real_stderr = -1;
static int catcher = -1;

static int
catch_begin(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	if (file == NULL)
		return -1;
	fflush(stderr);
	real_stderr = dup(STDERR_FILENO);
	catcher = dup(fileno(file));
	dup2(catcher, STDERR_FILENO);
	fclose(file);
	log_level_set(LOG_INFO);
	return 0;
}

static int
catch_end(void **state)
{
	(void)state;
	if (real_stderr >= 0) {
		dup2(real_stderr, STDERR_FILENO);
		close(real_stderr);
		close(catcher);
		real_stderr = -1;
	}
	return 0;
}

/* What was logged so far; standard error is itself again. */
static char *
caught(void)
{
	off_t size = lseek(catcher, 0, SEEK_END);
	char *text = mem_alloc((size_t)size + 1);
	ssize_t got = pread(catcher, text, (size_t)size, 0);

	dup2(real_stderr, STDERR_FILENO);
	assert_int_equal(got, size);
	return text;
}

/* The line without its time, which is checked and cut. */
static const char *
behind_time(const char *line)
{
	char time[TIME_TEXT_SIZE];
	int64_t ms;

	assert_int_equal(strncmp(line, "ts=", 3), 0);
	snprintf(time, sizeof(time), "%.*s", (int)strcspn(line + 3, " "), line + 3);
	assert_true(time_parse(time, &ms));
	return strchr(line, ' ') + 1;
}

static void
check_value(const char *value, const char *expected)
{
	void *state = NULL;

	assert_int_equal(catch_begin(&state), 0);
	log_info("m", "k", value, LOG_END);
	char *line = caught();
	catch_end(&state);

	char *whole = mem_fmt("level=info msg=m%s\n", expected);
	assert_string_equal(behind_time(line), whole);
	free(whole);
	free(line);
}

static void
a_line_has_time_level_message_and_pairs(void **state)
{
	(void)state;
	log_warn("delivery sent", "delivery", "dlv_01J", "count", LOG_NUM(-7), LOG_END);
	char *line = caught();
	assert_string_equal(behind_time(line),
	                    "level=warn msg=\"delivery sent\" delivery=dlv_01J count=-7\n");
	free(line);
}

static void
lines_below_the_level_are_not_written(void **state)
{
	(void)state;
	log_debug("no", LOG_END);
	log_info("yes", LOG_END);
	log_level_set(LOG_ERROR);
	log_warn("no", LOG_END);
	log_error("yes", LOG_END);
	log_level_set(LOG_DEBUG);
	log_debug("yes", LOG_END);
	char *text = caught();
	assert_null(strstr(text, "msg=no"));
	size_t lines = 0;
	for (const char *c = text; *c != '\0'; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 3);
	free(text);
}

static void
a_pair_without_value_is_left_out(void **state)
{
	(void)state;
	log_info("m", "a", NULL, "b", "2", LOG_END);
	char *line = caught();
	assert_string_equal(behind_time(line), "level=info msg=m b=2\n");
	free(line);
}

static void
values_cannot_forge_a_line(void **state)
{
	(void)state;
	check_value("plain-1.2:3/x", " k=plain-1.2:3/x");
	check_value("", " k=\"\"");
	check_value("two words", " k=\"two words\"");
	check_value("a=b", " k=\"a=b\"");
	check_value("say \"hi\"", " k=\"say \\\"hi\\\"\"");
	check_value("back\\slash", " k=\"back\\\\slash\"");
	check_value("x\nts=2026 level=error", " k=\"x\\x0Ats=2026 level=error\"");
	check_value("\r\t\x01\x1b[31m\x7f", " k=\"\\x0D\\x09\\x01\\x1B[31m\\x7F\"");
	check_value("\xc3\xa9t\xc3\xa9", " k=\"\xc3\xa9t\xc3\xa9\"");
	check_value("\xff\xc3(", " k=\"\\xFF\\xC3(\"");
	check_value("\xc2\x9b"
	            "31m",
	            " k=\"\\xC2\\x9B31m\"");
	check_value("\xe2\x80\xae"
	            "txt",
	            " k=\"\\xE2\\x80\\xAEtxt\"");
	check_value("\xe2\x80\xa8", " k=\"\\xE2\\x80\\xA8\"");
	check_value("\xe2\x81\xa6", " k=\"\\xE2\\x81\\xA6\"");
	check_value("\xe2\x82\xac", " k=\"\xe2\x82\xac\"");
}

static void
a_long_value_is_cut_between_characters(void **state)
{
	char *value = mem_alloc(4001);

	(void)state;
	for (size_t i = 0; i < 4000; i += 2)
		memcpy(value + i, "\xc3\xa9", 2);
	memmove(value + 1, value, 3999);
	value[0] = 'x';
	log_info("m", "k", value, LOG_END);
	char *line = caught();
	assert_true(strlen(line) < 1200);
	assert_null(strstr(line, "\\x"));
	assert_string_equal(line + strlen(line) - 7, "\xc3\xa9...\"\n");
	free(line);
	free(value);
}

static void
logging_leaves_errno_alone(void **state)
{
	(void)state;
	close(STDERR_FILENO);
	errno = ENOSPC;
	log_info("m", LOG_END);
	assert_int_equal(errno, ENOSPC);
}

static void *
log_many(void *name)
{
	for (int i = 0; i < 500; i++)
		log_info("thread", "name", name, "filler", "xxxxxxxxxxxxxxxxxxxxxxxxxxxx", LOG_END);
	return NULL;
}

static void
lines_of_threads_do_not_mix(void **state)
{
	static char names[][2] = {"a", "b", "c", "d"};
	pthread_t threads[COUNT(names)];
	size_t lines = 0;

	(void)state;
	assert_int_equal(fcntl(STDERR_FILENO, F_SETFL, O_APPEND), 0);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
	for (size_t i = 0; i < COUNT(names); i++)
		pthread_join(threads[i], NULL);

	char *text = caught();
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		const char *rest = behind_time(line);

		assert_int_equal(strncmp(rest, "level=info msg=thread name=", 27), 0);
		assert_string_equal(rest + 28, " filler=xxxxxxxxxxxxxxxxxxxxxxxxxxxx");
		lines++;
	}
	assert_int_equal(lines, 500 * COUNT(names));
	free(text);
}

static void
text_for_people_is_escaped(void **state)
{
	char *text = log_escape("a\nb\x1b[0m \xff \"q\" \\ \xc3\xa9");
	char *none = log_escape("");

	(void)state;
	assert_string_equal(text, "a\\x0Ab\\x1B[0m \\xFF \"q\" \\ \xc3\xa9");
	assert_string_equal(none, "");
	free(text);
	free(none);
}

#define caught_test(test) cmocka_unit_test_setup_teardown(test, catch_begin, catch_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		caught_test(a_line_has_time_level_message_and_pairs),
		caught_test(lines_below_the_level_are_not_written),
		caught_test(a_pair_without_value_is_left_out),
		cmocka_unit_test(values_cannot_forge_a_line),
		caught_test(a_long_value_is_cut_between_characters),
		caught_test(logging_leaves_errno_alone),
		caught_test(lines_of_threads_do_not_mix),
		cmocka_unit_test(text_for_people_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
