/*
 * driftbell render: one template on one payload, as the destination would get
 * it.  Nothing is sent.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/base/json.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/command/render_parts.h"
#include "relay/model/kind.h"

#define PARTIAL_ENDING ".mustache"
/* No file of a folder is called so: those that begin with a dot are passed over. */
#define STUB ".render.txt"

struct wish {
	const char *template, *path, *sink;
	bool all;
};

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
add_draft(struct drafts *drafts, const char *kind, const char *file, const char *path)
{
	drafts->name = kind ? mem_fmt("%s/%s", kind, file) : mem_str(file);
	drafts->items[drafts->count++] =
		(struct templates_draft){.name = drafts->name, .path = path};
}

/* A partial is rendered as the text of the document's kind. */
static void
add_stub(struct drafts *drafts, const struct rendering *r, const json_t *document)
{
	const char *kind = r->kind;

	if (!kind)
		kind = json_text_at(document, "incident.kind");
	if (kind && !kind_called(kind, strlen(kind)))
		kind = NULL;
	drafts->stub_name = kind ? mem_fmt("%s/" STUB, kind) : mem_str(STUB);
	drafts->stub_text =
		mem_fmt("{{> %.*s}}", (int)(strlen(r->file) - strlen(PARTIAL_ENDING)), r->file);
	drafts->items[drafts->count++] =
		(struct templates_draft){.name = drafts->stub_name, .text = drafts->stub_text};
}

/* The kind of the document, where the set has a file of this name for it: a
 * draft must stand before that. */
static const char *
kind_with_its_own(const struct rendering *r, const json_t *document)
{
	const char *kind = json_text_at(document, "incident.kind");
	char *name = kind ? mem_fmt("%s/%s", kind, r->file) : NULL;
	bool is_there = name && in_set(r->loaded->templates, name);

	free(name);
	return is_there ? kind_called(kind, strlen(kind)) : NULL;
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
		add_draft(&drafts, r->kind ? r->kind : kind_with_its_own(r, document), r->file,
		          draft);
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

static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* A name of the set wins over a file that lies about, such as the output of
 * the run before; whoever means that file shall know. */
static void
warn_of_file(const struct rendering *r, const char *name)
{
	struct stat there, here;
	char *in_folder;
	const char *folder = r->loaded->conf->templates.folder;
	bool same = false;

	if (!is_file(name) || stat(name, &here) != 0 || here.st_size == 0)
		return;
	for (size_t i = 0; folder && !same && (i == 0 || incident_kind_words[i - 1]); i++) {
		in_folder = i == 0 ? mem_fmt("%s/%s", folder, name)
		                   : mem_fmt("%s/%s/%s", folder, incident_kind_words[i - 1], name);
		same = stat(in_folder, &there) == 0 && there.st_dev == here.st_dev &&
		       there.st_ino == here.st_ino;
		free(in_folder);
	}
	if (!same)
		input_complain(name, "the template of the set; ./ before it means the file here");
}

static int
take_draft(const struct rendering *r, const char *path, const char **draft, struct err *err)
{
	if (!r->stub && !render_has_ending(r->file))
		return err_set(err,
		               "%s:1:1: a template's name ends in .slack.json, .json, .html, "
		               ".txt, .line or .mustache",
		               path);
	if (access(path, R_OK) != 0)
		return err_errno(err, "%s:1:1: cannot open it", path);
	*draft = path;
	return 0;
}

/* Fills kind, file and stub.  What has a slash and is a file is that file, else
 * it is a name of the set, else a file; *draft is then its path.  -1: there is
 * no such template. */
static int
find_template(struct rendering *r, const char *template, const char **draft, struct err *err)
{
	const char *slash = strrchr(template, '/');

	r->file = slash ? slash + 1 : template;
	r->kind = kind_of_path(template);
	r->stub = is_partial(r->file) ? STUB : NULL;
	*draft = NULL;
	if (in_set(r->loaded->templates, template) && !(slash && is_file(template))) {
		if (!slash)
			warn_of_file(r, template);
		return 0;
	}
	if (is_file(template))
		return take_draft(r, template, draft, err);
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
			rc = input_no_such(&err, "sink", wish->sink, &r.loaded->conf->sinks,
			                   sizeof(struct conf_sink));
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
	int rc;

	if (!input_load(context, &loaded))
		return 1;
	log_level_set(LOG_ERROR);
	r->loaded = &loaded;
	rc = render(r, wish);
	loaded_release(&loaded);
	return rc == 0 ? 0 : 1;
}

static int
run_render(const struct command_context *context, int argc, char **argv)
{
	static const struct option options[] = {
		{"sink", required_argument, NULL, 'k'},  {"all", no_argument, NULL, 'a'},
		{"fresh", no_argument, NULL, 'f'},       {"source", required_argument, NULL, 's'},
		{"list", no_argument, NULL, 'l'},        {"samples", no_argument, NULL, 'e'},
		{"print", required_argument, NULL, 'p'}, {NULL, 0, NULL, 0},
	};
	struct rendering r = {.fresh = false};
	struct wish wish = {.all = false};
	const char *name = NULL;
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
		else if (option == 'l')
			list |= RENDER_LIST;
		else if (option == 'e')
			list |= RENDER_SAMPLES;
		else if (option == 'p')
			list |= RENDER_PRINT, name = optarg;
		else
			return 2;
	}
	if (list != 0)
		return argc == optind ? render_list(context, list, name) : 2;
	if (argc - optind != 2)
		return 2;
	wish.template = argv[optind];
	wish.path = argv[optind + 1];
	return run_loaded(context, &r, &wish);
}

const struct command command_render = {
	.name = "render",
	.arguments = "[--sink NAME] [--all] [--fresh] [--source NAME] TEMPLATE FILE | --list | "
		     "--samples | --print NAME",
	.summary = "show what a template makes of a payload, as its destination would get it",
	.run = run_render,
};
