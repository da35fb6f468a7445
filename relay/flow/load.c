#include "relay/flow/load.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/config/bytes.h"
#include "relay/config/faults.h"
#include "relay/config/lookup.h"
#include "relay/config/value.h"
#include "relay/config/yaml.h"
#include "sinks/sink.h"

/* Where things stand in the file */

/* The file once more, for its places only: the config has none.  Faults in it
 * were told when it was loaded. */
static struct node *
read_places(const char *path)
{
	FILE *file = fopen(path, "re");
	struct faults told = {0};
	struct node *root;
	char *text;
	size_t len;

	if (file == NULL)
		return NULL;
	text = mem_alloc(CONFIG_SIZE_MAX);
	len = fread(text, 1, CONFIG_SIZE_MAX, file);
	root = yaml_read(text, len, &told);
	faults_fini(&told);
	mem_wipe_free(text, CONFIG_SIZE_MAX);
	fclose(file);
	return root;
}

/* sinks[i].KIND.template, else what there is of it; NULL when the file has
 * changed meanwhile. */
static const struct node *
place_of_template(const struct node *root, const struct conf *conf, const struct conf_sink *sink)
{
	size_t index = (size_t)(sink - conf_item(conf->sinks, struct conf_sink, 0));
	const struct node *item = yaml_item(yaml_get(root, "sinks"), index);
	const struct node *kind = yaml_get(item, sink->kind->name);
	const struct node *name = yaml_get(kind, "template");

	return name != NULL ? name : kind != NULL ? kind : item;
}

/* What is not there */

struct candidates {
	const char *names[256];
	size_t count;
};

static void
add_candidate(const char *file, const char *path, void *arg)
{
	struct candidates *c = arg;
	const char *slash = strrchr(file, '/');

	(void)path;
	if (c->count < COUNT(c->names))
		c->names[c->count++] = slash != NULL ? slash + 1 : file;
}

/* "; did you mean ...?", or "". */
static char *
suggestion(const struct templates *templates, const char *file)
{
	struct candidates c = {.count = 0};
	const char *nearest;
	char *word, *out;

	templates_list(templates, add_candidate, &c);
	nearest = lookup_nearest(file, c.names, c.count);
	if (nearest == NULL)
		return mem_str("");
	word = faults_quote(nearest);
	out = mem_fmt("; did you mean %s?", word);
	free(word);
	return out;
}

struct check {
	const struct conf *conf;
	const struct templates *templates;
	struct node *root; /* read when it is needed; NULL until then */
	struct faults faults;
};

static void
tell_missing(struct check *check, const struct conf_sink *sink, const char *file)
{
	char *name = faults_quote(sink->name), *word = faults_quote(file);
	char *near = suggestion(check->templates, file);
	const struct node *place;

	if (check->root == NULL)
		check->root = read_places(check->conf->path);
	place = place_of_template(check->root, check->conf, sink);
	faults_add(&check->faults, place != NULL ? place->line : 1,
	           place != NULL ? place->column : 1, "sink %s: there is no template %s%s", name,
	           word, near);
	free(near);
	free(word);
	free(name);
}

static void
check_sink(struct check *check, const struct conf_sink *sink)
{
	const struct sink_kind *kind = sink_kind_named(sink->kind->name);
	const char *name;

	if (kind == NULL || kind->template_name == NULL || kind->template_endings == NULL)
		return;
	name = kind->template_name(sink->options);
	if (name == NULL)
		return;
	for (const char *const *ending = kind->template_endings; *ending != NULL; ending++) {
		char *file = mem_fmt("%s%s", name, *ending);

		if (!templates_have(check->templates, file))
			tell_missing(check, sink, file);
		free(file);
	}
}

static int
check_sinks(const struct loaded *loaded, struct buf *report)
{
	struct check check = {.conf = loaded->conf, .templates = loaded->templates};
	int rc;

	for (size_t i = 0; i < check.conf->sinks.count; i++)
		check_sink(&check, conf_item(check.conf->sinks, struct conf_sink, i));
	rc = check.faults.errors == 0 ? 0 : -1;
	faults_report(&check.faults, check.conf->path, report);
	faults_fini(&check.faults);
	yaml_free(check.root);
	return rc;
}

/* The folder of templates */

static const struct node *
place_of_folder(const struct node *root)
{
	return yaml_get(yaml_get(root, "templates"), "folder");
}

/* It is told where it is named; what is wrong within it templates_load() tells. */
static int
check_folder(const char *path, const char *folder, struct buf *report)
{
	DIR *dir = folder != NULL ? opendir(folder) : NULL;
	struct faults faults = {0};
	const struct node *place;
	struct node *root;
	char *name;
	int why = errno;

	if (folder == NULL || dir != NULL)
		return dir != NULL ? closedir(dir) : 0;
	root = read_places(path);
	place = place_of_folder(root);
	name = faults_quote(folder);
	faults_add(&faults, place != NULL ? place->line : 1, place != NULL ? place->column : 1,
	           "templates: the folder %s cannot be read: %s", name, strerror(why));
	faults_report(&faults, path, report);
	faults_fini(&faults);
	free(name);
	yaml_free(root);
	return -1;
}

static int
load_templates(struct templates **out, const char *path, const char *folder, struct buf *report)
{
	if (check_folder(path, folder, report) != 0)
		return -1;
	return templates_load(out, folder, report);
}

/* The config has faults; the templates that it names are looked at all the same. */
static void
check_templates_alone(const char *path, struct buf *report)
{
	struct node *root = read_places(path);
	const struct node *named = place_of_folder(root);
	struct templates *templates = NULL;
	char *base, *folder;

	if (named != NULL && named->type == NODE_TEXT && named->text[0] != '\0') {
		base = conf_folder(path);
		folder = value_path(base, named->text);
		/* All of it is for the report: there is nothing to go on with. */
		if (load_templates(&templates, path, folder, report) == 0)
			templates_release(templates);
		free(folder);
		free(base);
	}
	yaml_free(root);
}

int
relay_load(struct loaded *out, const char *path, const struct conf_kinds *kinds, struct buf *report)
{
	int rc = -1;

	*out = (struct loaded){NULL, NULL};
	if (conf_load(&out->conf, path, kinds, report) != 0)
		check_templates_alone(path, report);
	else if (load_templates(&out->templates, path, out->conf->templates.folder, report) == 0)
		rc = check_sinks(out, report);
	if (rc != 0)
		loaded_release(out);
	return rc;
}

void
loaded_release(struct loaded *loaded)
{
	templates_release(loaded->templates);
	conf_release(loaded->conf);
	*loaded = (struct loaded){NULL, NULL};
}
