/*
 * driftbell: tells the right people when a machine image they run is revoked
 * or superseded in HCP Packer, and when their HCP Terraform workspaces drift or
 * fail.  See driftbell(8).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/mem.h"
#include "relay/base/tz.h"
#include "relay/command/command.h"

static const char default_config[] = "/etc/driftbell/driftbell.yaml";

static const struct command *const commands[] = {
	&command_serve,      &command_check,   &command_explain,     &command_render,
	&command_send,       &command_status,  &command_usage,       &command_images,
	&command_workspaces, &command_version, &command_mail_helper, &command_read_helper,
};

static void
print_help(FILE *out)
{
	fprintf(out, "usage: driftbell [--config FILE] COMMAND [ARGUMENT...]\n\n");
	for (size_t i = 0; i < COUNT(commands); i++)
		if (commands[i]->summary)
			fprintf(out, "  %s%s%s\n          %s\n", commands[i]->name,
			        commands[i]->arguments[0] ? " " : "", commands[i]->arguments,
			        commands[i]->summary);
	fprintf(out,
	        "\nFILE defaults to $DRIFTBELL_CONFIG, then %s.\n"
	        "Exit codes: 0 done, 1 the thing asked for failed, 2 wrong usage.\n"
	        "Manuals: driftbell(8), driftbell.yaml(5), driftbell-templates(7).\n",
	        default_config);
}

/* Started with one of them closed, the store's file could become "standard
 * error" and get the log written into it.  What is printed to a standard
 * output that is closed shall fail. */
static void
hold_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR) < 0)
			return;
}

/* What was asked for is not done when it could not be printed. */
static int
finish(int rc)
{
	bool failed = ferror(stdout) != 0;

	errno = 0;
	if (fclose(stdout) == 0 && !failed)
		return rc;
	fprintf(stderr, "driftbell: cannot write to standard output%s%s\n", errno ? ": " : "",
	        errno ? strerror(errno) : "");
	return rc == 0 ? 1 : rc;
}

static const struct command *
command_named(const char *name)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static bool
is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static void
print_usage(FILE *out, const struct command *command)
{
	fprintf(out, "usage: driftbell [--config FILE] %s%s%s\n", command->name,
	        command->arguments[0] ? " " : "", command->arguments);
}

static int
run_command(const struct command *command, const struct command_context *context, int argc,
            char **argv)
{
	int rc;

	if (argc == 2 && argv[1][0] == '-' && is_help(argv[1])) {
		print_usage(stdout, command);
		printf("%s\n", command->summary ? command->summary : "for driftbell itself");
		return 0;
	}
	rc = command->run(context, argc, argv);
	if (rc == 2)
		print_usage(stderr, command);
	return rc;
}

static void
print_wrong(const char *word)
{
	if (strcmp(word, "--config") == 0)
		fprintf(stderr, "driftbell: --config needs a file\n");
	else
		fprintf(stderr, "driftbell: no %s \"%s\"\n", word[0] == '-' ? "option" : "command",
		        word);
}

int
main(int argc, char **argv)
{
	struct command_context context = {.config_path = getenv("DRIFTBELL_CONFIG")};
	const struct command *command;
	int i = 1;

	hold_standard_files();
	tz_init();
	if (context.config_path == NULL || context.config_path[0] == '\0')
		context.config_path = default_config;
	if (i + 1 < argc && strcmp(argv[i], "--config") == 0) {
		context.config_path = argv[i + 1];
		i += 2;
	} else if (i < argc && strncmp(argv[i], "--config=", 9) == 0) {
		context.config_path = argv[i++] + 9;
	}
	if (i < argc && is_help(argv[i])) {
		print_help(stdout);
		return finish(0);
	}
	if (i < argc && strcmp(argv[i], "--version") == 0)
		argv[i] = (char *)command_version.name;
	command = i < argc ? command_named(argv[i]) : NULL;
	if (command == NULL) {
		if (i < argc)
			print_wrong(argv[i]);
		print_help(stderr);
		return 2;
	}
	return finish(run_command(command, &context, argc - i, argv + i));
}
