/*
 * driftbell render: one template on one payload, as the destination would get
 * it.  Nothing is sent.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/command/client.h"
#include "relay/command/render_parts.h"
#include "relay/message/samples.h"
#include "relay/model/kind.h"

#define PARTIAL_ENDING ".mustache"
/* No file of a folder is called so: those that begin with a dot are passed over. */
#define STUB ".render.txt"

enum { LIST = 1, SAMPLES = 2 };

struct wish {
	const char *template, *path, *sink;
	bool all;
};

/* ---- lists ---- */

static void
print_file(const char *file, const char *path, void *arg)
{
	(void)arg;
	client_print(file, 48);
	putchar(' ');
	client_print(path, 0);
	putchar('\n');
}

static int
print_samples(void)
{
	for (size_t i = 0; i < sample_count(); i++)
		puts(sample_name(i));
	return fflush(stdout) == 0 ? 0 : 1;
}

/* ---- which template ---- */

struct named {
	const char *name;
	bool found;
};

static void
look_for(const char *file, const char *path, void *arg)
{
	struct named *named = arg;

	(void)path;
	named->found |= strcmp(file, named->name) == 0;
}

static bool
in_set(const struct templates *set, const char *name)
{
	struct named named = {.name = name};

	templates_list(set, look_for, &named);
	return named.found || templates_have(set, name);
}

static const char *
kind_called(const char *name, size_t len)
{
	for (size_t i = 0; incident_kind_words[i]; i++)
		if (strlen(incident_kind_words[i]) == len &&
		    memcmp(incident_kind_words[i], name, len) == 0)
			return incident_kind_words[i];
	return NULL;
}

/* Of ".../image.revocation/todo.mustache" the folder is the kind's. */
static const char *
kind_of_path(const char *path)
{
	const char *slash = strrchr(path, '/'), *before = slash;

	while (before && before > path && before[-1] != '/')
		before--;
	return slash ? kind_called(before, (size_t)(slash - before)) : NULL;
}

static bool
is_partial(const char *file)
{
	size_t len = strlen(file), end = strlen(PARTIAL_ENDING);

	return len > end && strcmp(file + len - end, PARTIAL_ENDING) == 0;
}

/* ---- the set it is rendered from ---- */

struct drafts {
	struct templates_draft items[2];
	size_t count;
	char *name, *stub_name, *stub_text;
};

static void
drafts_fini(struct drafts *drafts)
{
	free(drafts->name);
	free(drafts->stub_name);
	free(drafts->stub_text);
}

static void
add_draft(struct drafts *drafts, const struct rendering *r, const char *path)
{
	drafts->name = r->kind ? mem_fmt("%s/%s", r->kind, r->file) : mem_str(r->file);
	drafts->items[drafts->count++] =
		(struct templates_draft){.name = drafts->name, .path = path};
}

/* A partial is rendered as the text of the document's kind. */
static void
add_stub(struct drafts *drafts, const struct rendering *r, const json_t *document)
{
	const char *kind = r->kind;

	if (!kind)
		kind = json_string_value(
			json_object_get(json_object_get(document, "incident"), "kind"));
	if (kind && !kind_called(kind, strlen(kind)))
		kind = NULL;
	drafts->stub_name = kind ? mem_fmt("%s/" STUB, kind) : mem_str(STUB);
	drafts->stub_text =
		mem_fmt("{{> %.*s}}", (int)(strlen(r->file) - strlen(PARTIAL_ENDING)), r->file);
	drafts->items[drafts->count++] =
		(struct templates_draft){.name = drafts->stub_name, .text = drafts->stub_text};
}

static int
render_one(struct rendering *r, const char *draft, const json_t *document, int64_t now_ms)
{
	struct drafts drafts = {.count = 0};
	struct templates *set = NULL;
	struct buf report = {0};
	struct err err = {""};
	int rc = 0;

	if (draft)
		add_draft(&drafts, r, draft);
	if (r->stub)
		add_stub(&drafts, r, document);
	if (drafts.count > 0)
		rc = templates_load_drafts(&set, r->loaded->conf->templates.folder, drafts.items,
		                           drafts.count, &report);
	fputs(buf_text(&report), stderr);
	r->templates = set ? set : r->loaded->templates;
	if (rc == 0) {
		rc = render_message(r, document, now_ms, &err);
		if (rc != 0)
			input_complain(NULL, err.text);
	}
	templates_release(set);
	buf_fini(&report);
	drafts_fini(&drafts);
	return rc;
}

/* ---- all ---- */

