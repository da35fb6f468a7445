/*
 * command.h - one file and one row for each word of the command line.
 *
 * Exit codes: 0 done, 1 the thing asked for failed, 2 wrong usage.  Data goes
 * to stdout, words for people to stderr.
 */
#ifndef RELAY_COMMAND_COMMAND_H
#define RELAY_COMMAND_COMMAND_H

struct command_context {
	const char *config_path; /* --config, $DRIFTBELL_CONFIG, or the default; never NULL */
};

struct command {
	const char *name;
	const char *arguments; /* for the usage line: "SOURCE FILE..." */
	const char *summary;   /* one line for --help; NULL: only driftbell itself calls it */
	/* argv[0] is the command's name; returns the exit code.  2 prints the usage. */
	int (*run)(const struct command_context *, int argc, char **argv);
};

extern const struct command command_check;
extern const struct command command_images;
extern const struct command command_mail_helper;
extern const struct command command_read_helper;
extern const struct command command_explain;
extern const struct command command_render;
extern const struct command command_send;
extern const struct command command_serve;
extern const struct command command_status;
extern const struct command command_usage;
extern const struct command command_version;
extern const struct command command_workspaces;

#endif
