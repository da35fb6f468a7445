/*
 * driftbell explain: a dry run.  What webhook payloads would be read as, what
 * would follow from them and why, and what each destination would get.
 * Nothing is sent, and the store stays as it is.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/log.h"
#include "relay/command/explain_print.h"
#include "relay/command/input.h"
#include "relay/flow/dryrun.h"

struct output {
	bool json;
	bool bodies; /* whole messages */
};

struct explaining {
	struct dryrun *dryrun;
	const char *source;
	json_t *document;
	bool failed; /* a file that could not be read, or a template that failed */
};

/* In place of a report. */
static json_t *
unreadable(const char *why)
{
	return json_pack("{s:n, s:s}", "answer", "fault", why);
}

static bool
is_fine(const json_t *report)
{
	const json_t *delivery;
	size_t i;

	if (json_filled_at(report, "fault"))
		return false;
	json_array_foreach(json_object_get(report, "deliveries"), i,
	                   delivery) if (json_filled_at(delivery, "fault")) return false;
	return true;
}

/* 0, or -1 when the scratch store failed. */
static int
explain_file(struct explaining *e, const char *path, struct err *err)
{
	struct buf body = {0};
	struct err why = {""};
	json_t *report = input_read(path, &body, &why) < 0
	                         ? unreadable(why.text)
	                         : dryrun_play(e->dryrun, e->source, buf_text(&body), body.len,
	                                       clock_wall_ms(), err);

	buf_fini(&body);
	if (!report)
		return -1;
	if (!is_fine(report))
		e->failed = true;
	json_object_set_new(report, "file", json_text_or_null(path));
	json_array_append_new(json_object_get(e->document, "files"), report);
	return 0;
}

/* The scratch store is gone before anything is printed: a reader that goes
 * away ends the process. */
static int
explain_all(struct explaining *e, const struct loaded *loaded, bool fresh, char **files, int count,
            struct err *err)
{
	json_t *basis;
	int rc = dryrun_new(&e->dryrun, loaded, fresh, clock_wall_ms(), err);

	if (rc != 0)
		return -1;
	basis = dryrun_basis(e->dryrun);
	json_object_update(e->document, basis);
	json_decref(basis);
	json_object_set_new(e->document, "files", json_array());
	for (int i = 0; rc == 0 && i < count; i++)
		rc = explain_file(e, files[i], err);
	dryrun_free(e->dryrun);
	return rc;
}

static void
print_all(const struct explaining *e, const struct output *output, char **files)
{
	const json_t *report;
	size_t i;

	if (output->json) {
		/* No byte of a terminal's language can be in it: all but ASCII is escaped. */
		json_dumpf(e->document, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		putchar('\n');
		return;
	}
	explain_print_basis(e->document);
	json_array_foreach(json_object_get(e->document, "files"), i, report)
		explain_print(files[i], report, output->bodies);
}

static int
explain(const struct command_context *context, const char *source, bool fresh,
        const struct output *output, char **files, int count)
{
	struct explaining e = {.source = source};
	struct loaded loaded;
	struct err err = {""};
	int rc;

	if (!input_load(context, &loaded))
		return 1;
	/* The planner logs as it does in a relay; here nothing of it happened. */
	log_level_set(LOG_ERROR);
	e.document = json_pack("{s:s}", "schema", "driftbell.explanation.v1");
	rc = explain_all(&e, &loaded, fresh, files, count, &err);
	if (rc == 0)
		print_all(&e, output, files);
	else
		input_complain(NULL, err.text);
	json_decref(e.document);
	loaded_release(&loaded);
	return rc == 0 && !e.failed ? 0 : 1;
}

static int
run_explain(const struct command_context *context, int argc, char **argv)
{
	static const struct option options[] = {
		{"fresh", no_argument, NULL, 'f'},
		{"source", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{"bodies", no_argument, NULL, 'b'},
		{NULL, 0, NULL, 0},
	};
	const char *source = NULL;
	struct output output = {.json = false};
	bool fresh = false;
	int option;

	optind = 0; /* start over: main has looked at its own options */
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'f')
			fresh = true;
		else if (option == 's')
			source = optarg;
		else if (option == 'j')
			output.json = true;
		else if (option == 'b')
			output.bodies = true;
		else
			return 2;
	}
	if (optind == argc || (output.json && output.bodies))
		return 2;
	return explain(context, source, fresh, &output, argv + optind, argc - optind);
}

const struct command command_explain = {
	.name = "explain",
	.arguments = "[--fresh] [--source NAME] [--bodies | --json] FILE...",
	.summary = "dry run: what would follow from payloads, why, and who would get what",
	.run = run_explain,
};