static void
say_which(const struct subjects *subjects, size_t i, bool all)
{
	const char *sink = subjects->items[i].name;
	char *clean = log_escape(sink ? sink : "");

	fprintf(stderr, "driftbell: notification %zu of %zu, to %s%s\n", i + 1, subjects->count,
	        clean, all ? "" : " (--all renders each)");
	free(clean);
}

static int
render_all(struct rendering *r, const struct wish *wish, const char *draft)
{
	struct subjects subjects;
	struct err err = {""};
	int rc = subjects_read(&subjects, r, wish->path, &err);

	if (rc != 0)
		input_complain(NULL, err.text);
	for (size_t i = 0; rc == 0 && i < subjects.count && (i == 0 || wish->all); i++) {
		if (subjects.count > 1) {
			fflush(stdout);
			say_which(&subjects, i, wish->all);
		}
		rc = render_one(r, draft, subjects.items[i].document, subjects.now_ms);
	}
	subjects_fini(&subjects);
	return rc;
}

/* Fills kind, file and stub; *draft is the path of a template that is not in
 * the set.  -1: there is no such template. */
static int
find_template(struct rendering *r, const char *template, const char **draft, struct err *err)
{
	const char *slash = strrchr(template, '/');

	r->file = slash ? slash + 1 : template;
	r->kind = kind_of_path(template);
	r->stub = is_partial(r->file) ? STUB : NULL;
	*draft = NULL;
	if (in_set(r->loaded->templates, template))
		return 0;
	if (access(template, R_OK) == 0) {
		*draft = template;
		return 0;
	}
	if (slash && errno != ENOENT)
		return err_errno(err, "%s:1:1: cannot open it", template);
	return err_set(err,
	               "%s:1:1: there is no such template (render --list lists them), and no "
	               "such file",
	               template);
}

static int
render(const struct rendering *given, const struct wish *wish)
{
	struct rendering r = *given;
	const char *draft;
	struct err err = {""};
	char *misfit = NULL;
	int rc = 0;

	if (wish->sink) {
		r.sink = conf_sink_named(r.loaded->conf, wish->sink);
		if (!r.sink)
			rc = err_set(&err, "the config has no sink of that name");
	}
	if (rc == 0)
		rc = find_template(&r, wish->template, &draft, &err);
	if (rc == 0 && r.sink && !r.stub)
		misfit = render_misfit(r.sink, r.file);
	if (misfit)
		rc = err_set(&err, "%s", misfit);
	if (rc != 0)
		input_complain(NULL, err.text);
	else
		rc = render_all(&r, wish, draft);
	free(misfit);
	return rc;
}

static int
run_loaded(const struct command_context *context, struct rendering *r, const struct wish *wish)
{
	struct loaded loaded;
	int rc = 0;

	if (!input_load(context, &loaded))
		return 1;
	log_level_set(LOG_ERROR);
	r->loaded = &loaded;
	if (wish)
		rc = render(r, wish);
	else
		templates_list(loaded.templates, print_file, NULL);
	loaded_release(&loaded);
	if (fflush(stdout) != 0)
		return 1;
	return rc == 0 ? 0 : 1;
}

static int
run_render(const struct command_context *context, int argc, char **argv)
{
	static const struct option options[] = {
		{"sink", required_argument, NULL, 'k'},
		{"all", no_argument, NULL, 'a'},
		{"fresh", no_argument, NULL, 'f'},
		{"source", required_argument, NULL, 's'},
		{"list", no_argument, NULL, 'l'},
		{"samples", no_argument, NULL, 'e'},
		{NULL, 0, NULL, 0},
	};
	struct rendering r = {.fresh = false};
	struct wish wish = {.all = false};
	int option, list = 0;

	optind = 0; /* start over: main has looked at its own options */
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'k')
			wish.sink = optarg;
		else if (option == 's')
			r.source = optarg;
		else if (option == 'a')
			wish.all = true;
		else if (option == 'f')
			r.fresh = true;
		else if (option == 'l' || option == 'e')
			list |= option == 'l' ? LIST : SAMPLES;
		else
			return 2;
	}
	if (list != 0 && (argc != optind || list == (LIST | SAMPLES)))
		return 2;
	if (list == SAMPLES)
		return print_samples();
	if (list == LIST)
		return run_loaded(context, &r, NULL);
	if (argc - optind != 2)
		return 2;
	wish.template = argv[optind];
	wish.path = argv[optind + 1];
	return run_loaded(context, &r, &wish);
}

const struct command command_render = {
	.name = "render",
	.arguments = "[--sink NAME] [--all] [--fresh] [--source NAME] TEMPLATE FILE | --list | "
		     "--samples",
	.summary = "show what a template makes of a payload, as its destination would get it",
	.run = run_render,
};
