/*
 * What the shipped templates make of the samples (relay/message/samples.h).
 *
 * tests/data/messages/FILE/SAMPLE.EXT holds it whole; of files that make one line
 * all samples stand in FILE/samples.txt.
 *
 *	DRIFTBELL_GOLDEN=write build/dev/tests/test_message_golden
 *
 * writes them anew: look at what changed before keeping it.
 */
#include "tests/unit/message/unit.h"
#include "tests/unit/shipped.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/message/samples.h"
#include "relay/message/view.h"

#define NOW_MS INT64_C(1768476600000) /* 2026-01-15T11:30:00Z: samples are two hours old */
#define DUMP_FLAGS (JSON_INDENT(2) | JSON_ENSURE_ASCII)

static const char *const everything[] = {"", NULL};
/* Each layout once: the rest differs in words, which the text has too. */
static const char *const layouts[] = {
	"image.revocation scheduled", "image.revocation due",  "image.revocation revoked",
	"image.revocation lifted",    "image.released",        "image.superseded rolled_back",
	"workspace.drift open",       "workspace.run_failed",  "workspace.change_request",
	"relay.sink_failing open",    "image.revocation clea", NULL};
static const char *const two[] = {"image.revocation revoked", "workspace.drift resolved", NULL};

static const struct output {
	const char *file, *ending;
	const char *const *samples; /* how their names begin */
	bool all;                   /* also those with little in them, and the largest */
} outputs[] = {
	{"notification.slack.json", "json", everything, true},
	{"notification.txt", "txt", everything, true},
	{"notification.html", "html", layouts, false},
	{"pagerduty.json", "json", everything, false},
	{"teams.json", "json", layouts, false},
	{"alertmanager.json", "json", layouts, false},
	{"cloudevents.json", "json", two, false},
};
static const char *const lines[] = {"notification.line", "short.line"};

static bool
is_sparse(const char *sample)
{
	return strstr(sample, "sparse") != NULL;
}

static bool
is_kept(const struct output *output, const char *sample)
{
	if (!output->all && (is_sparse(sample) || strstr(sample, "100") != NULL))
		return false;
	for (size_t i = 0; output->samples[i] != NULL; i++)
		if (strncmp(sample, output->samples[i], strlen(output->samples[i])) == 0)
			return true;
	return false;
}

/* As the file ends: one line break. The caller frees. */
static char *
rendered(const char *file, size_t sample)
{
	json_t *document = sample_document(sample), *view = view_of(document, NULL), *tree = NULL;
	struct buf out = {0};
	struct err err = {{0}};
	int rc;

	if (strstr(file, ".json") != NULL) {
		rc = templates_json(shipped, file, view, NOW_MS, &tree, &err);
		if (rc == 0) {
			char *text = json_dumps(tree, DUMP_FLAGS);
			buf_printf(&out, "%s\n", text);
			free(text);
		}
	} else {
		rc = templates_text(shipped, file, view, NOW_MS, &out, &err);
	}
	if (rc != 0)
		fail_msg("%s on %s: %s", file, sample_name(sample), err.text);
	json_decref(tree);
	json_decref(view);
	json_decref(document);
	return buf_take(&out);
}

static bool
is_writing(void)
{
	const char *mode = getenv("DRIFTBELL_GOLDEN");

	return mode != NULL && strcmp(mode, "write") == 0;
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (file == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
}

static char *
read_whole(const char *path)
{
	FILE *file = fopen(path, "r");
	struct buf out = {0};
	char piece[4096];
	size_t n;

	if (file == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(&out, piece, n);
	fclose(file);
	return buf_take(&out);
}

/* FOLDER/NAME.ENDING with all but letters, digits, _ . - of the name replaced. */
static char *
path_of(const char *file, const char *name, const char *ending)
{
	char *clean = mem_str(name), *folder = mem_fmt(TEST_DATA_DIR "/messages/%s", file), *path;
	char *to = clean;

	for (const char *c = name; *c != '\0'; c++)
		if (*c != ',')
			*to++ = (char)(*c == ' ' ? '-' : *c);
	*to = '\0';
	if (is_writing()) {
		mkdir(TEST_DATA_DIR "/messages", 0777);
		mkdir(folder, 0777);
	}
	path = mem_fmt("%s/%s.%s", folder, clean, ending);
	free(folder);
	free(clean);
	return path;
}

static void
compare(const char *file, const char *name, const char *ending, const char *seen)
{
	char *path = path_of(file, name, ending), *wanted;

	if (is_writing())
		write_file(path, seen);
	wanted = read_whole(path);
	if (strcmp(seen, wanted != NULL ? wanted : "") != 0) {
		print_error("%s is now:\n%s\n", path, seen);
		fail();
	}
	free(wanted);
	free(path);
}

static void
messages_are_as_written_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(outputs); i++) {
		for (size_t j = 0; j < sample_count(); j++) {
			char *seen;

			if (!is_kept(&outputs[i], sample_name(j)))
				continue;
			seen = rendered(outputs[i].file, j);
			compare(outputs[i].file, sample_name(j), outputs[i].ending, seen);
			free(seen);
		}
	}
}

static void
lines_are_as_written_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct buf all = {0};

		for (size_t j = 0; j < sample_count(); j++) {
			char *line = rendered(lines[i], j);

			buf_printf(&all, "%s: %s\n", sample_name(j), line);
			free(line);
		}
		compare(lines[i], "samples", "txt", all.data);
		buf_fini(&all);
	}
}

