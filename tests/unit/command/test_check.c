/* `driftbell check` on the example that is shipped, and on faults. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"
#include "relay/command/command.h"
#include "relay/command/kinds.h"
#include "relay/model/kind.h"

/* What is written to stdout by the command; *code is its exit code. */
static char *
check_output(const char *path, const char *argument, int *code)
{
	const struct command_context context = {.config_path = path};
	char name[] = "check", *argv[] = {name, (char *)(uintptr_t)argument, NULL};
	struct buf text = {0};
	FILE *out = tmpfile();
	int saved = dup(STDOUT_FILENO), c;

	assert_non_null(out);
	fflush(stdout);
	dup2(fileno(out), STDOUT_FILENO);
	*code = command_check.run(&context, argument != NULL ? 2 : 1, argv);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(out);
	while ((c = getc(out)) != EOF)
		buf_putc(&text, (char)c);
	fclose(out);
	return text.data != NULL ? buf_take(&text) : mem_str("");
}

static void
write_file(const char *folder, const char *name, const char *text)
{
	char *path = mem_fmt("%s/%s", folder, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
	free(path);
}

static char *
read_example(void)
{
	FILE *file = fopen("config/driftbell.yaml", "r");
	struct buf text = {0};
	int c;

	assert_non_null(file);
	while ((c = getc(file)) != EOF)
		buf_putc(&text, (char)c);
	fclose(file);
	return buf_take(&text);
}

static void
the_example_loads_without_a_warning_once_its_keys_exist(void **state)
{
	static const char *const files[] = {
		"driftbell.yaml",     "keys/acme-terraform", "keys/acme-packer",
		"keys/acme-run-task", "keys/payments-slack", "keys/siem",
		"keys/smtp"};
	char folder[] = "/tmp/driftbell-check-XXXXXX";
	char *example = read_example(), *path, *keys, *output;
	int code;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = mem_fmt("%s/driftbell.yaml", folder);
	keys = mem_fmt("%s/keys", folder);
	assert_int_equal(mkdir(keys, 0700), 0);
	write_file(folder, files[0], example);
	for (size_t i = 1; i <= 3; i++)
		write_file(folder, files[i], "6f1c44b0a7f2\n");
	write_file(folder, files[4], "https://hooks.slack.com/services/T0/B0/x\n");
	write_file(folder, files[5], "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
	write_file(folder, files[6], "correct horse\n");
	output = check_output(path, NULL, &code);
	assert_string_equal(output, "");
	assert_int_equal(code, 0);
	for (size_t i = 0; i < COUNT(files); i++) {
		char *file = mem_fmt("%s/%s", folder, files[i]);

		unlink(file);
		free(file);
	}
	rmdir(keys);
	rmdir(folder);
	free(output);
	free(path);
	free(keys);
	free(example);
}

static void
faults_go_to_stdout_and_the_exit_code_is_1(void **state)
{
	int code;
	char *output = check_output("/nonexistent/c.yaml", NULL, &code);

	(void)state;
	assert_string_equal(
		output,
		"/nonexistent/c.yaml:1:1: the file cannot be read: No such file or directory\n");
	assert_int_equal(code, 1);
	free(output);
}

static void
the_keys_are_printed_without_a_config(void **state)
{
	int code;
	char *output = check_output("/nonexistent/c.yaml", "--keys", &code);

	(void)state;
	assert_int_equal(code, 0);
	assert_non_null(strstr(output, ".It Cm sources[].hcp_packer.hmac_key_file\n"));
	assert_non_null(strstr(output, ".It Cm sinks[].slack.webhook_url_env\n"));
	free(output);
	output = check_output("/nonexistent/c.yaml", "--kyes", &code);
	assert_int_equal(code, 2);
	free(output);
}

static void
every_kind_that_is_opened_can_stand_in_a_route(void **state)
{
	(void)state;
	for (int i = 0; i < KIND_COUNT; i++) {
		const char *const *kind = command_kinds.incident_kinds;

		while (*kind != NULL && strcmp(*kind, incident_kind_names[i]) != 0)
			kind++;
		assert_non_null(*kind);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_loads_without_a_warning_once_its_keys_exist),
		cmocka_unit_test(faults_go_to_stdout_and_the_exit_code_is_1),
		cmocka_unit_test(the_keys_are_printed_without_a_config),
		cmocka_unit_test(every_kind_that_is_opened_can_stand_in_a_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
