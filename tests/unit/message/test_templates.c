#include "tests/unit/message/unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/samples.h"
#include "relay/message/template.h"
#include "relay/message/template_files.h"
#include "relay/message/templates.h"
#include "relay/message/view.h"

static char folder[64];

static int
empty_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/driftbell-templates-XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
forget(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int
remove_folder(void **state)
{
	(void)state;
	return nftw(folder, forget, 8, FTW_DEPTH | FTW_PHYS);
}

static void
write_bytes(const char *name, const char *text, size_t len)
{
	char *path = mem_fmt("%s/%s", folder, name), *slash = strrchr(path, '/');
	FILE *file;

	*slash = '\0';
	mkdir(path, 0700);
	*slash = '/';
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
	free(path);
}

static void
write_file(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

/* The report without the folder's name: "~/NAME:1:1: ...". */
static char *
load(struct templates **out)
{
	struct buf report = {0};
	struct buf shown = {0};
	int rc = templates_load(out, folder, &report);
	const char *rest = buf_text(&report);

	assert_true((*out != NULL) == (rc == 0));
	for (const char *at; (at = strstr(rest, folder)) != NULL; rest = at + strlen(folder)) {
		buf_add(&shown, rest, (size_t)(at - rest));
		buf_putc(&shown, '~');
	}
	buf_puts(&shown, rest);
	buf_fini(&report);
	return buf_take(&shown);
}

static struct templates *
loaded(void)
{
	struct templates *set;
	char *report = load(&set);

	assert_string_equal(report, "");
	free(report);
	return set;
}

static void
assert_refused(const char *expected)
{
	struct templates *set;
	char *report = load(&set);

	assert_string_equal(report, expected);
	assert_null(set);
	free(report);
}

static json_t *
view_named(const char *sample)
{
	for (size_t i = 0; i < sample_count(); i++)
		if (strcmp(sample_name(i), sample) == 0) {
			json_t *document = sample_document(i), *view = view_of(document, NULL);

			json_decref(document);
			return view;
		}
	fail_msg("no sample %s", sample);
	return NULL;
}

static void
assert_text(const struct templates *set, const char *file, const char *sample, const char *expected)
{
	json_t *view = view_named(sample);
	struct buf out = {0};
	struct err err = {{0}};

	if (templates_text(set, file, view, SAMPLES_NOW_MS, &out, &err) != 0)
		fail_msg("%s", err.text);
	assert_string_equal(buf_text(&out), expected);
	buf_fini(&out);
	json_decref(view);
}

static void
the_shipped_ones_load_and_make_something_of_every_sample(void **state)
{
	static const char *const files[] = {"notification.html", "notification.txt",
	                                    "notification.line", "short.line"};
	static const char *const structural[] = {"notification.slack.json", "pagerduty.json",
	                                         "teams.json", "alertmanager.json",
	                                         "cloudevents.json"};
	struct templates *set;
	struct buf report = {0};

	(void)state;
	assert_int_equal(templates_load(&set, NULL, &report), 0);
	assert_string_equal(buf_text(&report), "");
	for (size_t i = 0; i < sample_count(); i++) {
		json_t *view = view_named(sample_name(i));
		struct err err = {{0}};

		for (size_t j = 0; j < COUNT(files); j++) {
			struct buf out = {0};

			assert_int_equal(
				templates_text(set, files[j], view, SAMPLES_NOW_MS, &out, &err), 0);
			assert_true(out.len > 0);
			buf_fini(&out);
		}
		for (size_t j = 0; j < COUNT(structural); j++) {
			json_t *out;

			assert_int_equal(templates_json(set, structural[j], view, SAMPLES_NOW_MS,
			                                &out, &err),
			                 0);
			assert_true(json_object_size(out) > 0);
			json_decref(out);
		}
		json_decref(view);
	}
	templates_release(set);
	buf_fini(&report);
}

static void
an_own_file_replaces_the_shipped_one(void **state)
{
	struct templates *set;

	(void)state;
	write_file("short.line", "{{title}}!\n");
	set = loaded();
	assert_text(set, "short.line", "workspace.drift open",
	            "Workspace drifted: fin-payments-prod!");
	assert_true(templates_have(set, "short.line"));
	assert_true(templates_have(set, "notification.html"));
	assert_false(templates_have(set, "nothing.html"));
	templates_release(set);
}

static void
a_kind_has_its_own_words_first_and_own_files_before_shipped_ones(void **state)
{
	struct templates *set;

	(void)state;
	write_file("mine.txt", "all: {{> part}}{{> todo}}");
	write_file("part.mustache", "part of all");
	write_file("workspace.drift/part.mustache", "part of drift");
	write_file("image.deleted/mine.txt", "deleted alone: {{> part}}");
	/* A shipped one of the kind goes before an own one for all; an own one of the kind before both. */
	write_file("todo.mustache", "; own todo");
	write_file("image.revocation/todo.mustache", "; own todo of revocations");
	write_file("relay.source_silent/todo.mustache", "; own todo of silence");
	set = loaded();
	assert_text(set, "mine.txt", "image.revocation due",
	            "all: part of all; own todo of revocations");
	assert_text(set, "mine.txt", "relay.source_silent open",
	            "all: part of all; own todo of silence");
	assert_text(set, "mine.txt", "image.deleted open", "deleted alone: part of all");
	templates_release(set);
}

static bool
is_shipped(const char *name)
{
	for (const struct template_file *file = template_files; file->name != NULL; file++)
		if (strcmp(file->name, name) == 0)
			return true;
	return false;
}

static void
shipped_words_of_a_kind_go_before_own_words_for_all(void **state)
{
	struct templates *set, *shipped;
	json_t *view = view_named("image.revocation revoked");
	struct buf own = {0}, before = {0};
	struct err err = {{0}};

	(void)state;
	assert_true(is_shipped("image.revocation/todo.mustache"));
	write_file("mine.txt", "{{> todo}}");
	shipped = loaded();
	write_file("todo.mustache", "for all");
	set = loaded();
	assert_int_equal(templates_text(shipped, "mine.txt", view, 0, &before, &err), 0);
	assert_int_equal(templates_text(set, "mine.txt", view, 0, &own, &err), 0);
	assert_string_equal(buf_text(&own), buf_text(&before));
	assert_string_not_equal(buf_text(&own), "for all");
	buf_fini(&own);
	buf_fini(&before);
	json_decref(view);
	templates_release(shipped);
	templates_release(set);
}

static void
the_output_escapes_not_the_author(void **state)
{
	static const char said[] = "\\\"< {{run.message}}";
	struct templates *set;
	char *json = mem_fmt("{\"text\": \"%s\"}", said);
	json_t *view, *out;
	struct err err = {{0}};

	(void)state;
	write_file("a.html", "{{run.message}}");
	write_file("a.txt", "{{run.message}}");
	write_file("a.slack.json", json);
	write_file("a.json", json);
	set = loaded();
	view = view_named("workspace.run_failed open");
	assert_text(set, "a.html", "workspace.run_failed open",
	            "Roll out base-ubuntu-2204 v3 &lt;payments&gt;");
	assert_text(set, "a.txt", "workspace.run_failed open",
	            "Roll out base-ubuntu-2204 v3 <payments>");
	assert_int_equal(templates_json(set, "a.slack.json", view, 0, &out, &err), 0);
	assert_string_equal(json_text_at(out, "text"),
	                    "\"< Roll out base-ubuntu-2204 v3 &lt;payments&gt;");
	json_decref(out);
	assert_int_equal(templates_json(set, "a.json", view, 0, &out, &err), 0);
	assert_string_equal(json_text_at(out, "text"),
	                    "\"< Roll out base-ubuntu-2204 v3 <payments>");
	json_decref(out);
	json_decref(view);
	free(json);
	templates_release(set);
}

static void
names_that_nothing_has_are_warned_of(void **state)
{
	struct templates *set;
	char *report;

	(void)state;
	write_file("notification.txt",
	           "{{title}}\n{{titel}} {{image.versoin}}\n{{#is.critcal}}x{{/is.critcal}}"
	           "{{values.own}} {{zzzzzzzz}}{{#image.channels}}{{.}}{{/image.channels}}\n");
	write_file("mine.json", "{\n \"a\": \"{{incident.sevrity}}\"}");
	report = load(&set);
	assert_non_null(set);
	assert_string_equal(
		report,
		"~/mine.json:2:7: warning: no notification has a \"sevrity\"; did you mean \"severity\"?\n"
		"~/notification.txt:2:1: warning: no notification has a \"titel\"; did you mean \"title\"?\n"
		"~/notification.txt:2:11: warning: no notification has a \"versoin\"; did you mean \"version\"?\n"
		"~/notification.txt:3:1: warning: no notification has a \"critcal\"; did you mean \"critical\"?\n"
		"~/notification.txt:3:47: warning: no notification has a \"zzzzzzzz\"\n");
	free(report);
	templates_release(set);
}

static void
the_shipped_ones_name_only_what_there_is(void **state)
{
	struct templates *set;
	char *report;

	(void)state;
	for (const struct template_file *file = template_files; file->name != NULL; file++)
		write_bytes(file->name, file->text, file->len);
	report = load(&set);
	assert_string_equal(report, "");
	free(report);
	templates_release(set);
}

static void
a_line_is_one_line(void **state)
{
	struct templates *set;

	(void)state;
	write_file("a.line", "\n  {{incident.status}} \r\n\t in  two \n\n");
	set = loaded();
	assert_text(set, "a.line", "workspace.drift open", "open in two");
	templates_release(set);
}

static void
faults_are_told_once_each_at_its_place(void **state)
{
	(void)state;
	/* Compiled for 19 kinds, the partial for three outputs too. */
	write_file("a.html", "<p>\n  {{> tood}}</p>{{> b}}");
	write_file("a.txt", "{{> b}}");
	write_file(
		"a.slack.json",
		"{\"text\": [\"{{> b}}\"],\n \"x\": {\"$each\": 1}, \"y\": \"\\t{{> nonesuch}}\"}");
	write_file("b.mustache", "first\nsecond {{#open}}");
	write_file("unused.mustache", "{{/x}}");
	assert_refused(
		"~/a.html:2:3: there is no partial \"tood\"; did you mean \"todo\"?\n"
		"~/a.slack.json:2:7: $each is without its $do\n"
		"~/a.slack.json:2:17: $each wants the name of a value, such as \"image.version\"\n"
		"~/b.mustache:2:8: the section \"open\" has no end\n"
		"~/unused.mustache:1:1: no section is open that \"x\" could end\n");
}

static void
places_in_strings_are_those_of_the_file(void **state)
{
	(void)state;
	write_file("a.json", "{\"a\": \"x\",\n \"b\": [\"\\t\\u00e4 {{> nonesuch}}\"]}");
	assert_refused("~/a.json:2:18: there is no partial \"nonesuch\"\n");
}

static void
a_partial_that_some_kinds_lack_is_told_once(void **state)
{
	(void)state;
	write_file("a.txt", "{{> some}}");
	write_file("b.txt", "{{> some}}");
	for (size_t i = 0; i < sample_count(); i++) {
		char *name = mem_fmt("%s/some.mustache", sample_kind(i));

		if (strcmp(sample_kind(i), "image.deleted") != 0 &&
		    strcmp(sample_kind(i), "relay.dead_letter") != 0)
			write_file(name, "x");
		free(name);
	}
	write_file("relay.dead_letter/b.txt", "without");
	/* Each kind has a todo of its own, so this is linked for each. */
	write_file("c.txt", "{{> todo}}{{> nonesuch}}");
	assert_refused("~/a.txt:1:1: there is no partial \"some\" for incidents of kind "
	               "image.deleted and 1 more kinds\n"
	               "~/b.txt:1:1: there is no partial \"some\" for incidents of kind "
	               "image.deleted\n"
	               "~/c.txt:1:11: there is no partial \"nonesuch\"\n");
}

static void
what_fails_on_a_sample_is_told_with_the_sample(void **state)
{
	(void)state;
	write_file("a.txt", "{{image.revoke_at | date}} {{title | date}}");
	write_file("b.slack.json", "{\"blocks\": [], \"text\": \"\"}");
	write_file("c.line", "{{incident.phase}}");
	write_file("d.slack.json", "[\"text\"]");
	assert_refused(
		"~/a.txt:1:1: fails on sample \"image.revocation scheduled\": {{title}}: the filter "
		"\"date\" "
		"takes an RFC 3339 time\n"
		"~/b.slack.json:1:1: fails on sample \"image.revocation scheduled\": what comes "
		"out has neither \"text\" nor \"blocks\"\n"
		"~/c.line:1:1: fails on sample \"image.superseded open\": the line that comes out "
		"is empty\n"
		"~/d.slack.json:1:1: fails on sample \"image.revocation scheduled\": what comes "
		"out has neither \"text\" nor \"blocks\"\n");
}

static void
a_partial_may_name_itself(void **state)
{
	struct templates *set;
	json_t *view;
	struct buf out = {0};
	struct err err = {{0}};

	(void)state;
	write_file("walk.mustache", "{{name}}{{#image}}-{{> hop}}{{/image}}");
	write_file("hop.mustache", "{{> walk}}");
	write_file("a.txt", "by {{#values.first}}{{> walk}}{{/values.first}}");
	set = loaded();
	view = view_named("image.deleted open");
	json_object_set_new(view, "values",
	                    json_loads("{\"first\": {\"name\": \"a\", \"image\": {\"name\": \"b\", "
	                               "\"image\": {\"name\": \"c\", \"image\": false}}}}",
	                               0, NULL));
	assert_int_equal(templates_text(set, "a.txt", view, 0, &out, &err), 0);
	assert_string_equal(buf_text(&out), "by a-b-c");
	buf_fini(&out);
	json_decref(view);
	templates_release(set);
	write_file("b.txt", "{{> endless}}");
	write_file("endless.mustache", ".{{> endless}}");
	assert_refused("~/b.txt:1:1: fails on sample \"image.revocation scheduled\": partials are "
	               "nested more than 16 deep\n");
}

static void
what_is_no_template_is_warned_about(void **state)
{
	struct templates *set;
	char *report, *link = mem_fmt("%s/a.txt", folder), *fifo = mem_fmt("%s/pipe.txt", folder),
		      *target = mem_fmt("%s/.data", folder);

	(void)state;
	write_file(".hidden", "{{#x}}");
	write_file(".git/a.txt", "{{#x}}");
	write_file(".data", "linked");
	write_file("README.md", "{{#x}}");
	write_file("image.revokation/todo.mustache", "{{#x}}");
	write_file("image.revocation/new.mustache", "new");
	write_file("image.revocation/old/todo.mustache", "{{#x}}");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(symlink(target, link), 0);
	write_file("mark.txt", "\xef\xbb\xbfmarked");
	report = load(&set);
	assert_string_equal(
		report,
		"~/README.md:1:1: warning: not the ending of a template (.slack.json, .json, "
		".html, .txt, .line, .mustache): not used\n"
		"~/image.revocation/old:1:1: warning: not the name of an incident kind: nothing in "
		"it is used\n"
		"~/image.revokation:1:1: warning: not the name of an incident kind: nothing in it "
		"is used\n"
		"~/pipe.txt:1:1: warning: not a file: not used\n");
	assert_text(set, "a.txt", "image.deleted open", "linked");
	assert_text(set, "mark.txt", "image.deleted open", "marked");
	templates_release(set);
	free(report);
	free(target);
	free(fifo);
	free(link);
}

static void
what_says_nothing_is_warned_of(void **state)
{
	struct templates *set;
	char *report;

	(void)state;
	write_file("image.revocation/todo.mustache", " \n");
	write_file("notification.html", "");
	write_file("notification.txt", "{{! mails have the HTML }}\n");
	write_file("workspace.drift/notification.txt", "{{^incident}}never{{/incident}}");
	write_file("rare.txt", "{{#image}}{{image.bucket}}{{/image}}");
	write_file("image.deleted/todo.mustache", "{{! on purpose }}");
	report = load(&set);
	assert_string_equal(
		report,
		"~/image.revocation/todo.mustache:1:1: warning: the file is empty: it says nothing\n"
		"~/notification.html:1:1: warning: the file is empty: it says nothing\n"
		"~/notification.txt:1:1: warning: nothing comes out of it on any sample\n"
		"~/workspace.drift/notification.txt:1:1: warning: nothing comes out of it on any "
		"sample\n");
	free(report);
	templates_release(set);
}

static void
files_that_cannot_be_taken_are_faults(void **state)
{
	char *large = mem_alloc(TEMPLATE_SIZE_MAX + 2), *secret = mem_fmt("%s/gone.txt", folder);
	struct templates *set;
	char *report;

	(void)state;
	memset(large, 'x', TEMPLATE_SIZE_MAX + 1);
	write_file("large.txt", large);
	large[TEMPLATE_SIZE_MAX] = '\0';
	write_file("fits.txt", large);
	write_bytes("nul.txt", "a\n\0", 3);
	write_file("latin.txt", "a\nb\xe4");
	assert_int_equal(symlink("/nonexistent", secret), 0);
	report = load(&set);
	assert_null(set);
	assert_non_null(
		strstr(report, "~/gone.txt:1:1: cannot be read: No such file or directory\n"));
	assert_non_null(strstr(report, "~/large.txt:1:1: larger than 64 KiB\n"));
	assert_non_null(strstr(report, "~/nul.txt:2:1: "));
	assert_non_null(strstr(report, "~/latin.txt:2:2: "));
	assert_null(strstr(report, "fits"));
	free(report);
	free(secret);
	free(large);
}

static void
a_folder_that_is_not_there_or_too_full_is_a_fault(void **state)
{
	struct templates *set;
	struct buf report = {0};
	char *text;

	(void)state;
	assert_int_equal(templates_load(&set, "/nonexistent/templates", &report), -1);
	assert_string_equal(buf_text(&report), "/nonexistent/templates:1:1: the folder cannot be "
	                                       "read: No such file or directory\n");
	buf_fini(&report);
	for (int i = 0; i <= 1000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "f%04d.mustache", i);
		write_file(name, ".");
	}
	text = load(&set);
	assert_null(set);
	assert_string_equal(text, "~:1:1: more than 1000 files\n");
	free(text);
}

static void
a_set_lives_as_long_as_somebody_holds_it(void **state)
{
	struct templates *first, *second;

	(void)state;
	write_file("a.txt", "first");
	first = loaded();
	write_file("a.txt", "second");
	second = loaded();
	assert_ptr_equal(templates_hold(first), first);
	templates_release(first);
	assert_text(first, "a.txt", "image.deleted open", "first");
	assert_text(second, "a.txt", "image.deleted open", "second");
	templates_release(first);
	templates_release(second);
	templates_release(NULL);
}

static void
a_failure_names_the_file(void **state)
{
	struct templates *set;
	json_t *view = view_named("image.deleted open"), *json = NULL;
	struct buf out = {0};
	struct err err = {{0}};
	char *expected =
		mem_fmt("%s/a.txt: {{values.count}}: the filter \"plural\" takes a number", folder);

	(void)state;
	write_file("a.txt", "Of {{values.count | plural \"one\" \"many\"}}");
	set = loaded();
	json_object_set_new(view, "values", json_pack("{s:[]}", "count"));
	assert_int_equal(templates_text(set, "a.txt", view, 0, &out, &err), -1);
	assert_string_equal(err.text, expected);
	assert_int_equal(templates_text(set, "b.txt", view, 0, &out, &err), -1);
	assert_string_equal(err.text, "b.txt: there is no such template for image.deleted");
	assert_int_equal(templates_json(set, "a.txt", view, 0, &json, &err), -1);
	assert_non_null(strstr(err.text, "a.txt: it makes text, not JSON"));
	assert_int_equal(templates_text(set, "notification.slack.json", view, 0, &out, &err), -1);
	assert_string_equal(err.text, "templates/notification.slack.json: it makes JSON, not text");
	json_object_set_new(json_object_get(view, "incident"), "kind", json_string("nothing"));
	assert_int_equal(templates_text(set, "a.txt", view, 0, &out, &err), -1);
	free(expected);
	json_decref(view);
	buf_fini(&out);
	templates_release(set);
}

struct listing {
	struct buf text;
	size_t count;
};

static void
list_one(const char *file, const char *path, void *arg)
{
	struct listing *list = arg;

	list->count++;
	if (strncmp(path, folder, strlen(folder)) == 0)
		buf_printf(&list->text, "%s=%s ", file, path + strlen(folder));
	else if (strcmp(file, "notification.html") == 0)
		buf_printf(&list->text, "%s=%s ", file, path);
}

static void
the_list_has_every_file_once_with_its_place(void **state)
{
	struct listing list = {.count = 0};
	struct templates *set;
	size_t shipped = 0;

	(void)state;
	while (template_files[shipped].name != NULL)
		shipped++;
	write_file("short.line", "x");
	write_file("image.deleted/zzz.mustache", "x");
	set = loaded();
	templates_list(set, list_one, &list);
	assert_int_equal(list.count, shipped + 1);
	assert_string_equal(buf_text(&list.text),
	                    "image.deleted/zzz.mustache=/image.deleted/zzz.mustache "
	                    "notification.html=templates/notification.html "
	                    "short.line=/short.line ");
	buf_fini(&list.text);
	templates_release(set);
}

/* Serving stands still while templates are loaded anew. */
static void
partials_that_name_each_other_load_soon(void **state)
{
	enum { FILES = 100, NAMED = 50 };
	int64_t begun = clock_mono_ms();
	struct buf text = {0};

	(void)state;
	for (int i = 0; i < FILES; i++) {
		char *name = mem_fmt("p%d.mustache", i);

		for (int n = 0; n < NAMED; n++)
			buf_printf(&text, "{{>p%d}}", (i * 7 + n * 13) % FILES);
		write_file(name, buf_text(&text));
		buf_fini(&text);
		free(name);
	}
	write_file("a.txt", "seen {{#evidence}}{{>p0}}{{/evidence}}");
	write_file("a.html", "seen {{#evidence}}{{>p0}}{{/evidence}}");
	templates_release(loaded());
	assert_true(clock_mono_ms() - begun < 30 * SECOND_MS);
	buf_fini(&text);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, empty_folder, remove_folder)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_ones_load_and_make_something_of_every_sample),
		IN_A_FOLDER(an_own_file_replaces_the_shipped_one),
		IN_A_FOLDER(a_kind_has_its_own_words_first_and_own_files_before_shipped_ones),
		IN_A_FOLDER(shipped_words_of_a_kind_go_before_own_words_for_all),
		IN_A_FOLDER(the_output_escapes_not_the_author),
		IN_A_FOLDER(names_that_nothing_has_are_warned_of),
		IN_A_FOLDER(the_shipped_ones_name_only_what_there_is),
		IN_A_FOLDER(a_line_is_one_line),
		IN_A_FOLDER(faults_are_told_once_each_at_its_place),
		IN_A_FOLDER(places_in_strings_are_those_of_the_file),
		IN_A_FOLDER(a_partial_that_some_kinds_lack_is_told_once),
		IN_A_FOLDER(what_fails_on_a_sample_is_told_with_the_sample),
		IN_A_FOLDER(a_partial_may_name_itself),
		IN_A_FOLDER(partials_that_name_each_other_load_soon),
		IN_A_FOLDER(what_is_no_template_is_warned_about),
		IN_A_FOLDER(what_says_nothing_is_warned_of),
		IN_A_FOLDER(files_that_cannot_be_taken_are_faults),
		IN_A_FOLDER(a_folder_that_is_not_there_or_too_full_is_a_fault),
		IN_A_FOLDER(a_set_lives_as_long_as_somebody_holds_it),
		IN_A_FOLDER(a_failure_names_the_file),
		IN_A_FOLDER(the_list_has_every_file_once_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
