#include "relay/command/explain_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/command/client.h"
#include "relay/command/explain_message.h"
#include "relay/command/input.h"

#define LABEL_WIDTH 10
#define FACT_WIDTH 20
#define ROUTE_WIDTH 20

static bool
is(const json_t *object, const char *path, const char *word)
{
	const char *text = json_text_at(object, path);

	return text && strcmp(text, word) == 0;
}

static void
label(const char *text)
{
	printf("%-*s ", LABEL_WIDTH, text);
}

static void
indent(void)
{
	printf("%*s ", LABEL_WIDTH, "");
}

/* `before` and the text, where there is one. */
static void
add(const char *before, const json_t *object, const char *path)
{
	const char *text = json_filled_at(object, path);

	if (!text)
		return;
	fputs(before, stdout);
	client_print(text, 0);
}

/* ---- what it was read as ---- */

static void
print_names(const json_t *names, const char *before)
{
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		fputs(i ? ", " : before, stdout);
		client_print(json_string_value(name), 0);
	}
}

/* "FILE:LINE:COL: ..." as every fault. */
static void
print_fault(const char *file, const json_t *report)
{
	int64_t line = json_int_at(report, "line", 1), column = json_int_at(report, "column", 1);

	client_print(file, 0);
	printf(":%lld:%lld: ", (long long)line, (long long)column);
	client_print(json_text_at(report, "fault"), 0);
	if (json_array_size(json_object_get(report, "candidates")) > 0) {
		print_names(json_object_get(report, "candidates"), ": ");
		fputs(" (--source NAME names the one)", stdout);
	}
	putchar('\n');
}

static void
print_source(const json_t *report)
{
	label("read as");
	add("", report, "source.kind");
	add(", source ", report, "source.name");
	if (json_true_at(report, "source.guessed")) {
		fputs(", guessed", stdout);
		print_names(json_at(report, "source.alike"), "; also of this kind: ");
	}
	putchar('\n');
}

static void
print_event(const json_t *report)
{
	const json_t *event = json_object_get(report, "event"), *fact;
	const char *name;

	label("event");
	add("", event, "kind");
	add(": ", event, "type");
	if (json_is_null(json_object_get(event, "kind")))
		fputs("JSON that our parser cannot take whole", stdout);
	putchar('\n');
	json_object_foreach(json_object_get((json_t *)event, "facts"), name, fact)
	{
		indent();
		client_print(name, FACT_WIDTH);
		putchar(' ');
		if (json_is_integer(fact))
			printf("%lld", (long long)json_integer_value(fact));
		else
			client_print(json_string_value(fact), 0);
		putchar('\n');
	}
	if (json_filled_at(event, "state")) {
		label("state");
		add("", event, "state");
		add(": ", event, "reason");
		putchar('\n');
	}
}

/* ---- incidents ---- */

static void
print_rule(const json_t *row)
{
	printf(" by rule %lld (", (long long)json_int_at(row, "rule.number", 0));
	add("bucket ", row, "rule.bucket");
	add(", workspace ", row, "rule.workspace");
	add(", channel ", row, "rule.channel");
	putchar(')');
}

/* " (ami-0a1 in eu-west-1, aws_instance.web[0] and 2 more; ...)": what a plan or a
 * state named. */
static void
print_usages(const json_t *usages)
{
	const json_t *usage;
	size_t i;

	json_array_foreach(usages, i, usage)
	{
		long long more = (long long)json_int_at(usage, "instances", 0) - 1;
		const char *id = json_filled_at(usage, "external_identifier");

		fputs(i == 0 ? " (" : "; ", stdout);
		client_print(id ? id : "no image id", 0);
		add(" in ", usage, "region");
		add(", ", usage, "address");
		if (more > 0)
			printf(" and %lld more", more);
		add(", planned by ", usage, "planned_by");
	}
	if (json_array_size(usages) > 0)
		putchar(')');
}

/* As messages say it. */
static const char *
runs(const json_t *row)
{
	const char *state = json_filled_at(row, "state");
	const char *certainty = json_filled_at(row, "certainty");

	if (state != NULL && strcmp(state, "affected") != 0)
		return "; no longer on ";
	if (certainty != NULL && strcmp(certainty, "possible") == 0)
		return "; may run ";
	return json_true_at(row, "planned") ? "; plans to run " : "; runs ";
}

static void
print_workspace(const json_t *row)
{
	indent();
	fputs("  ", stdout);
	add("", row, "name");
	add(" of ", row, "organization");
	add(": ", row, "state");
	if (json_filled_at(row, "bucket"))
		add(", ", row, "certainty");
	if (json_is_object(json_object_get(row, "rule")))
		print_rule(row);
	else
		add(" by ", row, "evidence");
	print_usages(json_object_get(row, "usages"));
	add(runs(row), row, "version");
	add(" of ", row, "bucket");
	add(", channel ", row, "channel");
	add("; team ", row, "team");
	if (json_true_at(row, "drifted"))
		fputs("; drifted", stdout);
	putchar('\n');
}

static void
print_workspaces(const json_t *incident)
{
	long long more = (long long)json_int_at(incident, "more", 0);
	const json_t *row;
	size_t i;

	indent();
	puts(json_array_size(json_object_get(incident, "workspaces")) > 0 ? "workspaces"
	                                                                  : "no workspace");
	json_array_foreach(json_object_get(incident, "workspaces"), i, row) print_workspace(row);
	if (more > 0) {
		indent();
		printf("  and %lld more\n", more);
	}
}

static void
print_audience(const json_t *step)
{
	if (is(step, "audience", "team"))
		add(" for team ", step, "team");
	else if (is(step, "audience", "unowned"))
		fputs(" for what nobody owns", stdout);
}