static void
short_lines_are_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count(); i++) {
		char *line = rendered("short.line", i);

		assert_in_range(utf8_count(line), 10, 140);
		assert_null(strchr(line, '\n'));
		free(line);
	}
}

/* Mail readers thread by it (tests/data: samples differ in what may be absent). */
static void
a_subject_stays_for_the_life_of_an_incident(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count(); i++) {
		char *line;

		if (is_sparse(sample_name(i)) || strstr(sample_name(i), "unknown") != NULL)
			continue;
		line = rendered("notification.line", i);
		for (size_t j = 0; j < i; j++) {
			char *other;

			if (strcmp(sample_kind(i), sample_kind(j)) != 0 ||
			    strstr(sample_name(j), "unknown") != NULL)
				continue;
			other = rendered("notification.line", j);
			assert_string_equal(line, other);
			free(other);
		}
		free(line);
	}
}

static void
an_open_incident_says_what_to_do_and_a_closed_one_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count(); i++) {
		json_t *document = sample_document(i);
		const char *status = json_text_at(document, "incident.status");
		char *text = rendered("notification.txt", i), *todo = strstr(text, "TO DO NOW: ");

		if (strcmp(status, "open") == 0) {
			assert_non_null(todo);
			assert_true(strcspn(todo + 11, "\n") > 20);
		} else if (strcmp(json_text_at(document, "reason"), "resolved") == 0) {
			assert_null(todo);
			assert_int_equal(strncmp(text, "Resolved: ", 10), 0);
			assert_non_null(strstr(text, "\nRESOLVED"));
		}
		free(text);
		json_decref(document);
	}
}

/* Gmail cuts a mail at 102 kB; a Teams flow refuses above 28 kB, counted in UTF-16. */
static void
messages_keep_to_the_limits_of_their_readers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count(); i++) {
		json_t *document = sample_document(i), *view = view_of(document, NULL), *card,
		       *page;
		char *html = rendered("notification.html", i), *text;
		struct err err = {{0}};

		assert_in_range(strlen(html), 1000, 100 * 1000);
		assert_null(strstr(html, "<img"));
		assert_int_equal(templates_json(shipped, "teams.json", view, NOW_MS, &card, &err),
		                 0);
		text = json_dumps(card, JSON_COMPACT);
		assert_in_range(strlen(text), 500, 14 * 1000);
		assert_int_equal(
			templates_json(shipped, "pagerduty.json", view, NOW_MS, &page, &err), 0);
		assert_in_range(utf8_count(json_text_at(page, "payload.summary")), 10, 1024);
		json_decref(page);
		json_decref(card);
		json_decref(view);
		json_decref(document);
		free(text);
		free(html);
	}
}

/* What a page does is in one word (PagerDuty, Events API v2). */
static void
pages_are_triggered_acknowledged_and_resolved(void **state)
{
	static const struct {
		const char *reason, *status, *action;
		bool acknowledged;
	} cases[] = {
		{"opened", "open", "trigger", false},      {"opened", "open", "trigger", true},
		{"changed", "open", "trigger", false},     {"changed", "open", "acknowledge", true},
		{"resolved", "resolved", "resolve", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *document = sample_document(0), *incident = json_at(document, "incident"),
		       *values = json_pack("{s:s}", "routing_key", "R0UT1NG"), *view, *page;
		struct err err = {{0}};

		json_object_set_new(document, "reason", json_string(cases[i].reason));
		json_object_set_new(incident, "status", json_string(cases[i].status));
		if (cases[i].acknowledged)
			json_object_set_new(incident, "acknowledged",
			                    json_pack("{s:s}", "by", "jane.doe@example.com"));
		view = view_of(document, values);
		assert_int_equal(
			templates_json(shipped, "pagerduty.json", view, NOW_MS, &page, &err), 0);
		assert_string_equal(json_text_at(page, "event_action"), cases[i].action);
		assert_string_equal(json_text_at(page, "routing_key"), "R0UT1NG");
		assert_string_equal(json_text_at(page, "dedup_key"), json_text_at(incident, "id"));
		json_decref(page);
		json_decref(view);
		json_decref(values);
		json_decref(document);
	}
}

/* What goes to strangers as data holds the document and no secret of the sink. */
static void
a_cloudevent_carries_the_document_alone(void **state)
{
	json_t *document = sample_document(0), *values = json_pack("{s:s}", "token", "S3CR3T"),
	       *view = view_of(document, values), *event;
	struct err err = {{0}};
	char *text;

	(void)state;
	assert_int_equal(templates_json(shipped, "cloudevents.json", view, NOW_MS, &event, &err),
	                 0);
	assert_true(json_equal(json_at(event, "data"), document));
	text = json_dumps(event, 0);
	assert_null(strstr(text, "S3CR3T"));
	free(text);
	json_decref(event);
	json_decref(view);
	json_decref(values);
	json_decref(document);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_as_written_down),
		cmocka_unit_test(lines_are_as_written_down),
		cmocka_unit_test(short_lines_are_short),
		cmocka_unit_test(a_subject_stays_for_the_life_of_an_incident),
		cmocka_unit_test(an_open_incident_says_what_to_do_and_a_closed_one_nothing),
		cmocka_unit_test(messages_keep_to_the_limits_of_their_readers),
		cmocka_unit_test(pages_are_triggered_acknowledged_and_resolved),
		cmocka_unit_test(a_cloudevent_carries_the_document_alone),
	};
	return cmocka_run_group_tests(tests, shipped_load, shipped_release);
}
