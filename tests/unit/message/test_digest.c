/*
 * Digests: which incidents are listed, what is counted, and what the shipped
 * templates make of them (tests/data/messages/FILE; DRIFTBELL_GOLDEN=write
 * build/dev/tests/test_message_digest writes them anew).
 */
#include "tests/unit/message/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/message/digest.h"
#include "relay/message/samples.h"
#include "relay/message/templates.h"
#include "relay/message/view.h"

#define T0 SAMPLES_NOW_MS

static const struct digest_facts plain = {.notification_id = "ntf_1", .from = T0, .to = T0 + 1};

static void
add(struct digest_entries *digest, const char *id, enum severity severity, bool open,
    int64_t affected, int64_t opened_at)
{
	struct digest_entry *entry = digest_add(digest);

	snprintf(entry->id, sizeof(entry->id), "%s", id);
	entry->severity = severity;
	entry->open = open;
	entry->affected = affected;
	entry->opened_at = opened_at;
	entry->item = json_pack("{s:s}", "title", id);
}

static void
assert_order(const struct digest_entries *digest, const char *wanted)
{
	struct buf order = {0};

	for (size_t i = 0; i < digest->count; i++)
		buf_printf(&order, "%s ", digest->items[i].id);
	assert_string_equal(buf_text(&order), wanted);
	buf_fini(&order);
}

static void
the_worst_come_first(void **state)
{
	struct digest_entries digest = {0};

	(void)state;
	add(&digest, "resolved", SEVERITY_CRITICAL, false, 9, T0);
	add(&digest, "info", SEVERITY_INFO, true, 9, T0);
	add(&digest, "older", SEVERITY_CRITICAL, true, 2, T0);
	add(&digest, "newer", SEVERITY_CRITICAL, true, 2, T0 + 1);
	add(&digest, "more", SEVERITY_CRITICAL, true, 3, T0);
	add(&digest, "b", SEVERITY_WARNING, true, 0, T0);
	add(&digest, "c", SEVERITY_WARNING, true, 0, T0);
	digest_sort(&digest);
	assert_order(&digest, "more newer older c b info resolved ");
	digest_fini(&digest);
}

static void
all_are_counted_and_the_worst_listed(void **state)
{
	struct digest_entries digest = {0};
	json_t *document;

	(void)state;
	for (int i = 0; i < 70; i++)
		add(&digest, "w", SEVERITY_WARNING, true, 0, T0);
	add(&digest, "c", SEVERITY_CRITICAL, true, 0, T0);
	digest.items[0].opened = true;
	digest_sort(&digest);
	document = digest_document(&digest, &plain);
	assert_true(is_digest(document));
	assert_string_equal(json_text_at(document, "reason"), "digest");
	assert_string_equal(json_text_at(document, "title"), "71 incidents, 1 critical");
	assert_string_equal(json_text_at(document, "incidents.0.title"), "c");
	assert_int_equal(json_array_size(json_at(document, "incidents")), DIGEST_INCIDENTS_MAX);
	assert_int_equal(json_int_at(document, "more", -1), 71 - DIGEST_INCIDENTS_MAX);
	assert_int_equal(json_int_at(document, "totals.incidents", -1), 71);
	assert_int_equal(json_int_at(document, "totals.open", -1), 71);
	assert_int_equal(json_int_at(document, "totals.opened", -1), 1);
	assert_int_equal(json_int_at(document, "totals.by_severity.warning", -1), 70);
	assert_int_equal(json_int_at(document, "totals.by_kind.0.count", -1), 71);
	assert_string_equal(json_text_at(document, "summary"),
	                    "71 incidents: 71 open (1 critical, 70 warning), 1 newly opened, 0 "
	                    "resolved. Here are the worst 50.");
	json_decref(document);
	digest_fini(&digest);
}

static void
what_happened_is_the_reason(void **state)
{
	static const struct {
		const char *reason, *status;
		bool open, opened, resolved;
	} cases[] = {
		{"opened", "open", true, true, false},
		{"changed", "open", true, false, false},
		{"resolved", "resolved", false, false, true},
		{"opened", "resolved", false, true, false}, /* of a kind that closes at once */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *document = sample_document(0);
		struct digest_entries digest = {0};

		json_object_set_new(document, "reason", json_string(cases[i].reason));
		json_object_set_new(json_at(document, "incident"), "status",
		                    json_string(cases[i].status));
		digest_add_document(&digest, document);
		assert_int_equal(digest.items[0].open, cases[i].open);
		assert_int_equal(digest.items[0].opened, cases[i].opened);
		assert_int_equal(digest.items[0].resolved, cases[i].resolved);
		assert_string_equal(json_text_at(digest.items[0].item, "reason"), cases[i].reason);
		digest_fini(&digest);
		json_decref(document);
	}
}

