/*
 * driftbell check: load the config as serve would and tell everything that is
 * wrong with it, in one go.  The faults are what was asked for, so they go to
 * standard output.  `--keys` prints the keys in mdoc, as
 * the manual has them and is checked against.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/command/command.h"
#include "relay/command/kinds.h"
#include "relay/flow/load.h"

static void
tell_fine(const struct conf *conf)
{
	const struct {
		size_t count;
		const char *what;
	} parts[] = {{conf->sources.count, "source"},
	             {conf->correlate.count, "rule"},
	             {conf->teams.count, "team"},
	             {conf->sinks.count, "sink"},
	             {conf->routes.count, "route"}};

	fprintf(stderr, "%s: ok", conf->path);
	for (size_t i = 0; i < COUNT(parts); i++)
		fprintf(stderr, "%s %zu %s%s", i > 0 ? "," : ":", parts[i].count, parts[i].what,
		        parts[i].count == 1 ? "" : "s");
	fputc('\n', stderr);
}

static int
run(const struct command_context *context, int argc, char **argv)
{
	struct loaded loaded = {NULL, NULL};
	struct buf report = {0};
	int rc;

	if (argc == 2 && strcmp(argv[1], "--keys") == 0) {
		conf_describe(&command_kinds, stdout);
		return 0;
	}
	if (argc != 1)
		return 2;
	rc = relay_load(&loaded, context->config_path, &command_kinds, &report);
	fputs(buf_text(&report), stdout);
	if (rc == 0)
		tell_fine(loaded.conf);
	loaded_release(&loaded);
	buf_fini(&report);
	return rc == 0 ? 0 : 1;
}

const struct command command_check = {
	.name = "check",
	.arguments = "[--keys]",
	.summary =
		"print every fault and warning of the config and the templates, or all its keys in mdoc, "
		"for the manual",
	.run = run,
};
