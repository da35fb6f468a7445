/*
 * status.c - `driftbell status`: the relay at a glance.
 */
#include <stdio.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/command/client_api.h"

#define NAME_WIDTH 28
#define KIND_WIDTH 16

static void
print_incidents(const json_t *status)
{
	const char *kind;
	json_t *count;

	printf("INCIDENTS  %lld open\n", (long long)json_int_at(status, "incidents.open", 0));
	json_object_foreach(json_at(status, "incidents.kinds"), kind, count)
	{
		printf("  ");
		client_print(kind, NAME_WIDTH);
		printf(" %lld\n", (long long)json_integer_value(count));
	}
}

static void
print_numbers(const json_t *status)
{
	printf("QUEUE      %lld pending, %lld blocked, %lld dead\n",
	       (long long)json_int_at(status, "queue.pending", 0),
	       (long long)json_int_at(status, "queue.blocked", 0),
	       (long long)json_int_at(status, "queue.dead", 0));
	printf("EVENTS     %lld pending, %lld unknown, %lld parked\n",
	       (long long)json_int_at(status, "events.pending", 0),
	       (long long)json_int_at(status, "events.unknown", 0),
	       (long long)json_int_at(status, "events.parked", 0));
}

static void
print_cell(const json_t *item, const char *name, int width)
{
	const char *text = json_filled_at(item, name);

	client_print(text ? text : "-", width);
	if (width > 0)
		putchar(' ');
}

static void
print_sinks(const json_t *sinks)
{
	const json_t *item;
	size_t i;

	printf("SINKS\n");
	json_array_foreach(sinks, i, item)
	{
		const char *since = json_filled_at(item, "failing_since");
		const char *until = json_filled_at(item, "paused_until"),
			   *text = json_filled_at(item, "text"),
			   *team = json_filled_at(item, "team");
		bool ok = strcmp(json_filled_at(item, "state") ? json_text_at(item, "state") : "",
		                 "ok") == 0;

		printf("  ");
		print_cell(item, "name", NAME_WIDTH);
		print_cell(item, "kind", KIND_WIDTH);
		print_cell(item, "state", 0);
		if (team)
			printf(" for "), client_print(team, 0);
		if (!ok && since)
			printf(" since "), client_print(since, 0);
		if (!ok && until)
			printf(" next "), client_print(until, 0);
		if (!ok && text)
			printf(": "), client_print(text, 0);
		putchar('\n');
	}
}

/* "sweep: 120 of 480 workspaces" */
static void
print_sweep(const json_t *sweep)
{
	const char *step = json_filled_at(sweep, "step"),
		   *problem = json_filled_at(sweep, "problem");
	const char *ended = json_filled_at(sweep, "ended_at");
	long long done = (long long)json_int_at(sweep, "workspaces", 0),
		  total = (long long)json_int_at(sweep, "total", -1);

	const char *noun = total == 1 ? "workspace" : "workspaces";

	if (step == NULL)
		return;
	printf("    sweep: ");
	if (total < 0)
		printf("asking for workspaces");
	else if (ended != NULL)
		printf("%lld %s, at ", total, noun), client_print(ended, 0);
	else
		printf("%lld of %lld %s%s", done, total, noun,
		       strcmp(step, "explorer") == 0 ? " that use HCP Packer" : "");
	if (problem != NULL)
		printf("; "), client_print(problem, 0);
	putchar('\n');
}

/* Only where it is not as it should be. */
static void
print_api(const json_t *api)
{
	const char *state = json_filled_at(api, "state"), *until = json_filled_at(api, "until");

	if (state == NULL || strcmp(state, "ok") == 0)
		return;
	printf("    api: %s",
	       strcmp(state, "refused") == 0 ? "its token is not accepted" : "it asks to wait");
	if (until != NULL)
		printf(", next "), client_print(until, 0);
	putchar('\n');
}

static void
print_sources(const json_t *sources)
{
	const json_t *item;
	size_t i;

	printf("SOURCES\n");
	json_array_foreach(sources, i, item)
	{
		printf("  ");
		print_cell(item, "name", NAME_WIDTH);
		print_cell(item, "kind", KIND_WIDTH);
		printf("last event ");
		print_cell(item, "last_event_at", 0);
		putchar('\n');
		print_api(json_at(item, "api"));
		print_sweep(json_at(item, "api.sweep"));
	}
}

/* "first/second" of each, and how many more there are. */
static void
print_pairs(const json_t *items, long long count, const char *first, const char *second)
{
	const json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		const char *outer = json_text_at(item, first), *inner = json_text_at(item, second);

		printf("  ");
		client_print(outer ? outer : "-", 0);
		putchar('/');
		client_print(inner ? inner : "-", 0);
		putchar('\n');
	}
	if (count > (long long)json_array_size(items))
		printf("  and %lld more\n", count - (long long)json_array_size(items));
}

static void
print_loose(const json_t *part, const char *title, const char *first, const char *second)
{
	long long count = (long long)json_int_at(part, "count", 0);

	if (count == 0)
		return;
	printf("%s  %lld\n", title, count);
	print_pairs(json_at(part, "items"), count, first, second);
}

/* "without run notifications 3", and the first of those that lack anything. */
static void
print_coverage(const json_t *coverage)
{
	static const struct {
		const char *member, *words;
	} parts[] = {
		{"missing.notification", "without run notifications"},
		{"missing.assessment", "without health assessments"},
		{"missing.run_task", "without a run task"},
	};
	long long count = (long long)json_int_at(coverage, "count", 0);

	if (count == 0)
		return;
	printf("COVERAGE   %lld of %lld workspaces with images lack something\n", count,
	       (long long)json_int_at(coverage, "workspaces", 0));
	for (size_t i = 0; i < COUNT(parts); i++) {
		long long lacking = (long long)json_int_at(coverage, parts[i].member, 0);

		if (lacking == 0)
			continue;
		printf("  ");
		client_print(parts[i].words, NAME_WIDTH);
		printf(" %lld\n", lacking);
	}
	print_pairs(json_at(coverage, "items"), count, "workspace.organization", "workspace.name");
}

static void
print_table(const json_t *status)
{
	print_incidents(status);
	print_numbers(status);
	print_sinks(json_at(status, "sinks"));
	print_sources(json_at(status, "sources"));
	print_loose(json_at(status, "unmatched.buckets"), "BUCKETS NO WORKSPACE IS KNOWN FOR",
	            "project_id", "bucket");
	print_loose(json_at(status, "unmatched.workspaces"), "WORKSPACES NO BUCKET IS KNOWN FOR",
	            "organization", "name");
	print_coverage(json_at(status, "coverage"));
}

static int
show_status(const struct client_api *api, void *arg, struct err *err)
{
	const struct client_want *want = arg;
	json_t *status;

	if (client_api_get(api, "/api/v1/status", &status, err) != 0)
		return -1;
	if (want->as_json) {
		client_print_json(status);
		putchar('\n');
	} else {
		print_table(status);
	}
	json_decref(status);
	return 0;
}

static int
run_status(const struct command_context *context, int argc, char **argv)
{
	struct client_want want = {.where = NULL};

	if (client_options(argc, argv, &want, NULL) != 0)
		return 2;
	return client_ask(context, &want, show_status, &want);
}

const struct command command_status = {
	.name = "status",
	.arguments = "[--json] [--admin ADDRESS]",
	.summary = "show what is open, what waits, and what no rule brings together",
	.run = run_status,
};