static void
print_step(const json_t *step)
{
	if (is(step, "fate", "refused")) {
		add("does not match: ", step, "key");
	} else if (is(step, "fate", "tells")) {
		add("tells ", step, "sink");
		print_audience(step);
	} else if (is(step, "fate", "digests")) {
		add("tells it in its digest: ", step, "sink");
		print_audience(step);
	} else if (is(step, "fate", "told_already")) {
		add("", step, "sink");
		print_audience(step);
		add(" is told by route ", step, "by");
	} else if (is(step, "fate", "stopped")) {
		add("not asked: stop of route ", step, "by");
		print_audience(step);
	} else if (is(step, "fate", "team_left_out")) {
		add("does not list team ", step, "team");
	} else {
		fputs("leaves out what nobody owns", stdout);
	}
	putchar('\n');
}

static void
print_routes(const json_t *routes)
{
	const json_t *route, *step;
	size_t i, k;

	indent();
	puts(json_array_size(routes) > 0 ? "routes" : "no route in the config");
	json_array_foreach(routes, i, route)
	{
		json_array_foreach(json_object_get(route, "steps"), k, step)
		{
			indent();
			fputs("  ", stdout);
			client_print(k == 0 ? json_text_at(route, "route") : "", ROUTE_WIDTH);
			putchar(' ');
			print_step(step);
		}
	}
}

static void
print_incident(const json_t *incident)
{
	const json_t *why;
	size_t i;

	label("incident");
	add("", incident, "incident.kind");
	add(" ", incident, "change");
	add(": phase ", incident, "incident.phase");
	add(", severity ", incident, "incident.severity");
	add(", ", incident, "incident.status");
	add(" (", incident, "incident.id");
	fputs(")\n", stdout);
	indent();
	add("", incident, "title");
	putchar('\n');
	json_array_foreach(json_object_get(incident, "why"), i, why)
	{
		indent();
		fputs("because: ", stdout);
		client_print(json_string_value(why), 0);
		putchar('\n');
	}
	print_workspaces(incident);
	print_routes(json_object_get(incident, "routes"));
}

/* ---- messages ---- */

static void
print_body(const json_t *delivery, bool whole)
{
	const char *message = json_filled_at(delivery, "message");
	char *text;

	if (!message)
		text = json_dumps(json_object_get(delivery, "document"), JSON_INDENT(2));
	else if (whole)
		text = mem_str(message);
	else
		text = explain_message(json_text_at(delivery, "kind"), message);
	input_print_lines(text, "    | ");
	free(text);
}

static void
print_delivery(const json_t *delivery, bool bodies)
{
	long long wait = (long long)json_int_at(delivery, "wait_ms", 0);

	label("message");
	if (json_filled_at(delivery, "sink"))
		add("to ", delivery, "sink");
	else
		add("to ", delivery, "to");
	add(" (", delivery, "kind");
	fputs(")", stdout);
	add(": ", delivery, "reason");
	add(", by route ", delivery, "route");
	add(", for team ", delivery, "team");
	add(", about ", delivery, "document.incident.kind");
	add(" ", delivery, "document.incident.id");
	if (wait > 0)
		printf(", after %lld ms", wait);
	if (json_true_at(delivery, "blocked"))
		fputs(", which is blocked now", stdout);
	add(", held by silence ", delivery, "held_by");
	add(" until ", delivery, "held_until");
	putchar('\n');
	if (json_filled_at(delivery, "fault")) {
		indent();
		add("the template failed, this is the built-in message: ", delivery, "fault");
		putchar('\n');
	}
	print_body(delivery, bodies);
}

static void
print_quiet(const json_t *quiet)
{
	label("silence");
	add("to ", quiet, "sink");
	add(" for team ", quiet, "team");
	add(": ", quiet, "why");
	putchar('\n');
}

/* ---- all ---- */

void
explain_print(const char *file, const json_t *report, bool bodies)
{
	const json_t *one;
	size_t i;

	fputs("== ", stdout);
	client_print(file, 0);
	putchar('\n');
	if (json_is_object(json_object_get(report, "source")))
		print_source(report);
	if (json_filled_at(report, "fault")) {
		label(is(report, "answer", "refused") ? "refused" : "unread");
		print_fault(file, report);
	} else if (is(report, "answer", "verified")) {
		label("answer");
		puts("verified: a test request; nothing is stored and nothing follows");
	}
	if (json_is_object(json_object_get(report, "event")))
		print_event(report);
	if (is(report, "answer", "duplicate")) {
		label("duplicate");
		add("of ", report, "duplicate_of");
		puts(": nothing follows (--fresh plays it on an empty store)");
	}
	json_array_foreach(json_object_get(report, "incidents"), i, one) print_incident(one);
	if (is(report, "answer", "accepted") && i == 0) {
		label("incident");
		fputs("none is touched", stdout);
		add(": ", report, "nothing");
		putchar('\n');
	}
	json_array_foreach(json_object_get(report, "deliveries"), i, one)
		print_delivery(one, bodies);
	json_array_foreach(json_object_get(report, "quiet"), i, one) print_quiet(one);
	putchar('\n');
}

void
explain_print_basis(const json_t *basis)
{
	long long waiting = (long long)json_int_at(basis, "events_waiting", 0);

	puts(is(basis, "store", "copy")
	             ? "On a copy of the store: what is known, and what was told before, counts.\n"
	             : "On an empty store: nothing is known, and nothing was told before.\n");
	if (waiting > 0)
		printf("The relay has %lld events that it has not looked at yet; they do not "
		       "count.\n\n",
		       waiting);
}