static void
a_sink_finds_its_file(void **state)
{
	static const struct {
		const char *name, *ending, *file;
	} cases[] = {
		{"notification", ".slack.json", "digest.slack.json"},
		{"ours", ".html", "digest.html"},
		{"teams", ".json", "teams-digest.json"},
		{"pagerduty", ".json", NULL},
	};
	json_t *digest = digest_sample_document(0), *single = sample_document(0);
	struct buf report = {0};
	struct templates *set;
	char *file;

	(void)state;
	assert_int_equal(templates_load(&set, NULL, &report), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		file = templates_file_for(set, digest, cases[i].name, cases[i].ending);
		if (cases[i].file == NULL)
			assert_null(file);
		else
			assert_string_equal(file, cases[i].file);
		free(file);
	}
	file = templates_file_for(set, single, "teams", ".json");
	assert_string_equal(file, "teams.json");
	free(file);
	templates_release(set);
	json_decref(single);
	json_decref(digest);
}

/* ---- as written down ---- */

static char *
rendered(const struct templates *set, const char *file, size_t sample)
{
	json_t *document = digest_sample_document(sample), *view = view_of(document, NULL);
	struct buf out = {0};
	struct err err = {{0}};
	json_t *tree = NULL;
	int rc;

	if (strstr(file, ".json") == NULL) {
		rc = templates_text(set, file, view, SAMPLES_NOW_MS, &out, &err);
	} else if ((rc = templates_json(set, file, view, SAMPLES_NOW_MS, &tree, &err)) == 0) {
		char *text = json_dumps(tree, JSON_INDENT(2) | JSON_ENSURE_ASCII);

		buf_printf(&out, "%s\n", text);
		free(text);
	}
	if (rc != 0)
		fail_msg("%s on %s: %s", file, digest_sample_name(sample), err.text);
	json_decref(tree);
	json_decref(view);
	json_decref(document);
	return buf_take(&out);
}

static void
compare(const char *path, const char *seen)
{
	const char *mode = getenv("DRIFTBELL_GOLDEN");
	bool writing = mode != NULL && strcmp(mode, "write") == 0;
	FILE *file = fopen(path, writing ? "w" : "r");
	struct buf whole = {0};
	int c;

	if (file == NULL)
		fail_msg("%s cannot be opened", path);
	if (writing)
		fputs(seen, file);
	while (!writing && (c = getc(file)) != EOF)
		buf_putc(&whole, (char)c);
	fclose(file);
	if (!writing && strcmp(buf_text(&whole), seen) != 0)
		fail_msg("%s is now:\n%s", path, seen);
	buf_fini(&whole);
}

static void
digests_are_as_written_down(void **state)
{
	static const char *const files[] = {"digest.slack.json", "digest.txt", "digest.html",
	                                    "digest.line", "teams-digest.json"};
	static const char *const names[] = {"flood", "week", "sparse"};
	struct buf report = {0};
	struct templates *set;

	(void)state;
	assert_int_equal(digest_sample_count(), COUNT(names));
	assert_int_equal(templates_load(&set, NULL, &report), 0);
	for (size_t i = 0; i < COUNT(files); i++) {
		char *folder = mem_fmt(TEST_DATA_DIR "/messages/%s", files[i]);

		mkdir(folder, 0777);
		for (size_t k = 0; k < COUNT(names); k++) {
			const char *ending = strrchr(files[i], '.');
			char *path = mem_fmt("%s/%s%s", folder, names[k], ending);
			char *seen = rendered(set, files[i], k);

			compare(path, seen);
			if (strcmp(ending, ".line") == 0)
				assert_in_range(utf8_count(seen), 10, 120);
			free(seen);
			free(path);
		}
		free(folder);
	}
	templates_release(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worst_come_first),
		cmocka_unit_test(all_are_counted_and_the_worst_listed),
		cmocka_unit_test(what_happened_is_the_reason),
		cmocka_unit_test(a_sink_finds_its_file),
		cmocka_unit_test(digests_are_as_written_down),
	};

	return cmocka_run_group_tests_name("message digest", tests, NULL, NULL);
}
